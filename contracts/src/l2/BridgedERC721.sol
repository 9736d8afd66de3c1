// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {BridgedToken} from "./BridgedToken.sol";

// An L1 ERC-721 on L2, cloned per L1 token. Slot 2 is `mapping(uint256 id => address)` owners, pinned (SPEC 11). Token URIs stay
// on L1: they have no bound, and bridge messages do.

/// @title BridgedERC721
contract BridgedERC721 is ERC721, BridgedToken {
    constructor() ERC721("", "") {}

    /// @inheritdoc BridgedToken
    function bridgeMint(address to, uint256 id, uint256) external override onlyBridge {
        _mint(to, id);
    }

    /// @inheritdoc BridgedToken
    function bridgeBurn(address from, uint256 id, uint256) external override onlyBridge {
        address owner = _requireOwned(id);
        if (owner != from) revert ERC721IncorrectOwner(from, id, owner);
        _burn(id);
    }

    /// @notice The L1 token's name, cut to 32 bytes.
    function name() public view override returns (string memory) {
        return _name();
    }

    /// @notice The L1 token's symbol, cut to 32 bytes.
    function symbol() public view override returns (string memory) {
        return _symbol();
    }
}
