// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Asset, Withdrawal} from "../interfaces/IVault.sol";
import {Constants} from "./Constants.sol";

// Asset keys and withdrawal hashes of SPEC section 10, the same code on L1 and L2.

/// @title Names of assets.
library Assets {
    function key(Asset memory asset) internal pure returns (bytes32) {
        return keccak256(abi.encode(asset));
    }

    function hash(Withdrawal memory withdrawal) internal pure returns (bytes32) {
        return keccak256(abi.encode(withdrawal));
    }

    /// @notice Whether the fields are the canonical ones of their kind: unused ones are zero, so that one asset has one key.
    function isCanonical(uint8 kind, address token, uint256 id) internal pure returns (bool) {
        if (kind == Constants.ASSET_ETH) return token == address(0) && id == 0;
        if (kind == Constants.ASSET_ERC20) return token != address(0) && id == 0;
        return (kind == Constants.ASSET_ERC721 || kind == Constants.ASSET_ERC1155) && token != address(0);
    }
}
