// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Upgrade} from "../interfaces/IUpgradeTimelock.sol";

// Identity of an upgrade and of its content, said once: the timelock keeps its schedules under the first and its vetoes under the second, the
// council signs the first. The identity is made of the content's hash, so that a veto proves both without the payload.
// Invariant: chain, timelock and every field are in the identity, so that no two upgrades anywhere share one.

/// @title Identity of an upgrade.
library UpgradeId {
    /// @return content what it changes: kind and payload
    function contentOf(Upgrade calldata upgrade) internal pure returns (bytes32 content) {
        return keccak256(abi.encode(upgrade.kind, keccak256(upgrade.payload)));
    }

    function compute(address timelock, bytes32 content, bytes32 reportHash, bytes32 salt) internal view returns (bytes32) {
        return keccak256(abi.encode(block.chainid, timelock, content, reportHash, salt));
    }
}
