// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {QuarticExtension as E} from "./QuarticExtension.sol";

/// @title Folding of one row at a challenge, and the final polynomial at a point (PROTOCOL.md sections 5.9 and 5.10).
/// @notice Owns: the arithmetic and the row as it is hashed. Does not own: openings or which row belongs to which query.
/// @dev A row lies in scratch memory twice: elements one to a word (8 words), then packed as it is hashed.
/// Invariant: values are canonical between levels.
library StarkFolds {
    /// @notice Tables of the challenge, its square and its fourth power (as many as `step` needs), four words each.
    function tabulate(uint256 challenge, uint256 step, uint256 target) internal pure {
        for (uint256 level = 0; level < step; ++level) {
            E.tabulate(challenge, target + 128 * level);
            challenge = E.mul(challenge, challenge);
        }
    }

    /// @notice Puts `own` element among the others of calldata, in both forms; returns the digest of the row.
    function placeRow(uint256 scratch, uint256 cursor, uint256 others, uint256 own, uint256 value) internal pure returns (bytes32 node) {
        uint256 packed = E.pack(value);
        assembly ("memory-safe") {
            let row := add(scratch, 256)
            let before := shl(4, own)
            calldatacopy(row, cursor, before)
            mstore(add(row, before), packed)
            calldatacopy(add(add(row, before), 16), add(cursor, before), sub(others, before))
            let size := add(others, 16)
            node := and(keccak256(row, size), 0xffffffffffffffffffffffffffffffffffffffffffffffffffffffff00000000)
            let m := 0xffffffff
            for { let end := add(row, size) } lt(row, end) { row := add(row, 16) } {
                let word := mload(row)
                mstore(scratch, or(or(shr(224, word), shl(64, and(shr(192, word), m))), or(shl(128, and(shr(160, word), m)), shl(192, and(shr(128, word), m)))))
                scratch := add(scratch, 32)
            }
        }
    }

    /// @notice Takes the low bits of the position out of the point and its inverse.
    function rowStart(bytes memory roots, uint256 own, uint256 step, uint256 point, uint256 inversePoint) internal pure returns (uint256, uint256) {
        for (uint256 i = 0; i < step; ++i) {
            if ((own >> i) & 1 == 0) continue;
            point = mulmod(point, rootAt(roots, 24 + i), E.P);
            inversePoint = mulmod(inversePoint, rootAt(roots, i), E.P);
        }
        return (point, inversePoint);
    }

    /// @dev Entry `index` of the table of roots and inverse roots.
    function rootAt(bytes memory roots, uint256 index) private pure returns (uint256 root) {
        assembly ("memory-safe") {
            root := shr(224, mload(add(add(roots, 32), shl(2, index))))
        }
    }

    /// @notice Evaluates the polynomial through the row in scratch at the tabulated challenge by halving; neighbours sit at y and
    /// -y. Each level leaves out a factor of 1/2; all of them are made good at the end.
    function foldRow(uint256 scratch, bytes memory roots, uint256 step, uint256 inverseY, uint256 table) internal pure returns (uint256) {
        uint256 fourth = rootAt(roots, 25);
        uint256 eighth = rootAt(roots, 26);
        for (uint256 count = 1 << step; count > 1; count >>= 1) {
            halve(scratch, count, inverseY, mulmod(inverseY, fourth, E.P), mulmod(inverseY, eighth, E.P), fourth, table);
            inverseY = mulmod(inverseY, inverseY, E.P);
            table += 128;
        }
        uint256 value;
        assembly ("memory-safe") {
            value := mload(scratch)
        }
        // 1/2, 1/4 and 1/8 mod p.
        return E.scale(value, step == 1 ? 0x3f800001 : step == 2 ? 0x5f400001 : 0x6f200001);
    }

    /// @dev Pairs at y, y*i4, y*i8, y*i4*i8: (a + b) + challenge * (a - b) / y, written over the first half.
    function halve(uint256 scratch, uint256 count, uint256 inverseY, uint256 inverseY4, uint256 inverseY8, uint256 fourth, uint256 table) private pure {
        assembly ("memory-safe") {
            let m := 0xffffffffffffffff
            let p := 0x7f000001
            let lift := 0x000000007f000001000000007f000001000000007f000001000000007f000001
            for { let pair := 0 } lt(add(pair, pair), count) { pair := add(pair, 1) } {
                let a := mload(add(scratch, shl(6, pair)))
                let b := mload(add(add(scratch, 32), shl(6, pair)))
                let factor := inverseY
                switch pair
                case 1 { factor := inverseY4 }
                case 2 { factor := inverseY8 }
                case 3 { factor := mulmod(inverseY8, fourth, p) }
                // a - b + p is below 2^32 a lane, times a factor below 2^63.
                let d := mul(sub(add(a, lift), b), factor)
                let t := mul(mod(and(d, m), p), mload(table))
                t := add(t, mul(mod(and(shr(64, d), m), p), mload(add(table, 32))))
                t := add(t, mul(mod(and(shr(128, d), m), p), mload(add(table, 64))))
                t := add(t, mul(mod(shr(192, d), p), mload(add(table, 96))))
                // 4 (p - 1)^2 + 2 p < 2^64.
                t := add(t, add(a, b))
                mstore(
                    add(scratch, shl(5, pair)),
                    or(or(mod(and(t, m), p), shl(64, mod(and(shr(64, t), m), p))), or(shl(128, mod(and(shr(128, t), m), p)), shl(192, mod(shr(192, t), p))))
                )
            }
        }
    }

    /// @notice A polynomial of `length` coefficients, one to a word from `coefficients` on in memory, at a base point.
    function finalValue(uint256 coefficients, uint256 length, uint256 point) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            let m := 0x0000000000000000ffffffffffffffff0000000000000000ffffffffffffffff
            let low := 0xffffffffffffffffffffffffffffffff
            let p := 0x7f000001
            let power := 1
            let even := 0
            let odd := 0
            for { let end := add(coefficients, shl(5, length)) } lt(coefficients, end) { coefficients := add(coefficients, 32) } {
                let t := mul(mload(coefficients), power)
                even := add(even, and(t, m))
                odd := add(odd, and(shr(64, t), m))
                power := mulmod(power, point, p)
            }
            value := or(or(mod(and(even, low), p), shl(64, mod(and(odd, low), p))), or(shl(128, mod(shr(128, even), p)), shl(192, mod(shr(128, odd), p))))
        }
    }
}
