// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IClock} from "../interfaces/IClock.sol";
import {ILanes} from "../interfaces/ILanes.sol";
import {IRollup} from "../interfaces/IRollup.sol";
import {Constants} from "../libraries/Constants.sol";
import {FeeScalars} from "./FeeScalars.sol";

// The part of the Rollup that says what answers are worth. Owns the batch records and answers, and reads them: which answer counts, on what a
// batch may stand, what is proven, what the policy makes final. Changes nothing.
// Invariants: the policy is the same in every phase; attesters alone make nothing final off the devnet's profile; two counting answers that
// differ make nothing final.

/// @title What makes a batch final.
abstract contract FinalityPolicy is FeeScalars {
    /// @dev What the policy says of one batch; `decided` counts from one into the enabled lanes.
    struct Verdict {
        uint256 decided;
        bool zk;
        bool attesters;
        bool isDisputed;
        uint256 waitSeconds;
    }

    /// @inheritdoc IRollup
    address public immutable LANES;
    uint256 private immutable ZK_ALONE_DELAY;

    /// @inheritdoc IRollup
    uint64 public committedCount;
    /// @inheritdoc IRollup
    uint64 public finalizedCount;
    /// @inheritdoc IRollup
    uint64 public settledIndex;
    uint32 internal _round;
    bytes32 internal _finalHash;
    mapping(uint64 index => BatchRecord) internal _batches;
    mapping(uint64 index => mapping(address lane => Answer)) internal _answers;

    constructor(address clock, address lanes, address upgradeAuthority) FeeScalars(clock, upgradeAuthority) {
        LANES = lanes;
        ZK_ALONE_DELAY = IClock(clock).scaled(Constants.ZK_ALONE_DELAY_SECONDS);
    }

    /// @inheritdoc IRollup
    function answerOf(uint64 index, uint8 kind) external view returns (Answer memory found, address lane) {
        (ILanes.LaneView[] memory lanes,) = ILanes(LANES).enabledLanes();
        for (uint256 i = 0; i < lanes.length && lane == address(0); ++i) {
            if (lanes[i].kind != kind || !_counts(index, lanes[i])) continue;
            lane = lanes[i].lane;
            found = _answers[index][lane];
        }
    }

    /// @inheritdoc IRollup
    function answerBy(uint64 index, address lane) external view returns (Answer memory found) {
        (ILanes.LaneView[] memory lanes,) = ILanes(LANES).enabledLanes();
        for (uint256 i = 0; i < lanes.length; ++i) {
            if (lanes[i].lane == lane && _counts(index, lanes[i])) return _answers[index][lane];
        }
    }

    /// @dev Position of the lane whose answer makes the batch final now. Reverts if none does.
    function _decider(uint64 index, ILanes.LaneView[] memory lanes, bool alone, uint256 nowT)
        internal
        view
        returns (uint256)
    {
        Verdict memory verdict = _evaluate(index, lanes, alone, nowT);
        if (verdict.isDisputed) revert InDispute(index);
        if (verdict.decided == 0) revert PolicyNotMet(index, verdict.zk, verdict.attesters, verdict.waitSeconds);
        return verdict.decided - 1;
    }

    /// @dev zk + attesters agree: final at once; zk alone: Z after it was recorded, and once its lane may; attesters alone: on the
    /// devnet's profile. The earliest of several zk answers decides, and is paid.
    function _evaluate(uint64 index, ILanes.LaneView[] memory lanes, bool alone, uint256 nowT)
        internal
        view
        returns (Verdict memory verdict)
    {
        bytes32 outputs;
        uint256 zkPosition;
        uint256 zkSince = type(uint256).max;
        uint256 readyT = type(uint256).max;
        uint256 attestersPosition;
        for (uint256 i = 0; i < lanes.length; ++i) {
            if (!_counts(index, lanes[i])) continue;
            Answer storage given = _answers[index][lanes[i].lane];
            if (outputs == 0) outputs = given.outputs;
            else if (outputs != given.outputs) verdict.isDisputed = true;
            if (lanes[i].kind != Constants.ANSWER_ZK) {
                verdict.attesters = true;
                attestersPosition = i + 1;
                continue;
            }
            verdict.zk = true;
            uint256 since = given.recordedT;
            if (since < zkSince) (zkSince, zkPosition) = (since, i + 1);
            uint256 aloneT = since + ZK_ALONE_DELAY;
            if (aloneT < lanes[i].zkAloneFromT) aloneT = lanes[i].zkAloneFromT;
            if (aloneT < readyT) readyT = aloneT;
        }
        if (verdict.isDisputed) return verdict;
        if (verdict.zk && (verdict.attesters || nowT >= readyT)) verdict.decided = zkPosition;
        else if (verdict.zk) verdict.waitSeconds = readyT - nowT;
        else if (alone) verdict.decided = attestersPosition;
    }

    /// @dev An answer counts while its batch was not dropped since and its lane was not switched since.
    function _counts(uint64 index, ILanes.LaneView memory lane) internal view returns (bool) {
        Answer storage given = _answers[index][lane.lane];
        return given.recordedT != 0 && given.laneEpoch == lane.epoch && given.round == _batches[index].round
            && index <= committedCount;
    }

    /// @dev Proof means a zk answer; where attesters finalize alone, theirs too. A batch that builds on another block than the last
    /// final one can never be final, whatever was answered.
    function _isProven(uint64 index) internal view returns (bool) {
        if (index == finalizedCount + 1 && _batches[index].parentHash != _finalHash) return false;
        (ILanes.LaneView[] memory lanes, bool alone) = ILanes(LANES).enabledLanes();
        return _hasProof(index, lanes, alone);
    }

    function _hasProof(uint64 index, ILanes.LaneView[] memory lanes, bool alone) internal view returns (bool) {
        for (uint256 i = 0; i < lanes.length; ++i) {
            if ((alone || lanes[i].kind == Constants.ANSWER_ZK) && _counts(index, lanes[i])) return true;
        }
        return false;
    }

    /// @dev The parent must be the last final block, or end an answer of the same kind to the batch before.
    function _checkParent(uint64 index, uint8 kind, bytes32 parentHash, ILanes.LaneView[] memory lanes) internal view {
        uint64 parent = index - 1;
        if (parent == finalizedCount) {
            if (parentHash == _finalHash) return;
            revert ParentUnanswered(index, kind, parentHash);
        }
        for (uint256 i = 0; i < lanes.length; ++i) {
            if (lanes[i].kind != kind || !_counts(parent, lanes[i])) continue;
            if (_answers[parent][lanes[i].lane].lastHash == parentHash) return;
        }
        revert ParentUnanswered(index, kind, parentHash);
    }

    function _checkCommitted(uint64 index) internal view {
        if (index > committedCount) revert NoSuchBatch(index, committedCount);
    }

    function _checkPending(uint64 index) internal view {
        _checkCommitted(index);
        if (index <= finalizedCount) revert AlreadyFinal(index);
    }

    function _checkFinal(uint64 index) internal view {
        if (index > finalizedCount) revert NotFinal(index, finalizedCount);
    }
}
