// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAttesterLane} from "../interfaces/IAttesterLane.sol";
import {IBounty} from "../interfaces/IBounty.sol";
import {IClock} from "../interfaces/IClock.sol";
import {IEscapeHatch} from "../interfaces/IEscapeHatch.sol";
import {IInbox} from "../interfaces/IInbox.sol";
import {ILanes} from "../interfaces/ILanes.sol";
import {ILifecycle} from "../interfaces/ILifecycle.sol";
import {IMaturity} from "../interfaces/IMaturity.sol";
import {IOperatorSeat} from "../interfaces/IOperatorSeat.sol";
import {IProverReserve} from "../interfaces/IProverReserve.sol";
import {IRollup} from "../interfaces/IRollup.sol";
import {ISecurityCouncil} from "../interfaces/ISecurityCouncil.sol";
import {IUpgradeTimelock} from "../interfaces/IUpgradeTimelock.sol";
import {IVault} from "../interfaces/IVault.sol";
import {Constants} from "../libraries/Constants.sol";

// The wiring of one deployment, and the check that it is what it should be. Anyone calls `check` before trusting an address: it
// reads every cross reference from the contracts themselves. It says nothing about code; compare that with the sources.

/// @dev Cross references of the governor and the token.
interface IVoters {
    function UPGRADE_TIMELOCK() external view returns (address);
    function CLOCK() external view returns (address);
    function token() external view returns (address);
}

