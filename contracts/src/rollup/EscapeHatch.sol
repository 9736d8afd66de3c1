// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IEscapeHatch} from "../interfaces/IEscapeHatch.sol";
import {IInbox} from "../interfaces/IInbox.sol";
import {ILifecycle} from "../interfaces/ILifecycle.sol";
import {Asset, IVault} from "../interfaces/IVault.sol";
import {Assets} from "../libraries/Assets.sol";
import {BridgedTokens} from "../libraries/BridgedTokens.sol";
import {Constants} from "../libraries/Constants.sol";
import {EscrowedMessages} from "../libraries/EscrowedMessages.sol";
import {MerklePatricia} from "../libraries/MerklePatricia.sol";
import {Entitlements} from "./Entitlements.sol";
import {ExitRatios} from "./ExitRatios.sol";
import {PinnedState} from "./PinnedState.sol";

// The way out that needs nobody: what the pinned root proves is paid, what L2 will not execute is refunded. Owns the nullifiers of holdings
// and of refunds. Does not hold funds (Vault), fix ratios (ExitRatios) or say who is paid (Entitlements). No owner, no setter, no deadline;
// calls nothing that can be replaced, and of what a payment calls (tokens, receivers) nothing can re-enter.
// Invariants: a holding is paid at most once, a message refunded at most once, never one that L2 executed; nothing is recorded unless paid.

