// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IClock} from "../interfaces/IClock.sol";
import {ILanes} from "../interfaces/ILanes.sol";
import {Approval, ISecurityCouncil, Member} from "../interfaces/ISecurityCouncil.sol";
import {IUpgradeTimelock, Upgrade} from "../interfaces/IUpgradeTimelock.sol";
import {Constants} from "../libraries/Constants.sol";
import {UpgradeId} from "../libraries/UpgradeId.sol";
import {CouncilMembers} from "./CouncilMembers.sol";
import {MemberList} from "./MemberList.sol";

// The council's four acts. Owns who signed what, nonces and the pause's interval; members, challenges and removal are CouncilMembers'.
// What an act does and when it is refused belongs to its target: the timelock, the Clock, the Lanes. There is no other call, and no
// value is ever moved.
// Nonces are unordered: two acts signed at the same time do not invalidate each other, and each signature still counts once.
// Invariant: an act is carried out only with approvals of different present members, at least its quorum, over exactly its arguments.

/// @title SecurityCouncil
contract SecurityCouncil is CouncilMembers {
    bytes32 private constant VETO_TYPEHASH =
        keccak256("Veto(bytes32 upgradeId,uint8 kind,bytes32 reportHash,uint256 nonce,uint256 deadline,uint256 epoch)");
    bytes32 private constant PAUSE_TYPEHASH = keccak256("PauseFinality(uint256 nonce,uint256 deadline,uint256 epoch)");
    bytes32 private constant RESOLVE_TYPEHASH = keccak256(
        "ResolveDispute(uint256 disputeId,address laneSwitchedOff,uint256 nonce,uint256 deadline,uint256 epoch)"
    );
    bytes32 private constant EXPEDITE_TYPEHASH =
        keccak256("Expedite(bytes32 upgradeId,uint8 kind,bytes32 reportHash,uint256 nonce,uint256 deadline,uint256 epoch)");

    /// @inheritdoc ISecurityCouncil
    address public immutable LANES;

    /// @inheritdoc ISecurityCouncil
    uint256 public nextPause;
    mapping(uint256 word => uint256 bits) private _usedNonces;

    constructor(address clock, address lanes, address upgradeTimelock, Member[] memory first, uint256 firstThreshold)
        CouncilMembers(clock, upgradeTimelock, first, firstThreshold)
    {
        LANES = lanes;
    }

    /// @inheritdoc ISecurityCouncil
    function veto(Upgrade calldata upgrade, uint256 nonce, uint256 deadline, Approval[] calldata approvals) external {
        bytes32 content = UpgradeId.contentOf(upgrade);
        bytes32 id = UpgradeId.compute(UPGRADE_TIMELOCK, content, upgrade.reportHash, upgrade.salt);
        _approve(Act.Veto, id, _upgradeDigest(VETO_TYPEHASH, id, upgrade, nonce, deadline), nonce, deadline, approvals);
        IUpgradeTimelock(UPGRADE_TIMELOCK).veto(content, upgrade.reportHash, upgrade.salt);
    }

    /// @inheritdoc ISecurityCouncil
    function pause(uint256 nonce, uint256 deadline, Approval[] calldata approvals) external {
        if (block.timestamp < nextPause) revert PauseBudgetSpent(nextPause);
        nextPause = block.timestamp + IClock(CLOCK).scaled(Constants.PAUSE_INTERVAL_SECONDS);
        _approve(Act.Pause, 0, pauseDigest(nonce, deadline), nonce, deadline, approvals);
        IClock(CLOCK).start(IClock.Stop.Pause);
    }

    /// @inheritdoc ISecurityCouncil
    function resolve(uint256 disputeId, address lane, uint256 nonce, uint256 deadline, Approval[] calldata approvals)
        external
    {
        bytes32 digest = resolveDigest(disputeId, lane, nonce, deadline);
        _approve(Act.Resolve, bytes32(disputeId), digest, nonce, deadline, approvals);
        ILanes(LANES).resolve(disputeId, lane);
    }

    /// @inheritdoc ISecurityCouncil
    function expedite(Upgrade calldata upgrade, uint256 nonce, uint256 deadline, Approval[] calldata approvals) external {
        bytes32 id = _idOf(upgrade);
        bytes32 digest = _upgradeDigest(EXPEDITE_TYPEHASH, id, upgrade, nonce, deadline);
        _approve(Act.Expedite, id, digest, nonce, deadline, approvals);
        IUpgradeTimelock(UPGRADE_TIMELOCK).expedite(upgrade);
    }

    /// @inheritdoc ISecurityCouncil
    function isNonceUsed(uint256 nonce) public view returns (bool) {
        return _usedNonces[nonce >> 8] & (1 << (nonce & 0xff)) != 0;
    }

    /// @inheritdoc ISecurityCouncil
    function quorumOf(Act act) public view returns (uint256) {
        if (act == Act.Veto) return Constants.VETO_QUORUM;
        if (act == Act.Pause) return Constants.PAUSE_QUORUM;
        return threshold();
    }

    /// @inheritdoc ISecurityCouncil
    function vetoDigest(Upgrade calldata upgrade, uint256 nonce, uint256 deadline) external view returns (bytes32) {
        bytes32 id = _idOf(upgrade);
        return _upgradeDigest(VETO_TYPEHASH, id, upgrade, nonce, deadline);
    }

    /// @inheritdoc ISecurityCouncil
    function pauseDigest(uint256 nonce, uint256 deadline) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(PAUSE_TYPEHASH, nonce, deadline, epoch())));
    }

    /// @inheritdoc ISecurityCouncil
    function resolveDigest(uint256 disputeId, address lane, uint256 nonce, uint256 deadline)
        public
        view
        returns (bytes32)
    {
        return _hashTypedDataV4(keccak256(abi.encode(RESOLVE_TYPEHASH, disputeId, lane, nonce, deadline, epoch())));
    }

    /// @inheritdoc ISecurityCouncil
    function expediteDigest(Upgrade calldata upgrade, uint256 nonce, uint256 deadline) external view returns (bytes32) {
        bytes32 id = _idOf(upgrade);
        return _upgradeDigest(EXPEDITE_TYPEHASH, id, upgrade, nonce, deadline);
    }

    function _upgradeDigest(bytes32 typehash, bytes32 id, Upgrade calldata upgrade, uint256 nonce, uint256 deadline)
        private
        view
        returns (bytes32)
    {
        return _hashTypedDataV4(
            keccak256(abi.encode(typehash, id, uint8(upgrade.kind), upgrade.reportHash, nonce, deadline, epoch()))
        );
    }

    function _idOf(Upgrade calldata upgrade) private view returns (bytes32) {
        return UpgradeId.compute(UPGRADE_TIMELOCK, UpgradeId.contentOf(upgrade), upgrade.reportHash, upgrade.salt);
    }

    /// @dev Without the compiler's checks of where the pieces lie, which take 400 gas for each: an offset that leads elsewhere finds other bytes
    /// of the same call, or zeros behind it, and what is found must be a member's signature all the same.
    /// @param i below the number of approvals
    function _approvalAt(Approval[] calldata approvals, uint256 i) private pure returns (address signer, bytes calldata signature) {
        assembly ("memory-safe") {
            let approval := add(approvals.offset, calldataload(add(approvals.offset, shl(5, i))))
            signer := shr(96, shl(96, calldataload(approval)))
            let tail := add(approval, calldataload(add(approval, 32)))
            signature.length := calldataload(tail)
            signature.offset := add(tail, 32)
        }
    }

    function _useNonce(uint256 nonce) private {
        uint256 used = _usedNonces[nonce >> 8];
        uint256 bit = 1 << (nonce & 0xff);
        if (used & bit != 0) revert NonceUsed(nonce);
        _usedNonces[nonce >> 8] = used | bit;
    }

    function _approve(
        Act act,
        bytes32 subject,
        bytes32 digest,
        uint256 nonce,
        uint256 deadline,
        Approval[] calldata approvals
    ) private {
        if (block.timestamp > deadline) revert DeadlinePassed(deadline, block.timestamp);
        _useNonce(nonce);
        _checkNotDormant();
        uint256 quorum = quorumOf(act);
        if (approvals.length < quorum) revert TooFewApprovals(approvals.length, quorum);
        address previous = address(0);
        (uint256 position, uint256 end) = MemberList.bounds(_list());
        for (uint256 i = 0; i < approvals.length; ++i) {
            (address signer, bytes calldata signature) = _approvalAt(approvals, i);
            if (signer <= previous) revert SignersNotAscending(previous, signer);
            // Members and signers both ascend, so one walk through the list finds them all.
            address member = address(0);
            while (member < signer && position != end) (member, position) = MemberList.next(position);
            if (member != signer) revert NotMember(signer);
            _checkSignature(signer, digest, signature);
            previous = signer;
        }
        emit ActCarriedOut(act, subject, nonce, approvals.length);
    }
}
