// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

// Owns the tests of the stages and of the bounty: what counts, what does not, who is paid.

import {IBounty} from "../src/interfaces/IBounty.sol";
import {IClock} from "../src/interfaces/IClock.sol";
import {ILanes} from "../src/interfaces/ILanes.sol";
import {IMaturity} from "../src/interfaces/IMaturity.sol";
import {Constants} from "../src/libraries/Constants.sol";
import {Governance} from "./support/Governance.sol";
import {ScriptedLanes} from "./support/GovernanceTargets.sol";

/// @dev Refuses every payment until it is told to take one.
contract Refuser {
    bool private _takes;

    receive() external payable {
        if (!_takes) revert();
    }

    function claim(IBounty bounty, address to) external returns (uint256) {
        return bounty.claim(to);
    }
}

/// @dev Claims again, and lets another component be awarded, while it is paid.
contract ReturningClaimer {
    IBounty private immutable BOUNTY;
    ScriptedLanes private immutable LANES;

    constructor(IBounty bounty, ScriptedLanes lanes) {
        (BOUNTY, LANES) = (bounty, lanes);
    }

    receive() external payable {
        (bool isAgain,) = address(BOUNTY).call(abi.encodeCall(IBounty.claim, (address(this))));
        require(!isAgain, "again");
        LANES.payFrom(address(BOUNTY), address(this), 30 days);
    }

    function claim() external {
        BOUNTY.claim(address(this));
    }
}

