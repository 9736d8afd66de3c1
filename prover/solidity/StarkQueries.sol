// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {QuarticExtension as E} from "./QuarticExtension.sol";
import {StarkFolds} from "./StarkFolds.sol";
import {StarkKey} from "./StarkKey.sol";
import {StarkOpenings} from "./StarkOpenings.sol";
import {StarkRows} from "./StarkRows.sol";
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
        /// Where the table of rows ends; by tree the product by gamma to its first block (StarkRows.sol).
        uint256 tableEnd;
        uint256 products;
        /// Memory for a row, and for what the rows show of columns opened at g*zeta.
        uint256 row;
        uint256 nextRow;
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
        uint256 foldCount = key.foldSteps.length;
        prepareRows(key, E.fromBlock(c.chain), g);
        g.zetaNext = E.scale(c.zeta, key.traceRoot);
        g.foldTables = reserve(12 * foldCount);
        for (uint256 i = 0; i < foldCount; ++i) StarkFolds.tabulate(c.folds[i], key.foldSteps[i], g.foldTables + 384 * i);
        g.waiting = reserve((4 + foldCount) * StarkOpenings.WAITING_WORDS);
        g.masks = new uint256[](1 + foldCount);
        g.scratch = reserve(16);
    }

    function prepareRows(StarkKey memory key, uint256 gamma, Group memory g) private pure {
        uint256 count = (key.nextCount > StarkRows.BLOCK ? key.nextCount : StarkRows.BLOCK) + 1;
        uint256 powers = reserve(count);
        powersOf(powers, count, gamma);
        uint256 shiftHere;
        uint256 shift = powers + 32 * key.nextCount;
        assembly ("memory-safe") {
            shiftHere := mload(shift)
        }
        g.shiftHere = shiftHere;
        g.tableEnd = StarkRows.tabulate(powers);
        g.products = reserve(16);
        uint256 widest;
        for (uint256 phase = 0; phase < 4; ++phase) {
            uint256 width = key.widths[phase];
            if (width == 0) continue;
            StarkRows.product(powers + 32 * StarkRows.firstBlock(width), g.products + 128 * phase);
            if (width > widest) widest = width;
        }
        g.row = reserve((widest + 7) / 8);
        g.nextRow = reserve((key.nextCount + 7) / 8);
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
    function openTrees(StarkKey memory key, Challenges memory c, Group memory g, Walk memory w, uint256 query) private pure returns (uint256 value) {
        StarkOpenings.Path memory path = StarkOpenings.path(w.previous, w.position, w.next, 0, key.largest, g.masks[0]);
        uint256 nextRow = g.nextRow;
        uint256 run;
        for (uint256 phase = 0; phase < 4; ++phase) {
            uint256 size = 4 * key.widths[phase];
            if (size == 0) continue;
            bytes32 node = StarkOpenings.digestOfCalldata(w.cursor, size, g.row);
            bool isStray;
            (value, isStray) = StarkRows.fold(g.row, size / 4, value, g.tableEnd, g.products + 128 * phase);
            if (isStray) revert StarkTranscript.NotCanonical(w.cursor);
            nextRow = gather(key.nextRuns, run, run + key.nextRunCounts[phase], g.row, nextRow);
            run += key.nextRunCounts[phase];
            bool stands;
            (stands, w.cursor) = StarkOpenings.climb(path, node, g.waiting + 1024 * phase, w.cursor + size, rootOf(key, c, phase));
            if (!stands) revert TreeOpening(phase, query);
        }
        g.masks[0] = StarkOpenings.maskAfter(path);
        // Elements that stood in a row once; nothing is multiplied before the first block.
        if (key.nextCount != 0) (w.valueNext,) = StarkRows.fold(g.nextRow, key.nextCount, 0, g.tableEnd, g.tableEnd);
    }

    /// @dev Copies runs first..end-1 of columns opened at g*zeta, each offset (u16) and length (u16) in bytes, from a row to
    /// `target`; returns where they end.
    function gather(bytes memory runs, uint256 first, uint256 end, uint256 row, uint256 target) private pure returns (uint256) {
        assembly ("memory-safe") {
            let run := add(add(runs, 32), shl(2, first))
            for { end := add(add(runs, 32), shl(2, end)) } lt(run, end) { run := add(run, 4) } {
                let entry := mload(run)
                let length := and(shr(224, entry), 0xffff)
                mcopy(target, add(row, shr(240, entry)), length)
                target := add(target, length)
            }
        }
        return target;
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
