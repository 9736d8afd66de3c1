// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title The way into L2 that no one can close.
/// @notice Every message is emitted whole and hashed into a rolling accumulator. No owner, no pause, no filter, no setter.
/// Bytes: node/protocol/SPEC.md section 2.
interface IInbox {
    /// @notice What is stored of the prefix of messages that ends with one message; all sums include it.
    /// @param time wall time of the message, seconds; T is `Clock.timeAt(time)`
    /// @param isAliased whether the sender in the message is msg.sender plus the offset
    /// @param zkGas sum of declared zkGas
    /// @param mintWei sum of mint
    /// @param baseFeeGwei sum of max(L1 base fee, 2 gwei) in gwei, rounded down: the part `a` of the price for whoever proves
    struct Prefix {
        uint40 time;
        bool isAliased;
        uint64 zkGas;
        uint96 mintWei;
        uint48 baseFeeGwei;
    }

    /// @notice `gas + surcharge` is above 10,000,000.
    error ZkGasAboveCap(uint256 zkGas, uint256 cap);
    /// @notice The data is longer than 100,000 bytes (49,152 of init code).
    error DataTooLong(uint256 length, uint256 cap);
    /// @notice `gas` does not cover the bound on intrinsic gas and floor.
    error GasBelowIntrinsic(uint256 gas, uint256 needed);
    /// @notice What was sent does not cover mint and price.
    error Underpaid(uint256 sentWei, uint256 neededWei);
    /// @notice The caller does not accept its change; pay `mint + price` exactly.
    error ChangeRefused(address caller, uint256 amountWei);
    /// @notice The ETH escrow would exceed the guarded launch's cap. Messages without mint are never refused for it.
    error DepositCapReached(uint256 escrowWei, uint256 mintWei, uint256 capWei);
    /// @notice No message with that index exists.
    error NoSuchMessage(uint256 index, uint256 count);
    /// @notice The receiver of fees has no code yet, or refused them.
    error ReserveRefused(address reserve, uint256 amountWei);
    /// @notice The Vault refused the escrow.
    error VaultRefused(uint256 amountWei);
    /// @notice Only the Vault moves the escrow.
    error NotVault(address caller);

    /// @param accumulator accumulator after this message
    /// @param message the bytes of SPEC section 2
    event MessageEnqueued(uint64 indexed index, bytes32 accumulator, bytes message);
    event FeesSwept(address indexed reserve, uint256 amountWei);

    /// @notice Enqueues a call from the (aliased) caller to `to` on L2. It is never dropped: `mint` is credited even if the call
    /// fails. What is paid above `mint + price` comes back in this transaction.
    /// @param mint wei created on L2 for the sender, escrowed here
    /// @param value wei the call carries on L2
    /// @param gas L2 gas limit, at least 21000 + 40 per byte of data
    /// @param surcharge surcharge budget in zkGas (SPEC 5)
    function sendCall(address to, uint256 mint, uint256 value, uint64 gas, uint64 surcharge, bytes calldata data)
        external payable returns (uint64 index);
    /// @notice As `sendCall`, but creates a contract on L2 from `initCode`.
    function sendCreate(uint256 mint, uint256 value, uint64 gas, uint64 surcharge, bytes calldata initCode)
        external payable returns (uint64 index);
    /// @notice Enqueues a signed L2 transaction, of anyone. It is dropped with a reason if invalid when its turn comes (SPEC 4).
    function sendSigned(uint64 gas, uint64 surcharge, bytes calldata rawTransaction) external payable returns (uint64 index);

    /// @notice Price of a message now, wei, without mint.
    function price(uint64 zkGas) external view returns (uint256);
    /// @notice Declared zkGas enqueued and not settled; 0 when the Rollup cannot be read.
    function backlog() external view returns (uint256);
    function count() external view returns (uint64);
    /// @notice Accumulator of the first `index` messages; `accumulatorAt(0)` is 0.
    function accumulatorAt(uint64 index) external view returns (bytes32);
    /// @notice Sums over the first `index` messages and the time of the last of them; all zero for 0.
    function prefix(uint64 index) external view returns (Prefix memory);
    /// @notice Sum of all mints, wei.
    function totalMinted() external view returns (uint256);
    /// @notice Escrowed wei still held here, not yet moved to the Vault.
    function heldEscrow() external view returns (uint256);

    /// @notice Moves all escrowed wei held here to the Vault. Only the Vault calls it, when a payment needs it.
    function moveEscrow() external;
    /// @notice Sends everything that is not escrow to the prover reserve. Anyone.
    function sweepFees() external;

    function VAULT() external view returns (address);
    function ROLLUP() external view returns (address);
    function RESERVE() external view returns (address);
    function MATURITY() external view returns (address);
    /// @notice Cap of the ETH escrow while in stage Training, wei.
    function DEPOSIT_CAP_WEI() external view returns (uint256);
}