/// @dev P-160 stages only grow, one at a time; P-161 counting; P-162 contradiction and notice; P-165 the bounty.
contract MaturityTest is Governance {
    address private lane = address(0x1a4e);

    function setUp() public {
        deployGovernance();
        enable(lane, clock.current());
        vault.set(1_000 ether, 1_000 ether);
    }

    function enable(address which, uint256 sinceT) private {
        lanes.setRecord(which, ILanes.LaneRecord(Constants.ANSWER_ZK, 0, true, false, 1, 0, uint40(sinceT), 0));
    }

    function count(uint256 numberOfDays) private {
        maturity.observe();
        for (uint256 i = 0; i < numberOfDays; ++i) {
            core.finalizeBatch();
            skip(1 days);
            maturity.observe();
        }
    }

    function assertStage(IMaturity.Stage expected) private view {
        assertEq(uint256(maturity.stage()), uint256(expected), "stage");
    }

    /// P-160, P-161
    function test_Training_ToMature_AtTheThreshold() public {
        count(89);
        vm.expectRevert(
            abi.encodeWithSelector(IMaturity.ValueMissing.selector, 500 ether * 89 days, 500 ether * 90 days)
        );
        maturity.advance(lane);
        count(1);
        maturity.advance(lane);
        assertStage(IMaturity.Stage.Mature);
        assertEq(maturity.progress().batchDays, 0, "the next count begins");
        vm.expectRevert();
        maturity.advance(lane);
    }

    /// P-161: many batches in a day are one; days on which nobody looked are none; escrow above the cap counts as the cap.
    function test_Count_OneBatchADay_NoUnobservedDays() public {
        maturity.observe();
        for (uint256 i = 0; i < 10; ++i) core.finalizeBatch();
        skip(1 days - 1);
        maturity.observe();
        assertEq(maturity.progress().batchDays, 0, "a day is a day");
        skip(1);
        maturity.observe();
        assertEq(maturity.progress().batchDays, 1, "ten batches, one day");
        core.finalizeBatch();
        skip(20 days);
        maturity.observe();
        assertEq(maturity.progress().batchDays, 2, "twenty days unseen are one");
        assertEq(maturity.progress().valueSeconds, 2 * 500 ether * 1 days, "capped");
        skip(1 days);
        maturity.observe();
        assertEq(maturity.progress().batchDays, 2, "no batch, no day");
    }

    /// P-161: rented value counts only if it stays where anyone can look.
    function test_Count_TheLowestOfTheDay() public {
        maturity.observe();
        skip(1 hours);
        vault.set(1 ether, 1_000 ether);
        vm.prank(minnow);
        maturity.observe();
        vault.set(1_000 ether, 1_000 ether);
        skip(1 days);
        maturity.observe();
        assertEq(maturity.progress().valueSeconds, 1 ether * 1 days, "the lowest seen");
        vault.set(1_000 ether, 3 ether);
        skip(1 days);
        maturity.observe();
        assertEq(maturity.progress().valueSeconds, 4 ether * 1 days, "what is recorded but not held does not count");
    }

    /// P-161: time that stands still is no time at risk.
    function test_Count_InT() public {
        maturity.observe();
        core.finalizeBatch();
        vm.prank(address(council));
        clock.start(IClock.Stop.Pause);
        skip(2 days);
        maturity.observe();
        assertEq(maturity.progress().batchDays, 0, "T stood still");
    }

    /// P-160
    function test_Mature_NeedsAnOldLane() public {
        count(90);
        address young = address(0x90);
        enable(young, clock.current() - 90 days + 1);
        vm.expectRevert(abi.encodeWithSelector(IMaturity.LaneNotOldEnough.selector, young, 90 days - 1, 90 days));
        maturity.advance(young);
        vm.expectRevert(abi.encodeWithSelector(IMaturity.LaneNotOldEnough.selector, whale, 0, 90 days));
        maturity.advance(whale);
        lanes.setRecord(young, ILanes.LaneRecord(Constants.ANSWER_ATTESTERS, 0, true, false, 1, 0, 1, 0));
        vm.expectRevert(abi.encodeWithSelector(IMaturity.LaneNotOldEnough.selector, young, 0, 90 days));
        maturity.advance(young);
        lanes.setRecord(young, ILanes.LaneRecord(Constants.ANSWER_ZK, 0, false, true, 1, 0, 1, 0));
        vm.expectRevert(abi.encodeWithSelector(IMaturity.LaneNotOldEnough.selector, young, 0, 90 days));
        maturity.advance(young);
        maturity.advance(lane);
    }

    /// P-162
    function test_Contradiction_StartsAnew_AndStagesStay() public {
        count(90);
        vault.set(5_000 ether, 5_000 ether);
        maturity.advance(lane);
        count(200);
        lanes.contradict();
        maturity.observe();
        assertStage(IMaturity.Stage.Mature);
        assertEq(maturity.progress().valueSeconds + maturity.progress().batchDays, 0, "anew");
        count(365);
        maturity.advance(lane);
        assertTrue(maturity.ossifiesAtT() != 0, "notice");
        lanes.contradict();
        maturity.observe();
        assertEq(maturity.ossifiesAtT(), 0, "notice withdrawn");
        vm.expectRevert();
        maturity.advance(lane);
    }

    /// P-162: a contradiction that nobody reported yet is seen by `advance` itself.
    function test_Advance_SeesTheContradiction() public {
        count(90);
        lanes.contradict();
        vm.expectRevert(abi.encodeWithSelector(IMaturity.ValueMissing.selector, 0, 500 ether * 90 days));
        maturity.advance(lane);
    }

    /// P-160, P-162: sixty days of notice, then Ossified, then nothing.
    function test_Ossified_AfterNotice() public {
        count(90);
        vault.set(5_000 ether, 5_000 ether);
        maturity.advance(lane);
        count(365);
        maturity.advance(lane);
        assertStage(IMaturity.Stage.Mature);
        uint256 at = maturity.ossifiesAtT();
        assertEq(at, clock.current() + 60 days, "notice");
        vm.warp(timestamp() + 60 days - 1);
        vm.expectRevert(abi.encodeWithSelector(IMaturity.NoticeRuns.selector, at));
        maturity.advance(lane);
        skip(1);
        vm.expectRevert();
        maturity.advance(whale);
        maturity.advance(lane);
        assertStage(IMaturity.Stage.Ossified);
        vm.expectRevert(IMaturity.NothingBeyondOssified.selector);
        maturity.advance(lane);
        lanes.contradict();
        maturity.observe();
        assertStage(IMaturity.Stage.Ossified);
    }

    /// P-165
    function test_Bounty_PaysByAge_OnlyForTheLanes() public {
        vm.deal(address(this), 100 ether);
        (bool isFunded,) = address(bounty).call{value: 90 ether}("");
        assertTrue(isFunded, "funded");
        vm.expectRevert(abi.encodeWithSelector(IBounty.NotLanes.selector, address(this), address(lanes)));
        bounty.pay(address(this), 90 days);
        assertEq(lanes.payFrom(address(bounty), minnow, 0), 0, "a lane of no age");
        assertEq(lanes.payFrom(address(bounty), minnow, 30 days), 30 ether, "a third");
        assertEq(bounty.pot(), 60 ether, "pot");
        assertEq(lanes.payFrom(address(bounty), whale, 1_000 days), 60 ether, "no more than all");
        assertEq(bounty.pot(), 0, "empty");
        vm.prank(minnow);
        assertEq(bounty.claim(minnow), 30 ether, "claimed");
        assertEq(minnow.balance, 30 ether, "paid");
        vm.expectRevert(abi.encodeWithSelector(IBounty.NothingOwed.selector, minnow));
        vm.prank(minnow);
        bounty.claim(minnow);
        assertEq(bounty.owed(whale), 60 ether, "the other's is untouched");
    }

    /// P-165: a receiver that comes back while it is paid gets nothing twice, and what is awarded meanwhile is counted right.
    function test_Bounty_ReentryPaysNothingTwice() public {
        vm.deal(address(bounty), 90 ether);
        ReturningClaimer claimer = new ReturningClaimer(bounty, lanes);
        lanes.payFrom(address(bounty), address(claimer), 30 days);
        claimer.claim();
        assertEq(address(claimer).balance, 30 ether, "once");
        assertEq(bounty.owed(address(claimer)), 20 ether, "a third of what was left");
        assertEq(bounty.pot(), 40 ether, "and the rest is the pot");
    }

    /// P-165: a receiver that refuses holds up nothing and redirects.
    function test_Bounty_IsPulled() public {
        vm.deal(address(bounty), 10 ether);
        Refuser refuser = new Refuser();
        lanes.payFrom(address(bounty), address(refuser), 90 days);
        vm.expectRevert(abi.encodeWithSelector(IBounty.TransferFailed.selector, address(refuser), 10 ether));
        refuser.claim(bounty, address(refuser));
        refuser.claim(bounty, minnow);
        assertEq(minnow.balance, 10 ether, "redirected");
    }
}
