// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IAttesterLane} from "../interfaces/IAttesterLane.sol";
import {ILane} from "../interfaces/ILane.sol";
import {Constants} from "../libraries/Constants.sol";
import {Statement} from "../libraries/Statement.sol";

// The lane of operators who re-execute. Owns the set, the quorum and the signatures' form (SPEC 9). Does not own what an accepted
// statement is worth: the Rollup's policy does. Attesters sign inputs and outputs, never the binding: any account may carry their
// signatures under a binding of its own, and no one is paid by it.
// Signers are recovered, not named: an attester is a key, so that one list of signatures has one reading.
// Invariant: `accepted(s)` implies that at least `quorum()` members signed the inputs and outputs hashed into s.

/// @title AttesterLane
contract AttesterLane is IAttesterLane, EIP712 {
    bytes32 private constant ATTESTATION_TYPEHASH = keccak256("Attestation(bytes32 inputs,bytes32 outputs)");

    /// @inheritdoc ILane
    uint256 public immutable specId;
    /// @inheritdoc IAttesterLane
    uint256 public immutable quorum;
    /// @inheritdoc ILane
    bytes32 public immutable profile;

    /// @inheritdoc ILane
    mapping(bytes32 statement => bool) public accepted;
    /// @inheritdoc IAttesterLane
    mapping(address account => bool) public isAttester;
    address[] private _attesters;

    /// @param members at least 5, ascending
    /// @param laneProfile "MAINNET" when operators independent of each other hold the keys, else "TEST"
    constructor(address[] memory members, uint256 laneSpecId, bytes32 laneProfile)
        EIP712("Keyfall Attestation", "1")
    {
        if (members.length < Constants.MIN_ATTESTERS) {
            revert TooFewAttesters(members.length, Constants.MIN_ATTESTERS);
        }
        address previous = address(0);
        for (uint256 i = 0; i < members.length; ++i) {
            if (members[i] <= previous) revert AttestersNotAscending(previous, members[i]);
            previous = members[i];
            isAttester[previous] = true;
        }
        _attesters = members;
        quorum = (2 * members.length + 2) / 3;
        specId = laneSpecId;
        profile = laneProfile;
    }

    /// @inheritdoc ILane
    function submit(bytes32 statement, uint8 part, bytes calldata data) external {
        if (part != 0) revert NoSuchPart(part);
        (bytes32 inputs, bytes32 outputs, bytes32 binding, bytes[] memory signatures) =
            abi.decode(data, (bytes32, bytes32, bytes32, bytes[]));
        bytes32 computed = Statement.hash(inputs, outputs, binding);
        if (statement != computed) revert StatementMismatch(statement, computed);
        _checkSignatures(digest(inputs, outputs), signatures);
        if (accepted[statement]) return;
        accepted[statement] = true;
        emit Attested(statement, inputs, outputs);
        emit PartAccepted(statement, part, true);
    }

    /// @inheritdoc IAttesterLane
    function attesters() external view returns (address[] memory) {
        return _attesters;
    }

    /// @inheritdoc IAttesterLane
    function digest(bytes32 inputs, bytes32 outputs) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(ATTESTATION_TYPEHASH, inputs, outputs)));
    }

    function _checkSignatures(bytes32 signedDigest, bytes[] memory signatures) private view {
        if (signatures.length < quorum) revert QuorumMissed(signatures.length, quorum);
        address previous = address(0);
        for (uint256 i = 0; i < signatures.length; ++i) {
            address signer = ECDSA.recover(signedDigest, signatures[i]);
            if (!isAttester[signer]) revert NotAttester(signer);
            if (signer <= previous) revert SignersNotAscending(previous, signer);
            previous = signer;
        }
    }
}
