// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Asset} from "../interfaces/IVault.sol";
import {IClock} from "../interfaces/IClock.sol";
import {ILanes} from "../interfaces/ILanes.sol";
import {IMaturity} from "../interfaces/IMaturity.sol";
import {IRollup} from "../interfaces/IRollup.sol";
import {IVault} from "../interfaces/IVault.sol";
import {Constants} from "../libraries/Constants.sol";

// The three stages. Owns the count towards the next one and the notice before the last:
//
//      Training ──value x time, batches, a zk lane of 90 d──► Mature ──more of each, a zk lane of a year──► notice 60 d ──► Ossified
//                 a contradiction of a zk lane starts the count anew and withdraws the notice; a stage is never left backwards
//
// A day counts once it is closed by an observation at least a day after the last one, with the lowest escrow that anyone showed in it:
// escrow that was there only for the moment of closing can be shown to be absent by anyone, at any other moment. Days on which nobody
// looked do not count. Without owner, setter or pause.
// Invariant: the stage only grows, one step at a time, each step by `advance`.

/// @title Maturity
contract Maturity is IMaturity {
    /// @inheritdoc IMaturity
    address public immutable CLOCK;
    /// @inheritdoc IMaturity
    address public immutable VAULT;
    /// @inheritdoc IMaturity
    address public immutable ROLLUP;
    /// @inheritdoc IMaturity
    address public immutable LANES;
    uint256 private immutable DAY;

    /// @inheritdoc IMaturity
    Stage public stage;
    /// @inheritdoc IMaturity
    uint256 public ossifiesAtT;
    Progress private _progress;

    constructor(address clock, address vault, address rollup, address lanes) {
        CLOCK = clock;
        VAULT = vault;
        ROLLUP = rollup;
        LANES = lanes;
        DAY = IClock(clock).scaled(Constants.OBSERVATION_DAY_SECONDS);
    }

    /// @inheritdoc IMaturity
    function observe() external {
        _observe();
    }

    /// @inheritdoc IMaturity
    function advance(address lane) external {
        _observe();
        if (stage == Stage.Ossified) revert NothingBeyondOssified();
        uint256 nowT = IClock(CLOCK).current();
        Stage next = stage == Stage.Training ? Stage.Mature : Stage.Ossified;
        if (ossifiesAtT != 0) {
            if (nowT < ossifiesAtT) revert NoticeRuns(ossifiesAtT);
            _checkLane(lane, requirement(next).laneAgeSeconds);
        } else {
            _checkRequirement(requirement(next), lane);
            if (next == Stage.Ossified) {
                ossifiesAtT = nowT + IClock(CLOCK).scaled(Constants.OSSIFIED_NOTICE_SECONDS);
                emit NoticeGiven(ossifiesAtT);
                return;
            }
        }
        stage = next;
        _restart(nowT, _progress.zkContradictions);
        emit StageEntered(next, nowT);
    }

    /// @inheritdoc IMaturity
    function progress() external view returns (Progress memory) {
        return _progress;
    }

    /// @inheritdoc IMaturity
    function requirement(Stage next) public view returns (Requirement memory) {
        if (next == Stage.Ossified) {
            return Requirement({
                capWei: Constants.OSSIFIED_COUNTED_CAP_WEI,
                valueSeconds: Constants.OSSIFIED_COUNTED_CAP_WEI * Constants.OSSIFIED_VALUE_DAYS * DAY,
                batchDays: Constants.OSSIFIED_BATCH_DAYS,
                laneAgeSeconds: IClock(CLOCK).scaled(Constants.OSSIFIED_LANE_AGE_SECONDS)
            });
        }
        return Requirement({
            capWei: Constants.MATURE_COUNTED_CAP_WEI,
            valueSeconds: Constants.MATURE_COUNTED_CAP_WEI * Constants.MATURE_VALUE_DAYS * DAY,
            batchDays: Constants.MATURE_BATCH_DAYS,
            laneAgeSeconds: IClock(CLOCK).scaled(Constants.MATURE_LANE_AGE_SECONDS)
        });
    }

    function _observe() private {
        Progress storage p = _progress;
        uint256 nowT = IClock(CLOCK).current();
        uint256 contradictions = ILanes(LANES).zkContradictions();
        if (contradictions != p.zkContradictions) {
            ossifiesAtT = 0;
            _restart(nowT, contradictions);
            emit ProgressReset(contradictions);
            return;
        }
        if (p.dayStartT == 0) {
            _restart(nowT, contradictions);
            return;
        }
        uint256 escrowWei = _countedEscrow();
        if (escrowWei < p.lowestWei) p.lowestWei = uint128(escrowWei);
        if (nowT < p.dayStartT + DAY) return;
        p.valueSeconds += uint256(p.lowestWei) * DAY;
        if (IRollup(ROLLUP).finalizedCount() > p.finalizedAtDayStart) ++p.batchDays;
        _startDay(nowT, escrowWei);
        emit Observed(p.valueSeconds, p.batchDays, nowT);
    }

    function _restart(uint256 nowT, uint256 contradictions) private {
        _progress.valueSeconds = 0;
        _progress.batchDays = 0;
        _progress.zkContradictions = uint64(contradictions);
        _startDay(nowT, _countedEscrow());
    }

    function _startDay(uint256 nowT, uint256 escrowWei) private {
        _progress.dayStartT = uint64(nowT);
        _progress.lowestWei = uint128(escrowWei);
        _progress.finalizedAtDayStart = IRollup(ROLLUP).finalizedCount();
    }

    /// @dev The escrow that counts towards the next stage, capped. What is recorded may not be there (it is for ETH): the lower of both.
    function _countedEscrow() private view returns (uint256) {
        Asset memory eth = Asset({kind: Constants.ASSET_ETH, token: address(0), id: 0});
        uint256 recorded = IVault(VAULT).recordedEscrow(eth);
        uint256 held = IVault(VAULT).heldEscrow(eth);
        uint256 escrowWei = recorded < held ? recorded : held;
        uint256 cap = requirement(stage == Stage.Training ? Stage.Mature : Stage.Ossified).capWei;
        return escrowWei < cap ? escrowWei : cap;
    }

    function _checkRequirement(Requirement memory needed, address lane) private view {
        Progress storage p = _progress;
        if (p.valueSeconds < needed.valueSeconds) revert ValueMissing(p.valueSeconds, needed.valueSeconds);
        if (p.batchDays < needed.batchDays) revert BatchDaysMissing(p.batchDays, needed.batchDays);
        _checkLane(lane, needed.laneAgeSeconds);
    }

    function _checkLane(address lane, uint256 neededSeconds) private view {
        ILanes.LaneRecord memory record = ILanes(LANES).laneRecord(lane);
        bool isLive = record.kind == Constants.ANSWER_ZK && record.isEnabled && !record.isDead && record.enabledSinceT != 0;
        uint256 age = isLive ? IClock(CLOCK).current() - record.enabledSinceT : 0;
        if (!isLive || age < neededSeconds) revert LaneNotOldEnough(lane, age, neededSeconds);
    }
}
