// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IClock} from "../interfaces/IClock.sol";
import {IInbox} from "../interfaces/IInbox.sol";
import {ILanes} from "../interfaces/ILanes.sol";
import {IMaturity} from "../interfaces/IMaturity.sol";
import {IRollup} from "../interfaces/IRollup.sol";
import {IUpgradeTimelock, SpecUpgrade, Upgrade, UpgradeKind, ZkLaneUpgrade} from "../interfaces/IUpgradeTimelock.sol";
import {Constants} from "../libraries/Constants.sol";
import {LifecycleView} from "../libraries/LifecycleView.sol";
import {UpgradeId} from "../libraries/UpgradeId.sol";
import {UpgradeEffects} from "./UpgradeEffects.sol";

// When an upgrade may be carried out. Owns the schedules, the veto's memory and the guards; what an upgrade does is UpgradeEffects'.
//
//      schedule (Governor) ──► Scheduled ──eta──► Executable ──execute (anyone)──► Executed
//                                 │ │                 │  └──expiry──► Expired       (extend while only exits keep it back)
//                                 │ └──expedite (council, Training; Mature: one lane after a trip)──► Executed
//                                 └──veto (council, once per content)──► Vetoed     (also while executable)
//
// States follow from T; only execution, a content's veto and a moved expiry are stored. No owner, no setter: it does not even change itself.
// Invariant: beside the operator (7 days), nothing is carried out earlier than the exit window and 30 days after its scheduling, except
// by `expedite`; and nothing at all while a message older than 14.5 days waits, a dispute is open, the chain is Frozen or Ossified.

