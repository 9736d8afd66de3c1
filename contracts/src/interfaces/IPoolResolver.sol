// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IEscapeHatch} from "./IEscapeHatch.sol";
import {Asset} from "./IVault.sol";

/// @title A pool's resolver: shares out on L1, by the pool's own tokens, what an L2 contract held when the chain froze.
/// @notice One per pool; it counts only for a pool that named it in the ExitRegistry at least the exit window before the pinned block. No
/// owner. The pool's token (LP token, vault share) must keep balances and supply in Solidity's layout at the slots named here. NFTs cannot
/// be shared out and are refused. Whoever holds the pool's token is paid by the hatch's rules for accounts, a contract by its own
/// declarations: a pool that holds another's token redeems through its own resolver.
interface IPoolResolver {
    error NotDivisible(uint8 kind);
    /// @notice The claimant must be this resolver's pool, by its resolver, to the resolver itself.
    error NotThisPool(address owner, address to);
    error SupplyNotProven();
    error SupplyAlreadyProven();
    /// @notice Nothing is left to be paid of this asset to this holder.
    error NothingToRedeem(address holder, bytes32 assetKey);
    error PaymentFailed(bytes32 assetKey, address to, uint256 amount);

    event SupplyProven(uint256 supply);
    event Collected(bytes32 indexed assetKey, uint256 amount);
    event Redeemed(address indexed holder, bytes32 indexed assetKey, address indexed to, uint256 amount, uint256 paid);

    /// @notice Takes what the pool holds out of the hatch. Anyone, once per holding.
    /// @param pool the pool as claimant: entitlement Resolver, `to` zero
    function collect(IEscapeHatch.Claimant calldata pool, IEscapeHatch.Holding[] calldata holdings) external;
    /// @notice Takes what this pool's share of another pool is worth, from that pool's resolver. Anyone; once nothing is left there, no more
    /// comes. What is given counts, whoever is named.
    /// @param pool this pool as the other's holder: entitlement Resolver, `to` zero
    function collectFrom(
        address resolver,
        IEscapeHatch.Claimant calldata pool,
        Asset[] calldata assets,
        bytes[] calldata accountProof,
        bytes[] calldata balanceProof
    ) external;
    /// @notice Proves the supply of the pool's token under the pinned root. Anyone, once.
    function proveSupply(bytes[] calldata accountProof, bytes[] calldata storageProof) external;
    /// @notice Pays a holder its share of what was collected of each asset, less what it was paid before. Anyone; only the holder's payee or
    /// whom it names is paid.
    /// @param holder as for the hatch
    /// @param accountProof account of the pool's token; may be empty once the hatch knows its storage root
    /// @param balanceProof the holder's balance of the pool's token
    function redeem(
        IEscapeHatch.Claimant calldata holder,
        Asset[] calldata assets,
        bytes[] calldata accountProof,
        bytes[] calldata balanceProof
    ) external;

    function supply() external view returns (uint256);
    function collectedOf(bytes32 assetKey) external view returns (uint256);
    function redeemedOf(address holder, bytes32 assetKey) external view returns (uint256);

    function HATCH() external view returns (address);
    /// @notice The L2 contract that holds the assets.
    function POOL() external view returns (address);
    /// @notice The L2 token that says who owns which share of it; often the pool itself.
    function POOL_TOKEN() external view returns (address);
    /// @notice Slot of `mapping(address => uint256)` balances in the pool's token.
    function BALANCES_SLOT() external view returns (uint256);
    /// @notice Slot of the supply in the pool's token.
    function SUPPLY_SLOT() external view returns (uint256);
}
