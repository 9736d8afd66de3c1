// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IClock} from "../interfaces/IClock.sol";
import {ILanes} from "../interfaces/ILanes.sol";
import {IRollup} from "../interfaces/IRollup.sol";
import {Constants} from "../libraries/Constants.sol";

// The part of Lanes that keeps disputes. Owns their records, the chain of those that may be open, and the clock's stop. A dispute is open
// while both lanes are in the epoch in which they answered and its batch is pending; so switching one lane off closes all of its disputes at
// once, wherever they are in the chain.
// Invariants: a closed dispute never opens again (epochs and rounds only grow); each link of the chain is forgotten once, so what closing
// costs was paid for by opening; the stop is ended early only when no dispute is open.

/// @title The disputes of Lanes.
abstract contract Disputes is ILanes {
    /// @dev One word. `previous` is the dispute opened before it that may still be open, 0 if none.
    struct StoredDispute {
        uint40 batch;
        uint32 round;
        uint8 idA;
        uint8 idB;
        uint24 epochA;
        uint24 epochB;
        uint40 endWall;
        uint40 previous;
    }

    /// @dev How many closed disputes an act that closes some forgets by itself.
    uint256 internal constant CLOSE_AT_ONCE = 8;

    /// @inheritdoc ILanes
    address public immutable CLOCK;
    /// @inheritdoc ILanes
    address public immutable ROLLUP;
    /// @inheritdoc ILanes
    address public immutable SECURITY_COUNCIL;
    uint256 private immutable DISPUTE_LENGTH;

    mapping(uint256 disputeId => StoredDispute) private _disputes;
    uint40 private _disputeCount;
    uint40 private _latest;

    constructor(address clock, address rollup, address securityCouncil) {
        CLOCK = clock;
        ROLLUP = rollup;
        SECURITY_COUNCIL = securityCouncil;
        DISPUTE_LENGTH = IClock(clock).scaled(Constants.DISPUTE_LENGTH_SECONDS);
    }

    /// @inheritdoc ILanes
    function openDispute(uint64 batch, uint32 round, address laneA, address laneB) external returns (uint256 disputeId) {
        if (msg.sender != ROLLUP) revert NotRollup(msg.sender);
        uint8 idA = _registeredId(laneA);
        uint8 idB = _registeredId(laneB);
        (, uint24 epochA) = _laneOf(idA);
        (, uint24 epochB) = _laneOf(idB);
        uint256 endWall = block.timestamp + DISPUTE_LENGTH;
        disputeId = ++_disputeCount;
        _disputes[disputeId] =
            StoredDispute(uint40(batch), round, idA, idB, epochA, epochB, uint40(endWall), _latest);
        _latest = uint40(disputeId);
        emit DisputeOpened(disputeId, batch, laneA, laneB, endWall);
        IClock(CLOCK).start(IClock.Stop.Dispute);
    }

    /// @inheritdoc ILanes
    function resolve(uint256 disputeId, address lane) external {
        if (msg.sender != SECURITY_COUNCIL) revert NotSecurityCouncil(msg.sender, SECURITY_COUNCIL);
        Dispute memory resolved = dispute(disputeId);
        if (!isOpen(disputeId)) revert DisputeClosed(disputeId);
        if (lane != resolved.laneA && lane != resolved.laneB) revert NotInDispute(disputeId, lane);
        _killInDispute(lane);
        emit DisputeResolved(disputeId, lane);
        _closeDisputes(CLOSE_AT_ONCE);
    }

    /// @inheritdoc ILanes
    function closeDisputes(uint256 maximum) external {
        _closeDisputes(maximum);
    }

    /// @inheritdoc ILanes
    function disputeCount() external view returns (uint256) {
        return _disputeCount;
    }

    /// @inheritdoc ILanes
    function latestOpenDispute() external view returns (uint256 disputeId) {
        disputeId = _latest;
        while (disputeId != 0 && !isOpen(disputeId)) disputeId = _disputes[disputeId].previous;
    }

    /// @inheritdoc ILanes
    function dispute(uint256 disputeId) public view returns (Dispute memory) {
        if (disputeId == 0 || disputeId > _disputeCount) revert NoSuchDispute(disputeId);
        StoredDispute storage stored = _disputes[disputeId];
        (address laneA,) = _laneOf(stored.idA);
        (address laneB,) = _laneOf(stored.idB);
        return Dispute(stored.batch, stored.round, laneA, laneB, stored.epochA, stored.epochB, stored.endWall);
    }

    /// @inheritdoc ILanes
    function isOpen(uint256 disputeId) public view returns (bool) {
        if (disputeId == 0 || disputeId > _disputeCount) revert NoSuchDispute(disputeId);
        StoredDispute memory stored = _disputes[disputeId];
        (, uint24 epochA) = _laneOf(stored.idA);
        (, uint24 epochB) = _laneOf(stored.idB);
        if (stored.epochA != epochA || stored.epochB != epochB) return false;
        return IRollup(ROLLUP).isPending(stored.batch, stored.round);
    }

    /// @dev From the last opened on, until one is open: that one holds the stop up.
    function _closeDisputes(uint256 maximum) internal {
        uint40 latest = _latest;
        if (latest == 0) return;
        while (latest != 0 && maximum != 0 && !isOpen(latest)) {
            latest = _disputes[latest].previous;
            --maximum;
        }
        _latest = latest;
        if (latest == 0 && IClock(CLOCK).stoppedUntil(IClock.Stop.Dispute) > block.timestamp) {
            IClock(CLOCK).end(IClock.Stop.Dispute);
        }
    }

    function _now() internal view returns (uint256) {
        return IClock(CLOCK).current();
    }

    function _killInDispute(address lane) internal virtual;
    function _registeredId(address lane) internal view virtual returns (uint8);
    function _laneOf(uint8 id) internal view virtual returns (address lane, uint24 epoch);
}
