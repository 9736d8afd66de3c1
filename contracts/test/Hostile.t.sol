// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

// Owns attacks on the escrow and on finality that cross contracts: each test is an attempt at theft, double payment or lock-out that
// must fail. What one contract promises by itself is in its own test file.

import {Asset, IVault, Withdrawal} from "../src/interfaces/IVault.sol";
import {IRollup, Outputs} from "../src/interfaces/IRollup.sol";
import {Constants} from "../src/libraries/Constants.sol";
import {RLP} from "@openzeppelin/contracts/utils/RLP.sol";
import {Withdrawing} from "./support/Withdrawing.sol";
import {TinyTrie} from "./support/TinyTrie.sol";
import {PlainNft, PlainToken} from "./support/Tokens.sol";
import {ScriptedLane} from "./support/ScriptedLane.sol";
import {Vm} from "./support/Vm.sol";
import {MessageSums, Sums} from "../src/libraries/MessageSums.sol";

/// @dev Takes ETH only with much gas, by using it; and can do nothing else.
contract HungryBox {
    uint256 private sink;

    receive() external payable {
        for (uint256 i = 0; i < 400; ++i) {
            sink = uint256(keccak256(abi.encode(sink, i)));
        }
    }
}

/// @dev P-012 P-022 P-023 P-024 P-025 P-040 P-042 P-043 P-045 P-061, attacked.
contract HostileTest is Withdrawing {
    using MessageSums for Sums;

    address private constant MALLORY = address(0xbad);

    function setUp() public {
        deploySystem(1, false, true);
        vm.deal(ALICE, 1_000 ether);
        vm.deal(MALLORY, 1_000 ether);
    }

    /// P-045: a receiver that uses much gas is paid or the transaction fails; no gas limit makes it a credit.
    function test_Starving_AReceiverThatUsesGasIsNeverTurnedIntoACredit() public {
        depositEth(10 ether);
        HungryBox box = new HungryBox();
        Asset memory eth = Asset(Constants.ASSET_ETH, address(0), 0);
        Withdrawal memory withdrawal = withdrawalOf(eth, 1 ether, address(box));
        (uint64 index, bytes[] memory accountProof, bytes[] memory storageProof) = prove(withdrawal);
        vault.proveStorageRoot(index, accountProof);
        uint256 refused = 0;
        for (uint256 gas = 150_000; gas < 1_000_000; gas += 5_000) {
            vm.prank(MALLORY);
            (bool isDone,) = address(vault).call{gas: gas}(
                abi.encodeCall(IVault.withdraw, (index, withdrawal, accountProof, storageProof))
            );
            if (isDone) break;
            ++refused;
        }
        assertTrue(refused > 10, "small limits were refused");
        assertEq(vault.creditOf(address(box), eth), 0, "no credit");
        assertEq(address(box).balance, 1 ether, "paid");
    }

    /// P-043: whoever grinds a slot that shares 10 nibbles with another's makes both leaves inline; both stay provable, with and without
    /// the inline leaf repeated as an element of the proof.
    function test_Proof_InlineLeafIsProvable() public {
        depositEth(10 ether);
        Asset memory eth = Asset(Constants.ASSET_ETH, address(0), 0);
        for (uint256 repeated = 0; repeated < 2; ++repeated) {
            Withdrawal memory withdrawal = withdrawalOf(eth, 1 ether, address(uint160(0xfeed + repeated)));
            (bytes32 storageRoot, bytes[] memory storageProof) =
                inlineTrie(keccak256(abi.encode(keccak256(abi.encode(keccak256(abi.encode(withdrawal)), uint256(0))))), repeated == 1);
            (bytes32 root, bytes[] memory accountProof) = TinyTrie.stateOf(Constants.MESSAGE_PASSER, storageRoot);
            uint64 index = finalizeRoot(root, rollup.settledIndex());
            vault.withdraw(index, withdrawal, accountProof, storageProof);
            assertEq(withdrawal.recipient.balance, 1 ether, "paid");
            Withdrawal memory other = withdrawalOf(eth, 1 ether, MALLORY);
            vm.expectRevert();
            vault.withdraw(index, other, accountProof, storageProof);
        }
    }

    /// @dev Extension of 10 nibbles, branch, two inline leaves, the first under `hashedKey`.
    function inlineTrie(bytes32 hashedKey, bool isRepeated) private pure returns (bytes32 root, bytes[] memory proof) {
        uint8 nibble = uint8(uint256(hashedKey) >> 212) & 0xf;
        // Odd path of 53 nibbles: the flag 3 and its first nibble share a byte.
        uint256 rest = uint256(hashedKey) & ((1 << 212) - 1);
        bytes memory path = abi.encodePacked(uint216((uint256(3) << 212) | rest));
        bytes[] memory leafItems = new bytes[](2);
        leafItems[0] = RLP.encode(path);
        leafItems[1] = RLP.encode(abi.encodePacked(bytes1(0x01)));
        bytes memory leaf = RLP.encode(leafItems);
        bytes[] memory children = new bytes[](17);
        for (uint256 i = 0; i < 17; ++i) {
            children[i] = hex"80";
        }
        children[nibble] = leaf;
        children[(nibble + 1) % 16] = leaf;
        bytes memory branch = RLP.encode(children);
        bytes[] memory extensionItems = new bytes[](2);
        extensionItems[0] = RLP.encode(abi.encodePacked(bytes1(0x00), bytes5(hashedKey)));
        extensionItems[1] = RLP.encode(abi.encodePacked(keccak256(branch)));
        proof = new bytes[](isRepeated ? 3 : 2);
        proof[0] = RLP.encode(extensionItems);
        proof[1] = branch;
        if (isRepeated) proof[2] = leaf;
        root = keccak256(proof[0]);
    }

    /// P-042 P-043: one withdrawal under two final roots, one final root under two batches, and the same after a failed push, pay once.
    function test_Replay_OneWithdrawalUnderManyRootsIsPaidOnce() public {
        depositEth(10 ether);
        Withdrawal memory withdrawal = withdrawalOf(Asset(Constants.ASSET_ETH, address(0), 0), 1 ether, address(0xfeed));
        (uint64 first, bytes[] memory accountProof, bytes[] memory storageProof) = prove(withdrawal);
        (bytes32 root,,) = TinyTrie.withdrawalState(keccak256(abi.encode(withdrawal)));
        uint64 second = finalizeRoot(root, rollup.settledIndex());
        vault.withdraw(first, withdrawal, accountProof, storageProof);
        bytes memory refusal =
            abi.encodeWithSelector(IVault.AlreadyWithdrawn.selector, keccak256(abi.encode(withdrawal)));
        vm.expectRevert(refusal);
        vault.withdraw(second, withdrawal, accountProof, storageProof);
        vm.expectRevert(refusal);
        vault.withdraw(first, withdrawal, new bytes[](0), storageProof);
        assertEq(address(0xfeed).balance, 1 ether, "once");
    }

    /// P-042: payments to the protocol's own addresses never become free ETH anywhere.
    function test_Recipient_TheProtocolItselfOnlyLocksItsOwn() public {
        depositEth(10 ether);
        Asset memory eth = Asset(Constants.ASSET_ETH, address(0), 0);
        settle(withdrawalOf(eth, 1 ether, address(vault)));
        settle(withdrawalOf(eth, 1 ether, address(inbox)));
        settle(withdrawalOf(eth, 1 ether, address(rollup)));
        assertEq(vault.recordedEscrow(eth), 10 ether, "nothing counts as paid");
        assertEq(vault.heldEscrow(eth), 10 ether, "nothing left");
        assertEq(vault.creditOf(address(vault), eth), 1 ether, "a credit nobody can claim");
    }

    /// P-023 P-025: an answer accepted for a batch that was dropped decides nothing for the next batch of that index, even where the
    /// operator commits it on the same parent and messages with another payload.
    function test_Round_AnswerFromBeforeADropDecidesNothing() public {
        uint64 index = commitOn(GENESIS_HASH, 0);
        Outputs memory outputs = outputsOf("old");
        attesterLane.submit(statementOf(index, outputs, openBinding()), 0, "");
        rollup.answer(index, address(attesterLane), outputs, openBinding());
        zkLane.submit(statementOf(index, outputs, openBinding()), 0, "");
        skip(2 days + 1);
        rollup.drop(index);
        uint64 origin = uint64(vm.getBlockNumber() - 1);
        vm.prank(OPERATOR);
        rollup.commit(index, GENESIS_HASH, 0, origin, hex"01c1c0");
        (, address answerer) = rollup.answerOf(index, Constants.ANSWER_ATTESTERS);
        assertEq(answerer, address(0), "no answer");
        vm.expectRevert(
            abi.encodeWithSelector(
                IRollup.StatementNotAccepted.selector, statementOf(index, outputs, openBinding()), address(zkLane)
            )
        );
        rollup.answer(index, address(zkLane), outputs, openBinding());
        vm.expectRevert();
        rollup.finalize(index);
    }

    /// P-022 P-024: a child answered on a parent's erased answer cannot become final on another parent, however long it waits.
    function test_Chaining_ChildOfAnErasedAnswerNeverBecomesFinal() public {
        uint64 first = commitOn(GENESIS_HASH, 0);
        Outputs memory forged = outputsOf("forged");
        acceptAndAnswer(first, zkLane, forged);
        uint64 child = commitOn(forged.lastHash, 0);
        ScriptedLane otherLane = addLane(Constants.ANSWER_ZK, new address[](0));
        Outputs memory next = outputsOf("child");
        acceptAndAnswer(child, otherLane, next);
        vm.prank(AUTHORITY);
        lanes.switchLane(address(zkLane), false);
        Outputs memory honest = outputsOf("honest");
        acceptAndAnswer(first, otherLane, honest);
        acceptAndAnswer(first, attesterLane, honest);
        rollup.finalize(first);
        skip(30 days);
        (, bytes32 finalHash,,) = rollup.finalHead();
        assertEq(finalHash, honest.lastHash, "the honest one");
        vm.expectRevert(
            abi.encodeWithSelector(IRollup.ParentNotFinal.selector, child, forged.lastHash, honest.lastHash)
        );
        rollup.finalize(child);
        rollup.drop(child);
        assertEq(rollup.committedCount(), first, "and it does not stand in the way");
    }

    /// P-016: what is forced into Inbox and Vault from outside is nobody's escrow, and hides no shortage.
    function test_ForcedEth_ChangesNoAccount() public {
        depositEth(10 ether);
        Asset memory eth = Asset(Constants.ASSET_ETH, address(0), 0);
        vm.deal(address(vault), 3 ether);
        settle(withdrawalOf(eth, 4 ether, address(0xfeed)));
        settle(withdrawalOf(eth, 6 ether, address(0xfeed)));
        assertEq(address(0xfeed).balance, 10 ether, "all claims");
        assertEq(vault.recordedEscrow(eth), 0, "recorded");
        Withdrawal memory extra = withdrawalOf(eth, 1, address(0xfeed));
        (uint64 index, bytes[] memory accountProof, bytes[] memory storageProof) = prove(extra);
        vm.expectRevert();
        vault.withdraw(index, extra, accountProof, storageProof);
    }

    /// P-040 P-042: the largest id goes in and out again and again; each round is one deposit and one payment.
    function test_Nft_TheSameIdMayComeBack() public {
        PlainNft nft = new PlainNft();
        uint256 id = type(uint256).max;
        Asset memory asset = Asset(Constants.ASSET_ERC721, address(nft), id);
        nft.mint(ALICE, id);
        for (uint256 round = 1; round <= 3; ++round) {
            vm.startPrank(ALICE);
            nft.approve(address(vault), id);
            uint64 index = vault.depositERC721{value: 1 ether}(address(nft), ALICE, id);
            vm.expectRevert();
            vault.depositERC721{value: 1 ether}(address(nft), ALICE, id);
            vm.stopPrank();
            assertEq(vault.recordedEscrow(asset), 1, "held");
            assertEq(vault.depositedBefore(asset, index), round - 1, "before");
            assertEq(vault.depositedBefore(asset, index + 1), round, "after");
            settle(withdrawalOf(asset, 1, ALICE));
            assertEq(nft.ownerOf(id), ALICE, "back");
            assertEq(vault.recordedEscrow(asset), 0, "nothing held");
        }
    }

    /// P-061: no gas limit lets a first depositor blank the token's text for everyone: the deposit carries all of it or fails.
    function test_Starving_MetadataIsWholeOrTheDepositFails() public {
        PlainToken token = new PlainToken();
        token.mint(ALICE, 1_000);
        vm.prank(ALICE);
        token.approve(address(vault), 1_000);
        vm.recordLogs();
        uint256 refused = 0;
        for (uint256 gas = 100_000; gas < 500_000; gas += 1_000) {
            vm.prank(ALICE);
            (bool isDone,) = address(vault).call{value: 1 ether, gas: gas}(
                abi.encodeCall(IVault.depositERC20, (address(token), ALICE, 10))
            );
            if (isDone) break;
            ++refused;
        }
        assertTrue(refused > 10, "small limits were refused");
        Vm.Log[] memory logs = vm.getRecordedLogs();
        bool isFound = false;
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].emitter != address(inbox)) continue;
            (, bytes memory message) = abi.decode(logs[i].data, (bytes32, bytes));
            assertEq(wordAt(message, 326), "A token whose name is longer tha", "name");
            assertEq(wordAt(message, 358), "PLAIN", "symbol");
            assertEq(uint256(wordAt(message, 390)), 18, "decimals");
            isFound = true;
        }
        assertTrue(isFound, "a message was sent");
    }

    function wordAt(bytes memory data, uint256 offset) private pure returns (bytes32 word) {
        assembly ("memory-safe") {
            word := mload(add(add(data, 32), offset))
        }
    }

    /// P-012: no gas limit starves the reading of the backlog into a cheaper price.
    function test_Starving_BacklogIsAlwaysPriced() public {
        vm.startPrank(MALLORY);
        for (uint256 i = 0; i < 110; ++i) {
            inbox.sendCall{value: inbox.price(10_000_000)}(ALICE, 0, 0, 10_000_000, 0, "");
        }
        vm.stopPrank();
        uint256 cheap = 350_000 * 2 gwei + 0.05 gwei * 10_000_000;
        assertEq(inbox.price(10_000_000), cheap + 0.05 gwei * 10_000_000, "doubled");
        for (uint256 gas = 30_000; gas < 200_000; gas += 1_000) {
            vm.prank(MALLORY, MALLORY);
            (bool isDone,) = address(inbox).call{value: cheap, gas: gas}(
                abi.encodeCall(inbox.sendCall, (ALICE, 0, 0, 10_000_000, 0, ""))
            );
            assertTrue(!isDone, "the price of an empty queue never suffices");
        }
        vm.prank(MALLORY, MALLORY);
        inbox.sendCall{value: inbox.price(10_000_000)}(ALICE, 0, 0, 10_000_000, 0, "");
    }

    /// P-010: packed sums never bleed into each other; pay saturates, what closes the books reverts.
    function testFuzz_Sums_FieldsNeverBleed(uint96 mint, uint56 gas, uint256 fee, uint40 tag, uint24 mark) public pure {
        Sums sums = Sums.wrap(0).add(mint, gas, bound(fee, 0, type(uint64).max)).tagged(tag, mark);
        uint256 expected = bound(fee, 0, type(uint64).max);
        if (expected > type(uint40).max) expected = type(uint40).max;
        assertEq(sums.mintWei(), mint, "mint");
        assertEq(sums.zkGas(), gas, "zkGas");
        assertEq(sums.baseFeeGwei(), expected, "base fee");
        assertEq(sums.tag(), tag, "tag");
        assertEq(sums.mark(), mark, "mark");
        Sums more = sums.add(0, 0, type(uint40).max).tagged(0, 0);
        assertEq(more.baseFeeGwei(), type(uint40).max, "saturated");
        assertEq(more.mintWei(), mint, "mint kept");
        assertEq(more.zkGas(), gas, "zkGas kept");
        assertEq(more.tag() + more.mark(), 0, "tags are the caller's");
    }
}
