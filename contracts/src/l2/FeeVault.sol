// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IFeeVault} from "../interfaces/IFeeVault.sol";
import {IMessagePasser} from "../interfaces/IMessagePasser.sol";
import {Constants} from "../libraries/Constants.sol";

// Where base fees, tips, data and surcharge fees collect: the coinbase of every block. One way out, open to anyone: a withdrawal
// that names itself, which the L1 Vault pays to the prover reserve. L2 knows no L1 address, so no key can redirect it.

/// @title FeeVault
contract FeeVault is IFeeVault {
    /// @inheritdoc IFeeVault
    receive() external payable {}

    /// @inheritdoc IFeeVault
    function send() external returns (bytes32 withdrawalHash) {
        uint256 amount = address(this).balance;
        if (amount == 0) revert NothingToSend();
        withdrawalHash = IMessagePasser(Constants.MESSAGE_PASSER).withdrawEth{value: amount}(address(this));
        emit FeesSent(amount, withdrawalHash);
    }
}
