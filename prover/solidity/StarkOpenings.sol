// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {StarkTranscript} from "./StarkTranscript.sol";

/// @title Merkle openings of a group of ascending leaves that share the nodes of their paths (PROTOCOL.md section 6).
/// @notice Owns: which level a leaf climbs to, the climb, where a node waits for the next leaf. Does not own: leaves' digests.
/// @dev Trees are keccak-256 cut to 28 bytes: a digest is the top of a word. Per tree, word `level` of its waiting memory
/// holds the left child that waits at that level, the last word the digest of a leaf that is opened again; bit `level` of the
/// mask says that somebody waits. Invariant: after the last leaf every shown and every waiting node is under the root compared.
library StarkOpenings {
    /// @dev Words of waiting memory of a tree; no tree is deeper than 24.
    uint256 internal constant WAITING_WORDS = 32;
    /// @dev Stands for the position before the first or after the last of a group.
    uint256 internal constant NONE = type(uint256).max;

    /// @dev How one leaf of one shape of trees climbs.
    struct Path {
        uint256 leaf;
        /// Level below which it climbs.
        uint256 end;
        /// Levels at which an earlier leaf waits.
        uint256 mask;
        /// The leaf is the one before it, or the one after it.
        bool isRepeated;
        bool isRepeatedNext;
        bool isLast;
    }

    /// @notice The path of `position >> shift` between its neighbours, in trees of that depth.
    function path(uint256 previous, uint256 position, uint256 next, uint256 shift, uint256 depth, uint256 mask) internal pure returns (Path memory p) {
        p.leaf = position >> shift;
        p.mask = mask;
        p.isRepeated = previous >> shift == p.leaf;
        p.isRepeatedNext = next >> shift == p.leaf;
        p.isLast = next == NONE;
        p.end = p.isLast ? depth : meetingLevel(p.leaf, next >> shift);
    }

    /// @notice The mask once this leaf has climbed.
    function maskAfter(Path memory p) internal pure returns (uint256) {
        return p.isRepeatedNext ? p.mask : ((p.mask >> p.end) | 1) << p.end;
    }

    /// @notice Siblings that a group of ascending positions shows in one tree of that depth.
    function shownCount(uint256[] memory positions, uint256 first, uint256 end, uint256 shift, uint256 depth) internal pure returns (uint256 count) {
        count = depth;
        for (uint256 i = first + 1; i < end; ++i) {
            uint256 left = positions[i - 1] >> shift;
            uint256 right = positions[i] >> shift;
            // A leaf climbs to where it meets the next, which is spared one sibling.
            if (left != right) count = count + meetingLevel(left, right) - 1;
        }
    }

    /// @notice Climbs from a leaf's digest, taking siblings from calldata at `cursor` and from those that wait. Returns whether
    /// it stands (a repeated leaf is the same, the last leaf leads to the root) and the position after the siblings.
    function climb(Path memory p, bytes32 node, uint256 waiting, uint256 cursor, bytes32 root) internal pure returns (bool, uint256) {
        if (p.isRepeated) {
            bytes32 before;
            assembly ("memory-safe") {
                before := mload(add(waiting, 992))
            }
            if (before != node) return (false, cursor);
        }
        if (p.isRepeatedNext) {
            assembly ("memory-safe") {
                mstore(add(waiting, 992), node)
            }
            return (true, cursor);
        }
        (node, cursor) = climbLevels(node, p.leaf, p.end, p.mask, waiting, cursor);
        if (p.isLast) return (node == root, cursor);
        uint256 target = waiting + 32 * p.end;
        assembly ("memory-safe") {
            mstore(target, node)
        }
        return (true, cursor);
    }

    /// @dev Who waits is a left child, so the node that meets it is a right one.
    function climbLevels(bytes32 node, uint256 leaf, uint256 end, uint256 mask, uint256 waiting, uint256 cursor) private pure returns (bytes32, uint256) {
        assembly ("memory-safe") {
            let keep := 0xffffffffffffffffffffffffffffffffffffffffffffffffffffffff00000000
            mask := and(mask, sub(shl(end, 1), 1))
            for { let level := 0 } 1 {} {
                // Up to the next level at which somebody waits, every sibling is shown.
                let until := end
                if mask { until := sub(255, clz(and(mask, sub(0, mask)))) }
                for { let last := add(cursor, mul(28, sub(until, level))) } lt(cursor, last) { cursor := add(cursor, 28) } {
                    let side := shl(5, and(leaf, 1))
                    mstore(side, node)
                    mstore(xor(side, 32), and(calldataload(cursor), keep))
                    node := and(keccak256(0, 64), keep)
                    leaf := shr(1, leaf)
                }
                if iszero(mask) { break }
                mstore(0, mload(add(waiting, shl(5, until))))
                mstore(32, node)
                node := and(keccak256(0, 64), keep)
                leaf := shr(1, leaf)
                level := add(until, 1)
                mask := and(mask, sub(mask, 1))
            }
        }
        return (node, cursor);
    }

    /// @dev Level at which two different leaves become siblings; 0 for equal ones.
    function meetingLevel(uint256 left, uint256 right) private pure returns (uint256 level) {
        if (left == right) return 0;
        assembly ("memory-safe") {
            level := sub(255, clz(xor(left, right)))
        }
    }

    /// @notice The digest of `size` bytes of calldata, which are copied to memory `target`.
    function digestOfCalldata(uint256 position, uint256 size, uint256 target) internal pure returns (bytes32 node) {
        assembly ("memory-safe") {
            calldatacopy(target, position, size)
            node := and(keccak256(target, size), 0xffffffffffffffffffffffffffffffffffffffffffffffffffffffff00000000)
        }
    }
}
