// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ILane} from "../interfaces/ILane.sol";
import {IRollup} from "../interfaces/IRollup.sol";
import {Constants} from "../libraries/Constants.sol";

// Which lanes may answer, of which kind and for which spec. Owns their records and epochs; what an answer is worth is the Rollup's
// policy. Only the upgrade authority changes it.
// Invariant: an answer recorded in an earlier epoch of its lane never counts, so that one write erases them all.

/// @title The lanes of the Rollup.
abstract contract LaneRegistry is IRollup {
    /// @inheritdoc IRollup
    address public immutable UPGRADE_AUTHORITY;

    mapping(address lane => LaneRecord) internal _lanes;
    uint32 internal _enabledZkLanes;

    constructor(address upgradeAuthority) {
        UPGRADE_AUTHORITY = upgradeAuthority;
    }

    /// @inheritdoc IRollup
    function registerLane(address lane, uint8 kind) external {
        _onlyUpgradeAuthority();
        _registerLane(lane, kind);
    }

    /// @inheritdoc IRollup
    function switchLane(address lane, bool isEnabled) external {
        _onlyUpgradeAuthority();
        LaneRecord storage record = _lanes[lane];
        if (record.kind == 0) revert LaneUnknown(lane);
        // Another epoch either way: what a lane answered before it was switched never counts after.
        ++record.epoch;
        if (record.kind == Constants.ANSWER_ZK && record.isEnabled != isEnabled) {
            if (isEnabled) ++_enabledZkLanes;
            else --_enabledZkLanes;
        }
        record.isEnabled = isEnabled;
        emit LaneSwitched(lane, isEnabled, record.epoch);
    }

    /// @inheritdoc IRollup
    function laneRecord(address lane) external view returns (LaneRecord memory) {
        return _lanes[lane];
    }

    function _registerLane(address lane, uint8 kind) internal {
        if (kind != Constants.ANSWER_ZK && kind != Constants.ANSWER_ATTESTERS) revert LaneKindInvalid(kind);
        if (_lanes[lane].kind != 0) revert LaneExists(lane);
        bytes32 profile = ILane(lane).profile();
        if (profile != Constants.PROFILE_MAINNET && block.chainid != Constants.DEVNET_L1_CHAIN_ID) {
            revert LaneProfileRefused(lane, profile);
        }
        uint256 specId = ILane(lane).specId();
        if (specId > type(uint32).max) revert LaneForOtherSpec(lane, specId, Constants.SPEC_ID);
        _lanes[lane] = LaneRecord({kind: kind, specId: uint32(specId), epoch: 0, isEnabled: true});
        if (kind == Constants.ANSWER_ZK) ++_enabledZkLanes;
        emit LaneRegistered(lane, kind, specId);
    }

    function _onlyUpgradeAuthority() internal view {
        if (msg.sender != UPGRADE_AUTHORITY) revert NotUpgradeAuthority(msg.sender, UPGRADE_AUTHORITY);
    }
}
