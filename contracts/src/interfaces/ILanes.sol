// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Binding} from "./IRollup.sol";

/// @title Which lanes answer, for which spec, and what contradicts.
/// @notice Not upgradeable. Lanes are registered and switched by the upgrade authority; a contradiction takes them away without it.
/// An answer counts only in the epoch of its lane in which it was given, so one write erases a lane's answers and closes its disputes.
interface ILanes {
    /// @notice What the Rollup needs to know of an enabled lane.
    /// @param kind 1 zk, 2 attesters
    /// @param id its position among all registered lanes
    /// @param epoch answers of an earlier epoch do not count
    /// @param zkAloneFromT T before which its answers finalize nothing without the attesters'
    struct LaneView {
        address lane;
        uint8 kind;
        uint8 id;
        uint24 specId;
        uint24 epoch;
        uint40 zkAloneFromT;
    }

    /// @notice One registered lane.
    /// @param kind 0 = not registered
    /// @param id its position among all registered lanes
    /// @param isDead taken away by a contradiction or by the council: it never comes back
    /// @param enabledSinceT T since which it has been enabled without a break; 0 while it is not
    struct LaneRecord {
        uint8 kind;
        uint8 id;
        bool isEnabled;
        bool isDead;
        uint24 specId;
        uint24 epoch;
        uint40 enabledSinceT;
        uint40 zkAloneFromT;
    }

    /// @notice A spec and the T from which batches are executed by it.
    struct Spec {
        uint24 id;
        uint40 activeT;
    }

    /// @notice Two lanes that answered one batch differently.
    /// @param endWall wall time after which, unresolved, the chain may be frozen
    struct Dispute {
        uint64 batch;
        uint32 round;
        address laneA;
        address laneB;
        uint24 epochA;
        uint24 epochB;
        uint40 endWall;
    }

    /// @notice The first statement of these inputs that was recorded for a lane.
    struct Evidence {
        bytes32 outputs;
        uint40 recordedAt;
    }

    error NotUpgradeAuthority(address caller, address authority);
    error NotRollup(address caller);
    error NotSecurityCouncil(address caller, address council);
    error LaneUnknown(address lane);
    error LaneDisabled(address lane);
    error LaneDead(address lane);
    error LaneForOtherSpec(address lane, uint256 laneSpec, uint256 batchSpec);
    error LaneKindInvalid(uint8 kind);
    error LaneExists(address lane);
    error LaneSpecUnknown(address lane, uint256 laneSpec);
    error TooManyLanes(uint256 count, uint256 maximum);
    /// @notice The lane proves less than the main profile, and this is no devnet.
    error LaneProfileRefused(address lane, bytes32 profile);
    /// @notice A lane can only be built on zk lanes that are registered and alive.
    error FoundationInvalid(address lane, address foundation);
    /// @notice Specs follow each other by one, the next only when the last is active.
    error SpecOutOfOrder(uint256 given, uint256 expected);
    /// @notice A spec becomes active 7 d of T after it was added, or later.
    error SpecTooSoon(uint256 activeT, uint256 earliestT);
    /// @notice No enabled lane that the profile lets finalize answers for the spec.
    error SpecWithoutLane(uint256 specId);
    /// @notice V + Z after its successor became active nobody answers for a spec any more.
    error SpecExpired(uint256 specId, uint256 expiredT);
    error NoSuchDispute(uint256 disputeId);
    error DisputeClosed(uint256 disputeId);
    error NotInDispute(uint256 disputeId, address lane);
    error StatementNotAccepted(bytes32 statement, address lane);
    /// @notice The lane's first record of these inputs has the same outputs: no contradiction.
    error SameOutputs(bytes32 inputs, bytes32 outputs);
    error NoBountyOwed(address lane);
    error ProfileOffDevnet(uint256 chainId);

    event LaneRegistered(address indexed lane, uint8 kind, uint256 specId, address[] builtOn, uint256 zkAloneFromT);
    event LaneSwitched(address indexed lane, bool isEnabled, uint24 epoch);
    /// @notice The lane never answers again.
    event LaneKilled(address indexed lane, uint24 epoch);
    /// @notice The lane finalizes nothing alone before that T.
    event ZkAloneSuspended(address indexed lane, uint256 untilT);
    event SpecAdded(uint256 indexed specId, uint256 activeT);
    event DisputeOpened(uint256 indexed disputeId, uint64 indexed batch, address laneA, address laneB, uint256 endWall);
    event DisputeResolved(uint256 indexed disputeId, address laneSwitchedOff);
    event StatementRecorded(address indexed lane, bytes32 indexed inputs, bytes32 outputs, address beneficiary);
    /// @notice One lane accepted two outputs of the same inputs.
    event LaneContradicted(address indexed lane, bytes32 indexed inputs, bytes32 outputsA, bytes32 outputsB, address beneficiary, uint256 laneAgeSeconds);
    event LaneTripped(address indexed lane, uint256 untilT);
    event BountyPaid(address indexed lane, address indexed beneficiary, uint256 amountWei);