/// @title Genesis
contract Genesis {
    /// @notice Every address of the deployment. The hatch may be a reserved name without code yet.
    struct Wiring {
        address clock;
        address inbox;
        address rollup;
        address vault;
        address attesterLane;
        address lanes;
        address lifecycle;
        address seat;
        address reserve;
        address escapeHatch;
        address securityCouncil;
        address upgradeTimelock;
        address maturity;
        address governor;
        address token;
        address bounty;
    }

    /// @notice A contract that must be there is not.
    error CodeMissing(string name, address at);
    /// @notice A contract names another than the deployment's.
    error MiswiredAddress(string what, address expected, address actual);
    /// @notice A number or hash is not the deployment's.
    error MiswiredWord(string what, bytes32 expected, bytes32 actual);

    /// @notice Hash of the L2 genesis block.
    bytes32 public immutable L2_GENESIS_HASH;
    /// @notice Chain id of the L2.
    uint256 public immutable L2_CHAIN_ID;
    Wiring private _wiring;

    constructor(Wiring memory deployment, bytes32 l2GenesisHash, uint256 l2ChainId) {
        _wiring = deployment;
        L2_GENESIS_HASH = l2GenesisHash;
        L2_CHAIN_ID = l2ChainId;
    }

    /// @notice All addresses of the deployment.
    function wiring() external view returns (Wiring memory) {
        return _wiring;
    }

    /// @notice Reverts with what is wrong, or returns true: all contracts are there and name each other.
    function check() external view returns (bool) {
        Wiring memory w = _wiring;
        _code("Clock", w.clock);
        _code("Inbox", w.inbox);
        _code("Rollup", w.rollup);
        _code("Vault", w.vault);
        _code("EscapeHatch", w.escapeHatch);
        _code("AttesterLane", w.attesterLane);
        _code("UpgradeTimelock", w.upgradeTimelock);
        _code("KeyfallGovernor", w.governor);
        _code("KeyfallToken", w.token);
        _code("SecurityCouncil", w.securityCouncil);
        _code("Maturity", w.maturity);
        _code("Bounty", w.bounty);
        _code("Lanes", w.lanes);
        _code("Lifecycle", w.lifecycle);
        _code("OperatorSeat", w.seat);
        _code("ProverReserve", w.reserve);
        _checkClockAndInbox(w);
        _checkRollup(w);
        _checkLanes(w);
        _checkLifecycle(w);
        _checkSeatAndReserve(w);
        _checkVault(w);
        _checkTimelock(w);
        _checkVoters(w);
        _checkCouncilAndMaturity(w);
        _checkEscapeHatch(w);
        return true;
    }

    function _checkClockAndInbox(Wiring memory w) private view {
        _same("Clock.PAUSER", w.securityCouncil, IClock(w.clock).PAUSER());
        _same("Clock.DISPUTER", w.lanes, IClock(w.clock).DISPUTER());
        _same("Inbox.VAULT", w.vault, IInbox(w.inbox).VAULT());
        _same("Inbox.ROLLUP", w.rollup, IInbox(w.inbox).ROLLUP());
        _same("Inbox.RESERVE", w.reserve, IInbox(w.inbox).RESERVE());
        _same("Inbox.MATURITY", w.maturity, IInbox(w.inbox).MATURITY());
    }

    function _checkRollup(Wiring memory w) private view {
        IRollup rollup = IRollup(w.rollup);
        _same("Rollup.CLOCK", w.clock, rollup.CLOCK());
        _same("Rollup.INBOX", w.inbox, rollup.INBOX());
        _same("Rollup.LIFECYCLE", w.lifecycle, rollup.LIFECYCLE());
        _same("Rollup.LANES", w.lanes, rollup.LANES());
        _same("Rollup.SEAT", w.seat, rollup.SEAT());
        _same("Rollup.MATURITY", w.maturity, rollup.MATURITY());
        _same("Rollup.UPGRADE_AUTHORITY", w.upgradeTimelock, rollup.UPGRADE_AUTHORITY());
        _sameWord("Rollup.genesisHash", L2_GENESIS_HASH, rollup.genesisHash());
        _sameWord("Rollup.l2ChainId", bytes32(L2_CHAIN_ID), bytes32(rollup.l2ChainId()));
        if (rollup.operator() == address(0)) revert MiswiredAddress("Rollup.operator", w.seat, address(0));
    }

    function _checkLanes(Wiring memory w) private view {
        ILanes lanes = ILanes(w.lanes);
        _same("Lanes.CLOCK", w.clock, lanes.CLOCK());
        _same("Lanes.ROLLUP", w.rollup, lanes.ROLLUP());
        _same("Lanes.MATURITY", w.maturity, lanes.MATURITY());
        _same("Lanes.BOUNTY", w.bounty, lanes.BOUNTY());
        _same("Lanes.SECURITY_COUNCIL", w.securityCouncil, lanes.SECURITY_COUNCIL());
        _same("Lanes.UPGRADE_AUTHORITY", w.upgradeTimelock, lanes.UPGRADE_AUTHORITY());
        uint8 kind = lanes.laneRecord(w.attesterLane).kind;
        _sameWord("Lanes.laneRecord.kind", bytes32(uint256(Constants.ANSWER_ATTESTERS)), bytes32(uint256(kind)));
        _sameWord("AttesterLane.specId", bytes32(Constants.SPEC_ID), bytes32(IAttesterLane(w.attesterLane).specId()));
    }

    function _checkLifecycle(Wiring memory w) private view {
        ILifecycle lifecycle = ILifecycle(w.lifecycle);
        _same("Lifecycle.CLOCK", w.clock, lifecycle.CLOCK());
        _same("Lifecycle.INBOX", w.inbox, lifecycle.INBOX());
        _same("Lifecycle.ROLLUP", w.rollup, lifecycle.ROLLUP());
        _same("Lifecycle.LANES", w.lanes, lifecycle.LANES());
        _same("Lifecycle.SEAT", w.seat, lifecycle.SEAT());
    }

    function _checkSeatAndReserve(Wiring memory w) private view {
        IOperatorSeat seat = IOperatorSeat(w.seat);
        _same("OperatorSeat.CLOCK", w.clock, seat.CLOCK());
        _same("OperatorSeat.LIFECYCLE", w.lifecycle, seat.LIFECYCLE());
        _same("OperatorSeat.MATURITY", w.maturity, seat.MATURITY());
        _same("OperatorSeat.RESERVE", w.reserve, seat.RESERVE());
        _same("OperatorSeat.UPGRADE_AUTHORITY", w.upgradeTimelock, seat.UPGRADE_AUTHORITY());
        IProverReserve reserve = IProverReserve(payable(w.reserve));
        _same("ProverReserve.CLOCK", w.clock, reserve.CLOCK());
        _same("ProverReserve.INBOX", w.inbox, reserve.INBOX());
        _same("ProverReserve.ROLLUP", w.rollup, reserve.ROLLUP());
        _same("ProverReserve.LIFECYCLE", w.lifecycle, reserve.LIFECYCLE());
    }

    function _checkVault(Wiring memory w) private view {
        IVault vault = IVault(w.vault);
        _same("Vault.INBOX", w.inbox, vault.INBOX());
        _same("Vault.ROLLUP", w.rollup, vault.ROLLUP());
        _same("Vault.LIFECYCLE", w.lifecycle, vault.LIFECYCLE());
        _same("Vault.ESCAPE_HATCH", w.escapeHatch, vault.ESCAPE_HATCH());
        _same("Vault.RESERVE", w.reserve, vault.RESERVE());
    }

    function _checkTimelock(Wiring memory w) private view {
        IUpgradeTimelock timelock = IUpgradeTimelock(w.upgradeTimelock);
        _same("UpgradeTimelock.GOVERNOR", w.governor, timelock.GOVERNOR());
        _same("UpgradeTimelock.COUNCIL", w.securityCouncil, timelock.COUNCIL());
        _same("UpgradeTimelock.CLOCK", w.clock, timelock.CLOCK());
        _same("UpgradeTimelock.ROLLUP", w.rollup, timelock.ROLLUP());
        _same("UpgradeTimelock.LANES", w.lanes, timelock.LANES());
        _same("UpgradeTimelock.SEAT", w.seat, timelock.SEAT());
        _same("UpgradeTimelock.LIFECYCLE", w.lifecycle, timelock.LIFECYCLE());
        _same("UpgradeTimelock.MATURITY", w.maturity, timelock.MATURITY());
        _same("UpgradeTimelock.INBOX", w.inbox, timelock.INBOX());
    }

    function _checkVoters(Wiring memory w) private view {
        IVoters governor = IVoters(w.governor);
        _same("KeyfallGovernor.UPGRADE_TIMELOCK", w.upgradeTimelock, governor.UPGRADE_TIMELOCK());
        _same("KeyfallGovernor.CLOCK", w.clock, governor.CLOCK());
        _same("KeyfallGovernor.token", w.token, governor.token());
        _same("KeyfallToken.CLOCK", w.clock, IVoters(w.token).CLOCK());
    }

    function _checkCouncilAndMaturity(Wiring memory w) private view {
        ISecurityCouncil council = ISecurityCouncil(w.securityCouncil);
        _same("SecurityCouncil.CLOCK", w.clock, council.CLOCK());
        _same("SecurityCouncil.LANES", w.lanes, council.LANES());
        _same("SecurityCouncil.UPGRADE_TIMELOCK", w.upgradeTimelock, council.UPGRADE_TIMELOCK());
        IMaturity maturity = IMaturity(w.maturity);
        _same("Maturity.CLOCK", w.clock, maturity.CLOCK());
        _same("Maturity.VAULT", w.vault, maturity.VAULT());
        _same("Maturity.ROLLUP", w.rollup, maturity.ROLLUP());
        _same("Maturity.LANES", w.lanes, maturity.LANES());
        _same("Bounty.CLOCK", w.clock, IBounty(w.bounty).CLOCK());
        _same("Bounty.LANES", w.lanes, IBounty(w.bounty).LANES());
    }

    function _checkEscapeHatch(Wiring memory w) private view {
        IEscapeHatch hatch = IEscapeHatch(w.escapeHatch);
        _same("EscapeHatch.LIFECYCLE", w.lifecycle, hatch.LIFECYCLE());
        _same("EscapeHatch.VAULT", w.vault, hatch.VAULT());
        _same("EscapeHatch.INBOX", w.inbox, hatch.INBOX());
        _same("EscapeHatch.CLOCK", w.clock, hatch.CLOCK());
    }

    function _code(string memory name, address at_) private view {
        if (at_.code.length == 0) revert CodeMissing(name, at_);
    }

    function _same(string memory what, address expected, address actual) private pure {
        if (expected != actual) revert MiswiredAddress(what, expected, actual);
    }

    function _sameWord(string memory what, bytes32 expected, bytes32 actual) private pure {
        if (expected != actual) revert MiswiredWord(what, expected, actual);
    }
}
