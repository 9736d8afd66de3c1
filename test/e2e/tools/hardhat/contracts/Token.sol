// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";

// OpenZeppelin's token as it is, for tools to compile and deploy. Owns nothing but its name and its supply.

contract Token is ERC20, ERC20Permit {
    constructor() ERC20("Token", "TKN") ERC20Permit("Token") {
        _mint(msg.sender, 1_000_000 ether);
    }
}
