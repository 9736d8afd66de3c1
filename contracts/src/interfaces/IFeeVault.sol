// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title L2 predeploy: coinbase of every block; its balance can go only to the prover reserve on L1.
interface IFeeVault {
    error NothingToSend();

    event FeesSent(uint256 amountWei, bytes32 withdrawalHash);

    /// @notice Withdraws the whole balance to the reserve: the L1 Vault pays withdrawals of this contract to it. Anyone.
    function send() external returns (bytes32 withdrawalHash);
    receive() external payable;
}
