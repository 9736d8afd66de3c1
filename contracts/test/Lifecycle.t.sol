// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

// Owns the tests of the phases: every trigger at its bound and one past it, skips, the way back, the freeze, Enforced batches, gas at the worst
// backlog. Long runs over all of it together are the replay of the model (test/sim/replay).

import {IInbox} from "../src/interfaces/IInbox.sol";
import {ILifecycle} from "../src/interfaces/ILifecycle.sol";
import {Binding, IRollup, Outputs} from "../src/interfaces/IRollup.sol";
import {Constants} from "../src/libraries/Constants.sol";
import {Statement} from "../src/libraries/Statement.sol";
import {ScriptedLane} from "./support/ScriptedLane.sol";
import {System} from "./support/System.sol";

/// @dev P-101 triggers; P-102 Enforced batches; P-103 skips; P-104 the way back; P-105 Frozen; P-106 gas.
contract LifecycleTest is System {
    bytes32 private constant A = keccak256("a");

    function setUp() public {
        deploySystem(1, false, true);
        vm.deal(address(this), 10_000 ether);
    }

    receive() external payable {}

    function enqueue(uint64 zkGas) private {
        inbox.sendCall{value: 1 ether}(address(1), 0, 0, zkGas, 0, "");
    }

    function enter(uint64 hint) private {
        skip(7 days + 1);
        lifecycle.enterEnforced(hint);
    }

    /// P-101: a message at E, and one second later; nothing late, nothing opens.
    function test_Enter_AtEAndOneSecondLater() public {
        enqueue(21_000);
        skip(7 days);
        vm.expectRevert(abi.encodeWithSelector(ILifecycle.NothingLate.selector, 7 days, 0, 7 days));
        lifecycle.enterEnforced(0);
        skip(1);
        lifecycle.enterEnforced(0);
        assertEq(uint8(lifecycle.phase()), 2, "Enforced");
        assertEq(lifecycle.episode().number, 1, "first episode");
        vm.expectRevert(abi.encodeWithSelector(ILifecycle.UnexpectedPhase.selector, 2, 1));
        lifecycle.enterEnforced(0);
    }

    /// P-101: an old batch opens it too; only the unproven suffix falls; in Enforced an unproven batch falls at any age.
    function test_Enter_DropsOnlyWhatIsUnproven() public {
        Outputs memory one = outputsOf(A);
        commitOn(GENESIS_HASH, 0);
        acceptAndAnswer(1, zkLane, one);
        skip(4 days);
        commitOn(one.lastHash, 0);
        commitOn(keccak256("next"), 0);
        skip(3 days);
        vm.expectRevert(abi.encodeWithSelector(ILifecycle.NothingLate.selector, 0, 7 days, 7 days));
        lifecycle.enterEnforced(0);
        skip(1);
        vm.expectRevert(abi.encodeWithSelector(IRollup.NotDroppable.selector, 1, true, 7 days + 1, 0));
        lifecycle.enterEnforced(1);
        lifecycle.enterEnforced(3);
        assertEq(rollup.committedCount(), 2, "the third fell");
        rollup.drop(2);
        assertEq(rollup.committedCount(), 1, "the second as well, at any age");
        rollup.finalize(1);
    }

    /// P-102: whole blocks of closed intervals; the block's start is checked, not believed.
    function test_Enforced_BatchesEndWhereBlocksEnd() public {
        uint256 hour = (timestamp() / 3_600 + 1) * 3_600;
        vm.warp(hour);
        enqueue(4_000_000);
        enqueue(4_000_000);
        enqueue(4_000_000);
        vm.warp(hour + 3_600);
        enqueue(1_000_000);
        enqueue(1_000_000);
        enter(0);
        Outputs memory outputs = outputsOf(A);
        Binding memory binding = openBinding();
        vm.expectRevert(abi.encodeWithSelector(IRollup.NotBlockEnd.selector, 1));
        rollup.commitEnforced(1, GENESIS_HASH, 1, 0, address(zkLane), outputs, binding);
        vm.expectRevert(abi.encodeWithSelector(IRollup.MessagesAboveCap.selector, 12_000_000, 10_000_000));
        rollup.commitEnforced(1, GENESIS_HASH, 3, 0, address(zkLane), outputs, binding);
        vm.expectRevert(abi.encodeWithSelector(IRollup.NotBlockStart.selector, 1));
        rollup.commitEnforced(1, GENESIS_HASH, 2, 1, address(zkLane), outputs, binding);
        vm.expectRevert(abi.encodeWithSelector(IRollup.InboxRange.selector, 0, 0, 5));
        rollup.commitEnforced(1, GENESIS_HASH, 0, 0, address(zkLane), outputs, binding);
        commitEnforced(GENESIS_HASH, 0, 0, 2, 0, outputs);
        vm.expectRevert(abi.encodeWithSelector(IRollup.NotBlockEnd.selector, 4));
        rollup.commitEnforced(2, outputs.lastHash, 4, 3, address(zkLane), outputs, binding);
        vm.expectRevert(abi.encodeWithSelector(IRollup.NotBlockStart.selector, 2));
        rollup.commitEnforced(2, outputs.lastHash, 5, 2, address(zkLane), outputs, binding);
        commitEnforced(outputs.lastHash, 2, 2, 5, 3, outputsOf("second"));
        enqueue(21_000);
        vm.expectRevert(abi.encodeWithSelector(IRollup.IntervalOpen.selector, 5, (timestamp() / 3_600 + 1) * 3_600));
        rollup.commitEnforced(3, outputsOf("second").lastHash, 6, 5, address(zkLane), outputs, binding);
        skip(3 days);
        rollup.finalize(2);
        assertEq(rollup.settledIndex(), 5, "settled");
    }

    /// P-102: a message may be older than any lag that Operating allows; no L2 time after the commit; a proof, not an attestation.
    function test_Enforced_OldMessagesAreProvable() public {
        enqueue(21_000);
        uint64 sent = uint64(timestamp());
        enter(0);
        skip(20 days);
        Outputs memory outputs = outputsOf(A);
        outputs.lastTimestamp = uint64(timestamp() + 1);
        vm.expectRevert(
            abi.encodeWithSelector(IRollup.LastTimestampOutOfRange.selector, timestamp() + 1, 0, timestamp())
        );
        rollup.commitEnforced(1, GENESIS_HASH, 1, 0, address(zkLane), outputs, openBinding());
        outputs.lastTimestamp = sent;
        vm.expectRevert(abi.encodeWithSelector(IRollup.ParentUnanswered.selector, 1, 1, A));
        rollup.commitEnforced(1, A, 1, 0, address(zkLane), outputs, openBinding());
        bytes32 statement = Statement.hash(
            enforcedInputs(GENESIS_HASH, 0, 0, 1), Statement.hashOutputs(outputs), Statement.hashBinding(openBinding())
        );
        attesterLane.submit(statement, 0, "");
        vm.expectRevert(abi.encodeWithSelector(IRollup.NotAProof.selector, address(attesterLane)));
        rollup.commitEnforced(1, GENESIS_HASH, 1, 0, address(attesterLane), outputs, openBinding());
        commitEnforced(GENESIS_HASH, 0, 0, 1, 0, outputs);
        rollup.answer(1, address(attesterLane), outputs, openBinding());
        rollup.finalize(1);
        assertEq(rollup.finalTimestamp(), sent, "timestamp of the final block");
    }

    /// P-103: 5 d, 12 h, then 1 d; widths double; what is skipped is passed, refused to batches and settled.
    function test_Skip_BoundsAndWidths() public {
        for (uint256 i = 0; i < 4; ++i) enqueue(21_000);
        enter(0);
        skip(5 days - 1);
        vm.expectRevert(abi.encodeWithSelector(ILifecycle.SkipTooEarly.selector, 5 days - 1, 5 days));
        lifecycle.announceSkip();
        skip(1);
        lifecycle.announceSkip();
        vm.expectRevert(abi.encodeWithSelector(ILifecycle.SkipAlreadyAnnounced.selector, clock.current()));
        lifecycle.announceSkip();
        skip(12 hours - 1);
        vm.expectRevert(abi.encodeWithSelector(ILifecycle.SkipNoticeRunning.selector, 12 hours - 1, 12 hours));
        lifecycle.takeSkip();
        skip(1);
        lifecycle.takeSkip();
        assertEq(rollup.settledIndex(), 1, "settled by the skip");
        assertTrue(lifecycle.isSkipped(0) && !lifecycle.isSkipped(1), "one message");
        vm.expectRevert(abi.encodeWithSelector(ILifecycle.SkipNotAnnounced.selector));
        lifecycle.takeSkip();
        skip(1 days);
        lifecycle.announceSkip();
        skip(12 hours);
        lifecycle.takeSkip();
        assertEq(lifecycle.nextUnskipped(0), 3, "two more");
        assertEq(lifecycle.skippedRangeCount(), 1, "joined");
        Outputs memory outputs = outputsOf(A);
        commitEnforced(GENESIS_HASH, 0, 3, 4, 3, outputs);
        skip(3 days);
        rollup.finalize(1);
        assertEq(rollup.settledIndex(), 4, "all");
    }

    /// P-103: a proof cancels what was announced; a young message is not skipped.
    function test_Skip_AProofCancelsAndYoungMessagesStay() public {
        enqueue(21_000);
        enter(0);
        skip(5 days);
        enqueue(21_000);
        lifecycle.announceSkip();
        commitEnforced(GENESIS_HASH, 0, 0, 1, 0, outputsOf(A));
        skip(12 hours);
        vm.expectRevert(abi.encodeWithSelector(ILifecycle.SkipNotAnnounced.selector));
        lifecycle.takeSkip();
        skip(6 days);
        vm.expectRevert(abi.encodeWithSelector(ILifecycle.NothingToSkip.selector));
        lifecycle.announceSkip();
    }

    /// P-104: only the seated keys ask, once; what was there is settled for a day; 30 d ended nothing meanwhile.
    function test_Return_AfterEverythingIsSettledForADay() public {
        enqueue(21_000);
        enter(0);
        vm.expectRevert(abi.encodeWithSelector(ILifecycle.NotSeatedOperator.selector, address(this)));
        lifecycle.requestReturn();
        vm.expectRevert(abi.encodeWithSelector(ILifecycle.ReturnNotRequested.selector));
        lifecycle.returnToOperating();
        vm.prank(COLD);
        lifecycle.requestReturn();
        enqueue(21_000);
        vm.prank(OPERATOR);
        lifecycle.requestReturn();
        assertEq(lifecycle.episode().returnTarget, 1, "the first request counts");
        commitEnforced(GENESIS_HASH, 0, 0, 1, 0, outputsOf(A));
        skip(3 days);
        vm.expectRevert(abi.encodeWithSelector(ILifecycle.ReturnUnsettled.selector, 0, 1));
        lifecycle.returnToOperating();
        rollup.finalize(1);
        skip(1 days - 1);
        vm.expectRevert(abi.encodeWithSelector(ILifecycle.ReturnUnsettled.selector, 0, 1));
        lifecycle.returnToOperating();
        skip(1);
        lifecycle.returnToOperating();
        commitOn(outputsOf(A).lastHash, 2);
    }

    /// P-104: a skip settles but proves nothing: the chain does not go back on it, and the 30 d go on.
    function test_Return_NotOnASkipAlone() public {
        enqueue(21_000);
        enter(0);
        uint256 enteredT = clock.current();
        vm.prank(OPERATOR);
        lifecycle.requestReturn();
        skip(5 days);
        lifecycle.announceSkip();
        skip(12 hours);
        lifecycle.takeSkip();
        uint256 skipT = clock.current();
        assertEq(rollup.settledIndex(), 1, "settled");
        skip(14 days);
        bytes4 unproven = ILifecycle.ReturnUnproven.selector;
        vm.expectRevert(abi.encodeWithSelector(unproven, rollup.lastProofT(), rollup.lastFinalT(), skipT));
        lifecycle.returnToOperating();
        skip(enteredT + 30 days - clock.current());
        lifecycle.freeze(ILifecycle.FreezeCause.NoFinality, 0);
    }

    /// P-104: nor on a proof from before the skip whose finality was kept back until after it; the moment of the skip is not after it either.
    function test_Return_NotOnAProofFromBeforeTheSkip() public {
        enqueue(21_000);
        enter(0);
        commitEnforced(GENESIS_HASH, 0, 0, 1, 0, outputsOf(A));
        uint256 proofT = clock.current();
        enqueue(21_000);
        vm.prank(OPERATOR);
        lifecycle.requestReturn();
        skip(8 days);
        lifecycle.announceSkip();
        skip(12 hours);
        lifecycle.takeSkip();
        uint256 skipT = clock.current();
        skip(1);
        rollup.finalize(1);
        assertEq(rollup.settledIndex(), 2, "settled");
        assertTrue(rollup.lastFinalT() > skipT, "final after the skip");
        enqueue(21_000);
        skip(14 days - 1);
        bytes memory unproven =
            abi.encodeWithSelector(ILifecycle.ReturnUnproven.selector, proofT, rollup.lastFinalT(), skipT);
        vm.expectRevert(unproven);
        lifecycle.returnToOperating();
        commitEnforced(outputsOf(A).lastHash, 1, 2, 3, 2, outputsOf("after the skip"));
        assertEq(rollup.lastProofT(), clock.current(), "proven after the skip");
        lifecycle.returnToOperating();
    }

    /// P-105: 30 d to the second; pinned is the last final batch; nothing moves any more.
    function test_Freeze_IsForEver() public {
        enqueue(21_000);
        enter(0);
        skip(30 days - 1);
        vm.expectRevert(abi.encodeWithSelector(ILifecycle.NotFreezable.selector, 0));
        lifecycle.freeze(ILifecycle.FreezeCause.NoFinality, 0);
        skip(1);
        assertTrue(lifecycle.isFreezable(ILifecycle.FreezeCause.NoFinality, 0), "freezable");
        lifecycle.freeze(ILifecycle.FreezeCause.NoFinality, 0);
        assertEq(lifecycle.pinnedRoot(), GENESIS_ROOT, "pinned");
        assertEq(lifecycle.frozenAtT(), clock.current(), "when");
        vm.expectRevert(abi.encodeWithSelector(ILifecycle.UnexpectedPhase.selector, 3, 2));
        lifecycle.freeze(ILifecycle.FreezeCause.NoFinality, 0);
        vm.expectRevert(abi.encodeWithSelector(ILifecycle.UnexpectedPhase.selector, 3, 1));
        lifecycle.enterEnforced(0);
        vm.expectRevert(abi.encodeWithSelector(ILifecycle.UnexpectedPhase.selector, 3, 2));
        lifecycle.takeSkip();
        vm.expectRevert(abi.encodeWithSelector(ILifecycle.UnexpectedPhase.selector, 3, 2));
        lifecycle.returnToOperating();
    }

    /// P-106: with 100,000 messages and 10,000 unfinalized batches (the counts are set in storage: enqueueing them costs the same reads).
    function test_Triggers_CostTheSameAtAnyBacklog() public {
        enqueue(21_000);
        commitOn(GENESIS_HASH, 0);
        // The Inbox's head: number of messages in bits 192 to 231. The Rollup's slot 1: committedCount in the low 64 bits.
        bytes32 head = vm.load(address(inbox), 0);
        vm.store(address(inbox), 0, bytes32((uint256(head) & ~(uint256(type(uint40).max) << 192)) | (uint256(100_000) << 192)));
        assertEq(inbox.count(), 100_000, "messages");
        bytes32 counts = vm.load(address(rollup), bytes32(uint256(1)));
        vm.store(address(rollup), bytes32(uint256(1)), bytes32((uint256(counts) & ~uint256(type(uint64).max)) | 10_000));
        assertEq(rollup.committedCount(), 10_000, "batches");
        skip(8 days);
        uint256 before = gasleft();
        lifecycle.enterEnforced(1);
        assertLe(before - gasleft() + 22_000, gasLimit(150_000), "enterEnforced");
        skip(5 days);
        before = gasleft();
        lifecycle.announceSkip();
        assertLe(before - gasleft() + 22_000, gasLimit(150_000), "announceSkip");
        skip(12 hours);
        before = gasleft();
        lifecycle.takeSkip();
        assertLe(before - gasleft() + 22_000, gasLimit(150_000), "takeSkip");
        skip(30 days);
        before = gasleft();
        lifecycle.freeze(ILifecycle.FreezeCause.Skipped, 0);
        assertLe(before - gasleft() + 22_000, 170_000, "freeze");
    }

    /// P-103: a second lane's answer to a batch that has its proof is no news: it puts no skip off.
    function test_Skip_ARedundantAnswerIsNoProof() public {
        ScriptedLane second = addLane(Constants.ANSWER_ZK, new address[](0));
        enqueue(21_000);
        skip(1 hours);
        enqueue(21_000);
        enter(0);
        skip(1 hours);
        commitEnforced(GENESIS_HASH, 0, 0, 1, 0, outputsOf(A));
        uint256 provenT = clock.current();
        Outputs memory outputs = outputsOf(A);
        outputs.lastTimestamp = uint64(provenT);
        skip(3 days - 1);
        acceptAndAnswer(1, second, outputs);
        assertEq(rollup.lastProofT(), provenT, "the first proof counts");
        skip(2 days);
        vm.expectRevert(abi.encodeWithSelector(ILifecycle.SkipTooEarly.selector, 5 days - 1, 5 days));
        lifecycle.announceSkip();
        skip(1);
        lifecycle.announceSkip();
        // The first lane's answer is void with the lane: now the second's is what there is, and a new one is news again.
        vm.prank(AUTHORITY);
        lanes.switchLane(address(second), false);
        skip(12 hours);
        lifecycle.takeSkip();
    }

    /// P-020: an Enforced batch has no origin, and does not lower the one that the next batch in Operating must not undercut.
    function test_Origin_EnforcedBatchesKeepTheFloor() public {
        finalizeRoot("first", 0);
        uint64 floor = uint64(vm.getBlockNumber() - 1);
        enqueue(21_000);
        enter(0);
        (, bytes32 head,,) = rollup.finalHead();
        commitEnforced(head, 0, 0, 1, 0, outputsOf(A));
        skip(3 days);
        rollup.finalize(2);
        vm.prank(OPERATOR);
        lifecycle.requestReturn();
        skip(1 days);
        lifecycle.returnToOperating();
        vm.startPrank(OPERATOR);
        vm.expectRevert(abi.encodeWithSelector(IRollup.OriginUnavailable.selector, floor - 1, floor));
        rollup.commit(3, outputsOf(A).lastHash, 1, floor - 1, hex"01c0");
        rollup.commit(3, outputsOf(A).lastHash, 1, floor, hex"01c0");
        vm.stopPrank();
    }
}
