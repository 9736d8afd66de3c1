// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IClock} from "../interfaces/IClock.sol";
import {IInbox} from "../interfaces/IInbox.sol";
import {ILanes} from "../interfaces/ILanes.sol";
import {ILifecycle} from "../interfaces/ILifecycle.sol";
import {IRollup} from "../interfaces/IRollup.sol";
import {Constants} from "../libraries/Constants.sol";
import {SkippedRanges} from "./SkippedRanges.sol";

// The part of the Lifecycle that says which messages the next batch may take: the Rollup asks with each commit. Owns the rule of due messages
// (layer 1, Operating) and the boundaries of Enforced blocks (SPEC 12). Reads Inbox, Clock and Lanes; keeps nothing. The errors are the
// Rollup's, which passes them on.
// Invariants: an Enforced batch ends where a block ends, whoever commits it and whenever; every check reads a bounded number of messages.

/// @title Which messages the next batch may take.
abstract contract BatchRange is SkippedRanges {
    /// @inheritdoc ILifecycle
    address public immutable CLOCK;
    /// @inheritdoc ILifecycle
    address public immutable INBOX;
    /// @inheritdoc ILifecycle
    address public immutable LANES;
    /// @inheritdoc ILifecycle
    uint256 public immutable ENFORCED_INTERVAL;
    uint256 private immutable FORCED_INCLUSION_DELAY;

    constructor(address clock, address inbox, address lanes) {
        CLOCK = clock;
        INBOX = inbox;
        LANES = lanes;
        FORCED_INCLUSION_DELAY = IClock(clock).scaled(Constants.FORCED_INCLUSION_DELAY_SECONDS);
        ENFORCED_INTERVAL = IClock(clock).scaled(Constants.ENFORCED_INTERVAL_SECONDS);
    }

    /// @inheritdoc ILifecycle
    function operatingRange(uint64 start, uint64 to) external view returns (uint64 from) {
        _onlyIn(Phase.Operating);
        from = _nextUnskipped(start);
        _checkOperatingRange(from, to, _limitAfter(from));
    }

    /// @inheritdoc ILifecycle
    function enforcedRange(uint64 start, uint64 to, uint64 blockStart)
        external
        view
        returns (uint64 from, uint256 specId)
    {
        _onlyIn(Phase.Enforced);
        from = _nextUnskipped(start);
        specId = _checkEnforcedRange(from, to, _limitAfter(from), blockStart);
    }

    /// @inheritdoc ILifecycle
    function dueMessage(uint64 start) external view returns (bool found, uint64 index) {
        index = _nextUnskipped(start);
        found = index < IInbox(INBOX).count() && _messageAge(index) > FORCED_INCLUSION_DELAY;
        if (!found) index = 0;
    }

    /// @dev Layer 1: every message older than F is taken, unless the next one would pass the cap or was skipped.
    function _checkOperatingRange(uint64 from, uint64 to, uint64 limit) private view {
        if (to < from || to > limit) revert IRollup.InboxRange(from, to, limit);
        uint256 zkGasFrom = IInbox(INBOX).prefix(from).zkGas;
        _checkBatchZkGas(zkGasFrom, to);
        if (to == limit) return;
        uint256 age = _messageAge(to);
        if (age <= FORCED_INCLUSION_DELAY) return;
        uint256 zkGasWithNext = IInbox(INBOX).prefix(to + 1).zkGas - zkGasFrom;
        if (zkGasWithNext <= Constants.MAX_BATCH_MESSAGE_ZKGAS) revert IRollup.DueMessageLeftOut(to, age);
    }

    /// @dev Whole blocks of closed intervals. A batch declares no more zkGas than one block may, so two blocks of one interval never fit into
    /// one batch, and its last block begins with the batch or with its interval. Returns the batch's spec.
    function _checkEnforcedRange(uint64 from, uint64 to, uint64 limit, uint64 blockStart)
        private
        view
        returns (uint256 specId)
    {
        if (to <= from || to > limit) revert IRollup.InboxRange(from, to, limit);
        _checkBatchZkGas(IInbox(INBOX).prefix(from).zkGas, to);
        if (blockStart < from || blockStart >= to) revert IRollup.NotBlockStart(blockStart);
        uint256 lastTime = _messageTime(to - 1);
        uint256 interval = lastTime / ENFORCED_INTERVAL;
        if (block.timestamp / ENFORCED_INTERVAL <= interval) {
            revert IRollup.IntervalOpen(to - 1, (interval + 1) * ENFORCED_INTERVAL);
        }
        bool startsInterval = blockStart == from || _messageTime(blockStart - 1) / ENFORCED_INTERVAL != interval;
        if (!startsInterval || _messageTime(blockStart) / ENFORCED_INTERVAL != interval) revert IRollup.NotBlockStart(blockStart);
        if (to != limit && _messageTime(to) / ENFORCED_INTERVAL == interval) {
            uint256 zkGasWithNext = IInbox(INBOX).prefix(to + 1).zkGas - IInbox(INBOX).prefix(blockStart).zkGas;
            if (zkGasWithNext <= Constants.MAX_BLOCK_ZKGAS) revert IRollup.NotBlockEnd(to);
        }
        specId = ILanes(LANES).specForMessage(IClock(CLOCK).timeAt(lastTime));
        if (blockStart == from) return specId;
        if (ILanes(LANES).specForMessage(IClock(CLOCK).timeAt(_messageTime(from))) != specId) revert IRollup.SpecBoundary(blockStart);
    }

    function _messageAge(uint64 index) private view returns (uint256) {
        return IClock(CLOCK).current() - IClock(CLOCK).timeAt(_messageTime(index));
    }

    /// @dev Where the first skipped range after `from` begins, or the queue ends.
    function _limitAfter(uint64 from) private view returns (uint64 limit) {
        limit = nextSkippedFrom(from);
        uint64 count = IInbox(INBOX).count();
        if (limit > count) limit = count;
    }

    function _onlyIn(Phase expected) private view {
        if (_phase != expected) revert IRollup.UnexpectedPhase(uint8(_phase), uint8(expected));
    }

    function _messageTime(uint64 index) private view returns (uint256) {
        return IInbox(INBOX).prefix(index + 1).time;
    }

    function _checkBatchZkGas(uint256 zkGasFrom, uint64 to) private view {
        uint256 zkGas = IInbox(INBOX).prefix(to).zkGas - zkGasFrom;
        if (zkGas > Constants.MAX_BATCH_MESSAGE_ZKGAS) {
            revert IRollup.MessagesAboveCap(zkGas, Constants.MAX_BATCH_MESSAGE_ZKGAS);
        }
    }
}
