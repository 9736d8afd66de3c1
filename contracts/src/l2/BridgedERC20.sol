// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {BridgedToken} from "./BridgedToken.sol";

// An L1 ERC-20 on L2: OpenZeppelin's token, cloned per L1 token by the L2Bridge. Slot 0 is `mapping(address => uint256)` balances,
// pinned for frozen exits (SPEC 11).

/// @title BridgedERC20
contract BridgedERC20 is ERC20, BridgedToken {
    constructor() ERC20("", "") {}

    /// @inheritdoc BridgedToken
    function bridgeMint(address to, uint256, uint256 amount) external override onlyBridge {
        _mint(to, amount);
    }

    /// @inheritdoc BridgedToken
    function bridgeBurn(address from, uint256, uint256 amount) external override onlyBridge {
        _burn(from, amount);
    }

    /// @notice The L1 token's name, cut to 32 bytes.
    function name() public view override returns (string memory) {
        return _name();
    }

    /// @notice The L1 token's symbol, cut to 32 bytes.
    function symbol() public view override returns (string memory) {
        return _symbol();
    }

    /// @notice The L1 token's decimals; 0 if it does not say.
    function decimals() public view override returns (uint8) {
        return _decimals;
    }
}
