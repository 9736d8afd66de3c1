// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {TrieProof} from "@openzeppelin/contracts/utils/cryptography/TrieProof.sol";
import {MerklePatricia} from "../../src/libraries/MerklePatricia.sol";

// The walk of this project and OpenZeppelin's, callable side by side.

contract TrieReaders {
    function ours(bytes32 root, bytes32 key, bytes[] calldata proof) external pure returns (bytes memory) {
        return MerklePatricia.valueAt(root, key, proof);
    }

    function openZeppelins(bytes32 root, bytes32 key, bytes[] memory proof) external pure returns (bytes memory) {
        return TrieProof.traverse(root, abi.encodePacked(key), proof);
    }

    function word(bytes32 root, bytes32 slot, bytes[] calldata proof) external pure returns (uint256) {
        return MerklePatricia.word(root, slot, proof);
    }

    function account(bytes32 root, address who, bytes[] calldata proof) external pure returns (MerklePatricia.Account memory) {
        return MerklePatricia.account(root, who, proof);
    }
}
