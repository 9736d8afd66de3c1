// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IBounty} from "../interfaces/IBounty.sol";
import {IClock} from "../interfaces/IClock.sol";
import {ILane} from "../interfaces/ILane.sol";
import {ILanes} from "../interfaces/ILanes.sol";
import {IMaturity} from "../interfaces/IMaturity.sol";
import {Binding} from "../interfaces/IRollup.sol";
import {Constants} from "../libraries/Constants.sol";
import {Statement} from "../libraries/Statement.sol";
import {Specs} from "./Specs.sol";

// Which lanes may answer, for which spec, and what takes one away. Owns records, epochs and the evidence against lanes; specs are in Specs,
// disputes in Disputes. What an answer is worth is the Rollup's policy. Not upgradeable.
//
//      registered, enabled ◄──switch──► off          dead: by a contradiction, by the council, or with a lane it is built on
//               └───────────────┴──────────► dead (absorbing)
//
// Invariants: an answer counts only in the epoch of its lane in which it was given; a dead lane never comes back, nor does one built on
// it; at most MAX_ENABLED_LANES are enabled, so whoever goes through them does a bounded amount of work.

/// @title Lanes
contract Lanes is Specs {
    /// @notice What a deployment decides once.
    struct Config {
        address clock;
        address rollup;
        address maturity;
        address bounty;
        address securityCouncil;
        address upgradeAuthority;
        bool isTrainingDevnet;
    }

    /// @notice A lane registered by the constructor.
    struct InitialLane {
        address lane;
        uint8 kind;
        address[] builtOn;
    }

    /// @dev One word; its position is the lane's id.
    struct Lane {
        address lane;
        uint8 kind;
        uint24 specId;
        uint24 epoch;
        uint40 zkAloneFromT;
    }

    /// @dev One word. `beneath` has the bit of every lane it is built on, directly or not.
    struct Standing {
        uint128 beneath;
        uint40 enabledSinceT;
        bool isDead;
    }

    struct Owed {
        address beneficiary;
        uint40 laneAge;
    }

    /// @inheritdoc ILanes
    address public immutable MATURITY;
    /// @inheritdoc ILanes
    address public immutable BOUNTY;
    /// @inheritdoc ILanes
    address public immutable UPGRADE_AUTHORITY;
    /// @inheritdoc ILanes
    bool public immutable isTrainingDevnet;
    uint256 private immutable PENALTY;
    uint256 private immutable TRIP_AGE;
    uint256 private immutable TRIP_LENGTH;

    /// @inheritdoc ILanes
    uint256 public zkContradictions;
    Lane[] private _lanes;
    mapping(uint256 id => Standing) private _standings;
    mapping(address lane => uint256 idPlusOne) private _ids;
    /// @dev Ids of the enabled lanes, one byte each from the second on; the first byte is their number.
    uint256 private _enabled;
    uint40 private _noLaneSinceT;
    uint40 private _trippedUntilT;
    uint8 private _trippedId;
    mapping(address lane => mapping(bytes32 inputs => Evidence)) private _evidence;
    mapping(address lane => Owed) private _bounties;

    constructor(Config memory config, InitialLane[] memory lanes)
        Specs(config.clock, config.rollup, config.securityCouncil)
    {
        if (config.isTrainingDevnet && block.chainid != Constants.DEVNET_L1_CHAIN_ID) {
            revert ProfileOffDevnet(block.chainid);
        }
        MATURITY = config.maturity;
        BOUNTY = config.bounty;
        UPGRADE_AUTHORITY = config.upgradeAuthority;
        isTrainingDevnet = config.isTrainingDevnet;
        IClock clock = IClock(config.clock);
        PENALTY = clock.scaled(Constants.ZK_ALONE_PENALTY_SECONDS);
        TRIP_AGE = clock.scaled(Constants.TRIP_LANE_AGE_SECONDS);
        TRIP_LENGTH = clock.scaled(Constants.TRIP_LENGTH_SECONDS);
        for (uint256 i = 0; i < lanes.length; ++i) {
            _register(lanes[i].lane, lanes[i].kind, lanes[i].builtOn, 0);
        }
        _noteWhetherOneIsLeft();
    }

    /// @inheritdoc ILanes
    function recordStatement(address lane, bytes32 inputs, bytes32 outputs, Binding calldata binding) external {
        uint256 id = _idOf(lane);
        if (_standings[id].isDead) revert LaneDead(lane);
        bytes32 statement = Statement.hash(inputs, outputs, Statement.hashBinding(binding));
        if (!ILane(lane).accepted(statement)) revert StatementNotAccepted(statement, lane);
        Evidence storage first = _evidence[lane][inputs];
        if (first.recordedAt == 0) {
            _evidence[lane][inputs] = Evidence(outputs, uint40(block.timestamp));
            emit StatementRecorded(lane, inputs, outputs, binding.beneficiary);
            return;
        }
        if (first.outputs == outputs) revert SameOutputs(inputs, outputs);
        _noteExpiry();
        uint256 age = _ageOf(id);
        emit LaneContradicted(lane, inputs, first.outputs, outputs, binding.beneficiary, age);
        if (_lanes[id].kind == Constants.ANSWER_ZK) _nullify(id, age, binding.beneficiary);
        else _kill(id);
        _noteWhetherOneIsLeft();
        _closeDisputes(CLOSE_AT_ONCE);
    }

    /// @inheritdoc ILanes
    function payBounty(address lane) external {
        Owed memory owed = _bounties[lane];
        if (owed.beneficiary == address(0)) revert NoBountyOwed(lane);
        delete _bounties[lane];
        uint256 paid = IBounty(BOUNTY).pay(owed.beneficiary, owed.laneAge);
        emit BountyPaid(lane, owed.beneficiary, paid);
    }

    /// @inheritdoc ILanes
    function registerLane(address lane, uint8 kind, address[] calldata builtOn, uint40 zkAloneFromT) external {
        _onlyUpgradeAuthority();
        _noteExpiry();
        _register(lane, kind, builtOn, zkAloneFromT);
        _noteWhetherOneIsLeft();
    }

    /// @inheritdoc ILanes
    function switchLane(address lane, bool isEnabled) external {
        _onlyUpgradeAuthority();
        uint256 id = _idOf(lane);
        if (_standings[id].isDead) revert LaneDead(lane);
        _noteExpiry();
        // Another epoch either way: what a lane answered before it was switched never counts after.
        uint24 epoch = ++_lanes[id].epoch;
        bool wasEnabled = _standings[id].enabledSinceT != 0;
        if (isEnabled && !wasEnabled) _enable(id);
        if (!isEnabled && wasEnabled) _disable(id);
        emit LaneSwitched(lane, isEnabled, epoch);
        _noteWhetherOneIsLeft();
        _closeDisputes(CLOSE_AT_ONCE);
    }

    /// @inheritdoc ILanes
    function lanesToAnswer(address lane, uint256 specId)
        external
        view
        returns (LaneView[] memory lanes, bool attestersAlone)
    {
        uint256 id = _idOf(lane);
        if (_standings[id].enabledSinceT == 0) revert LaneDisabled(lane);
        if (_lanes[id].specId != specId) revert LaneForOtherSpec(lane, _lanes[id].specId, specId);
        _checkAnswerable(specId);
        return enabledLanes();
    }

    /// @inheritdoc ILanes
    function laneRecord(address lane) external view returns (LaneRecord memory record) {
        uint256 idPlusOne = _ids[lane];
        if (idPlusOne == 0) return record;
        Lane storage found = _lanes[idPlusOne - 1];
        Standing storage standing = _standings[idPlusOne - 1];
        return LaneRecord({
            kind: found.kind,
            id: uint8(idPlusOne - 1),
            isEnabled: standing.enabledSinceT != 0,
            isDead: standing.isDead,
            specId: found.specId,
            epoch: found.epoch,
            enabledSinceT: standing.enabledSinceT,
            zkAloneFromT: found.zkAloneFromT
        });
    }

    /// @inheritdoc ILanes
    function laneAt(uint8 id) external view returns (address) {
        return _lanes[id].lane;
    }

    /// @inheritdoc ILanes
    function laneCount() external view returns (uint256) {
        return _lanes.length;
    }

    /// @inheritdoc ILanes
    function counts(address lane, uint24 epoch) external view returns (bool) {
        uint256 idPlusOne = _ids[lane];
        return idPlusOne != 0 && _standings[idPlusOne - 1].enabledSinceT != 0 && _lanes[idPlusOne - 1].epoch == epoch;
    }

    /// @inheritdoc ILanes
    function attestersFinalizeAlone() external view returns (bool attestersAlone) {
        (, attestersAlone) = enabledLanes();
    }

    /// @inheritdoc ILanes
    function evidenceOf(address lane, bytes32 inputs) external view returns (Evidence memory) {
        return _evidence[lane][inputs];
    }

    /// @inheritdoc ILanes
    function tripped() external view returns (address lane, uint256 untilT) {
        if (_trippedUntilT != 0 && _now() <= _trippedUntilT) return (_lanes[_trippedId].lane, _trippedUntilT);
    }

    /// @inheritdoc ILanes
    function noLaneSince() public view returns (uint256) {
        if (_noLaneSinceT != 0) return _noLaneSinceT;
        uint256 untilT = _leftUntil();
        return _now() > untilT ? untilT : 0;
    }

    /// @inheritdoc ILanes
    function enabledLanes() public view returns (LaneView[] memory lanes, bool attestersAlone) {
        uint256 enabled = _enabled;
        lanes = new LaneView[](enabled & 0xff);
        attestersAlone = isTrainingDevnet;
        for (uint256 i = 0; i < lanes.length; ++i) {
            enabled >>= 8;
            Lane memory found = _lanes[enabled & 0xff];
            lanes[i] =
                LaneView(found.lane, found.kind, uint8(enabled), found.specId, found.epoch, found.zkAloneFromT);
            if (found.kind == Constants.ANSWER_ZK) attestersAlone = false;
        }
    }

    function _register(address lane, uint8 kind, address[] memory builtOn, uint40 zkAloneFromT) private {
        if (kind != Constants.ANSWER_ZK && kind != Constants.ANSWER_ATTESTERS) revert LaneKindInvalid(kind);
        if (_ids[lane] != 0) revert LaneExists(lane);
        uint256 id = _lanes.length;
        if (id == Constants.MAX_LANES) revert TooManyLanes(id + 1, Constants.MAX_LANES);
        bytes32 profile = ILane(lane).profile();
        if (profile != Constants.PROFILE_MAINNET && block.chainid != Constants.DEVNET_L1_CHAIN_ID) {
            revert LaneProfileRefused(lane, profile);
        }
        uint256 specId = ILane(lane).specId();
        // The next spec's lanes stand before the spec is added.
        if (specId < Constants.SPEC_ID || specId > _newestSpecId() + 1) revert LaneSpecUnknown(lane, specId);
        _standings[id].beneath = _foundation(lane, kind, builtOn);
        _ids[lane] = id + 1;
        _lanes.push(Lane(lane, kind, uint24(specId), 0, zkAloneFromT));
        _enable(id);
        emit LaneRegistered(lane, kind, specId, builtOn, zkAloneFromT);
    }

    function _foundation(address lane, uint8 kind, address[] memory builtOn) private view returns (uint128 beneath) {
        for (uint256 i = 0; i < builtOn.length; ++i) {
            uint256 idPlusOne = _ids[builtOn[i]];
            if (idPlusOne == 0 || kind != Constants.ANSWER_ZK || _lanes[idPlusOne - 1].kind != Constants.ANSWER_ZK) {
                revert FoundationInvalid(lane, builtOn[i]);
            }
            Standing storage found = _standings[idPlusOne - 1];
            if (found.isDead) revert FoundationInvalid(lane, builtOn[i]);
            beneath |= found.beneath | (uint128(1) << uint128(idPlusOne - 1));
        }
    }

    function _enable(uint256 id) private {
        uint256 count = _enabled & 0xff;
        if (count == Constants.MAX_ENABLED_LANES) revert TooManyLanes(count + 1, Constants.MAX_ENABLED_LANES);
        _enabled = (_enabled + 1) | (id << (8 * (count + 1)));
        _standings[id].enabledSinceT = uint40(_now());
    }

    /// @dev Takes one byte out of the list and closes the gap.
    function _disable(uint256 id) private {
        uint256 enabled = _enabled;
        uint256 shift = 8;
        while (((enabled >> shift) & 0xff) != id) shift += 8;
        uint256 below = enabled & ((1 << shift) - 1);
        _enabled = (below | ((enabled >> (shift + 8)) << shift)) - 1;
        _standings[id].enabledSinceT = 0;
    }

    /// @dev A zk lane with two truths takes everything built on it along; what it is built on waits for the attesters for a while.
    function _nullify(uint256 id, uint256 age, address beneficiary) private {
        ++zkContradictions;
        uint256 count = _lanes.length;
        uint128 beneath = _standings[id].beneath;
        uint256 suspendedUntil = _now() + PENALTY;
        address lane = _lanes[id].lane;
        for (uint256 other = 0; other < count; ++other) {
            if (other == id || ((_standings[other].beneath >> id) & 1) == 1) {
                _kill(other);
            } else if (((beneath >> other) & 1) == 1 && _lanes[other].zkAloneFromT < suspendedUntil) {
                _lanes[other].zkAloneFromT = uint40(suspendedUntil);
                emit ZkAloneSuspended(_lanes[other].lane, suspendedUntil);
            }
        }
        if (beneficiary != address(0)) _bounties[lane] = Owed(beneficiary, uint40(age));
        bool isMature = MATURITY.code.length != 0 && IMaturity(MATURITY).stage() == IMaturity.Stage.Mature;
        if (!isMature || age < TRIP_AGE) return;
        _trippedId = uint8(id);
        _trippedUntilT = uint40(_now() + TRIP_LENGTH);
        emit LaneTripped(lane, _trippedUntilT);
    }

    function _kill(uint256 id) private {
        Standing storage standing = _standings[id];
        if (standing.isDead) return;
        standing.isDead = true;
        uint24 epoch = ++_lanes[id].epoch;
        if (standing.enabledSinceT != 0) _disable(id);
        emit LaneKilled(_lanes[id].lane, epoch);
    }

    function _killInDispute(address lane) internal override {
        _noteExpiry();
        _kill(_idOf(lane));
        _noteWhetherOneIsLeft();
    }

    /// @dev Counts since when the profile lets no lane finalize.
    function _noteWhetherOneIsLeft() internal override {
        if (_now() <= _leftUntil()) _noLaneSinceT = 0;
        else if (_noLaneSinceT == 0) _noLaneSinceT = uint40(_now());
    }

    /// @dev Before a change: that the last lane's spec had expired is not forgotten with the lane.
    function _noteExpiry() private {
        uint256 sinceT = noLaneSince();
        if (sinceT != _noLaneSinceT) _noLaneSinceT = uint40(sinceT);
    }

    /// @dev Last T at which a lane that the profile lets finalize answers for its spec: 0 if there is none, without end for the newest spec.
    /// A lane that waits for a spec nobody has added answers for nothing.
    function _leftUntil() private view returns (uint256 untilT) {
        uint256 enabled = _enabled;
        for (uint256 left = enabled & 0xff; left != 0 && untilT != type(uint256).max; --left) {
            enabled >>= 8;
            Lane memory found = _lanes[enabled & 0xff];
            if (found.kind != Constants.ANSWER_ZK && !isTrainingDevnet) continue;
            uint256 answeredUntil = _answeredUntil(found.specId);
            if (answeredUntil > untilT) untilT = answeredUntil;
        }
    }

    function _isAnsweredFor(uint256 specId) internal view override returns (bool) {
        (LaneView[] memory lanes, bool attestersAlone) = enabledLanes();
        for (uint256 i = 0; i < lanes.length; ++i) {
            if (lanes[i].specId == specId && (lanes[i].kind == Constants.ANSWER_ZK || attestersAlone)) return true;
        }
        return false;
    }

    function _ageOf(uint256 id) private view returns (uint256) {
        uint256 since = _standings[id].enabledSinceT;
        return since == 0 ? 0 : _now() - since;
    }

    function _idOf(address lane) private view returns (uint256) {
        uint256 idPlusOne = _ids[lane];
        if (idPlusOne == 0) revert LaneUnknown(lane);
        return idPlusOne - 1;
    }

    function _laneOf(uint8 id) internal view override returns (address lane, uint24 epoch) {
        return (_lanes[id].lane, _lanes[id].epoch);
    }

    function _registeredId(address lane) internal view override returns (uint8) {
        return uint8(_idOf(lane));
    }

    function _onlyUpgradeAuthority() internal view override {
        if (msg.sender != UPGRADE_AUTHORITY) revert NotUpgradeAuthority(msg.sender, UPGRADE_AUTHORITY);
    }
}
