// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Constants} from "../libraries/Constants.sol";

// What the three bridged token standards share: which L1 token they stand for, its text, and that the L2Bridge alone mints and
// burns. Stands after the token's own state in storage, so that balances keep their pinned slots.

/// @title What every bridged token knows of its L1 token.
abstract contract BridgedToken {
    error NotBridge(address caller);
    error AlreadyInitialized(address l1Token);

    /// @notice The token on L1.
    address public l1Token;
    uint8 internal _decimals;
    bytes32 private _nameBytes;
    bytes32 private _symbolBytes;

    modifier onlyBridge() {
        if (msg.sender != Constants.L2_BRIDGE) revert NotBridge(msg.sender);
        _;
    }

    /// @notice Sets up a clone, once, by the L2Bridge that created it.
    function initialize(address l1Token_, bytes32 name_, bytes32 symbol_, uint8 decimals_) external onlyBridge {
        if (l1Token != address(0)) revert AlreadyInitialized(l1Token);
        l1Token = l1Token_;
        _nameBytes = name_;
        _symbolBytes = symbol_;
        _decimals = decimals_;
    }

    /// @notice Credits a deposit. The L2Bridge only; calls no receiver.
    function bridgeMint(address to, uint256 id, uint256 amount) external virtual;

    /// @notice Burns for a withdrawal. The L2Bridge only, which burns its caller's tokens and nobody else's.
    function bridgeBurn(address from, uint256 id, uint256 amount) external virtual;

    function _name() internal view returns (string memory) {
        return _toString(_nameBytes);
    }

    function _symbol() internal view returns (string memory) {
        return _toString(_symbolBytes);
    }

    /// @dev The bytes up to the first zero byte.
    function _toString(bytes32 text) private pure returns (string memory) {
        uint256 length = 0;
        while (length < 32 && text[length] != 0) ++length;
        bytes memory result = new bytes(length);
        for (uint256 i = 0; i < length; ++i) {
            result[i] = text[i];
        }
        return string(result);
    }
}
