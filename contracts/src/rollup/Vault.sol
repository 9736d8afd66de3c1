// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC1155Receiver} from "@openzeppelin/contracts/token/ERC1155/IERC1155Receiver.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Checkpoints} from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";
import {IEscapeHatch} from "../interfaces/IEscapeHatch.sol";
import {IInbox} from "../interfaces/IInbox.sol";
import {IL2Bridge, TokenDeposit} from "../interfaces/IL2Bridge.sol";
import {ILifecycle} from "../interfaces/ILifecycle.sol";
import {IRollup} from "../interfaces/IRollup.sol";
import {Asset, IVault, Withdrawal} from "../interfaces/IVault.sol";
import {Assets} from "../libraries/Assets.sol";
import {AssetTransfers} from "../libraries/AssetTransfers.sol";
import {Constants} from "../libraries/Constants.sol";
import {LifecycleView} from "../libraries/LifecycleView.sol";
import {TokenMetadata} from "../libraries/TokenMetadata.sol";
import {WithdrawalProofs} from "./WithdrawalProofs.sol";

// The escrow. Owns the ledger of every asset, the nullifiers of withdrawals, and credits for payments that failed. Does not own
// finality (Rollup) nor the rules of frozen exits (EscapeHatch). Ownerless; once frozen it asks nothing of what can be replaced.
// Every amount in the ledger is nominal, that is before scaling: an asset that holds less than is recorded pays every claim the
// same share, and the claim is settled by it.
// Invariants: recorded = deposited - paid - refunded >= 0 per asset; a withdrawal is paid or credited at most once; a claim is
// counted as paid only when its transfer worked.

