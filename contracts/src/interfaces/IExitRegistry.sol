// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title L2 predeploy: who is paid on L1 for an account in a frozen chain.
/// @notice Only an account declares for itself. Storage, pinned: slot 0 `mapping(address => address)` recipient, slot 1
/// `mapping(address => {address resolver; uint64 setAt})`, resolver in the low 20 bytes.
interface IExitRegistry {
    event RecipientSet(address indexed account, address recipient);
    event ResolverSet(address indexed account, address resolver, uint64 setAt);

    /// @notice Names the L1 recipient of the caller's frozen exits; zero takes it back.
    function setRecipient(address recipient) external;
    /// @notice Names the L1 contract that shares out what the caller holds; it counts the exit window after this, and setting
    /// another starts that anew; the same again changes nothing. Zero takes it back.
    function setResolver(address resolver) external;
    function recipientOf(address account) external view returns (address);
    function resolverOf(address account) external view returns (address resolver, uint64 setAt);
}
