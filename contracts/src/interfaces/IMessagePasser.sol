// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Withdrawal} from "./IVault.sol";

/// @title L2 predeploy: records withdrawals for L1 (SPEC 10).
/// @notice Storage, pinned: slot 0 `mapping(bytes32 withdrawalHash => uint256)` 1 when sent, slot 1
/// `mapping(bytes32 assetKey => uint256)` burned plus one, from the asset's first deposit on, slot 2 the next nonce. ETH that was withdrawn stays here for ever; this
/// contract can never spend it.
interface IMessagePasser {
    error ZeroRecipient();
    error ZeroAmount();
    error NotBridge(address caller);

    event WithdrawalSent(bytes32 indexed withdrawalHash, bytes32 indexed assetKey, address indexed from, Withdrawal withdrawal);

    /// @notice Withdraws the value sent to `recipient` on L1.
    function withdrawEth(address recipient) external payable returns (bytes32 withdrawalHash);
    /// @notice Records the withdrawal of a bridged token that the L2Bridge burned. The L2Bridge only.
    function withdrawToken(uint8 assetKind, address token, uint256 id, uint256 amount, address from, address recipient)
        external returns (bytes32 withdrawalHash);

    /// @notice Makes the asset's burned sum provable while it is still zero. The L2Bridge only, at each deposit.
    function openAsset(bytes32 assetKey) external;

    function sent(bytes32 withdrawalHash) external view returns (uint256);
    function burned(bytes32 assetKey) external view returns (uint256);
    function nextNonce() external view returns (uint256);
}
