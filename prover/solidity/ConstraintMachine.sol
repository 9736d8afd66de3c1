// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Runs a chip's folded constraints, compiled to a byte program, over the quartic extension of KoalaBear.
/// @notice Owns: the arithmetic and the instruction loop. Does not own: any constraint (programs are generated from the
/// AIR's canonical form), where the values of the first slots come from, or what the result is compared with.
/// @dev An extension element is one word, four coefficients in lanes of 64 bits, X^0 lowest; X^4 = 3. Sums, differences and
/// multiples by constants leave lanes unreduced (below 2^64: the compiler's bounds); factors of products are below 2^62, so
/// that ten products of a lane fit 128 bits, and products reduce. Instructions come in runs of one opcode, so that
/// the loop over a run decodes nothing but operands.
/// Invariant: a program made by constraint-program.ts over canonical first slots returns a canonical element.
library ConstraintMachine {
    /// @notice The program does not end where its last run does.
    error BadProgramLength(uint256 length);
    /// @notice A run has an opcode above 9.
    error BadOpcode(uint256 opcode, uint256 position);

    /// @param program Runs: opcode (u8), count (u16), operands (constraint-program.ts).
    /// @param slots First the given values, canonical, then room for what is computed.
    /// @param weights The fold challenge and the selectors first, last, transition.
    /// @param given How many slots are given.
    /// @return folded sum of challenge^i * selector_i * constraint_i.
    function fold(bytes memory program, uint256[] memory slots, uint256 given, uint256[4] memory weights)
        internal
        pure
        returns (uint256 folded)
    {
        uint256 badOpcode;
        uint256 position;
        assembly ("memory-safe") {
            function slotAt(start, offset) -> value {
                value := mload(add(start, and(offset, 0x1fffe0)))
            }
            function mulExt(a, b) -> product {
                let m := 0x0000000000000000ffffffffffffffff0000000000000000ffffffffffffffff
                let aOdd := and(shr(64, a), m)
                let bOdd := and(shr(64, b), m)
                let a3 := shr(128, aOdd)
                let b3 := shr(128, bOdd)
                a := and(a, m)
                b := and(b, m)
                let a2 := shr(128, a)
                let b2 := shr(128, b)
                let odd := add(add(mul(a, bOdd), mul(aOdd, b)), mul(3, add(mul(a2, b3), mul(a3, b2))))
                let square := add(mul(aOdd, bOdd), mul(3, mul(a3, b3)))
                let even := add(add(mul(a, b), shl(128, square)), mul(3, add(mul(a2, b2), shr(128, square))))
                let low := 0xffffffffffffffffffffffffffffffff
                let p := 0x7f000001
                product := or(or(mod(and(even, low), p), shl(64, mod(and(odd, low), p))), or(shl(128, mod(shr(128, even), p)), shl(192, mod(shr(128, odd), p))))
            }
            function reduceExt(a) -> word {
                let m := 0xffffffffffffffff
                let p := 0x7f000001
                word := or(or(mod(and(a, m), p), shl(64, mod(and(shr(64, a), m), p))), or(shl(128, mod(and(shr(128, a), m), p)), shl(192, mod(shr(192, a), p))))
            }

            let base := add(slots, 32)
            let target := add(base, shl(5, given))
            let challenge := mload(weights)
            let cursor := add(program, 32)
            let end := add(cursor, mload(program))
            for {} lt(cursor, end) {} {
                let head := mload(cursor)
                let opcode := byte(0, head)
                let count := and(shr(232, head), 0xffff)
                cursor := add(cursor, 3)
                switch opcode
                case 0 {
                    for { let finish := add(cursor, shl(5, count)) } lt(cursor, finish) { cursor := add(cursor, 32) } {
                        let word := mload(cursor)
                        mstore(target, add(slotAt(base, shr(235, word)), slotAt(base, shr(219, word))))
                        mstore(add(target, 32), add(slotAt(base, shr(203, word)), slotAt(base, shr(187, word))))
                        mstore(add(target, 64), add(slotAt(base, shr(171, word)), slotAt(base, shr(155, word))))
                        mstore(add(target, 96), add(slotAt(base, shr(139, word)), slotAt(base, shr(123, word))))
                        mstore(add(target, 128), add(slotAt(base, shr(107, word)), slotAt(base, shr(91, word))))
                        mstore(add(target, 160), add(slotAt(base, shr(75, word)), slotAt(base, shr(59, word))))
                        mstore(add(target, 192), add(slotAt(base, shr(43, word)), slotAt(base, shr(27, word))))
                        mstore(add(target, 224), add(slotAt(base, shr(11, word)), slotAt(base, shl(5, word))))
                        target := add(target, 256)
                    }
                }
                case 1 {
                    for { let finish := add(cursor, shl(2, count)) } lt(cursor, finish) { cursor := add(cursor, 4) } {
                        let word := mload(cursor)
                        mstore(target, mulExt(slotAt(base, shr(235, word)), slotAt(base, shr(219, word))))
                        target := add(target, 32)
                    }
                }
                case 2 {
                    for { let finish := add(cursor, shl(5, count)) } lt(cursor, finish) { cursor := add(cursor, 32) } {
                        let word := mload(cursor)
                        mstore(target, mul(slotAt(base, shr(235, word)), slotAt(base, shr(219, word))))
                        mstore(add(target, 32), mul(slotAt(base, shr(203, word)), slotAt(base, shr(187, word))))
                        mstore(add(target, 64), mul(slotAt(base, shr(171, word)), slotAt(base, shr(155, word))))
                        mstore(add(target, 96), mul(slotAt(base, shr(139, word)), slotAt(base, shr(123, word))))
                        mstore(add(target, 128), mul(slotAt(base, shr(107, word)), slotAt(base, shr(91, word))))
                        mstore(add(target, 160), mul(slotAt(base, shr(75, word)), slotAt(base, shr(59, word))))
                        mstore(add(target, 192), mul(slotAt(base, shr(43, word)), slotAt(base, shr(27, word))))
                        mstore(add(target, 224), mul(slotAt(base, shr(11, word)), slotAt(base, shl(5, word))))
                        target := add(target, 256)
                    }
                }
                case 3 {
                    // p * 2^20 in every lane keeps each difference positive.
                    let lift := 0x0007f000001000000007f000001000000007f000001000000007f00000100000
                    for { let finish := add(cursor, shl(5, count)) } lt(cursor, finish) { cursor := add(cursor, 32) } {
                        let word := mload(cursor)
                        mstore(target, sub(add(slotAt(base, shr(235, word)), lift), slotAt(base, shr(219, word))))
                        mstore(add(target, 32), sub(add(slotAt(base, shr(203, word)), lift), slotAt(base, shr(187, word))))
                        mstore(add(target, 64), sub(add(slotAt(base, shr(171, word)), lift), slotAt(base, shr(155, word))))
                        mstore(add(target, 96), sub(add(slotAt(base, shr(139, word)), lift), slotAt(base, shr(123, word))))
                        mstore(add(target, 128), sub(add(slotAt(base, shr(107, word)), lift), slotAt(base, shr(91, word))))
                        mstore(add(target, 160), sub(add(slotAt(base, shr(75, word)), lift), slotAt(base, shr(59, word))))
                        mstore(add(target, 192), sub(add(slotAt(base, shr(43, word)), lift), slotAt(base, shr(27, word))))
                        mstore(add(target, 224), sub(add(slotAt(base, shr(11, word)), lift), slotAt(base, shl(5, word))))
                        target := add(target, 256)
                    }
                }
                case 4 {
                    for { let finish := add(cursor, shl(1, count)) } lt(cursor, finish) { cursor := add(cursor, 2) } {
                        mstore(target, reduceExt(slotAt(base, shr(235, mload(cursor)))))
                        target := add(target, 32)
                    }
                }
                case 5 {
                    for { let finish := add(cursor, shl(1, count)) } lt(cursor, finish) { cursor := add(cursor, 2) } {
                        folded := add(mulExt(folded, challenge), slotAt(base, shr(235, mload(cursor))))
                    }
                }
                case 9 {
                    let size := shl(3, and(shr(224, head), 0xff))
                    cursor := add(cursor, 1)
                    for {} count { count := sub(count, 1) } {
                        let total := 0
                        for { let finish := add(cursor, size) } lt(cursor, finish) { cursor := add(cursor, 8) } {
                            let word := mload(cursor)
                            total := add(total, add(add(slotAt(base, shr(235, word)), slotAt(base, shr(219, word))), add(slotAt(base, shr(203, word)), slotAt(base, shr(187, word)))))
                        }
                        mstore(target, total)
                        target := add(target, 32)
                    }
                }
                default {
                    if gt(opcode, 9) {
                        badOpcode := opcode
                        position := sub(cursor, add(program, 35))
                        break
                    }
                    // Selectors first, last, transition follow the challenge.
                    let selector := mload(add(weights, shl(5, sub(opcode, 5))))
                    for { let finish := add(cursor, shl(1, count)) } lt(cursor, finish) { cursor := add(cursor, 2) } {
                        folded := add(mulExt(folded, challenge), mulExt(selector, slotAt(base, shr(235, mload(cursor)))))
                    }
                }
            }
            if iszero(badOpcode) { position := sub(cursor, end) }
            folded := reduceExt(folded)
        }
        if (badOpcode != 0) revert BadOpcode(badOpcode, position);
        if (position != 0) revert BadProgramLength(program.length);
    }
}
