// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Governor} from "@openzeppelin/contracts/governance/Governor.sol";
import {GovernorCountingSimple} from "@openzeppelin/contracts/governance/extensions/GovernorCountingSimple.sol";
import {GovernorNoncesKeyed} from "@openzeppelin/contracts/governance/extensions/GovernorNoncesKeyed.sol";
import {GovernorPreventLateQuorum} from "@openzeppelin/contracts/governance/extensions/GovernorPreventLateQuorum.sol";
import {GovernorVotes} from "@openzeppelin/contracts/governance/extensions/GovernorVotes.sol";
import {IVotes} from "@openzeppelin/contracts/governance/utils/IVotes.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";
import {IClock} from "../interfaces/IClock.sol";
import {IUpgradeTimelock, Upgrade} from "../interfaces/IUpgradeTimelock.sol";
import {ClockView} from "../libraries/ClockView.sol";
import {Constants} from "../libraries/Constants.sol";

// Votes on upgrades. Owns proposals and their counting; what may be proposed is exactly one thing: one call of
// `UpgradeTimelock.schedule` with one typed upgrade and no value. Carrying a passed proposal out ("queueing" the upgrade) is that call,
// by anyone within 14 days; the delay begins then, in the timelock.
// It has no setters: every number is fixed, and each inherited function behind `onlyGovernance` (relay, late quorum) is dead, because
// no call can ever pass `_checkGovernance`.
// Invariant: the only call this contract ever makes to another, beside reading votes and time, is `schedule`.

