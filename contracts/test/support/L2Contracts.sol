// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

// Contracts that the tests of frozen exits put on L2 (or L1): a wallet that calls what it is told to, and a pool that gives shares for ETH and
// may hold anything else. Both speak to the ExitRegistry by themselves, as every contract must.

contract Runner {
    receive() external payable {}

    function run(address target, uint256 value, bytes calldata data) external payable {
        (bool ok, bytes memory result) = target.call{value: value}(data);
        if (ok) return;
        assembly ("memory-safe") {
            revert(add(result, 0x20), mload(result))
        }
    }
}

contract SharePool is ERC20("Share", "SHR"), Runner {
    function enter() external payable {
        _mint(msg.sender, msg.value);
    }
}
