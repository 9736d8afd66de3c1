// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MerklePatricia} from "../libraries/MerklePatricia.sol";
import {Asset} from "./IVault.sol";

/// @title Exits from a frozen chain, and refunds of deposits that L2 will never execute.
/// @notice Ownerless and immutable; reads the Lifecycle, the Vault, the Inbox and the Clock, none of which can be replaced. In a frozen chain
/// every holding that the pinned state root proves is paid once, by its asset's fixed ratio. Anyone sends the transaction; only the
/// *payee* or whoever the payee names is paid. Nothing is recorded unless it was paid: a payment that fails can be tried again, also to
/// another address. There is no deadline.
interface IEscapeHatch {
    /// @notice Why a payee may have what an L2 account holds.
    /// Key: the account's own key is shown, by sending the transaction or by a signature; the payee is the account. No account proof.
    /// KeyAccount: anyone relays; the account proof shows no code, or exactly an EIP-7702 delegation, and the account is not the alias of
    /// a contract that is on L1. The payee is the account.
    /// Alias: the caller is the L1 contract whose alias the account is. The payee is the caller.
    /// Recipient: the account named the payee in the ExitRegistry. Anyone relays.
    /// Resolver: the account named the payee as its resolver at least the exit window before the pinned block. The payee calls itself,
    /// so that it knows what came in for whom. Warning: to the hatch its call is its will, so a resolver must choose `to` itself.
    enum Entitlement { Key, KeyAccount, Alias, Recipient, Resolver }

    /// @notice An L2 account that leaves, and why the payee may have what it holds.
    /// @param owner the L2 account
    /// @param entitlement which rule names the payee
    /// @param to who receives: the payee (or zero for it), or another address if the payee calls or signed `Redirect`
    /// @param delegate the EIP-7702 delegate of the owner's code under the pinned root, for KeyAccount; else zero
    /// @param accountProof proof of the owner's account; needed for ETH and for KeyAccount, else empty
    /// @param registryAccountProof proof of the ExitRegistry's account; empty if its storage root is known or not needed
    /// @param registryProof proof of the owner's slot in the ExitRegistry, for Recipient and Resolver; else empty
    /// @param deadline wall time until which the signature counts, seconds
    /// @param signature the payee's over `redirectDigest(payee, to, deadline)` (ECDSA, EIP-1271 for contracts); else empty
    struct Claimant {
        address owner;
        Entitlement entitlement;
        address to;
        address delegate;
        bytes[] accountProof;
        bytes[] registryAccountProof;
        bytes[] registryProof;
        uint256 deadline;
        bytes signature;
    }

    /// @notice One thing that the account holds.
    /// @param asset by its L1 token
    /// @param isUncredited false: the balance in the bridged token; true: a deposit that the L2Bridge could not credit and that was not
    /// claimed
    /// @param accountProof proof of the bridged token's account (uncredited: the L2Bridge's); empty if its storage root is known, and
    /// for ETH
    /// @param storageProof proof of the balance, owner or claim; empty for ETH
    struct Holding {
        Asset asset;
        bool isUncredited;
        bytes[] accountProof;
        bytes[] storageProof;
    }

    /// @notice What fixes the payouts of one asset: a claim pays amount * available / claims, rounded down, and all of it when
    /// available >= claims.
    /// @param isFixed whether it was fixed; all else is zero before
    /// @param minted executed deposits: what all payments before and after the freeze together can never exceed
    struct Ratio {
        bool isFixed;
        uint256 available;
        uint256 claims;
        uint256 minted;
    }

