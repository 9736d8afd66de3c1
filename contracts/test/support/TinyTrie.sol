// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {RLP} from "@openzeppelin/contracts/utils/RLP.sol";
import {Constants} from "../../src/libraries/Constants.sol";

// State tries of one account with storage of one or two slots: enough to have a withdrawal proven in a Solidity test. Tries of real
// size, made by another implementation, are in the TypeScript tests.

library TinyTrie {
    /// @dev A leaf that holds `value` under the whole hashed key.
    function leaf(bytes32 hashedKey, bytes memory value) internal pure returns (bytes memory) {
        bytes[] memory items = new bytes[](2);
        items[0] = RLP.encode(abi.encodePacked(bytes1(0x20), hashedKey));
        items[1] = RLP.encode(value);
        return RLP.encode(items);
    }

    /// @dev Storage with one slot; its proof is its one node.
    function storageOf(bytes32 slot, uint256 value) internal pure returns (bytes32 root, bytes[] memory proof) {
        proof = new bytes[](1);
        proof[0] = leaf(keccak256(abi.encode(slot)), RLP.encode(value));
        root = keccak256(proof[0]);
    }

    /// @dev State whose one account is `account`, with that storage.
    function stateOf(address account, bytes32 storageRoot) internal pure returns (bytes32 root, bytes[] memory proof) {
        bytes[] memory fields = new bytes[](4);
        fields[0] = RLP.encode(uint256(1));
        fields[1] = RLP.encode(uint256(0));
        fields[2] = RLP.encode(abi.encodePacked(storageRoot));
        fields[3] = RLP.encode(abi.encodePacked(keccak256("code")));
        proof = new bytes[](1);
        proof[0] = leaf(keccak256(abi.encodePacked(account)), RLP.encode(fields));
        root = keccak256(proof[0]);
    }

    /// @dev State in which the MessagePasser sent exactly this withdrawal.
    function withdrawalState(bytes32 withdrawalHash)
        internal
        pure
        returns (bytes32 root, bytes[] memory accountProof, bytes[] memory storageProof)
    {
        bytes32 storageRoot;
        (storageRoot, storageProof) = storageOf(keccak256(abi.encode(withdrawalHash, uint256(0))), 1);
        (root, accountProof) = stateOf(Constants.MESSAGE_PASSER, storageRoot);
    }
}
