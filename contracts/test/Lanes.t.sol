// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

// Owns the tests of Lanes: who registers what, specs, disputes, nullification, tripping, the time without lanes.

import {IClock} from "../src/interfaces/IClock.sol";
import {ILanes} from "../src/interfaces/ILanes.sol";
import {ILifecycle} from "../src/interfaces/ILifecycle.sol";
import {IMaturity} from "../src/interfaces/IMaturity.sol";
import {Binding, IRollup, Outputs} from "../src/interfaces/IRollup.sol";
import {Constants} from "../src/libraries/Constants.sol";
import {Rollup} from "../src/rollup/Rollup.sol";
import {Statement} from "../src/libraries/Statement.sol";
import {ScriptedLane} from "./support/ScriptedLane.sol";
import {System} from "./support/System.sol";

contract StagePlayed {
    IMaturity.Stage public stage;

    function set(IMaturity.Stage next) external {
        stage = next;
    }
}

contract PotPlayed {
    address public beneficiary;
    uint256 public age;

    function pay(address to, uint256 laneAge) external returns (uint256) {
        (beneficiary, age) = (to, laneAge);
        return 7;
    }
}

/// @dev P-110 registration and specs; P-111 disputes; P-112 nullification; P-113 no lane left; P-026; P-027 upgrades.
contract LanesTest is System {
    bytes32 private constant A = keccak256("a");
    bytes32 private constant B = keccak256("b");
    address private constant FINDER = address(0xf1d);

    function setUp() public {
        deploySystem(1, false, true);
    }

    function one(address lane) private pure returns (address[] memory list) {
        list = new address[](1);
        list[0] = lane;
    }

    function none() private pure returns (address[] memory) {
        return new address[](0);
    }

    function record(ScriptedLane lane, bytes32 inputs, bytes32 outputs, address beneficiary) private {
        Binding memory binding = Binding(beneficiary, 0, type(uint64).max);
        lane.submit(Statement.hash(inputs, outputs, Statement.hashBinding(binding)), 0, "");
        lanes.recordStatement(address(lane), inputs, outputs, binding);
    }

    /// P-026: the authority alone; known kinds; main profiles off the devnet; foundations alive.
    function test_Register_RevertWhen_NotAllowed() public {
        ScriptedLane weak = new ScriptedLane(Constants.SPEC_ID, Constants.PROFILE_TEST);
        vm.expectRevert(abi.encodeWithSelector(ILanes.NotUpgradeAuthority.selector, address(this), AUTHORITY));
        lanes.registerLane(address(weak), 1, none(), 0);
        vm.expectRevert(abi.encodeWithSelector(ILanes.NotUpgradeAuthority.selector, address(this), AUTHORITY));
        lanes.switchLane(address(zkLane), false);
        vm.startPrank(AUTHORITY);
        vm.expectRevert(abi.encodeWithSelector(ILanes.LaneKindInvalid.selector, 3));
        lanes.registerLane(address(weak), 3, none(), 0);
        vm.expectRevert(abi.encodeWithSelector(ILanes.LaneExists.selector, address(zkLane)));
        lanes.registerLane(address(zkLane), 1, none(), 0);
        vm.expectRevert(abi.encodeWithSelector(ILanes.LaneUnknown.selector, address(weak)));
        lanes.switchLane(address(weak), true);
        vm.expectRevert(abi.encodeWithSelector(ILanes.FoundationInvalid.selector, address(weak), address(attesterLane)));
        lanes.registerLane(address(weak), 1, one(address(attesterLane)), 0);
        vm.chainId(1);
        vm.expectRevert(abi.encodeWithSelector(ILanes.LaneProfileRefused.selector, address(weak), Constants.PROFILE_TEST));
        lanes.registerLane(address(weak), 1, none(), 0);
        vm.chainId(31_337);
        for (uint256 i = 2; i < Constants.MAX_ENABLED_LANES; ++i) {
            lanes.registerLane(address(new ScriptedLane(1, Constants.PROFILE_MAINNET)), 1, none(), 0);
        }
        vm.expectRevert(abi.encodeWithSelector(ILanes.TooManyLanes.selector, 9, 8));
        lanes.registerLane(address(weak), 1, none(), 0);
    }

    /// P-110: the list of enabled lanes is what was switched, whatever the order.
    function testFuzz_Enabled_IsWhatWasSwitched(uint256 seed) public {
        ScriptedLane[4] memory more;
        bool[4] memory on;
        for (uint256 i = 0; i < 4; ++i) (more[i], on[i]) = (addLane(1, none()), true);
        for (uint256 step = 0; step < 12; ++step) {
            seed = uint256(keccak256(abi.encode(seed)));
            uint256 i = seed % 4;
            on[i] = (seed >> 8) & 1 == 1;
            vm.prank(AUTHORITY);
            lanes.switchLane(address(more[i]), on[i]);
        }
        (ILanes.LaneView[] memory enabled,) = lanes.enabledLanes();
        uint256 expected = 2;
        for (uint256 i = 0; i < 4; ++i) {
            if (on[i]) ++expected;
            bool isThere;
            for (uint256 j = 0; j < enabled.length; ++j) if (enabled[j].lane == address(more[i])) isThere = true;
            assertTrue(isThere == on[i], "as switched");
        }
        assertEq(enabled.length, expected, "no more and no less");
    }

    /// P-110: a spec needs a week and a lane; its forerunner's lanes answer older commits until V + Z after it.
    function test_Specs_OldLanesAnswerUntilVAndZLater() public {
        uint40 nowT = uint40(clock.current());
        vm.startPrank(AUTHORITY);
        vm.expectRevert(abi.encodeWithSelector(ILanes.SpecOutOfOrder.selector, 3, 2));
        lanes.addSpec(3, nowT + 7 days);
        vm.expectRevert(abi.encodeWithSelector(ILanes.SpecTooSoon.selector, nowT + 7 days - 1, nowT + 7 days));
        lanes.addSpec(2, nowT + 7 days - 1);
        vm.expectRevert(abi.encodeWithSelector(ILanes.SpecWithoutLane.selector, 2));
        lanes.addSpec(2, nowT + 7 days);
        ScriptedLane next = new ScriptedLane(2, Constants.PROFILE_MAINNET);
        lanes.registerLane(address(next), 1, none(), 0);
        lanes.addSpec(2, nowT + 7 days);
        vm.stopPrank();
        skip(7 days - 1);
        commitOn(GENESIS_HASH, 0);
        assertEq(rollup.batch(1).specId, 1, "before");
        skip(1);
        commitOn(outputsOf(A).lastHash, 0);
        assertEq(rollup.batch(2).specId, 2, "from then on");
        skip(5 days);
        assertEq(lanes.specForMessage(nowT), 2, "no lane answers for the old one from here on");
        lanes.lanesToAnswer(address(zkLane), 1);
        skip(1);
        vm.expectRevert(abi.encodeWithSelector(ILanes.SpecExpired.selector, 1, nowT + 12 days));
        lanes.lanesToAnswer(address(zkLane), 1);
        assertEq(lanes.specAt(nowT), 1, "what was, was");
    }

    /// P-111: two zk lanes differ: the clock stops, the council takes one away, the other waits out Z.
    function test_Disputes_OfTwoZkLanes() public {
        ScriptedLane second = addLane(1, none());
        commitOn(GENESIS_HASH, 0);
        acceptAndAnswer(1, zkLane, outputsOf(A));
        acceptAndAnswer(1, second, outputsOf(B));
        assertTrue(clock.isBlocked() && lanes.isOpen(1), "halted");
        assertEq(lanes.latestOpenDispute(), 1, "the open one");
        vm.expectRevert(abi.encodeWithSelector(ILanes.NotSecurityCouncil.selector, address(this), COUNCIL));
        lanes.resolve(1, address(second));
        vm.startPrank(COUNCIL);
        vm.expectRevert(abi.encodeWithSelector(ILanes.NotInDispute.selector, 1, address(attesterLane)));
        lanes.resolve(1, address(attesterLane));
        lanes.resolve(1, address(second));
        vm.expectRevert(abi.encodeWithSelector(ILanes.DisputeClosed.selector, 1));
        lanes.resolve(1, address(zkLane));
        vm.stopPrank();
        assertTrue(!clock.isBlocked(), "T runs");
        vm.expectRevert(abi.encodeWithSelector(IRollup.PolicyNotMet.selector, 1, true, false, 3 days));
        rollup.finalize(1);
        skip(3 days);
        rollup.finalize(1);
        vm.prank(AUTHORITY);
        vm.expectRevert(abi.encodeWithSelector(ILanes.LaneDead.selector, address(second)));
        lanes.switchLane(address(second), true);
        vm.expectRevert(abi.encodeWithSelector(ILanes.NotRollup.selector, address(this)));
        lanes.openDispute(1, 0, address(zkLane), address(attesterLane));
    }

    /// P-111: nobody resolves for 7 d of wall time: anyone freezes, on the last final batch.
    function test_Disputes_UnresolvedFreeze() public {
        commitOn(GENESIS_HASH, 0);
        acceptAndAnswer(1, zkLane, outputsOf(A));
        acceptAndAnswer(1, attesterLane, outputsOf(B));
        skip(7 days - 1);
        vm.expectRevert(abi.encodeWithSelector(ILifecycle.NotFreezable.selector, 2));
        lifecycle.freeze(ILifecycle.FreezeCause.Dispute, 1);
        skip(1);
        lifecycle.freeze(ILifecycle.FreezeCause.Dispute, 1);
        assertEq(lifecycle.pinnedRoot(), GENESIS_ROOT, "the disputed batch is not in it");
    }

    /// P-112: the same outputs, or other inputs, contradict nothing.
    function test_Record_SameOutputsAreNoContradiction() public {
        record(zkLane, A, A, address(1));
        Binding memory binding = Binding(FINDER, 0, type(uint64).max);
        bytes32 statement = Statement.hash(A, A, Statement.hashBinding(binding));
        vm.expectRevert(abi.encodeWithSelector(ILanes.StatementNotAccepted.selector, statement, address(zkLane)));
        lanes.recordStatement(address(zkLane), A, A, binding);
        zkLane.submit(statement, 0, "");
        vm.expectRevert(abi.encodeWithSelector(ILanes.SameOutputs.selector, A, A));
        lanes.recordStatement(address(zkLane), A, A, binding);
        record(zkLane, B, B, FINDER);
        assertTrue(lanes.laneRecord(address(zkLane)).isEnabled, "untouched");
    }

    /// P-112: a zk lane falls with all that is built on it; what it is built on waits; the second record's beneficiary is paid, once.
    function test_Record_ContradictionTakesEverythingAboveAndPaysTheSecond() public {
        ScriptedLane wrap = addLane(1, one(address(zkLane)));
        ScriptedLane outer = addLane(1, one(address(wrap)));
        ScriptedLane apart = addLane(1, none());
        skip(10 days);
        record(wrap, A, A, address(1));
        record(wrap, A, B, FINDER);
        assertEq(lanes.zkContradictions(), 1, "counted");
        assertTrue(lanes.laneRecord(address(wrap)).isDead && lanes.laneRecord(address(outer)).isDead, "fell");
        assertTrue(lanes.laneRecord(address(zkLane)).isEnabled && lanes.laneRecord(address(apart)).isEnabled, "stand");
        assertEq(lanes.laneRecord(address(zkLane)).zkAloneFromT, clock.current() + 30 days, "waits");
        assertEq(lanes.laneRecord(address(apart)).zkAloneFromT, 0, "has nothing to do with it");
        PotPlayed pot = new PotPlayed();
        vm.etch(BOUNTY, address(pot).code);
        lanes.payBounty(address(wrap));
        assertEq(PotPlayed(BOUNTY).beneficiary(), FINDER, "the second");
        assertEq(PotPlayed(BOUNTY).age(), 10 days, "age");
        vm.expectRevert(abi.encodeWithSelector(ILanes.NoBountyOwed.selector, address(wrap)));
        lanes.payBounty(address(wrap));
        zkLane.submit(Statement.hash(A, A, Statement.hashBinding(Binding(FINDER, 0, type(uint64).max))), 0, "");
        vm.expectRevert(abi.encodeWithSelector(ILanes.LaneDead.selector, address(wrap)));
        lanes.recordStatement(address(wrap), A, A, Binding(FINDER, 0, type(uint64).max));
        commitOn(GENESIS_HASH, 0);
        acceptAndAnswer(1, zkLane, outputsOf(A));
        skip(30 days - 1);
        vm.expectRevert(abi.encodeWithSelector(IRollup.PolicyNotMet.selector, 1, true, false, 1));
        rollup.finalize(1);
        skip(1);
        rollup.finalize(1);
    }

    /// P-112: attesters who sign both fall, and pay nobody.
    function test_Record_AttestersFallWithoutBounty() public {
        record(attesterLane, A, A, address(1));
        record(attesterLane, A, B, FINDER);
        assertTrue(lanes.laneRecord(address(attesterLane)).isDead, "fell");
        assertEq(lanes.zkContradictions(), 0, "not a zk lane's");
        vm.expectRevert(abi.encodeWithSelector(ILanes.NoBountyOwed.selector, address(attesterLane)));
        lanes.payBounty(address(attesterLane));
    }

    /// P-112: it trips in Mature alone, at 90 d and not before, for 30 d.
    function test_Tripped_OnlyMatureAndOldLanes() public {
        StagePlayed stage = new StagePlayed();
        vm.etch(MATURITY, address(stage).code);
        ScriptedLane young = addLane(1, none());
        skip(90 days - 1);
        StagePlayed(MATURITY).set(IMaturity.Stage.Mature);
        record(young, A, A, FINDER);
        record(young, A, B, FINDER);
        (address lane,) = lanes.tripped();
        assertEq(lane, address(0), "a second too young");
        skip(1);
        record(zkLane, A, A, FINDER);
        record(zkLane, A, B, FINDER);
        uint256 untilT;
        (lane, untilT) = lanes.tripped();
        assertEq(lane, address(zkLane), "names it");
        skip(30 days);
        (lane,) = lanes.tripped();
        assertEq(lane, address(zkLane), "the last second");
        skip(1);
        (lane,) = lanes.tripped();
        assertEq(lane, address(0), "over");
    }

    /// P-113: attesters count where the profile lets them finalize; 30 d without any freezes.
    function test_NoLaneSince_CountsWhatTheProfileLets() public {
        assertEq(lanes.noLaneSince(), 0, "a zk lane");
        vm.prank(AUTHORITY);
        lanes.switchLane(address(zkLane), false);
        assertEq(lanes.noLaneSince(), clock.current(), "attesters do not count");
        skip(30 days - 1);
        vm.expectRevert(abi.encodeWithSelector(ILifecycle.NotFreezable.selector, 3));
        lifecycle.freeze(ILifecycle.FreezeCause.NoLane, 0);
        skip(1);
        lifecycle.freeze(ILifecycle.FreezeCause.NoLane, 0);
        deploySystem(1, true, false);
        assertEq(lanes.noLaneSince(), 0, "on the devnet they do");
        vm.prank(AUTHORITY);
        lanes.switchLane(address(attesterLane), false);
        assertEq(lanes.noLaneSince(), clock.current(), "none at all");
    }

    /// P-027: code ends changing with stage Training; fee scalars move in steps.
    function test_Upgrade_EndsWithTraining() public {
        StagePlayed stage = new StagePlayed();
        vm.etch(MATURITY, address(stage).code);
        StagePlayed(MATURITY).set(IMaturity.Stage.Mature);
        vm.startPrank(AUTHORITY);
        vm.expectRevert(abi.encodeWithSelector(IRollup.UpgradesOver.selector));
        rollup.upgradeToAndCall(address(zkLane), "");
        vm.expectRevert(abi.encodeWithSelector(IRollup.FeeConfigRefused.selector, 1_250_001, 1_000_000, 30 days));
        rollup.setFeeConfig(1_250_001, 1_000_000);
        vm.expectRevert(abi.encodeWithSelector(IRollup.FeeConfigRefused.selector, 1_000_000, 749_999, 30 days));
        rollup.setFeeConfig(1_000_000, 749_999);
        rollup.setFeeConfig(1_250_000, 750_000);
        uint256 nextT = clock.current() + 30 days;
        vm.expectRevert(abi.encodeWithSelector(IRollup.FeeConfigRefused.selector, 1_250_000, 750_000, nextT));
        rollup.setFeeConfig(1_250_000, 750_000);
        for (uint256 i = 0; i < 12; ++i) {
            skip(30 days);
            (uint256 data,,) = rollup.feeConfig();
            uint256 next = data * 125 / 100;
            if (next > 4_000_000) next = 4_000_000;
            rollup.setFeeConfig(next, 750_000);
        }
        skip(30 days);
        vm.expectRevert(abi.encodeWithSelector(IRollup.FeeConfigRefused.selector, 4_000_001, 750_000, clock.current()));
        rollup.setFeeConfig(4_000_001, 750_000);
    }

    /// P-113: a lane that answers for no spec any more is none, from the moment on when its spec expired.
    function test_NoLaneSince_AnExpiredSpecHasNoLane() public {
        uint40 nowT = uint40(clock.current());
        vm.startPrank(AUTHORITY);
        ScriptedLane next = new ScriptedLane(2, Constants.PROFILE_MAINNET);
        lanes.registerLane(address(next), 1, none(), 0);
        lanes.addSpec(2, nowT + 7 days);
        skip(8 days);
        lanes.switchLane(address(next), false);
        vm.stopPrank();
        skip(4 days);
        assertEq(lanes.noLaneSince(), 0, "the old lane still answers");
        skip(1);
        assertEq(lanes.noLaneSince(), nowT + 12 days, "expired");
        skip(10 days);
        vm.startPrank(AUTHORITY);
        lanes.switchLane(address(zkLane), false);
        assertEq(lanes.noLaneSince(), nowT + 12 days, "that it is switched off now changes nothing");
        lanes.switchLane(address(zkLane), true);
        assertEq(lanes.noLaneSince(), nowT + 12 days, "nor that it is switched on");
        vm.stopPrank();
        skip(20 days - 2);
        vm.expectRevert(abi.encodeWithSelector(ILifecycle.NotFreezable.selector, 3));
        lifecycle.freeze(ILifecycle.FreezeCause.NoLane, 0);
        skip(1);
        assertTrue(lifecycle.isFreezable(ILifecycle.FreezeCause.NoLane, 0), "30 days");
        vm.prank(AUTHORITY);
        lanes.switchLane(address(next), true);
        assertEq(lanes.noLaneSince(), 0, "a lane of the newest spec");
    }

    /// P-113: nor is one that waits for a spec nobody has added, until that is added.
    function test_NoLaneSince_ALaneOfASpecToComeIsNone() public {
        ScriptedLane next = new ScriptedLane(2, Constants.PROFILE_MAINNET);
        vm.startPrank(AUTHORITY);
        lanes.registerLane(address(next), 1, none(), 0);
        assertEq(lanes.noLaneSince(), 0, "the present lane answers");
        lanes.switchLane(address(zkLane), false);
        vm.stopPrank();
        uint256 sinceT = clock.current();
        skip(30 days - 1);
        assertEq(lanes.noLaneSince(), sinceT, "none that answers");
        assertTrue(!lifecycle.isFreezable(ILifecycle.FreezeCause.NoLane, 0), "not yet");
        skip(1);
        assertTrue(lifecycle.isFreezable(ILifecycle.FreezeCause.NoLane, 0), "30 days");
        uint40 activeT = uint40(clock.current() + 7 days);
        vm.prank(AUTHORITY);
        lanes.addSpec(2, activeT);
        assertEq(lanes.noLaneSince(), 0, "its spec is the next");
    }
}
