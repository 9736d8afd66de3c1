// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IClock} from "../interfaces/IClock.sol";
import {IInbox} from "../interfaces/IInbox.sol";
import {ILanes} from "../interfaces/ILanes.sol";
import {ILifecycle} from "../interfaces/ILifecycle.sol";
import {IOperatorSeat} from "../interfaces/IOperatorSeat.sol";
import {IRollup} from "../interfaces/IRollup.sol";
import {Constants} from "../libraries/Constants.sol";
import {BatchRange} from "./BatchRange.sol";

// The phases, and the moments at which anyone may change them. Owns the episode, the skipped ranges (SkippedRanges), which messages a batch may
// take (BatchRange) and what is pinned at the end. Pulls all else: settled index, proofs and finality from the Rollup, lanes and disputes from Lanes, messages from the Inbox, T from
// the Clock; nobody calls in with news. Immutable and without a privileged caller, but for the operator's wish to return.
//
//      Operating ──enterEnforced: E──► Enforced ──freeze: 30 d without finality, or since the first skip──► Frozen (absorbing)
//          ▲                             │   │                                                                ▲
//          └──returnToOperating──────────┘   └─announceSkip─12 h─takeSkip─┐                                   │
//          └──────────────freeze: dispute unresolved, no lane for 30 d────┴───────────────────────────────────┘
//
// Invariants: every call costs the same at any backlog; a skip stands even when batches before it fall; what is pinned never changes;
// after Frozen nothing here asks the Rollup.

