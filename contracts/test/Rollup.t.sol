// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

// Owns the tests of the Rollup: commits, due messages, answers, policy, drops, lanes, keys; every bound at it and one past it. Lanes are
// scripted: they say what the Rollup does with a proof, not that a proof is sound.

import {IClock} from "../src/interfaces/IClock.sol";
import {ILanes} from "../src/interfaces/ILanes.sol";
import {ILifecycle} from "../src/interfaces/ILifecycle.sol";
import {BatchInputs, Binding, IRollup, Outputs} from "../src/interfaces/IRollup.sol";
import {Constants} from "../src/libraries/Constants.sol";
import {Lanes} from "../src/rollup/Lanes.sol";
import {Rollup} from "../src/rollup/Rollup.sol";
import {ScriptedLane} from "./support/ScriptedLane.sol";
import {System} from "./support/System.sol";
import {Vm} from "./support/Vm.sol";

/// @dev P-020 commits; P-021 due messages; P-022 answers chain; P-023 the policy; P-024 order and settled index; P-025 drop;
/// P-026 lanes; P-027 keys; P-028 contradictions halt; P-029 a batch's inputs come from its record.
contract RollupTest is System {
    bytes32 private constant A = keccak256("a");
    bytes32 private constant B = keccak256("b");

    function setUp() public {
        deploySystem(1, false, true);
    }

    function enqueue(uint64 zkGas) private {
        vm.deal(address(this), 100 ether);
        inbox.sendCall{value: 1 ether}(address(1), 0, 0, zkGas, 0, "");
    }

    receive() external payable {}

    function answerer(uint64 index, uint8 kind) private view returns (address lane) {
        (, lane) = rollup.answerOf(index, kind);
    }

    function commitAs(address sender, uint64 index, uint64 inboxTo, uint64 origin, bytes memory payload) private {
        vm.prank(sender);
        rollup.commit(index, GENESIS_HASH, inboxTo, origin, payload);
    }

    function origin() private view returns (uint64) {
        return uint64(vm.getBlockNumber() - 1);
    }

    /// P-020
    function test_Commit_RevertWhen_NotAllowed() public {
        uint64 o = origin();
        vm.expectRevert(abi.encodeWithSelector(IRollup.NotOperator.selector, COLD, OPERATOR));
        commitAs(COLD, 1, 0, o, hex"01");
        vm.expectRevert(abi.encodeWithSelector(IRollup.UnexpectedBatchIndex.selector, 0, 1));
        commitAs(OPERATOR, 0, 0, o, hex"01");
        vm.expectRevert(abi.encodeWithSelector(IRollup.UnexpectedBatchIndex.selector, 2, 1));
        commitAs(OPERATOR, 2, 0, o, hex"01");
        vm.expectRevert(abi.encodeWithSelector(IRollup.PayloadSize.selector, 0, 120_000));
        commitAs(OPERATOR, 1, 0, o, "");
        vm.expectRevert(abi.encodeWithSelector(IRollup.PayloadSize.selector, 120_001, 120_000));
        commitAs(OPERATOR, 1, 0, o, new bytes(120_001));
        vm.expectRevert(abi.encodeWithSelector(IRollup.InboxRange.selector, 0, 1, 0));
        commitAs(OPERATOR, 1, 1, o, hex"01");
        vm.expectRevert(abi.encodeWithSelector(IRollup.OriginUnavailable.selector, o + 1, 0));
        commitAs(OPERATOR, 1, 0, o + 1, hex"01");
        commitAs(OPERATOR, 1, 0, o, new bytes(120_000));
        vm.expectRevert(abi.encodeWithSelector(IRollup.OriginUnavailable.selector, o - 1, o));
        commitAs(OPERATOR, 2, 0, o - 1, hex"01");
        commitAs(OPERATOR, 2, 0, o, hex"01");
        skip(7 days + 1);
        lifecycle.enterEnforced(0);
        o = origin();
        vm.expectRevert(abi.encodeWithSelector(IRollup.UnexpectedPhase.selector, 2, 1));
        commitAs(OPERATOR, 3, 0, o, hex"01");
        skip(30 days);
        lifecycle.freeze(ILifecycle.FreezeCause.NoFinality, 0);
        o = origin();
        vm.expectRevert(abi.encodeWithSelector(IRollup.UnexpectedPhase.selector, 3, 1));
        commitAs(OPERATOR, 3, 0, o, hex"01");
    }

    /// P-029
    function test_Commit_RecordsAndEmitsExactlyTheInputs() public {
        enqueue(50_000);
        enqueue(60_000);
        vm.recordLogs();
        commitAs(OPERATOR, 1, 1, origin(), hex"01c3c20101");
        Vm.Log[] memory logs = vm.getRecordedLogs();
        (BatchInputs memory inputs, uint64 commitTime, bytes memory payload) =
            abi.decode(logs[0].data, (BatchInputs, uint64, bytes));
        assertEq(keccak256(abi.encode(inputs)), rollup.batch(1).inputs, "inputs");
        assertEq(commitTime, timestamp(), "time");
        assertEq(keccak256(payload), inputs.payloadCommitment, "payload");
        assertEq(inputs.version, 1, "version");
        assertEq(inputs.l1ChainId, 31_337, "L1");
        assertEq(inputs.l2ChainId, 531_337, "L2");
        assertEq(inputs.rollup, address(rollup), "rollup");
        assertEq(inputs.specId, 1, "spec");
        assertEq(inputs.mode, 1, "mode");
        assertEq(inputs.payloadKind, 1, "kind");
        assertEq(inputs.parentHash, GENESIS_HASH, "parent");
        assertEq(inputs.inboxFrom, 0, "from");
        assertEq(inputs.accFrom, bytes32(0), "accFrom");
        assertEq(inputs.inboxTo, 1, "to");
        assertEq(inputs.accTo, inbox.accumulatorAt(1), "accTo");
        assertEq(inputs.skipRoot, bytes32(0), "skipRoot");
        assertEq(inputs.originHash, blockhash(origin()), "origin");
        assertEq(inputs.feeConfigHash, keccak256(abi.encode(1_000_000, 1_000_000)), "fees");
    }

    /// P-021: at F, one second later, and with the messages that no longer fit.
    function test_DueMessages_MustBeTakenUnlessTheNextDoesNotFit() public {
        enqueue(4_000_000);
        enqueue(6_000_000);
        enqueue(21_000);
        skip(1 days);
        commitAs(OPERATOR, 1, 0, origin(), hex"01");
        (bool isDue,) = rollup.dueMessage();
        assertTrue(!isDue, "not due at F");
        skip(1);
        (bool isDueNow, uint64 dueIndex) = rollup.dueMessage();
        assertTrue(isDueNow && dueIndex == 0, "due after F");
        vm.expectRevert(abi.encodeWithSelector(IRollup.DueMessageLeftOut.selector, 0, 1 days + 1));
        commitAs(OPERATOR, 2, 0, origin(), hex"01");
        vm.expectRevert(abi.encodeWithSelector(IRollup.DueMessageLeftOut.selector, 1, 1 days + 1));
        commitAs(OPERATOR, 2, 1, origin(), hex"01");
        vm.expectRevert(abi.encodeWithSelector(IRollup.MessagesAboveCap.selector, 10_021_000, 10_000_000));
        commitAs(OPERATOR, 2, 3, origin(), hex"01");
        commitAs(OPERATOR, 2, 2, origin(), hex"01");
        vm.expectRevert(abi.encodeWithSelector(IRollup.InboxRange.selector, 2, 1, 3));
        commitAs(OPERATOR, 3, 1, origin(), hex"01");
        vm.expectRevert(abi.encodeWithSelector(IRollup.DueMessageLeftOut.selector, 2, 1 days + 1));
        commitAs(OPERATOR, 3, 2, origin(), hex"01");
        commitAs(OPERATOR, 3, 3, origin(), hex"01");
        (bool isLeft,) = rollup.dueMessage();
        assertTrue(!isLeft, "none left");
    }

    /// P-021: what is due depends on T, which a stop holds.
    function test_DueMessages_CountInT() public {
        enqueue(21_000);
        skip(1 days);
        vm.prank(COUNCIL);
        clock.start(IClock.Stop.Pause);
        skip(2 days);
        commitAs(OPERATOR, 1, 0, origin(), hex"01");
    }

    /// P-022: an answer stands only on an answer of its own kind, or on the last final block.
    function test_Answer_RevertWhen_ParentIsAPhantom() public {
        Outputs memory one = outputsOf(A);
        Outputs memory two = outputsOf(B);
        commitOn(GENESIS_HASH, 0);
        commitOn(one.lastHash, 0);
        commitOn(keccak256("phantom"), 0);
        zkLane.submit(statementOf(2, two, openBinding()), 0, "");
        vm.expectRevert(
            abi.encodeWithSelector(IRollup.ParentUnanswered.selector, 2, Constants.ANSWER_ZK, one.lastHash)
        );
        rollup.answer(2, address(zkLane), two, openBinding());
        acceptAndAnswer(1, attesterLane, one);
        vm.expectRevert(
            abi.encodeWithSelector(IRollup.ParentUnanswered.selector, 2, Constants.ANSWER_ZK, one.lastHash)
        );
        rollup.answer(2, address(zkLane), two, openBinding());
        acceptAndAnswer(1, zkLane, one);
        rollup.answer(2, address(zkLane), two, openBinding());
        zkLane.submit(statementOf(3, two, openBinding()), 0, "");
        vm.expectRevert(
            abi.encodeWithSelector(IRollup.ParentUnanswered.selector, 3, Constants.ANSWER_ZK, keccak256("phantom"))
        );
        rollup.answer(3, address(zkLane), two, openBinding());
    }

    /// P-022 P-029: everything that an answer must agree with, one past each bound.
    function test_Answer_RevertWhen_AnythingIsOff() public {
        Outputs memory outputs = outputsOf(A);
        vm.expectRevert(abi.encodeWithSelector(IRollup.NoSuchBatch.selector, 1, 0));
        rollup.answer(1, address(zkLane), outputs, openBinding());
        commitOn(GENESIS_HASH, 0);
        uint256 committed = timestamp();
        vm.expectRevert(abi.encodeWithSelector(ILanes.LaneUnknown.selector, address(this)));
        rollup.answer(1, address(this), outputs, openBinding());
        bytes32 statement = statementOf(1, outputs, openBinding());
        vm.expectRevert(abi.encodeWithSelector(IRollup.StatementNotAccepted.selector, statement, address(zkLane)));
        rollup.answer(1, address(zkLane), outputs, openBinding());
        outputs.lastTimestamp = uint64(committed + 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                IRollup.LastTimestampOutOfRange.selector, committed + 1, committed - 3 days, committed
            )
        );
        rollup.answer(1, address(zkLane), outputs, openBinding());
        outputs.lastTimestamp = uint64(committed - 3 days - 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                IRollup.LastTimestampOutOfRange.selector, committed - 3 days - 1, committed - 3 days, committed
            )
        );
        rollup.answer(1, address(zkLane), outputs, openBinding());
        outputs.lastTimestamp = uint64(committed - 3 days);
        Binding memory binding = Binding(address(1), uint64(committed + 1), uint64(committed + 2));
        vm.expectRevert(
            abi.encodeWithSelector(IRollup.OutsideBinding.selector, committed + 1, committed + 2, committed)
        );
        rollup.answer(1, address(zkLane), outputs, binding);
        skip(3);
        vm.expectRevert(
            abi.encodeWithSelector(IRollup.OutsideBinding.selector, committed + 1, committed + 2, committed + 3)
        );
        rollup.answer(1, address(zkLane), outputs, binding);
        acceptAndAnswer(1, zkLane, outputs);
        vm.expectRevert(abi.encodeWithSelector(IRollup.AlreadyAnswered.selector, 1, address(zkLane)));
        rollup.answer(1, address(zkLane), outputs, openBinding());
    }

    /// P-023: zk and attesters agree.
    function test_Policy_BothAgree_FinalAtOnce() public {
        commitOn(GENESIS_HASH, 0);
        acceptAndAnswer(1, zkLane, outputsOf(A));
        assertTrue(!rollup.canFinalize(), "zk alone waits");
        acceptAndAnswer(1, attesterLane, outputsOf(A));
        assertTrue(rollup.canFinalize(), "agreed");
        rollup.finalize(1);
        assertEq(rollup.stateRootOf(1), outputsOf(A).stateRoot, "root");
    }

    /// P-023: zk alone waits Z of T from its record, to the second.
    function test_Policy_ZkAlone_AfterZ() public {
        commitOn(GENESIS_HASH, 0);
        acceptAndAnswer(1, zkLane, outputsOf(A));
        skip(3 days - 1);
        vm.expectRevert(abi.encodeWithSelector(IRollup.PolicyNotMet.selector, 1, true, false, 1));
        rollup.finalize(1);
        skip(1);
        rollup.finalize(1);
        assertEq(rollup.finalizedCount(), 1, "final");
    }

    /// P-023: attesters alone never finalize, however long one waits.
    function testFuzz_Policy_AttestersAlone_Never(uint64 wait) public {
        commitOn(GENESIS_HASH, 0);
        acceptAndAnswer(1, attesterLane, outputsOf(A));
        skip(bound(wait, 0, 3650 days));
        vm.expectRevert(abi.encodeWithSelector(IRollup.PolicyNotMet.selector, 1, false, true, 0));
        rollup.finalize(1);
    }

    /// P-023: on the training devnet they may, exactly until a zk lane is enabled; the profile is refused elsewhere.
    function test_Policy_TrainingDevnet() public {
        deploySystem(1, true, false);
        assertTrue(keccak256(bytes(rollup.chainProfile())) == keccak256("training-devnet"), "says so");
        commitOn(GENESIS_HASH, 0);
        acceptAndAnswer(1, attesterLane, outputsOf(A));
        rollup.finalize(1);
        vm.prank(AUTHORITY);
        lanes.registerLane(address(zkLane), Constants.ANSWER_ZK, new address[](0), 0);
        assertTrue(!rollup.attestersFinalizeAlone(), "over");
        commitOn(outputsOf(A).lastHash, 0);
        acceptAndAnswer(2, attesterLane, outputsOf(B));
        vm.expectRevert(abi.encodeWithSelector(IRollup.PolicyNotMet.selector, 2, false, true, 0));
        rollup.finalize(2);
        vm.prank(AUTHORITY);
        lanes.switchLane(address(zkLane), false);
        assertTrue(rollup.attestersFinalizeAlone(), "again");
        vm.chainId(1);
        Lanes.Config memory config = lanesConfig(address(rollup), true);
        vm.expectRevert(abi.encodeWithSelector(ILanes.ProfileOffDevnet.selector, 1));
        new Lanes(config, new Lanes.InitialLane[](0));
    }

    /// P-028
    function test_Contradiction_HaltsFinalityAndStopsTheClock() public {
        commitOn(GENESIS_HASH, 0);
        acceptAndAnswer(1, zkLane, outputsOf(A));
        uint256 before = clock.current();
        acceptAndAnswer(1, attesterLane, outputsOf(B));
        assertTrue(clock.isBlocked(), "blocked");
        vm.expectRevert(abi.encodeWithSelector(IRollup.FinalityBlocked.selector));
        rollup.finalize(1);
        skip(7 days);
        assertEq(clock.current(), before, "T stood");
        skip(30 days);
        vm.expectRevert(abi.encodeWithSelector(IRollup.InDispute.selector, 1));
        rollup.finalize(1);
        vm.expectRevert(abi.encodeWithSelector(IRollup.NotDroppable.selector, 1, true, 30 days, 2 days));
        rollup.drop(1);
    }

    /// P-023: a pause blocks finality and nothing else.
    function test_Pause_BlocksFinalityAlone() public {
        commitOn(GENESIS_HASH, 0);
        acceptAndAnswer(1, zkLane, outputsOf(A));
        acceptAndAnswer(1, attesterLane, outputsOf(A));
        vm.prank(COUNCIL);
        clock.start(IClock.Stop.Pause);
        vm.expectRevert(abi.encodeWithSelector(IRollup.FinalityBlocked.selector));
        rollup.finalize(1);
        commitOn(outputsOf(A).lastHash, 0);
        enqueue(21_000);
        acceptAndAnswer(2, zkLane, outputsOf(B));
        skip(3 days);
        rollup.finalize(1);
    }

    /// P-024
    function test_Finality_IsInOrderAndSettles() public {
        enqueue(21_000);
        enqueue(21_000);
        bytes32 parent = GENESIS_HASH;
        for (uint64 i = 1; i <= 3; ++i) {
            commitOn(parent, i < 3 ? i : 2);
            Outputs memory outputs = outputsOf(bytes32(uint256(i)));
            acceptAndAnswer(i, zkLane, outputs);
            if (i != 2) acceptAndAnswer(i, attesterLane, outputs);
            else {
                vm.expectRevert();
                rollup.answer(i, address(attesterLane), outputs, openBinding());
                acceptAndAnswer(i, attesterLane, outputs);
            }
            parent = outputs.lastHash;
        }
        vm.expectRevert(abi.encodeWithSelector(IRollup.NoSuchBatch.selector, 4, 3));
        rollup.finalize(4);
        assertEq(rollup.settledIndex(), 0, "nothing settled");
        vm.expectRevert(abi.encodeWithSelector(IRollup.NotFinal.selector, 1, 0));
        rollup.stateRootOf(1);
        uint256 first = clock.current();
        rollup.finalize(1);
        assertEq(rollup.settledIndex(), 1, "one settled");
        skip(100);
        rollup.finalize(3);
        assertEq(rollup.settledIndex(), 2, "two settled");
        assertEq(rollup.settledIndexAt(first - 1), 0, "before");
        assertEq(rollup.settledIndexAt(first + 99), 1, "between");
        assertEq(rollup.settledIndexAt(type(uint256).max), 2, "now");
        vm.expectRevert(abi.encodeWithSelector(IRollup.AlreadyFinal.selector, 3));
        rollup.finalize(3);
        vm.expectRevert(abi.encodeWithSelector(IRollup.AlreadyFinal.selector, 2));
        rollup.answer(2, address(zkLane), outputsOf(A), openBinding());
        vm.expectRevert(abi.encodeWithSelector(IRollup.AlreadyFinal.selector, 2));
        rollup.drop(2);
    }

    /// P-025: at V and one second later; a proof protects, an attestation does not; successors go too; answers die with them.
    function test_Drop_AfterVWithoutProof() public {
        Outputs memory one = outputsOf(A);
        Outputs memory two = outputsOf(B);
        commitOn(GENESIS_HASH, 0);
        commitOn(one.lastHash, 0);
        acceptAndAnswer(1, attesterLane, one);
        acceptAndAnswer(2, attesterLane, two);
        skip(2 days);
        vm.expectRevert(abi.encodeWithSelector(IRollup.NotDroppable.selector, 1, false, 2 days, 2 days));
        rollup.drop(1);
        skip(1);
        acceptAndAnswer(1, zkLane, one);
        vm.expectRevert(abi.encodeWithSelector(IRollup.NotDroppable.selector, 1, true, 2 days + 1, 2 days));
        rollup.drop(1);
        rollup.drop(2);
        assertEq(rollup.committedCount(), 1, "one left");
        vm.expectRevert(abi.encodeWithSelector(IRollup.NoSuchBatch.selector, 2, 1));
        rollup.drop(2);
        commitOn(one.lastHash, 0);
        assertEq(answerer(2, Constants.ANSWER_ATTESTERS), address(0), "the dropped batch's answer is gone");
        assertEq(answerer(1, Constants.ANSWER_ATTESTERS), address(attesterLane), "its parent's is not");
    }

    /// P-025: a batch on a block that is no longer possible cannot hide behind a proof.
    function test_Drop_WhenParentWasErasedWithItsLane() public {
        ScriptedLane second = addLane(Constants.ANSWER_ZK, new address[](0));
        Outputs memory bad = outputsOf(A);
        Outputs memory good = outputsOf(keccak256("good"));
        commitOn(GENESIS_HASH, 0);
        commitOn(bad.lastHash, 0);
        acceptAndAnswer(1, zkLane, bad);
        acceptAndAnswer(2, second, outputsOf(B));
        vm.prank(AUTHORITY);
        lanes.switchLane(address(zkLane), false);
        acceptAndAnswer(1, second, good);
        skip(3 days);
        vm.expectRevert(
            abi.encodeWithSelector(IRollup.ParentNotFinal.selector, 2, bad.lastHash, good.lastHash)
        );
        rollup.finalize(2);
        rollup.finalize(1);
        assertTrue(!rollup.canFinalize(), "stuck");
        rollup.drop(2);
        assertEq(rollup.committedCount(), 1, "dropped");
    }

    /// P-022: a lane answers only what its spec executes.
    function test_Answer_RevertWhen_LaneIsForAnotherSpec() public {
        ScriptedLane other = new ScriptedLane(2, Constants.PROFILE_MAINNET);
        vm.prank(AUTHORITY);
        lanes.registerLane(address(other), Constants.ANSWER_ZK, new address[](0), 0);
        commitOn(GENESIS_HASH, 0);
        vm.expectRevert(abi.encodeWithSelector(ILanes.LaneForOtherSpec.selector, address(other), 2, 1));
        rollup.answer(1, address(other), outputsOf(A), openBinding());
    }

    /// P-026: switching a lane off erases its answers, and switching it on does not bring them back.
    function test_Lanes_SwitchErasesAnswers() public {
        commitOn(GENESIS_HASH, 0);
        acceptAndAnswer(1, zkLane, outputsOf(A));
        vm.prank(AUTHORITY);
        lanes.switchLane(address(zkLane), false);
        assertEq(answerer(1, Constants.ANSWER_ZK), address(0), "erased");
        vm.expectRevert(abi.encodeWithSelector(ILanes.LaneDisabled.selector, address(zkLane)));
        rollup.answer(1, address(zkLane), outputsOf(A), openBinding());
        vm.prank(AUTHORITY);
        lanes.switchLane(address(zkLane), true);
        assertEq(answerer(1, Constants.ANSWER_ZK), address(0), "still erased");
        rollup.answer(1, address(zkLane), outputsOf(A), openBinding());
    }

    /// P-027: whoever sits in the seat commits, at once.
    function test_Keys_TheSeatDecidesWhoCommits() public {
        vm.prank(COLD);
        seat.rotateOperator(address(1));
        assertEq(rollup.operator(), address(1), "operator");
        assertEq(rollup.coldKey(), COLD, "cold key");
        uint64 o = origin();
        vm.expectRevert(abi.encodeWithSelector(IRollup.NotOperator.selector, OPERATOR, address(1)));
        commitAs(OPERATOR, 1, 0, o, hex"01");
        commitAs(address(1), 1, 0, o, hex"01");
    }

    /// P-027: the upgrade authority alone; nobody initializes twice, nor the implementation.
    function test_Upgrade_OnlyByItsAuthority() public {
        Rollup.Config memory config = Rollup.Config({
            clock: address(clock),
            inbox: address(inbox),
            lifecycle: address(lifecycle),
            lanes: address(lanes),
            seat: address(seat),
            maturity: MATURITY,
            upgradeAuthority: AUTHORITY,
            l2ChainId: 2,
            genesisHash: 0,
            genesisStateRoot: 0
        });
        Rollup next = new Rollup(config);
        vm.expectRevert(abi.encodeWithSelector(IRollup.NotUpgradeAuthority.selector, address(this), AUTHORITY));
        rollup.upgradeToAndCall(address(next), "");
        vm.expectRevert();
        next.initialize();
        vm.expectRevert();
        rollup.initialize();
        vm.prank(AUTHORITY);
        rollup.upgradeToAndCall(address(next), "");
        assertEq(rollup.l2ChainId(), 2, "replaced");
        assertEq(rollup.operator(), OPERATOR, "storage kept");
    }
}
