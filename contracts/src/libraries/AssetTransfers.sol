// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {ERC165Checker} from "@openzeppelin/contracts/utils/introspection/ERC165Checker.sol";
import {Asset} from "../interfaces/IVault.sol";
import {Constants} from "./Constants.sol";

// Moving tokens whose code nobody vouches for. A deposit is what the balance says, never what was asked for; a payment reports
// whether it worked and never reverts nor reads back more than one word, so that one token's or receiver's malice stays its own.
// ERC-721 is sent with `transferFrom`: no receiver can refuse it, none is called.

/// @title Token transfers in and out of the Vault.
library AssetTransfers {
    error NothingReceived(address token);
    /// @notice `amount` is the id of an NFT of this token that just came in: it is no ERC-20.
    error TokenIsNft(address token, uint256 id);

    /// @notice The token does not say by ERC-165 that it is ERC-721.
    error TokenIsNoNft(address token);

    uint256 private constant OWNER_READ_GAS = 30_000;

    /// @notice Takes the asset from `from`.
    /// @return received what the balance grew by
    function pull(Asset memory asset, address from, uint256 amount) internal returns (uint256 received) {
        uint256 before = balance(asset);
        if (asset.kind == Constants.ASSET_ERC20) {
            SafeERC20.safeTransferFrom(IERC20(asset.token), from, address(this), amount);
            // An ERC-721 has the same `transferFrom`; some old ones also a `transfer(to, id)`, by which units would buy any id.
            if (_owns(asset.token, amount)) revert TokenIsNft(asset.token, amount);
        } else if (asset.kind == Constants.ASSET_ERC721) {
            // Tokens older than the standard may ask even their owner for an approval: what came in could not be paid out.
            if (!ERC165Checker.supportsInterface(asset.token, type(IERC721).interfaceId)) revert TokenIsNoNft(asset.token);
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
        if (asset.kind == Constants.ASSET_ETH) return tryCall(to, amount, "");
        if (asset.token.code.length == 0) return false;
        if (asset.kind == Constants.ASSET_ERC20) return SafeERC20.trySafeTransfer(IERC20(asset.token), to, amount);
        if (asset.kind == Constants.ASSET_ERC721) {
            return tryCall(asset.token, 0, abi.encodeCall(IERC721.transferFrom, (address(this), to, asset.id)));
        }
        return tryCall(
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

    /// @notice Calls, and reads nothing of the answer but whether there was no revert.
    function tryCall(address to, uint256 value, bytes memory data) internal returns (bool ok) {
        assembly ("memory-safe") {
            ok := call(gas(), to, value, add(data, 0x20), mload(data), 0, 0)
        }
    }

    /// @dev Bounded far below what a deposit still needs afterwards, so that it cannot be starved into "no".
    function _owns(address token, uint256 id) private view returns (bool isOwner) {
        bytes memory data = abi.encodeCall(IERC721.ownerOf, (id));
        uint256 gasBound = OWNER_READ_GAS;
        assembly ("memory-safe") {
            let ok := staticcall(gasBound, token, add(data, 0x20), mload(data), 0, 0x20)
            isOwner := and(and(ok, gt(returndatasize(), 31)), eq(mload(0), address()))
        }
    }
}
