// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {StarkVerifier} from "./StarkVerifier.sol";

/// @title Remembers which parts of a proof were accepted, so that two transactions verify one proof in any order.
/// @notice Owns: the bitmap of parts by keccak(summary, statement). Does not own: the checks (StarkVerifier.sol), the meaning of a
/// statement. A statement is keccak-256 of the public values, big-endian u32.
/// @dev Invariant: a statement is accepted exactly when every part with one summary was; parts of different proofs, or of
/// different statements, never add up, and a part twice counts once.
contract StarkProofParts {
    /// @notice The public values in the data are not the statement's.
    error OtherStatement(bytes32 expected, bytes32 got);

    /// @notice Another part of a statement's proof was accepted; `complete` when the statement now is.
    event PartAccepted(bytes32 indexed statement, bytes32 indexed proof, uint8 part, bool complete);

    StarkVerifier public immutable verifier;
    /// @notice Accepted parts by keccak256(summaryHash, statement), bit i for part i. A part 1 alone says nothing of a statement:
    /// only a part 0 ties a summary to public values.
    mapping(bytes32 proof => uint256 bitmap) public parts;
    /// @notice Whether every part of some proof of the statement was accepted.
    mapping(bytes32 statement => bool isAccepted) public accepted;

    constructor(StarkVerifier verifier_) {
        verifier = verifier_;
    }

    /// @notice Adds one part of a proof; parts may come in any order, from anyone. Reverts if the part is not valid.
    function submit(bytes32 statement, uint8 part, bytes calldata data) external {
        (bytes32 publicsHash, bytes32 summaryHash) = verifier.check(part, data);
        if (part == 0 && publicsHash != statement) revert OtherStatement(statement, publicsHash);
        bytes32 proof = keccak256(abi.encode(summaryHash, statement));
        uint256 bitmap = parts[proof] | (1 << part);
        parts[proof] = bitmap;
        bool isComplete = bitmap == (1 << verifier.PART_COUNT()) - 1;
        if (isComplete) accepted[statement] = true;
        emit PartAccepted(statement, proof, part, isComplete);
    }
}
