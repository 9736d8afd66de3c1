// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Runs a chip's folded constraints, compiled to a byte program, over the quartic extension of KoalaBear.
/// @notice Owns: the arithmetic and the instruction loop. Does not own: any constraint (programs are generated from the
/// AIR's canonical form), where leaf values come from, or what the result is compared with.
/// @dev An extension element is one word, four coefficients in lanes of 64 bits, X^0 lowest; X^4 = 3. Sums and
/// differences leave lanes unreduced (below 2^63: the compiler's bound); products take lanes apart into whole words,
/// where ten products of 126 bits cannot overflow, and reduce.
/// Invariant: a program made by constraint-program.ts over canonical leaves returns a canonical element.
library ConstraintMachine {
    /// @notice The program's length is not a whole number of instructions.
    error BadProgramLength(uint256 length);
    /// @notice An instruction has an opcode above 8.
    error BadOpcode(uint256 opcode, uint256 position);

    /// @param program Instructions of five bytes (constraint-program.ts).
    /// @param leaves Values of slots 0..leaves.length-1, canonical; slotCount - leaves.length more are computed.
    /// @param slotCount Slots in all.
    /// @param weights The fold challenge and the selectors first, last, transition.
    /// @return folded sum of challenge^i * selector_i * constraint_i.
    function fold(bytes memory program, uint256[] memory leaves, uint256 slotCount, uint256[4] memory weights)
        internal
        pure
        returns (uint256 folded)
    {
        if (program.length % 5 != 0) revert BadProgramLength(program.length);
        uint256[] memory slots = new uint256[](slotCount);
        uint256 badOpcode;
        uint256 badPosition;
        assembly ("memory-safe") {
            function reduce(c0, c1, c2, c3) -> word {
                let p := 0x7f000001
                word := or(or(mod(c0, p), shl(64, mod(c1, p))), or(shl(128, mod(c2, p)), shl(192, mod(c3, p))))
            }
            function reduceExt(a) -> word {
                let m := 0xffffffffffffffff
                word := reduce(and(a, m), and(shr(64, a), m), and(shr(128, a), m), shr(192, a))
            }
            function mulExt(a, b) -> word {
                let m := 0xffffffffffffffff
                let a0 := and(a, m)
                let a1 := and(shr(64, a), m)
                let a2 := and(shr(128, a), m)
                let a3 := shr(192, a)
                let b0 := and(b, m)
                let b1 := and(shr(64, b), m)
                let b2 := and(shr(128, b), m)
                let b3 := shr(192, b)
                word := reduce(
                    add(mul(a0, b0), mul(3, add(mul(a1, b3), add(mul(a2, b2), mul(a3, b1))))),
                    add(add(mul(a0, b1), mul(a1, b0)), mul(3, add(mul(a2, b3), mul(a3, b2)))),
                    add(add(mul(a0, b2), mul(a1, b1)), add(mul(a2, b0), mul(3, mul(a3, b3)))),
                    add(add(mul(a0, b3), mul(a1, b2)), add(mul(a2, b1), mul(a3, b0)))
                )
            }

            let base := add(slots, 32)
            let count := mload(leaves)
            mcopy(base, add(leaves, 32), shl(5, count))
            let target := add(base, shl(5, count))
            let challenge := mload(weights)
            let cursor := add(program, 32)
            let end := add(cursor, mload(program))
            for {} lt(cursor, end) { cursor := add(cursor, 5) } {
                let instruction := shr(216, mload(cursor))
                let opcode := shr(32, instruction)
                // Before any operand is read: a constant's bytes taken for a slot would expand memory by megabytes.
                if eq(opcode, 3) {
                    mstore(target, and(instruction, 0xffffffff))
                    target := add(target, 32)
                    continue
                }
                let left := mload(add(base, shl(5, and(shr(16, instruction), 0xffff))))
                switch opcode
                case 0 {
                    mstore(target, add(left, mload(add(base, shl(5, and(instruction, 0xffff))))))
                    target := add(target, 32)
                }
                case 2 {
                    mstore(target, mulExt(left, mload(add(base, shl(5, and(instruction, 0xffff))))))
                    target := add(target, 32)
                }
                case 1 {
                    // p * 2^20 in every lane keeps each difference positive.
                    let lifted := add(left, 0x0007f000001000000007f000001000000007f000001000000007f00000100000)
                    mstore(target, sub(lifted, mload(add(base, shl(5, and(instruction, 0xffff))))))
                    target := add(target, 32)
                }
                case 4 { folded := add(mulExt(folded, challenge), left) }
                case 8 {
                    mstore(target, reduceExt(left))
                    target := add(target, 32)
                }
                default {
                    if gt(opcode, 8) {
                        badOpcode := opcode
                        badPosition := sub(cursor, add(program, 32))
                        break
                    }
                    // Selectors first, last, transition follow the challenge.
                    let selector := mload(add(weights, shl(5, sub(opcode, 4))))
                    folded := add(mulExt(folded, challenge), mulExt(selector, left))
                }
            }
            folded := reduceExt(folded)
        }
        if (badOpcode != 0) revert BadOpcode(badOpcode, badPosition);
    }
}
