// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

// Owns the tests of the Clock: against a model that counts seconds one by one, and its bounds by hand.

import {IClock} from "../src/interfaces/IClock.sol";
import {Clock} from "../src/rollup/Clock.sol";
import {TestBase} from "./support/TestBase.sol";

/// @dev The rule of the Clock, second by second, written without looking at how the contract does it.
contract NaiveClock {
    uint256 private constant PAUSE = 3;
    uint256 private constant DISPUTE = 7;
    uint256 public time;
    uint256 public wall;
    uint256 public budgetNinths = 90;
    uint256 private pauseUntil;
    uint256 private disputeUntil;
    bool private isExhausted;

    constructor(uint256 startTime) {
        wall = startTime;
        time = startTime;
    }

    function isBlocked() public view returns (bool) {
        return wall < pauseUntil || wall < disputeUntil;
    }

    function start(IClock.Stop kind) external {
        if (kind == IClock.Stop.Pause) pauseUntil = wall + PAUSE;
        else disputeUntil = wall + DISPUTE;
        isExhausted = false;
    }

    function end(IClock.Stop kind) external {
        if (kind == IClock.Stop.Pause) pauseUntil = wall;
        else disputeUntil = wall;
    }

    function canEnd(IClock.Stop kind) external view returns (bool) {
        return wall < (kind == IClock.Stop.Pause ? pauseUntil : disputeUntil);
    }

    function tick() external {
        if (!isBlocked()) isExhausted = false;
        bool isStopped = isBlocked() && !isExhausted;
        if (isStopped && budgetNinths < 9) {
            isExhausted = true;
            isStopped = false;
        }
        if (isStopped) {
            budgetNinths -= 9;
        } else {
            time += 1;
            if (budgetNinths < 90) budgetNinths += 1;
        }
        wall += 1;
    }
}

