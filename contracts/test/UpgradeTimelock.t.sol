// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

// Owns the tests of when an upgrade may be carried out and by whose leave: every bound at
// it and one past it, every kind of wrong payload, code that changes after it was scheduled.

import {UpgradeTimelock} from "../src/governance/UpgradeTimelock.sol";
import {IClock} from "../src/interfaces/IClock.sol";
import {ILifecycle} from "../src/interfaces/ILifecycle.sol";
import {
    CoreUpgrade,
    CouncilUpgrade,
    FeesUpgrade,
    IUpgradeTimelock,
    Upgrade,
    UpgradeKind
} from "../src/interfaces/IUpgradeTimelock.sol";
import {Governance} from "./support/Governance.sol";

/// @dev P-140 the governor alone; P-141 window and pins; P-142 exit-window arithmetic; P-143 guards; P-144 extend.
contract UpgradeTimelockTest is Governance {
    uint256 private constant DELAY = 48 days;
    uint256 private constant GRACE = 14 days;

    function setUp() public {
        deployGovernance();
    }

    /// P-142
    function test_Constructor_RevertWhen_TheWindowDoesNotFit() public {
        vm.expectRevert(abi.encodeWithSelector(IUpgradeTimelock.DelayBelowMinimum.selector, 45 days - 1, 45 days));
        new UpgradeTimelock(timelockConfig(45 days - 1, START));
        UpgradeTimelock shortest = new UpgradeTimelock(timelockConfig(45 days, START));
        assertEq(shortest.delayOf(UpgradeKind.Core), 45 days, "exactly the window and 30 days");
        assertEq(shortest.exitWindow(), 15 days, "exit window");
        uint256 latest = timestamp() + 730 days;
        vm.expectRevert(abi.encodeWithSelector(IUpgradeTimelock.SunsetTooLate.selector, latest + 1, latest));
        new UpgradeTimelock(timelockConfig(48 days, latest + 1));
        new UpgradeTimelock(timelockConfig(48 days, latest));
    }

    /// P-142: a delay of 2^40 seconds more would be cut to a short one where etas are stored.
    function test_Constructor_RevertWhen_TheDelayIsAbsurd() public {
        vm.expectRevert(abi.encodeWithSelector(IUpgradeTimelock.DelayAboveMaximum.selector, 365 days + 1, 365 days));
        new UpgradeTimelock(timelockConfig(365 days + 1, START));
        vm.expectRevert(abi.encodeWithSelector(IUpgradeTimelock.DelayAboveMaximum.selector, (1 << 40), 365 days));
        new UpgradeTimelock(timelockConfig(1 << 40, START));
        assertEq(new UpgradeTimelock(timelockConfig(365 days, START)).delayOf(UpgradeKind.Core), 365 days, "a year");
    }

    /// P-140
    function test_Schedule_RevertWhen_NotTheGovernor() public {
        Upgrade memory upgrade = feesUpgrade();
        address[4] memory others = [address(this), address(council), address(timelock), whale];
        for (uint256 i = 0; i < others.length; ++i) {
            vm.expectRevert(
                abi.encodeWithSelector(IUpgradeTimelock.NotGovernor.selector, others[i], address(governor))
            );
            vm.prank(others[i]);
            timelock.schedule(upgrade);
        }
    }

    /// P-141
    function test_Execute_OnlyFromEtaToExpiry() public {
        Upgrade memory upgrade = feesUpgrade();
        expectRefused(wrongState(upgrade, IUpgradeTimelock.UpgradeState.Unknown), upgrade);
        uint256 start = timestamp();
        bytes32 id = schedule(upgrade);
        vm.warp(start + DELAY - 1);
        expectRefused(wrongState(upgrade, IUpgradeTimelock.UpgradeState.Scheduled), upgrade);
        vm.warp(start + DELAY + GRACE + 1);
        expectRefused(wrongState(upgrade, IUpgradeTimelock.UpgradeState.Expired), upgrade);
        vm.warp(start + DELAY + GRACE);
        timelock.execute(upgrade);
        assertState(id, IUpgradeTimelock.UpgradeState.Executed, "executed");
        (uint256 a, uint256 b,) = core.feeConfig();
        assertEq(a * 100 + b, 1_112, "fees set");
        expectRefused(wrongState(upgrade, IUpgradeTimelock.UpgradeState.Executed), upgrade);
        vm.expectRevert(abi.encodeWithSelector(IUpgradeTimelock.AlreadyScheduled.selector, id));
        schedule(upgrade);
    }

    /// P-141
    function test_Execute_AtEta() public {
        Upgrade memory upgrade = feesUpgrade();
        schedule(upgrade);
        skip(DELAY);
        timelock.execute(upgrade);
    }

    /// P-141: time that stands still does not bring an upgrade nearer.
    function test_Eta_WaitsWhile_TStands() public {
        Upgrade memory upgrade = feesUpgrade();
        schedule(upgrade);
        skip(DELAY - 1 days);
        vm.prank(address(council));
        clock.start(clock_pause());
        skip(1 days);
        expectRefused(wrongState(upgrade, IUpgradeTimelock.UpgradeState.Scheduled), upgrade);
        skip(2 days);
        expectRefused(wrongState(upgrade, IUpgradeTimelock.UpgradeState.Scheduled), upgrade);
        skip(1 days);
        timelock.execute(upgrade);
    }

    function clock_pause() private pure returns (IClock.Stop) {
        return IClock.Stop.Pause;
    }

    /// P-141: nothing of a scheduled upgrade can be exchanged.
    function test_Execute_RevertWhen_AnyFieldDiffers() public {
        Upgrade memory upgrade = feesUpgrade();
        schedule(upgrade);
        skip(DELAY);
        Upgrade memory other = feesUpgrade();
        other.payload = abi.encode(FeesUpgrade(11, 13));
        expectRefused(wrongState(other, IUpgradeTimelock.UpgradeState.Unknown), other);
        other = feesUpgrade();
        other.salt = bytes32(uint256(1));
        expectRefused(wrongState(other, IUpgradeTimelock.UpgradeState.Unknown), other);
        other = feesUpgrade();
        other.reportHash = bytes32(uint256(1));
        expectRefused(wrongState(other, IUpgradeTimelock.UpgradeState.Unknown), other);
        other = feesUpgrade();
        other.kind = UpgradeKind.Operator;
        expectRefused(wrongState(other, IUpgradeTimelock.UpgradeState.Unknown), other);
    }

    /// P-141
    function test_Schedule_RevertWhen_ReportOrFormIsMissing() public {
        Upgrade memory upgrade = feesUpgrade();
        upgrade.reportHash = 0;
        vm.expectRevert(IUpgradeTimelock.ReportMissing.selector);
        schedule(upgrade);
        upgrade = feesUpgrade();
        upgrade.payload = abi.encodePacked(upgrade.payload, uint256(0));
        vm.expectRevert(abi.encodeWithSelector(IUpgradeTimelock.PayloadNotCanonical.selector, UpgradeKind.Fees));
        schedule(upgrade);
        upgrade.payload = hex"1234";
        vm.expectRevert();
        schedule(upgrade);
        // The same members, with the offsets of their list moved: another encoding of the same upgrade.
        bytes memory canonical = abi.encode(CouncilUpgrade(firstMembers(), 6));
        upgrade = upgradeOf(UpgradeKind.Council, abi.encodePacked(canonical, bytes32(0)));
        vm.expectRevert(abi.encodeWithSelector(IUpgradeTimelock.PayloadNotCanonical.selector, UpgradeKind.Council));
        schedule(upgrade);
    }

    /// P-141: the code is pinned from the scheduling to the execution.
    function test_Code_IsPinned() public {
        address implementation = newCore(2);
        Upgrade memory wrong = upgradeOf(UpgradeKind.Core, abi.encode(CoreUpgrade(implementation, bytes32(uint256(1)), false)));
        vm.expectRevert(
            abi.encodeWithSelector(
                IUpgradeTimelock.CodehashMismatch.selector, implementation, bytes32(uint256(1)), implementation.codehash
            )
        );
        schedule(wrong);
        Upgrade memory upgrade = coreUpgrade(implementation, false);
        bytes32 pinned = implementation.codehash;
        schedule(upgrade);
        skip(DELAY);
        vm.etch(implementation, newCore(3).code);
        expectRefused(
            abi.encodeWithSelector(
                IUpgradeTimelock.CodehashMismatch.selector, implementation, pinned, implementation.codehash
            ),
            upgrade
        );
        // A key's delegation, whose code its holder exchanges at will, is no code.
        address delegated = address(0x7702);
        vm.etch(delegated, abi.encodePacked(hex"ef0100", implementation));
        vm.expectRevert();
        schedule(coreUpgrade(delegated, false));
        vm.expectRevert();
        schedule(coreUpgrade(address(0xdead), false));
    }

    /// P-143: message of 14.5 days; settled for a day.
    function test_Guard_ExitsGoFirst() public {
        Upgrade memory upgrade = feesUpgrade();
        uint256 start = timestamp();
        bytes32 id = schedule(upgrade);
        vm.warp(start + DELAY - 14.5 days + 1);
        inbox.enqueue();
        vm.warp(start + DELAY);
        (,, bool exitsGoFirst,) = timelock.guard();
        assertTrue(!exitsGoFirst, "a second younger than 14.5 days");
        vm.expectRevert(abi.encodeWithSelector(IUpgradeTimelock.NothingToExtend.selector, id));
        timelock.extend(id);
        skip(1);
        expectRefused(abi.encodeWithSelector(IUpgradeTimelock.ExitsGoFirst.selector, 0, 1), upgrade);
        core.settle(1, clock.current());
        skip(1 days - 1);
        expectRefused(abi.encodeWithSelector(IUpgradeTimelock.ExitsGoFirst.selector, 0, 1), upgrade);
        skip(1);
        timelock.execute(upgrade);
    }

    /// P-143
    function test_Guard_FrozenAndDisputes() public {
        Upgrade memory upgrade = feesUpgrade();
        schedule(upgrade);
        skip(DELAY);
        lifecycle.set(ILifecycle.Phase.Frozen);
        expectRefused(abi.encodeWithSelector(IUpgradeTimelock.ChainFrozen.selector), upgrade);
        vm.expectRevert(IUpgradeTimelock.ChainFrozen.selector);
        expedite(upgrade);
        lifecycle.set(ILifecycle.Phase.Enforced);
        lanes.setDispute(3);
        expectRefused(abi.encodeWithSelector(IUpgradeTimelock.DisputeOpen.selector), upgrade);
        vm.expectRevert(IUpgradeTimelock.DisputeOpen.selector);
        expedite(upgrade);
        lanes.setDispute(0);
        vm.prank(address(core));
        clock.start(IClock.Stop.Dispute);
        expectRefused(abi.encodeWithSelector(IUpgradeTimelock.DisputeOpen.selector), upgrade);
        vm.prank(address(core));
        clock.end(IClock.Stop.Dispute);
        timelock.execute(upgrade);
    }

    /// P-143, P-144: an operator who can take nothing is replaced although exits wait, so there is nothing to extend.
    function test_Operator_DoesNotWaitForExits() public {
        Upgrade memory upgrade = operatorUpgrade();
        inbox.enqueue();
        skip(14.5 days);
        bytes32 id = schedule(upgrade);
        skip(20 days);
        vm.expectRevert(abi.encodeWithSelector(IUpgradeTimelock.NothingToExtend.selector, id));
        timelock.extend(id);
        timelock.execute(upgrade);
    }

    /// P-144: a stranger's message can hold an upgrade back, but not for ever, and not past eta + 74 days.
    function test_Extend_OnlyWhileExitsKeepBack() public {
        Upgrade memory upgrade = feesUpgrade();
        uint256 eta = timestamp() + DELAY;
        bytes32 id = schedule(upgrade);
        inbox.enqueue();
        vm.expectRevert(wrongState(upgrade, IUpgradeTimelock.UpgradeState.Scheduled));
        timelock.extend(id);
        vm.warp(eta);
        vm.expectRevert(abi.encodeWithSelector(IUpgradeTimelock.NothingToExtend.selector, id));
        timelock.extend(id); // would not move the expiry
        vm.warp(eta + GRACE);
        lanes.setDispute(1);
        vm.expectRevert(abi.encodeWithSelector(IUpgradeTimelock.NothingToExtend.selector, id));
        timelock.extend(id);
        lanes.setDispute(0);
        while (timelock.scheduleOf(id).expiry < eta + 74 days) {
            vm.warp(timelock.scheduleOf(id).expiry);
            timelock.extend(id);
        }
        assertEq(timelock.scheduleOf(id).expiry, eta + 74 days, "never later");
        vm.warp(eta + 74 days);
        vm.expectRevert(abi.encodeWithSelector(IUpgradeTimelock.NothingToExtend.selector, id));
        timelock.extend(id);
        skip(1);
        vm.expectRevert(wrongState(upgrade, IUpgradeTimelock.UpgradeState.Expired));
        timelock.extend(id);
    }

    /// P-141: another chain or another timelock gives the same upgrade another identity.
    function test_Id_BindsChainAndContract() public {
        Upgrade memory upgrade = feesUpgrade();
        bytes32 id = timelock.idOf(upgrade);
        UpgradeTimelock other = new UpgradeTimelock(timelockConfig(48 days, START));
        assertTrue(other.idOf(upgrade) != id, "another contract");
        uint256 here = block.chainid;
        vm.chainId(here + 1);
        assertTrue(timelock.idOf(upgrade) != id, "another chain");
        vm.chainId(here);
    }
}
