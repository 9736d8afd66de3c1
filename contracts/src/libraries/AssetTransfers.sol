// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {Asset} from "../interfaces/IVault.sol";
import {Constants} from "./Constants.sol";

// Moving tokens whose code nobody vouches for. A deposit is what the balance says, never what was asked for; a payment reports
// whether it worked and never reverts nor reads back more than one word, so that one token's or receiver's malice stays its own.
// ERC-721 is sent with `transferFrom`: no receiver can refuse it, none is called.

/// @title Token transfers in and out of the Vault.
library AssetTransfers {
    error NothingReceived(address token);

    /// @notice Takes the asset from `from`.
    /// @return received what the balance grew by
    function pull(Asset memory asset, address from, uint256 amount) internal returns (uint256 received) {
        uint256 before = balance(asset);
        if (asset.kind == Constants.ASSET_ERC20) {
            SafeERC20.safeTransferFrom(IERC20(asset.token), from, address(this), amount);
        } else if (asset.kind == Constants.ASSET_ERC721) {
            IERC721(asset.token).transferFrom(from, address(this), asset.id);
        } else {
            IERC1155(asset.token).safeTransferFrom(from, address(this), asset.id, amount, "");
        }
        uint256 afterwards = balance(asset);
        if (afterwards <= before) revert NothingReceived(asset.token);
        received = afterwards - before;
    }

    /// @notice Sends the asset; false if the token or the receiver did not take it.
    function tryPush(Asset memory asset, address to, uint256 amount) internal returns (bool) {
        if (asset.kind == Constants.ASSET_ETH) return _tryCall(to, amount, "");
        if (asset.token.code.length == 0) return false;
        if (asset.kind == Constants.ASSET_ERC20) return SafeERC20.trySafeTransfer(IERC20(asset.token), to, amount);
        if (asset.kind == Constants.ASSET_ERC721) {
            return _tryCall(asset.token, 0, abi.encodeCall(IERC721.transferFrom, (address(this), to, asset.id)));
        }
        return _tryCall(
            asset.token, 0, abi.encodeCall(IERC1155.safeTransferFrom, (address(this), to, asset.id, amount, ""))
        );
    }

    /// @notice What this contract holds of the asset.
    function balance(Asset memory asset) internal view returns (uint256) {
        if (asset.kind == Constants.ASSET_ETH) return address(this).balance;
        if (asset.kind == Constants.ASSET_ERC20) return IERC20(asset.token).balanceOf(address(this));
        if (asset.kind == Constants.ASSET_ERC721) return IERC721(asset.token).ownerOf(asset.id) == address(this) ? 1 : 0;
        return IERC1155(asset.token).balanceOf(address(this), asset.id);
    }

    function _tryCall(address to, uint256 value, bytes memory data) private returns (bool ok) {
        assembly ("memory-safe") {
            ok := call(gas(), to, value, add(data, 0x20), mload(data), 0, 0)
        }
    }
}
