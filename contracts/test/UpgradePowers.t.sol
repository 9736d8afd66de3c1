// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

// Owns the tests of what each kind of upgrade does and undoes, of the council's power to expedite, and of the stages that end them;
// code that loses the state, code that calls back. Vetoes are Vetoes.t.sol's.

import {ILanes} from "../src/interfaces/ILanes.sol";
import {IMaturity} from "../src/interfaces/IMaturity.sol";
import {ISecurityCouncil, Member} from "../src/interfaces/ISecurityCouncil.sol";
import {
    AttesterSetUpgrade,
    CouncilUpgrade,
    IUpgradeTimelock,
    LaneSwitchUpgrade,
    SpecUpgrade,
    Upgrade,
    UpgradeKind,
    ZkLaneUpgrade
} from "../src/interfaces/IUpgradeTimelock.sol";
import {Constants} from "../src/libraries/Constants.sol";
import {Governance} from "./support/Governance.sol";
import {MiswiredCore, ReenteringCore, RewindingCore, ScriptedCore} from "./support/GovernanceTargets.sol";

/// @dev P-145 effects and post-conditions; P-146 P-147 over whom the council has no power; P-147 expedite; P-148 stages.
contract UpgradePowersTest is Governance {
    uint256 private constant DELAY = 48 days;

    function setUp() public {
        deployGovernance();
    }

    /// P-145
    function test_Core_IsReplacedAndMigrated() public {
        core.finalizeBatch();
        Upgrade memory upgrade = coreUpgrade(newCore(2), true);
        schedule(upgrade);
        skip(DELAY);
        timelock.execute(upgrade);
        assertEq(core.version(), 2, "new core");
        assertTrue(core.isMigrated(), "migrated");
        assertEq(core.finalizedCount(), 1, "state kept");
    }

    /// P-145
    function test_Core_RevertWhen_StateIsLost() public {
        core.finalizeBatch();
        Upgrade memory upgrade = coreUpgrade(address(new RewindingCore(address(timelock), address(clock))), false);
        schedule(upgrade);
        skip(DELAY);
        expectRefused(
            abi.encodeWithSelector(
                IUpgradeTimelock.PostConditionFailed.selector, "the new core lost its state or its wiring"
            ),
            upgrade
        );
        assertEq(core.version(), 1, "undone");
        // Another clock, under which every delay would be another.
        upgrade = coreUpgrade(address(new ScriptedCore(address(timelock), address(this), 5)), false);
        schedule(upgrade);
        skip(DELAY);
        vm.expectRevert();
        timelock.execute(upgrade);
    }

    /// P-141
    function test_Execute_RevertWhen_Reentered() public {
        Upgrade memory fees = feesUpgrade();
        bytes32 id = schedule(fees);
        address implementation = address(new ReenteringCore(address(timelock), address(clock), id));
        Upgrade memory upgrade = coreUpgrade(implementation, true);
        schedule(upgrade);
        Upgrade memory operator = operatorUpgrade();
        schedule(operator);
        skip(7 days);
        seat.setReentry(address(timelock), abi.encodeCall(timelock.execute, (operator)));
        vm.expectRevert();
        timelock.execute(operator);
        seat.setReentry(address(0), "");
        timelock.execute(operator);
        skip(DELAY);
        vm.expectRevert();
        timelock.execute(upgrade);
    }

    /// P-145
    function test_ZkLane_NeedsTheCorpus() public {
        address lane = newLane(false);
        address[] memory builtOn = new address[](1);
        builtOn[0] = address(0xf00d);
        Upgrade memory upgrade = upgradeOf(UpgradeKind.ZkLane, abi.encode(ZkLaneUpgrade(lane, lane.codehash, builtOn)));
        schedule(upgrade);
        skip(DELAY);
        expectRefused(abi.encodeWithSelector(IUpgradeTimelock.CorpusNotVerified.selector, lane, CORPUS), upgrade);
        (bool isDone,) = lane.call(abi.encodeWithSignature("submit(bytes32,uint8,bytes)", CORPUS, 0, ""));
        assertTrue(isDone, "corpus verified");
        timelock.execute(upgrade);
        assertEq(lanes.laneRecord(lane).kind, Constants.ANSWER_ZK, "registered");
        assertEq(lanes.laneRecord(lane).zkAloneFromT, 0, "no penalty after the full delay");
        assertEq(lanes.builtOnCount(lane), 1, "what it is built on");
        upgrade.salt = bytes32(uint256(1));
        vm.expectRevert(abi.encodeWithSelector(IUpgradeTimelock.LaneKindMismatch.selector, lane, Constants.ANSWER_ZK));
        schedule(upgrade);
    }

    /// P-146: a lane is built on no more lanes than there can be: a payload beyond what pools relay would be hard to veto, as a veto carries it.
    function test_ZkLane_RevertWhen_BuiltOnMoreLanesThanThereCanBe() public {
        address lane = newLane(true);
        for (uint256 more = 0; more < 2; ++more) {
            address[] memory builtOn = new address[](Constants.MAX_LANES + more);
            Upgrade memory upgrade = upgradeOf(UpgradeKind.ZkLane, abi.encode(ZkLaneUpgrade(lane, lane.codehash, builtOn)));
            if (more == 1) vm.expectRevert(abi.encodeWithSelector(ILanes.TooManyLanes.selector, 129, 128));
            vm.prank(address(governor));
            timelock.schedule(upgrade);
        }
    }

    /// P-145: attesters change only as a set, by the kind that cannot be vetoed.
    function test_Attesters_ChangeInOneAct() public {
        address old = newLane(true);
        lanes.setRecord(old, ILanes.LaneRecord(Constants.ANSWER_ATTESTERS, 0, true, false, 1, 0, 1, 0));
        Upgrade memory sneaky = upgradeOf(UpgradeKind.LaneSwitch, abi.encode(LaneSwitchUpgrade(old, old.codehash, false)));
        vm.expectRevert(
            abi.encodeWithSelector(IUpgradeTimelock.LaneKindMismatch.selector, old, Constants.ANSWER_ATTESTERS)
        );
        schedule(sneaky);
        address next = newLane(true);
        Upgrade memory upgrade =
            upgradeOf(UpgradeKind.AttesterSet, abi.encode(AttesterSetUpgrade(old, next, next.codehash)));
        schedule(upgrade);
        skip(DELAY);
        lanes.setIgnoresSwitch(true);
        vm.expectRevert(
            abi.encodeWithSelector(IUpgradeTimelock.PostConditionFailed.selector, "the lane is not as it should be")
        );
        timelock.execute(upgrade);
        lanes.setIgnoresSwitch(false);
        timelock.execute(upgrade);
        assertTrue(!lanes.laneRecord(old).isEnabled, "old set off");
        assertEq(lanes.laneRecord(next).kind, Constants.ANSWER_ATTESTERS, "new set on");
    }

    /// P-145: a set that contradicted itself while the upgrade waited keeps its successor out no longer.
    function test_Attesters_ReplaceASetThatIsDead() public {
        address old = newLane(true);
        lanes.setRecord(old, ILanes.LaneRecord(Constants.ANSWER_ATTESTERS, 0, true, false, 1, 0, 1, 0));
        address next = newLane(true);
        Upgrade memory upgrade =
            upgradeOf(UpgradeKind.AttesterSet, abi.encode(AttesterSetUpgrade(old, next, next.codehash)));
        schedule(upgrade);
        skip(DELAY);
        lanes.setRecord(old, ILanes.LaneRecord(Constants.ANSWER_ATTESTERS, 1, false, true, 0, 0, 1, 0));
        timelock.execute(upgrade);
        assertTrue(lanes.laneRecord(next).isEnabled && !lanes.laneRecord(old).isEnabled, "the new set alone");
    }

    /// P-145: a core that asks another registry of lanes, another seat, or a Maturity that never leaves Training.
    function test_Core_RevertWhen_TheWiringIsAnother() public {
        for (uint256 which = 0; which < 3; ++which) {
            address next = address(new MiswiredCore(address(timelock), address(clock), which));
            Upgrade memory upgrade = coreUpgrade(next, false);
            schedule(upgrade);
            uint256 before = timestamp();
            skip(DELAY);
            expectRefused(
                abi.encodeWithSelector(
                    IUpgradeTimelock.PostConditionFailed.selector, "the new core lost its state or its wiring"
                ),
                upgrade
            );
            vm.warp(before + 1);
        }
        assertEq(core.version(), 1, "undone");
    }

    /// P-145: 2^40 seconds and 8 days would be stored as 8 days, and read as never.
    function test_Spec_RevertWhen_ItsMomentIsCut() public {
        uint256[3] memory delays = [uint256(365 days + 1), (1 << 40) + 8 days, type(uint256).max];
        for (uint256 i = 0; i < delays.length; ++i) {
            Upgrade memory upgrade = upgradeOf(UpgradeKind.Spec, abi.encode(SpecUpgrade(2, delays[i])));
            vm.expectRevert(abi.encodeWithSelector(IUpgradeTimelock.DelayAboveMaximum.selector, delays[i], 365 days));
            vm.prank(address(governor));
            timelock.schedule(upgrade);
        }
        schedule(upgradeOf(UpgradeKind.Spec, abi.encode(SpecUpgrade(2, 365 days))));
    }

    /// P-145
    function test_Spec_WaitsAtLeastAWeek() public {
        Upgrade memory hasty = upgradeOf(UpgradeKind.Spec, abi.encode(SpecUpgrade(2, 7 days - 1)));
        Upgrade memory upgrade = upgradeOf(UpgradeKind.Spec, abi.encode(SpecUpgrade(2, 7 days)));
        vm.expectRevert(abi.encodeWithSelector(IUpgradeTimelock.DelayBelowMinimum.selector, 7 days - 1, 7 days));
        vm.prank(address(governor));
        timelock.schedule(hasty);
        schedule(upgrade);
        skip(DELAY);
        timelock.execute(upgrade);
        assertEq(lanes.lastSpecT(), clock.current() + 7 days, "active a week later");
    }

    /// P-145
    function test_Council_ChangesItsMembers() public {
        Member[] memory next = firstMembers();
        next[3].isExternal = true;
        Upgrade memory upgrade = upgradeOf(UpgradeKind.Council, abi.encode(CouncilUpgrade(next, 7)));
        schedule(upgrade);
        skip(DELAY);
        timelock.execute(upgrade);
        assertEq(council.threshold(), 7, "M");
        assertEq(council.epoch(), 2, "epoch");
    }

    /// P-145 P-151: a council that its own rules refuse is refused before 48 days have passed for nothing.
    function test_Council_RevertWhen_ItsRulesAreBroken() public {
        Member[] memory next = firstMembers();
        vm.expectRevert(abi.encodeWithSelector(ISecurityCouncil.ThresholdTooLow.selector, 5, 6));
        schedule(upgradeOf(UpgradeKind.Council, abi.encode(CouncilUpgrade(next, 5))));
        vm.expectRevert(abi.encodeWithSelector(ISecurityCouncil.ThresholdAboveMembers.selector, 262, 8));
        schedule(upgradeOf(UpgradeKind.Council, abi.encode(CouncilUpgrade(next, 262))));
        next[7] = next[6];
        vm.expectRevert(
            abi.encodeWithSelector(ISecurityCouncil.MembersNotAscending.selector, next[6].account, next[6].account)
        );
        schedule(upgradeOf(UpgradeKind.Council, abi.encode(CouncilUpgrade(next, 6))));
        vm.expectRevert(abi.encodeWithSelector(ISecurityCouncil.TooFewMembers.selector, 0, 8));
        schedule(upgradeOf(UpgradeKind.Council, abi.encode(CouncilUpgrade(new Member[](0), 6))));
    }

    /// P-142: the operator is replaced in 7 days, and in no fewer.
    function test_Operator_TakesSevenDays() public {
        Upgrade memory upgrade = operatorUpgrade();
        schedule(upgrade);
        skip(7 days - 1);
        expectRefused(wrongState(upgrade, IUpgradeTimelock.UpgradeState.Scheduled), upgrade);
        skip(1);
        timelock.execute(upgrade);
        assertEq(seat.operator(), address(0x0b1), "operator");
    }

    /// P-146, P-147: the council cannot keep itself, the attesters or the operator in place, nor put others there.
    function test_CouncilPowers_NeverOverPeople() public {
        address next = newLane(true);
        Upgrade[3] memory upgrades = [
            upgradeOf(UpgradeKind.Council, abi.encode(CouncilUpgrade(firstMembers(), 6))),
            operatorUpgrade(),
            upgradeOf(UpgradeKind.AttesterSet, abi.encode(AttesterSetUpgrade(address(0), next, next.codehash)))
        ];
        for (uint256 i = 0; i < upgrades.length; ++i) {
            schedule(upgrades[i]);
            vm.expectRevert(abi.encodeWithSelector(IUpgradeTimelock.NotVetoable.selector, upgrades[i].kind));
            veto(upgrades[i]);
            vm.expectRevert(abi.encodeWithSelector(IUpgradeTimelock.NotExpeditable.selector, upgrades[i].kind, 0));
            expedite(upgrades[i]);
        }
    }

    /// P-147: in Training the council skips the eta, and nothing else.
    function test_Expedite_InTraining_SkipsOnlyTheEta() public {
        Upgrade memory upgrade = coreUpgrade(newCore(2), false);
        vm.expectRevert(wrongState(upgrade, IUpgradeTimelock.UpgradeState.Unknown));
        expedite(upgrade);
        schedule(upgrade);
        vm.expectRevert(abi.encodeWithSelector(IUpgradeTimelock.NotCouncil.selector, address(this), address(council)));
        timelock.expedite(upgrade);
        expedite(upgrade);
        assertEq(core.version(), 2, "at once");
        Upgrade memory spec = upgradeOf(UpgradeKind.Spec, abi.encode(SpecUpgrade(2, 7 days)));
        schedule(spec);
        expedite(spec);
        assertEq(lanes.lastSpecT(), clock.current() + 7 days, "its week it waits all the same");
        address lane = newLane(false);
        Upgrade memory unproven =
            upgradeOf(UpgradeKind.ZkLane, abi.encode(ZkLaneUpgrade(lane, lane.codehash, new address[](0))));
        schedule(unproven);
        vm.expectRevert(abi.encodeWithSelector(IUpgradeTimelock.CorpusNotVerified.selector, lane, CORPUS));
        expedite(unproven);
        Upgrade memory fees = feesUpgrade();
        schedule(fees);
        inbox.enqueue();
        skip(14.5 days);
        vm.expectRevert(abi.encodeWithSelector(IUpgradeTimelock.ExitsGoFirst.selector, 0, 1));
        expedite(fees);
    }

    /// P-147
    function test_Expedite_RevertWhen_AfterTheSunset() public {
        Upgrade memory upgrade = feesUpgrade();
        uint256 sunset = timelock.SUNSET();
        vm.warp(sunset - 1 days);
        schedule(upgrade);
        vm.warp(sunset);
        vm.expectRevert(abi.encodeWithSelector(IUpgradeTimelock.CouncilSunset.selector, sunset));
        expedite(upgrade);
        vm.warp(sunset - 1);
        expedite(upgrade);
    }

    /// P-147: in Mature one lane, public for a week, once per lane that tripped, without finalizing alone before its time.
    function test_Expedite_InMature_OnlyWhatTrippedAllows() public {
        stage.set(IMaturity.Stage.Mature);
        address lane = newLane(true);
        Upgrade memory upgrade =
            upgradeOf(UpgradeKind.ZkLane, abi.encode(ZkLaneUpgrade(lane, lane.codehash, new address[](0))));
        uint256 scheduledT = timestamp();
        bytes32 id = schedule(upgrade);
        Upgrade memory fees = feesUpgrade();
        schedule(fees);
        vm.expectRevert(abi.encodeWithSelector(IUpgradeTimelock.NotExpeditable.selector, UpgradeKind.Fees, 1));
        expedite(fees);
        skip(7 days);
        vm.expectRevert(abi.encodeWithSelector(IUpgradeTimelock.NotTripped.selector, lane, scheduledT));
        expedite(upgrade);
        lanes.setTripped(address(0xdead));
        vm.warp(scheduledT + 7 days - 1);
        vm.expectRevert(abi.encodeWithSelector(IUpgradeTimelock.NotTripped.selector, lane, scheduledT));
        expedite(upgrade);
        skip(1);
        expedite(upgrade);
        assertEq(lanes.laneRecord(lane).zkAloneFromT, timelock.scheduleOf(id).eta, "alone only after its delay");
        address second = newLane(true);
        Upgrade memory again =
            upgradeOf(UpgradeKind.ZkLane, abi.encode(ZkLaneUpgrade(second, second.codehash, new address[](0))));
        schedule(again);
        skip(8 days);
        vm.expectRevert();
        expedite(again);
        lanes.setTripped(address(0xbeef));
        expedite(again);
    }

    /// P-148
    function test_Stages_EndTheKinds() public {
        Upgrade memory upgrade = coreUpgrade(newCore(2), false);
        Upgrade memory fees = feesUpgrade();
        schedule(upgrade);
        schedule(fees);
        skip(DELAY);
        stage.set(IMaturity.Stage.Mature);
        expectRefused(abi.encodeWithSelector(IUpgradeTimelock.StageForbids.selector, 1, UpgradeKind.Core), upgrade);
        vm.expectRevert();
        expedite(upgrade);
        upgrade.salt = bytes32(uint256(1));
        vm.expectRevert(abi.encodeWithSelector(IUpgradeTimelock.StageForbids.selector, 1, UpgradeKind.Core));
        schedule(upgrade);
        stage.set(IMaturity.Stage.Ossified);
        expectRefused(abi.encodeWithSelector(IUpgradeTimelock.StageForbids.selector, 2, UpgradeKind.Fees), fees);
        for (uint8 kind = 0; kind <= uint8(UpgradeKind.Council); ++kind) {
            Upgrade memory any = upgradeOf(UpgradeKind(kind), hex"00");
            vm.expectRevert(abi.encodeWithSelector(IUpgradeTimelock.StageForbids.selector, 2, UpgradeKind(kind)));
            schedule(any);
        }
    }
}
