// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IVault} from "../interfaces/IVault.sol";
import {Constants} from "../libraries/Constants.sol";
import {MerklePatricia} from "../libraries/MerklePatricia.sol";

// Proofs that L2's MessagePasser sent a withdrawal. Owns the cache of its storage root per state root. Does not own which state
// roots are final. Inclusion only: keys are hashed, the word must be exactly the 1 of a sent withdrawal, and the trie library takes
// no trailing elements. A cached root is a fact about hashes and stays true whatever becomes of the batch.

/// @title Proofs against the MessagePasser.
abstract contract WithdrawalProofs is IVault {
    uint256 private constant SENT_SLOT = 0;

    /// @inheritdoc IVault
    mapping(bytes32 stateRoot => bytes32 storageRoot) public storageRootOf;

    function _storageRoot(bytes32 stateRoot, bytes[] calldata accountProof) internal returns (bytes32 storageRoot) {
        storageRoot = storageRootOf[stateRoot];
        if (storageRoot != 0) return storageRoot;
        if (accountProof.length == 0) revert AccountProofMissing(stateRoot);
        storageRoot = MerklePatricia.account(stateRoot, Constants.MESSAGE_PASSER, accountProof).storageRoot;
        storageRootOf[stateRoot] = storageRoot;
        emit StorageRootProven(stateRoot, storageRoot);
    }

    function _checkSent(bytes32 storageRoot, bytes32 withdrawalHash_, bytes[] calldata storageProof) internal pure {
        bytes32 slot = keccak256(abi.encode(withdrawalHash_, SENT_SLOT));
        if (MerklePatricia.word(storageRoot, slot, storageProof) != 1) revert NotSent(withdrawalHash_);
    }
}
