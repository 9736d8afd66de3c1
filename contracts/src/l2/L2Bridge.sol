// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {IL2Bridge, TokenDeposit} from "../interfaces/IL2Bridge.sol";
import {IMessagePasser} from "../interfaces/IMessagePasser.sol";
import {Asset} from "../interfaces/IVault.sol";
import {Assets} from "../libraries/Assets.sol";
import {Constants} from "../libraries/Constants.sol";
import {BridgedToken} from "./BridgedToken.sol";

// The L2 side of the Vault. Owns the bridged tokens, one clone per kind and L1 token, and claims for credits that failed. Its only
// authority is the Vault's fixed L2 sender, whose messages the immutable Inbox writes. A deposit's message must not fail: the
// credit runs in a call to itself with gas kept back, and what fails becomes a claim.
// Invariant: per asset, minted on L2 + claims = deposits executed - withdrawals.

/// @title L2Bridge
contract L2Bridge is IL2Bridge {
    /// @inheritdoc IL2Bridge
    mapping(bytes32 assetKey => mapping(address account => uint256)) public claimable;

    /// @inheritdoc IL2Bridge
    function receiveDeposit(TokenDeposit calldata deposit) external {
        if (msg.sender != Constants.VAULT_SENDER) revert NotVault(msg.sender);
        bytes32 key = Assets.key(Asset(deposit.kind, deposit.l1Token, deposit.id));
        IMessagePasser(Constants.MESSAGE_PASSER).openAsset(key);
        uint256 creditGas = gasleft() - Constants.BRIDGE_CLAIM_RESERVE_GAS;
        try this.credit{gas: creditGas}(deposit) {
            emit DepositCredited(
                deposit.kind, deposit.l1Token, deposit.to, deposit.id, deposit.amount, deposit.from
            );
        } catch {
            claimable[key][deposit.to] += deposit.amount;
            emit DepositClaimable(
                deposit.kind, deposit.l1Token, deposit.to, deposit.id, deposit.amount, deposit.from
            );
        }
    }

    /// @notice Credits a deposit, creating the token if it is the first. This contract only.
    function credit(TokenDeposit calldata deposit) external {
        if (msg.sender != address(this)) revert NotSelf(msg.sender);
        _ensureToken(deposit.kind, deposit.l1Token, deposit.name, deposit.symbol, deposit.decimals).bridgeMint(
            deposit.to, deposit.id, deposit.amount
        );
    }

    /// @inheritdoc IL2Bridge
    function claim(uint8 kind, address l1Token, uint256 id, address account) external {
        bytes32 key = Assets.key(Asset(kind, l1Token, id));
        uint256 amount = claimable[key][account];
        if (amount == 0) revert NoClaim(key, account);
        claimable[key][account] = 0;
        // A token that no deposit could create has no text.
        _ensureToken(kind, l1Token, "", "", 0).bridgeMint(account, id, amount);
        emit DepositCredited(kind, l1Token, account, id, amount, address(0));
    }

    /// @inheritdoc IL2Bridge
    function withdraw(uint8 kind, address l1Token, uint256 id, uint256 amount, address recipient)
        external
        returns (bytes32)
    {
        bool isUnit = kind != Constants.ASSET_ERC721 || amount == 1;
        if (kind == Constants.ASSET_ETH || !Assets.isCanonical(kind, l1Token, id) || !isUnit) {
            revert AssetInvalid(kind, l1Token, id);
        }
        address token = tokenOf(kind, l1Token);
        if (token.code.length == 0) revert NotBridged(kind, l1Token);
        BridgedToken(token).bridgeBurn(msg.sender, id, amount);
        return IMessagePasser(Constants.MESSAGE_PASSER).withdrawToken(kind, l1Token, id, amount, msg.sender, recipient);
    }

    /// @inheritdoc IL2Bridge
    function tokenOf(uint8 kind, address l1Token) public view returns (address) {
        return Clones.predictDeterministicAddress(_implementationOf(kind, l1Token), _salt(kind, l1Token));
    }

    function _ensureToken(uint8 kind, address l1Token, bytes32 name, bytes32 symbol, uint8 decimals)
        private
        returns (BridgedToken)
    {
        address token = tokenOf(kind, l1Token);
        if (token.code.length == 0) {
            Clones.cloneDeterministic(_implementationOf(kind, l1Token), _salt(kind, l1Token));
            BridgedToken(token).initialize(l1Token, name, symbol, decimals);
            emit BridgedTokenCreated(kind, l1Token, token);
        }
        return BridgedToken(token);
    }

    function _implementationOf(uint8 kind, address l1Token) private pure returns (address) {
        if (kind == Constants.ASSET_ERC20) return Constants.BRIDGED_ERC20;
        if (kind == Constants.ASSET_ERC721) return Constants.BRIDGED_ERC721;
        if (kind == Constants.ASSET_ERC1155) return Constants.BRIDGED_ERC1155;
        revert AssetInvalid(kind, l1Token, 0);
    }

    function _salt(uint8 kind, address l1Token) private pure returns (bytes32) {
        return keccak256(abi.encode(kind, l1Token));
    }
}