    /// @notice Registers a lane, enabled. The upgrade authority only.
    /// @param builtOn zk lanes whose proofs this lane verifies: it falls with any of them
    /// @param zkAloneFromT T before which it finalizes nothing alone; 0 for at once
    /// Warning: a lane that lies voids, with the lanes the policy asks for beside it, everything that was not paid out yet.
    function registerLane(address lane, uint8 kind, address[] calldata builtOn, uint40 zkAloneFromT) external;
    /// @notice Switches a lane; switching it off erases its answers to batches that are not final. The upgrade authority only.
    /// Warning: with every lane off nothing becomes final, and 30 d later anyone may freeze the chain.
    function switchLane(address lane, bool isEnabled) external;
    /// @notice Adds the next spec, active 7 d of T from now or later. The upgrade authority only.
    /// Warning: a spec says what L2 transactions do; whoever sets it decides about every balance from then on.
    function addSpec(uint24 specId, uint40 activeT) external;

    /// @notice Records that two lanes differ on a committed batch, and stops the clock. The Rollup only.
    /// Warning: whoever can replace the Rollup can report disputes that are none, and so freeze the chain.
    function openDispute(uint64 batch, uint32 round, address laneA, address laneB) external returns (uint256 disputeId);
    /// @notice Ends an open dispute by taking one of its two lanes away for ever. The SecurityCouncil only. Warning: with the honest lane
    /// gone the other one's answer stands; it becomes final only if it is a zk answer, and after Z.
    function resolve(uint256 disputeId, address lane) external;
    /// @notice Forgets closed disputes, at most `maximum`, and ends the clock's stop when none is open. Anyone.
    function closeDisputes(uint256 maximum) external;

    /// @notice Records an accepted statement as evidence. The first of its lane and inputs is kept; a second with other outputs takes the lane
    /// away for ever with all that is built on it, and earns its binding's beneficiary the bounty. Anyone.
    /// Whoever finds a contradiction records the harmless statement first, in an earlier block, and only then submits the other proof: from
    /// then on whoever copies it pays its beneficiary.
    function recordStatement(address lane, bytes32 inputs, bytes32 outputs, Binding calldata binding) external;
    /// @notice Has the Bounty pay what a contradiction earned. Anyone, once per contradicted lane.
    function payBounty(address lane) external;

    /// @notice All enabled lanes, and whether attesters finalize alone now.
    function enabledLanes() external view returns (LaneView[] memory lanes, bool attestersAlone);
    /// @notice The same; reverts with the reason if `lane` may not answer for that spec now.
    function lanesToAnswer(address lane, uint256 specId) external view returns (LaneView[] memory lanes, bool attestersAlone);
    function laneRecord(address lane) external view returns (LaneRecord memory);
    /// @notice The lane registered at that position.
    function laneAt(uint8 id) external view returns (address);
    function laneCount() external view returns (uint256);
    /// @notice Whether an answer that the lane gave in that epoch still counts.
    function counts(address lane, uint24 epoch) external view returns (bool);
    /// @notice T since which no lane is left that the profile lets finalize; 0 while there is one. A lane whose spec has expired, or
    /// that nobody has added yet, is none.
    function noLaneSince() external view returns (uint256);
    /// @notice The spec in force at a moment of T.
    function specAt(uint256 atT) external view returns (uint256);
    function specCount() external view returns (uint256);
    /// @notice The spec in force for a message of that T that is proven now: that of its time, or the oldest that is still answered for.
    function specForMessage(uint256 messageT) external view returns (uint256);
    function spec(uint256 position) external view returns (Spec memory);
    /// @notice Whether the profile lets attesters finalize alone now: `training-devnet` while no zk lane is enabled, and never elsewhere.
    function attestersFinalizeAlone() external view returns (bool);
    function isTrainingDevnet() external view returns (bool);

    function disputeCount() external view returns (uint256);
    function dispute(uint256 disputeId) external view returns (Dispute memory);
    /// @notice Whether a dispute halts its batch: both answers count and the batch is neither final nor dropped.
    function isOpen(uint256 disputeId) external view returns (bool);
    /// @notice The last dispute that is open, 0 if none.
    function latestOpenDispute() external view returns (uint256 disputeId);
    function evidenceOf(address lane, bytes32 inputs) external view returns (Evidence memory);
    /// @notice How often a zk lane contradicted itself; only grows. Maturity starts its count anew when it does.
    function zkContradictions() external view returns (uint256);
    /// @notice The lane whose contradiction lets the council expedite its replacement, and until when; zero if none or over.
    function tripped() external view returns (address lane, uint256 untilT);

    function CLOCK() external view returns (address);
    function ROLLUP() external view returns (address);
    function MATURITY() external view returns (address);
    function BOUNTY() external view returns (address);
    function SECURITY_COUNCIL() external view returns (address);
    function UPGRADE_AUTHORITY() external view returns (address);
}