/// @dev P-001 T never goes back nor outruns wall time. P-002 stops end by themselves and their sum is bounded. P-003 T of a past
/// moment stays what it was. P-004 only the two authorities stop the clock.
contract ClockTest is TestBase {
    address private constant PAUSER = address(0xa1);
    address private constant DISPUTER = address(0xa2);
    uint256 private constant START = 1_800_000_000;
    /// A day is a second: pauses of 3, disputes of 7, a budget of 10.
    uint256 private constant SCALE = 86_400;

    Clock private clock;

    function setUp() public {
        vm.warp(START);
        clock = new Clock(SCALE, PAUSER, DISPUTER);
    }

    function authority(IClock.Stop kind) private pure returns (address) {
        return kind == IClock.Stop.Pause ? PAUSER : DISPUTER;
    }

    function startStop(IClock.Stop kind) private {
        vm.prank(authority(kind));
        clock.start(kind);
    }

    /// P-001 P-002 P-003
    function testFuzz_ClockAgreesWithTheNaiveModelSecondBySecond(uint256 seed) public {
        NaiveClock model = new NaiveClock(START);
        uint256[] memory seen = new uint256[](120);
        uint256 stoppedSeconds = 0;
        for (uint256 i = 0; i < seen.length; ++i) {
            uint256 draw = uint256(keccak256(abi.encode(seed, i)));
            IClock.Stop kind = draw & 1 == 0 ? IClock.Stop.Pause : IClock.Stop.Dispute;
            uint256 action = (draw >> 8) % 8;
            if (action < 2) {
                startStop(kind);
                model.start(kind);
            } else if (action == 2 && model.canEnd(kind)) {
                vm.prank(authority(kind));
                clock.end(kind);
                model.end(kind);
            }
            seen[i] = clock.current();
            assertEq(seen[i], model.time(), "T");
            assertEq(clock.budget(), model.budgetNinths() / 9, "budget");
            assertTrue(clock.isBlocked() == model.isBlocked(), "blocked");
            if (i > 0) {
                assertTrue(seen[i] >= seen[i - 1] && seen[i] <= seen[i - 1] + 1, "T moves by 0 or 1");
                if (seen[i] == seen[i - 1]) stoppedSeconds += 1;
            }
            model.tick();
            skip(1);
        }
        uint256 running = seen.length - stoppedSeconds;
        assertLe(stoppedSeconds, 10 + running / 9 + 1, "stopped seconds");
        for (uint256 i = 0; i < seen.length; ++i) {
            assertEq(clock.timeAt(START + i), seen[i], "T of the past");
        }
    }

    function test_Stops_EndByThemselves() public {
        startStop(IClock.Stop.Pause);
        vm.warp(START + 2);
        assertEq(clock.current(), START, "T stands");
        assertTrue(clock.isBlocked(), "blocked at -1");
        vm.warp(START + 3);
        assertTrue(!clock.isBlocked(), "free at 0");
        vm.warp(START + 13);
        assertEq(clock.current(), START + 10, "T ran on");
    }

    function test_Union_CountsOverlapOnce() public {
        startStop(IClock.Stop.Dispute);
        vm.warp(START + 2);
        startStop(IClock.Stop.Pause);
        vm.warp(START + 20);
        assertEq(clock.current(), START + 13, "seven seconds stopped, not ten");
    }

    function test_EmptyBudget_LetsTRunWhileFinalityStaysBlocked() public {
        startStop(IClock.Stop.Dispute);
        vm.warp(START + 7);
        startStop(IClock.Stop.Dispute);
        vm.warp(START + 13);
        assertTrue(clock.isBlocked(), "still blocked");
        assertEq(clock.current(), START + 3, "ten stopped, three ran");
        assertEq(clock.budget(), 0, "budget");
    }

    function test_Start_RevertWhen_CallerIsNotItsAuthority() public {
        vm.expectRevert(abi.encodeWithSelector(IClock.NotAuthority.selector, DISPUTER, PAUSER));
        vm.prank(DISPUTER);
        clock.start(IClock.Stop.Pause);
        vm.expectRevert(abi.encodeWithSelector(IClock.NotAuthority.selector, PAUSER, DISPUTER));
        vm.prank(PAUSER);
        clock.start(IClock.Stop.Dispute);
        vm.expectRevert(abi.encodeWithSelector(IClock.NotAuthority.selector, address(this), PAUSER));
        clock.end(IClock.Stop.Pause);
    }

    function test_End_RevertWhen_NothingToEnd() public {
        startStop(IClock.Stop.Dispute);
        vm.expectRevert(abi.encodeWithSelector(IClock.NotStopped.selector, IClock.Stop.Pause));
        vm.prank(PAUSER);
        clock.end(IClock.Stop.Pause);
        vm.warp(START + 7);
        vm.expectRevert(abi.encodeWithSelector(IClock.NotStopped.selector, IClock.Stop.Dispute));
        vm.prank(DISPUTER);
        clock.end(IClock.Stop.Dispute);
    }

    function test_TimeAt_RevertWhen_InTheFuture() public {
        assertEq(clock.timeAt(START), START, "now");
        vm.expectRevert(abi.encodeWithSelector(IClock.InTheFuture.selector, START + 1, START));
        clock.timeAt(START + 1);
    }

    function test_Scale_OnlyOnTheDevnet() public {
        assertEq(clock.scaled(1 days), 1, "a day is a second");
        assertEq(clock.scaled(1), 1, "never zero");
        vm.chainId(1);
        vm.expectRevert(abi.encodeWithSelector(IClock.ScaleOffDevnet.selector, 1, 2));
        new Clock(2, PAUSER, DISPUTER);
        assertEq(new Clock(1, PAUSER, DISPUTER).scaled(1 days), 1 days, "scale 1");
        vm.chainId(31_337);
        vm.expectRevert(abi.encodeWithSelector(IClock.ScaleOffDevnet.selector, 31_337, 0));
        new Clock(0, PAUSER, DISPUTER);
    }

    /// Protocol day of 86,400 s: the same checks against the exact lengths.
    function test_RealLengths() public {
        clock = new Clock(1, PAUSER, DISPUTER);
        startStop(IClock.Stop.Dispute);
        assertEq(clock.stoppedUntil(IClock.Stop.Dispute), START + 7 days, "dispute");
        startStop(IClock.Stop.Pause);
        assertEq(clock.stoppedUntil(IClock.Stop.Pause), START + 3 days, "pause");
        vm.warp(START + 30 days);
        assertEq(clock.current(), START + 23 days, "T");
        assertEq(clock.budget(), 10 days - 7 days + uint256(23 days) / 9, "refilled a ninth");
    }
}
