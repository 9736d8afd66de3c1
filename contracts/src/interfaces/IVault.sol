// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice A withdrawal as L2's MessagePasser recorded it; `keccak256(abi.encode(withdrawal))` is its hash (SPEC 10).
struct Withdrawal {
    uint256 nonce;
    uint8 assetKind;
    address token;
    uint256 id;
    uint256 amount;
    address from;
    address recipient;
}

/// @notice An asset: kind 0 ETH, 1 ERC-20, 2 ERC-721, 3 ERC-1155; its key is `keccak256(abi.encode(asset))` (SPEC 10).
struct Asset {
    uint8 kind;
    address token;
    uint256 id;
}

/// @title The escrow of everything that was bridged.
/// @notice Ownerless. Per asset, recorded escrow = deposited - paid - refunded. If a token's balance is below what is recorded
/// (a rebase, a fee), every payout is scaled by balance / recorded, rounded down, so that no one is paid from another's share.
/// Payments are pushed; one that fails becomes a credit that its owner claims, also to another address or by signature.
interface IVault {
    /// @notice Sums of one asset since the beginning, in its smallest units before scaling.
    struct Ledger {
        uint256 deposited;
        uint256 paid;
        uint256 refunded;
    }

    error AssetInvalid(uint8 kind, address token, uint256 id);
    error TokenWithoutCode(address token);
    error ZeroAmount();
    error ZeroRecipient();
    /// @notice The Vault did not receive what was deposited: a balance that did not grow, a token not owned afterwards.
    error NothingReceived(address token);
    /// @notice More of one asset than its checkpoints can hold.
    error DepositAboveMaximum(bytes32 assetKey, uint256 total);
    /// @notice Deposits of tokens end when the chain is frozen.
    error ChainFrozen();
    error NotEscapeHatch(address caller);
    /// @notice Only a payment of the Vault's own makes this call.
    error NotVaultItself(address caller);
    error NotInbox(address caller);
    /// @notice This withdrawal was paid, or credited, before.
    error AlreadyWithdrawn(bytes32 withdrawalHash);
    /// @notice No storage root was proven for this state root yet: an account proof is needed.
    error AccountProofMissing(bytes32 stateRoot);
    /// @notice The proven value of the slot is not the 1 of a sent withdrawal.
    error NotSent(bytes32 withdrawalHash);
    /// @notice Too little gas is left to try the payment; a credit is recorded only for a payment that had its chance.
    error PushGasMissing(uint256 gasLeft, uint256 needed);
    /// @notice The Vault holds less of the asset than is recorded: a deposit would pay for others' loss.
    error AssetShort(bytes32 assetKey);
    error NoCredit(address owner, bytes32 assetKey);
    error SignatureExpired(uint256 deadline, uint256 nowSeconds);
    error SignatureInvalid(address owner);
    /// @notice The payment of a credit failed; the credit stays.
    error PaymentFailed(bytes32 assetKey, address to, uint256 amount);
    /// @notice Less escrow is recorded than is to be paid.
    error EscrowExceeded(bytes32 assetKey, uint256 amount, uint256 recorded);
    /// @notice The reserve that the fee vault's withdrawals go to has no code yet.
    error ReserveAbsent(address reserve);
    /// @notice What was sent does not pay the Inbox's price.
    error Underpaid(uint256 sentWei, uint256 neededWei);
    error ChangeRefused(address caller, uint256 amountWei);
    /// @notice A token was sent without a deposit.
    error UnexpectedTransfer(address token);

    /// @param index Inbox index of the message that credits it on L2
    event Deposited(
        bytes32 indexed assetKey, uint64 indexed index, address indexed from, address to, Asset asset, uint256 amount
    );
    event StorageRootProven(bytes32 indexed stateRoot, bytes32 storageRoot);
    /// @param amount what L2 burned
    /// @param paid what was transferred: less only if the asset's escrow does not cover what is recorded, or in a frozen chain
    event WithdrawalPaid(
        bytes32 indexed withdrawalHash, bytes32 indexed assetKey, address indexed recipient, uint256 amount, uint256 paid
    );
    /// @notice The payment failed; the recipient holds a credit.
    event WithdrawalCredited(
        bytes32 indexed withdrawalHash, bytes32 indexed assetKey, address indexed recipient, uint256 amount
    );
    event CreditPaid(address indexed owner, bytes32 indexed assetKey, address indexed to, uint256 amount, uint256 paid);
    event Released(bytes32 indexed assetKey, address indexed to, uint256 amount, uint256 paid, bool isRefund);

