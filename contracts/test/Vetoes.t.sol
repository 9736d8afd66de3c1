// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

// Owns the tests of the council's veto in the timelock: what it names, what falls with it, and that it is had once. Over whom the council has no
// power at all is UpgradePowers.t.sol's.

import {IUpgradeTimelock, Upgrade} from "../src/interfaces/IUpgradeTimelock.sol";
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
        twin.salt = bytes32(uint256(7));
        schedule(twin);
        veto(upgrade);
        bytes32 content = timelock.contentOf(twin);
        uint256 vetoedTime = block.timestamp;
        skip(DELAY);
        vm.expectRevert(abi.encodeWithSelector(IUpgradeTimelock.ContentVetoed.selector, content, vetoedTime));
        timelock.execute(twin);
    }

    /// P-146: what is queued in the second of the veto fell with it, what is queued a second later did not: the veto is spent.
    function test_Veto_TakesTwinsOfItsSecondAndNoLater() public {
        Upgrade memory upgrade = feesUpgrade();
        schedule(upgrade);
        Upgrade[2] memory twins = [feesUpgrade(), feesUpgrade()];
        (twins[0].salt, twins[1].salt) = (bytes32(uint256(1)), bytes32(uint256(2)));
        skip(1);
        veto(upgrade);
        uint256 vetoedTime = timestamp();
        schedule(twins[0]);
        skip(1);
        schedule(twins[1]);
        bytes32 content = timelock.contentOf(upgrade);
        bytes memory spent = abi.encodeWithSelector(IUpgradeTimelock.VetoSpent.selector, content);
        for (uint256 i = 0; i < 2; ++i) {
            vm.expectRevert(spent);
            veto(twins[i]);
        }
        skip(DELAY);
        expectRefused(abi.encodeWithSelector(IUpgradeTimelock.ContentVetoed.selector, content, vetoedTime), twins[0]);
        timelock.execute(twins[1]);
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
        assertTrue(!timelock.isContentVetoed(content) && !timelock.isContentVetoed(other), "no veto is spent");
        veto(upgrade);
        assertTrue(timelock.isContentVetoed(content), "now it is");
    }
}