/// @title Lifecycle
contract Lifecycle is BatchRange {
    /// @dev Halvings in the search for the border of a skip: exact up to 64 messages, beyond that to a sixty-fourth of its width.
    uint256 private constant BORDER_PROBES = 6;

    /// @inheritdoc ILifecycle
    address public immutable ROLLUP;
    /// @inheritdoc ILifecycle
    address public immutable SEAT;
    uint256 private immutable ENFORCED_TRIGGER;
    uint256 private immutable FIRST_SKIP_WAIT;
    uint256 private immutable NEXT_SKIP_WAIT;
    uint256 private immutable SKIP_NOTICE;
    uint256 private immutable RETURN_WAIT;
    uint256 private immutable RETURN_AFTER_SKIP;
    uint256 private immutable FREEZE_DELAY;

    Episode private _episode;
    /// @inheritdoc ILifecycle
    bytes32 public pinnedRoot;
    /// @inheritdoc ILifecycle
    uint64 public pinnedBatch;
    /// @inheritdoc ILifecycle
    uint64 public pinnedSettledIndex;
    /// @inheritdoc ILifecycle
    uint64 public pinnedTimestamp;
    uint40 private _frozenAtT;

    constructor(address clock, address inbox, address rollup, address lanes, address seat)
        BatchRange(clock, inbox, lanes)
    {
        ROLLUP = rollup;
        SEAT = seat;
        ENFORCED_TRIGGER = IClock(clock).scaled(Constants.ENFORCED_TRIGGER_SECONDS);
        FIRST_SKIP_WAIT = IClock(clock).scaled(Constants.FIRST_SKIP_WAIT_SECONDS);
        NEXT_SKIP_WAIT = IClock(clock).scaled(Constants.NEXT_SKIP_WAIT_SECONDS);
        SKIP_NOTICE = IClock(clock).scaled(Constants.SKIP_NOTICE_SECONDS);
        RETURN_WAIT = IClock(clock).scaled(Constants.RETURN_WAIT_SECONDS);
        RETURN_AFTER_SKIP = IClock(clock).scaled(Constants.RETURN_AFTER_SKIP_SECONDS);
        FREEZE_DELAY = IClock(clock).scaled(Constants.FREEZE_DELAY_SECONDS);
    }

    /// @inheritdoc ILifecycle
    function enterEnforced(uint64 firstUnproven) external {
        _inPhase(Phase.Operating);
        uint256 nowT = _now();
        uint256 messageAge = _messageAgeAt(_nextUnskipped(IRollup(ROLLUP).settledIndex()), nowT);
        uint256 batchAge = _oldestBatchAge(nowT);
        if (messageAge <= ENFORCED_TRIGGER && batchAge <= ENFORCED_TRIGGER) {
            revert NothingLate(messageAge, batchAge, ENFORCED_TRIGGER);
        }
        _phase = Phase.Enforced;
        Episode memory last = _episode;
        uint32 number = last.number + 1;
        // In the word that is written anyway: a word for each entry would be too dear for whoever enters.
        _episode = Episode(number, uint40(nowT), 1, 0, 0, 0, 0, 0, (last.earlierEnteredT << 40) | last.enteredT);
        emit EnforcedEntered(number, nowT, firstUnproven);
        if (firstUnproven != 0) IRollup(ROLLUP).drop(firstUnproven);
    }

    /// @inheritdoc ILifecycle
    function announceSkip() external {
        _inPhase(Phase.Enforced);
        Episode memory current = _episode;
        uint256 nowT = _now();
        uint256 proofT = IRollup(ROLLUP).lastProofT();
        if (current.announcedT > proofT) revert SkipAlreadyAnnounced(current.announcedT);
        uint256 quiet = nowT - _latest(_latest(current.enteredT, current.lastSkipT), proofT);
        uint256 needed = current.firstSkipT == 0 ? FIRST_SKIP_WAIT : NEXT_SKIP_WAIT;
        if (quiet < needed) revert SkipTooEarly(quiet, needed);
        uint64 from = IRollup(ROLLUP).nextInboxIndex();
        if (_messageAgeAt(from, nowT) <= ENFORCED_TRIGGER) revert NothingToSkip();
        _episode.announcedT = uint40(nowT);
        emit SkipAnnounced(current.number, from, current.skipWidth, nowT);
    }

    /// @inheritdoc ILifecycle
    function takeSkip() external {
        _inPhase(Phase.Enforced);
        Episode memory current = _episode;
        uint256 nowT = _now();
        // A proof in the second of the announcement came after it: none was there for a day before.
        if (current.announcedT <= IRollup(ROLLUP).lastProofT()) revert SkipNotAnnounced();
        uint256 waited = nowT - current.announcedT;
        if (waited < SKIP_NOTICE) revert SkipNoticeRunning(waited, SKIP_NOTICE);
        uint64 from = IRollup(ROLLUP).nextInboxIndex();
        uint64 to = from + _skippable(from, current.skipWidth, nowT);
        if (to == from) revert NothingToSkip();
        _insert(from, to);
        if (current.firstSkipT == 0) current.firstSkipT = uint40(nowT);
        current.lastSkipT = uint40(nowT);
        current.announcedT = 0;
        if (current.skipWidth < type(uint40).max / 2) current.skipWidth *= 2;
        _episode = current;
        emit MessagesSkipped(current.number, from, to);
        IRollup(ROLLUP).settleSkipped();
    }

    /// @inheritdoc ILifecycle
    function requestReturn() external {
        _inPhase(Phase.Enforced);
        bool isSeated = msg.sender == IOperatorSeat(SEAT).operator() || msg.sender == IOperatorSeat(SEAT).coldKey();
        if (!isSeated) revert NotSeatedOperator(msg.sender);
        // Only the first request of an episode counts: repeating it must not move what has to be settled.
        if (_episode.returnRequestedT != 0) return;
        uint64 target = IInbox(INBOX).count();
        _episode.returnRequestedT = uint40(_now());
        _episode.returnTarget = uint40(target);
        emit ReturnRequested(_episode.number, msg.sender, target);
    }

    /// @inheritdoc ILifecycle
    function returnToOperating() external {
        _inPhase(Phase.Enforced);
        Episode memory current = _episode;
        uint256 nowT = _now();
        if (current.returnRequestedT == 0) revert ReturnNotRequested();
        _waited(nowT - current.returnRequestedT, RETURN_WAIT);
        if (current.lastSkipT != 0) _waited(nowT - current.lastSkipT, RETURN_AFTER_SKIP);
        uint64 settledThen = IRollup(ROLLUP).settledIndexAt(nowT - RETURN_WAIT);
        if (settledThen < current.returnTarget) revert ReturnUnsettled(settledThen, current.returnTarget);
        // Settled is also what was skipped: without this, an operator could return again and again on a chain that nobody can
        // prove, and each return would begin the 30 d of the freeze anew.
        uint256 finalT = IRollup(ROLLUP).lastFinalT();
        uint256 proofT = IRollup(ROLLUP).lastProofT();
        uint256 unprovenSinceT = _latest(current.enteredT, current.lastSkipT);
        // Whoever finalizes when it suits them chooses finalT: a proof from before the skip would say nothing about the chain after it.
        bool isProofOld = current.lastSkipT != 0 && proofT <= current.lastSkipT;
        if (finalT <= unprovenSinceT || isProofOld) revert ReturnUnproven(proofT, finalT, unprovenSinceT);
        for (uint8 cause = 0; cause <= uint8(FreezeCause.NoLane); ++cause) {
            bool isDispute = FreezeCause(cause) == FreezeCause.Dispute;
            uint256 disputeId = isDispute ? ILanes(LANES).latestOpenDispute() : 0;
            if (isDispute ? disputeId != 0 : _isFreezable(FreezeCause(cause), 0, nowT)) {
                revert ReturnTooLate(FreezeCause(cause));
            }
        }
        _phase = Phase.Operating;
        emit ReturnedToOperating(current.number);
    }

    /// @inheritdoc ILifecycle
    function freeze(FreezeCause cause, uint256 disputeId) external {
        if (_phase == Phase.Frozen) revert UnexpectedPhase(Phase.Frozen, Phase.Enforced);
        uint256 nowT = _now();
        if (!_isFreezable(cause, disputeId, nowT)) revert NotFreezable(cause);
        IRollup rollup = IRollup(ROLLUP);
        (uint64 batch,, bytes32 stateRoot,) = rollup.finalHead();
        uint64 settled = _nextUnskipped(rollup.settledIndex());
        _phase = Phase.Frozen;
        pinnedRoot = stateRoot;
        pinnedBatch = batch;
        pinnedSettledIndex = settled;
        pinnedTimestamp = rollup.finalTimestamp();
        _frozenAtT = uint40(nowT);
        emit Frozen(cause, batch, stateRoot, settled, pinnedTimestamp, nowT);
    }

    /// @inheritdoc ILifecycle
    function episode() external view returns (Episode memory) {
        return _episode;
    }

    /// @inheritdoc ILifecycle
    function enteredT(uint32 number) external view returns (uint256) {
        Episode memory current = _episode;
        if (number == 0 || number > current.number || number + 4 < current.number) return 0;
        uint256 back = current.number - number;
        return back == 0 ? current.enteredT : uint40(current.earlierEnteredT >> (40 * (back - 1)));
    }

    /// @inheritdoc ILifecycle
    function isFreezable(FreezeCause cause, uint256 disputeId) external view returns (bool) {
        return _phase != Phase.Frozen && _isFreezable(cause, disputeId, _now());
    }

    /// @inheritdoc ILifecycle
    function frozenAtT() external view returns (uint256) {
        return _frozenAtT;
    }

    function _isFreezable(FreezeCause cause, uint256 disputeId, uint256 nowT) private view returns (bool) {
        if (cause == FreezeCause.Dispute) {
            return ILanes(LANES).isOpen(disputeId) && block.timestamp >= ILanes(LANES).dispute(disputeId).endWall;
        }
        if (cause == FreezeCause.NoLane) {
            uint256 sinceT = ILanes(LANES).noLaneSince();
            return sinceT != 0 && nowT - sinceT >= FREEZE_DELAY;
        }
        if (_phase != Phase.Enforced) return false;
        if (cause == FreezeCause.Skipped) {
            return _episode.firstSkipT != 0 && nowT - _episode.firstSkipT >= FREEZE_DELAY;
        }
        return nowT - _latest(_episode.enteredT, IRollup(ROLLUP).lastFinalT()) >= FREEZE_DELAY;
    }

    /// @dev How many messages from `from` on are older than E, at most `width`, up to the next skipped range. They are older in order, so
    /// that the last one answers for all; only where it is too young is the border searched for, and in a wide range only until what may be
    /// left out is a small part of it: the next skip takes that.
    function _skippable(uint64 from, uint64 width, uint256 nowT) private view returns (uint64 low) {
        uint64 limit = nextSkippedFrom(from);
        uint64 count = IInbox(INBOX).count();
        if (limit > count) limit = count;
        if (width > limit - from) width = limit - from;
        if (width == 0 || _isOld(from + width - 1, nowT)) return width;
        if (!_isOld(from, nowT)) return 0;
        low = 1;
        --width;
        for (uint256 probe = 0; probe < BORDER_PROBES && low < width; ++probe) {
            uint64 middle = (low + width + 1) / 2;
            if (_isOld(from + middle - 1, nowT)) low = middle;
            else width = middle - 1;
        }
    }

    /// @dev T never outruns wall time, so that for most messages the clock's past need not be asked.
    function _isOld(uint64 index, uint256 nowT) private view returns (bool) {
        uint256 time = IInbox(INBOX).prefix(index + 1).time;
        if (time + ENFORCED_TRIGGER < nowT) return true;
        if (time + ENFORCED_TRIGGER >= block.timestamp) return false;
        return IClock(CLOCK).timeAt(time) + ENFORCED_TRIGGER < nowT;
    }

    /// @dev 0 if there is no such message.
    function _messageAgeAt(uint64 index, uint256 nowT) private view returns (uint256) {
        if (index >= IInbox(INBOX).count()) return 0;
        return nowT - IClock(CLOCK).timeAt(IInbox(INBOX).prefix(index + 1).time);
    }

    /// @dev 0 if every batch is final.
    function _oldestBatchAge(uint256 nowT) private view returns (uint256) {
        uint64 oldest = IRollup(ROLLUP).finalizedCount() + 1;
        if (oldest > IRollup(ROLLUP).committedCount()) return 0;
        return nowT - IClock(CLOCK).timeAt(IRollup(ROLLUP).batch(oldest).commitTime);
    }

    function _now() private view returns (uint256) {
        return IClock(CLOCK).current();
    }

    function _inPhase(Phase expected) private view {
        if (_phase != expected) revert UnexpectedPhase(_phase, expected);
    }

    function _waited(uint256 waited, uint256 needed) private pure {
        if (waited < needed) revert ReturnTooEarly(waited, needed);
    }

    function _latest(uint256 a, uint256 b) private pure returns (uint256) {
        return a > b ? a : b;
    }
}
