// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {RollupProxy} from "../../src/deploy/RollupProxy.sol";
import {Bounty} from "../../src/governance/Bounty.sol";
import {KeyfallGovernor} from "../../src/governance/KeyfallGovernor.sol";
import {KeyfallToken} from "../../src/governance/KeyfallToken.sol";
import {Maturity} from "../../src/governance/Maturity.sol";
import {SecurityCouncil} from "../../src/governance/SecurityCouncil.sol";
import {UpgradeTimelock} from "../../src/governance/UpgradeTimelock.sol";
import {IMaturity} from "../../src/interfaces/IMaturity.sol";
import {Approval, Member} from "../../src/interfaces/ISecurityCouncil.sol";
import {
    CoreUpgrade, FeesUpgrade, IUpgradeTimelock, OperatorUpgrade, Upgrade, UpgradeKind
} from "../../src/interfaces/IUpgradeTimelock.sol";
import {Constants} from "../../src/libraries/Constants.sol";
import {Clock} from "../../src/rollup/Clock.sol";
import {
    ScriptedCore, ScriptedInbox, ScriptedLanes, ScriptedPhase, ScriptedSeat, ScriptedVault
} from "./GovernanceTargets.sol";
import {ScriptedLane} from "./ScriptedLane.sol";
import {TestBase} from "./TestBase.sol";

// The real governance contracts, wired as a deployment wires them, over scripted targets.

/// @dev A stage that a test sets, in the place of Maturity.
contract ScriptedStage {
    IMaturity.Stage public stage;

    function set(IMaturity.Stage next) external {
        stage = next;
    }
}