/// @title KeyfallGovernor
contract KeyfallGovernor is Governor, GovernorCountingSimple, GovernorVotes, GovernorPreventLateQuorum, GovernorNoncesKeyed {
    /// @notice A proposal is one call of `UpgradeTimelock.schedule(upgrade)` without value, and nothing else.
    error NotOneTypedUpgrade();
    /// @notice Nothing of this contract can be set.
    error SettingsAreFixed();
    /// @notice No wei could ever leave this contract again, so none is taken.
    error ValueRefused(uint256 amountWei);

    /// @notice Where every passed proposal goes.
    address public immutable UPGRADE_TIMELOCK;
    /// @notice The clock whose T all delays count in.
    address public immutable CLOCK;
    uint256 private immutable VOTING_DELAY;
    uint256 private immutable VOTING_PERIOD;
    uint256 private immutable GRACE;

    constructor(address votesToken, address upgradeTimelock, address clock_)
        Governor("Keyfall Governor")
        GovernorVotes(IVotes(votesToken))
        GovernorPreventLateQuorum(_checkedLateQuorum(clock_))
    {
        UPGRADE_TIMELOCK = upgradeTimelock;
        CLOCK = clock_;
        VOTING_DELAY = IClock(clock_).scaled(Constants.VOTING_DELAY_SECONDS);
        VOTING_PERIOD = IClock(clock_).scaled(Constants.VOTING_PERIOD_SECONDS);
        GRACE = IClock(clock_).scaled(Constants.UPGRADE_GRACE_SECONDS);
    }

    /// @notice Takes nothing: there is no way out.
    receive() external payable override {
        revert ValueRefused(msg.value);
    }

    /// @notice Proposes one typed upgrade. Needs 0.5 % of the supply in votes.
    /// Warning: what passes here changes the chain after the timelock's delay.
    function propose(
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        string memory description
    ) public override returns (uint256) {
        _checkTypedUpgrade(targets, values, calldatas);
        return super.propose(targets, values, calldatas, description);
    }

    /// @notice Schedules the upgrade of a passed proposal. Anyone, within 14 days after the vote.
    function execute(
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        bytes32 descriptionHash
    ) public payable override returns (uint256) {
        if (msg.value != 0) revert ValueRefused(msg.value);
        return super.execute(targets, values, calldatas, descriptionHash);
    }

    /// @notice T from the proposal to its snapshot.
    function votingDelay() public view override returns (uint256) {
        return VOTING_DELAY;
    }

    /// @notice T that a vote is open; at least two days more once the quorum was reached.
    function votingPeriod() public view override returns (uint256) {
        return VOTING_PERIOD;
    }

    /// @notice Votes a proposer needs: 0.5 % of the supply, rounded up.
    function proposalThreshold() public view override returns (uint256) {
        return _shareUp(clock() - 1, Constants.PROPOSAL_THRESHOLD_BASIS);
    }

    /// @notice Votes for and abstaining that a proposal needs: 4 % of the supply, rounded up.
    function quorum(uint256 timepoint) public view override returns (uint256) {
        return _shareUp(timepoint, Constants.QUORUM_BASIS);
    }

    /// @notice T, seconds.
    function clock() public view override(Governor, GovernorVotes) returns (uint48) {
        return uint48(ClockView.current(CLOCK));
    }

    /// @notice End of a vote, in T.
    function proposalDeadline(uint256 proposalId)
        public
        view
        override(Governor, GovernorPreventLateQuorum)
        returns (uint256)
    {
        return super.proposalDeadline(proposalId);
    }

    /// @notice State of a proposal. One that passed and was not scheduled within 14 days has expired.
    function state(uint256 proposalId) public view override returns (ProposalState) {
        ProposalState current = super.state(proposalId);
        if (current == ProposalState.Succeeded && clock() > proposalDeadline(proposalId) + GRACE) {
            return ProposalState.Expired;
        }
        return current;
    }

    /// @dev Asked for by a parent's constructor, before this one has set any immutable.
    function _maxLateQuorumVoteExtension() internal pure override returns (uint256) {
        return Constants.VOTING_PERIOD_SECONDS;
    }

    /// @dev Nothing governs the governor.
    function _checkGovernance() internal pure override {
        revert SettingsAreFixed();
    }

    function _tallyUpdated(uint256 proposalId) internal override(Governor, GovernorPreventLateQuorum) {
        super._tallyUpdated(proposalId);
    }

    function _useCheckedNonce(address owner, uint256 nonce) internal override(Nonces, GovernorNoncesKeyed) {
        super._useCheckedNonce(owner, nonce);
    }

    function _validateVoteSig(
        uint256 proposalId,
        uint8 support,
        address voter,
        bytes memory signature
    ) internal override(Governor, GovernorNoncesKeyed) returns (bool) {
        return super._validateVoteSig(proposalId, support, voter, signature);
    }

    function _validateExtendedVoteSig(
        uint256 proposalId,
        uint8 support,
        address voter,
        string memory reason,
        bytes memory params,
        bytes memory signature
    ) internal override(Governor, GovernorNoncesKeyed) returns (bool) {
        return super._validateExtendedVoteSig(proposalId, support, voter, reason, params, signature);
    }

    function _checkTypedUpgrade(address[] memory targets, uint256[] memory values, bytes[] memory calldatas) private view {
        bool isOneCall = targets.length == 1 && values.length == 1 && calldatas.length == 1 && targets[0] == UPGRADE_TIMELOCK
            && values[0] == 0 && calldatas[0].length >= 4;
        if (!isOneCall) revert NotOneTypedUpgrade();
        bytes memory scheduling = calldatas[0];
        if (bytes4(scheduling) != IUpgradeTimelock.schedule.selector) revert NotOneTypedUpgrade();
        // In its one encoding: what two decoders could read as two upgrades, or one of them as none, is not put to a vote.
        bytes memory arguments = new bytes(scheduling.length - 4);
        assembly ("memory-safe") {
            mcopy(add(arguments, 32), add(scheduling, 36), mload(arguments))
        }
        Upgrade memory upgrade = abi.decode(arguments, (Upgrade));
        if (keccak256(abi.encode(upgrade)) != keccak256(arguments)) revert NotOneTypedUpgrade();
    }

    function _shareUp(uint256 timepoint, uint256 basis) private view returns (uint256) {
        uint256 product = token().getPastTotalSupply(timepoint) * basis;
        return (product + Constants.WHOLE_BASIS - 1) / Constants.WHOLE_BASIS;
    }

    function _checkedLateQuorum(address clock_) private view returns (uint48) {
        return uint48(IClock(clock_).scaled(Constants.LATE_QUORUM_SECONDS));
    }
}
