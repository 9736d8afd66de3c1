// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Constants} from "./Constants.sol";

// Who an L1 caller is on L2: SPEC section 1. An account keeps its own address only if a key, not code, decided on the call: it is
// the transaction's origin, or its code is exactly an EIP-7702 delegation. A contract under construction has no code, is never
// the origin, and is aliased: `code.length` alone would let a constructor speak as an address of its choice on L2.

/// @title Aliasing of L1 senders.
library AddressAlias {
    function apply_(address account) internal pure returns (address) {
        unchecked {
            return address(uint160(account) + uint160(Constants.ALIAS_OFFSET));
        }
    }

    function undo(address aliased) internal pure returns (address) {
        unchecked {
            return address(uint160(aliased) - uint160(Constants.ALIAS_OFFSET));
        }
    }

    /// @notice Whether the account's code is exactly `0xef0100 ‖ address`.
    function isDelegated(address account) internal view returns (bool delegated) {
        if (account.code.length != 23) return false;
        bytes32 head;
        assembly ("memory-safe") {
            extcodecopy(account, 0, 0, 23)
            head := mload(0)
        }
        // EIP-3541 keeps every other code from starting with 0xef.
        return bytes3(head) == 0xef0100;
    }
}
