// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ILifecycle} from "../../src/interfaces/ILifecycle.sol";
import {IRollup, Outputs} from "../../src/interfaces/IRollup.sol";
import {Constants} from "../../src/libraries/Constants.sol";
import {ScriptedLane} from "./ScriptedLane.sol";
import {System} from "./System.sol";

// What a handler of the protocol writes down beside the contracts (when messages came, when proofs did, what was skipped, which lanes fell), and
// what the rules give for it. Of the contracts it reads what cannot be worked out from acts alone: answers and the time.

abstract contract ProtocolBooks is System {
    uint256 internal constant LANES = 3;

    ScriptedLane[LANES] internal laneOf;
    bool[LANES] internal isDead;
    uint256[] internal messageT;
    uint256[] internal messageZkGas;
    bool[] internal isSkipped;
    uint256 internal enteredT;
    uint256 internal entries;
    uint256 internal lastProofT;
    uint256 internal lastFinalT;
    uint256 internal firstSkipT;
    uint256 internal lastSkipT;
    uint256 internal announcedT;
    uint256 internal width;
    uint256 internal returnT;
    uint256 internal returnTarget;
    uint256 internal targetSettledT;
    uint256 internal noLaneT;
    uint256 internal lastPause;
    bool internal isFrozen;

    constructor() {
        deploySystem(1, false, true);
        laneOf = [zkLane, addLane(Constants.ANSWER_ZK, new address[](0)), attesterLane];
        vm.deal(address(this), 1_000_000 ether);
    }

    function nowT() internal view returns (uint256) {
        return clock.current();
    }

    function phase() internal view returns (ILifecycle.Phase) {
        return lifecycle.phase();
    }

    // What the rules give

    function isCause(ILifecycle.FreezeCause cause) internal view returns (bool) {
        if (cause == ILifecycle.FreezeCause.NoLane) return noLaneT != 0 && nowT() - noLaneT >= 30 days;
        if (phase() != ILifecycle.Phase.Enforced) return false;
        if (cause == ILifecycle.FreezeCause.Skipped) return firstSkipT != 0 && nowT() - firstSkipT >= 30 days;
        return nowT() - max(enteredT, lastFinalT) >= 30 days;
    }

    function isOverdue() internal view returns (bool) {
        return isCause(ILifecycle.FreezeCause.NoFinality) || isCause(ILifecycle.FreezeCause.Skipped)
            || isCause(ILifecycle.FreezeCause.NoLane);
    }

    function isDecided(uint64 index) internal view returns (bool) {
        (, bytes32 finalHash,,) = rollup.finalHead();
        bytes32 outputs;
        bool isAgreed;
        uint256 readyT = type(uint256).max;
        bool hasProof;
        for (uint256 i = 0; i < LANES; ++i) {
            IRollup.Answer memory given = rollup.answerBy(index, address(laneOf[i]));
            if (given.recordedT == 0) continue;
            if (outputs != 0 && outputs != given.outputs) return false;
            outputs = given.outputs;
            if (i == 2) isAgreed = true;
            else (hasProof, readyT) = (true, given.recordedT + 3 days < readyT ? given.recordedT + 3 days : readyT);
        }
        return hasProof && rollup.batch(index).parentHash == finalHash && (isAgreed || nowT() >= readyT);
    }

    function isProven(uint64 index) internal view returns (bool) {
        (, bytes32 finalHash,,) = rollup.finalHead();
        if (index == rollup.finalizedCount() + 1 && rollup.batch(index).parentHash != finalHash) return false;
        return rollup.answerBy(index, address(laneOf[0])).recordedT != 0 || rollup.answerBy(index, address(laneOf[1])).recordedT != 0;
    }

    function parentHolds(uint64 index, uint256 which) internal view returns (bool) {
        bytes32 parent = rollup.batch(index).parentHash;
        (uint64 finalIndex, bytes32 finalHash,,) = rollup.finalHead();
        if (index == finalIndex + 1) return parent == finalHash;
        if (which == 2) return rollup.answerBy(index - 1, address(laneOf[2])).lastHash == parent;
        return rollup.answerBy(index - 1, address(laneOf[0])).lastHash == parent || rollup.answerBy(index - 1, address(laneOf[1])).lastHash == parent;
    }

    /// @dev Whether the last batch was answered as execution gives, so that an honest one may stand on it.
    function isChainHonest() internal view returns (bool) {
        uint64 last = rollup.committedCount();
        if (last == rollup.finalizedCount()) return true;
        bytes32 expected = honest(last).lastHash;
        return rollup.answerBy(last, address(laneOf[0])).lastHash == expected || rollup.answerBy(last, address(laneOf[1])).lastHash == expected;
    }

    function tip() internal view returns (bytes32 lastHash) {
        uint64 last = rollup.committedCount();
        if (last > rollup.finalizedCount()) return honest(last).lastHash;
        (, lastHash,,) = rollup.finalHead();
    }

    function honest(uint64 index) internal view returns (Outputs memory outputs) {
        IRollup.BatchRecord memory record = rollup.batch(index);
        outputs = outputsOf(keccak256(abi.encode(record.parentHash, index, record.inboxTo)));
        outputs.lastHash = honestHash(record.parentHash, index, record.inboxTo);
        outputs.lastTimestamp = record.commitTime;
    }

    function honestHash(bytes32 parent, uint64 index, uint64 to) internal pure returns (bytes32) {
        return keccak256(abi.encode("block", parent, index, to));
    }

    // What is written down

    function noteProof() internal {
        (lastProofT, announcedT) = (nowT(), 0);
    }

    function noteSettled() internal {
        if (returnT != 0 && targetSettledT == 0 && rollup.settledIndex() >= returnTarget) targetSettledT = nowT();
    }

    function noteDeath(address lane) internal {
        for (uint256 i = 0; i < LANES; ++i) {
            if (address(laneOf[i]) == lane) isDead[i] = true;
        }
        if (isDead[0] && isDead[1] && noLaneT == 0) noLaneT = nowT();
        lanes.closeDisputes(100);
    }

    /// @dev Where the next batch from `from` on has to end at the latest.
    function rangeEnd(uint64 from) internal view returns (uint64 end) {
        end = from;
        while (end < messageT.length && !isSkipped[end]) ++end;
    }

    function zkGasOf(uint256 from, uint256 to) internal view returns (uint256 sum) {
        for (uint256 i = from; i < to && i < messageZkGas.length; ++i) sum += messageZkGas[i];
    }

    function hourOf(uint64 message) internal view returns (uint256) {
        return inbox.prefix(message + 1).time / 3_600;
    }

    function isClosed(uint64 message) internal view returns (bool) {
        return hourOf(message) < timestamp() / 3_600;
    }

    function committedT(uint64 index) internal view returns (uint256) {
        return clock.timeAt(rollup.batch(index).commitTime);
    }

    function max(uint256 a, uint256 b) internal pure returns (uint256) {
        return a > b ? a : b;
    }
}
