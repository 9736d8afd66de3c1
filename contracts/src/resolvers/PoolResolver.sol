// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC1155Holder} from "@openzeppelin/contracts/token/ERC1155/utils/ERC1155Holder.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IEscapeHatch} from "../interfaces/IEscapeHatch.sol";
import {IPoolResolver} from "../interfaces/IPoolResolver.sol";
import {Asset} from "../interfaces/IVault.sol";
import {Assets} from "../libraries/Assets.sol";
import {AssetTransfers} from "../libraries/AssetTransfers.sol";
import {Constants} from "../libraries/Constants.sol";

// The reference resolver: pro rata, by storage proofs of the pool's token under the pinned root. Owns what it collected for its one pool and
// what each holder was paid. Owns no proof and no rule of who is paid: the hatch has both. It trusts that the pool's token says who owns it.
// Invariant: per asset, paid to all holders <= collected, because the balances under one root sum up to the supply; if a token shrank
// meanwhile, everyone left gets the same part of what is there.

/// @title PoolResolver
contract PoolResolver is IPoolResolver, ReentrancyGuardTransient, ERC1155Holder {
    /// @inheritdoc IPoolResolver
    address public immutable HATCH;
    /// @inheritdoc IPoolResolver
    address public immutable POOL;
    /// @inheritdoc IPoolResolver
    address public immutable POOL_TOKEN;
    /// @inheritdoc IPoolResolver
    uint256 public immutable BALANCES_SLOT;
    /// @inheritdoc IPoolResolver
    uint256 public immutable SUPPLY_SLOT;

    /// @inheritdoc IPoolResolver
    uint256 public supply;
    /// @inheritdoc IPoolResolver
    mapping(bytes32 assetKey => uint256) public collectedOf;
    /// @inheritdoc IPoolResolver
    mapping(address holder => mapping(bytes32 assetKey => uint256)) public redeemedOf;
    mapping(bytes32 assetKey => uint256) private _redeemed;

    constructor(address hatch, address pool, address poolToken, uint256 balancesSlot, uint256 supplySlot) {
        HATCH = hatch;
        POOL = pool;
        POOL_TOKEN = poolToken;
        BALANCES_SLOT = balancesSlot;
        SUPPLY_SLOT = supplySlot;
    }

    /// @notice Takes ETH from the Vault; what others send belongs to nobody.
    receive() external payable {}

    /// @inheritdoc IPoolResolver
    function collect(IEscapeHatch.Claimant calldata pool, IEscapeHatch.Holding[] calldata holdings) external nonReentrant {
        _checkPool(pool);
        IEscapeHatch.Holding[] memory one = new IEscapeHatch.Holding[](1);
        for (uint256 i = 0; i < holdings.length; ++i) {
            one[0] = holdings[i];
            uint256 before = _balance(holdings[i].asset);
            IEscapeHatch(HATCH).exit(pool, one);
            _collected(holdings[i].asset, before);
        }
    }

    /// @inheritdoc IPoolResolver
    function collectFrom(
        address resolver,
        IEscapeHatch.Claimant calldata pool,
        Asset[] calldata assets,
        bytes[] calldata accountProof,
        bytes[] calldata balanceProof
    ) external nonReentrant {
        _checkPool(pool);
        Asset[] memory one = new Asset[](1);
        for (uint256 i = 0; i < assets.length; ++i) {
            one[0] = assets[i];
            uint256 before = _balance(assets[i]);
            // Whoever is named here can only give: what counts is what came in.
            IPoolResolver(resolver).redeem(pool, one, accountProof, balanceProof);
            _collected(assets[i], before);
        }
    }

    /// @inheritdoc IPoolResolver
    function proveSupply(bytes[] calldata accountProof, bytes[] calldata storageProof) external {
        if (supply != 0) revert SupplyAlreadyProven();
        uint256 proven = IEscapeHatch(HATCH).verifySlot(POOL_TOKEN, bytes32(SUPPLY_SLOT), accountProof, storageProof);
        supply = proven;
        emit SupplyProven(proven);
    }

    /// @inheritdoc IPoolResolver
    function redeem(
        IEscapeHatch.Claimant calldata holder,
        Asset[] calldata assets,
        bytes[] calldata accountProof,
        bytes[] calldata balanceProof
    ) external nonReentrant {
        if (supply == 0) revert SupplyNotProven();
        (, address to) = IEscapeHatch(HATCH).entitled(holder, msg.sender);
        bytes32 slot = keccak256(abi.encode(holder.owner, BALANCES_SLOT));
        uint256 balance = IEscapeHatch(HATCH).verifySlot(POOL_TOKEN, slot, accountProof, balanceProof);
        for (uint256 i = 0; i < assets.length; ++i) {
            _redeem(holder.owner, assets[i], balance, to);
        }
    }

    /// @dev To the hatch this contract is the payee and calls itself, so whoever calls here must not choose the receiver.
    function _checkPool(IEscapeHatch.Claimant calldata pool) private view {
        bool isPool = pool.owner == POOL && pool.entitlement == IEscapeHatch.Entitlement.Resolver;
        if (!isPool || pool.to != address(0)) revert NotThisPool(pool.owner, pool.to);
    }

    function _balance(Asset memory asset) private view returns (uint256) {
        if (asset.kind == Constants.ASSET_ERC721) revert NotDivisible(asset.kind);
        return AssetTransfers.balance(asset);
    }

    function _collected(Asset memory asset, uint256 before) private {
        uint256 amount = AssetTransfers.balance(asset) - before;
        bytes32 key = Assets.key(asset);
        collectedOf[key] += amount;
        emit Collected(key, amount);
    }

    function _redeem(address holder, Asset memory asset, uint256 balance, address to) private {
        bytes32 key = Assets.key(asset);
        uint256 amount = Math.mulDiv(collectedOf[key], balance, supply) - redeemedOf[holder][key];
        uint256 left = collectedOf[key] - _redeemed[key];
        uint256 held = AssetTransfers.balance(asset);
        uint256 paid = held < left ? Math.mulDiv(amount, held, left) : amount;
        if (paid == 0) revert NothingToRedeem(holder, key);
        redeemedOf[holder][key] += amount;
        _redeemed[key] += amount;
        if (!AssetTransfers.tryPush(asset, to, paid)) revert PaymentFailed(key, to, paid);
        emit Redeemed(holder, key, to, amount, paid);
    }
}
