// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

// Owns the money of the hatch: ratios, earmarked deposits, refunds before and after the freeze, skipped ranges, messages beside exits.

import {IEscapeHatch} from "../src/interfaces/IEscapeHatch.sol";
import {ILifecycle} from "../src/interfaces/ILifecycle.sol";
import {Asset, IVault, Withdrawal} from "../src/interfaces/IVault.sol";
import {AddressAlias} from "../src/libraries/AddressAlias.sol";
import {Assets} from "../src/libraries/Assets.sol";
import {Constants} from "../src/libraries/Constants.sol";
import {Exiting} from "./support/Exiting.sol";
import {PlainNft, PlainToken} from "./support/Tokens.sol";
import {Vm} from "./support/Vm.sol";

/// @dev A contract that deposits, and takes ETH back only when it wants to.
contract Depositor {
    bool public isOpen = true;

    receive() external payable {
        require(isOpen, "closed");
    }

    function run(address target, uint256 value, bytes calldata data) external {
        (bool ok,) = target.call{value: value}(data);
        require(ok, "failed");
    }

    function close() external {
        isOpen = false;
    }
}

contract HatchBooksTest is Exiting {
    address private constant BOB = address(0xb0b);
    address private constant CAROL = address(0xca01);

    Asset private eth = Asset(Constants.ASSET_ETH, address(0), 0);
    Asset private erc20;
    PlainToken private token;

    function setUp() public {
        deploySystem(1, false, true);
        deployHatch();
        vm.recordLogs();
        vm.deal(ALICE, 1_000 ether);
        token = new PlainToken();
        erc20 = Asset(Constants.ASSET_ERC20, address(token), 0);
        token.mint(ALICE, 10_000);
        vm.prank(ALICE);
        token.approve(address(vault), 10_000);
        setAccount(BOB, 0, NO_CODE);
        setBurned(erc20, 0);
    }

    receive() external payable {}

    function depositToken(uint256 amount) private {
        vm.prank(ALICE, ALICE);
        vault.depositERC20{value: 1 ether}(address(token), BOB, amount);
    }

    /// @dev The messages' bytes, from the Inbox's events since the last call.
    function messages() private returns (bytes[] memory found) {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        found = new bytes[](logs.length);
        uint256 count = 0;
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].emitter != address(inbox)) continue;
            (, found[count++]) = abi.decode(logs[i].data, (bytes32, bytes));
        }
        assembly ("memory-safe") {
            mstore(found, count)
        }
    }

    /// @dev A withdrawal of `amount` that is final, then paid.
    function payWithdrawal(Asset memory asset, uint256 amount) private {
        settle(withdrawalOf(asset, amount, CAROL));
    }

    /// P-202: nothing is paid before the ratio is fixed; it is fixed once; what was paid before does not shrink the rest (N4).
    function test_Ratio_OnceAndNotShrunkByWhatWasPaid() public {
        depositEth(100 ether);
        payWithdrawal(eth, 60 ether);
        setAccount(Constants.MESSAGE_PASSER, 60 ether, CODE);
        setAccount(BOB, 40 ether, NO_CODE);
        freezeAt(1);
        IEscapeHatch.Claimant memory who = claimant(BOB, IEscapeHatch.Entitlement.KeyAccount);
        vm.expectRevert(abi.encodeWithSelector(IEscapeHatch.RatioNotFixed.selector, Assets.key(eth)));
        hatch.exit(who, one(holding(eth, BOB)));
        fix(eth);
        IEscapeHatch.Ratio memory ratio = hatch.ratioOf(eth);
        assertEq(ratio.available, 40 ether, "available");
        assertEq(ratio.claims, 40 ether, "claims");
        relay(eth, BOB);
        assertEq(BOB.balance, 40 ether, "in full");
        bytes[] memory proof = accountProof(Constants.MESSAGE_PASSER);
        vm.expectRevert(abi.encodeWithSelector(IEscapeHatch.RatioAlreadyFixed.selector, Assets.key(eth)));
        hatch.fixRatio(eth, proof, new bytes[](0));
    }

    /// P-202: a chain that paid more than the pinned root burned pays everyone the same part, messages and holdings alike, rounded down.
    function test_Ratio_TheSamePartForHoldingsAndMessages() public {
        depositToken(100);
        payWithdrawal(erc20, 70);
        // The pinned root knows of a burn of 20 and holdings of 80: 30 are left for 80 + nothing unpaid.
        setBurned(erc20, 20);
        setHolding(erc20, BOB, 41);
        Withdrawal memory message = withdrawalOf(erc20, 39, CAROL);
        bytes32 slot = keccak256(abi.encode(keccak256(abi.encode(message)), uint256(0)));
        setSlot(Constants.MESSAGE_PASSER, slot, 1);
        freezeAt(1);
        bytes[] memory passer = accountProof(Constants.MESSAGE_PASSER);
        bytes[] memory sent = slotProof(Constants.MESSAGE_PASSER, slot);
        vm.expectRevert(abi.encodeWithSelector(IEscapeHatch.RatioNotFixed.selector, Assets.key(erc20)));
        vault.withdraw(1, message, passer, sent);
        fix(erc20);
        relay(erc20, BOB);
        assertEq(token.balanceOf(BOB), uint256(41 * 30) / 80, "holding");
        vault.withdraw(1, message, passer, sent);
        assertEq(token.balanceOf(CAROL), 70 + uint256(39 * 30) / 80, "message");
        assertLe(vault.ledger(erc20).paid, 100, "never more than was executed");
    }

    /// P-203: whatever a pinned root claims, deposits that L2 did not execute are covered.
    function test_Earmarked_AForgedRootTakesNoRefund() public {
        depositToken(100);
        depositToken(900);
        bytes[] memory sent = messages();
        setHolding(erc20, BOB, 100);
        setHolding(erc20, CAROL, 500);
        setAccount(CAROL, 0, NO_CODE);
        freezeAt(1);
        fix(erc20);
        IEscapeHatch.Claimant memory forger = claimant(CAROL, IEscapeHatch.Entitlement.KeyAccount);
        vm.expectRevert(abi.encodeWithSelector(IEscapeHatch.EscrowEarmarked.selector, Assets.key(erc20), 0, 500, 100));
        hatch.exit(forger, one(holding(erc20, CAROL)));
        relay(erc20, BOB);
        uint256 before = token.balanceOf(ALICE);
        hatch.refund(1, sent[1], address(0), 0, "");
        assertEq(token.balanceOf(ALICE) - before, 900, "refunded in full");
        assertEq(vault.recordedEscrow(erc20), 0, "nothing is left");
    }

    /// P-207: a skipped message is refunded in any phase, once, to its depositor; an executed one never.
    function test_Refund_SkippedInAnyPhaseOnce() public {
        depositToken(100);
        depositToken(200);
        depositEth(3 ether);
        depositToken(400);
        bytes[] memory sent = messages();
        phases.skip(1, 3);
        phases.enter(ILifecycle.Phase.Enforced);
        uint256 before = token.balanceOf(ALICE);
        hatch.refund(1, sent[1], address(0), 0, "");
        assertEq(token.balanceOf(ALICE) - before, 200, "in Enforced");
        vm.expectRevert(abi.encodeWithSelector(IEscapeHatch.AlreadyRefunded.selector, 1));
        hatch.refund(1, sent[1], address(0), 0, "");
        vm.expectRevert(abi.encodeWithSelector(IEscapeHatch.NotRefundable.selector, 0));
        hatch.refund(0, sent[0], address(0), 0, "");
        vm.expectRevert(abi.encodeWithSelector(IEscapeHatch.NotRefundable.selector, 3));
        hatch.refund(3, sent[3], address(0), 0, "");
        vm.expectRevert();
        hatch.refund(2, sent[3], address(0), 0, "");
        setHolding(erc20, BOB, 100);
        freezeAt(3);
        fix(erc20);
        assertEq(hatch.ratioOf(erc20).available, 100, "the refund before moved neither side");
        vm.expectRevert(abi.encodeWithSelector(IEscapeHatch.AlreadyRefunded.selector, 1));
        hatch.refund(1, sent[1], address(0), 0, "");
        vm.expectRevert(abi.encodeWithSelector(IEscapeHatch.NotRefundable.selector, 0));
        hatch.refund(0, sent[0], address(0), 0, "");
        uint256 wei_ = ALICE.balance;
        hatch.refund(2, sent[2], address(0), 0, "");
        assertEq(ALICE.balance - wei_, 3 ether, "ETH to who sent it");
        hatch.refund(3, sent[3], address(0), 0, "");
        relay(erc20, BOB);
        assertEq(token.balanceOf(BOB), 100, "in full");
        assertEq(token.balanceOf(ALICE) - before, 600, "both refunds");
        assertEq(vault.recordedEscrow(erc20), 0, "all of it");
    }

    /// P-207: what is enqueued after the freeze comes back too; a message that escrowed nothing does not.
    function test_Refund_OfWhatIsEnqueuedAfterTheFreeze() public {
        freezeAt(0);
        depositEth(2 ether);
        uint256 cost = inbox.price(30_000);
        vm.prank(ALICE, ALICE);
        inbox.sendCall{value: cost}(BOB, 0, 0, 30_000, 0, "");
        bytes[] memory sent = messages();
        uint256 before = ALICE.balance;
        hatch.refund(0, sent[0], address(0), 0, "");
        assertEq(ALICE.balance - before, 2 ether, "back");
        vm.expectRevert(abi.encodeWithSelector(IEscapeHatch.NothingToRefund.selector, 1));
        hatch.refund(1, sent[1], address(0), 0, "");
        vm.expectRevert(abi.encodeWithSelector(IEscapeHatch.NotRefundable.selector, 2));
        hatch.refund(2, sent[1], address(0), 0, "");
    }

    /// P-207: an aliased message's ETH goes to the contract, not to its alias; one that refuses names another receiver itself.
    function test_Refund_ContractsAreUnaliasedAndRedirect() public {
        Depositor depositor = new Depositor();
        vm.deal(address(depositor), 10 ether);
        uint256 cost = inbox.price(30_000);
        bytes memory call = abi.encodeCall(inbox.sendCall, (BOB, 1 ether, 0, 30_000, 0, ""));
        depositor.run(address(inbox), 1 ether + cost, call);
        depositor.run(address(inbox), 1 ether + cost, call);
        bytes[] memory sent = messages();
        assertEq(address(bytes20(sub(sent[0], 2))), AddressAlias.apply_(address(depositor)), "aliased");
        freezeAt(0);
        uint256 before = address(depositor).balance;
        hatch.refund(0, sent[0], address(0), 0, "");
        assertEq(address(depositor).balance - before, 1 ether, "un-aliased");
        depositor.close();
        vm.expectRevert(abi.encodeWithSelector(IEscapeHatch.PaymentFailed.selector, Assets.key(eth), address(depositor), 1 ether));
        hatch.refund(1, sent[1], address(0), 0, "");
        vm.expectRevert(abi.encodeWithSelector(IEscapeHatch.NotPayeesWill.selector, address(depositor), CAROL));
        hatch.refund(1, sent[1], CAROL, 0, "");
        depositor.run(HATCH, 0, abi.encodeCall(IEscapeHatch.refund, (1, sent[1], CAROL, 0, "")));
        assertEq(CAROL.balance, 1 ether, "redirected");
    }

    /// P-202: skipped deposits below the settled index were never minted; more ranges than one call counts are counted by many.
    function test_Skipped_RangesAreCountedInSteps() public {
        for (uint64 i = 0; i < 40; ++i) {
            depositToken(1);
            if (i % 2 == 1) phases.skip(i, i + 1);
        }
        setHolding(erc20, BOB, 18);
        // The last two ranges lie beyond the settled index.
        freezeAt(37);
        bytes[] memory passer = accountProof(Constants.MESSAGE_PASSER);
        bytes[] memory burned = burnedProof(erc20);
        vm.expectRevert(abi.encodeWithSelector(IEscapeHatch.SkippedNotCounted.selector, Assets.key(erc20), 16, 20));
        hatch.fixRatio(erc20, passer, burned);
        hatch.countSkipped(erc20, 3);
        (uint256 skipped, uint256 ranges) = hatch.skippedOf(erc20);
        assertEq(skipped, 3, "three of them");
        assertEq(ranges, 3, "ranges");
        hatch.countSkipped(erc20, 4);
        hatch.fixRatio(erc20, passer, burned);
        assertEq(hatch.ratioOf(erc20).minted, 19, "37 less 18 skipped");
        hatch.countSkipped(erc20, type(uint256).max);
        relay(erc20, BOB);
        assertEq(token.balanceOf(BOB), 18, "in full");
    }

    /// P-203: an NFT whose only deposit in escrow was skipped is its depositor's, whoever a root says owns it.
    function test_Nft_EarmarkedForItsDepositor() public {
        PlainNft nft = new PlainNft();
        Asset memory asset = Asset(Constants.ASSET_ERC721, address(nft), 9);
        nft.mint(ALICE, 9);
        vm.prank(ALICE);
        nft.approve(address(vault), 9);
        vm.prank(ALICE, ALICE);
        vault.depositERC721{value: 1 ether}(address(nft), BOB, 9);
        bytes[] memory sent = messages();
        phases.skip(0, 1);
        setHolding(asset, BOB, 1);
        freezeAt(1);
        IEscapeHatch.Claimant memory who = claimant(BOB, IEscapeHatch.Entitlement.KeyAccount);
        vm.expectRevert(abi.encodeWithSelector(IEscapeHatch.EscrowEarmarked.selector, Assets.key(asset), 0, 1, 0));
        hatch.exit(who, one(holding(asset, BOB)));
        hatch.refund(0, sent[0], address(0), 0, "");
        assertEq(nft.ownerOf(9), ALICE, "back");
    }

    /// P-201: a withdrawal and the rest of the same account's balance are both paid.
    function test_Nullifiers_MessageAndHoldingAreBothUsable() public {
        depositEth(10 ether);
        setAccount(BOB, 6 ether, NO_CODE);
        setAccount(Constants.MESSAGE_PASSER, 4 ether, CODE);
        Withdrawal memory message = withdrawalOf(eth, 4 ether, BOB);
        bytes32 slot = keccak256(abi.encode(keccak256(abi.encode(message)), uint256(0)));
        setSlot(Constants.MESSAGE_PASSER, slot, 1);
        freezeAt(1);
        fix(eth);
        relay(eth, BOB);
        vault.withdraw(0, message, accountProof(Constants.MESSAGE_PASSER), slotProof(Constants.MESSAGE_PASSER, slot));
        assertEq(BOB.balance, 10 ether, "both");
        assertEq(vault.recordedEscrow(eth), 0, "all");
    }

    function sub(bytes memory data, uint256 at) private pure returns (bytes32 word) {
        assembly ("memory-safe") {
            word := mload(add(add(data, 0x20), at))
        }
    }
}
