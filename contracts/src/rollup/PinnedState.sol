// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IEscapeHatch} from "../interfaces/IEscapeHatch.sol";
import {ILifecycle} from "../interfaces/ILifecycle.sol";
import {MerklePatricia} from "../libraries/MerklePatricia.sol";

// The one state that a frozen chain has: accounts and storage under the pinned root. Owns the cache of storage roots. Everything here fails
// before the freeze, so nothing can be proven under a root that is only final for now.
// Invariant: a known storage root is the account's under that state root; it is never forgotten and never changes.

/// @title Proofs under the pinned root.
abstract contract PinnedState is IEscapeHatch {
    /// @inheritdoc IEscapeHatch
    address public immutable LIFECYCLE;

    /// @inheritdoc IEscapeHatch
    mapping(bytes32 stateRoot => mapping(address account => bytes32)) public storageRootOf;

    constructor(address lifecycle) {
        LIFECYCLE = lifecycle;
    }

    /// @inheritdoc IEscapeHatch
    function proveStorageRoot(address account, bytes[] calldata accountProof) external {
        _learnStorageRoot(_pinnedRoot(), account, accountProof);
    }

    /// @inheritdoc IEscapeHatch
    function verifyAccount(address account, bytes[] calldata accountProof)
        external
        view
        returns (MerklePatricia.Account memory)
    {
        return MerklePatricia.account(_pinnedRoot(), account, accountProof);
    }

    /// @inheritdoc IEscapeHatch
    function verifySlot(address account, bytes32 slot, bytes[] calldata accountProof, bytes[] calldata storageProof)
        external
        view
        returns (uint256)
    {
        return MerklePatricia.word(_storageRoot(_pinnedRoot(), account, accountProof), slot, storageProof);
    }

    function _isFrozen() internal view returns (bool) {
        return ILifecycle(LIFECYCLE).phase() == ILifecycle.Phase.Frozen;
    }

    function _pinnedRoot() internal view returns (bytes32) {
        if (!_isFrozen()) revert NotFrozen();
        return ILifecycle(LIFECYCLE).pinnedRoot();
    }

    /// @dev The storage root, remembered for everyone who comes later.
    function _learnStorageRoot(bytes32 root, address account, bytes[] calldata accountProof)
        internal
        returns (bytes32 storageRoot)
    {
        storageRoot = storageRootOf[root][account];
        if (storageRoot != 0) return storageRoot;
        storageRoot = _storageRoot(root, account, accountProof);
        storageRootOf[root][account] = storageRoot;
        emit StorageRootProven(account, root, storageRoot);
    }

    function _storageRoot(bytes32 root, address account, bytes[] calldata accountProof) internal view returns (bytes32) {
        bytes32 known = storageRootOf[root][account];
        if (known != 0) return known;
        if (accountProof.length == 0) revert AccountProofMissing(account);
        return MerklePatricia.account(root, account, accountProof).storageRoot;
    }
}
