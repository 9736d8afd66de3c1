// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {IClock} from "../interfaces/IClock.sol";
import {ISecurityCouncil, Member} from "../interfaces/ISecurityCouncil.sol";
import {Constants} from "../libraries/Constants.sol";

// Who is in the council. Owns the list, M, the epoch, and the removal of members who stay silent:
//
//      present ──challenge (anyone, once per 90 d)──► challenged ──respond──► present
//                                                        └──30 d without an answer──► removed, by anyone
//
// A removal never lowers M: with fewer than M members left the council is dormant until governance names new ones.
// Every change of the list is another epoch, and signatures of an earlier epoch are void.
// Invariant: at least 8 members, 3 of them external, M >= 6 and M >= 75 % of them whenever the list is set.

/// @title The members of the SecurityCouncil.
abstract contract CouncilMembers is ISecurityCouncil, EIP712 {
    bytes32 private constant ALIVE_TYPEHASH = keccak256("Alive(address member,uint256 answerableUntil,uint256 epoch)");

    /// @param number place in the list plus one; 0 = no member
    /// @param answerableUntilT 0 unless challenged
    /// @param challengeableT first T at which the next challenge is possible
    struct Standing {
        uint8 number;
        uint40 answerableUntilT;
        uint40 challengeableT;
    }

    /// @inheritdoc ISecurityCouncil
    address public immutable CLOCK;
    /// @inheritdoc ISecurityCouncil
    address public immutable UPGRADE_TIMELOCK;

    Member[] private _members;
    mapping(address account => Standing) private _standings;
    uint32 private _epoch;
    uint8 private _threshold;

    constructor(address clock, address upgradeTimelock, Member[] memory first, uint256 firstThreshold)
        EIP712("Keyfall SecurityCouncil", "1")
    {
        CLOCK = clock;
        UPGRADE_TIMELOCK = upgradeTimelock;
        _setMembers(first, firstThreshold);
    }

    /// @inheritdoc ISecurityCouncil
    function setMembers(Member[] calldata next, uint256 nextThreshold) external {
        if (msg.sender != UPGRADE_TIMELOCK) revert NotUpgradeTimelock(msg.sender, UPGRADE_TIMELOCK);
        _setMembers(next, nextThreshold);
    }

    /// @inheritdoc ISecurityCouncil
    function challenge(address member) external {
        Standing storage standing = _memberStanding(member);
        if (standing.answerableUntilT != 0) revert AlreadyChallenged(member, standing.answerableUntilT);
        uint256 nowT = IClock(CLOCK).current();
        if (nowT < standing.challengeableT) revert ChallengedRecently(member, standing.challengeableT);
        standing.answerableUntilT = uint40(nowT + IClock(CLOCK).scaled(Constants.CHALLENGE_ANSWER_SECONDS));
        emit MemberChallenged(member, msg.sender, standing.answerableUntilT);
    }

    /// @inheritdoc ISecurityCouncil
    function respond() external {
        _respond(msg.sender);
    }

    /// @inheritdoc ISecurityCouncil
    function respondBySignature(address member, bytes calldata signature) external {
        _checkSignature(member, aliveDigest(member), signature);
        _respond(member);
    }

    /// @inheritdoc ISecurityCouncil
    function removeSilent(address member) external {
        Standing storage standing = _memberStanding(member);
        uint256 until = standing.answerableUntilT;
        if (until == 0) revert NotChallenged(member);
        if (IClock(CLOCK).current() <= until) revert StillTimeToAnswer(member, until);
        uint256 position = standing.number - 1;
        delete _standings[member];
        // Order is kept, so that the list stays ascending.
        for (uint256 i = position + 1; i < _members.length; ++i) {
            _members[i - 1] = _members[i];
            --_standings[_members[i].account].number;
        }
        _members.pop();
        ++_epoch;
        emit MemberRemoved(member, _epoch, _members.length);
    }

    /// @inheritdoc ISecurityCouncil
    function members() external view returns (Member[] memory) {
        return _members;
    }

    /// @inheritdoc ISecurityCouncil
    function isMember(address account) public view returns (bool) {
        return _standings[account].number != 0;
    }

    /// @inheritdoc ISecurityCouncil
    function threshold() public view returns (uint256) {
        return _threshold;
    }

    /// @inheritdoc ISecurityCouncil
    function epoch() public view returns (uint256) {
        return _epoch;
    }

    /// @inheritdoc ISecurityCouncil
    function isDormant() public view returns (bool) {
        return _members.length < _threshold;
    }

    /// @inheritdoc ISecurityCouncil
    function answerableUntil(address member) external view returns (uint256) {
        return _standings[member].answerableUntilT;
    }

    /// @inheritdoc ISecurityCouncil
    function aliveDigest(address member) public view returns (bytes32) {
        return _hashTypedDataV4(
            keccak256(abi.encode(ALIVE_TYPEHASH, member, _standings[member].answerableUntilT, uint256(_epoch)))
        );
    }

    function _checkNotDormant() internal view {
        if (isDormant()) revert Dormant(_members.length, _threshold);
    }

    /// @dev A key's own signature counts also while it is delegated to code (EIP-7702); otherwise code answers for itself (EIP-1271).
    function _checkSignature(address signer, bytes32 digest, bytes calldata signature) internal view {
        (address recovered, ECDSA.RecoverError failure,) = ECDSA.tryRecoverCalldata(digest, signature);
        if (failure == ECDSA.RecoverError.NoError && recovered == signer) return;
        if (signer.code.length == 0 || !SignatureChecker.isValidERC1271SignatureNowCalldata(signer, digest, signature)) {
            revert SignatureInvalid(signer);
        }
    }

    function _respond(address member) private {
        Standing storage standing = _memberStanding(member);
        if (standing.answerableUntilT == 0) revert NotChallenged(member);
        standing.answerableUntilT = 0;
        uint256 interval = IClock(CLOCK).scaled(Constants.CHALLENGE_INTERVAL_SECONDS);
        standing.challengeableT = uint40(IClock(CLOCK).current() + interval);
        emit ChallengeAnswered(member);
    }

    function _memberStanding(address member) private view returns (Standing storage standing) {
        standing = _standings[member];
        if (standing.number == 0) revert NotMember(member);
    }

    function _setMembers(Member[] memory next, uint256 nextThreshold) private {
        _checkMembers(next, nextThreshold);
        for (uint256 i = 0; i < _members.length; ++i) {
            delete _standings[_members[i].account];
        }
        delete _members;
        ++_epoch;
        for (uint256 i = 0; i < next.length; ++i) {
            _members.push(next[i]);
            _standings[next[i].account] = Standing(uint8(i + 1), 0, 0);
        }
        _threshold = uint8(nextThreshold);
        emit MembersSet(_epoch, next, nextThreshold);
    }

    function _checkMembers(Member[] memory next, uint256 nextThreshold) private pure {
        uint256 count = next.length;
        if (count < Constants.MIN_COUNCIL_MEMBERS) revert TooFewMembers(count, Constants.MIN_COUNCIL_MEMBERS);
        if (count > Constants.MAX_COUNCIL_MEMBERS) revert TooManyMembers(count, Constants.MAX_COUNCIL_MEMBERS);
        uint256 minimum = (3 * count + 3) / 4;
        if (minimum < Constants.MIN_COUNCIL_THRESHOLD) minimum = Constants.MIN_COUNCIL_THRESHOLD;
        if (nextThreshold < minimum) revert ThresholdTooLow(nextThreshold, minimum);
        if (nextThreshold > count) revert ThresholdAboveMembers(nextThreshold, count);
        uint256 external_ = 0;
        address previous = address(0);
        for (uint256 i = 0; i < count; ++i) {
            if (next[i].account <= previous) revert MembersNotAscending(previous, next[i].account);
            previous = next[i].account;
            if (next[i].isExternal) ++external_;
        }
        if (external_ < Constants.MIN_COUNCIL_EXTERNAL) revert TooFewExternal(external_, Constants.MIN_COUNCIL_EXTERNAL);
    }
}
