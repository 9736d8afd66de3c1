// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ILane} from "../interfaces/ILane.sol";
import {ILanes} from "../interfaces/ILanes.sol";
import {IOperatorSeat} from "../interfaces/IOperatorSeat.sol";
import {IRollup} from "../interfaces/IRollup.sol";
import {ISecurityCouncil} from "../interfaces/ISecurityCouncil.sol";
import {
    AttesterSetUpgrade,
    CoreUpgrade,
    CouncilUpgrade,
    FeesUpgrade,
    IUpgradeTimelock,
    LaneSwitchUpgrade,
    OperatorUpgrade,
    SpecUpgrade,
    Upgrade,
    UpgradeKind,
    ZkLaneUpgrade
} from "../interfaces/IUpgradeTimelock.sol";
import {Constants} from "../libraries/Constants.sol";

// What each kind of upgrade does, and what must hold before and after. Owns decoding, the pinned code, the calls and the
// post-conditions; when an upgrade may be carried out, and by whose leave, is the UpgradeTimelock's.
// Every call here names its target and its function: no payload is ever executed, only decoded.
// Invariant: nothing but these calls leaves this contract, and none carries value.

/// @dev Of the Rollup: what its upgrade authority may call, and the one call a new implementation may ask for.
interface IUpgradeableRollup {
    function upgradeToAndCall(address implementation, bytes calldata data) external payable;
    function setFeeConfig(uint256 dataFeeScalar, uint256 surchargeScalar) external;
    function migrate() external;
}

