// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {QuarticExtension as E} from "./QuarticExtension.sol";
import {StarkKey} from "./StarkKey.sol";
import {Challenges, StarkTranscript} from "./StarkTranscript.sol";

/// @title The query phase: tree openings, the DEEP codeword at a position, folds, final polynomial.
/// @notice Owns: PROTOCOL.md sections 5.8 to 5.10 at one position. Does not own: how positions are drawn.
/// @dev Invariant: the value carried from fold to fold is computed here, never read; every row is hashed from the same
/// calldata that enters the codeword. Trees are keccak-256 over big-endian elements, as calldata holds them.
library StarkQueries {
    /// @notice A tree's opening does not lead to its root; phase 0 preprocessed, 1 main, 2 permutation, 3 quotient.
    error TreeOpening(uint256 phase, uint256 query);
    error FoldOpening(uint256 fold, uint256 query);
    error FinalPolynomial(uint256 query);

    /// @dev What all queries share: powers of gamma, claims folded by gamma, the final polynomial.
    struct Claims {
        /// Memory of gamma^0, gamma^1, ... one word each.
        uint256 powers;
        uint256 valueHere;
        uint256 valueNext;
        /// gamma^nextCount
        uint256 shiftHere;
        uint256 zetaNext;
        uint256[] coefficients;
    }

    /// @dev The point of a position on the unshifted domain, and its inverse.
    struct Walk {
        uint256 point;
        uint256 inversePoint;
        uint256 position;
        uint256 logSize;
        uint256 cursor;
        uint256 value;
    }

    function claims(StarkKey memory key, Challenges memory c) internal pure returns (Claims memory k) {
        uint256 count = key.hereCount > key.nextCount ? key.hereCount : key.nextCount;
        uint256 memoryOfPowers;
        assembly ("memory-safe") {
            memoryOfPowers := mload(0x40)
            mstore(0x40, add(memoryOfPowers, shl(5, add(count, 1))))
        }
        k.powers = memoryOfPowers;
        uint256 power = 1;
        for (uint256 i = 0; i <= count; ++i) {
            assembly ("memory-safe") {
                mstore(add(memoryOfPowers, shl(5, i)), power)
            }
            power = E.mul(power, c.batch);
        }
        k.valueHere = horner(c.here, key.hereCount, c.batch);
        k.valueNext = horner(c.next, key.nextCount, c.batch);
        uint256 shift = 32 * key.nextCount;
        uint256 shiftHere;
        assembly ("memory-safe") {
            shiftHere := mload(add(memoryOfPowers, shift))
        }
        k.shiftHere = shiftHere;
        k.zetaNext = E.scale(c.zeta, key.traceRoot);
        k.coefficients = new uint256[](key.finalLength);
        for (uint256 i = 0; i < key.finalLength; ++i) k.coefficients[i] = element(c.finalPolynomial + 16 * i);
    }

    function element(uint256 position) private pure returns (uint256) {
        uint256 word;
        assembly ("memory-safe") {
            word := calldataload(position)
        }
        return E.unpack(word);
    }

    function horner(uint256 position, uint256 count, uint256 gamma) private pure returns (uint256 value) {
        for (uint256 i = 0; i < count; ++i) value = E.add(E.mul(value, gamma), element(position + 16 * i));
        return E.reduce(value);
    }

    /// @notice Checks query number `query`, whose openings start at calldata position `cursor`.
    function check(StarkKey memory key, Challenges memory c, Claims memory k, uint256 query, uint256 cursor) internal view {
        Walk memory w;
        w.position = c.indices[query];
        w.logSize = key.largest;
        w.cursor = cursor;
        setPoint(key, w);
        uint256 here = openTrees(key, c, k, w, query);
        w.value = deepValue(key, c, k, w, here, cursor);
        for (uint256 i = 0; i < key.foldSteps.length; ++i) foldOnce(key, c, w, i, query);
        uint256 expected;
        for (uint256 i = k.coefficients.length; i > 0; --i) expected = E.reduce(E.add(expected * w.point, k.coefficients[i - 1]));
        if (w.value != expected) revert FinalPolynomial(query);
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

    function merkleRoot(bytes32 node, uint256 leaf, uint256 cursor, uint256 levels) private pure returns (bytes32) {
        assembly ("memory-safe") {
            for { let end := add(cursor, shl(5, levels)) } lt(cursor, end) { cursor := add(cursor, 32) } {
                let side := shl(5, and(leaf, 1))
                mstore(side, node)
                mstore(xor(side, 32), calldataload(cursor))
                node := keccak256(0, 64)
                leaf := shr(1, leaf)
            }
        }
        return node;
    }

    function rootOf(StarkKey memory key, Challenges memory c, uint256 phase) private pure returns (bytes32 root) {
        if (phase == 0) return key.preprocessedRoot;
        uint256 position = phase == 1 ? c.mainRoot : phase == 2 ? c.permutationRoot : c.quotientRoot;
        assembly ("memory-safe") {
            root := calldataload(position)
        }
    }

    /// @dev Checks the openings of all trees, moves on past them and returns their rows folded by gamma.
    function openTrees(StarkKey memory key, Challenges memory c, Claims memory k, Walk memory w, uint256 query)
        private
        pure
        returns (uint256)
    {
        uint256 even;
        uint256 odd;
        uint256 left = key.hereCount;
        for (uint256 phase = 0; phase < 4; ++phase) {
            uint256 width = key.widths[phase];
            if (width == 0) continue;
            StarkTranscript.requireCanonical(w.cursor, width);
            bytes32 node = hashRow(w.cursor, width);
            uint256 siblings = w.cursor + 4 * width;
            if (merkleRoot(node, w.position, siblings, key.largest) != rootOf(key, c, phase)) revert TreeOpening(phase, query);
            (even, odd) = accumulate(w.cursor, width, k.powers + 32 * (left - 1), even, odd);
            left -= width;
            w.cursor = siblings + 32 * key.largest;
        }
        return join(even, odd);
    }

    function hashRow(uint256 cursor, uint256 width) private pure returns (bytes32 node) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            calldatacopy(free, cursor, shl(2, width))
            node := keccak256(free, shl(2, width))
        }
    }

    /// @dev Adds element * power for a row; powers go down from `power`. Lanes 0 and 2 gather in `even`, 1 and 3 in `odd`,
    /// 128 bits each: 2^16 products of 62 bits are far from filling them.
    function accumulate(uint256 cursor, uint256 width, uint256 power, uint256 even, uint256 odd) private pure returns (uint256, uint256) {
        assembly ("memory-safe") {
            let m := 0x0000000000000000ffffffffffffffff0000000000000000ffffffffffffffff
            let end := add(cursor, shl(2, width))
            // Four products of elements below p fit a lane: 4 (p - 1)^2 < 2^64.
            for {} gt(sub(end, cursor), 15) { cursor := add(cursor, 16) } {
                let row := calldataload(cursor)
                let t := mul(shr(224, row), mload(power))
                t := add(t, mul(and(shr(192, row), 0xffffffff), mload(sub(power, 32))))
                t := add(t, mul(and(shr(160, row), 0xffffffff), mload(sub(power, 64))))
                t := add(t, mul(and(shr(128, row), 0xffffffff), mload(sub(power, 96))))
                even := add(even, and(t, m))
                odd := add(odd, and(shr(64, t), m))
                power := sub(power, 128)
            }
            for {} lt(cursor, end) { cursor := add(cursor, 4) } {
                let t := mul(shr(224, calldataload(cursor)), mload(power))
                even := add(even, and(t, m))
                odd := add(odd, and(shr(64, t), m))
                power := sub(power, 32)
            }
        }
        return (even, odd);
    }

    function join(uint256 even, uint256 odd) private pure returns (uint256) {
        uint256 m = type(uint128).max;
        return ((even & m) % E.P) | (((odd & m) % E.P) << 64) | (((even >> 128) % E.P) << 128) | (((odd >> 128) % E.P) << 192);
    }

    /// @dev The columns opened at g*zeta, folded by gamma.
    function accumulateNext(StarkKey memory key, Claims memory k, uint256 start) private pure returns (uint256) {
        bytes memory offsets = key.nextOffsets;
        uint256 power = k.powers;
        uint256 even;
        uint256 odd;
        assembly ("memory-safe") {
            let m := 0x0000000000000000ffffffffffffffff0000000000000000ffffffffffffffff
            let entry := add(offsets, 32)
            let end := add(entry, mload(offsets))
            power := add(power, shl(4, sub(mload(offsets), 2)))
            for {} lt(entry, end) { entry := add(entry, 2) } {
                let t := mul(shr(224, calldataload(add(start, shr(240, mload(entry))))), mload(power))
                even := add(even, and(t, m))
                odd := add(odd, and(shr(64, t), m))
                power := sub(power, 32)
            }
        }
        return join(even, odd);
    }

    function deepValue(StarkKey memory key, Challenges memory c, Claims memory k, Walk memory w, uint256 here, uint256 start)
        private
        view
        returns (uint256)
    {
        uint256 x = mulmod(3, w.point, E.P);
        // x lies in the base field and zeta does not, so neither difference is zero.
        uint256 fromHere = E.reduce(E.sub(x, c.zeta));
        uint256 numerator = E.mul(k.shiftHere, E.sub(here, k.valueHere));
        if (key.nextCount == 0) return E.mul(numerator, E.inverse(fromHere));
        uint256 fromNext = E.reduce(E.sub(x, k.zetaNext));
        uint256 next = accumulateNext(key, k, start);
        uint256 both = E.inverse(E.mul(fromHere, fromNext));
        numerator = E.add(E.mul(numerator, fromNext), E.mul(E.sub(next, k.valueNext), fromHere));
        return E.mul(numerator, both);
    }

    /// @dev Checks one fold's row against its root and takes the value, the point and the position one fold on.
    function foldOnce(StarkKey memory key, Challenges memory c, Walk memory w, uint256 fold, uint256 query) private pure {
        uint256 step = key.foldSteps[fold];
        uint256 arity = 1 << step;
        uint256 place = w.position & (arity - 1);
        uint256 cursor = w.cursor;
        StarkTranscript.requireCanonical(cursor, 4 * (arity - 1));
        uint256 row;
        bytes32 node;
        uint256 own = E.pack(w.value);
        assembly ("memory-safe") {
            row := mload(0x40)
            // Eight elements at most, and the word that the last one is read with.
            mstore(0x40, add(row, 160))
            let before := shl(4, place)
            calldatacopy(row, cursor, before)
            mstore(add(row, before), own)
            calldatacopy(add(add(row, before), 16), add(cursor, before), shl(4, sub(sub(arity, 1), place)))
            node := keccak256(row, shl(4, arity))
        }
        uint256 siblings = cursor + 16 * (arity - 1);
        uint256 levels = w.logSize - step;
        uint256 rootAt = c.foldRoots + 36 * fold;
        bytes32 root;
        assembly ("memory-safe") {
            root := calldataload(rootAt)
        }
        if (merkleRoot(node, w.position >> step, siblings, levels) != root) revert FoldOpening(fold, query);
        w.cursor = siblings + 32 * levels;
        w.logSize = levels;
        toRowStart(key, w, place, step);
        w.value = foldRow(key, w, row, step, c.folds[fold]);
        w.position >>= step;
    }

    /// @dev Takes the low bits of the position out of the point.
    function toRowStart(StarkKey memory key, Walk memory w, uint256 place, uint256 step) private pure {
        for (uint256 i = 0; i < step; ++i) {
            if ((place >> i) & 1 == 0) continue;
            w.point = mulmod(w.point, root2(key, 24 + i), E.P);
            w.inversePoint = mulmod(w.inversePoint, root2(key, i), E.P);
        }
    }

    /// @dev Entry `index` of the table of roots and inverse roots.
    function root2(StarkKey memory key, uint256 index) private pure returns (uint256 root) {
        bytes memory roots = key.roots;
        assembly ("memory-safe") {
            root := shr(224, mload(add(add(roots, 32), shl(2, index))))
        }
    }

    /// @dev Evaluates the polynomial through the row at the challenge by halving; neighbours sit at y and -y. Each level leaves
    /// out a factor of 1/2; all of them are made good at the end. Squares the point once per level.
    function foldRow(StarkKey memory key, Walk memory w, uint256 row, uint256 step, uint256 challenge) private pure returns (uint256) {
        uint256[8] memory values;
        for (uint256 i = 0; i < 1 << step; ++i) {
            uint256 word;
            assembly ("memory-safe") {
                word := mload(add(row, shl(4, i)))
            }
            values[i] = E.unpack(word);
        }
        uint256 fourth = root2(key, 25);
        uint256 eighth = root2(key, 26);
        for (uint256 count = 1 << step; count > 1; count >>= 1) {
            for (uint256 pair = 0; pair < count >> 1; ++pair) {
                uint256 inverseY = w.inversePoint;
                if (pair & 1 == 1) inverseY = mulmod(inverseY, fourth, E.P);
                if (pair & 2 == 2) inverseY = mulmod(inverseY, eighth, E.P);
                uint256 a = values[2 * pair];
                uint256 b = values[2 * pair + 1];
                values[pair] = E.add(E.add(a, b), E.mul(E.scale(challenge, inverseY), E.sub(a, b)));
            }
            challenge = E.mul(challenge, challenge);
            w.point = mulmod(w.point, w.point, E.P);
            w.inversePoint = mulmod(w.inversePoint, w.inversePoint, E.P);
        }
        uint256 half = (E.P + 1) >> 1;
        uint256 factor = half;
        for (uint256 i = 1; i < step; ++i) factor = mulmod(factor, half, E.P);
        return E.scale(E.reduce(values[0]), factor);
    }
}