    error NotFrozen();
    error NothingToExit();
    /// @notice The zero address and the predeploys hold nothing that anyone could be paid for.
    error OwnerCannotExit(address owner);
    error AssetInvalid(uint8 kind, address token, uint256 id);
    /// @notice This holding was paid before.
    error AlreadyExited(address owner, bytes32 assetKey, bool isUncredited);
    /// @notice The NFT's owner under the pinned root is another account.
    error NotHolder(address owner, address holder);
    /// @notice Key: neither the owner itself sends this transaction nor did it sign for `to`.
    error KeyNotShown(address owner, address caller);
    /// @notice The owner has code on L2 other than the named delegation: only its own declarations in the ExitRegistry, or its key, count.
    error OwnerHasCode(address owner, bytes32 codeHash);
    /// @notice The owner is the alias of a contract on L1, which alone may call.
    error OwnerIsAlias(address owner, address l1Contract);
    error NotUnaliased(address caller, address l1Contract);
    /// @notice The proven word is not a recipient: its high bytes are used.
    error RecipientInvalid(uint256 word);
    error NotResolver(address caller, address resolver);
    /// @notice The resolver was set later than the exit window before the pinned block.
    error ResolverTooYoung(uint256 setAt, uint256 windowSeconds, uint256 pinnedTimestamp);
    /// @notice `to` is not the payee, and the payee neither calls nor signed for it.
    error NotPayeesWill(address payee, address to);
    error SignatureExpired(uint256 deadline, uint256 nowSeconds);
    /// @notice The token or the receiver refused, or the share rounds to nothing; the claim stays.
    error PaymentFailed(bytes32 assetKey, address to, uint256 amount);
    /// @notice Too little gas is left to give a payment or a call its chance: it would be skipped for no fault of its own.
    error GasMissing(uint256 gasLeft, uint256 needed);
    /// @notice No storage root is known for this account: an account proof is needed.
    error AccountProofMissing(address account);

    /// @notice The asset pays only deposit refunds until `fixRatio`.
    error RatioNotFixed(bytes32 assetKey);
    error RatioAlreadyFixed(bytes32 assetKey);
    /// @notice NFTs have no ratio: they are paid if they are held.
    error RatioNotNeeded(address token);
    /// @notice Skipped ranges are left to be counted by `countSkipped`.
    error SkippedNotCounted(bytes32 assetKey, uint256 counted, uint256 ranges);
    /// @notice More was claimed than was ever executed: what is left belongs to deposits that are refunded.
    error EscrowEarmarked(bytes32 assetKey, uint256 paid, uint256 payout, uint256 minted);

    /// @notice Neither skipped, nor (in a frozen chain) beyond the pinned settled index.
    error NotRefundable(uint64 index);
    error AlreadyRefunded(uint64 index);
    /// @notice The bytes are not those of the message at this index.
    error MessageMismatch(uint64 index, bytes32 expectedAccumulator, bytes32 actualAccumulator);
    error MessageMalformed(uint64 index);
    /// @notice The message escrowed nothing.
    error NothingToRefund(uint64 index);

    event StorageRootProven(address indexed account, bytes32 indexed stateRoot, bytes32 storageRoot);
    /// @param ranges number of skipped ranges counted so far
    /// @param skipped sum of the asset's deposits in them
    event SkippedCounted(bytes32 indexed assetKey, uint256 ranges, uint256 skipped);
    event RatioFixed(bytes32 indexed assetKey, uint256 minted, uint256 burned, uint256 paid, uint256 available, uint256 claims);
    /// @param amount what the pinned root proves
    /// @param paid what was transferred: less only by the ratio, or if the Vault holds less than is recorded
    event Exited(
        address indexed owner, bytes32 indexed assetKey, address indexed to, uint256 amount, uint256 paid, bool isUncredited
    );
    /// @notice One of several holdings could not be paid now; it stays claimable.
    event ExitSkipped(address indexed owner, bytes32 indexed assetKey, address indexed to);
    event Refunded(uint64 indexed index, bytes32 indexed assetKey, address indexed to, uint256 amount, uint256 paid);
    /// @notice One call of a `multicall` reverted; `reason` is the first word of what it said.
    event CallFailed(uint256 position, bytes32 reason);
    event RedirectsRevoked(address indexed payee, uint256 nonce);

