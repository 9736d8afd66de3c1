// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title A proof lane: something that accepts statements (SPEC 8, 9).
interface ILane {
    /// @notice Another part of a statement's proof was accepted; `complete` when it was the last one.
    event PartAccepted(bytes32 indexed statement, uint8 part, bool complete);

    /// @notice Adds one part of a proof; parts may come in any order, from anyone. Reverts if the part is not valid.
    function submit(bytes32 statement, uint8 part, bytes calldata data) external;
    /// @notice Whether every part of the statement's proof was accepted.
    function accepted(bytes32 statement) external view returns (bool);
    /// @notice "MAINNET" or "TEST": what the lane's verification is worth.
    function profile() external view returns (bytes32);
    /// @notice The spec whose execution the lane answers for.
    function specId() external view returns (uint256);
}
