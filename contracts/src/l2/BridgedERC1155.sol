// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC1155} from "@openzeppelin/contracts/token/ERC1155/ERC1155.sol";
import {BridgedToken} from "./BridgedToken.sol";

// An L1 ERC-1155 on L2, cloned per L1 token. Slot 0 is `mapping(uint256 id => mapping(address => uint256))` balances, pinned
// (SPEC 11). Deposits are credited without asking the receiver: one that refused would lock the deposit.

/// @title BridgedERC1155
contract BridgedERC1155 is ERC1155, BridgedToken {
    constructor() ERC1155("") {}

    /// @inheritdoc BridgedToken
    function bridgeMint(address to, uint256 id, uint256 amount) external override onlyBridge {
        if (to == address(0)) revert ERC1155InvalidReceiver(to);
        _move(address(0), to, id, amount);
    }

    /// @inheritdoc BridgedToken
    function bridgeBurn(address from, uint256 id, uint256 amount) external override onlyBridge {
        _move(from, address(0), id, amount);
    }

    /// @notice The L1 token's name, cut to 32 bytes; empty if it has none.
    function name() external view returns (string memory) {
        return _name();
    }

    /// @notice The L1 token's symbol, cut to 32 bytes; empty if it has none.
    function symbol() external view returns (string memory) {
        return _symbol();
    }

    function _move(address from, address to, uint256 id, uint256 amount) private {
        uint256[] memory ids = new uint256[](1);
        uint256[] memory amounts = new uint256[](1);
        ids[0] = id;
        amounts[0] = amount;
        _update(from, to, ids, amounts);
    }
}
