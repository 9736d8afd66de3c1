// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IExitRegistry} from "../interfaces/IExitRegistry.sol";

// Declarations for a frozen chain, proven on L1 by storage proof. Owns what each account says of itself; L1 decides what it is
// worth. A resolver's time starts anew whenever another is set, so that an administrator cannot swap it near a freeze.

/// @title ExitRegistry
contract ExitRegistry is IExitRegistry {
    struct Resolver {
        address resolver;
        uint64 setAt;
    }

    /// @inheritdoc IExitRegistry
    mapping(address account => address recipient) public recipientOf;
    /// @inheritdoc IExitRegistry
    mapping(address account => Resolver) public resolverOf;

    /// @inheritdoc IExitRegistry
    function setRecipient(address recipient) external {
        recipientOf[msg.sender] = recipient;
        emit RecipientSet(msg.sender, recipient);
    }

    /// @inheritdoc IExitRegistry
    function setResolver(address resolver) external {
        // The same again keeps its time: a pool that lets anyone declare its one resolver must not let anyone start it anew.
        if (resolver == resolverOf[msg.sender].resolver) return;
        uint64 setAt = resolver == address(0) ? 0 : uint64(block.timestamp);
        resolverOf[msg.sender] = Resolver(resolver, setAt);
        emit ResolverSet(msg.sender, resolver, setAt);
    }
}