abstract contract Governance is TestBase {
    uint256 internal constant START = 1_800_000_000;
    bytes32 internal constant CORPUS = keccak256("corpus statement");
    bytes32 internal constant REPORT = keccak256("report");
    uint256 internal constant MEMBERS = 8;

    Clock internal clock;
    ScriptedLanes internal lanes;
    ScriptedSeat internal seat;
    ScriptedInbox internal inbox;
    ScriptedVault internal vault;
    ScriptedCore internal core;
    ScriptedPhase internal lifecycle;
    ScriptedStage internal stage;
    Maturity internal maturity;
    Bounty internal bounty;
    KeyfallToken internal token;
    KeyfallGovernor internal governor;
    UpgradeTimelock internal timelock;
    SecurityCouncil internal council;
    /// @dev Private keys of the members, ascending by address.
    uint256[] internal keys;
    address internal whale = address(0xa11ce);
    address internal minnow = address(0xb0b);

    function expectRefused(bytes memory reason, Upgrade memory upgrade) internal {
        vm.expectRevert(reason);
        timelock.execute(upgrade);
    }

    function wrongState(Upgrade memory upgrade, IUpgradeTimelock.UpgradeState actual) internal view returns (bytes memory) {
        return abi.encodeWithSelector(IUpgradeTimelock.UnexpectedState.selector, timelock.idOf(upgrade), actual);
    }

    function deployGovernance() internal {
        deployGovernance(Constants.UPGRADE_DELAY_SECONDS, START + Constants.MAX_SUNSET_SECONDS);
    }

    function timelockConfig(uint256 delaySeconds, uint256 sunset) internal view returns (UpgradeTimelock.Config memory) {
        return UpgradeTimelock.Config({
            governor: address(governor),
            council: address(council),
            clock: address(clock),
            rollup: address(core),
            lanes: address(lanes),
            seat: address(seat),
            lifecycle: address(lifecycle),
            maturity: address(stage),
            inbox: address(inbox),
            delaySeconds: delaySeconds,
            sunset: sunset,
            corpusStatement: CORPUS
        });
    }

    function deployGovernance(uint256 delaySeconds, uint256 sunset) internal {
        vm.warp(START);
        vm.roll(1_000);
        makeKeys();
        uint256 nonce = vm.getNonce(address(this));
        council = SecurityCouncil(vm.computeCreateAddress(address(this), nonce + 13));
        timelock = UpgradeTimelock(vm.computeCreateAddress(address(this), nonce + 12));
        core = ScriptedCore(vm.computeCreateAddress(address(this), nonce + 8));
        clock = new Clock(1, address(council), address(core));
        lanes = new ScriptedLanes(address(timelock), address(council));
        seat = new ScriptedSeat(address(timelock));
        inbox = new ScriptedInbox();
        vault = new ScriptedVault();
        lifecycle = new ScriptedPhase();
        stage = new ScriptedStage();
        ScriptedCore implementation = new ScriptedCore(address(timelock), address(clock), 1);
        new RollupProxy(address(implementation), abi.encodeWithSignature("version()"));
        bounty = new Bounty(address(clock), address(lanes));
        token = makeToken();
        governor = new KeyfallGovernor(address(token), address(timelock), address(clock));
        new UpgradeTimelock(timelockConfig(delaySeconds, sunset));
        new SecurityCouncil(address(clock), address(lanes), address(timelock), firstMembers(), 6);
        maturity = new Maturity(address(clock), address(vault), address(core), address(lanes));
        assertEq(council.threshold(), 6, "council address");
        assertEq(address(timelock.COUNCIL()), address(council), "timelock address");
        assertEq(core.version(), 1, "core address");
        skip(1);
    }

    function makeToken() private returns (KeyfallToken) {
        address[] memory holders = new address[](2);
        uint256[] memory amounts = new uint256[](2);
        (holders[0], holders[1]) = (whale, minnow);
        (amounts[0], amounts[1]) = (990_000 ether, 10_000 ether);
        return new KeyfallToken(address(clock), holders, amounts);
    }

    function makeKeys() private {
        for (uint256 i = 0; i < MEMBERS; ++i) {
            uint256 key = 1_001 + i;
            keys.push(key);
            for (uint256 j = i; j > 0 && vm.addr(keys[j - 1]) > vm.addr(keys[j]); --j) {
                (keys[j - 1], keys[j]) = (keys[j], keys[j - 1]);
            }
        }
    }

    function firstMembers() internal view returns (Member[] memory list) {
        list = new Member[](MEMBERS);
        for (uint256 i = 0; i < MEMBERS; ++i) {
            list[i] = Member(vm.addr(keys[i]), i % 2 == 0);
        }
    }

    /// @dev Signatures of the first `count` members, in order.
    function approvalsOf(bytes32 digest, uint256 count) internal view returns (Approval[] memory approvals) {
        approvals = new Approval[](count);
        for (uint256 i = 0; i < count; ++i) {
            approvals[i] = approvalOf(keys[i], digest);
        }
    }

    function approvalOf(uint256 key, bytes32 digest) internal pure returns (Approval memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return Approval(vm.addr(key), abi.encodePacked(r, s, v));
    }

    function far() internal pure returns (uint256) {
        return type(uint256).max;
    }

    function upgradeOf(UpgradeKind kind, bytes memory payload) internal pure returns (Upgrade memory) {
        return Upgrade(kind, payload, REPORT, 0);
    }

    function feesUpgrade() internal pure returns (Upgrade memory) {
        return upgradeOf(UpgradeKind.Fees, abi.encode(FeesUpgrade(11, 12)));
    }

    function operatorUpgrade() internal pure returns (Upgrade memory) {
        return upgradeOf(UpgradeKind.Operator, abi.encode(OperatorUpgrade(address(0x0b1), address(0xc0))));
    }

    function coreUpgrade(address implementation, bool migrates) internal view returns (Upgrade memory) {
        return upgradeOf(UpgradeKind.Core, abi.encode(CoreUpgrade(implementation, implementation.codehash, migrates)));
    }

    function newCore(uint256 version) internal returns (address) {
        return address(new ScriptedCore(address(timelock), address(clock), version));
    }

    function newLane(bool isVerified) internal returns (address) {
        ScriptedLane lane = new ScriptedLane(1, Constants.PROFILE_MAINNET);
        if (isVerified) lane.submit(CORPUS, 0, "");
        return address(lane);
    }

    function setMembers(Member[] memory next, uint256 threshold) internal {
        vm.prank(address(timelock));
        council.setMembers(next, threshold);
    }

    function sort(Member[] memory list) internal pure {
        for (uint256 i = 1; i < list.length; ++i) {
            for (uint256 j = i; j > 0 && list[j - 1].account > list[j].account; --j) {
                (list[j - 1], list[j]) = (list[j], list[j - 1]);
            }
        }
    }

    function schedule(Upgrade memory upgrade) internal returns (bytes32) {
        vm.prank(address(governor));
        return timelock.schedule(upgrade);
    }

    function expedite(Upgrade memory upgrade) internal {
        vm.prank(address(council));
        timelock.expedite(upgrade);
    }

    function veto(Upgrade memory upgrade) internal {
        bytes32 content = keccak256(abi.encode(upgrade.kind, keccak256(upgrade.payload)));
        vm.prank(address(council));
        timelock.veto(content, upgrade.reportHash, upgrade.salt);
    }

    function assertState(bytes32 id, IUpgradeTimelock.UpgradeState expected, string memory what) internal view {
        assertEq(uint256(timelock.state(id)), uint256(expected), what);
    }
}
