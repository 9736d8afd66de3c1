// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {QuarticExtension as E} from "./QuarticExtension.sol";
import {StarkFolds} from "./StarkFolds.sol";
import {StarkKey} from "./StarkKey.sol";
import {StarkOpenings} from "./StarkOpenings.sol";
import {Challenges, StarkTranscript} from "./StarkTranscript.sol";

/// @title The query phase of one part: tree openings, the DEEP codeword, folds, final polynomial.
/// @notice Owns: PROTOCOL.md sections 5.8 to 5.10 over a group of ascending positions. Does not own: how positions are drawn.
/// @dev Invariant: the value carried from fold to fold is computed here, never read; every row is hashed from the same
/// calldata that enters the codeword.
library StarkQueries {
    /// @notice A tree's openings do not lead to its root; phase 0 preprocessed, 1 main, 2 permutation, 3 quotient. `query` counts
    /// the part's positions in ascending order.
    error TreeOpening(uint256 phase, uint256 query);
    error FoldOpening(uint256 fold, uint256 query);
    error FinalPolynomial(uint256 query);

    /// @dev What all queries of a part share.
    struct Group {
        /// Memory of gamma^0, gamma^1, ... one word each.
        uint256 powers;
        /// Memory of the powers as rows use them, tree by tree.
        uint256 rowTables;
        /// gamma^nextCount
        uint256 shiftHere;
        uint256 zetaNext;
        uint256 foldTables;
        /// Waiting nodes: four trees, then the folds' trees.
        uint256 waiting;
        /// Which levels have a waiting node: trees, then each fold.
        uint256[] masks;
        /// Scratch of one query: 8 elements, one to a word, then a row as it is hashed.
        uint256 scratch;
    }

    /// @dev One query on its way. The point is on the unshifted domain.
    struct Walk {
        uint256 point;
        uint256 inversePoint;
        uint256 previous;
        uint256 position;
        uint256 next;
        uint256 shift;
        uint256 cursor;
        uint256 value;
        uint256 valueNext;
    }

    /// @notice The bytes that queries first..end-1 take in calldata.
    function lengthOf(StarkKey memory key, Challenges memory c, uint256 first, uint256 end) internal pure returns (uint256 length) {
        if (first == end) return 0;
        uint256 trees;
        for (uint256 phase = 0; phase < 4; ++phase) if (key.widths[phase] != 0) ++trees;
        uint256 shown = trees * StarkOpenings.shownCount(c.positions, first, end, 0, key.largest);
        uint256 shift;
        for (uint256 i = 0; i < key.foldSteps.length; ++i) {
            shift += key.foldSteps[i];
            shown += StarkOpenings.shownCount(c.positions, first, end, shift, key.largest - shift);
        }
        return (end - first) * key.rowBytes + StarkTranscript.DIGEST_BYTES * shown;
    }

    /// @notice Checks queries first..end-1, whose openings start at calldata position `cursor`.
    function check(StarkKey memory key, Challenges memory c, uint256 first, uint256 end, uint256 cursor) internal view {
        Group memory g = prepare(key, c);
        uint256[] memory ends = new uint256[](2 * (end - first));
        Walk memory w;
        w.cursor = cursor;
        w.previous = StarkOpenings.NONE;
        uint256 free = reserve(0);
        for (uint256 i = first; i < end; ++i) {
            // What one query puts in memory is not needed by the next.
            assembly ("memory-safe") {
                mstore(0x40, free)
            }
            w.position = c.positions[i];
            w.next = i + 1 < end ? c.positions[i + 1] : StarkOpenings.NONE;
            setPoint(key, w);
            uint256 here = openTrees(key, c, g, w, i - first);
            w.value = deepValue(key, c, g, w, here);
            w.shift = 0;
            for (uint256 fold = 0; fold < key.foldSteps.length; ++fold) foldOnce(key, c, g, w, fold, i - first);
            ends[2 * (i - first)] = w.value;
            ends[2 * (i - first) + 1] = w.point;
            w.previous = w.position;
        }
        uint256 coefficients = reserve(key.finalLength);
        for (uint256 i = 0; i < key.finalLength; ++i) {
            uint256 position = c.finalPolynomial + 16 * i;
            uint256 word;
            assembly ("memory-safe") {
                word := calldataload(position)
            }
            word = E.unpack(word);
            assembly ("memory-safe") {
                mstore(add(coefficients, shl(5, i)), word)
            }
        }
        for (uint256 i = 0; i < end - first; ++i) {
            if (StarkFolds.finalValue(coefficients, key.finalLength, ends[2 * i + 1]) != ends[2 * i]) revert FinalPolynomial(i);
        }
    }

    function prepare(StarkKey memory key, Challenges memory c) private pure returns (Group memory g) {
        uint256 gamma = E.fromBlock(c.chain);
        uint256 count = (key.hereCount > key.nextCount ? key.hereCount : key.nextCount) + 1;
        uint256 foldCount = key.foldSteps.length;
        // A row that ends inside a word takes up to seven words below the powers into its table; they meet no element.
        uint256 memoryOfPowers = reserve(count + 8) + 256;
        g.powers = memoryOfPowers;
        powersOf(memoryOfPowers, count, gamma);
        g.rowTables = rowTables(key, memoryOfPowers);
        uint256 shift = memoryOfPowers + 32 * key.nextCount;
        uint256 shiftHere;
        assembly ("memory-safe") {
            shiftHere := mload(shift)
        }
        g.shiftHere = shiftHere;
        g.zetaNext = E.scale(c.zeta, key.traceRoot);
        g.foldTables = reserve(12 * foldCount);
        for (uint256 i = 0; i < foldCount; ++i) StarkFolds.tabulate(c.folds[i], key.foldSteps[i], g.foldTables + 384 * i);
        g.waiting = reserve((4 + foldCount) * StarkOpenings.WAITING_WORDS);
        g.masks = new uint256[](1 + foldCount);
        g.scratch = reserve(16);
    }

    function rowTables(StarkKey memory key, uint256 powers) private pure returns (uint256 start) {
        uint256 words;
        for (uint256 phase = 0; phase < 4; ++phase) words += ((key.widths[phase] + 7) >> 3) << 3;
        start = reserve(words);
        uint256 target = start;
        uint256 left = key.hereCount;
        for (uint256 phase = 0; phase < 4; ++phase) {
            if (key.widths[phase] != 0) target = transpose(target, powers + 32 * left - 32, key.widths[phase]);
            left -= key.widths[phase];
        }
    }

    function reserve(uint256 words) private pure returns (uint256 start) {
        assembly ("memory-safe") {
            start := mload(0x40)
            mstore(0x40, add(start, shl(5, words)))
        }
    }

    function powersOf(uint256 target, uint256 count, uint256 gamma) private pure {
        uint256 table = reserve(4);
        E.tabulate(gamma, table);
        assembly ("memory-safe") {
            let m := 0xffffffffffffffff
            let p := 0x7f000001
            let g0 := mload(table)
            let g1 := mload(add(table, 32))
            let g2 := mload(add(table, 64))
            let g3 := mload(add(table, 96))
            let power := 1
            for { let end := add(target, shl(5, count)) } lt(target, end) { target := add(target, 32) } {
                mstore(target, power)
                let t := add(add(mul(and(power, m), g0), mul(and(shr(64, power), m), g1)), add(mul(and(shr(128, power), m), g2), mul(shr(192, power), g3)))
                power := or(or(mod(and(t, m), p), shl(64, mod(and(shr(64, t), m), p))), or(shl(128, mod(and(shr(128, t), m), p)), shl(192, mod(shr(192, t), p))))
            }
        }
    }

    /// @dev w_k^rev_k(position) is the product over the set bits i of the 2^(i+1)-th roots.
    function setPoint(StarkKey memory key, Walk memory w) private pure {
        bytes memory roots = key.roots;
        uint256 bits = w.position;
        uint256 point = 1;
        uint256 inversePoint = 1;
        assembly ("memory-safe") {
            let root := add(roots, 32)
            for {} bits { bits := shr(1, bits) } {
                if and(bits, 1) {
                    point := mulmod(point, shr(224, mload(root)), 0x7f000001)
                    inversePoint := mulmod(inversePoint, shr(224, mload(add(root, 96))), 0x7f000001)
                }
                root := add(root, 4)
            }
        }
        w.point = point;
        w.inversePoint = inversePoint;
    }

    function rootOf(StarkKey memory key, Challenges memory c, uint256 phase) private pure returns (bytes32) {
        if (phase == 0) return key.preprocessedRoot;
        return StarkTranscript.digestAt(phase == 1 ? c.mainRoot : phase == 2 ? c.permutationRoot : c.quotientRoot);
    }

    /// @dev Checks the openings of all trees, moves on past them and returns their rows folded by gamma; the columns opened at
    /// g*zeta fold into `valueNext`.
    function openTrees(StarkKey memory key, Challenges memory c, Group memory g, Walk memory w, uint256 query) private pure returns (uint256) {
        StarkOpenings.Path memory path = StarkOpenings.path(w.previous, w.position, w.next, 0, key.largest, g.masks[0]);
        uint256[6] memory sums;
        uint256 table = g.rowTables;
        uint256 leftNext = key.nextCount;
        for (uint256 phase = 0; phase < 4; ++phase) {
            uint256 width = key.widths[phase];
            if (width == 0) continue;
            uint256 cursor = w.cursor;
            if (accumulate(cursor, width, table, sums)) revert StarkTranscript.NotCanonical(cursor);
            uint256 nextCount = key.nextCounts[phase];
            if (nextCount != 0) accumulateNext(key.nextOffsets, key.nextCount - leftNext, nextCount, cursor, g.powers + 32 * leftNext - 32, sums);
            leftNext -= nextCount;
            table += ((width + 7) >> 3) << 8;
            bool stands;
            (stands, w.cursor) = StarkOpenings.climb(
                path, StarkOpenings.digestOfCalldata(cursor, 4 * width), g.waiting + 1024 * phase, cursor + 4 * width, rootOf(key, c, phase)
            );
            if (!stands) revert TreeOpening(phase, query);
        }
        g.masks[0] = StarkOpenings.maskAfter(path);
        w.valueNext = join(sums[4], sums[5]);
        return (sums[0] % E.P) | ((sums[1] % E.P) << 64) | ((sums[2] % E.P) << 128) | ((sums[3] % E.P) << 192);
    }

    /// @dev Adds element * power for a row, eight elements to a word. Four elements, spread to lanes of 64 bits, times a word of
    /// the table give in the top lane the sum of four products, below 4 (p - 1)^2 < 2^64, and no lane below it carries.
    function accumulate(uint256 cursor, uint256 width, uint256 table, uint256[6] memory sums) private pure returns (bool isStray) {
        assembly ("memory-safe") {
            let pairs := 0x0000000000000000ffffffffffffffff0000000000000000ffffffffffffffff
            let lanes := 0x00000000ffffffff00000000ffffffff00000000ffffffff00000000ffffffff
            let stray := 0
            let s0 := mload(sums)
            let s1 := mload(add(sums, 32))
            let s2 := mload(add(sums, 64))
            let s3 := mload(add(sums, 96))
            for { let end := add(cursor, shl(2, width)) } lt(cursor, end) { cursor := add(cursor, 32) } {
                let row := calldataload(cursor)
                if lt(sub(end, cursor), 32) {
                    let cut := sub(256, shl(3, sub(end, cursor)))
                    row := shl(cut, shr(cut, row))
                }
                // A lane is at least p when its top bit is set or adding 2^31 - p to its low 31 bits sets it.
                stray := or(stray, or(row, add(and(row, 0x7fffffff7fffffff7fffffff7fffffff7fffffff7fffffff7fffffff7fffffff), 0x00ffffff00ffffff00ffffff00ffffff00ffffff00ffffff00ffffff00ffffff)))
                let half := shr(128, row)
                half := and(or(shl(64, half), half), pairs)
                half := and(or(shl(32, half), half), lanes)
                s0 := add(s0, shr(192, mul(half, mload(table))))
                s1 := add(s1, shr(192, mul(half, mload(add(table, 32)))))
                s2 := add(s2, shr(192, mul(half, mload(add(table, 64)))))
                s3 := add(s3, shr(192, mul(half, mload(add(table, 96)))))
                half := and(row, 0xffffffffffffffffffffffffffffffff)
                half := and(or(shl(64, half), half), pairs)
                half := and(or(shl(32, half), half), lanes)
                s0 := add(s0, shr(192, mul(half, mload(add(table, 128)))))
                s1 := add(s1, shr(192, mul(half, mload(add(table, 160)))))
                s2 := add(s2, shr(192, mul(half, mload(add(table, 192)))))
                s3 := add(s3, shr(192, mul(half, mload(add(table, 224)))))
                table := add(table, 256)
            }
            mstore(sums, s0)
            mstore(add(sums, 32), s1)
            mstore(add(sums, 64), s2)
            mstore(add(sums, 96), s3)
            isStray := iszero(iszero(and(stray, 0x8000000080000000800000008000000080000000800000008000000080000000)))
        }
    }

    /// @dev For a row of `width` elements whose first has the power at `power` and each next one the power before: per four
    /// elements one word for each coefficient, the first element's power in the lowest lane. Returns the end of the table.
    function transpose(uint256 target, uint256 power, uint256 width) private pure returns (uint256) {
        assembly ("memory-safe") {
            let m := 0xffffffffffffffff
            for { let end := add(target, shl(8, shr(3, add(width, 7)))) } lt(target, end) { target := add(target, 128) } {
                let p0 := mload(power)
                let p1 := mload(sub(power, 32))
                let p2 := mload(sub(power, 64))
                let p3 := mload(sub(power, 96))
                mstore(target, or(or(and(p0, m), shl(64, and(p1, m))), or(shl(128, and(p2, m)), shl(192, p3))))
                mstore(add(target, 32), or(or(and(shr(64, p0), m), shl(64, and(shr(64, p1), m))), or(shl(128, and(shr(64, p2), m)), shl(192, shr(64, p3)))))
                mstore(add(target, 64), or(or(and(shr(128, p0), m), shl(64, and(shr(128, p1), m))), or(shl(128, and(shr(128, p2), m)), shl(192, shr(128, p3)))))
                mstore(add(target, 96), or(or(shr(192, p0), shl(64, shr(192, p1))), or(shl(128, shr(192, p2)), shl(192, shr(192, p3)))))
                power := sub(power, 128)
            }
        }
        return target;
    }

    /// @dev The same for the columns of a row that are opened at g*zeta, one by one. Lanes 0 and 2 gather in the fifth sum, 1 and
    /// 3 in the sixth, 128 bits each.
    function accumulateNext(bytes memory offsets, uint256 start, uint256 count, uint256 row, uint256 power, uint256[6] memory sums) private pure {
        assembly ("memory-safe") {
            let m := 0x0000000000000000ffffffffffffffff0000000000000000ffffffffffffffff
            let even := mload(add(sums, 128))
            let odd := mload(add(sums, 160))
            let entry := add(add(offsets, 32), shl(1, start))
            for { let end := add(entry, shl(1, count)) } lt(entry, end) { entry := add(entry, 2) } {
                let t := mul(shr(224, calldataload(add(row, shr(240, mload(entry))))), mload(power))
                even := add(even, and(t, m))
                odd := add(odd, and(shr(64, t), m))
                power := sub(power, 32)
            }
            mstore(add(sums, 128), even)
            mstore(add(sums, 160), odd)
        }
    }

    function join(uint256 even, uint256 odd) private pure returns (uint256) {
        uint256 m = type(uint128).max;
        return ((even & m) % E.P) | (((odd & m) % E.P) << 64) | (((even >> 128) % E.P) << 128) | (((odd >> 128) % E.P) << 192);
    }

    function deepValue(StarkKey memory key, Challenges memory c, Group memory g, Walk memory w, uint256 here) private view returns (uint256) {
        uint256 x = mulmod(3, w.point, E.P);
        // x lies in the base field and zeta does not, so neither difference is zero.
        uint256 fromHere = E.reduce(E.sub(x, c.zeta));
        uint256 numerator = E.mul(g.shiftHere, E.sub(here, c.valueHere));
        if (key.nextCount == 0) return E.mul(numerator, E.inverse(fromHere));
        // One inversion for both quotients.
        uint256 fromNext = E.reduce(E.sub(x, g.zetaNext));
        numerator = E.add(E.mul(numerator, fromNext), E.mul(E.sub(w.valueNext, c.valueNext), fromHere));
        return E.mul(numerator, E.inverse(E.mul(fromHere, fromNext)));
    }

    /// @dev Checks one fold's row against its root and folds it.
    function foldOnce(StarkKey memory key, Challenges memory c, Group memory g, Walk memory w, uint256 fold, uint256 query) private pure {
        uint256 step = key.foldSteps[fold];
        uint256 others = (16 << step) - 16;
        uint256 own = (w.position >> w.shift) & ((1 << step) - 1);
        StarkTranscript.requireCanonical(w.cursor, others / 4);
        bytes32 node = StarkFolds.placeRow(g.scratch, w.cursor, others, own, w.value);
        w.shift += step;
        StarkOpenings.Path memory path = StarkOpenings.path(w.previous, w.position, w.next, w.shift, key.largest - w.shift, g.masks[1 + fold]);
        bool stands;
        (stands, w.cursor) =
            StarkOpenings.climb(path, node, g.waiting + 1024 * (4 + fold), w.cursor + others, StarkTranscript.digestAt(c.foldRoots + 32 * fold));
        if (!stands) revert FoldOpening(fold, query);
        g.masks[1 + fold] = StarkOpenings.maskAfter(path);
        (w.point, w.inversePoint) = StarkFolds.rowStart(key.roots, own, step, w.point, w.inversePoint);
        w.value = StarkFolds.foldRow(g.scratch, key.roots, step, w.inversePoint, g.foldTables + 384 * fold);
        for (uint256 i = 0; i < step; ++i) {
            w.point = mulmod(w.point, w.point, E.P);
            w.inversePoint = mulmod(w.inversePoint, w.inversePoint, E.P);
        }
    }
}
