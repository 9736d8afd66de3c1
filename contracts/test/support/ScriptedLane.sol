// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ILane} from "../../src/interfaces/ILane.sol";

// A lane that accepts what a test tells it to: it stands for a proof, and shows what the Rollup does with one, not that proofs are
// sound. Profile TEST, refused off the devnet's chain id.

contract ScriptedLane is ILane {
    uint256 public immutable specId;
    bytes32 public immutable profile;
    mapping(bytes32 statement => bool) public accepted;

    constructor(uint256 spec, bytes32 laneProfile) {
        specId = spec;
        profile = laneProfile;
    }

    function submit(bytes32 statement, uint8 part, bytes calldata) external {
        accepted[statement] = true;
        emit PartAccepted(statement, part, true);
    }
}
