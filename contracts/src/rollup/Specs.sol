// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IClock} from "../interfaces/IClock.sol";
import {ILanes} from "../interfaces/ILanes.sol";
import {Constants} from "../libraries/Constants.sol";
import {Disputes} from "./Disputes.sol";

// The part of Lanes that keeps specs: what L2 transactions do, and from which T on. Owns their order and how long a spec is answered for after
// its successor became active.
// Invariants: spec ids follow each other; the spec of a past moment never changes; every message has a spec that is still answered for.

/// @title The specs of Lanes.
abstract contract Specs is Disputes {
    uint256 private immutable ANSWER_WINDOW;
    uint256 private immutable SPEC_NOTICE;

    /// @dev The newest spec, again, so that the common question is one read.
    Spec private _newest;
    Spec[] private _specs;

    constructor(address clock, address rollup, address securityCouncil) Disputes(clock, rollup, securityCouncil) {
        ANSWER_WINDOW = IClock(clock).scaled(Constants.PROOF_DEADLINE_SECONDS)
            + IClock(clock).scaled(Constants.ZK_ALONE_DELAY_SECONDS);
        SPEC_NOTICE = IClock(clock).scaled(Constants.SPEC_NOTICE_SECONDS);
        _newest = Spec(uint24(Constants.SPEC_ID), 0);
        _specs.push(_newest);
        emit SpecAdded(Constants.SPEC_ID, 0);
    }

    /// @inheritdoc ILanes
    function addSpec(uint24 specId, uint40 activeT) external {
        _onlyUpgradeAuthority();
        uint256 nowT = _now();
        if (specId != _newest.id + 1 || nowT < _newest.activeT) revert SpecOutOfOrder(specId, _newest.id + 1);
        if (activeT < nowT + SPEC_NOTICE) revert SpecTooSoon(activeT, nowT + SPEC_NOTICE);
        if (!_isAnsweredFor(specId)) revert SpecWithoutLane(specId);
        _newest = Spec(specId, activeT);
        _specs.push(_newest);
        emit SpecAdded(specId, activeT);
        _noteWhetherOneIsLeft();
    }

    /// @inheritdoc ILanes
    function specForMessage(uint256 messageT) external view returns (uint256) {
        uint256 nowT = _now();
        uint256 answeredT = nowT > ANSWER_WINDOW ? nowT - ANSWER_WINDOW : 0;
        return specAt(messageT > answeredT ? messageT : answeredT);
    }

    /// @inheritdoc ILanes
    function specCount() external view returns (uint256) {
        return _specs.length;
    }

    /// @inheritdoc ILanes
    function spec(uint256 position) external view returns (Spec memory) {
        return _specs[position];
    }

    /// @inheritdoc ILanes
    function specAt(uint256 atT) public view returns (uint256) {
        if (atT >= _newest.activeT) return _newest.id;
        uint256 position = _specs.length - 1;
        while (_specs[position].activeT > atT) --position;
        return _specs[position].id;
    }

    function _newestSpecId() internal view returns (uint256) {
        return _newest.id;
    }

    function _checkAnswerable(uint256 specId) internal view {
        uint256 expiredT = _answeredUntil(specId);
        if (expiredT != type(uint256).max && _now() > expiredT) revert SpecExpired(specId, expiredT);
    }

    /// @dev Last T at which the spec is answered for; the newest has no end, and one that nobody has added has no beginning.
    function _answeredUntil(uint256 specId) internal view returns (uint256) {
        uint256 newest = _newest.id;
        if (specId == newest) return type(uint256).max;
        if (specId > newest) return 0;
        return _specs[specId - Constants.SPEC_ID + 1].activeT + ANSWER_WINDOW;
    }

    function _noteWhetherOneIsLeft() internal virtual;
    function _isAnsweredFor(uint256 specId) internal view virtual returns (bool);
    function _onlyUpgradeAuthority() internal view virtual;
}
