// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {Constants} from "./Constants.sol";

// Where L2 keeps what an account holds of a bridged asset: the token's address and the storage slots that SPEC section 11 pins. Owns no
// proof. The address is the L2Bridge's CREATE2 clone, computed as it computes it; a test compares both.

/// @title Layout of bridged assets on L2, as L1 reads it.
library BridgedTokens {
    error KindInvalid(uint8 kind);

    uint256 private constant ERC20_BALANCES = 0;
    uint256 private constant ERC721_OWNERS = 2;
    uint256 private constant ERC1155_BALANCES = 0;
    uint256 private constant BRIDGE_CLAIMS = 0;

    function addressOf(uint8 kind, address l1Token) internal pure returns (address) {
        return Clones.predictDeterministicAddress(
            _implementationOf(kind), keccak256(abi.encode(kind, l1Token)), Constants.L2_BRIDGE
        );
    }

    /// @notice Slot of the owner's balance, or of the NFT's owner.
    function slotOf(uint8 kind, uint256 id, address owner) internal pure returns (bytes32) {
        if (kind == Constants.ASSET_ERC20) return keccak256(abi.encode(owner, ERC20_BALANCES));
        if (kind == Constants.ASSET_ERC721) return keccak256(abi.encode(id, ERC721_OWNERS));
        if (kind == Constants.ASSET_ERC1155) {
            return keccak256(abi.encode(owner, keccak256(abi.encode(id, ERC1155_BALANCES))));
        }
        revert KindInvalid(kind);
    }

    /// @notice Slot, in the L2Bridge, of a deposit it could not credit to the owner.
    function claimSlotOf(bytes32 assetKey, address owner) internal pure returns (bytes32) {
        return keccak256(abi.encode(owner, keccak256(abi.encode(assetKey, BRIDGE_CLAIMS))));
    }

    function _implementationOf(uint8 kind) private pure returns (address) {
        if (kind == Constants.ASSET_ERC20) return Constants.BRIDGED_ERC20;
        if (kind == Constants.ASSET_ERC721) return Constants.BRIDGED_ERC721;
        if (kind == Constants.ASSET_ERC1155) return Constants.BRIDGED_ERC1155;
        revert KindInvalid(kind);
    }
}
