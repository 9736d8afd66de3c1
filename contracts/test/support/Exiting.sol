// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IEscapeHatch} from "../../src/interfaces/IEscapeHatch.sol";
import {ILifecycle} from "../../src/interfaces/ILifecycle.sol";
import {Asset} from "../../src/interfaces/IVault.sol";
import {Assets} from "../../src/libraries/Assets.sol";
import {BridgedTokens} from "../../src/libraries/BridgedTokens.sol";
import {Constants} from "../../src/libraries/Constants.sol";
import {EscapeHatch} from "../../src/rollup/EscapeHatch.sol";
import {ScriptedLifecycle} from "./ScriptedLifecycle.sol";
import {Entry, Tries} from "./Tries.sol";
import {Withdrawing} from "./Withdrawing.sol";

// The real L1 side with the hatch at its address, an L2 state that a test writes word by word, and its proofs. Owns those and no expectation.

abstract contract Exiting is Withdrawing {
    bytes32 internal constant NO_CODE = keccak256("");
    bytes32 internal constant CODE = keccak256("code");
    uint64 internal constant PINNED_AT = 2_000_000_000;

    EscapeHatch internal hatch;
    ScriptedLifecycle internal phases;

    address[] private _accounts;
    mapping(address account => bool) private _isKnown;
    mapping(address account => uint256) private _balances;
    mapping(address account => bytes32) private _codeHashes;
    mapping(address account => Entry[]) private _slots;
    /// @dev Known once the state is pinned: no test writes it any more.
    mapping(address account => bytes32) private _pinnedRoots;

    function deployHatch() internal {
        hatch = EscapeHatch(HATCH);
        vm.etch(HATCH, address(new EscapeHatch(address(lifecycle), address(vault), address(inbox), address(clock))).code);
        phases = ScriptedLifecycle(address(lifecycle));
        vm.etch(address(lifecycle), address(new ScriptedLifecycle()).code);
        phases.enter(ILifecycle.Phase.Operating);
        setAccount(Constants.MESSAGE_PASSER, 0, CODE);
        setAccount(Constants.EXIT_REGISTRY, 0, CODE);
        setAccount(Constants.L2_BRIDGE, 0, CODE);
    }

    function setAccount(address account, uint256 balance, bytes32 codeHash) internal {
        if (!_isKnown[account]) _accounts.push(account);
        _isKnown[account] = true;
        _balances[account] = balance;
        _codeHashes[account] = codeHash;
    }

    function setSlot(address account, bytes32 slot, uint256 value) internal {
        if (!_isKnown[account]) setAccount(account, 0, CODE);
        Entry memory entry = Tries.slot(slot, value);
        for (uint256 i = 0; i < _slots[account].length; ++i) {
            if (_slots[account][i].hashedKey == entry.hashedKey) {
                _slots[account][i].value = entry.value;
                return;
            }
        }
        _slots[account].push(entry);
    }

    function setBurned(Asset memory asset, uint256 burned) internal {
        setSlot(Constants.MESSAGE_PASSER, keccak256(abi.encode(Assets.key(asset), uint256(1))), burned + 1);
    }

    function setHolding(Asset memory asset, address owner, uint256 amount) internal {
        uint256 word = asset.kind == Constants.ASSET_ERC721 ? uint160(owner) : amount;
        setSlot(tokenOf(asset), BridgedTokens.slotOf(asset.kind, asset.id, owner), word);
    }

    function tokenOf(Asset memory asset) internal pure returns (address) {
        return BridgedTokens.addressOf(asset.kind, asset.token);
    }

    function storageRootOf(address account) internal view returns (bytes32) {
        if (_pinnedRoots[account] != 0) return _pinnedRoots[account];
        return _slots[account].length == 0 ? keccak256(hex"80") : Tries.root(_slots[account]);
    }

    function stateRoot() internal view returns (bytes32) {
        return Tries.root(_state());
    }

    function accountProof(address account) internal view returns (bytes[] memory) {
        return Tries.prove(_state(), keccak256(abi.encodePacked(account)));
    }

    function slotProof(address account, bytes32 slot) internal view returns (bytes[] memory) {
        return Tries.prove(_slots[account], keccak256(abi.encode(slot)));
    }

    function freezeAt(uint64 settledIndex) internal {
        for (uint256 i = 0; i < _accounts.length; ++i) {
            _pinnedRoots[_accounts[i]] = storageRootOf(_accounts[i]);
        }
        phases.freeze(stateRoot(), settledIndex, PINNED_AT);
    }

    /// @dev Fixes the ratio of a fungible asset.
    function fix(Asset memory asset) internal {
        bytes[] memory burned = new bytes[](0);
        if (asset.kind != Constants.ASSET_ETH) burned = burnedProof(asset);
        hatch.fixRatio(asset, accountProof(Constants.MESSAGE_PASSER), burned);
    }

    function burnedProof(Asset memory asset) internal view returns (bytes[] memory) {
        return slotProof(Constants.MESSAGE_PASSER, keccak256(abi.encode(Assets.key(asset), uint256(1))));
    }

    /// @dev A claimant with its account proven, or not where the key is shown.
    function claimant(address owner, IEscapeHatch.Entitlement entitlement)
        internal
        view
        returns (IEscapeHatch.Claimant memory who)
    {
        who.owner = owner;
        who.entitlement = entitlement;
        if (_isKnown[owner]) who.accountProof = accountProof(owner);
        if (entitlement == IEscapeHatch.Entitlement.Recipient || entitlement == IEscapeHatch.Entitlement.Resolver) {
            uint256 slot = entitlement == IEscapeHatch.Entitlement.Recipient ? 0 : 1;
            who.registryAccountProof = accountProof(Constants.EXIT_REGISTRY);
            who.registryProof = slotProof(Constants.EXIT_REGISTRY, keccak256(abi.encode(owner, slot)));
        }
    }

    function holding(Asset memory asset, address owner) internal view returns (IEscapeHatch.Holding memory held) {
        held.asset = asset;
        if (asset.kind == Constants.ASSET_ETH) return held;
        held.accountProof = accountProof(tokenOf(asset));
        held.storageProof = slotProof(tokenOf(asset), BridgedTokens.slotOf(asset.kind, asset.id, owner));
    }

    function one(IEscapeHatch.Holding memory held) internal pure returns (IEscapeHatch.Holding[] memory list) {
        list = new IEscapeHatch.Holding[](1);
        list[0] = held;
    }

    /// @dev Any relayer's exit of one asset of a plain account.
    function relay(Asset memory asset, address owner) internal {
        hatch.exit(claimant(owner, IEscapeHatch.Entitlement.KeyAccount), one(holding(asset, owner)));
    }

    function _state() private view returns (Entry[] memory entries) {
        entries = new Entry[](_accounts.length);
        for (uint256 i = 0; i < entries.length; ++i) {
            address account = _accounts[i];
            entries[i] = Tries.account(account, _balances[account], storageRootOf(account), _codeHashes[account]);
        }
    }
}
