// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title F_p[X]/(X^4 - 3) over KoalaBear, one element to a word.
/// @notice Owns: arithmetic of packed elements and their two encodings (calldata, transcript). Does not own: the instruction
/// loop of constraints (ConstraintMachine.sol), any protocol step.
/// @dev Four lanes of 64 bits, X^0 lowest (PROTOCOL.md section 1). `add` and `sub` are lazy: they leave lanes unreduced;
/// factors of `mul` must stay below 2^62. Products and `reduce` give canonical lanes.
/// Invariant: no lane reaches 2^62 where a caller chains at most a few lazy steps between products.
library QuarticExtension {
    uint256 internal constant P = 0x7f000001;
    /// @dev p * 2^20 in every lane.
    uint256 private constant LIFT = 0x0007f000001000000007f000001000000007f000001000000007f00000100000;

    /// @notice Canonical lanes of the same element.
    function reduce(uint256 a) internal pure returns (uint256 r) {
        assembly ("memory-safe") {
            let m := 0xffffffffffffffff
            let p := 0x7f000001
            r := or(or(mod(and(a, m), p), shl(64, mod(and(shr(64, a), m), p))), or(shl(128, mod(and(shr(128, a), m), p)), shl(192, mod(shr(192, a), p))))
        }
    }

    /// @notice a + b, unreduced.
    function add(uint256 a, uint256 b) internal pure returns (uint256) {
        unchecked {
            return a + b;
        }
    }

    /// @notice a - b, unreduced; lanes of b below 2^50.
    function sub(uint256 a, uint256 b) internal pure returns (uint256) {
        unchecked {
            return a + LIFT - b;
        }
    }

    /// @notice a * b with canonical lanes; lanes of both below 2^62.
    /// @dev Even and odd coefficients lie 128 bits apart, so one multiplication gives a product of two even (or odd) halves up
    /// to its wrap; the ten products of a lane stay below 2^128.
    function mul(uint256 a, uint256 b) internal pure returns (uint256 r) {
        assembly ("memory-safe") {
            let m := 0x0000000000000000ffffffffffffffff0000000000000000ffffffffffffffff
            let low := 0xffffffffffffffffffffffffffffffff
            let p := 0x7f000001
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
            r := or(or(mod(and(even, low), p), shl(64, mod(and(odd, low), p))), or(shl(128, mod(shr(128, even), p)), shl(192, mod(shr(128, odd), p))))
        }
    }

    /// @notice a * felt with canonical lanes; both canonical.
    function scale(uint256 a, uint256 felt) internal pure returns (uint256) {
        unchecked {
            return reduce(a * felt);
        }
    }

    /// @notice X * a, unreduced; lanes of a below 2^60.
    function timesX(uint256 a) internal pure returns (uint256) {
        unchecked {
            return (a << 64) + 3 * (a >> 192);
        }
    }

    /// @notice Writes a, Xa, X^2 a, X^3 a, canonical, at `table`: sum of b_k times entry k is then a * b, below 2^64 a lane.
    function tabulate(uint256 a, uint256 table) internal pure {
        for (uint256 k = 0; k < 4; ++k) {
            assembly ("memory-safe") {
                mstore(add(table, shl(5, k)), a)
            }
            a = reduce(timesX(a));
        }
    }

    /// @notice 1 / a for canonical a; zero for zero.
    /// @dev Norms down the tower F[Y]/(Y^2 - 3), X^2 = Y: N = A^2 - Y B^2 with a = A + X B, then N0^2 - 3 N1^2 in F.
    function inverse(uint256 a) internal view returns (uint256) {
        unchecked {
            uint256 a0 = a & 0xffffffff;
            uint256 a1 = (a >> 64) & 0xffffffff;
            uint256 a2 = (a >> 128) & 0xffffffff;
            uint256 a3 = a >> 192;
            uint256 n0 = (a0 * a0 + 3 * a2 * a2 + 6 * (P * P - a1 * a3)) % P;
            uint256 n1 = (2 * a0 * a2 + (P * P - a1 * a1) + 3 * (P * P - a3 * a3)) % P;
            uint256 norm = (n0 * n0 + 3 * (P * P - n1 * n1)) % P;
            uint256 conjugate = a0 | ((P - a1) << 64) | (a2 << 128) | ((P - a3) << 192);
            return scale(mul(conjugate, n0 | ((P - n1) << 128)), baseInverse(norm));
        }
    }

    /// @notice 1 / a in the base field; zero for zero.
    /// @dev The modexp precompile (EIP-198): a^(p-2).
    function baseInverse(uint256 a) internal view returns (uint256 r) {
        bool isDone;
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, 32)
            mstore(add(free, 32), 32)
            mstore(add(free, 64), 32)
            mstore(add(free, 96), a)
            mstore(add(free, 128), 0x7effffff)
            mstore(add(free, 160), 0x7f000001)
            isDone := staticcall(gas(), 5, free, 192, 0, 32)
            r := mload(0)
        }
        // Only a call without gas can fail here.
        require(isDone);
    }

    /// @notice The element whose four big-endian u32 coefficients are the first 16 bytes of `word`.
    function unpack(uint256 word) internal pure returns (uint256) {
        return (word >> 224) | (((word >> 192) & 0xffffffff) << 64) | (((word >> 160) & 0xffffffff) << 128) | (((word >> 128) & 0xffffffff) << 192);
    }

    /// @notice The 16 bytes of a canonical element at the top of a word.
    function pack(uint256 a) internal pure returns (uint256) {
        return (a << 224) | ((a << 128) & (0xffffffff << 192)) | ((a << 32) & (0xffffffff << 160)) | ((a >> 64) & (0xffffffff << 128));
    }

    /// @notice The element sampled from a transcript block: its four big-endian u64 mod p.
    function fromBlock(uint256 word) internal pure returns (uint256) {
        uint256 m = type(uint64).max;
        return reduce((word >> 192) | (((word >> 128) & m) << 64) | (((word >> 64) & m) << 128) | ((word & m) << 192));
    }
}