    /// @notice Escrows what the Vault receives of `amount` and has it credited to `to` on L2. `msg.value` pays the Inbox; change
    /// comes back.
    /// @return index the Inbox message's
    function depositERC20(address token, address to, uint256 amount) external payable returns (uint64 index);
    function depositERC721(address token, address to, uint256 id) external payable returns (uint64 index);
    function depositERC1155(address token, address to, uint256 id, uint256 amount) external payable returns (uint64 index);

    /// @notice Pays a withdrawal proven under the state root of a final batch; in a frozen chain under the pinned root, whatever
    /// batch is named. Anyone may call; only the recipient is paid.
    /// @param accountProof proof of the MessagePasser's account; may be empty once its storage root was proven for this root
    /// @param storageProof proof of `sent[hash] = 1`
    function withdraw(
        uint64 batchIndex, Withdrawal calldata withdrawal, bytes[] calldata accountProof, bytes[] calldata storageProof
    ) external;
    /// @notice Proves the MessagePasser's storage root under a final batch's state root, once for everyone.
    function proveStorageRoot(uint64 batchIndex, bytes[] calldata accountProof) external;
    /// @notice Pays the caller's credit to `to`.
    function claim(Asset calldata asset, address to) external;
    /// @notice Pays a credit to its owner. Anyone: a recipient that cannot call is not locked out by one failed payment.
    function claimFor(address owner, Asset calldata asset) external;
    /// @notice Pays the owner's credit to `to`, as the owner signed (EIP-712 `Redirect`; EIP-1271 for contracts).
    function claimBySignature(address owner, Asset calldata asset, address to, uint256 deadline, bytes calldata signature)
        external;
    /// @notice Pays a frozen exit, or a refund of a deposit that L2 will not execute. Only the EscapeHatch, which is as immutable
    /// as this and holds the rules. Warning: whatever it asks for is paid, up to the asset's recorded escrow.
    /// @return paid what was transferred after scaling; 0 when the payment failed and nothing changed
    function release(Asset calldata asset, address to, uint256 amount, bool isRefund) external returns (uint256 paid);
    /// @notice The Vault's own call within a payment: moves the token, or nothing of what the token did has happened. The Vault only.
    /// Warning: it asks for no claim; the payment that calls it has counted one.
    function pushERC20(address token, address to, uint256 amount) external;
    /// @notice Takes escrowed ETH from the Inbox.
    function receiveEscrow() external payable;

    function assetKey(Asset calldata asset) external pure returns (bytes32);
    function ledger(Asset calldata asset) external view returns (Ledger memory);
    /// @notice deposited - paid - refunded.
    function recordedEscrow(Asset calldata asset) external view returns (uint256);
    /// @notice Sum of what was paid of the asset with this key, nominal.
    function paidOf(bytes32 assetKey) external view returns (uint256);
    /// @notice What the Vault (for ETH: with what the Inbox still holds of it) really has.
    function heldEscrow(Asset calldata asset) external view returns (uint256);
    /// @notice Sum of the deposits of an asset in messages before `index`.
    function depositedBefore(Asset calldata asset, uint64 index) external view returns (uint256);
    function creditOf(address owner, Asset calldata asset) external view returns (uint256);
    function isWithdrawn(bytes32 withdrawalHash) external view returns (bool);
    function storageRootOf(bytes32 stateRoot) external view returns (bytes32);
    function withdrawalHash(Withdrawal calldata withdrawal) external pure returns (bytes32);
    /// @notice Number of redirects of the owner; part of the next one's signed data.
    function redirectNonce(address owner) external view returns (uint256);

    function INBOX() external view returns (address);
    function ROLLUP() external view returns (address);
    function LIFECYCLE() external view returns (address);
    function ESCAPE_HATCH() external view returns (address);
    function RESERVE() external view returns (address);
}
