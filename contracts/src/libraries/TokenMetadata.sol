// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";

// Reads what a token says of itself, bounded in gas and bytes. It is decoration: a token that answers nothing, too much or
// nonsense gets empty text, and is bridged all the same. Both `string` and the older `bytes32` are understood.
// The gas bound is far below what the deposit itself needs afterwards, so a depositor cannot starve the read to blank a token.

/// @title Bounded reading of token metadata.
library TokenMetadata {
    uint256 private constant READ_GAS = 30_000;

    /// @notice The first 32 bytes of the token's name, zero padded.
    function name(address token) internal view returns (bytes32) {
        return _text(token, IERC20Metadata.name.selector);
    }

    /// @notice The first 32 bytes of the token's symbol, zero padded.
    function symbol(address token) internal view returns (bytes32) {
        return _text(token, IERC20Metadata.symbol.selector);
    }

    /// @notice The token's decimals; 0 if it does not say, so that amounts are shown in its smallest unit.
    function decimals(address token) internal view returns (uint8) {
        (uint256 size, bytes32[3] memory data) = _read(token, IERC20Metadata.decimals.selector);
        return size == 32 && uint256(data[0]) <= type(uint8).max ? uint8(uint256(data[0])) : 0;
    }

    function _text(address token, bytes4 selector) private view returns (bytes32) {
        (uint256 size, bytes32[3] memory data) = _read(token, selector);
        if (size == 32) return data[0];
        // offset 32, length, bytes
        if (size < 96 || uint256(data[0]) != 32) return bytes32(0);
        uint256 length = uint256(data[1]);
        if (length >= 32) return data[2];
        return length == 0 ? bytes32(0) : data[2] & bytes32(type(uint256).max << (256 - 8 * length));
    }

    function _read(address token, bytes4 selector) private view returns (uint256 size, bytes32[3] memory data) {
        uint256 gasBound = READ_GAS;
        assembly ("memory-safe") {
            mstore(0, selector)
            if staticcall(gasBound, token, 0, 4, data, 96) { size := returndatasize() }
        }
    }
}
