// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ILane} from "./ILane.sol";

/// @title The lane of operators who re-execute: at least 5, quorum at least 2/3, EIP-712 signatures (SPEC 9).
/// @notice The set is fixed for ever: another set is another lane. Warning: a quorum of the attesters can sign a false result;
/// alone it finalizes nothing, except on the profile `training-devnet`.
interface IAttesterLane is ILane {
    /// @notice Fewer than 5 attesters.
    error TooFewAttesters(uint256 count, uint256 minimum);
    /// @notice Attesters must be given in strictly ascending order, none of them zero.
    error AttestersNotAscending(address previous, address next);
    /// @notice The lane has one part, number 0.
    error NoSuchPart(uint8 part);
    /// @notice The statement is not the hash of the inputs, outputs and binding given.
    error StatementMismatch(bytes32 statement, bytes32 computed);
    /// @notice A signature of someone who is no attester, or for other data.
    error NotAttester(address signer);
    /// @notice Signatures must come in strictly ascending order of their signers.
    error SignersNotAscending(address previous, address next);
    /// @notice Fewer signatures than the quorum.
    error QuorumMissed(uint256 signatures, uint256 quorum);

    /// @notice A quorum signed `outputs` for `inputs`. Data of `submit`: abi(inputs, outputs, binding, signatures).
    event Attested(bytes32 indexed statement, bytes32 indexed inputs, bytes32 outputs);

    function attesters() external view returns (address[] memory);
    function isAttester(address account) external view returns (bool);
    /// @notice Signatures needed: the smallest integer not below 2/3 of the attesters.
    function quorum() external view returns (uint256);
    /// @notice The EIP-712 digest an attester signs.
    function digest(bytes32 inputs, bytes32 outputs) external view returns (bytes32);
}