    /// @notice Pays what one account holds. One holding is paid or the call reverts; of several, those whose payment fails are skipped
    /// with an event. Anything not proven reverts.
    function exit(Claimant calldata claimant, Holding[] calldata holdings) external;
    /// @notice Pays back the deposit of a message that L2 will never execute: skipped (in any phase), or beyond the pinned settled index
    /// of a frozen chain. ETH goes to the L1 account that sent the message, tokens to their depositor. Once.
    /// @param message the bytes of SPEC section 2, as the Inbox emitted them
    /// @param to as in `Claimant`
    function refund(uint64 index, bytes calldata message, address to, uint256 deadline, bytes calldata signature) external;
    /// @notice Fixes an asset's ratio for good, from the burned sum under the pinned root. Anyone, once per asset before its first payout;
    /// ERC-721 needs none.
    /// @param accountProof the MessagePasser's account; may be empty for tokens once its storage root is known
    /// @param burnedProof its slot of the asset; empty for ETH, whose burned sum is the MessagePasser's balance
    function fixRatio(Asset calldata asset, bytes[] calldata accountProof, bytes[] calldata burnedProof) external;
    /// @notice Adds the asset's deposits in up to `maxRanges` more skipped ranges. Needed only when there are
    /// more than the 16 that `fixRatio` and `exit` of an NFT count by themselves, and before the Vault pays the withdrawal of an NFT.
    function countSkipped(Asset calldata asset, uint256 maxRanges) external;
    /// @notice Proves an account's storage root under the pinned root, once for everyone.
    function proveStorageRoot(address account, bytes[] calldata accountProof) external;
    /// @notice Several calls of this contract in one transaction, for the same caller. Each gets `gasEach`; one that reverts is undone and
    /// reported by an event, the others go on. With `gasEach` 0 each gets all there is and one that reverts undoes them all.
    function multicall(bytes[] calldata calls, uint256 gasEach) external;
    /// @notice Voids every `Redirect` the caller has signed so far.
    function revokeRedirects() external;

    /// @notice What a claim of `amount` is worth in the frozen chain, by the asset's fixed ratio over *recorded* escrow (the Vault
    /// itself scales by what it holds). Reverts until the ratio is fixed; never above `amount`.
    function payoutOf(Asset calldata asset, uint256 amount) external view returns (uint256);
    function ratioOf(Asset calldata asset) external view returns (Ratio memory);
    /// @notice What `countSkipped` has counted of the asset: the sum, and of how many ranges.
    function skippedOf(Asset calldata asset) external view returns (uint256 skipped, uint256 ranges);
    function isExited(address owner, Asset calldata asset, bool isUncredited) external view returns (bool);
    function isRefunded(uint64 index) external view returns (bool);
    function isRefundable(uint64 index) external view returns (bool);
    /// @notice Known storage root of an account under a state root; 0 if none was proven.
    function storageRootOf(bytes32 stateRoot, address account) external view returns (bytes32);
    function redirectNonce(address payee) external view returns (uint256);
    /// @notice The EIP-712 digest by which a payee sends everything it is owed here, until the deadline, to `to`.
    function redirectDigest(address payee, address to, uint256 deadline) external view returns (bytes32);
    /// @notice Where the bridged token of an L1 token is on L2; reverts for ETH.
    function bridgedTokenOf(uint8 kind, address l1Token) external pure returns (address);

    /// @notice For resolvers: who may have what an LP's account earns, and where to. `caller` is the resolver's own caller. Reverts if the
    /// claimant is not entitled.
    function entitled(Claimant calldata claimant, address caller) external view returns (address payee, address to);
    /// @notice For resolvers: an account under the pinned root.
    function verifyAccount(address account, bytes[] calldata accountProof) external view returns (MerklePatricia.Account memory);
    /// @notice For resolvers: a storage word of an account under the pinned root, never zero. `accountProof` may be empty if its storage
    /// root is known.
    function verifySlot(address account, bytes32 slot, bytes[] calldata accountProof, bytes[] calldata storageProof)
        external view returns (uint256);

    function LIFECYCLE() external view returns (address);
    function VAULT() external view returns (address);
    function INBOX() external view returns (address);
    function CLOCK() external view returns (address);
}
