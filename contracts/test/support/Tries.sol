// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {RLP} from "@openzeppelin/contracts/utils/RLP.sol";

// State tries of several accounts with storage of several slots, built whole, with a proof for any key: enough for fuzzed exits. Encoded by
// OpenZeppelin's RLP. Owns no expectation. Tries of real size are the TypeScript tests'.

struct Entry {
    bytes32 hashedKey;
    bytes value;
}

library Tries {
    /// @dev A slot of a storage trie.
    function slot(bytes32 position, uint256 value) internal pure returns (Entry memory) {
        return Entry(keccak256(abi.encode(position)), RLP.encode(value));
    }

    /// @dev An account of the state trie.
    function account(address who, uint256 balance, bytes32 storageRoot, bytes32 codeHash) internal pure returns (Entry memory) {
        bytes[] memory fields = new bytes[](4);
        fields[0] = RLP.encode(uint256(1));
        fields[1] = RLP.encode(balance);
        fields[2] = RLP.encode(abi.encodePacked(storageRoot));
        fields[3] = RLP.encode(abi.encodePacked(codeHash));
        return Entry(keccak256(abi.encodePacked(who)), RLP.encode(fields));
    }

    function root(Entry[] memory entries) internal pure returns (bytes32) {
        _sort(entries);
        return keccak256(_node(entries, 0, entries.length, 0));
    }

    /// @dev The nodes from the root to the key's value; inlined nodes are no elements.
    function prove(Entry[] memory entries, bytes32 hashedKey) internal pure returns (bytes[] memory proof) {
        _sort(entries);
        proof = new bytes[](64);
        (uint256 low, uint256 high, uint256 depth, uint256 count) = (0, entries.length, 0, 0);
        while (true) {
            bytes memory node = _node(entries, low, high, depth);
            if (count == 0 || node.length >= 32) proof[count++] = node;
            if (high - low == 1) break;
            uint256 common = _common(entries[low].hashedKey, entries[high - 1].hashedKey, depth);
            if (common != 0) {
                depth += common;
                continue;
            }
            (low, high) = _range(entries, low, high, depth, _nibble(hashedKey, depth));
            ++depth;
        }
        assembly ("memory-safe") {
            mstore(proof, count)
        }
    }

    /// @dev Encoding of the node over entries [low, high), whose keys agree in their first `depth` nibbles.
    function _node(Entry[] memory entries, uint256 low, uint256 high, uint256 depth) private pure returns (bytes memory) {
        bytes[] memory items = new bytes[](2);
        if (high - low == 1) {
            items[0] = RLP.encode(_path(entries[low].hashedKey, depth, 64, true));
            items[1] = RLP.encode(entries[low].value);
            return RLP.encode(items);
        }
        uint256 common = _common(entries[low].hashedKey, entries[high - 1].hashedKey, depth);
        if (common != 0) {
            items[0] = RLP.encode(_path(entries[low].hashedKey, depth, depth + common, false));
            items[1] = _reference(_node(entries, low, high, depth + common));
            return RLP.encode(items);
        }
        items = new bytes[](17);
        for (uint256 i = 0; i < 16; ++i) {
            (uint256 from, uint256 to) = _range(entries, low, high, depth, i);
            items[i] = from == to ? RLP.encode(bytes("")) : _reference(_node(entries, from, to, depth + 1));
        }
        items[16] = RLP.encode(bytes(""));
        return RLP.encode(items);
    }

    function _reference(bytes memory node) private pure returns (bytes memory) {
        return node.length < 32 ? node : RLP.encode(abi.encodePacked(keccak256(node)));
    }

    function _range(Entry[] memory entries, uint256 low, uint256 high, uint256 depth, uint256 nibble)
        private
        pure
        returns (uint256 from, uint256 to)
    {
        from = low;
        while (from < high && _nibble(entries[from].hashedKey, depth) < nibble) ++from;
        to = from;
        while (to < high && _nibble(entries[to].hashedKey, depth) == nibble) ++to;
    }

    function _common(bytes32 first, bytes32 last, uint256 depth) private pure returns (uint256 count) {
        while (depth + count < 64 && _nibble(first, depth + count) == _nibble(last, depth + count)) ++count;
    }

    function _nibble(bytes32 key, uint256 position) private pure returns (uint256) {
        return (uint256(key) >> (252 - 4 * position)) & 15;
    }

    /// @dev Hex prefix of nibbles [from, to).
    function _path(bytes32 key, uint256 from, uint256 to, bool isLeaf) private pure returns (bytes memory path) {
        uint256 length = to - from;
        path = new bytes(1 + length / 2);
        uint256 flag = isLeaf ? 2 : 0;
        uint256 next = from;
        if (length % 2 == 1) {
            path[0] = bytes1(uint8(((flag + 1) << 4) | _nibble(key, next)));
            ++next;
        } else {
            path[0] = bytes1(uint8(flag << 4));
        }
        for (uint256 i = 1; i < path.length; ++i) {
            path[i] = bytes1(uint8((_nibble(key, next) << 4) | _nibble(key, next + 1)));
            next += 2;
        }
    }

    function _sort(Entry[] memory entries) private pure {
        for (uint256 i = 1; i < entries.length; ++i) {
            for (uint256 j = i; j > 0 && entries[j].hashedKey < entries[j - 1].hashedKey; --j) {
                (entries[j], entries[j - 1]) = (entries[j - 1], entries[j]);
            }
        }
    }
}
