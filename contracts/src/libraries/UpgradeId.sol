// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Upgrade} from "../interfaces/IUpgradeTimelock.sol";

// Identity of an upgrade, said once: the timelock keeps its schedules under it, and the council signs it.
// Invariant: chain, timelock and every field are in it, so that no two upgrades anywhere share one.

/// @title Identity of an upgrade.
library UpgradeId {
    function compute(address timelock, Upgrade calldata upgrade) internal view returns (bytes32) {
        return keccak256(abi.encode(block.chainid, timelock, upgrade));
    }
}