/// @title Vault
contract Vault is WithdrawalProofs, EIP712, ReentrancyGuardTransient, IERC1155Receiver {
    using Checkpoints for Checkpoints.Trace208;
    using Assets for Asset;

    bytes32 private constant REDIRECT_TYPEHASH =
        keccak256("Redirect(address owner,bytes32 assetKey,address to,uint256 nonce,uint256 deadline)");

    /// @inheritdoc IVault
    address public immutable INBOX;
    /// @inheritdoc IVault
    address public immutable ROLLUP;
    /// @inheritdoc IVault
    address public immutable LIFECYCLE;
    /// @inheritdoc IVault
    address public immutable ESCAPE_HATCH;
    /// @inheritdoc IVault
    address public immutable RESERVE;

    mapping(bytes32 key => Ledger) private _ledgers;
    mapping(bytes32 key => Checkpoints.Trace208) private _deposits;
    /// @inheritdoc IVault
    mapping(bytes32 withdrawalHash_ => bool) public isWithdrawn;
    mapping(address owner => mapping(bytes32 key => uint256 amount)) private _credits;
    /// @inheritdoc IVault
    mapping(address owner => uint256) public redirectNonce;

    constructor(address inbox, address rollup, address lifecycle, address escapeHatch, address reserve)
        EIP712("Keyfall Vault", "1")
    {
        INBOX = inbox;
        ROLLUP = rollup;
        LIFECYCLE = lifecycle;
        ESCAPE_HATCH = escapeHatch;
        RESERVE = reserve;
    }

    /// @inheritdoc IVault
    function depositERC20(address token, address to, uint256 amount) external payable nonReentrant returns (uint64) {
        return _deposit(Asset(Constants.ASSET_ERC20, token, 0), to, amount);
    }

    /// @inheritdoc IVault
    function depositERC721(address token, address to, uint256 id) external payable nonReentrant returns (uint64) {
        return _deposit(Asset(Constants.ASSET_ERC721, token, id), to, 1);
    }

    /// @inheritdoc IVault
    function depositERC1155(address token, address to, uint256 id, uint256 amount)
        external
        payable
        nonReentrant
        returns (uint64)
    {
        return _deposit(Asset(Constants.ASSET_ERC1155, token, id), to, amount);
    }

    /// @inheritdoc IVault
    function withdraw(
        uint64 batchIndex,
        Withdrawal calldata withdrawal,
        bytes[] calldata accountProof,
        bytes[] calldata storageProof
    ) external nonReentrant {
        bytes32 hash = Assets.hash(withdrawal);
        if (isWithdrawn[hash]) revert AlreadyWithdrawn(hash);
        _checkSent(_storageRoot(_stateRoot(batchIndex), accountProof), hash, storageProof);
        isWithdrawn[hash] = true;
        Asset memory asset = Asset(withdrawal.assetKind, withdrawal.token, withdrawal.id);
        bytes32 key = asset.key();
        address recipient = _recipientOf(withdrawal);
        (bool isPaid, uint256 paid) = _tryPay(asset, key, recipient, withdrawal.amount);
        if (isPaid) {
            emit WithdrawalPaid(hash, key, recipient, withdrawal.amount, paid);
        } else {
            _credits[recipient][key] += withdrawal.amount;
            emit WithdrawalCredited(hash, key, recipient, withdrawal.amount);
        }
    }

    /// @inheritdoc IVault
    function proveStorageRoot(uint64 batchIndex, bytes[] calldata accountProof) external {
        _storageRoot(_stateRoot(batchIndex), accountProof);
    }

    /// @inheritdoc IVault
    function claim(Asset calldata asset, address to) external nonReentrant {
        _payCredit(msg.sender, asset, to);
    }

    /// @inheritdoc IVault
    function claimFor(address owner, Asset calldata asset) external nonReentrant {
        _payCredit(owner, asset, owner);
    }

    /// @inheritdoc IVault
    function claimBySignature(
        address owner,
        Asset calldata asset,
        address to,
        uint256 deadline,
        bytes calldata signature
    ) external nonReentrant {
        if (block.timestamp > deadline) revert SignatureExpired(deadline, block.timestamp);
        bytes32 structHash = keccak256(
            abi.encode(REDIRECT_TYPEHASH, owner, Assets.key(asset), to, redirectNonce[owner]++, deadline)
        );
        if (!SignatureChecker.isValidSignatureNow(owner, _hashTypedDataV4(structHash), signature)) {
            revert SignatureInvalid(owner);
        }
        _payCredit(owner, asset, to);
    }

    /// @inheritdoc IVault
    function release(Asset calldata asset, address to, uint256 amount, bool isRefund)
        external
        nonReentrant
        returns (uint256 paid)
    {
        if (msg.sender != ESCAPE_HATCH) revert NotEscapeHatch(msg.sender);
        bytes32 key = Assets.key(asset);
        bool isPaid;
        (isPaid, paid) = _tryTransfer(asset, key, to, amount, isRefund);
        if (!isPaid) return 0;
        emit Released(key, to, amount, paid, isRefund);
    }

    /// @inheritdoc IVault
    function pushERC20(address token, address to, uint256 amount) external {
        if (msg.sender != address(this)) revert NotVaultItself(msg.sender);
        SafeERC20.safeTransfer(IERC20(token), to, amount);
    }

    /// @inheritdoc IVault
    function receiveEscrow() external payable {
        if (msg.sender != INBOX) revert NotInbox(msg.sender);
    }

    /// @notice Takes ERC-1155 tokens within a deposit of this contract's own, and no others.
    function onERC1155Received(address operator, address, uint256, uint256, bytes calldata)
        external
        view
        returns (bytes4)
    {
        if (operator != address(this) || !_reentrancyGuardEntered()) revert UnexpectedTransfer(msg.sender);
        return IERC1155Receiver.onERC1155Received.selector;
    }

    /// @notice Never taken.
    function onERC1155BatchReceived(address, address, uint256[] calldata, uint256[] calldata, bytes calldata)
        external
        view
        returns (bytes4)
    {
        revert UnexpectedTransfer(msg.sender);
    }

    /// @inheritdoc IVault
    function assetKey(Asset calldata asset) external pure returns (bytes32) {
        return Assets.key(asset);
    }

    /// @inheritdoc IVault
    function ledger(Asset calldata asset) external view returns (Ledger memory) {
        return _ledgerOf(asset.kind, Assets.key(asset));
    }

    /// @inheritdoc IVault
    function recordedEscrow(Asset calldata asset) external view returns (uint256) {
        return _recorded(asset.kind, Assets.key(asset));
    }

    /// @inheritdoc IVault
    function paidOf(bytes32 key) external view returns (uint256) {
        return _ledgers[key].paid;
    }

    /// @inheritdoc IVault
    function heldEscrow(Asset calldata asset) external view returns (uint256) {
        return _held(asset);
    }

    /// @inheritdoc IVault
    function depositedBefore(Asset calldata asset, uint64 index) external view returns (uint256) {
        if (index == 0) return 0;
        if (asset.kind == Constants.ASSET_ETH) return IInbox(INBOX).prefix(index).mintWei;
        return _deposits[Assets.key(asset)].upperLookupRecent(uint48(index - 1));
    }

    /// @inheritdoc IVault
    function creditOf(address owner, Asset calldata asset) external view returns (uint256) {
        return _credits[owner][Assets.key(asset)];
    }

    /// @inheritdoc IVault
    function withdrawalHash(Withdrawal calldata withdrawal) external pure returns (bytes32) {
        return Assets.hash(withdrawal);
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
        return interfaceId == type(IERC1155Receiver).interfaceId || interfaceId == type(IERC165).interfaceId;
    }

    function _deposit(Asset memory asset, address to, uint256 amount) private returns (uint64 index) {
        if (LifecycleView.isFrozen(LIFECYCLE)) revert ChainFrozen();
        if (to == address(0)) revert ZeroRecipient();
        if (amount == 0) revert ZeroAmount();
        if (asset.token.code.length == 0) revert TokenWithoutCode(asset.token);
        bytes32 key = asset.key();
        _checkNotShort(asset, key);
        uint256 received = AssetTransfers.pull(asset, msg.sender, amount);
        uint256 total = _ledgers[key].deposited + received;
        if (total > type(uint208).max) revert DepositAboveMaximum(key, total);
        _ledgers[key].deposited = total;
        uint256 change;
        (index, change) = _sendToBridge(asset, received, to);
        _deposits[key].push(uint48(index), uint208(total));
        emit Deposited(key, index, msg.sender, to, asset, received);
        if (change != 0 && !AssetTransfers.tryPush(Asset(Constants.ASSET_ETH, address(0), 0), msg.sender, change)) {
            revert ChangeRefused(msg.sender, change);
        }
    }

    /// @dev Who deposits into an asset that has lost some would pay for the loss; an NFT that left by itself and came back as another's
    /// would be locked in with the first claim. Tokens that round by a few units are not short.
    function _checkNotShort(Asset memory asset, bytes32 key) private view {
        uint256 recorded = _recorded(asset.kind, key);
        uint256 dust = asset.kind == Constants.ASSET_ERC721 ? 0 : recorded / Constants.DUST_SHARE;
        if (_held(asset) + dust < recorded) revert AssetShort(key);
    }

    /// @dev The message that credits the deposit on L2, paid from `msg.value`; what is left of that is the depositor's.
    function _sendToBridge(Asset memory asset, uint256 amount, address to) private returns (uint64 index, uint256 change) {
        uint64 gas = uint64(Constants.BRIDGE_MESSAGE_GAS);
        uint64 surcharge = uint64(Constants.BRIDGE_MESSAGE_SURCHARGE);
        uint256 cost = IInbox(INBOX).price(gas + surcharge);
        if (msg.value < cost) revert Underpaid(msg.value, cost);
        TokenDeposit memory deposit = TokenDeposit({
            kind: asset.kind,
            l1Token: asset.token,
            id: asset.id,
            amount: amount,
            from: msg.sender,
            to: to,
            name: TokenMetadata.name(asset.token),
            symbol: TokenMetadata.symbol(asset.token),
            decimals: TokenMetadata.decimals(asset.token)
        });
        bytes memory data = abi.encodeCall(IL2Bridge.receiveDeposit, (deposit));
        index = IInbox(INBOX).sendCall{value: cost}(Constants.L2_BRIDGE, 0, 0, gas, surcharge, data);
        change = msg.value - cost;
    }

    function _payCredit(address owner, Asset memory asset, address to) private {
        if (to == address(0)) revert ZeroRecipient();
        bytes32 key = asset.key();
        uint256 amount = _credits[owner][key];
        if (amount == 0) revert NoCredit(owner, key);
        _credits[owner][key] = 0;
        (bool isPaid, uint256 paid) = _tryPay(asset, key, to, amount);
        if (!isPaid) revert PaymentFailed(key, to, amount);
        emit CreditPaid(owner, key, to, amount, paid);
    }

    /// @dev Pays a claim proven by a withdrawal. In a frozen chain it is worth what the asset's fixed ratio gives.
    function _tryPay(Asset memory asset, bytes32 key, address to, uint256 amount) private returns (bool, uint256) {
        if (LifecycleView.isFrozen(LIFECYCLE)) amount = IEscapeHatch(ESCAPE_HATCH).payoutOf(asset, amount);
        return _tryTransfer(asset, key, to, amount, false);
    }

    /// @dev Counts `amount` as paid or refunded and transfers its share of what is held; undone if the transfer fails.
    function _tryTransfer(Asset memory asset, bytes32 key, address to, uint256 amount, bool isRefund)
        private
        returns (bool isPaid, uint256 paid)
    {
        uint256 recorded = _recorded(asset.kind, key);
        if (amount > recorded) revert EscrowExceeded(key, amount, recorded);
        uint256 held = _held(asset);
        paid = held < recorded ? Math.mulDiv(amount, held, recorded) : amount;
        // A claim is never settled by nothing: it waits for the asset to come back.
        if (paid == 0) return (false, 0);
        if (asset.kind == Constants.ASSET_ETH && address(this).balance < paid) IInbox(INBOX).moveEscrow();
        Ledger storage sums = _ledgers[key];
        if (isRefund) sums.refunded += amount;
        else sums.paid += amount;
        if (gasleft() < Constants.MIN_PUSH_GAS) revert PushGasMissing(gasleft(), Constants.MIN_PUSH_GAS);
        // In a call of its own, so that a token which moves and then says false has not moved.
        isPaid = asset.kind == Constants.ASSET_ERC20
            ? AssetTransfers.tryCall(address(this), 0, abi.encodeCall(IVault.pushERC20, (asset.token, to, paid)))
            : AssetTransfers.tryPush(asset, to, paid);
        if (isPaid) return (true, paid);
        if (isRefund) sums.refunded -= amount;
        else sums.paid -= amount;
        return (false, 0);
    }

    function _stateRoot(uint64 batchIndex) private view returns (bytes32) {
        if (LifecycleView.isFrozen(LIFECYCLE)) return ILifecycle(LIFECYCLE).pinnedRoot();
        return IRollup(ROLLUP).stateRootOf(batchIndex);
    }

    /// @dev L2's fee vault cannot name the reserve, whose address L2 does not know.
    function _recipientOf(Withdrawal calldata withdrawal) private view returns (address) {
        if (withdrawal.from != Constants.FEE_VAULT) return withdrawal.recipient;
        if (RESERVE.code.length == 0) revert ReserveAbsent(RESERVE);
        return RESERVE;
    }

    function _ledgerOf(uint8 kind, bytes32 key) private view returns (Ledger memory sums) {
        sums = _ledgers[key];
        if (kind == Constants.ASSET_ETH) sums.deposited = IInbox(INBOX).totalMinted();
    }

    function _recorded(uint8 kind, bytes32 key) private view returns (uint256) {
        Ledger memory sums = _ledgerOf(kind, key);
        return sums.deposited - sums.paid - sums.refunded;
    }

    function _held(Asset memory asset) private view returns (uint256) {
        uint256 held = AssetTransfers.balance(asset);
        return asset.kind == Constants.ASSET_ETH ? held + IInbox(INBOX).heldEscrow() : held;
    }
}