/// @title EscapeHatch
contract EscapeHatch is ExitRatios, Entitlements, ReentrancyGuardTransient {
    /// @dev What a call of a `multicall` takes beside its own gas: copying it, and the event if it fails.
    uint256 private constant CALL_OVERHEAD_GAS = 30_000;

    /// @inheritdoc IEscapeHatch
    address public immutable INBOX;

    mapping(bytes32 nullifier => bool) private _isExited;
    /// @inheritdoc IEscapeHatch
    mapping(uint64 index => bool) public isRefunded;

    constructor(address lifecycle, address vault, address inbox, address clock)
        PinnedState(lifecycle)
        ExitRatios(vault)
        Entitlements(clock)
    {
        INBOX = inbox;
    }

    /// @inheritdoc IEscapeHatch
    function exit(Claimant calldata claimant, Holding[] calldata holdings) external nonReentrant {
        if (holdings.length == 0) revert NothingToExit();
        bytes32 root = _pinnedRoot();
        MerklePatricia.Account memory account = _accountOf(root, claimant);
        if (claimant.registryAccountProof.length != 0) {
            _learnStorageRoot(root, Constants.EXIT_REGISTRY, claimant.registryAccountProof);
        }
        (, address to) = _entitled(root, claimant, account, msg.sender);
        for (uint256 i = 0; i < holdings.length; ++i) {
            _exitHolding(root, claimant.owner, to, account, holdings[i], holdings.length == 1);
        }
    }

    /// @inheritdoc IEscapeHatch
    function refund(uint64 index, bytes calldata message, address to, uint256 deadline, bytes calldata signature)
        external
        nonReentrant
    {
        if (!isRefundable(index)) revert NotRefundable(index);
        if (isRefunded[index]) revert AlreadyRefunded(index);
        _checkMessage(index, message);
        (Asset memory asset, uint256 amount, address payee) =
            EscrowedMessages.read(message, IInbox(INBOX).prefix(index + 1).isAliased);
        if (amount == 0) revert NothingToRefund(index);
        address receiver = _receiver(payee, to, deadline, signature, msg.sender);
        bytes32 key = Assets.key(asset);
        isRefunded[index] = true;
        uint256 paid = IVault(VAULT).release(asset, receiver, amount, true);
        if (paid == 0) revert PaymentFailed(key, receiver, amount);
        emit Refunded(index, key, receiver, amount, paid);
    }

    /// @inheritdoc IEscapeHatch
    function multicall(bytes[] calldata calls, uint256 gasEach) external {
        for (uint256 i = 0; i < calls.length; ++i) {
            bytes calldata data = calls[i];
            uint256 gasBound = gasEach == 0 ? gasleft() : gasEach;
            // Without it a caller, or an estimate of gas, could starve a call and report success.
            if (gasEach != 0) _checkGas(gasEach + gasEach / 32 + CALL_OVERHEAD_GAS);
            bool isDone;
            bytes32 reason;
            assembly ("memory-safe") {
                let copy := mload(0x40)
                calldatacopy(copy, data.offset, data.length)
                mstore(0, 0)
                isDone := delegatecall(gasBound, address(), copy, data.length, 0, 0x20)
                reason := mload(0)
                if iszero(or(isDone, gasEach)) {
                    returndatacopy(copy, 0, returndatasize())
                    revert(copy, returndatasize())
                }
            }
            if (!isDone) emit CallFailed(i, reason);
        }
    }

    /// @inheritdoc IEscapeHatch
    function isExited(address owner, Asset calldata asset, bool isUncredited) external view returns (bool) {
        return _isExited[_nullifier(owner, Assets.key(asset), isUncredited)];
    }

    /// @inheritdoc IEscapeHatch
    function isRefundable(uint64 index) public view returns (bool) {
        if (index >= IInbox(INBOX).count()) return false;
        if (ILifecycle(LIFECYCLE).isSkipped(index)) return true;
        return _isFrozen() && index >= ILifecycle(LIFECYCLE).pinnedSettledIndex();
    }

    /// @inheritdoc IEscapeHatch
    function bridgedTokenOf(uint8 kind, address l1Token) external pure returns (address) {
        return BridgedTokens.addressOf(kind, l1Token);
    }

    function _exitHolding(
        bytes32 root,
        address owner,
        address to,
        MerklePatricia.Account memory account,
        Holding calldata holding,
        bool isAlone
    ) private {
        Asset memory asset = holding.asset;
        bytes32 key = Assets.key(asset);
        bytes32 nullifier = _nullifier(owner, key, holding.isUncredited);
        if (_isExited[nullifier]) {
            if (isAlone) revert AlreadyExited(owner, key, holding.isUncredited);
            emit ExitSkipped(owner, key, to);
            return;
        }
        uint256 amount = _amountOf(root, owner, key, account, holding);
        if (asset.kind == Constants.ASSET_ERC721) _countSkipped(asset, key, RANGES_PER_CALL);
        uint256 payout = _payoutOf(asset, key, amount);
        _isExited[nullifier] = true;
        uint256 paid = isAlone ? IVault(VAULT).release(asset, to, payout, false) : _tryRelease(asset, to, payout);
        if (paid != 0) {
            emit Exited(owner, key, to, amount, paid, holding.isUncredited);
            return;
        }
        if (isAlone) revert PaymentFailed(key, to, payout);
        _isExited[nullifier] = false;
        emit ExitSkipped(owner, key, to);
    }

    /// @dev What the pinned root says the owner holds, never zero.
    function _amountOf(
        bytes32 root,
        address owner,
        bytes32 key,
        MerklePatricia.Account memory account,
        Holding calldata holding
    ) private returns (uint256 amount) {
        Asset calldata asset = holding.asset;
        bool isEth = asset.kind == Constants.ASSET_ETH;
        if (!Assets.isCanonical(asset.kind, asset.token, asset.id) || (isEth && holding.isUncredited)) {
            revert AssetInvalid(asset.kind, asset.token, asset.id);
        }
        if (isEth) {
            if (account.codeHash == 0) revert AccountProofMissing(owner);
            if (account.balance == 0) revert NothingToExit();
            return account.balance;
        }
        if (holding.isUncredited) {
            bytes32 bridge = _learnStorageRoot(root, Constants.L2_BRIDGE, holding.accountProof);
            return MerklePatricia.word(bridge, BridgedTokens.claimSlotOf(key, owner), holding.storageProof);
        }
        bytes32 token =
            _learnStorageRoot(root, BridgedTokens.addressOf(asset.kind, asset.token), holding.accountProof);
        amount = MerklePatricia.word(token, BridgedTokens.slotOf(asset.kind, asset.id, owner), holding.storageProof);
        if (asset.kind != Constants.ASSET_ERC721) return amount;
        if (amount != uint160(owner)) revert NotHolder(owner, address(uint160(amount)));
        return 1;
    }

    /// @dev Zero if the asset's contract made even the attempt impossible; never for want of gas that the caller held back.
    function _tryRelease(Asset memory asset, address to, uint256 payout) private returns (uint256) {
        _checkGas(Constants.RELEASE_GAS);
        try IVault(VAULT).release(asset, to, payout, false) returns (uint256 paid) {
            return paid;
        } catch {
            return 0;
        }
    }

    function _checkGas(uint256 needed) private view {
        if (gasleft() < needed) revert GasMissing(gasleft(), needed);
    }

    /// @dev The bytes are the message's if they lead from the accumulator before it to the one after.
    function _checkMessage(uint64 index, bytes calldata message) private view {
        bytes32 expected = IInbox(INBOX).accumulatorAt(index + 1);
        bytes32 actual = Hashes.efficientKeccak256(IInbox(INBOX).accumulatorAt(index), keccak256(message));
        if (actual != expected) revert MessageMismatch(index, expected, actual);
    }

    function _nullifier(address owner, bytes32 key, bool isUncredited) private pure returns (bytes32) {
        return keccak256(abi.encode(owner, key, isUncredited));
    }
}
