// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Member} from "./ISecurityCouncil.sol";

/// @notice What an upgrade changes; its payload is the ABI encoding of the struct named beside it.
enum UpgradeKind {
    /// code of the Rollup: `CoreUpgrade`; stage Training only
    Core,
    /// a new zk lane: `ZkLaneUpgrade`
    ZkLane,
    /// a zk lane on or off: `LaneSwitchUpgrade`
    LaneSwitch,
    /// another spec: `SpecUpgrade`
    Spec,
    /// another set of attesters: `AttesterSetUpgrade`
    AttesterSet,
    /// another operator: `OperatorUpgrade`; 7 days
    Operator,
    /// the bounded fee scalars: `FeesUpgrade`
    Fees,
    /// the members of the SecurityCouncil: `CouncilUpgrade`
    Council
}

/// @notice One upgrade, whole: nothing of it is decided after it was proposed.
/// @param payload `abi.encode` of the kind's struct, in exactly that form
/// @param reportHash keccak256 of the public report that explains it; never zero
/// @param salt tells two proposals of the same content apart
struct Upgrade {
    UpgradeKind kind;
    bytes payload;
    bytes32 reportHash;
    bytes32 salt;
}

/// @param codehash of `implementation`, from scheduling to execution
/// @param migrates whether `migrate()` of the new code is called in the same act; no other call is possible
struct CoreUpgrade {
    address implementation;
    bytes32 codehash;
    bool migrates;
}

/// @param builtOn zk lanes whose death is this one's too; at most 128, so that a veto, which carries the payload, is relayed by every node
struct ZkLaneUpgrade {
    address lane;
    bytes32 codehash;
    address[] builtOn;
}

struct LaneSwitchUpgrade {
    address lane;
    bytes32 codehash;
    bool isEnabled;
}

/// @param delaySeconds T from the execution until it is active; at least 7 days
struct SpecUpgrade {
    uint256 specId;
    uint256 delaySeconds;
}

/// @param previousLane attester lane switched off in the same act, or zero
struct AttesterSetUpgrade {
    address previousLane;
    address lane;
    bytes32 codehash;
}

struct OperatorUpgrade {
    address hotKey;
    address coldKey;
}

struct FeesUpgrade {
    uint256 dataFeeScalar;
    uint256 surchargeScalar;
}

struct CouncilUpgrade {
    Member[] members;
    uint256 threshold;
}

/// @title The one way by which code, lanes, keys and parameters of a running chain change.
/// @notice Ownerless; every delay is fixed at the deployment and counts in T. An upgrade is typed, public and pinned from its scheduling on.
/// Warning: whoever passes a proposal decides, after the delay, what the Rollup (stage Training) and the lanes accept. A malicious lane
/// takes everything that was not paid out by then: leaving in time is the only defence.
interface IUpgradeTimelock {
    /// @notice Derived from T; only execution and a content's veto are stored.
    enum UpgradeState { Unknown, Scheduled, Executable, Executed, Expired, Vetoed }

    /// @param scheduledT T of the scheduling
    /// @param eta T from which it may be executed
    /// @param expiry last moment of T at which it may be
    /// @param scheduledTime wall time of the scheduling, seconds: a veto asks no clock, so that is what it is compared with
    /// @param content what it changes: a veto is kept under it
    struct Schedule {
        uint40 scheduledT;
        uint40 eta;
        uint40 expiry;
        UpgradeKind kind;
        bool isExecuted;
        uint40 scheduledTime;
        bytes32 content;
    }

    error NotGovernor(address caller, address governor);
    error NotCouncil(address caller, address council);
    /// @notice The upgrade is in another state than the act needs.
    error UnexpectedState(bytes32 id, UpgradeState state);
    error AlreadyScheduled(bytes32 id);
    error ReportMissing();
    /// @notice The payload is not the one canonical encoding of the kind's struct.
    error PayloadNotCanonical(UpgradeKind kind);
    /// @notice The code at the address is not the one that was pinned.
    error CodehashMismatch(address target, bytes32 pinned, bytes32 actual);
    /// @notice The delay leaves less than the exit window and 30 days.
    error ExitWindowTooShort(uint256 delaySeconds, uint256 exitWindowSeconds, uint256 neededSeconds);
    error DelayBelowMinimum(uint256 delaySeconds, uint256 minimumSeconds);
    error SunsetTooLate(uint256 sunset, uint256 latest);
    /// @notice The stage allows no such upgrade.
    error StageForbids(uint8 stage, UpgradeKind kind);
    error ChainFrozen();
    error DisputeOpen();
    /// @notice Exits go first: this message, older than 14.5 days, is not settled since a day.
    error ExitsGoFirst(uint64 firstUnsettled, uint64 count);
    /// @notice `extend` needs an executable upgrade that only the guard of exits keeps back.
    error NothingToExtend(bytes32 id);
    error NotVetoable(UpgradeKind kind);
    /// @notice This content was vetoed before; the council has no second veto on it.
    error VetoSpent(bytes32 content);
    error NotExpeditable(UpgradeKind kind, uint8 stage);
    error CouncilSunset(uint256 sunset);
    /// @notice In Mature only a lane that replaces the tripped one, public for 7 days, is expedited.
    error NotTripped(address lane, uint256 publicSinceT);
    error LaneKindMismatch(address lane, uint8 kind);
    /// @notice The lane has not verified the corpus statement on chain.
    error CorpusNotVerified(address lane, bytes32 statement);
    error PostConditionFailed(string what);
    error DelayAboveMaximum(uint256 delaySeconds, uint256 maximum);

