// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title F_p[X]/(X^4 - 3) over KoalaBear, one element to a word.
/// @notice Owns: arithmetic of packed elements and their two encodings (calldata, transcript). Does not own: the instruction
/// loop of constraints (ConstraintMachine.sol), any protocol step.
/// @dev Four lanes of 64 bits, X^0 lowest (PROTOCOL.md section 1). `add` and `sub` are lazy: they leave lanes unreduced and
/// ask for lanes below 2^50; products and `reduce` give canonical lanes.
/// Invariant: no lane reaches 2^63 where a caller chains at most a few lazy steps between products.
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

    /// @notice a * b with canonical lanes.
    function mul(uint256 a, uint256 b) internal pure returns (uint256 r) {
        assembly ("memory-safe") {
            let m := 0xffffffffffffffff
            let p := 0x7f000001
            let a0 := and(a, m)
            let a1 := and(shr(64, a), m)
            let a2 := and(shr(128, a), m)
            let a3 := shr(192, a)
            let b0 := and(b, m)
            let b1 := and(shr(64, b), m)
            let b2 := and(shr(128, b), m)
            let b3 := shr(192, b)
            r := or(
                or(
                    mod(add(mul(a0, b0), mul(3, add(mul(a1, b3), add(mul(a2, b2), mul(a3, b1))))), p),
                    shl(64, mod(add(add(mul(a0, b1), mul(a1, b0)), mul(3, add(mul(a2, b3), mul(a3, b2)))), p))
                ),
                or(
                    shl(128, mod(add(add(mul(a0, b2), mul(a1, b1)), add(mul(a2, b0), mul(3, mul(a3, b3)))), p)),
                    shl(192, mod(add(add(mul(a0, b3), mul(a1, b2)), add(mul(a2, b1), mul(a3, b0))), p))
                )
            )
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
