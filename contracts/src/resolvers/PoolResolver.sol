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
        if (pool.owner != POOL) revert IEscapeHatch.OwnerCannotExit(pool.owner);
        IEscapeHatch.Holding[] memory one = new IEscapeHatch.Holding[](1);
        for (uint256 i = 0; i < holdings.length; ++i) {
            Asset memory asset = holdings[i].asset;
            if (asset.kind == Constants.ASSET_ERC721) revert NotDivisible(asset.kind);
            one[0] = holdings[i];
            uint256 before = AssetTransfers.balance(asset);
            IEscapeHatch(HATCH).exit(pool, one);
            uint256 amount = AssetTransfers.balance(asset) - before;
            bytes32 key = Assets.key(asset);
            collectedOf[key] += amount;
            emit Collected(key, amount);
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
