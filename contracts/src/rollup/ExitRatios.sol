// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IEscapeHatch} from "../interfaces/IEscapeHatch.sol";
import {ILifecycle} from "../interfaces/ILifecycle.sol";
import {Asset, IVault} from "../interfaces/IVault.sol";
import {Assets} from "../libraries/Assets.sol";
import {Constants} from "../libraries/Constants.sol";
import {ExitRatio} from "../libraries/ExitRatio.sol";
import {MerklePatricia} from "../libraries/MerklePatricia.sol";
import {PinnedState} from "./PinnedState.sol";

// What a claim is worth in a frozen chain. Owns the ratio of each asset, fixed once, and the sums of skipped deposits it needs. Does not pay.
//
//   minted    = deposits in messages below the pinned settled index, without the skipped ones: what L2 executed
//   burned    = what L2 withdrew, by the pinned root
//   available = minted - paid, never below 0:            what the escrow holds beyond the deposits that are refunded
//   claims    = (minted - burned) + (burned - paid), each never below 0: what L2 holds and what it withdrew and was not paid
//
// Invariants: a ratio never changes; after it, all payments of the asset together never exceed `minted`, whatever the pinned root says, so
// that refunds are always covered. Refunds before and after move neither side: they take from the escrow what was never minted.

/// @title Ratios of frozen payouts.
abstract contract ExitRatios is PinnedState {
    struct Fixed {
        uint208 minted;
        bool isFixed;
        bool isInFull;
        uint256 available;
        uint256 claims;
    }

    struct Skipped {
        uint208 sum;
        uint48 ranges;
    }

    /// @dev Slot of MessagePasser's burned sums, each stored plus one.
    uint256 private constant BURNED_SLOT = 1;
    /// @dev Skipped ranges counted within a call that needs them counted; more are counted beforehand.
    uint256 internal constant RANGES_PER_CALL = 16;

    /// @inheritdoc IEscapeHatch
    address public immutable VAULT;

    mapping(bytes32 assetKey => Fixed) private _fixed;
    mapping(bytes32 assetKey => Skipped) private _skipped;

    constructor(address vault) {
        VAULT = vault;
    }

    /// @inheritdoc IEscapeHatch
    function fixRatio(Asset calldata asset, bytes[] calldata accountProof, bytes[] calldata burnedProof) external {
        bytes32 root = _pinnedRoot();
        if (!Assets.isCanonical(asset.kind, asset.token, asset.id)) revert AssetInvalid(asset.kind, asset.token, asset.id);
        if (asset.kind == Constants.ASSET_ERC721) revert RatioNotNeeded(asset.token);
        bytes32 key = Assets.key(asset);
        Fixed storage ratio = _fixed[key];
        if (ratio.isFixed) revert RatioAlreadyFixed(key);
        uint256 burned = _burned(root, asset.kind, key, accountProof, burnedProof);
        _countSkipped(asset, key, RANGES_PER_CALL);
        uint256 minted = _minted(asset, key);
        uint256 paid = IVault(VAULT).paidOf(key);
        (uint256 available, uint256 claims) = ExitRatio.of_(minted, burned, paid);
        ratio.minted = uint208(minted);
        ratio.isFixed = true;
        ratio.isInFull = available >= claims;
        ratio.available = available;
        ratio.claims = claims;
        emit RatioFixed(key, minted, burned, paid, available, claims);
    }

    /// @inheritdoc IEscapeHatch
    function countSkipped(Asset calldata asset, uint256 maxRanges) external {
        if (!_isFrozen()) revert NotFrozen();
        _countSkipped(asset, Assets.key(asset), maxRanges);
    }

    /// @inheritdoc IEscapeHatch
    function payoutOf(Asset calldata asset, uint256 amount) external view returns (uint256) {
        return _payoutOf(asset, Assets.key(asset), amount);
    }

    /// @inheritdoc IEscapeHatch
    function ratioOf(Asset calldata asset) external view returns (Ratio memory) {
        Fixed memory ratio = _fixed[Assets.key(asset)];
        return Ratio(ratio.isFixed, ratio.available, ratio.claims, ratio.minted);
    }

    /// @inheritdoc IEscapeHatch
    function skippedOf(Asset calldata asset) external view returns (uint256 skipped, uint256 ranges) {
        Skipped memory counted = _skipped[Assets.key(asset)];
        return (counted.sum, counted.ranges);
    }

    function _payoutOf(Asset memory asset, bytes32 key, uint256 amount) internal view returns (uint256 payout) {
        uint256 minted;
        if (asset.kind == Constants.ASSET_ERC721) {
            minted = _minted(asset, key);
            payout = amount;
        } else {
            Fixed storage ratio = _fixed[key];
            if (!ratio.isFixed) revert RatioNotFixed(key);
            minted = ratio.minted;
            payout = ratio.isInFull ? amount : ExitRatio.payout(amount, ratio.available, ratio.claims);
        }
        uint256 paid = IVault(VAULT).paidOf(key);
        if (payout > Math.saturatingSub(minted, paid)) revert EscrowEarmarked(key, paid, payout, minted);
    }

    function _countSkipped(Asset memory asset, bytes32 key, uint256 maxRanges) internal {
        Skipped memory counted = _skipped[key];
        uint256 ranges = ILifecycle(LIFECYCLE).skippedRangeCount();
        if (counted.ranges == ranges || maxRanges == 0) return;
        uint64 settled = ILifecycle(LIFECYCLE).pinnedSettledIndex();
        uint256 end = Math.min(ranges, Math.saturatingAdd(counted.ranges, maxRanges));
        uint256 sum = counted.sum;
        for (uint256 i = counted.ranges; i < end; ++i) {
            ILifecycle.SkippedRange memory range = ILifecycle(LIFECYCLE).skippedRange(i);
            // What is skipped beyond the settled index was not minted anyway.
            uint64 to = range.to < settled ? range.to : settled;
            if (range.from >= to) continue;
            sum += IVault(VAULT).depositedBefore(asset, to) - IVault(VAULT).depositedBefore(asset, range.from);
        }
        _skipped[key] = Skipped(uint208(sum), uint48(end));
        emit SkippedCounted(key, end, sum);
    }

    /// @dev Reverts until every skipped range is counted.
    function _minted(Asset memory asset, bytes32 key) private view returns (uint256) {
        Skipped memory counted = _skipped[key];
        uint256 ranges = ILifecycle(LIFECYCLE).skippedRangeCount();
        if (counted.ranges != ranges) revert SkippedNotCounted(key, counted.ranges, ranges);
        uint64 settled = ILifecycle(LIFECYCLE).pinnedSettledIndex();
        return IVault(VAULT).depositedBefore(asset, settled) - counted.sum;
    }

    /// @dev What L2 withdrew of the asset. The ETH of withdrawals stays with the MessagePasser for ever.
    function _burned(bytes32 root, uint8 kind, bytes32 key, bytes[] calldata accountProof, bytes[] calldata burnedProof)
        private
        returns (uint256)
    {
        if (kind == Constants.ASSET_ETH) {
            if (accountProof.length == 0) revert AccountProofMissing(Constants.MESSAGE_PASSER);
            return MerklePatricia.account(root, Constants.MESSAGE_PASSER, accountProof).balance;
        }
        bytes32 storageRoot = _learnStorageRoot(root, Constants.MESSAGE_PASSER, accountProof);
        return MerklePatricia.word(storageRoot, keccak256(abi.encode(key, BURNED_SLOT)), burnedProof) - 1;
    }
}
