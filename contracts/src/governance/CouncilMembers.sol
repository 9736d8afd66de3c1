// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {IClock} from "../interfaces/IClock.sol";
import {ISecurityCouncil, Member} from "../interfaces/ISecurityCouncil.sol";
import {Constants} from "../libraries/Constants.sol";
import {KeySignature} from "../libraries/KeySignature.sol";
import {MemberList} from "./MemberList.sol";

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

    /// @dev One word: all that an act asks about the council but the list itself.
    /// @param list account whose code is the list, see MemberList
    struct Council {
        address list;
        uint32 epoch;
        uint8 threshold;
        uint8 count;
    }

    /// @param answerableUntilT 0 unless challenged
    /// @param challengeableT first T at which the next challenge is possible
    struct Standing {
        uint40 answerableUntilT;
        uint40 challengeableT;
    }

    /// @inheritdoc ISecurityCouncil
    address public immutable CLOCK;
    /// @inheritdoc ISecurityCouncil
    address public immutable UPGRADE_TIMELOCK;

    Council private _council;
    /// @dev Of members alone: forgotten when a member leaves.
    mapping(address account => Standing) private _standings;

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
        delete _standings[member];
        Member[] memory present = _present();
        Member[] memory left = new Member[](present.length - 1);
        // Order is kept, so that the list stays ascending.
        uint256 kept = 0;
        for (uint256 i = 0; i < present.length; ++i) {
            if (present[i].account != member) left[kept++] = present[i];
        }
        uint32 nextEpoch = _store(left, _council.threshold);
        emit MemberRemoved(member, nextEpoch, left.length);
    }

    /// @inheritdoc ISecurityCouncil
    function checkMembers(Member[] calldata next, uint256 nextThreshold) external pure {
        _checkMembers(next, nextThreshold);
    }

    /// @inheritdoc ISecurityCouncil
    function members() external view returns (Member[] memory) {
        return _present();
    }

    /// @inheritdoc ISecurityCouncil
    function isMember(address account) public view returns (bool) {
        bytes memory list = MemberList.load(_council.list);
        for (uint256 i = 0; i < MemberList.count(list); ++i) {
            if (MemberList.accountAt(list, i) == account) return true;
        }
        return false;
    }

    /// @inheritdoc ISecurityCouncil
    function threshold() public view returns (uint256) {
        return _council.threshold;
    }

    /// @inheritdoc ISecurityCouncil
    function epoch() public view returns (uint256) {
        return _council.epoch;
    }

    /// @inheritdoc ISecurityCouncil
    function isDormant() public view returns (bool) {
        return _council.count < _council.threshold;
    }

    /// @inheritdoc ISecurityCouncil
    function answerableUntil(address member) external view returns (uint256) {
        return _standings[member].answerableUntilT;
    }

    /// @inheritdoc ISecurityCouncil
    function aliveDigest(address member) public view returns (bytes32) {
        return _hashTypedDataV4(
            keccak256(abi.encode(ALIVE_TYPEHASH, member, _standings[member].answerableUntilT, epoch()))
        );
    }

    function _checkNotDormant() internal view {
        if (isDormant()) revert Dormant(_council.count, _council.threshold);
    }

    /// @dev The list for a look-up of several accounts in ascending order.
    function _list() internal view returns (bytes memory) {
        return MemberList.load(_council.list);
    }

    /// @dev A key's own signature counts also while it is delegated to code (EIP-7702); otherwise code answers for itself (EIP-1271).
    function _checkSignature(address signer, bytes32 digest, bytes calldata signature) internal view {
        if (KeySignature.isBy(signer, digest, signature)) return;
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
        if (!isMember(member)) revert NotMember(member);
        standing = _standings[member];
    }

    function _setMembers(Member[] memory next, uint256 nextThreshold) private {
        _checkMembers(next, nextThreshold);
        if (_council.list != address(0)) {
            Member[] memory previous = _present();
            for (uint256 i = 0; i < previous.length; ++i) {
                delete _standings[previous[i].account];
            }
        }
        emit MembersSet(_store(next, uint8(nextThreshold)), next, nextThreshold);
    }

    /// @dev Every list is another epoch.
    function _store(Member[] memory next, uint8 nextThreshold) private returns (uint32 nextEpoch) {
        nextEpoch = _council.epoch + 1;
        _council = Council(MemberList.store(next), nextEpoch, nextThreshold, uint8(next.length));
    }

    function _present() private view returns (Member[] memory) {
        return MemberList.all(_list());
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