/// @title UpgradeTimelock
contract UpgradeTimelock is UpgradeEffects, ReentrancyGuardTransient {
    /// @notice What a deployment decides once.
    /// @param delaySeconds of every upgrade but the operator's, in seconds of the main profile
    /// @param sunset wall time from which nothing is expedited
    struct Config {
        address governor;
        address council;
        address clock;
        address rollup;
        address lanes;
        address seat;
        address lifecycle;
        address maturity;
        address inbox;
        uint256 delaySeconds;
        uint256 sunset;
        bytes32 corpusStatement;
    }

    /// @inheritdoc IUpgradeTimelock
    address public immutable GOVERNOR;
    /// @inheritdoc IUpgradeTimelock
    address public immutable CLOCK;
    /// @inheritdoc IUpgradeTimelock
    address public immutable LIFECYCLE;
    /// @inheritdoc IUpgradeTimelock
    address public immutable MATURITY;
    /// @inheritdoc IUpgradeTimelock
    uint256 public immutable SUNSET;
    /// @inheritdoc IUpgradeTimelock
    address public immutable INBOX;
    uint256 private immutable DELAY;
    uint256 private immutable EXIT_WINDOW;

    mapping(bytes32 id => Schedule) private _schedules;
    /// @dev Wall time of the veto, seconds; 0 for none.
    mapping(bytes32 content => uint40) private _vetoedTime;
    mapping(address trippedLane => bool) private _isTripSpent;

    constructor(Config memory config)
        UpgradeEffects(config.council, config.rollup, config.lanes, config.seat, config.corpusStatement)
    {
        GOVERNOR = config.governor;
        CLOCK = config.clock;
        LIFECYCLE = config.lifecycle;
        MATURITY = config.maturity;
        INBOX = config.inbox;
        SUNSET = config.sunset;
        if (config.delaySeconds < Constants.MIN_UPGRADE_DELAY_SECONDS) {
            revert DelayBelowMinimum(config.delaySeconds, Constants.MIN_UPGRADE_DELAY_SECONDS);
        }
        if (config.delaySeconds > Constants.MAX_UPGRADE_DELAY_SECONDS) {
            revert DelayAboveMaximum(config.delaySeconds, Constants.MAX_UPGRADE_DELAY_SECONDS);
        }
        IClock clock = IClock(config.clock);
        uint256 latest = block.timestamp + clock.scaled(Constants.MAX_SUNSET_SECONDS);
        if (config.sunset > latest) revert SunsetTooLate(config.sunset, latest);
        DELAY = clock.scaled(config.delaySeconds);
        EXIT_WINDOW = clock.scaled(
            Constants.EXIT_ENQUEUE_SECONDS + Constants.ENFORCED_TRIGGER_SECONDS + Constants.EXIT_ENTER_SECONDS
                + Constants.EXIT_PROVE_SECONDS + Constants.ZK_ALONE_DELAY_SECONDS + Constants.EXIT_CLAIM_SECONDS
        );
        uint256 net = clock.scaled(Constants.MIN_NET_EXIT_SECONDS);
        if (DELAY < EXIT_WINDOW + net) revert ExitWindowTooShort(DELAY, EXIT_WINDOW, EXIT_WINDOW + net);
    }

    /// @inheritdoc IUpgradeTimelock
    function schedule(Upgrade calldata upgrade) external nonReentrant returns (bytes32 id) {
        if (msg.sender != GOVERNOR) revert NotGovernor(msg.sender, GOVERNOR);
        if (upgrade.reportHash == 0) revert ReportMissing();
        _checkStage(upgrade.kind);
        _checkUpgrade(upgrade);
        if (upgrade.kind == UpgradeKind.Spec) _specDelay(upgrade);
        id = idOf(upgrade);
        if (_schedules[id].scheduledT != 0) revert AlreadyScheduled(id);
        uint256 nowT = IClock(CLOCK).current();
        uint256 eta = nowT + delayOf(upgrade.kind);
        uint256 expiry = eta + _scaled(Constants.UPGRADE_GRACE_SECONDS);
        _checkExitWindow(upgrade.kind, nowT, eta);
        bytes32 content = contentOf(upgrade);
        _schedules[id] =
            Schedule(uint40(nowT), uint40(eta), uint40(expiry), upgrade.kind, false, uint40(block.timestamp), content);
        emit UpgradeScheduled(id, upgrade.kind, content, upgrade, nowT, eta, expiry);
    }

    /// @inheritdoc IUpgradeTimelock
    function execute(Upgrade calldata upgrade) external nonReentrant {
        bytes32 id = idOf(upgrade);
        Schedule storage record = _schedules[id];
        _expectState(id, _stateOf(record, contentOf(upgrade)), UpgradeState.Executable);
        _checkExitWindow(upgrade.kind, record.scheduledT, record.eta);
        _carryOut(id, upgrade, false, 0);
    }

    /// @inheritdoc IUpgradeTimelock
    function expedite(Upgrade calldata upgrade) external nonReentrant {
        if (msg.sender != COUNCIL) revert NotCouncil(msg.sender, COUNCIL);
        if (block.timestamp >= SUNSET) revert CouncilSunset(SUNSET);
        bytes32 id = idOf(upgrade);
        Schedule storage record = _schedules[id];
        if (!_isOpen(record, _vetoedTime[contentOf(upgrade)])) revert UnexpectedState(id, state(id));
        IMaturity.Stage stage = IMaturity(MATURITY).stage();
        UpgradeKind kind = upgrade.kind;
        uint40 zkAloneFromT = 0;
        if (stage == IMaturity.Stage.Training) {
            if (!_isExpeditable(kind)) revert NotExpeditable(kind, uint8(stage));
        } else {
            if (kind != UpgradeKind.ZkLane) revert NotExpeditable(kind, uint8(stage));
            _spendTrip(upgrade, record.scheduledT);
            zkAloneFromT = record.eta;
        }
        _carryOut(id, upgrade, true, zkAloneFromT);
    }

    /// @inheritdoc IUpgradeTimelock
    function vetoedTimeOf(bytes32 content) external view returns (uint256) {
        return _vetoedTime[content];
    }

    /// @inheritdoc IUpgradeTimelock
    function veto(bytes32 content, bytes32 reportHash, bytes32 salt) external nonReentrant {
        if (msg.sender != COUNCIL) revert NotCouncil(msg.sender, COUNCIL);
        bytes32 id = UpgradeId.compute(address(this), content, reportHash, salt);
        Schedule storage record = _schedules[id];
        if (!isVetoable(record.kind)) revert NotVetoable(record.kind);
        uint256 vetoedTime = _vetoedTime[content];
        if (!_isOpen(record, vetoedTime)) revert UnexpectedState(id, state(id));
        if (vetoedTime != 0) revert VetoSpent(content);
        _vetoedTime[content] = uint40(block.timestamp);
        emit UpgradeVetoed(id, content);
    }

    /// @inheritdoc IUpgradeTimelock
    function extend(bytes32 id) external nonReentrant {
        _expectState(id, state(id), UpgradeState.Executable);
        (bool isFrozen, bool isDisputed, bool exitsGoFirst,) = guard();
        Schedule storage record = _schedules[id];
        // Exits never keep an operator's change back.
        bool isKeptBack = exitsGoFirst && record.kind != UpgradeKind.Operator;
        if (isFrozen || isDisputed || !isKeptBack) revert NothingToExtend(id);
        uint256 expiry = IClock(CLOCK).current() + _scaled(Constants.UPGRADE_EXTENSION_SECONDS);
        uint256 latest = record.eta + _scaled(Constants.MAX_UPGRADE_EXTENSION_SECONDS);
        if (expiry > latest) expiry = latest;
        if (expiry <= record.expiry) revert NothingToExtend(id);
        record.expiry = uint40(expiry);
        emit UpgradeExtended(id, expiry);
    }

    /// @inheritdoc IUpgradeTimelock
    function state(bytes32 id) public view returns (UpgradeState) {
        Schedule storage record = _schedules[id];
        return _stateOf(record, record.content);
    }

    /// @inheritdoc IUpgradeTimelock
    function scheduleOf(bytes32 id) external view returns (Schedule memory) {
        return _schedules[id];
    }

    /// @inheritdoc IUpgradeTimelock
    function idOf(Upgrade calldata upgrade) public view returns (bytes32) {
        return UpgradeId.compute(address(this), contentOf(upgrade), upgrade.reportHash, upgrade.salt);
    }

    /// @inheritdoc IUpgradeTimelock
    function contentOf(Upgrade calldata upgrade) public pure returns (bytes32) {
        return UpgradeId.contentOf(upgrade);
    }

    /// @inheritdoc IUpgradeTimelock
    function isVetoable(UpgradeKind kind) public pure returns (bool) {
        return kind != UpgradeKind.AttesterSet && kind != UpgradeKind.Operator && kind != UpgradeKind.Council;
    }

    /// @inheritdoc IUpgradeTimelock
    function delayOf(UpgradeKind kind) public view returns (uint256) {
        return kind == UpgradeKind.Operator ? _scaled(Constants.OPERATOR_CHANGE_DELAY_SECONDS) : DELAY;
    }

    /// @inheritdoc IUpgradeTimelock
    function exitWindow() external view returns (uint256) {
        return EXIT_WINDOW;
    }

    /// @inheritdoc IUpgradeTimelock
    function guard()
        public
        view
        returns (bool isFrozen, bool isDisputed, bool exitsGoFirst, uint64 firstUnsettled)
    {
        isFrozen = LifecycleView.isFrozen(LIFECYCLE);
        IClock clock = IClock(CLOCK);
        // An address without code has never opened a dispute, and code once there stays.
        isDisputed = clock.stoppedUntil(IClock.Stop.Dispute) > block.timestamp
            || (LANES.code.length != 0 && ILanes(LANES).latestOpenDispute() != 0);
        uint256 nowT = clock.current();
        // Messages are in order of time, so the first one that was not settled a day ago is the oldest such.
        firstUnsettled = IRollup(ROLLUP).settledIndexAt(nowT - _scaled(Constants.GUARD_SETTLED_SECONDS));
        if (firstUnsettled < IInbox(INBOX).count()) {
            uint256 enqueuedT = clock.timeAt(IInbox(INBOX).prefix(firstUnsettled + 1).time);
            exitsGoFirst = nowT - enqueuedT >= _scaled(Constants.GUARD_MESSAGE_AGE_SECONDS);
        }
    }

    function _carryOut(bytes32 id, Upgrade calldata upgrade, bool isExpedited, uint40 zkAloneFromT) private {
        _checkStage(upgrade.kind);
        (bool isFrozen, bool isDisputed, bool exitsGoFirst, uint64 firstUnsettled) = guard();
        if (isFrozen) revert ChainFrozen();
        if (isDisputed) revert DisputeOpen();
        // The operator takes nothing, so its change waits for nobody.
        if (exitsGoFirst && upgrade.kind != UpgradeKind.Operator) {
            revert ExitsGoFirst(firstUnsettled, IInbox(INBOX).count());
        }
        _checkUpgrade(upgrade);
        _schedules[id].isExecuted = true;
        emit UpgradeExecuted(id, upgrade.kind, isExpedited);
        uint256 specDelay = upgrade.kind == UpgradeKind.Spec ? _specDelay(upgrade) : 0;
        _applyUpgrade(upgrade, IClock(CLOCK).current(), specDelay, zkAloneFromT);
    }

    /// @dev One replacement for each lane that tripped, public for 7 days at the act.
    function _spendTrip(Upgrade calldata upgrade, uint256 scheduledT) private {
        (address trippedLane,) = ILanes(LANES).tripped();
        bool isPublic = IClock(CLOCK).current() >= scheduledT + _scaled(Constants.TRIPPED_PUBLIC_SECONDS);
        if (trippedLane == address(0) || _isTripSpent[trippedLane] || !isPublic) {
            revert NotTripped(abi.decode(upgrade.payload, (ZkLaneUpgrade)).lane, scheduledT);
        }
        _isTripSpent[trippedLane] = true;
    }

    function _specDelay(Upgrade calldata upgrade) private view returns (uint256 delaySeconds) {
        delaySeconds = abi.decode(upgrade.payload, (SpecUpgrade)).delaySeconds;
        uint256 minimum = _scaled(Constants.MIN_SPEC_ACTIVATION_SECONDS);
        if (delaySeconds < minimum) revert DelayBelowMinimum(delaySeconds, minimum);
        uint256 maximum = _scaled(Constants.MAX_SPEC_ACTIVATION_SECONDS);
        if (delaySeconds > maximum) revert DelayAboveMaximum(delaySeconds, maximum);
    }

    function _checkStage(UpgradeKind kind) private view {
        IMaturity.Stage stage = IMaturity(MATURITY).stage();
        bool isForbidden = stage == IMaturity.Stage.Ossified || (kind == UpgradeKind.Core && stage != IMaturity.Stage.Training);
        if (isForbidden) revert StageForbids(uint8(stage), kind);
    }

    /// @dev An operator cannot take anything, so its change is outside the window.
    function _checkExitWindow(UpgradeKind kind, uint256 scheduledT, uint256 eta) private view {
        if (kind == UpgradeKind.Operator) return;
        uint256 needed = EXIT_WINDOW + _scaled(Constants.MIN_NET_EXIT_SECONDS);
        if (eta - scheduledT < needed) revert ExitWindowTooShort(eta - scheduledT, EXIT_WINDOW, needed);
    }

    /// @dev Scheduled or Executable. T never outruns wall time (P-001): what the wall clock has not reached, T has not either, and the Clock
    /// need not be asked.
    function _isOpen(Schedule storage record, uint256 vetoedTime) private view returns (bool) {
        if (record.scheduledT == 0 || record.isExecuted || _isVetoed(record, vetoedTime)) return false;
        return block.timestamp <= record.expiry || IClock(CLOCK).current() <= record.expiry;
    }

    /// @param content of the record: who has computed it spares the word in which it is kept
    function _stateOf(Schedule storage record, bytes32 content) private view returns (UpgradeState) {
        if (record.scheduledT == 0) return UpgradeState.Unknown;
        if (record.isExecuted) return UpgradeState.Executed;
        if (_isVetoed(record, _vetoedTime[content])) return UpgradeState.Vetoed;
        uint256 nowT = IClock(CLOCK).current();
        if (nowT < record.eta) return UpgradeState.Scheduled;
        return nowT <= record.expiry ? UpgradeState.Executable : UpgradeState.Expired;
    }

    /// @dev A veto takes every schedule of its content that stood then: twins under other salts wait for another proposal too.
    function _isVetoed(Schedule storage record, uint256 vetoedTime) private view returns (bool) {
        return vetoedTime != 0 && record.scheduledTime <= vetoedTime;
    }

    function _expectState(bytes32 id, UpgradeState current, UpgradeState expected) private pure {
        if (current != expected) revert UnexpectedState(id, current);
    }

    function _isExpeditable(UpgradeKind kind) private pure returns (bool) {
        return isVetoable(kind);
    }

    function _scaled(uint256 durationSeconds) private view returns (uint256) {
        return IClock(CLOCK).scaled(durationSeconds);
    }
}