    event UpgradeScheduled(
        bytes32 indexed id,
        UpgradeKind indexed kind,
        bytes32 indexed content,
        Upgrade upgrade,
        uint256 scheduledT,
        uint256 eta,
        uint256 expiry
    );
    event UpgradeExecuted(bytes32 indexed id, UpgradeKind indexed kind, bool isExpedited);
    /// @notice `id` is the one that was named; every upgrade of the content that was scheduled by then has fallen with it.
    event UpgradeVetoed(bytes32 indexed id, bytes32 indexed content);
    event UpgradeExtended(bytes32 indexed id, uint256 expiry);

    /// @notice Schedules an upgrade. The KeyfallGovernor only, when a proposal has passed.
    /// Warning: starts the clock after which anyone may carry it out.
    function schedule(Upgrade calldata upgrade) external returns (bytes32 id);
    /// @notice Carries out an executable upgrade. Anyone. Reverts unless the chain is not Frozen, no dispute is open, every message
    /// enqueued at least 14.5 days ago has been settled for a day, the pinned code still stands and all post-conditions hold.
    function execute(Upgrade calldata upgrade) external;
    /// @notice Moves the expiry of an upgrade that only the guard of exits keeps back to 3 days from now, at most eta + 74 d. Anyone.
    function extend(bytes32 id) external;
    /// @notice Ends a scheduled upgrade for good, and with it every other one of its content that stands. The SecurityCouncil only; once per content, and never for attesters, operator or council.
    /// Named by the parts of its identity: its kind is the schedule's, and nothing of the payload is needed.
    /// Warning: five members delay any other upgrade by one more proposal, once. A proposal of the same content that is queued after the veto is that
    /// one more, also if it was passed before: a veto that waits until such a proposal has expired delays longer.
    function veto(bytes32 content, bytes32 reportHash, bytes32 salt) external;
    /// @notice Carries out a scheduled upgrade before its eta. The SecurityCouncil only, before the sunset; never attesters, operator or
    /// council. In Mature only a zk lane that was public for 7 days, while `tripped` names a lane, with its zk-alone delay kept.
    /// Warning: in Training M members and a passed proposal replace the Rollup with no time to leave: take every unpaid wei and token.
    function expedite(Upgrade calldata upgrade) external;

    /// @notice A veto of its content at or after its scheduling makes it Vetoed, whichever upgrade the veto named.
    function state(bytes32 id) external view returns (UpgradeState);
    function scheduleOf(bytes32 id) external view returns (Schedule memory);
    /// @notice Identity of an upgrade: keccak256 of chain, this contract, content, report and salt.
    function idOf(Upgrade calldata upgrade) external view returns (bytes32);
    /// @notice Identity of what it changes: keccak256 of kind and payload. Vetoes count per content.
    function contentOf(Upgrade calldata upgrade) external pure returns (bytes32);
    /// @notice Wall time of the content's only veto, seconds; 0 before it. Vetoed is every upgrade of the content that was scheduled by then, under
    /// whatever salt and report; one scheduled later is not.
    function vetoedTimeOf(bytes32 content) external view returns (uint256);
    function isVetoable(UpgradeKind kind) external pure returns (bool);
    /// @notice T between scheduling and eta.
    function delayOf(UpgradeKind kind) external view returns (uint256);
    /// @notice Worst-case time of an exit that begins now, seconds of T.
    function exitWindow() external view returns (uint256);
    /// @notice What keeps any execution back now: the chain is Frozen, a dispute is open, exits go first (with the message).
    function guard() external view returns (bool isFrozen, bool isDisputed, bool exitsGoFirst, uint64 firstUnsettled);

    function GOVERNOR() external view returns (address);
    function COUNCIL() external view returns (address);
    function CLOCK() external view returns (address);
    function ROLLUP() external view returns (address);
    function LANES() external view returns (address);
    function SEAT() external view returns (address);
    function LIFECYCLE() external view returns (address);
    function INBOX() external view returns (address);
    function MATURITY() external view returns (address);
    /// @notice Wall time from which nothing is expedited any more.
    function SUNSET() external view returns (uint256);
    /// @notice The statement every new lane must have accepted before it is registered.
    function CORPUS_STATEMENT() external view returns (bytes32);
}
