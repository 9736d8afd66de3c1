// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {StarkConstraints} from "./StarkConstraints.sol";
import {StarkKey, StarkKeys} from "./StarkKey.sol";
import {StarkQueries} from "./StarkQueries.sol";
import {Challenges, StarkTranscript} from "./StarkTranscript.sol";

/// @title Verifies proofs under one key, in two parts.
/// @notice Owns: which part checks what, the exact length of a part. Does not own: remembering accepted parts
/// (StarkProofParts.sol), what public values mean.
/// @dev A part is public values, header and its share of the queries, all as big-endian u32. Part 0 checks the constraints
/// and the first half of the queries, part 1 the other half. A proof is valid exactly when both parts with the same public
/// values and header are. Invariant: `check` returns only for a valid part and writes nothing.
contract StarkVerifier {
    /// @notice A part has another length than the key gives it.
    error PartLength(uint256 expected, uint256 got);
    /// @notice There are parts 0 and 1.
    error UnknownPart(uint256 part);

    uint256 public constant PART_COUNT = 2;

    /// @notice The account whose code is the key.
    address public immutable keyHolder;
    /// @notice The key's name (PROTOCOL.md section 4), eight big-endian words.
    bytes32 public immutable keyDigest;

    constructor(address holder) {
        keyHolder = holder;
        keyDigest = StarkKeys.load(holder).digest;
    }

    /// @notice Checks one part. Reverts with the first check that fails.
    /// @return publicsHash keccak-256 of the public values as they stand in `data`.
    /// @return headerHash keccak-256 of the header as it stands in `data`.
    function check(uint256 part, bytes calldata data) external view returns (bytes32 publicsHash, bytes32 headerHash) {
        if (part >= PART_COUNT) revert UnknownPart(part);
        StarkKey memory key = StarkKeys.load(keyHolder);
        uint256 first = part == 0 ? 0 : (key.queryCount + 1) / 2;
        uint256 end = part == 0 ? (key.queryCount + 1) / 2 : key.queryCount;
        uint256 publicsSize = 4 * key.publicCount;
        uint256 prelude = publicsSize + key.headerBytes;
        uint256 expected = prelude + (end - first) * key.queryBytes;
        if (data.length != expected) revert PartLength(expected, data.length);
        publicsHash = keccak256(data[:publicsSize]);
        headerHash = keccak256(data[publicsSize:prelude]);
        uint256 start;
        assembly ("memory-safe") {
            start := data.offset
        }
        Challenges memory c = StarkTranscript.replay(key, start);
        if (part == 0) StarkConstraints.check(key, c, start);
        StarkQueries.Claims memory k = StarkQueries.claims(key, c);
        uint256 cursor = start + prelude;
        for (uint256 query = first; query < end; ++query) {
            // What one query puts in memory is not needed by the next.
            uint256 free;
            assembly ("memory-safe") {
                free := mload(0x40)
            }
            StarkQueries.check(key, c, k, query, cursor);
            assembly ("memory-safe") {
                mstore(0x40, free)
            }
            cursor += key.queryBytes;
        }
    }
}
