// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {TokenDeposit} from "../interfaces/IL2Bridge.sol";
import {Asset} from "../interfaces/IVault.sol";
import {AddressAlias} from "./AddressAlias.sol";
import {Constants} from "./Constants.sol";

// What a message of the Inbox escrowed on L1, and for whom: read from its bytes (SPEC section 2) and, for the Vault's messages, from their
// calldata (SPEC section 11). Owns no proof that the bytes are the message's. The two sources cannot be confused: only the Vault is ever
// given the Vault's sender.

/// @title Deposits inside messages.
library EscrowedMessages {
    uint256 private constant SENDER_AT = 2;
    uint256 private constant MINT_AT = 42;
    uint256 internal constant DATA_AT = 130;

    /// @param isAliased whether the Inbox aliased the sender
    /// @return asset what was escrowed
    /// @return amount how much; zero if nothing was
    /// @return depositor the L1 account that gave it
    function read(bytes calldata message, bool isAliased)
        internal
        pure
        returns (Asset memory asset, uint256 amount, address depositor)
    {
        address sender = address(bytes20(message[SENDER_AT:SENDER_AT + 20]));
        if (sender == Constants.VAULT_SENDER) {
            // The Vault's messages are this one call and no other.
            TokenDeposit memory deposit = abi.decode(message[DATA_AT + 4:], (TokenDeposit));
            return (Asset(deposit.kind, deposit.l1Token, deposit.id), deposit.amount, deposit.from);
        }
        amount = uint256(bytes32(message[MINT_AT:MINT_AT + 32]));
        depositor = isAliased ? AddressAlias.undo(sender) : sender;
    }
}
