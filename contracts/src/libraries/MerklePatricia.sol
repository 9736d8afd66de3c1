// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

// Inclusion in Ethereum's state and storage tries, whose keys are 32-byte hashes. Owns the walk from a root to a value and the reading
// of accounts and storage words; owns no root and no cache. Written for price: a node is hashed and indexed where it lies, without decoding
// it into items, about a quarter of what OpenZeppelin's TrieProof costs, with which it is compared in tests.
// As strict as that library or stricter, because of every value there must be one proof: lengths are the shortest, nothing trails, every
// element of the proof is used, a hex prefix has no spare bits, an extension leads to a branch, a branch holds no value (keys have one
// length), values are not empty and words not zero. An inlined node may be left out of the proof or follow as an element (clients differ).
// Absence is never proven.

/// @title Merkle-Patricia proofs of inclusion.
library MerklePatricia {
    /// @notice Which check a proof failed.
    enum Fault {
        ElementMissing, HashMismatch, NodeTooShort, LengthInvalid, NotAList, ItemCount, ChildInvalid, ChildEmpty, BranchValue, PathInvalid,
        PathMismatch, ElementsLeft, ValueEmpty, ValueInvalid
    }

    /// @param element position of the element of the proof
    error ProofInvalid(Fault fault, uint256 element);

    struct Account {
        uint256 nonce;
        uint256 balance;
        bytes32 storageRoot;
        bytes32 codeHash;
    }

    /// @dev The node being read, `[node, nodeEnd)` in memory, how many nibbles of the key led to it, and the element it came in.
    struct Walk {
        uint256 node;
        uint256 nodeEnd;
        uint256 depth;
        uint256 element;
        bool isAfterExtension;
    }

    uint256 private constant KEY_NIBBLES = 64;
    uint256 private constant BRANCH_CHILDREN = 16;
    uint256 private constant EMPTY = 0x80;
    uint256 private constant HASH = 0xa0;
    uint256 private constant LIST = 0xc0;

    /// @notice The account of `who` under a state root.
    function account(bytes32 stateRoot, address who, bytes[] calldata proof) internal pure returns (Account memory found) {
        uint256 free = _freeMemory();
        (uint256 start, uint256 end) = _find(stateRoot, keccak256(abi.encodePacked(who)), proof);
        uint256 cursor;
        uint256 listEnd;
        uint256 last = proof.length - 1;
        (cursor, listEnd) = _openList(start, end, last);
        (found.nonce, cursor) = _readUint(cursor, listEnd, last);
        (found.balance, cursor) = _readUint(cursor, listEnd, last);
        (found.storageRoot, cursor) = _readHash(cursor, listEnd, last);
        (found.codeHash, cursor) = _readHash(cursor, listEnd, last);
        if (cursor != listEnd) revert ProofInvalid(Fault.ValueInvalid, last);
        _freeTo(free);
    }

    /// @notice The word at `slot` under a storage root; never zero.
    function word(bytes32 storageRoot, bytes32 slot, bytes[] calldata proof) internal pure returns (uint256 number) {
        uint256 free = _freeMemory();
        (uint256 start, uint256 end) = _find(storageRoot, keccak256(abi.encodePacked(slot)), proof);
        uint256 next;
        (number, next) = _readUint(start, end, proof.length - 1);
        if (next != end || number == 0) revert ProofInvalid(Fault.ValueInvalid, proof.length - 1);
        _freeTo(free);
    }

    /// @notice The bytes under a key, which is a hash already.
    function valueAt(bytes32 root, bytes32 key, bytes[] calldata proof) internal pure returns (bytes memory found) {
        (uint256 start, uint256 end) = _find(root, key, proof);
        found = new bytes(end - start);
        assembly ("memory-safe") {
            mcopy(add(found, 0x20), start, sub(end, start))
        }
    }

    /// @dev The bytes `[start, end)` in memory of the value under `key`.
    function _find(bytes32 root, bytes32 key, bytes[] calldata proof) private pure returns (uint256 start, uint256 end) {
        Walk memory walk;
        _load(walk, proof, 0, root);
        while (true) {
            (uint256 first, uint256 listEnd) = _openList(walk.node, walk.nodeEnd, walk.element);
            uint256 second = _skip(first, listEnd, walk.element);
            uint256 third = _skip(second, listEnd, walk.element);
            if (third != listEnd) {
                _enterBranch(walk, key, proof, first, listEnd);
                continue;
            }
            bool isLeaf = _matchPath(walk, key, first, second);
            if (!isLeaf) {
                walk.isAfterExtension = true;
                _enterChild(walk, proof, second, listEnd);
                continue;
            }
            if (walk.element + 1 != proof.length) revert ProofInvalid(Fault.ElementsLeft, walk.element + 1);
            (start, end) = _readString(second, listEnd, walk.element);
            if (start == end) revert ProofInvalid(Fault.ValueEmpty, walk.element);
            return (start, end);
        }
    }

    /// @dev Reads all 17 items of a branch, and goes on to the key's child.
    function _enterBranch(Walk memory walk, bytes32 key, bytes[] calldata proof, uint256 cursor, uint256 listEnd) private pure {
        if (walk.depth == KEY_NIBBLES) revert ProofInvalid(Fault.PathMismatch, walk.element);
        uint256 nibble = (uint256(key) >> (252 - 4 * walk.depth)) & 15;
        uint256 child;
        uint256 childEnd;
        for (uint256 i = 0; i < BRANCH_CHILDREN; ++i) {
            if (cursor >= listEnd) revert ProofInvalid(Fault.ItemCount, walk.element);
            uint256 head = _byteAt(cursor);
            uint256 next;
            unchecked {
                if (head == HASH) next = cursor + 33;
                else if (head == EMPTY) next = cursor + 1;
                else next = _skipInline(cursor, listEnd, walk.element);
            }
            if (i == nibble) (child, childEnd) = (cursor, next);
            cursor = next;
        }
        if (cursor >= listEnd) revert ProofInvalid(Fault.ItemCount, walk.element);
        if (_byteAt(cursor) != EMPTY) revert ProofInvalid(Fault.BranchValue, walk.element);
        if (cursor + 1 != listEnd) revert ProofInvalid(Fault.ItemCount, walk.element);
        walk.depth += 1;
        walk.isAfterExtension = false;
        _enterChild(walk, proof, child, childEnd);
    }

    /// @dev Moves to the node that `[child, childEnd)` refers to: by hash the next element, else the bytes themselves.
    function _enterChild(Walk memory walk, bytes[] calldata proof, uint256 child, uint256 childEnd) private pure {
        uint256 head = _byteAt(child);
        if (head == HASH) {
            bytes32 hash;
            assembly ("memory-safe") {
                hash := mload(add(child, 1))
            }
            return _load(walk, proof, walk.element + 1, hash);
        }
        if (head == EMPTY) revert ProofInvalid(Fault.ChildEmpty, walk.element);
        if (head < LIST || childEnd - child > 31) revert ProofInvalid(Fault.ChildInvalid, walk.element);
        walk.node = child;
        walk.nodeEnd = childEnd;
        if (walk.element + 1 < proof.length && _isSame(proof[walk.element + 1], child, childEnd)) walk.element += 1;
    }

    /// @dev Copies an element of the proof into memory. Only the root may be shorter than a hash.
    function _load(Walk memory walk, bytes[] calldata proof, uint256 element, bytes32 expected) private pure {
        if (element >= proof.length) revert ProofInvalid(Fault.ElementMissing, element);
        bytes calldata node = proof[element];
        if (element != 0 && node.length < 32) revert ProofInvalid(Fault.NodeTooShort, element);
        uint256 start;
        bytes32 actual;
        assembly ("memory-safe") {
            start := mload(0x40)
            calldatacopy(start, node.offset, node.length)
            actual := keccak256(start, node.length)
            // Taken until the value is read.
            mstore(0x40, add(start, and(add(node.length, 63), not(31))))
        }
        if (actual != expected) revert ProofInvalid(Fault.HashMismatch, element);
        walk.node = start;
        walk.nodeEnd = start + node.length;
        walk.element = element;
    }

    /// @dev Checks that the path of a leaf or extension is the key's, and counts it as gone.
    function _matchPath(Walk memory walk, bytes32 key, uint256 first, uint256 second) private pure returns (bool isLeaf) {
        if (walk.isAfterExtension) revert ProofInvalid(Fault.PathInvalid, walk.element);
        (uint256 start, uint256 end) = _readString(first, second, walk.element);
        if (start == end) revert ProofInvalid(Fault.PathInvalid, walk.element);
        uint256 prefix = _byteAt(start);
        bool isOdd = prefix & 0x10 != 0;
        isLeaf = prefix & 0x20 != 0;
        if (prefix > 0x3f || (!isOdd && prefix & 0x0f != 0)) revert ProofInvalid(Fault.PathInvalid, walk.element);
        uint256 nibbles = 2 * (end - start - 1) + (isOdd ? 1 : 0);
        uint256 left = KEY_NIBBLES - walk.depth;
        bool isLengthValid = isLeaf ? nibbles == left : nibbles != 0 && nibbles < left;
        if (!isLengthValid) revert ProofInvalid(Fault.PathMismatch, walk.element);
        uint256 path;
        assembly ("memory-safe") {
            path := mload(add(start, 1))
        }
        if (isOdd) path = (prefix << 252) | (path >> 4);
        if ((path ^ (uint256(key) << (4 * walk.depth))) >> (256 - 4 * nibbles) != 0) {
            revert ProofInvalid(Fault.PathMismatch, walk.element);
        }
        walk.depth += nibbles;
    }

    /// @dev The payload of a list that ends exactly at `end`.
    function _openList(uint256 start, uint256 end, uint256 element) private pure returns (uint256 content, uint256 contentEnd) {
        if (start >= end || _byteAt(start) < LIST) revert ProofInvalid(Fault.NotAList, element);
        (content, contentEnd) = _item(start, end, element);
        if (contentEnd != end) revert ProofInvalid(Fault.LengthInvalid, element);
    }

    function _readString(uint256 cursor, uint256 end, uint256 element) private pure returns (uint256 start, uint256 stop) {
        if (cursor >= end) revert ProofInvalid(Fault.ItemCount, element);
        if (_byteAt(cursor) >= LIST) revert ProofInvalid(Fault.ValueInvalid, element);
        return _item(cursor, end, element);
    }

    function _readUint(uint256 cursor, uint256 end, uint256 element) private pure returns (uint256 value, uint256 next) {
        uint256 start;
        (start, next) = _readString(cursor, end, element);
        uint256 length = next - start;
        if (length == 0) return (0, next);
        if (length > 32 || _byteAt(start) == 0) revert ProofInvalid(Fault.ValueInvalid, element);
        assembly ("memory-safe") {
            value := shr(sub(256, mul(8, length)), mload(start))
        }
    }

    function _readHash(uint256 cursor, uint256 end, uint256 element) private pure returns (bytes32 value, uint256 next) {
        uint256 start;
        (start, next) = _readString(cursor, end, element);
        if (next - start != 32) revert ProofInvalid(Fault.ValueInvalid, element);
        assembly ("memory-safe") {
            value := mload(start)
        }
    }

    /// @dev Where the item at `cursor` ends.
    function _skip(uint256 cursor, uint256 end, uint256 element) private pure returns (uint256 next) {
        if (cursor >= end) revert ProofInvalid(Fault.ItemCount, element);
        uint256 head = _byteAt(cursor);
        if (head == HASH) next = cursor + 33;
        else if (head == EMPTY) next = cursor + 1;
        else (, next) = _item(cursor, end, element);
        if (next > end) revert ProofInvalid(Fault.LengthInvalid, element);
    }

    /// @dev Where the node inlined in a branch at `cursor` ends.
    function _skipInline(uint256 cursor, uint256 end, uint256 element) private pure returns (uint256 next) {
        if (_byteAt(cursor) < LIST) revert ProofInvalid(Fault.ChildInvalid, element);
        (, next) = _item(cursor, end, element);
        if (next - cursor > 31) revert ProofInvalid(Fault.ChildInvalid, element);
    }

    /// @dev Content of the RLP item at `cursor < end`, in the shortest encoding or not at all.
    function _item(uint256 cursor, uint256 end, uint256 element) private pure returns (uint256 content, uint256 contentEnd) {
        uint256 head = _byteAt(cursor);
        if (head < EMPTY) return (cursor, cursor + 1);
        uint256 short = head < LIST ? head - EMPTY : head - LIST;
        content = cursor + 1;
        if (short < 56) {
            contentEnd = content + short;
        } else {
            uint256 bytesOfLength = short - 55;
            content += bytesOfLength;
            // No calldata is longer than four bytes can say.
            if (bytesOfLength > 4 || content > end) revert ProofInvalid(Fault.LengthInvalid, element);
            uint256 length;
            assembly ("memory-safe") {
                length := shr(sub(256, mul(8, bytesOfLength)), mload(add(cursor, 1)))
            }
            if (length < 56 || length >> (8 * (bytesOfLength - 1)) == 0) revert ProofInvalid(Fault.LengthInvalid, element);
            contentEnd = content + length;
        }
        if (contentEnd > end) revert ProofInvalid(Fault.LengthInvalid, element);
        if (head == EMPTY + 1 && _byteAt(content) < EMPTY) revert ProofInvalid(Fault.LengthInvalid, element);
    }

    function _isSame(bytes calldata element, uint256 start, uint256 end) private pure returns (bool isSame) {
        if (element.length != end - start) return false;
        assembly ("memory-safe") {
            // At most 31 bytes: one word, cut to its length.
            let cut := sub(256, mul(8, element.length))
            isSame := eq(shr(cut, calldataload(element.offset)), shr(cut, mload(start)))
        }
    }

    function _byteAt(uint256 cursor) private pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := byte(0, mload(cursor))
        }
    }

    function _freeMemory() private pure returns (uint256 pointer) {
        assembly ("memory-safe") {
            pointer := mload(0x40)
        }
    }

    function _freeTo(uint256 pointer) private pure {
        assembly ("memory-safe") {
            mstore(0x40, pointer)
        }
    }
}
