// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

// Owns the list of every path by which code, keys or parameters change, each with its least delay as measured here. A path that is faster
// than its line, or missing from it, fails; contracts/GOVERNANCE.md repeats the list for people. Paths that are no upgrade are in test/contracts/powers.ts, each with the test that measures it.

import {ILanes} from "../src/interfaces/ILanes.sol";
import {IMaturity} from "../src/interfaces/IMaturity.sol";
import {
    AttesterSetUpgrade,
    CouncilUpgrade,
    LaneSwitchUpgrade,
    SpecUpgrade,
    Upgrade,
    UpgradeKind,
    ZkLaneUpgrade
} from "../src/interfaces/IUpgradeTimelock.sol";
import {Constants} from "../src/libraries/Constants.sol";
import {Governance} from "./support/Governance.sol";

/// @dev P-142, P-147, P-148: one line per kind and stage.
contract EveryDelayTest is Governance {
    uint256 private constant NEVER = type(uint256).max;

    /// @param delay least T from the scheduling to the execution by anyone
    /// @param expedited least T with the council's leave
    struct Line {
        UpgradeKind kind;
        IMaturity.Stage stage;
        uint256 delay;
        uint256 expedited;
    }

    function setUp() public {
        deployGovernance();
    }

    /// @dev The committed list. Training's expedite is 0: the stage report says so.
    function list() private pure returns (Line[24] memory lines) {
        uint256 count = 0;
        for (uint8 kind = 0; kind <= uint8(UpgradeKind.Council); ++kind) {
            for (uint8 stage_ = 0; stage_ <= uint8(IMaturity.Stage.Ossified); ++stage_) {
                lines[count++] = lineOf(UpgradeKind(kind), IMaturity.Stage(stage_));
            }
        }
    }

    function lineOf(UpgradeKind kind, IMaturity.Stage at) private pure returns (Line memory) {
        if (at == IMaturity.Stage.Ossified) return Line(kind, at, NEVER, NEVER);
        if (kind == UpgradeKind.Operator) return Line(kind, at, 7 days, NEVER);
        if (kind == UpgradeKind.AttesterSet || kind == UpgradeKind.Council) return Line(kind, at, 48 days, NEVER);
        if (at == IMaturity.Stage.Training) return Line(kind, at, 48 days, 0);
        if (kind == UpgradeKind.Core) return Line(kind, at, NEVER, NEVER);
        // After a trip alone, and without finalizing alone before the 48 days are over.
        if (kind == UpgradeKind.ZkLane) return Line(kind, at, 48 days, 7 days);
        return Line(kind, at, 48 days, NEVER);
    }

    function sample(UpgradeKind kind, bytes32 salt) private returns (Upgrade memory upgrade) {
        if (kind == UpgradeKind.Core) {
            upgrade = coreUpgrade(newCore(uint256(salt)), false);
        } else if (kind == UpgradeKind.ZkLane) {
            address lane = newLane(true);
            upgrade = upgradeOf(kind, abi.encode(ZkLaneUpgrade(lane, lane.codehash, new address[](0))));
        } else if (kind == UpgradeKind.LaneSwitch) {
            address lane = newLane(true);
            lanes.setRecord(lane, ILanes.LaneRecord(Constants.ANSWER_ZK, 0, true, false, 1, 0, 1, 0));
            upgrade = upgradeOf(kind, abi.encode(LaneSwitchUpgrade(lane, lane.codehash, false)));
        } else if (kind == UpgradeKind.Spec) {
            upgrade = upgradeOf(kind, abi.encode(SpecUpgrade(2, 7 days)));
        } else if (kind == UpgradeKind.AttesterSet) {
            address lane = newLane(true);
            upgrade = upgradeOf(kind, abi.encode(AttesterSetUpgrade(address(0), lane, lane.codehash)));
        } else if (kind == UpgradeKind.Operator) {
            upgrade = operatorUpgrade();
        } else if (kind == UpgradeKind.Fees) {
            upgrade = feesUpgrade();
        } else {
            upgrade = upgradeOf(kind, abi.encode(CouncilUpgrade(firstMembers(), 6)));
        }
        upgrade.salt = salt;
    }

    function tries(address sender, bytes memory data) private returns (bool isDone) {
        vm.prank(sender);
        (isDone,) = address(timelock).call(data);
    }

    /// @dev Least delay at which `data` from `sender` is taken, among the candidates; each is also refused a second earlier.
    function measure(Upgrade memory upgrade, IMaturity.Stage at, address sender, bytes memory data)
        private
        returns (uint256)
    {
        stage.set(IMaturity.Stage.Training);
        // Each line from the same moment, far before the sunset.
        uint256 start = START + 1 days;
        vm.warp(start);
        schedule(upgrade);
        stage.set(at);
        uint256[4] memory candidates = [uint256(0), 7 days, 45 days, 48 days];
        for (uint256 i = 0; i < candidates.length; ++i) {
            if (candidates[i] != 0) {
                vm.warp(start + candidates[i] - 1);
                if (tries(sender, data)) return candidates[i] - 1;
            }
            vm.warp(start + candidates[i]);
            if (tries(sender, data)) return candidates[i];
        }
        vm.warp(start + 62 days);
        return tries(sender, data) ? 62 days : NEVER;
    }

    /// P-142, P-147, P-148
    function test_EveryPath_TakesExactlyItsDelay() public {
        Line[24] memory lines = list();
        for (uint256 i = 0; i < lines.length; ++i) {
            Line memory line = lines[i];
            Upgrade memory upgrade = sample(line.kind, bytes32(2 * i + 10));
            uint256 delay = measure(upgrade, line.stage, whale, abi.encodeCall(timelock.execute, (upgrade)));
            assertEq(delay, line.delay, "least delay by anyone");
            lanes.setTripped(address(uint160(0x7000 + i)));
            upgrade = sample(line.kind, bytes32(2 * i + 11));
            delay = measure(upgrade, line.stage, address(council), abi.encodeCall(timelock.expedite, (upgrade)));
            assertEq(delay, line.expedited, "least delay with the council");
        }
        assertTrue(lines.length == 3 * (uint256(type(UpgradeKind).max) + 1), "every kind in every stage");
    }
}
