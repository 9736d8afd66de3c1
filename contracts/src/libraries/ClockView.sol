// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IClock} from "../interfaces/IClock.sol";

// T for contracts that read it several times in a vote. The Clock is immutable and always answers with one word, so nothing of the
// answer needs decoding; a Clock that does not answer reverts the caller.

/// @title Reading T.
library ClockView {
    function current(address clock) internal view returns (uint256 timeT) {
        uint256 selector = uint32(IClock.current.selector);
        assembly ("memory-safe") {
            mstore(0, selector)
            // Arguments are evaluated from the right: the call comes before the size of its answer.
            if iszero(and(gt(returndatasize(), 31), staticcall(gas(), clock, 28, 4, 0, 32))) { revert(0, 0) }
            timeT := mload(0)
        }
    }
}
