// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {BatchInputs, Outputs, Binding} from "../interfaces/IRollup.sol";

// The hashes of SPEC section 8 and nothing else. Invariant: all fields are static, so `abi.encode` of the struct is the
// concatenation of one word per field, in the order of the section.

/// @title What lanes accept.
library Statement {
    function hashInputs(BatchInputs memory inputs) internal pure returns (bytes32) {
        return keccak256(abi.encode(inputs));
    }

    function hashOutputs(Outputs memory outputs) internal pure returns (bytes32) {
        return keccak256(abi.encode(outputs));
    }

    function hashBinding(Binding memory binding) internal pure returns (bytes32) {
        return keccak256(abi.encode(binding));
    }

    /// @notice Root of the messages `from` to `to` that were skipped; zero when there are none.
    function skipRoot(uint64 from, uint64 to, bytes32 accumulatorFrom, bytes32 accumulatorTo) internal pure returns (bytes32) {
        return from == to ? bytes32(0) : keccak256(abi.encode(from, to, accumulatorFrom, accumulatorTo));
    }

    function hash(bytes32 inputs, bytes32 outputs, bytes32 binding) internal pure returns (bytes32) {
        return keccak256(abi.encode(inputs, outputs, binding));
    }
}
