// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

// Owns the tests of who is in the council: the rules of a list, that what is kept as code is the list, members who stay silent, dormancy.
// Whose signatures count for what is SecurityCouncil.t.sol's.

import {Approval, ISecurityCouncil, Member} from "../src/interfaces/ISecurityCouncil.sol";
import {Upgrade} from "../src/interfaces/IUpgradeTimelock.sol";
import {Governance} from "./support/Governance.sol";

/// @dev P-151 the list; P-153 silence and dormancy.
contract CouncilMembersTest is Governance {
    function setUp() public {
        deployGovernance();
    }

    /// P-151: what is kept as code is the list itself, at every size and after every removal.
    function test_List_IsWhatWasSet(uint8 seed) public {
        uint256 count = 8 + seed % 17;
        Member[] memory next = new Member[](count);
        for (uint256 i = 0; i < count; ++i) {
            next[i] = Member(address(uint160(uint256(keccak256(abi.encode(seed, i))) >> 100 << 8 | i)), i < 3 || i % 2 == 0);
        }
        sort(next);
        setMembers(next, count);
        assertEq(keccak256(abi.encode(council.members())), keccak256(abi.encode(next)), "as set");
        address silent = next[seed % count].account;
        council.challenge(silent);
        skip(31 days);
        council.removeSilent(silent);
        Member[] memory left = council.members();
        assertEq(left.length, count - 1, "one fewer");
        for (uint256 i = 0; i < count; ++i) {
            assertTrue(council.isMember(next[i].account) == (next[i].account != silent), "in or out");
            if (i < left.length) {
                Member memory expected = next[i < seed % count ? i : i + 1];
                assertTrue(left[i].account == expected.account && left[i].isExternal == expected.isExternal, "in order");
            }
        }
        assertTrue(!council.isMember(address(0)) && !council.isMember(address(uint160(1) << 159)), "nobody else");
    }

    /// P-151
    function test_Members_RevertWhen_RulesAreBroken() public {
        Member[] memory next = firstMembers();
        vm.expectRevert(
            abi.encodeWithSelector(ISecurityCouncil.NotUpgradeTimelock.selector, address(this), address(timelock))
        );
        council.setMembers(next, 6);
        vm.expectRevert(abi.encodeWithSelector(ISecurityCouncil.ThresholdTooLow.selector, 5, 6));
        setMembers(next, 5);
        vm.expectRevert(abi.encodeWithSelector(ISecurityCouncil.ThresholdAboveMembers.selector, 9, 8));
        setMembers(next, 9);
        Member[] memory few = new Member[](7);
        vm.expectRevert(abi.encodeWithSelector(ISecurityCouncil.TooFewMembers.selector, 7, 8));
        setMembers(few, 6);
        Member[] memory many = new Member[](25);
        vm.expectRevert(abi.encodeWithSelector(ISecurityCouncil.TooManyMembers.selector, 25, 24));
        setMembers(many, 19);
        Member[] memory twelve = new Member[](12);
        for (uint256 i = 0; i < 12; ++i) twelve[i] = Member(address(uint160(i + 1)), true);
        vm.expectRevert(abi.encodeWithSelector(ISecurityCouncil.ThresholdTooLow.selector, 8, 9));
        setMembers(twelve, 8);
        setMembers(twelve, 9);
        next[1].account = next[0].account;
        vm.expectRevert(
            abi.encodeWithSelector(ISecurityCouncil.MembersNotAscending.selector, next[0].account, next[0].account)
        );
        setMembers(next, 6);
        next = firstMembers();
        next[0].account = address(0);
        vm.expectRevert(
            abi.encodeWithSelector(ISecurityCouncil.MembersNotAscending.selector, address(0), address(0))
        );
        setMembers(next, 6);
        next = firstMembers();
        (next[0].isExternal, next[2].isExternal) = (false, false);
        vm.expectRevert(abi.encodeWithSelector(ISecurityCouncil.TooFewExternal.selector, 2, 3));
        setMembers(next, 6);
        next[2].isExternal = true;
        setMembers(next, 6);
        assertTrue(!council.isMember(address(1)), "who is not named again is out");
    }

    /// P-153
    function test_Silence_IsRemovedAfter30Days_AndNeverLowersM() public {
        address silent = vm.addr(keys[2]);
        vm.expectRevert(abi.encodeWithSelector(ISecurityCouncil.NotMember.selector, whale));
        council.challenge(whale);
        vm.expectRevert(abi.encodeWithSelector(ISecurityCouncil.NotChallenged.selector, silent));
        council.removeSilent(silent);
        uint256 start = timestamp();
        council.challenge(silent);
        vm.expectRevert(abi.encodeWithSelector(ISecurityCouncil.AlreadyChallenged.selector, silent, start + 30 days));
        council.challenge(silent);
        vm.warp(start + 30 days);
        vm.expectRevert(abi.encodeWithSelector(ISecurityCouncil.StillTimeToAnswer.selector, silent, start + 30 days));
        council.removeSilent(silent);
        skip(1);
        bytes32 digest = council.pauseDigest(1, far());
        council.removeSilent(silent);
        assertEq(council.members().length, 7, "one fewer");
        assertEq(council.threshold(), 6, "M as before");
        assertEq(council.epoch(), 2, "another epoch");
        Approval[] memory stale = approvalsOf(digest, 4);
        vm.expectRevert();
        council.pause(1, far(), stale);
        Approval[] memory approvals = approvalsOf(council.pauseDigest(1, far()), 4);
        vm.expectRevert(abi.encodeWithSelector(ISecurityCouncil.NotMember.selector, silent));
        council.pause(1, far(), approvals);
        for (uint256 i = 0; i < 7; ++i) {
            assertTrue(council.isMember(council.members()[i].account), "the others are in");
        }
    }

    /// P-153
    function test_Silence_IsAnsweredByCallOrSignature() public {
        address first = vm.addr(keys[0]);
        address second = vm.addr(keys[1]);
        council.challenge(first);
        council.challenge(second);
        vm.expectRevert(abi.encodeWithSelector(ISecurityCouncil.NotMember.selector, address(this)));
        council.respond();
        vm.prank(first);
        council.respond();
        bytes memory signature = approvalOf(keys[1], council.aliveDigest(second)).signature;
        vm.expectRevert(abi.encodeWithSelector(ISecurityCouncil.NotChallenged.selector, first));
        vm.prank(first);
        council.respond();
        council.respondBySignature(second, signature);
        vm.expectRevert(abi.encodeWithSelector(ISecurityCouncil.ChallengedRecently.selector, second, timestamp() + 90 days));
        council.challenge(second);
        skip(90 days);
        council.challenge(second);
        // The old answer is not an answer to the new challenge.
        vm.expectRevert(abi.encodeWithSelector(ISecurityCouncil.SignatureInvalid.selector, second));
        council.respondBySignature(second, signature);
        skip(31 days);
        vm.prank(second);
        council.respond(); // late, but before anyone removed it
        vm.expectRevert(abi.encodeWithSelector(ISecurityCouncil.NotChallenged.selector, second));
        council.removeSilent(second);
    }

    /// P-153: a dead council has no power at all, and governance revives it.
    function test_Dormant_WhenFewerThanMAreLeft() public {
        for (uint256 i = 0; i < 3; ++i) council.challenge(vm.addr(keys[i]));
        skip(31 days);
        for (uint256 i = 0; i < 2; ++i) council.removeSilent(vm.addr(keys[i]));
        assertTrue(!council.isDormant(), "six of eight are enough");
        council.removeSilent(vm.addr(keys[2]));
        assertTrue(council.isDormant(), "five are not");
        Approval[] memory approvals = new Approval[](5);
        bytes32 digest = council.pauseDigest(1, far());
        for (uint256 i = 0; i < 5; ++i) approvals[i] = approvalOf(keys[i + 3], digest);
        vm.expectRevert(abi.encodeWithSelector(ISecurityCouncil.Dormant.selector, 5, 6));
        council.pause(1, far(), approvals);
        Upgrade memory upgrade = feesUpgrade();
        schedule(upgrade);
        digest = council.vetoDigest(upgrade, 1, far());
        for (uint256 i = 0; i < 5; ++i) approvals[i] = approvalOf(keys[i + 3], digest);
        vm.expectRevert(abi.encodeWithSelector(ISecurityCouncil.Dormant.selector, 5, 6));
        council.veto(upgrade, 1, far(), approvals);
        setMembers(firstMembers(), 6);
        council.pause(1, far(), approvalsOf(council.pauseDigest(1, far()), 4));
    }
}
