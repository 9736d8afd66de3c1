// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title What the immutable contracts ask of the Lifecycle.
interface ILifecycle {
    enum Phase { None, Operating, Enforced, Frozen }

    function phase() external view returns (Phase);
    /// @notice Root of the last final batch at the entry into Frozen; 0 before.
    function pinnedRoot() external view returns (bytes32);
}
