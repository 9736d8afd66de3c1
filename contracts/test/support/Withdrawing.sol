// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Asset, Withdrawal} from "../../src/interfaces/IVault.sol";
import {System} from "./System.sol";
import {TinyTrie} from "./TinyTrie.sol";

// The real contracts with a depositor, and the whole way of a withdrawal: written, final on L2, proven, claimed. Owns those steps and no
// expectation.

abstract contract Withdrawing is System {
    address internal constant ALICE = address(0xa11ce);

    uint256 private _nonce;

    function depositEth(uint256 amount) internal {
        uint256 cost = inbox.price(30_000);
        vm.prank(ALICE, ALICE);
        inbox.sendCall{value: amount + cost}(ALICE, amount, amount, 30_000, 0, "");
    }

    function withdrawalOf(Asset memory asset, uint256 amount, address recipient) internal returns (Withdrawal memory) {
        return Withdrawal(_nonce++, asset.kind, asset.token, asset.id, amount, ALICE, recipient);
    }

    /// @dev Makes the withdrawal part of a final batch's state and proves it there.
    function prove(Withdrawal memory withdrawal)
        internal
        returns (uint64 index, bytes[] memory accountProof, bytes[] memory storageProof)
    {
        bytes32 root;
        (root, accountProof, storageProof) = TinyTrie.withdrawalState(keccak256(abi.encode(withdrawal)));
        index = finalizeRoot(root, rollup.settledIndex());
        skip(1);
    }

    /// @dev Makes the withdrawal final on L2 and claims it.
    function settle(Withdrawal memory withdrawal) internal {
        (uint64 index, bytes[] memory accountProof, bytes[] memory storageProof) = prove(withdrawal);
        vault.withdraw(index, withdrawal, accountProof, storageProof);
    }
}
