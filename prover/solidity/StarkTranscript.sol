// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {QuarticExtension as E} from "./QuarticExtension.sol";
import {StarkKey} from "./StarkKey.sol";

/// @notice Where the pieces of a part lie in calldata, and every challenge drawn from them.
struct Challenges {
    uint256 sums;
    uint256 here;
    uint256 next;
    uint256 foldRoots;
    uint256 finalPolynomial;
    uint256 mainRoot;
    uint256 permutationRoot;
    uint256 quotientRoot;
    uint256 alpha;
    uint256 beta;
    uint256 constraint;
    uint256 zeta;
    /// The chain value that gives gamma: it depends on everything before the folds.
    uint256 chain;
    /// The openings at zeta and at g*zeta, folded by gamma.
    uint256 valueHere;
    uint256 valueNext;
    uint256[] folds;
    /// Positions of the queries, ascending.
    uint256[] positions;
}

/// @title Replays the transcript of a proof (PROTOCOL.md sections 3 and 5, keccak-256 suite).
/// @notice Owns: canonical decoding of what precedes the queries, the order of records, grinding, challenges. Does not own:
/// what is computed from them.
/// @dev The replay is cut where gamma is drawn. Part 0 replays from the start; part 1 begins with the chain value that it is
/// given and that part 0 computes. Invariant: every byte is absorbed before a challenge that depends on it.
library StarkTranscript {
    /// @notice An element at this calldata position is not below p.
    error NotCanonical(uint256 position);
    error LookupGrind(uint256 nonce);
    error BatchGrind(uint256 nonce);
    error FoldGrind(uint256 nonce);
    error QueryGrind(uint256 nonce);
    error PointInBaseField(uint256 zeta);

    uint256 private constant RECORD = 1 << 24;
    /// @dev Bytes of a digest in calldata, and the word of which they are the top.
    uint256 internal constant DIGEST_BYTES = 28;
    uint256 internal constant DIGEST_MASK = 0xffffffffffffffffffffffffffffffffffffffffffffffffffffffff00000000;

    struct State {
        uint256 chain;
        /// Memory of the open block: 32 bytes for the chain value, then what was absorbed.
        uint256 buffer;
        uint256 length;
    }

    /// @notice Reverts unless `count` big-endian u32 from `position` on are all below p.
    function requireCanonical(uint256 position, uint256 count) internal pure {
        uint256 stray;
        assembly ("memory-safe") {
            let end := add(position, shl(2, count))
            // A lane is at least p when its top bit is set or adding 2^31 - p to its low 31 bits sets it.
            let low := 0x7fffffff7fffffff7fffffff7fffffff7fffffff7fffffff7fffffff7fffffff
            let gap := 0x00ffffff00ffffff00ffffff00ffffff00ffffff00ffffff00ffffff00ffffff
            let top := not(low)
            for { let cursor := position } lt(cursor, end) { cursor := add(cursor, 32) } {
                let word := calldataload(cursor)
                let left := sub(end, cursor)
                if lt(left, 32) { word := shl(sub(256, shl(3, left)), shr(sub(256, shl(3, left)), word)) }
                if and(or(word, add(and(word, low), gap)), top) {
                    stray := cursor
                    break
                }
            }
        }
        if (stray != 0) revert NotCanonical(stray);
    }

    /// @notice A digest of calldata, zero in its last four bytes.
    function digestAt(uint256 position) internal pure returns (bytes32 digest) {
        assembly ("memory-safe") {
            digest := and(calldataload(position), DIGEST_MASK)
        }
    }

    /// @notice Replays the public values at calldata position `publics` and the header after them, up to gamma.
    function replayHead(StarkKey memory key, uint256 publics) internal pure returns (Challenges memory c, State memory state) {
        locateHead(key, publics, c);
        begin(key, publics, state);
        absorbDigest(state, 5, c.mainRoot);
        if (key.hasLookup == 1) {
            uint256 lookupNonce = grind(state, 6, c.sums - 4, key.grindingBits[0]);
            if (lookupNonce != type(uint256).max) revert LookupGrind(lookupNonce);
            c.alpha = E.fromBlock(close(state));
            c.beta = E.fromBlock(close(state));
            absorbDigest(state, 7, c.permutationRoot);
            absorb(state, 8 * RECORD + 4, c.sums, 16);
        }
        c.constraint = E.fromBlock(close(state));
        absorbDigest(state, 9, c.quotientRoot);
        c.zeta = E.fromBlock(close(state));
        if (c.zeta >> 64 == 0) revert PointInBaseField(c.zeta);
        absorb(state, 10 * RECORD + 4 * key.hereCount, c.here, 16 * key.hereCount);
        absorb(state, 11 * RECORD + 4 * key.nextCount, c.next, 16 * key.nextCount);
        uint256 batchNonce = grind(state, 12, c.foldRoots - 4, key.grindingBits[1]);
        if (batchNonce != type(uint256).max) revert BatchGrind(batchNonce);
        c.chain = close(state);
    }

    /// @notice Begins where gamma is drawn, from the summary at calldata position `start`: roots, zeta, folded openings, chain value.
    function resume(StarkKey memory key, uint256 start) internal pure returns (Challenges memory c, State memory state) {
        uint256 cursor = locateRoots(key, start, c);
        requireCanonical(cursor, 12);
        c.zeta = elementAt(cursor);
        c.valueHere = elementAt(cursor + 16);
        c.valueNext = elementAt(cursor + 32);
        uint256 chain;
        assembly ("memory-safe") {
            chain := calldataload(add(cursor, 48))
        }
        c.chain = chain;
        c.foldRoots = cursor + 80;
        locateTail(key, c);
        state.chain = chain;
        state.buffer = room(32 + 16 * key.finalLength + 64);
    }

    /// @notice Replays the folds and draws the positions; sorts them.
    function replayTail(StarkKey memory key, Challenges memory c, State memory state) internal pure {
        uint256 count = key.foldSteps.length;
        c.folds = new uint256[](count);
        for (uint256 i = 0; i < count; ++i) {
            uint256 root = c.foldRoots + 32 * i;
            absorbDigest(state, 13, root);
            uint256 nonce = grind(state, 14, root + DIGEST_BYTES, key.grindingBits[2]);
            if (nonce != type(uint256).max) revert FoldGrind(nonce);
            c.folds[i] = E.fromBlock(close(state));
        }
        drawPositions(key, c, state);
    }

    function elementAt(uint256 position) private pure returns (uint256) {
        uint256 word;
        assembly ("memory-safe") {
            word := calldataload(position)
        }
        return E.unpack(word);
    }

    function locateRoots(StarkKey memory key, uint256 cursor, Challenges memory c) private pure returns (uint256) {
        c.mainRoot = cursor;
        cursor += DIGEST_BYTES;
        if (key.hasLookup == 1) {
            c.permutationRoot = cursor;
            cursor += DIGEST_BYTES;
        }
        c.quotientRoot = cursor;
        return cursor + DIGEST_BYTES;
    }

    /// @dev Positions of everything in the header, and canonical decoding of all its elements.
    function locateHead(StarkKey memory key, uint256 publics, Challenges memory c) private pure {
        requireCanonical(publics, key.publicCount);
        uint256 elements = locateRoots(key, publics + 4 * key.publicCount, c);
        uint256 cursor = elements;
        if (key.hasLookup == 1) {
            c.sums = cursor + 4;
            cursor += 20;
        }
        c.here = cursor;
        c.next = cursor + 16 * key.hereCount;
        c.foldRoots = c.next + 16 * key.nextCount + 4;
        requireCanonical(elements, (c.foldRoots - elements) / 4);
        locateTail(key, c);
    }

    function locateTail(StarkKey memory key, Challenges memory c) private pure {
        uint256 foldCount = key.foldSteps.length;
        for (uint256 i = 0; i < foldCount; ++i) requireCanonical(c.foldRoots + 32 * i + DIGEST_BYTES, 1);
        c.finalPolynomial = c.foldRoots + 32 * foldCount;
        requireCanonical(c.finalPolynomial, 4 * key.finalLength + 1);
    }

    function room(uint256 size) private pure returns (uint256 buffer) {
        assembly ("memory-safe") {
            buffer := mload(0x40)
            mstore(0x40, add(buffer, and(add(size, 63), not(31))))
        }
    }

    function begin(StarkKey memory key, uint256 publics, State memory state) private pure {
        bytes memory prefix = key.transcriptPrefix;
        uint256 count = 4 * key.publicCount;
        uint256 buffer = room(512 + prefix.length + count + key.headerBytes);
        assembly ("memory-safe") {
            mcopy(add(buffer, 32), add(prefix, 32), mload(prefix))
            calldatacopy(add(add(buffer, 32), mload(prefix)), publics, count)
        }
        state.buffer = buffer;
        state.length = prefix.length + count;
    }

    /// @dev One record: its header and `length` bytes of calldata.
    function absorb(State memory state, uint256 header, uint256 position, uint256 length) private pure {
        uint256 target = state.buffer + 32 + state.length;
        assembly ("memory-safe") {
            mstore(target, shl(224, header))
            calldatacopy(add(target, 4), position, length)
        }
        state.length += 4 + length;
    }

    /// @dev A record of a digest, absorbed as its eight words.
    function absorbDigest(State memory state, uint256 label, uint256 position) private pure {
        bytes32 digest = digestAt(position);
        uint256 target = state.buffer + 32 + state.length;
        uint256 header = label * RECORD + 8;
        assembly ("memory-safe") {
            mstore(target, shl(224, header))
            mstore(add(target, 4), digest)
        }
        state.length += 36;
    }

    /// @dev Closes the block and returns the new chain value, which is also its four samples.
    function close(State memory state) private pure returns (uint256 chain) {
        uint256 buffer = state.buffer;
        uint256 size = 32 + state.length;
        chain = state.chain;
        assembly ("memory-safe") {
            mstore(buffer, chain)
            chain := keccak256(buffer, size)
        }
        state.chain = chain;
        state.length = 0;
    }

    /// @dev The nonce if it does not meet the difficulty, else the largest word.
    function grind(State memory state, uint256 label, uint256 position, uint256 bits) private pure returns (uint256) {
        close(state);
        absorb(state, label * RECORD + 1, position, 4);
        uint256 sample = (close(state) >> 192) % E.P;
        if (sample & ((1 << bits) - 1) == 0) return type(uint256).max;
        uint256 nonce;
        assembly ("memory-safe") {
            nonce := shr(224, calldataload(position))
        }
        return nonce;
    }

    /// @dev Positions continue in the block whose first sample was the query nonce's. Inserted in ascending order.
    function drawPositions(StarkKey memory key, Challenges memory c, State memory state) private pure {
        uint256 size = 16 * key.finalLength;
        absorb(state, 15 * RECORD + 4 * key.finalLength, c.finalPolynomial, size);
        uint256 nonce = grind(state, 16, c.finalPolynomial + size, key.grindingBits[3]);
        if (nonce != type(uint256).max) revert QueryGrind(nonce);
        uint256[] memory positions = new uint256[](key.queryCount);
        uint256 given = 1;
        uint256 chain = state.chain;
        uint256 mask = (1 << key.largest) - 1;
        for (uint256 i = 0; i < key.queryCount; ++i) {
            if (given == 4) {
                chain = close(state);
                given = 0;
            }
            uint256 position = (((chain >> (192 - 64 * given)) & type(uint64).max) % E.P) & mask;
            assembly ("memory-safe") {
                let first := add(positions, 32)
                let place := add(first, shl(5, i))
                for {} gt(place, first) { place := sub(place, 32) } {
                    let before := mload(sub(place, 32))
                    if iszero(gt(before, position)) { break }
                    mstore(place, before)
                }
                mstore(place, position)
            }
            ++given;
        }
        c.positions = positions;
    }
}