/// @title The effects of typed upgrades.
abstract contract UpgradeEffects is IUpgradeTimelock {
    /// @inheritdoc IUpgradeTimelock
    address public immutable COUNCIL;
    /// @inheritdoc IUpgradeTimelock
    address public immutable ROLLUP;
    /// @inheritdoc IUpgradeTimelock
    address public immutable LANES;
    /// @inheritdoc IUpgradeTimelock
    address public immutable SEAT;
    /// @inheritdoc IUpgradeTimelock
    bytes32 public immutable CORPUS_STATEMENT;

    /// @dev What a new core must leave as it is.
    struct CoreState {
        uint64 finalIndex;
        bytes32 finalHash;
        bytes32 finalRoot;
        uint64 finalNumber;
        uint64 settledIndex;
        uint64 committedCount;
        bytes32 wiring;
    }

    constructor(address council, address rollup, address lanes, address seat, bytes32 corpusStatement) {
        COUNCIL = council;
        ROLLUP = rollup;
        LANES = lanes;
        SEAT = seat;
        CORPUS_STATEMENT = corpusStatement;
    }

    /// @dev What must hold at scheduling and again at execution.
    function _checkUpgrade(Upgrade calldata upgrade) internal view {
        UpgradeKind kind = upgrade.kind;
        bytes calldata payload = upgrade.payload;
        bytes memory canonical;
        if (kind == UpgradeKind.Core) {
            CoreUpgrade memory core = abi.decode(payload, (CoreUpgrade));
            canonical = abi.encode(core);
            _checkCode(core.implementation, core.codehash);
        } else if (kind == UpgradeKind.ZkLane) {
            ZkLaneUpgrade memory zkLane = abi.decode(payload, (ZkLaneUpgrade));
            canonical = abi.encode(zkLane);
            // The one list of any length in a payload: a veto carries the payload, and must stay a transaction that every node relays.
            uint256 count = zkLane.builtOn.length;
            if (count > Constants.MAX_LANES) revert ILanes.TooManyLanes(count, Constants.MAX_LANES);
            _checkCode(zkLane.lane, zkLane.codehash);
            _checkKind(zkLane.lane, 0);
        } else if (kind == UpgradeKind.LaneSwitch) {
            LaneSwitchUpgrade memory laneSwitch = abi.decode(payload, (LaneSwitchUpgrade));
            canonical = abi.encode(laneSwitch);
            _checkCode(laneSwitch.lane, laneSwitch.codehash);
            _checkKind(laneSwitch.lane, Constants.ANSWER_ZK);
        } else if (kind == UpgradeKind.Spec) {
            canonical = abi.encode(abi.decode(payload, (SpecUpgrade)));
        } else if (kind == UpgradeKind.AttesterSet) {
            AttesterSetUpgrade memory set = abi.decode(payload, (AttesterSetUpgrade));
            canonical = abi.encode(set);
            _checkCode(set.lane, set.codehash);
            _checkKind(set.lane, 0);
            if (set.previousLane != address(0)) _checkKind(set.previousLane, Constants.ANSWER_ATTESTERS);
        } else if (kind == UpgradeKind.Operator) {
            canonical = abi.encode(abi.decode(payload, (OperatorUpgrade)));
        } else if (kind == UpgradeKind.Fees) {
            canonical = abi.encode(abi.decode(payload, (FeesUpgrade)));
        } else {
            CouncilUpgrade memory next = abi.decode(payload, (CouncilUpgrade));
            canonical = abi.encode(next);
            ISecurityCouncil(COUNCIL).checkMembers(next.members, next.threshold);
        }
        if (keccak256(canonical) != keccak256(payload)) revert PayloadNotCanonical(kind);
    }

    /// @param nowT T of the execution
    /// @param zkAloneFromT for a new zk lane: T before which it finalizes nothing alone
    function _applyUpgrade(Upgrade calldata upgrade, uint256 nowT, uint256 specDelay, uint40 zkAloneFromT) internal {
        UpgradeKind kind = upgrade.kind;
        bytes calldata payload = upgrade.payload;
        if (kind == UpgradeKind.Core) _upgradeCore(abi.decode(payload, (CoreUpgrade)));
        else if (kind == UpgradeKind.ZkLane) _addZkLane(abi.decode(payload, (ZkLaneUpgrade)), zkAloneFromT);
        else if (kind == UpgradeKind.LaneSwitch) _switchLane(abi.decode(payload, (LaneSwitchUpgrade)));
        else if (kind == UpgradeKind.Spec) _addSpec(abi.decode(payload, (SpecUpgrade)), nowT, specDelay);
        else if (kind == UpgradeKind.AttesterSet) _replaceAttesters(abi.decode(payload, (AttesterSetUpgrade)));
        else if (kind == UpgradeKind.Operator) _replaceOperator(abi.decode(payload, (OperatorUpgrade)));
        else if (kind == UpgradeKind.Fees) _setFees(abi.decode(payload, (FeesUpgrade)));
        else _setCouncil(abi.decode(payload, (CouncilUpgrade)));
    }

    function _upgradeCore(CoreUpgrade memory core) private {
        CoreState memory before = _coreState();
        bytes memory data = core.migrates ? abi.encodeCall(IUpgradeableRollup.migrate, ()) : bytes("");
        IUpgradeableRollup(ROLLUP).upgradeToAndCall(core.implementation, data);
        if (keccak256(abi.encode(before)) != keccak256(abi.encode(_coreState()))) {
            revert PostConditionFailed("the new core lost its state or its wiring");
        }
    }

    function _addZkLane(ZkLaneUpgrade memory zkLane, uint40 zkAloneFromT) private {
        _checkCorpus(zkLane.lane);
        ILanes(LANES).registerLane(zkLane.lane, Constants.ANSWER_ZK, zkLane.builtOn, zkAloneFromT);
        _expectLane(zkLane.lane, true);
    }

    function _switchLane(LaneSwitchUpgrade memory laneSwitch) private {
        ILanes(LANES).switchLane(laneSwitch.lane, laneSwitch.isEnabled);
        _expectLane(laneSwitch.lane, laneSwitch.isEnabled);
    }

    function _addSpec(SpecUpgrade memory spec, uint256 nowT, uint256 delaySeconds) private {
        uint256 activeT = nowT + delaySeconds;
        if (spec.specId > type(uint24).max) revert PostConditionFailed("the spec's number is too large");
        ILanes(LANES).addSpec(uint24(spec.specId), uint40(activeT));
        if (ILanes(LANES).specAt(activeT) != spec.specId) revert PostConditionFailed("the spec is not the next one");
    }

    /// @dev The new set is registered before the old one goes: at no moment is there none.
    function _replaceAttesters(AttesterSetUpgrade memory set) private {
        _checkCorpus(set.lane);
        ILanes(LANES).registerLane(set.lane, Constants.ANSWER_ATTESTERS, new address[](0), 0);
        _expectLane(set.lane, true);
        // A set that contradicted itself, or lost a dispute, is gone already: that must not keep its successor out.
        if (set.previousLane == address(0) || ILanes(LANES).laneRecord(set.previousLane).isDead) return;
        ILanes(LANES).switchLane(set.previousLane, false);
        _expectLane(set.previousLane, false);
    }

    function _replaceOperator(OperatorUpgrade memory next) private {
        IOperatorSeat(SEAT).replace(next.hotKey, next.coldKey);
        if (IOperatorSeat(SEAT).operator() != next.hotKey || IOperatorSeat(SEAT).coldKey() != next.coldKey) {
            revert PostConditionFailed("the seat has another operator");
        }
    }

    function _setFees(FeesUpgrade memory fees) private {
        IUpgradeableRollup(ROLLUP).setFeeConfig(fees.dataFeeScalar, fees.surchargeScalar);
        (uint256 dataFeeScalar, uint256 surchargeScalar,) = IRollup(ROLLUP).feeConfig();
        if (dataFeeScalar != fees.dataFeeScalar || surchargeScalar != fees.surchargeScalar) {
            revert PostConditionFailed("the fees are others");
        }
    }

    function _setCouncil(CouncilUpgrade memory next) private {
        uint256 epoch = ISecurityCouncil(COUNCIL).epoch();
        ISecurityCouncil(COUNCIL).setMembers(next.members, next.threshold);
        if (ISecurityCouncil(COUNCIL).epoch() != epoch + 1) revert PostConditionFailed("the council is the old one");
    }

    function _coreState() private view returns (CoreState memory state_) {
        IRollup rollup = IRollup(ROLLUP);
        (state_.finalIndex, state_.finalHash, state_.finalRoot, state_.finalNumber) = rollup.finalHead();
        state_.settledIndex = rollup.settledIndex();
        state_.committedCount = rollup.committedCount();
        state_.wiring = keccak256(
            abi.encode(
                rollup.CLOCK(),
                rollup.INBOX(),
                rollup.LIFECYCLE(),
                rollup.LANES(),
                rollup.SEAT(),
                rollup.MATURITY(),
                rollup.UPGRADE_AUTHORITY(),
                rollup.l2ChainId(),
                rollup.genesisHash()
            )
        );
    }

    /// @dev Code that its holder can exchange by signing (an EIP-7702 delegation) cannot be pinned.
    function _checkCode(address target, bytes32 pinned) private view {
        bytes memory code = target.code;
        bool isDelegation = code.length == 23 && bytes3(code) == 0xef0100;
        if (code.length == 0 || isDelegation || target.codehash != pinned) {
            revert CodehashMismatch(target, pinned, target.codehash);
        }
    }

    function _checkKind(address lane, uint8 expected) private view {
        uint8 kind = ILanes(LANES).laneRecord(lane).kind;
        if (kind != expected) revert LaneKindMismatch(lane, kind);
    }

    function _checkCorpus(address lane) private view {
        if (!ILane(lane).accepted(CORPUS_STATEMENT)) revert CorpusNotVerified(lane, CORPUS_STATEMENT);
    }

    function _expectLane(address lane, bool isEnabled) private view {
        if (ILanes(LANES).laneRecord(lane).isEnabled != isEnabled) revert PostConditionFailed("the lane is not as it should be");
    }
}
