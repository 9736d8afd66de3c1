// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title A verifying key as L1 holds it.
/// @notice Owns: the fields, and loading them from the code of the contract that stores them. Does not own: how they are
/// derived (key-data.ts derives every one of them from a valid key) or what is checked with them.
/// @dev Invariant: fields are data of one valid key with one chip under the keccak-256 suite, all grinding sites present.
struct StarkKey {
    /// The key's name (PROTOCOL.md section 4), eight big-endian words.
    bytes32 digest;
    uint256 publicCount;
    uint256 logHeight;
    /// log2 of the largest codeword.
    uint256 largest;
    uint256 hasLookup;
    /// Grinding bits: lookup, batch, fold, query.
    uint256[4] grindingBits;
    uint256 queryCount;
    /// Base columns of the trees preprocessed, main, permutation, quotient; 0 = no tree.
    uint256[4] widths;
    bytes32 preprocessedRoot;
    /// Elements opened at zeta and at g*zeta.
    uint256 hereCount;
    uint256 nextCount;
    uint256[] foldSteps;
    uint256 finalLength;
    /// Bytes of a proof before its queries, and of the rows that one query shows.
    uint256 headerBytes;
    uint256 rowBytes;
    /// Generator of the trace domain, its inverse, 1 / height.
    uint256 traceRoot;
    uint256 traceRootInverse;
    uint256 heightInverse;
    /// u32 each: the 2^i-th roots of unity for i = 1..24, then their inverses.
    bytes roots;
    /// Records domain, shape digest and preprocessed root as absorbed, and the header of the public values.
    bytes transcriptPrefix;
    /// By tree: runs of columns opened at g*zeta in its row, each offset (u16) and length (u16) in bytes; how many a tree has.
    bytes nextRuns;
    uint256[4] nextRunCounts;
    /// u16 each: which openings at zeta, then at g*zeta, are the first of an extension column's four.
    bytes extensionsHere;
    bytes extensionsNext;
    /// u32 each: constants of the program.
    bytes constants;
    bytes program;
    uint256 slotCount;
    /// Public terms of the buses (key-data.ts).
    bytes publicTerms;
    uint256 widestTuple;
}

library StarkKeys {
    /// @notice The account holds no key: its code must be 00 followed by the ABI encoding of a StarkKey.
    error NoKeyAt(address holder);

    /// @notice The key in the code of `holder`.
    function load(address holder) internal view returns (StarkKey memory) {
        bytes memory code = holder.code;
        if (code.length < 2 || code[0] != 0) revert NoKeyAt(holder);
        assembly ("memory-safe") {
            let length := sub(mload(code), 1)
            mcopy(add(code, 32), add(code, 33), length)
            mstore(code, length)
        }
        return abi.decode(code, (StarkKey));
    }
}
