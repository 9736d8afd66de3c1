// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {QuarticExtension as E} from "./QuarticExtension.sol";
import {StarkConstraints} from "./StarkConstraints.sol";
import {StarkKey, StarkKeys} from "./StarkKey.sol";
import {StarkQueries} from "./StarkQueries.sol";
import {Challenges, StarkTranscript} from "./StarkTranscript.sol";

/// @title Verifies proofs under one key, in two parts.
/// @notice Owns: which part checks what, the exact length of a part, what ties the parts together. Does not own: remembering
/// accepted parts (StarkProofParts.sol), what public values mean.
/// @dev Part 0 is public values, header and the queries at the lower half of the positions; it checks the constraints and these
/// queries. Part 1 is a summary of the header and the other queries. The summary holds all that queries depend on: roots, zeta,
/// the openings folded by gamma, the chain value that gives gamma, and the header from the folds on. Part 0 computes the
/// summary, part 1 is given it; a proof is valid exactly when both parts are and have one summary.
/// Invariant: `check` returns only for a part that is valid under the key of the deployment, and writes nothing.
contract StarkVerifier {
    /// @notice A part has another length than key and positions give it.
    error PartLength(uint256 expected, uint256 got);
    /// @notice There are parts 0 and 1.
    error UnknownPart(uint256 part);
    /// @notice The key's account no longer has the code that this verifier was deployed over.
    error KeyChanged(bytes32 expected, bytes32 got);

    uint256 public constant PART_COUNT = 2;
    /// @dev Bytes of a summary beside roots and the header from the folds on: zeta, two folded openings, chain value.
    uint256 private constant SUMMARY_BYTES = 80;

    /// @notice The account whose code is the key.
    address public immutable keyHolder;
    /// @notice keccak-256 of the key as L1 holds it: with what key-data.ts derives from a key, this alone says that it is that key.
    bytes32 public immutable keyCodeHash;
    /// @notice The name that the account gives its key (PROTOCOL.md section 4), eight big-endian words; L1 does not compute it.
    bytes32 public immutable keyDigest;

    constructor(address holder) {
        keyHolder = holder;
        keyCodeHash = holder.codehash;
        keyDigest = StarkKeys.load(holder).digest;
    }

    /// @notice Checks one part. Reverts with the first check that fails.
    /// @return publicsHash keccak-256 of the public values as they stand in part 0; zero for part 1, which has none.
    /// @return summaryHash keccak-256 of the summary: parts of one proof share it, and it depends on the public values.
    function check(uint256 part, bytes calldata data) external view returns (bytes32 publicsHash, bytes32 summaryHash) {
        if (part >= PART_COUNT) revert UnknownPart(part);
        // An account that is destroyed within the transaction that made it can be made again with other code (EIP-6780).
        if (keyHolder.codehash != keyCodeHash) revert KeyChanged(keyCodeHash, keyHolder.codehash);
        StarkKey memory key = StarkKeys.load(keyHolder);
        uint256 start;
        assembly ("memory-safe") {
            start := data.offset
        }
        uint256 half = (key.queryCount + 1) / 2;
        (uint256 first, uint256 end) = part == 0 ? (0, half) : (half, key.queryCount);
        uint256 prelude = preludeBytes(key, part);
        if (data.length < prelude) revert PartLength(prelude, data.length);
        (Challenges memory c, StarkTranscript.State memory state) = part == 0 ? StarkTranscript.replayHead(key, start) : StarkTranscript.resume(key, start);
        StarkTranscript.replayTail(key, c, state);
        uint256 expected = prelude + StarkQueries.lengthOf(key, c, first, end);
        if (data.length != expected) revert PartLength(expected, data.length);
        if (part == 0) {
            StarkConstraints.check(key, c, start);
            publicsHash = keccak256(data[:4 * key.publicCount]);
            summaryHash = hashSummary(key, c, start + 4 * key.publicCount, start + prelude);
        } else {
            summaryHash = keccak256(data[:prelude]);
        }
        StarkQueries.check(key, c, first, end, start + prelude);
    }

    /// @dev Bytes of a part before its queries.
    function preludeBytes(StarkKey memory key, uint256 part) private pure returns (uint256) {
        if (part == 0) return 4 * key.publicCount + key.headerBytes;
        return rootBytes(key) + SUMMARY_BYTES + tailBytes(key);
    }

    function rootBytes(StarkKey memory key) private pure returns (uint256) {
        return StarkTranscript.DIGEST_BYTES * (key.hasLookup == 1 ? 3 : 2);
    }

    /// @dev Bytes of a header from the folds on: roots and nonces, final polynomial, query nonce.
    function tailBytes(StarkKey memory key) private pure returns (uint256) {
        return 32 * key.foldSteps.length + 16 * key.finalLength + 4;
    }

    function hashSummary(StarkKey memory key, Challenges memory c, uint256 header, uint256 headerEnd) private pure returns (bytes32) {
        uint256 size = rootBytes(key);
        uint256 tail = tailBytes(key);
        bytes memory roots = new bytes(size);
        bytes memory rest = new bytes(tail);
        assembly ("memory-safe") {
            calldatacopy(add(roots, 32), header, size)
            calldatacopy(add(rest, 32), sub(headerEnd, tail), tail)
        }
        return keccak256(
            bytes.concat(roots, bytes16(bytes32(E.pack(c.zeta))), bytes16(bytes32(E.pack(c.valueHere))), bytes16(bytes32(E.pack(c.valueNext))), bytes32(c.chain), rest)
        );
    }
}
