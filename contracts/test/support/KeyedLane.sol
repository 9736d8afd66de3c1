// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ILane} from "../../src/interfaces/ILane.sol";

// Proving plumbing, not soundness: a lane that accepts a statement for the signature of one key over it. It lets tests walk the whole way
// from the queue to a withdrawal, with statements that really are computed, while no zk lane exists. Profile TEST: the registry refuses
// it off the devnet's chain id.

contract KeyedLane is ILane {
    error UnknownPart(uint8 part);
    error NotSigned(address recovered, address expected);

    bytes32 public constant profile = "TEST";
    uint256 public constant specId = 1;
    address public immutable PROVER;
    mapping(bytes32 statement => bool) public accepted;

    constructor(address prover) {
        PROVER = prover;
    }

    function submit(bytes32 statement, uint8 part, bytes calldata data) external {
        if (part != 0) revert UnknownPart(part);
        (bytes32 r, bytes32 s, uint8 v) = abi.decode(data, (bytes32, bytes32, uint8));
        address recovered = ecrecover(statement, v, r, s);
        if (recovered == address(0) || recovered != PROVER) revert NotSigned(recovered, PROVER);
        accepted[statement] = true;
        emit PartAccepted(statement, part, true);
    }
}
