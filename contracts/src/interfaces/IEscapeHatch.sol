// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title What the Vault asks of the EscapeHatch.
interface IEscapeHatch {
    /// @notice What a claim of `amount` is worth in the frozen chain, by the asset's fixed ratio over *recorded* escrow (the Vault
    /// itself scales by what it holds). Reverts until the asset's ratio is fixed; never above `amount`.
    function payoutOf(bytes32 assetKey, uint256 amount) external view returns (uint256);
}
