// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IClock} from "../../src/interfaces/IClock.sol";
import {ILanes} from "../../src/interfaces/ILanes.sol";
import {ILifecycle} from "../../src/interfaces/ILifecycle.sol";
import {Outputs} from "../../src/interfaces/IRollup.sol";
import {Constants} from "../../src/libraries/Constants.sol";
import {Statement} from "../../src/libraries/Statement.sol";
import {ProtocolBooks} from "./ProtocolBooks.sol";
import {ScriptedLane} from "./ScriptedLane.sol";

// Random acts on Rollup, Lifecycle and Lanes, honest and not, each with the outcome that the rules give (ProtocolBooks). Time moves by the
// protocol's own bounds and a second less or more, so that each bound is met on both of its sides. The invariants are in ProtocolInvariant.t.sol.

abstract contract ProtocolHandler is ProtocolBooks {
    /// @dev What the next Enforced batch takes, from where the batch before ended.
    struct Range {
        uint64 start;
        uint64 from;
        uint64 limit;
        uint64 to;
        uint64 blockStart;
    }

    receive() external payable {}

    /// @dev By one of the bounds, a second less or more; or by some hours.
    function pass(uint256 which, uint256 side) external {
        uint256[8] memory bounds =
            [uint256(12 hours), 1 days, 2 days, 3 days, 5 days, 7 days, 14 days, 30 days];
        which %= 16;
        skip(which < 8 ? bounds[which] + side % 3 - 1 : bound(side, 1, 1 days));
    }

    function enqueue(uint256 zkGas) external {
        zkGas = bound(zkGas, 21_000, 2_000_000);
        inbox.sendCall{value: 1 ether}(address(1), 0, 0, uint64(zkGas), 0, "");
        messageT.push(nowT());
        messageZkGas.push(zkGas);
        isSkipped.push(false);
    }

    function commit(uint256 to, bool isPhantom) external {
        if (phase() != ILifecycle.Phase.Operating) return;
        uint64 from = rollup.nextInboxIndex();
        uint64 limit = rangeEnd(from);
        to = bound(to, from, limit + 1);
        uint256 zkGas = zkGasOf(from, to < limit ? to + 1 : limit);
        bool leavesDue = to < limit && nowT() - messageT[to] > 1 days && zkGas <= Constants.MAX_BATCH_MESSAGE_ZKGAS;
        bool isAllowed = to <= limit && zkGasOf(from, to) <= Constants.MAX_BATCH_MESSAGE_ZKGAS && !leavesDue;
        uint64 index = rollup.committedCount() + 1;
        bytes32 parent = isPhantom ? keccak256("phantom") : tip();
        address seated = rollup.operator();
        uint64 origin = uint64(vm.getBlockNumber() - 1);
        vm.prank(seated);
        try rollup.commit(index, parent, uint64(to), origin, hex"01c0") {
            assertTrue(isAllowed, "a commit that leaves nothing due");
        } catch {
            assertTrue(!isAllowed, "refused for a reason");
        }
    }

    function answer(uint256 which, uint256 ahead, uint256 lie) external {
        uint64 index = rollup.finalizedCount() + 1 + uint64(ahead % 3);
        if (index > rollup.committedCount()) return;
        which %= LANES;
        Outputs memory outputs = honest(index);
        if (lie % 8 == 0) outputs.lastHash = keccak256(abi.encode("lie", index, which));
        laneOf[which].submit(statementOf(index, outputs, openBinding()), 0, "");
        bool isAnswered = rollup.answerBy(index, address(laneOf[which])).recordedT != 0;
        try rollup.answer(index, address(laneOf[which]), outputs, openBinding()) {
            assertTrue(!isDead[which] && !isAnswered, "by a living lane, once");
            if (which != 2) noteProof();
        } catch {
            assertTrue(isDead[which] || isAnswered || !parentHolds(index, which), "refused for a reason");
        }
    }

    function finalize() external {
        uint64 next = rollup.finalizedCount() + 1;
        if (next > rollup.committedCount()) return;
        bool isAllowed = !isFrozen && !clock.isBlocked() && isDecided(next);
        try rollup.finalize(next) {
            assertTrue(isAllowed, "final by the policy alone");
            (, address decider) = rollup.decidingAnswer(next);
            assertEq(lanes.laneRecord(decider).kind, Constants.ANSWER_ZK, "a proof decided");
            lastFinalT = nowT();
            noteSettled();
        } catch {
            assertTrue(!isAllowed, "refused for a reason");
        }
    }

    function drop(uint256 ahead) external {
        uint64 index = rollup.finalizedCount() + 1 + uint64(ahead % 3);
        if (index > rollup.committedCount()) return;
        bool isLate = phase() == ILifecycle.Phase.Enforced || nowT() - committedT(index) > 2 days;
        bool isAllowed = !isFrozen && !isProven(index) && isLate;
        (bool ok,) = address(rollup).call(abi.encodeCall(rollup.drop, (index)));
        assertTrue(ok == isAllowed, "only what nobody proved in V");
        lanes.closeDisputes(100);
    }

    function enterEnforced() external {
        uint256 oldest = nowT();
        uint64 settled = rollup.settledIndex();
        if (settled < messageT.length) oldest = messageT[settled];
        uint64 batch = rollup.finalizedCount() + 1;
        if (batch <= rollup.committedCount() && committedT(batch) < oldest) oldest = committedT(batch);
        bool isAllowed = phase() == ILifecycle.Phase.Operating && nowT() - oldest > 7 days;
        uint64 hint = batch;
        while (hint <= rollup.committedCount() && isProven(hint)) ++hint;
        if (hint > rollup.committedCount()) hint = 0;
        (bool ok,) = address(lifecycle).call(abi.encodeCall(lifecycle.enterEnforced, (hint)));
        assertTrue(ok == isAllowed, "E and a second");
        if (!ok) return;
        assertTrue(hint == 0 || rollup.committedCount() == hint - 1, "what was unproven fell");
        (enteredT, width) = (nowT(), 1);
        ++entries;
        (firstSkipT, lastSkipT, announcedT, returnT, targetSettledT) = (0, 0, 0, 0, 0);
        lanes.closeDisputes(100);
    }

    /// @dev Whole blocks of closed hours, proven; or one message more than that.
    function commitEnforced(uint256 which, uint256 blocks, bool isOff) external {
        if (phase() != ILifecycle.Phase.Enforced) return;
        Range memory range = wholeBlocks(bound(blocks, 1, 4));
        if (range.to == range.from) return;
        if (isOff && range.to < range.limit) {
            ++range.to;
            if (hourOf(range.to - 1) != hourOf(range.blockStart)) range.blockStart = range.to - 1;
        }
        bool isWhole = range.to == range.limit || hourOf(range.to) != hourOf(range.to - 1)
            || zkGasOf(range.blockStart, range.to + 1) > Constants.MAX_BLOCK_ZKGAS;
        bool isTooMuch = zkGasOf(range.from, range.to) > Constants.MAX_BATCH_MESSAGE_ZKGAS;
        which %= 2;
        bool isAllowed = isWhole && isClosed(range.to - 1) && !isTooMuch && !isDead[which] && isChainHonest();
        assertTrue(proveEnforced(which, range) == isAllowed, "whole blocks of closed hours, proven");
        if (isAllowed) noteProof();
    }

    function proveEnforced(uint256 which, Range memory range) private returns (bool ok) {
        uint64 index = rollup.committedCount() + 1;
        bytes32 parent = tip();
        Outputs memory outputs = outputsOf(keccak256(abi.encode(parent, index, range.to)));
        outputs.lastHash = honestHash(parent, index, range.to);
        bytes32 inputs = enforcedInputs(parent, range.start, range.from, range.to);
        laneOf[which].submit(Statement.hash(inputs, Statement.hashOutputs(outputs), Statement.hashBinding(openBinding())), 0, "");
        bytes memory call = abi.encodeCall(
            rollup.commitEnforced, (index, parent, range.to, range.blockStart, address(laneOf[which]), outputs, openBinding())
        );
        (ok,) = address(rollup).call(call);
    }

    function wholeBlocks(uint256 blocks) private view returns (Range memory range) {
        uint64 last = rollup.committedCount();
        if (last != 0) range.start = rollup.batch(last).inboxTo;
        range.from = rollup.nextInboxIndex();
        range.limit = rangeEnd(range.from);
        (range.to, range.blockStart) = (range.from, range.from);
        for (; blocks > 0 && range.to < range.limit && isClosed(range.to); --blocks) {
            uint64 end = range.to + 1;
            while (end < range.limit && hourOf(end) == hourOf(range.to)) ++end;
            if (zkGasOf(range.from, end) > Constants.MAX_BATCH_MESSAGE_ZKGAS) break;
            (range.blockStart, range.to) = (range.to, end);
        }
    }

    function announceSkip() external {
        uint64 head = rollup.nextInboxIndex();
        uint256 since = max(max(enteredT, lastSkipT), lastProofT);
        bool isAllowed = phase() == ILifecycle.Phase.Enforced && announcedT == 0
            && nowT() - since >= (firstSkipT == 0 ? 5 days : 1 days) && head < messageT.length && nowT() - messageT[head] > 7 days;
        (bool ok,) = address(lifecycle).call(abi.encodeCall(lifecycle.announceSkip, ()));
        assertTrue(ok == isAllowed, "after its wait without a proof");
        if (ok) announcedT = nowT();
    }

    function takeSkip() external {
        uint64 head = rollup.nextInboxIndex();
        bool isAllowed = phase() == ILifecycle.Phase.Enforced && announcedT != 0 && nowT() - announcedT >= 12 hours;
        (bool ok,) = address(lifecycle).call(abi.encodeCall(lifecycle.takeSkip, ()));
        assertTrue(ok == isAllowed, "after its notice without a proof");
        if (!ok) return;
        uint64 limit = rangeEnd(head);
        uint64 to = head;
        while (to < limit && to < head + width && nowT() - messageT[to] > 7 days) isSkipped[to++] = true;
        assertTrue(to > head, "one at least");
        width *= 2;
        if (firstSkipT == 0) firstSkipT = nowT();
        (lastSkipT, announcedT) = (nowT(), 0);
        noteSettled();
    }

    function requestReturn(bool isStranger) external {
        address caller = isStranger ? address(this) : seat.coldKey();
        bool isAllowed = phase() == ILifecycle.Phase.Enforced && !isStranger;
        vm.prank(caller);
        (bool ok,) = address(lifecycle).call(abi.encodeCall(lifecycle.requestReturn, ()));
        assertTrue(ok == isAllowed, "the seated alone");
        if (ok && returnT == 0) (returnT, returnTarget) = (nowT(), messageT.length);
        noteSettled();
    }

    function returnToOperating() external {
        noteSettled();
        bool isAllowed = phase() == ILifecycle.Phase.Enforced && returnT != 0 && nowT() - returnT >= 1 days
            && targetSettledT != 0 && nowT() - targetSettledT >= 1 days && (lastSkipT == 0 || nowT() - lastSkipT >= 14 days)
            && rollup.lastFinalT() > lifecycle.episode().enteredT && rollup.lastFinalT() > lastSkipT
            && lanes.latestOpenDispute() == 0 && !isOverdue();
        (bool ok,) = address(lifecycle).call(abi.encodeCall(lifecycle.returnToOperating, ()));
        assertTrue(ok == isAllowed, "settled for a day, and not too late");
    }

    function freeze(uint256 cause) external {
        cause %= 4;
        uint256 dispute = cause == 2 ? lanes.latestOpenDispute() : 0;
        if (cause == 2 && dispute == 0) return;
        bool isAllowed = !isFrozen
            && (cause == 2 ? timestamp() >= lanes.dispute(dispute).endWall : isCause(ILifecycle.FreezeCause(cause)));
        (bool ok,) = address(lifecycle).call(abi.encodeCall(lifecycle.freeze, (ILifecycle.FreezeCause(cause), dispute)));
        assertTrue(ok == isAllowed, "for the four causes alone");
        if (ok) isFrozen = true;
    }

    function pause() external {
        if (timestamp() < lastPause + 90 days) return;
        lastPause = timestamp();
        vm.prank(COUNCIL);
        clock.start(IClock.Stop.Pause);
    }

    function resolve(bool isSecond) external {
        uint256 dispute = lanes.latestOpenDispute();
        if (dispute == 0) return;
        ILanes.Dispute memory open = lanes.dispute(dispute);
        address taken = isSecond ? open.laneB : open.laneA;
        vm.prank(COUNCIL);
        lanes.resolve(dispute, taken);
        noteDeath(taken);
    }

    function contradict(uint256 which, uint256 seed) external {
        which %= LANES;
        if (seed % 40 != 0) return;
        ScriptedLane lane = laneOf[which];
        for (uint256 said = 1; said < 3; ++said) {
            bytes32 statement = Statement.hash("inputs", bytes32(said), Statement.hashBinding(openBinding()));
            lane.submit(statement, 0, "");
            (bool ok,) =
                address(lanes).call(abi.encodeCall(lanes.recordStatement, (address(lane), "inputs", bytes32(said), openBinding())));
            assertTrue(ok != isDead[which], "evidence against the living");
        }
        noteDeath(address(lane));
    }
}
