// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title The phases of the chain: Operating, Enforced, Frozen.
/// @notice Everything here is for anyone, costs the same at any backlog, and can be decided by nobody: a trigger is open or it is not.
/// All times are T (IClock) unless they say wall time. A message is *settled* when a final batch contains it or it was skipped.
interface ILifecycle {
    enum Phase { None, Operating, Enforced, Frozen }

    /// @notice Why the chain may be frozen.
    /// NoFinality: 30 d in Enforced without a new final batch. Skipped: 30 d after the episode's first skip. Dispute: a dispute that nobody
    /// resolved in its 7 d of wall time. NoLane: 30 d without a lane that the profile lets finalize.
    enum FreezeCause { NoFinality, Skipped, Dispute, NoLane }

    /// @notice One stay in Enforced; all zero before the first.
    /// @param number how many times Enforced was entered
    /// @param enteredT T of the entry
    /// @param skipWidth messages that the next skip takes at most; doubles with each skip
    /// @param firstSkipT T of the episode's first skip, 0 if none
    /// @param lastSkipT T of its last skip, 0 if none
    /// @param announcedT T of the standing announcement of a skip, 0 if none; a zk answer at or after it cancels it
    /// @param returnRequestedT T of the operator's first request to return, 0 if none
    /// @param returnTarget messages below this index must be settled before the return
    /// @param earlierEnteredT T of the four entries before, 40 bits each, the last one lowest
    struct Episode {
        uint32 number;
        uint40 enteredT;
        uint40 skipWidth;
        uint40 firstSkipT;
        uint40 lastSkipT;
        uint40 announcedT;
        uint40 returnRequestedT;
        uint40 returnTarget;
        uint160 earlierEnteredT;
    }

    /// @notice Messages `from` to `to`, `to` excluded, will not be executed; their value is refunded on L1, their fee is not.
    struct SkippedRange {
        uint64 from;
        uint64 to;
    }

    error UnexpectedPhase(Phase actual, Phase expected);
    /// @notice Neither the oldest unsettled message nor the oldest unfinalized batch is older than E.
    error NothingLate(uint256 messageAgeSeconds, uint256 batchAgeSeconds, uint256 limitSeconds);
    /// @notice The last proof, skip or entry is too recent.
    error SkipTooEarly(uint256 quietSeconds, uint256 neededSeconds);
    error SkipAlreadyAnnounced(uint256 announcedT);
    /// @notice No message at the head of the queue is older than E.
    error NothingToSkip();
    /// @notice No announcement stands: none was made, or a proof cancelled it.
    error SkipNotAnnounced();
    error SkipNoticeRunning(uint256 waitedSeconds, uint256 neededSeconds);
    error NotSeatedOperator(address caller);
    error ReturnNotRequested();
    /// @notice Messages older than the request are not settled, or not for a day.
    error ReturnUnsettled(uint256 settledIndex, uint256 target);
    /// @notice Nothing became final since the entry or the last skip, or nothing was proven since that skip: a chain that nobody proves does
    /// not go back, it freezes.
    error ReturnUnproven(uint256 lastProofT, uint256 lastFinalT, uint256 unprovenSinceT);
    /// @notice Too little T since the request or the last skip.
    error ReturnTooEarly(uint256 waitedSeconds, uint256 neededSeconds);
    /// @notice Freezing is open: the way back is closed.
    error ReturnTooLate(FreezeCause cause);
    error NotFreezable(FreezeCause cause);
    error NoSuchRange(uint256 index, uint256 count);

    event EnforcedEntered(uint32 indexed episode, uint256 enteredT, uint64 firstUnproven);
    event SkipAnnounced(uint32 indexed episode, uint64 from, uint256 width, uint256 announcedT);
    event MessagesSkipped(uint32 indexed episode, uint64 from, uint64 to);
    event ReturnRequested(uint32 indexed episode, address by, uint64 target);
    event ReturnedToOperating(uint32 indexed episode);
    event Frozen(FreezeCause cause, uint64 batch, bytes32 stateRoot, uint64 settledIndex, uint64 timestamp, uint256 atT);

