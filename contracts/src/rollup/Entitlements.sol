// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {IClock} from "../interfaces/IClock.sol";
import {IEscapeHatch} from "../interfaces/IEscapeHatch.sol";
import {ILifecycle} from "../interfaces/ILifecycle.sol";
import {AddressAlias} from "../libraries/AddressAlias.sol";
import {Constants} from "../libraries/Constants.sol";
import {MerklePatricia} from "../libraries/MerklePatricia.sol";
import {PinnedState} from "./PinnedState.sol";

// Who on L1 may have what an L2 account holds. Owns the five rules and the payee's redirects. The same 20 bytes are one account on both
// chains only where a key decides: so a key, shown or proven to be all there is, or else what the account itself declared on L2.
// Invariant: nobody but the payee, or whom the payee names, is ever returned as receiver.

/// @title Payees of frozen exits.
abstract contract Entitlements is PinnedState, EIP712 {
    bytes32 private constant REDIRECT_TYPEHASH =
        keccak256("Redirect(address payee,address to,uint256 nonce,uint256 deadline)");
    uint256 private constant RECIPIENT_SLOT = 0;
    uint256 private constant RESOLVER_SLOT = 1;
    /// @dev The exit window, as the UpgradeTimelock sums it up: 15 days.
    uint256 private constant EXIT_WINDOW_SECONDS = Constants.EXIT_ENQUEUE_SECONDS + Constants.ENFORCED_TRIGGER_SECONDS
        + Constants.EXIT_ENTER_SECONDS + Constants.EXIT_PROVE_SECONDS + Constants.ZK_ALONE_DELAY_SECONDS + Constants.EXIT_CLAIM_SECONDS;

    /// @inheritdoc IEscapeHatch
    address public immutable CLOCK;

    /// @inheritdoc IEscapeHatch
    mapping(address payee => uint256) public redirectNonce;

    constructor(address clock) EIP712("Keyfall EscapeHatch", "1") {
        CLOCK = clock;
    }

    /// @inheritdoc IEscapeHatch
    function revokeRedirects() external {
        emit RedirectsRevoked(msg.sender, ++redirectNonce[msg.sender]);
    }

    /// @inheritdoc IEscapeHatch
    function entitled(Claimant calldata claimant, address caller) external view returns (address payee, address to) {
        bytes32 root = _pinnedRoot();
        return _entitled(root, claimant, _accountOf(root, claimant), caller);
    }

    /// @inheritdoc IEscapeHatch
    function redirectDigest(address payee, address to, uint256 deadline) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(REDIRECT_TYPEHASH, payee, to, redirectNonce[payee], deadline)));
    }

    /// @dev The owner's account, all zero if it is not proven; a proven one has a code hash.
    function _accountOf(bytes32 root, Claimant calldata claimant)
        internal
        pure
        returns (MerklePatricia.Account memory account)
    {
        if (claimant.accountProof.length != 0) {
            account = MerklePatricia.account(root, claimant.owner, claimant.accountProof);
        }
    }

    function _entitled(bytes32 root, Claimant calldata claimant, MerklePatricia.Account memory account, address caller)
        internal
        view
        returns (address payee, address to)
    {
        _checkOwner(claimant.owner);
        if (claimant.entitlement == Entitlement.Key) {
            payee = claimant.owner;
            to = claimant.to == address(0) ? payee : claimant.to;
            _checkKeyShown(claimant, to, caller);
            return (payee, to);
        }
        payee = _payeeOf(root, claimant, account, caller);
        to = _receiver(payee, claimant.to, claimant.deadline, claimant.signature, caller);
    }

    /// @dev `to` if the payee wills it; the payee itself needs no will.
    function _receiver(address payee, address to, uint256 deadline, bytes calldata signature, address caller)
        internal
        view
        returns (address)
    {
        if (to == address(0) || to == payee) return payee;
        if (caller == payee) return to;
        if (signature.length == 0) revert NotPayeesWill(payee, to);
        if (block.timestamp > deadline) revert SignatureExpired(deadline, block.timestamp);
        bytes32 digest = redirectDigest(payee, to, deadline);
        // A delegated account has code and a key: its key is asked first.
        if (!_isKeysSignature(payee, digest, signature)) {
            bool isContracts =
                payee.code.length != 0 && SignatureChecker.isValidERC1271SignatureNow(payee, digest, signature);
            if (!isContracts) revert NotPayeesWill(payee, to);
        }
        return to;
    }

    function _payeeOf(bytes32 root, Claimant calldata claimant, MerklePatricia.Account memory account, address caller)
        private
        view
        returns (address payee)
    {
        address owner = claimant.owner;
        if (claimant.entitlement == Entitlement.KeyAccount) {
            if (account.codeHash == 0) revert AccountProofMissing(owner);
            _checkKeyAccount(owner, account.codeHash, claimant.delegate);
            return owner;
        }
        if (claimant.entitlement == Entitlement.Alias) {
            payee = AddressAlias.undo(owner);
            if (caller != payee) revert NotUnaliased(caller, payee);
            return payee;
        }
        bytes32 registry = _storageRoot(root, Constants.EXIT_REGISTRY, claimant.registryAccountProof);
        if (claimant.entitlement == Entitlement.Recipient) {
            uint256 word = MerklePatricia.word(registry, keccak256(abi.encode(owner, RECIPIENT_SLOT)), claimant.registryProof);
            if (word > type(uint160).max) revert RecipientInvalid(word);
            return address(uint160(word));
        }
        uint256 entry = MerklePatricia.word(registry, keccak256(abi.encode(owner, RESOLVER_SLOT)), claimant.registryProof);
        payee = address(uint160(entry));
        if (caller != payee) revert NotResolver(caller, payee);
        uint256 setAt = entry >> 160;
        uint256 window = IClock(CLOCK).scaled(EXIT_WINDOW_SECONDS);
        uint256 pinnedAt = ILifecycle(LIFECYCLE).pinnedTimestamp();
        if (setAt + window > pinnedAt) revert ResolverTooYoung(setAt, window, pinnedAt);
    }

    /// @dev No code at all, or exactly the code of a delegation; and no contract's alias, which has a caller on L1 instead of a key.
    function _checkKeyAccount(address owner, bytes32 codeHash, address delegate) private view {
        bool isKeyAccount = delegate == address(0)
            ? codeHash == keccak256("")
            : codeHash == keccak256(abi.encodePacked(hex"ef0100", delegate));
        if (!isKeyAccount) revert OwnerHasCode(owner, codeHash);
        address l1Contract = AddressAlias.undo(owner);
        if (l1Contract.code.length != 0) revert OwnerIsAlias(owner, l1Contract);
    }

    /// @dev The key sends the transaction, runs as its delegation, or signed: code that merely stands at the address does not count.
    function _checkKeyShown(Claimant calldata claimant, address to, address caller) private view {
        address owner = claimant.owner;
        // solhint-disable-next-line avoid-tx-origin
        if (caller == owner && (tx.origin == owner || AddressAlias.isDelegated(owner))) return;
        if (claimant.signature.length == 0) revert KeyNotShown(owner, caller);
        if (block.timestamp > claimant.deadline) revert SignatureExpired(claimant.deadline, block.timestamp);
        bytes32 digest = redirectDigest(owner, to, claimant.deadline);
        if (!_isKeysSignature(owner, digest, claimant.signature)) revert KeyNotShown(owner, caller);
    }

    function _checkOwner(address owner) private pure {
        // The predeploys are the addresses that differ from the first in their last byte alone.
        bool isPredeploy = uint160(owner) >> 8 == uint160(Constants.MESSAGE_PASSER) >> 8;
        if (isPredeploy || owner == address(0)) revert OwnerCannotExit(owner);
    }

    function _isKeysSignature(address signer, bytes32 digest, bytes calldata signature) private pure returns (bool) {
        (address recovered, ECDSA.RecoverError failure,) = ECDSA.tryRecover(digest, signature);
        return failure == ECDSA.RecoverError.NoError && recovered == signer;
    }
}
