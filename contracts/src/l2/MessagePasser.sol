// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IMessagePasser} from "../interfaces/IMessagePasser.sol";
import {Asset, Withdrawal} from "../interfaces/IVault.sol";
import {Assets} from "../libraries/Assets.sol";
import {Constants} from "../libraries/Constants.sol";

// Withdrawals as L2 state (SPEC 10). Owns the set of sent withdrawals, the burned sums that fix the ratios of frozen exits, and
// the nonce that keeps withdrawals apart. ETH that comes in never leaves: that is how it is burned.
// A burned sum is stored with one added, from the asset's first deposit on: L1 takes proofs of inclusion alone, and a sum of zero must be
// provable too, or nobody could exit with an asset that no one has withdrawn yet. ETH needs no entry: its sum is bounded by this account's balance.
// Invariants: `sent` only ever goes from 0 to 1; `burned` of an asset is the sum of its sent withdrawals. Storage slots are pinned.

/// @title MessagePasser
contract MessagePasser is IMessagePasser {
    /// @inheritdoc IMessagePasser
    mapping(bytes32 withdrawalHash => uint256) public sent;
    mapping(bytes32 assetKey => uint256) private _burnedPlusOne;
    /// @inheritdoc IMessagePasser
    uint256 public nextNonce;

    /// @inheritdoc IMessagePasser
    function withdrawEth(address recipient) external payable returns (bytes32) {
        return _send(Constants.ASSET_ETH, address(0), 0, msg.value, msg.sender, recipient);
    }

    /// @inheritdoc IMessagePasser
    function withdrawToken(
        uint8 assetKind,
        address token,
        uint256 id,
        uint256 amount,
        address from,
        address recipient
    ) external returns (bytes32) {
        if (msg.sender != Constants.L2_BRIDGE) revert NotBridge(msg.sender);
        return _send(assetKind, token, id, amount, from, recipient);
    }

    /// @inheritdoc IMessagePasser
    function openAsset(bytes32 assetKey) external {
        if (msg.sender != Constants.L2_BRIDGE) revert NotBridge(msg.sender);
        if (_burnedPlusOne[assetKey] == 0) _burnedPlusOne[assetKey] = 1;
    }

    /// @inheritdoc IMessagePasser
    function burned(bytes32 assetKey) public view returns (uint256) {
        uint256 stored = _burnedPlusOne[assetKey];
        return stored == 0 ? 0 : stored - 1;
    }

    function _send(uint8 assetKind, address token, uint256 id, uint256 amount, address from, address recipient)
        private
        returns (bytes32 withdrawalHash)
    {
        if (recipient == address(0)) revert ZeroRecipient();
        if (amount == 0) revert ZeroAmount();
        Withdrawal memory withdrawal = Withdrawal(nextNonce++, assetKind, token, id, amount, from, recipient);
        withdrawalHash = Assets.hash(withdrawal);
        bytes32 key = Assets.key(Asset(assetKind, token, id));
        sent[withdrawalHash] = 1;
        _burnedPlusOne[key] = burned(key) + 1 + amount;
        emit WithdrawalSent(withdrawalHash, key, from, withdrawal);
    }
}
