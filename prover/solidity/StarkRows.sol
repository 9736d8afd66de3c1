// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {QuarticExtension as E} from "./QuarticExtension.sol";

/// @title Rows of base elements folded by gamma: value = value * gamma + element, element after element (PROTOCOL.md section 5.8).
/// @notice Owns: the tables that a challenge gives, the fold of a row in memory, whether its elements are canonical. Does not
/// own: which rows, or what their fold is compared with.
/// @dev A row is read in blocks of eight words, 64 elements; the first block is what is left over. So one table of
/// gamma^63 .. gamma^0 serves every block of every row, and from block to block the value is multiplied by gamma^64. A product
/// of four lanes with a word of a table has in its top lane the sum of four products of elements, below 4 (p - 1)^2 < 2^64, and
/// no lane below it carries. The table ends at a multiple of its size, which is how the loop knows the end of a block.
/// Invariant: every element is below p, or the row is reported.
library StarkRows {
    /// @notice Elements of a block: the powers gamma^0 .. gamma^BLOCK are needed.
    uint256 internal constant BLOCK = 64;

    /// @notice Writes the table of a block from the powers at memory `powers` (gamma^0, gamma^1, ... a word each) and, behind it,
    /// the product by gamma^BLOCK. Returns where the table ends and that product begins.
    function tabulate(uint256 powers) internal pure returns (uint256 tableEnd) {
        assembly ("memory-safe") {
            tableEnd := and(add(mload(0x40), 4095), not(2047))
            mstore(0x40, add(tableEnd, 128))
        }
        for (uint256 word = 0; word < BLOCK / 8; ++word) {
            // The last element of the last word has gamma^0. A word's odd elements come first.
            uint256 target = tableEnd - 256 * (word + 1);
            transpose(target, powers + 256 * word, 64);
            transpose(target + 128, powers + 256 * word + 32, 64);
        }
        product(powers + 32 * BLOCK, tableEnd);
    }

    /// @notice Writes the product by the element at memory `factor` for `fold`: four words at `target`.
    function product(uint256 factor, uint256 target) internal pure {
        uint256 multiples;
        uint256 value;
        assembly ("memory-safe") {
            multiples := mload(0x40)
            value := mload(factor)
        }
        E.tabulate(value, multiples);
        transpose(target, multiples, 32);
    }

    /// @dev One word for each coefficient; the element at `first` in the top lane, each next one in the lane below.
    function transpose(uint256 target, uint256 first, uint256 stride) private pure {
        assembly ("memory-safe") {
            let m := 0xffffffffffffffff
            let p3 := mload(first)
            first := add(first, stride)
            let p2 := mload(first)
            first := add(first, stride)
            let p1 := mload(first)
            let p0 := mload(add(first, stride))
            mstore(target, or(or(and(p0, m), shl(64, and(p1, m))), or(shl(128, and(p2, m)), shl(192, p3))))
            mstore(add(target, 32), or(or(and(shr(64, p0), m), shl(64, and(shr(64, p1), m))), or(shl(128, and(shr(64, p2), m)), shl(192, shr(64, p3)))))
            mstore(add(target, 64), or(or(and(shr(128, p0), m), shl(64, and(shr(128, p1), m))), or(shl(128, and(shr(128, p2), m)), shl(192, shr(128, p3)))))
            mstore(add(target, 96), or(or(shr(192, p0), shl(64, shr(192, p1))), or(shl(128, shr(192, p2)), shl(192, shr(192, p3)))))
        }
    }

    /// @notice Elements of the first block of a row of `width`.
    function firstBlock(uint256 width) internal pure returns (uint256) {
        return ((width - 1) % BLOCK) + 1;
    }

    /// @notice Folds the row of `width` elements at memory `cursor` into `value`. `multiply` is the product by
    /// gamma^firstBlock(width).
    function fold(uint256 cursor, uint256 width, uint256 value, uint256 tableEnd, uint256 multiply) internal pure returns (uint256 folded, bool isStray) {
        assembly ("memory-safe") {
            let end := add(cursor, shl(2, width))
            width := sub(width, 1)
            let table := sub(tableEnd, shl(8, add(shr(3, and(width, 63)), 1)))
            // The first word has one to eight elements, in its low lanes.
            let row := shr(sub(224, shl(5, and(width, 7))), mload(cursor))
            cursor := add(cursor, add(shl(2, and(width, 7)), 4))
            folded := value
            for {} 1 {} {
                let s0 := shr(192, mul(folded, mload(multiply)))
                let s1 := shr(192, mul(folded, mload(add(multiply, 32))))
                let s2 := shr(192, mul(folded, mload(add(multiply, 64))))
                let s3 := shr(192, mul(folded, mload(add(multiply, 96))))
                for {} 1 {} {
                    // A lane is at least p when its top bit is set or adding 2^31 - p to its low 31 bits sets it.
                    isStray := or(isStray, or(row, add(and(row, 0x7fffffff7fffffff7fffffff7fffffff7fffffff7fffffff7fffffff7fffffff), 0x00ffffff00ffffff00ffffff00ffffff00ffffff00ffffff00ffffff00ffffff)))
                    let odd := and(row, 0x00000000ffffffff00000000ffffffff00000000ffffffff00000000ffffffff)
                    row := and(shr(32, row), 0x00000000ffffffff00000000ffffffff00000000ffffffff00000000ffffffff)
                    s0 := add(s0, add(shr(192, mul(odd, mload(table))), shr(192, mul(row, mload(add(table, 128))))))
                    s1 := add(s1, add(shr(192, mul(odd, mload(add(table, 32)))), shr(192, mul(row, mload(add(table, 160))))))
                    s2 := add(s2, add(shr(192, mul(odd, mload(add(table, 64)))), shr(192, mul(row, mload(add(table, 192))))))
                    s3 := add(s3, add(shr(192, mul(odd, mload(add(table, 96)))), shr(192, mul(row, mload(add(table, 224))))))
                    table := add(table, 256)
                    if iszero(and(table, 2047)) { break }
                    row := mload(cursor)
                    cursor := add(cursor, 32)
                }
                folded := or(or(mod(s0, 0x7f000001), shl(64, mod(s1, 0x7f000001))), or(shl(128, mod(s2, 0x7f000001)), shl(192, mod(s3, 0x7f000001))))
                if eq(cursor, end) { break }
                multiply := table
                table := sub(table, 2048)
                row := mload(cursor)
                cursor := add(cursor, 32)
            }
            isStray := iszero(iszero(and(isStray, 0x8000000080000000800000008000000080000000800000008000000080000000)))
        }
    }
}
