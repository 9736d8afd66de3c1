// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

// Owns the tests of the council's veto in the timelock: what it names, what falls with it, and that it is had once. Over whom the council has no
// power at all is UpgradePowers.t.sol's.

import {FeesUpgrade, IUpgradeTimelock, Upgrade, UpgradeKind} from "../src/interfaces/IUpgradeTimelock.sol";
import {Governance} from "./support/Governance.sol";

/// @dev P-146.
contract VetoesTest is Governance {
    uint256 private constant DELAY = 48 days;

    function setUp() public {
        deployGovernance();
    }

    /// P-146
    function test_Veto_OncePerContent() public {
        Upgrade memory upgrade = feesUpgrade();
        bytes32 id = schedule(upgrade);
        bytes32 content = timelock.contentOf(upgrade);
        vm.expectRevert(abi.encodeWithSelector(IUpgradeTimelock.NotCouncil.selector, whale, address(council)));
        vm.prank(whale);
        timelock.veto(content, upgrade.reportHash, upgrade.salt);
        veto(upgrade);
        assertState(id, IUpgradeTimelock.UpgradeState.Vetoed, "vetoed");
        vm.expectRevert(wrongState(upgrade, IUpgradeTimelock.UpgradeState.Vetoed));
        veto(upgrade);
        vm.expectRevert(wrongState(upgrade, IUpgradeTimelock.UpgradeState.Vetoed));
        expedite(upgrade);
        upgrade.salt = bytes32(uint256(1));
        upgrade.reportHash = keccak256("another report");
        skip(1);
        schedule(upgrade);
        vm.expectRevert(abi.encodeWithSelector(IUpgradeTimelock.VetoSpent.selector, content));
        veto(upgrade);
        skip(DELAY);
        timelock.execute(upgrade);
    }

    /// P-146: twins of one content under other salts fall with it, also those that the veto does not name.
    function test_Veto_TakesTheTwinsThatStand() public {
        Upgrade memory upgrade = feesUpgrade();
        schedule(upgrade);
        Upgrade memory twin = feesUpgrade();
        (twin.salt, twin.reportHash) = (bytes32(uint256(7)), keccak256("another report"));
        bytes32 id = schedule(twin);
        Upgrade memory other = upgradeOf(UpgradeKind.Fees, abi.encode(FeesUpgrade(13, 14)));
        bytes32 otherId = schedule(other);
        veto(upgrade);
        assertState(id, IUpgradeTimelock.UpgradeState.Vetoed, "the twin says so at once");
        assertState(otherId, IUpgradeTimelock.UpgradeState.Scheduled, "another content does not");
        vm.expectRevert(wrongState(twin, IUpgradeTimelock.UpgradeState.Vetoed));
        expedite(twin);
        skip(DELAY);
        expectRefused(wrongState(twin, IUpgradeTimelock.UpgradeState.Vetoed), twin);
        vm.expectRevert(wrongState(twin, IUpgradeTimelock.UpgradeState.Vetoed));
        timelock.extend(id);
        skip(1_000 days);
        assertState(id, IUpgradeTimelock.UpgradeState.Vetoed, "for good");
        assertState(otherId, IUpgradeTimelock.UpgradeState.Expired, "and the other ran out");
    }

    /// P-146: what is queued in the second of the veto fell with it, what is queued a second later did not: the veto is spent.
    function test_Veto_TakesTwinsOfItsSecondAndNoLater() public {
        Upgrade memory upgrade = feesUpgrade();
        schedule(upgrade);
        Upgrade[2] memory twins = [feesUpgrade(), feesUpgrade()];
        (twins[0].salt, twins[1].salt) = (bytes32(uint256(1)), bytes32(uint256(2)));
        bytes32 content = timelock.contentOf(upgrade);
        skip(1);
        assertEq(timelock.vetoedTimeOf(content), 0, "no veto yet");
        veto(upgrade);
        assertEq(timelock.vetoedTimeOf(content), timestamp(), "the second of the veto");
        bytes32[2] memory ids;
        ids[0] = schedule(twins[0]);
        skip(1);
        ids[1] = schedule(twins[1]);
        assertState(ids[0], IUpgradeTimelock.UpgradeState.Vetoed, "a twin of its second");
        assertState(ids[1], IUpgradeTimelock.UpgradeState.Scheduled, "a twin of the next");
        vm.expectRevert(wrongState(twins[0], IUpgradeTimelock.UpgradeState.Vetoed));
        veto(twins[0]);
        vm.expectRevert(abi.encodeWithSelector(IUpgradeTimelock.VetoSpent.selector, content));
        veto(twins[1]);
        skip(DELAY);
        expectRefused(wrongState(twins[0], IUpgradeTimelock.UpgradeState.Vetoed), twins[0]);
        assertState(ids[1], IUpgradeTimelock.UpgradeState.Executable, "the later one's moment comes");
        timelock.execute(twins[1]);
        assertState(ids[1], IUpgradeTimelock.UpgradeState.Executed, "and it is carried out");
        assertState(ids[0], IUpgradeTimelock.UpgradeState.Vetoed, "the other is not");
    }

    /// P-146: a veto names a schedule by the parts of its identity; parts of two name none.
    function test_Veto_NamesOneScheduleWhole() public {
        Upgrade memory upgrade = feesUpgrade();
        schedule(upgrade);
        bytes32 content = timelock.contentOf(upgrade);
        bytes32 other = timelock.contentOf(operatorUpgrade());
        bytes32[3][3] memory wrong = [
            [other, upgrade.reportHash, upgrade.salt],
            [content, content, upgrade.salt],
            [content, upgrade.reportHash, bytes32(uint256(1))]
        ];
        for (uint256 i = 0; i < 3; ++i) {
            vm.expectPartialRevert(IUpgradeTimelock.UnexpectedState.selector);
            vm.prank(address(council));
            timelock.veto(wrong[i][0], wrong[i][1], wrong[i][2]);
        }
        assertTrue(timelock.vetoedTimeOf(content) == 0 && timelock.vetoedTimeOf(other) == 0, "no veto is spent");
        veto(upgrade);
        assertEq(timelock.vetoedTimeOf(content), timestamp(), "now it is");
    }
}
