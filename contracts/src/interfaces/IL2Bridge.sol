// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice A deposit of a token, as the Vault's message tells it.
/// @param name the L1 token's name, at most 32 bytes, zero padded; `symbol` likewise
struct TokenDeposit {
    uint8 kind;
    address l1Token;
    uint256 id;
    uint256 amount;
    address from;
    address to;
    bytes32 name;
    bytes32 symbol;
    uint8 decimals;
}

/// @title L2 predeploy: the L2 side of the Vault, and creator of the bridged tokens.
interface IL2Bridge {
    error NotVault(address caller);
    error NotSelf(address caller);
    error AssetInvalid(uint8 kind, address token, uint256 id);
    error NoClaim(bytes32 assetKey, address account);
    error NotBridged(uint8 kind, address l1Token);

    event BridgedTokenCreated(uint8 indexed kind, address indexed l1Token, address token);
    event DepositCredited(uint8 indexed kind, address indexed l1Token, address indexed to, uint256 id, uint256 amount, address from);
    /// @notice The credit failed; anyone may have it made good with `claim`.
    event DepositClaimable(uint8 indexed kind, address indexed l1Token, address indexed to, uint256 id, uint256 amount, address from);

    /// @notice What a bridge message calls. Credits `to`, or records a claim: it never reverts for the Vault's messages and calls
    /// no receiver. The Vault only (its fixed L2 sender).
    function receiveDeposit(TokenDeposit calldata deposit) external;
    /// @notice Makes a recorded claim good. Anyone.
    function claim(uint8 kind, address l1Token, uint256 id, address account) external;
    /// @notice Burns the caller's bridged tokens and sends them to `recipient` on L1. Only a holder burns its own tokens.
    function withdraw(uint8 kind, address l1Token, uint256 id, uint256 amount, address recipient)
        external returns (bytes32 withdrawalHash);

    /// @notice Where the bridged token of an L1 token is, or will be.
    function tokenOf(uint8 kind, address l1Token) external view returns (address);
    function claimable(bytes32 assetKey, address account) external view returns (uint256);
}
