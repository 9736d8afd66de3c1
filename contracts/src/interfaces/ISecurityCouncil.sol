// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Upgrade} from "./IUpgradeTimelock.sol";

/// @param isExternal not employed or paid by the operator or its company, as governance declared; a claim of people, not of code
struct Member {
    address account;
    bool isExternal;
}

/// @notice One member's signature on an act. Keys sign with ECDSA, wallets by EIP-1271.
struct Approval {
    address signer;
    bytes signature;
}

/// @title The SecurityCouncil: four typed acts, and no other.
/// @notice Ownerless logic. Members change only by an upgrade of the UpgradeTimelock, which it can neither veto nor expedite, and by the
/// removal of members who stayed silent. Every signature is flat EIP-712 with nonce, deadline, chain id and epoch of the member list.
/// Warning: M members together can, until the sunset and in stage Training, carry out a passed upgrade at once. They never move funds,
/// touch the Inbox, or finalize anything.
interface ISecurityCouncil {
    enum Act { Veto, Pause, Resolve, Expedite }

    error NotUpgradeTimelock(address caller, address timelock);
    error TooFewMembers(uint256 count, uint256 minimum);
    error TooManyMembers(uint256 count, uint256 maximum);
    error ThresholdTooLow(uint256 threshold, uint256 minimum);
    error ThresholdAboveMembers(uint256 threshold, uint256 count);
    error TooFewExternal(uint256 count, uint256 minimum);
    error MembersNotAscending(address previous, address next);
    error NotMember(address account);
    error DeadlinePassed(uint256 deadline, uint256 nowSeconds);
    error NonceUsed(uint256 nonce);
    error TooFewApprovals(uint256 approvals, uint256 quorum);
    error SignersNotAscending(address previous, address next);
    error SignatureInvalid(address signer);
    /// @notice Fewer members are left than an act of M needs: nothing is possible but new members by governance.
    error Dormant(uint256 members, uint256 threshold);
    /// @notice The last pause was less than 90 days ago.
    error PauseBudgetSpent(uint256 nextPause);
    error AlreadyChallenged(address member, uint256 sinceT);
    /// @notice The member answered a challenge less than 90 days ago.
    error ChallengedRecently(address member, uint256 nextT);
    error NotChallenged(address member);
    /// @notice The member has until this T to answer.
    error StillTimeToAnswer(address member, uint256 untilT);

    event ActCarriedOut(Act indexed act, bytes32 indexed subject, uint256 nonce, uint256 approvals);
    event MembersSet(uint256 indexed epoch, Member[] members, uint256 threshold);
    event MemberChallenged(address indexed member, address indexed challenger, uint256 untilT);
    event ChallengeAnswered(address indexed member);
    event MemberRemoved(address indexed member, uint256 indexed epoch, uint256 membersLeft);

    /// @notice Ends a scheduled upgrade, by 5. Warning: see `IUpgradeTimelock.veto`.
    function veto(Upgrade calldata upgrade, uint256 nonce, uint256 deadline, Approval[] calldata approvals) external;
    /// @notice Pauses finality for 3 days of wall time, by 4; once per 90 days; it ends by itself. Inbox and exits go on.
    /// Warning: withdrawals that wait for finality wait up to 3 days longer.
    function pause(uint256 nonce, uint256 deadline, Approval[] calldata approvals) external;
    /// @notice Ends a dispute by switching one of its two lanes off, by M. Warning: chooses which answer may still become final; a zk
    /// answer is needed in any case.
    function resolve(uint256 disputeId, address lane, uint256 nonce, uint256 deadline, Approval[] calldata approvals) external;
    /// @notice Carries out a scheduled upgrade early, by M. Warning: see `IUpgradeTimelock.expedite`.
    function expedite(Upgrade calldata upgrade, uint256 nonce, uint256 deadline, Approval[] calldata approvals) external;

    /// @notice Asks a member for a sign of life; 30 days of T to answer. Anyone; a member at most once in 90 days.
    function challenge(address member) external;
    /// @notice The caller, a challenged member, is alive.
    function respond() external;
    /// @notice The same with the member's signature over `aliveDigest`, sent by anyone.
    function respondBySignature(address member, bytes calldata signature) external;
    /// @notice Removes a member who did not answer. Anyone. The thresholds stay as they are.
    function removeSilent(address member) external;

    /// @notice Replaces all members and M. The UpgradeTimelock only. Warning: whoever is named holds the powers of this contract.
    function setMembers(Member[] calldata members, uint256 threshold) external;

    /// @notice Reverts, naming the rule, unless `setMembers` would take this list and M.
    function checkMembers(Member[] calldata members, uint256 threshold) external pure;
    function members() external view returns (Member[] memory);
    function isMember(address account) external view returns (bool);
    /// @notice M.
    function threshold() external view returns (uint256);
    /// @notice Signatures an act needs.
    function quorumOf(Act act) external view returns (uint256);
    /// @notice Version of the member list; signatures of an earlier one are void.
    function epoch() external view returns (uint256);
    function isDormant() external view returns (bool);
    function isNonceUsed(uint256 nonce) external view returns (bool);
    /// @notice Wall time from which the next pause is possible.
    function nextPause() external view returns (uint256);
    /// @notice T until which a challenged member may answer; 0 if it is not challenged.
    function answerableUntil(address member) external view returns (uint256);
    /// @notice EIP-712 digests that members sign.
    function vetoDigest(Upgrade calldata upgrade, uint256 nonce, uint256 deadline) external view returns (bytes32);
    function pauseDigest(uint256 nonce, uint256 deadline) external view returns (bytes32);
    function resolveDigest(uint256 disputeId, address lane, uint256 nonce, uint256 deadline) external view returns (bytes32);
    function expediteDigest(Upgrade calldata upgrade, uint256 nonce, uint256 deadline) external view returns (bytes32);
    function aliveDigest(address member) external view returns (bytes32);

    function CLOCK() external view returns (address);
    function LANES() external view returns (address);
    function UPGRADE_TIMELOCK() external view returns (address);
}
