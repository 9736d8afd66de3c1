// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {RLP} from "@openzeppelin/contracts/utils/RLP.sol";
import {Memory} from "@openzeppelin/contracts/utils/Memory.sol";
import {TrieProof} from "@openzeppelin/contracts/utils/cryptography/TrieProof.sol";
import {IVault} from "../interfaces/IVault.sol";
import {Constants} from "../libraries/Constants.sol";

// Proofs that L2's MessagePasser sent a withdrawal. Owns the cache of its storage root per state root. Does not own which state
// roots are final. Inclusion only: keys are hashed, values must be exactly the 1 of a sent withdrawal, and the trie library takes
// no trailing elements. A cached root is a fact about hashes and stays true whatever becomes of the batch.

/// @title Proofs against the MessagePasser.
abstract contract WithdrawalProofs is IVault {
    using RLP for bytes;
    using RLP for Memory.Slice;

    uint256 private constant ACCOUNT_FIELDS = 4;
    uint256 private constant STORAGE_ROOT_FIELD = 2;
    uint256 private constant SENT_SLOT = 0;

    /// @inheritdoc IVault
    mapping(bytes32 stateRoot => bytes32 storageRoot) public storageRootOf;

    function _storageRoot(bytes32 stateRoot, bytes[] calldata accountProof) internal returns (bytes32 storageRoot) {
        storageRoot = storageRootOf[stateRoot];
        if (storageRoot != 0) return storageRoot;
        if (accountProof.length == 0) revert AccountProofMissing(stateRoot);
        bytes memory account =
            TrieProof.traverse(stateRoot, abi.encodePacked(keccak256(abi.encodePacked(Constants.MESSAGE_PASSER))), accountProof);
        Memory.Slice[] memory fields = account.decodeList();
        if (fields.length != ACCOUNT_FIELDS) revert AccountMalformed(fields.length);
        bytes memory root = fields[STORAGE_ROOT_FIELD].readBytes();
        if (root.length != 32) revert AccountMalformed(fields.length);
        storageRoot = bytes32(root);
        storageRootOf[stateRoot] = storageRoot;
        emit StorageRootProven(stateRoot, storageRoot);
    }

    function _checkSent(bytes32 storageRoot, bytes32 withdrawalHash_, bytes[] calldata storageProof) internal pure {
        bytes32 slot = keccak256(abi.encode(withdrawalHash_, SENT_SLOT));
        bytes memory value = TrieProof.traverse(storageRoot, abi.encodePacked(keccak256(abi.encode(slot))), storageProof);
        if (value.length != 1 || value[0] != 0x01) revert NotSent(withdrawalHash_);
    }
}