    /// @notice Enters Enforced: the oldest unsettled message, or the oldest batch that is not final, is older than E. Anyone.
    /// @param firstUnproven first batch without a proof, which falls with all after it; 0 for none. Whoever leaves one standing
    /// gains nothing: in Enforced `Rollup.drop` takes an unproven batch at any age.
    function enterEnforced(uint64 firstUnproven) external;
    /// @notice Announces a skip of the messages at the head of the queue: after 5 d without a proof since the entry, once skipped in this
    /// episode after 1 d without a proof or skip. Anyone.
    function announceSkip() external;
    /// @notice Skips, 12 h after the announcement, up to `skipWidth` messages older than E at the head of the queue. Anyone.
    function takeSkip() external;
    /// @notice Asks for the way back; the first call of an episode fixes which messages must be settled. The seated operator's hot or
    /// cold key. Warning: it ends the phase in which anyone may commit; messages then wait for the operator again, for at most E.
    function requestReturn() external;
    /// @notice Goes back to Operating: requested, everything older than the request settled for a day, 14 d without a skip, a
    /// batch final since the entry and the last skip, and a batch proven since that skip. Anyone.
    function returnToOperating() external;
    /// @notice Freezes the chain for ever on its last final batch. Anyone, when the cause holds.
    /// @param disputeId the dispute nobody resolved; 0 for the other causes
    function freeze(FreezeCause cause, uint256 disputeId) external;

    function phase() external view returns (Phase);
    /// @notice The current episode, or the last one.
    function episode() external view returns (Episode memory);
    /// @notice T at which the episode of that number began, counted from 1; 0 if there was none, or it is more than four before the last.
    function enteredT(uint32 number) external view returns (uint256);
    /// @notice Whether `freeze` with that cause would be taken now.
    function isFreezable(FreezeCause cause, uint256 disputeId) external view returns (bool);

    /// @notice Where a batch committed in Operating up to message `to` begins, if the one before ends before `start`: skipped messages are
    /// passed. Reverts with the Rollup's errors if the phase is another, if it takes what it must not, or leaves out what is due.
    function operatingRange(uint64 start, uint64 to) external view returns (uint64 from);
    /// @notice The same in Enforced, where it ends with a block that begins at message `blockStart`; and the spec that executes it.
    function enforcedRange(uint64 start, uint64 to, uint64 blockStart) external view returns (uint64 from, uint256 specId);
    /// @notice The message at which the next batch begins, if it is older than F; `found` false if not.
    function dueMessage(uint64 start) external view returns (bool found, uint64 index);
    function skippedRangeCount() external view returns (uint256);
    /// @notice Skipped ranges in ascending order, never adjacent.
    function skippedRange(uint256 position) external view returns (SkippedRange memory);
    function isSkipped(uint64 index) external view returns (bool);
    /// @notice `index`, or the end of the skipped range that contains it.
    function nextUnskipped(uint64 index) external view returns (uint64);
    /// @notice Where the first skipped range that ends after `index` begins; type(uint64).max if none.
    function nextSkippedFrom(uint64 index) external view returns (uint64);

    /// @notice Root of the last final batch at the entry into Frozen; 0 before.
    function pinnedRoot() external view returns (bytes32);
    /// @notice The last final batch at the entry into Frozen.
    function pinnedBatch() external view returns (uint64);
    /// @notice The settled index at the entry into Frozen.
    function pinnedSettledIndex() external view returns (uint64);
    /// @notice L2 timestamp of the last final block at the entry into Frozen.
    function pinnedTimestamp() external view returns (uint64);
    /// @notice T of the entry into Frozen; 0 before.
    function frozenAtT() external view returns (uint256);

    /// @notice Seconds of L1 time that one Enforced block gathers (SPEC 12).
    function ENFORCED_INTERVAL() external view returns (uint256);
    function CLOCK() external view returns (address);
    function INBOX() external view returns (address);
    function ROLLUP() external view returns (address);
    function LANES() external view returns (address);
    function SEAT() external view returns (address);
}
