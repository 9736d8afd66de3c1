// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

// Owns the walk through tries, compared with OpenZeppelin's TrieProof over random tries and mutations of them that keep every hash intact, so
// that what is refused is refused for its form. The comparison with clients is in the TypeScript tests.

import {RLP} from "@openzeppelin/contracts/utils/RLP.sol";
import {TrieProof} from "@openzeppelin/contracts/utils/cryptography/TrieProof.sol";
import {MerklePatricia} from "../src/libraries/MerklePatricia.sol";
import {TestBase} from "./support/TestBase.sol";
import {TrieReaders} from "./support/TrieReaders.sol";
import {Entry, Tries} from "./support/Tries.sol";

contract MerklePatriciaTest is TestBase {
    TrieReaders private readers = new TrieReaders();

    function entriesOf(uint256 seed, uint256 count) private pure returns (Entry[] memory entries) {
        entries = new Entry[](count);
        for (uint256 i = 0; i < count; ++i) {
            uint256 value = uint256(keccak256(abi.encode(seed, i))) >> (8 * (seed % 32));
            entries[i] = Tries.slot(bytes32(i), value == 0 ? 1 : value);
        }
        // Keys that share a long prefix are inlined, or lie under extensions: mined by nobody in a test, so written down.
        if (seed % 3 == 0 && count > 1) {
            uint256 shared = 4 * (1 + seed % 62);
            uint256 key = uint256(entries[0].hashedKey);
            entries[1].hashedKey = bytes32(key ^ (1 << (255 - shared)));
        }
    }

    function ours(bytes32 root, bytes32 key, bytes[] memory proof) private view returns (bool ok, bytes memory value) {
        bytes memory result;
        (ok, result) = address(readers).staticcall(abi.encodeCall(TrieReaders.ours, (root, key, proof)));
        if (ok) value = abi.decode(result, (bytes));
    }

    function theirs(bytes32 root, bytes32 key, bytes[] memory proof) private view returns (bool ok, bytes memory value) {
        bytes memory result;
        (ok, result) = address(readers).staticcall(abi.encodeCall(TrieReaders.openZeppelins, (root, key, proof)));
        if (ok) value = abi.decode(result, (bytes));
    }

    /// P-200: every key of a random trie is proven, with the value that OpenZeppelin's library finds.
    function testFuzz_Find_ProvesEveryKeyOfATrie(uint256 seed) public view {
        uint256 count = 1 + seed % 12;
        Entry[] memory entries = entriesOf(seed, count);
        bytes32 root = Tries.root(entries);
        for (uint256 i = 0; i < count; ++i) {
            bytes[] memory proof = Tries.prove(entries, entries[i].hashedKey);
            (bool isOurs, bytes memory value) = ours(root, entries[i].hashedKey, proof);
            (bool isTheirs, bytes memory expected) = theirs(root, entries[i].hashedKey, proof);
            assertTrue(isOurs && isTheirs, "proven");
            assertEq(keccak256(value), keccak256(expected), "value");
            assertEq(keccak256(value), keccak256(entries[i].value), "the entry's");
        }
    }

    /// P-200: one byte changed, bytes cut or added in one node, all hashes above it made right again: accepted only if OpenZeppelin's library
    /// accepts the same value.
    function testFuzz_Find_NeverLaxerThanOpenZeppelin(uint256 seed, uint8 element, uint16 position, uint8 flip, uint8 how) public view {
        Entry[] memory entries = entriesOf(seed, 2 + seed % 7);
        bytes32 key = entries[seed % entries.length].hashedKey;
        bytes[] memory proof = Tries.prove(entries, key);
        uint256 which = element % proof.length;
        bytes memory changed = mutate(proof[which], position, flip, how);
        relink(proof, which, changed);
        bytes32 root = keccak256(proof[0]);
        (bool isOurs, bytes memory value) = ours(root, key, proof);
        if (!isOurs) return;
        (bool isTheirs, bytes memory expected) = theirs(root, key, proof);
        assertTrue(isTheirs, "laxer");
        assertEq(keccak256(value), keccak256(expected), "another value");
    }

    /// P-200: what a hash cannot refuse: spare bits of a prefix, two extensions in a row, a branch with a value, an element too many.
    function test_Find_StricterThanOpenZeppelin() public {
        bytes32 key = bytes32(uint256(0x12) << 248 | 5);
        bytes[] memory proof = new bytes[](1);
        bytes[] memory leaf = new bytes[](2);
        leaf[0] = RLP.encode(abi.encodePacked(bytes1(0x27), key));
        leaf[1] = RLP.encode(bytes("value"));
        proof[0] = RLP.encode(leaf);
        expectStricter(key, proof, MerklePatricia.Fault.PathInvalid);
        leaf[0] = RLP.encode(abi.encodePacked(bytes1(0x20), key));
        proof[0] = RLP.encode(leaf);
        (bool isFine,) = ours(keccak256(proof[0]), key, proof);
        assertTrue(isFine, "the leaf itself");

        // Extension 1, extension 2, leaf.
        proof = new bytes[](3);
        leaf[0] = RLP.encode(abi.encodePacked(bytes1(0x20), bytes31(uint248(uint256(key)))));
        proof[2] = RLP.encode(leaf);
        bytes[] memory extension = new bytes[](2);
        extension[0] = RLP.encode(abi.encodePacked(bytes1(0x12)));
        extension[1] = RLP.encode(abi.encodePacked(keccak256(proof[2])));
        proof[1] = RLP.encode(extension);
        extension[0] = RLP.encode(abi.encodePacked(bytes1(0x11)));
        extension[1] = RLP.encode(abi.encodePacked(keccak256(proof[1])));
        proof[0] = RLP.encode(extension);
        expectStricter(key, proof, MerklePatricia.Fault.PathInvalid);

        // A branch with a value of its own.
        leaf[0] = RLP.encode(abi.encodePacked(bytes1(uint8(0x30 | 2)), bytes31(uint248(uint256(key)))));
        proof = new bytes[](2);
        proof[1] = RLP.encode(leaf);
        bytes[] memory branch = new bytes[](17);
        for (uint256 i = 0; i < 17; ++i) {
            branch[i] = RLP.encode(bytes(""));
        }
        branch[1] = RLP.encode(abi.encodePacked(keccak256(proof[1])));
        proof[0] = RLP.encode(branch);
        (isFine,) = ours(keccak256(proof[0]), key, proof);
        assertTrue(isFine, "the branch itself");
        branch[16] = RLP.encode(bytes("own"));
        proof[0] = RLP.encode(branch);
        expectStricter(key, proof, MerklePatricia.Fault.BranchValue);
    }

    /// P-200: an account is four fields, a word is canonical and not zero.
    function test_Values_OnlyCanonical() public {
        bytes32 slot = bytes32(uint256(1));
        expectValue(slot, hex"80");
        expectValue(slot, hex"00");
        expectValue(slot, hex"820001");
        expectValue(slot, hex"8101");
        expectValue(slot, hex"c0");
        expectValue(slot, abi.encodePacked(hex"a1", new bytes(33)));
        expectValue(slot, hex"0101");
        bytes[] memory proof = proofOf(slot, abi.encodePacked(hex"a0", bytes32(type(uint256).max)));
        assertEq(readers.word(keccak256(proof[0]), slot, proof), type(uint256).max, "the largest");
        bytes[] memory fields = new bytes[](5);
        for (uint256 i = 0; i < 5; ++i) {
            fields[i] = RLP.encode(abi.encodePacked(bytes32(i + 1)));
        }
        expectAccount(RLP.encode(fields));
        fields = new bytes[](4);
        for (uint256 i = 0; i < 4; ++i) {
            fields[i] = RLP.encode(uint256(i + 1));
        }
        expectAccount(RLP.encode(fields));
    }

    function expectStricter(bytes32 key, bytes[] memory proof, MerklePatricia.Fault fault) private {
        bytes32 root = keccak256(proof[0]);
        (bool isTheirs,) = theirs(root, key, proof);
        assertTrue(isTheirs, "OpenZeppelin accepts");
        vm.expectRevert(abi.encodeWithSelector(MerklePatricia.ProofInvalid.selector, fault, fault == MerklePatricia.Fault.PathInvalid ? proof.length > 1 ? 1 : 0 : 0));
        readers.ours(root, key, proof);
    }

    function proofOf(bytes32 slot, bytes memory value) private pure returns (bytes[] memory proof) {
        Entry[] memory entries = new Entry[](1);
        entries[0] = Entry(keccak256(abi.encode(slot)), value);
        proof = Tries.prove(entries, entries[0].hashedKey);
    }

    function expectValue(bytes32 slot, bytes memory value) private {
        bytes[] memory proof = proofOf(slot, value);
        vm.expectRevert();
        readers.word(keccak256(proof[0]), slot, proof);
    }

    function expectAccount(bytes memory value) private {
        Entry[] memory entries = new Entry[](1);
        entries[0] = Entry(keccak256(abi.encodePacked(address(1))), value);
        bytes[] memory proof = Tries.prove(entries, entries[0].hashedKey);
        bytes32 root = keccak256(proof[0]);
        vm.expectRevert();
        readers.account(root, address(1), proof);
    }

    function mutate(bytes memory node, uint256 position, uint8 flip, uint256 how) private pure returns (bytes memory) {
        bytes memory copy = bytes.concat(node);
        position %= node.length;
        how %= 4;
        if (how == 1) return bytes.concat(node, bytes1(flip));
        if (how == 2) {
            assembly ("memory-safe") {
                mstore(copy, position)
            }
            return copy;
        }
        // Mostly the bytes that say what follows, which random positions rarely hit.
        if (how == 3) position = position % 4;
        copy[position] = bytes1(uint8(copy[position]) ^ flip);
        return copy;
    }

    /// @dev Puts `changed` in place of an element, and its hash into those above it.
    function relink(bytes[] memory proof, uint256 which, bytes memory changed) private pure {
        while (true) {
            bytes32 old = keccak256(proof[which]);
            proof[which] = changed;
            if (which == 0) return;
            bytes32 next = keccak256(changed);
            changed = bytes.concat(proof[--which]);
            for (uint256 i = 0; i + 32 <= changed.length; ++i) {
                bytes32 word;
                assembly ("memory-safe") {
                    word := mload(add(add(changed, 0x20), i))
                }
                if (word != old) continue;
                assembly ("memory-safe") {
                    mstore(add(add(changed, 0x20), i), next)
                }
                break;
            }
        }
    }
}
