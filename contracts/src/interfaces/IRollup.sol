// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Inputs of a statement; `keccak256(abi.encode(inputs))` is the `inputs` of SPEC section 8.
struct BatchInputs {
    uint8 version;
    uint256 l1ChainId;
    uint256 l2ChainId;
    address rollup;
    uint256 specId;
    uint8 mode;
    bytes32 parentHash;
    uint8 payloadKind;
    bytes32 payloadCommitment;
    uint64 inboxFrom;
    bytes32 accFrom;
    uint64 inboxTo;
    bytes32 accTo;
    bytes32 skipRoot;
    uint64 originNumber;
    bytes32 originHash;
    bytes32 feeConfigHash;
}

/// @notice Outputs of a statement; `keccak256(abi.encode(outputs))` is the `outputs` of SPEC section 8.
struct Outputs {
    uint64 lastNumber;
    bytes32 lastHash;
    bytes32 stateRoot;
    uint64 lastTimestamp;
    uint64 zkGasUsed;
    bytes32 dropRoot;
}

/// @notice Who is paid for an answer and in which L1 time it may be recorded; no output depends on it.
struct Binding {
    address beneficiary;
    uint64 minL1Time;
    uint64 maxL1Time;
}

/// @title Commits, answers, finality.
/// @notice Batch 0 is the genesis and final. Batches are committed from 1 on, answered by lanes, and become final in order.
/// Warning: in stage Training this stands behind a proxy whose upgrade authority can replace all of it, and so take every wei
/// and token that was not paid out yet. The Inbox, the Vault and the Clock cannot be replaced.
interface IRollup {
    /// @notice One committed batch.
    /// @param inputs hash of its inputs
    /// @param parentHash hash of the L2 block it builds on, as the operator claims
    /// @param commitTime wall time of the commit, seconds
    /// @param commitT T of the commit, seconds
    /// @param inboxTo messages before this index are in it or in an ancestor
    /// @param originNumber L1 block whose base fee prices its data
    /// @param specId spec it is executed by
    /// @param round number of drops before its commit: answers of an earlier round do not count
    struct BatchRecord {
        bytes32 inputs;
        bytes32 parentHash;
        uint40 commitTime;
        uint40 commitT;
        uint48 inboxTo;
        uint48 originNumber;
        uint32 specId;
        uint32 round;
    }

    /// @notice What a lane of one kind answered to a batch.
    struct Answer {
        bytes32 outputs;
        bytes32 lastHash;
        bytes32 stateRoot;
        uint64 lastNumber;
        uint64 lastTimestamp;
        uint64 zkGasUsed;
        uint40 recordedT;
        address lane;
        uint32 laneEpoch;
        uint32 round;
        address beneficiary;
    }

    /// @notice One registered lane.
    /// @param kind 1 zk, 2 attesters; 0 = not registered
    /// @param specId spec it answers for
    /// @param epoch answers of an earlier epoch do not count
    /// @param isEnabled whether it may answer
    struct LaneRecord {
        uint8 kind;
        uint32 specId;
        uint32 epoch;
        bool isEnabled;
    }

    error NotOperator(address caller, address operator);
    error NotColdKey(address caller, address coldKey);
    error NotUpgradeAuthority(address caller, address authority);
    error ZeroAddress();
    /// @notice Commits are taken in mode Operating alone.
    error NotOperating(uint8 phase);
    /// @notice The batch to commit must be the one after the last; another commit came first, or a drop.
    error UnexpectedBatchIndex(uint64 given, uint64 expected);
    error PayloadSize(uint256 length, uint256 maximum);
    /// @notice The batch must not give back messages, nor take ones that do not exist.
    error InboxRange(uint64 from, uint64 to, uint64 count);
    /// @notice The messages declare more zkGas than a batch may carry.
    error MessagesAboveCap(uint256 zkGas, uint256 cap);
    /// @notice A message older than F is left out although it would fit.
    error DueMessageLeftOut(uint64 index, uint256 ageSeconds);
    /// @notice The origin is older than the parent batch's, or not an L1 block whose hash EIP-2935 still gives.
    error OriginUnavailable(uint64 originNumber, uint64 parentOriginNumber);
    error NoSuchBatch(uint64 index, uint64 committed);
    error AlreadyFinal(uint64 index);
    error NotFinal(uint64 index, uint64 finalized);
    error LaneUnknown(address lane);
    error LaneDisabled(address lane);
    error LaneForOtherSpec(address lane, uint256 laneSpec, uint256 batchSpec);
    error LaneKindInvalid(uint8 kind);
    error LaneExists(address lane);
    /// @notice The lane proves less than the main profile, and this is no devnet.
    error LaneProfileRefused(address lane, bytes32 profile);
    error StatementNotAccepted(bytes32 statement, address lane);
    /// @notice A lane of this kind has answered this batch.
    error AlreadyAnswered(uint64 index, uint8 kind);
    /// @notice The batch builds on a block that no recorded answer of this kind, and no final batch, ends with.
    error ParentUnanswered(uint64 index, uint8 kind, bytes32 parentHash);
    /// @notice L1 time is outside the answer's binding.
    error OutsideBinding(uint64 minL1Time, uint64 maxL1Time, uint256 nowSeconds);
    /// @notice The batch's last block is dated after its commit or too long before it.
    error LastTimestampOutOfRange(uint64 lastTimestamp, uint256 minimum, uint256 maximum);
    /// @notice The finality policy is not met: `zk` and `attesters` say which answers count, `waitSeconds` what is left of Z.
    error PolicyNotMet(uint64 index, bool zk, bool attesters, uint256 waitSeconds);
    /// @notice The batch builds on another block than the last final one: an ancestor's answer was erased with its lane.
    error ParentNotFinal(uint64 index, bytes32 parentHash, bytes32 finalHash);
    /// @notice Both kinds answered, with different outputs.
    error InDispute(uint64 index);
    /// @notice A pause or a dispute blocks finality.
    error FinalityBlocked();
    /// @notice The batch has an accepted proof, or its V has not run out.
    error NotDroppable(uint64 index, bool isProven, uint256 ageSeconds, uint256 limitSeconds);
    /// @notice The profile that lets attesters finalize alone is for the devnet's chain id.
    error ProfileOffDevnet(uint256 chainId);

    /// @notice A batch was committed. `keccak256(abi.encode(inputs))` is its `inputs`; the payload is whole.
    event BatchCommitted(
        uint64 indexed index, bytes32 indexed parentHash, BatchInputs inputs, uint64 commitTime, bytes payload
    );
    event AnswerRecorded(uint64 indexed index, uint8 kind, address lane, Outputs outputs, address beneficiary);
    /// @notice Lanes of both kinds answered the batch with different outputs; it cannot become final.
    event ContradictionFound(uint64 indexed index, bytes32 zkOutputs, bytes32 attesterOutputs);
    event BatchFinalized(uint64 indexed index, bytes32 lastHash, bytes32 stateRoot, uint64 lastNumber, uint64 inboxTo);
    /// @notice Batches `from` to `to`, both included, no longer exist.
    event BatchesDropped(uint64 from, uint64 to);
    event OperatorRotated(address indexed previous, address indexed next);
    event ColdKeySet(address indexed previous, address indexed next);
    event LaneRegistered(address indexed lane, uint8 kind, uint256 specId);
    event LaneSwitched(address indexed lane, bool isEnabled, uint32 epoch);
    event FeeConfigSet(uint256 dataFeeScalar, uint256 surchargeScalar, bytes32 feeConfigHash);

    /// @notice Commits the next batch: messages up to `inboxTo` and `payload` (SPEC 7). The operator's hot key only, in mode
    /// Operating only. Nothing is executed: the parent and the payload are claims that lanes answer.
    /// Warning: the operator orders transactions and may leave out any that did not come through the Inbox.
    /// @param batchIndex must be `committedCount() + 1`: a commit meant for another state of the chain is refused
    function commit(uint64 batchIndex, bytes32 parentHash, uint64 inboxTo, uint64 originNumber, bytes calldata payload)
        external;
    /// @notice Records a lane's accepted answer to a committed batch. Anyone.
    function answer(uint64 batchIndex, address lane, Outputs calldata outputs, Binding calldata binding) external;
    /// @notice Makes batches final, in order, up to `upTo`; all of them must meet the policy. Anyone.
    function finalize(uint64 upTo) external;
    /// @notice Drops batch `from` and all after it: `from` has no accepted proof V after its commit. Anyone.
    function drop(uint64 from) external;
    /// @notice Sets the hot key at once. The cold key only. Warning: the hot key alone commits batches.
    function rotateOperator(address nextOperator) external;
    /// @notice Hands the cold key on. The cold key only. Warning: its holder names the operator.
    function setColdKey(address nextColdKey) external;
    /// @notice Registers a lane, enabled. The upgrade authority only. Warning: a lane that lies voids, with the lanes the policy
    /// asks for beside it, everything that was not paid out yet.
    function registerLane(address lane, uint8 kind) external;
    /// @notice Switches a lane; switching it off erases its answers to batches that are not final. The upgrade authority only.
    /// Warning: with every lane off nothing becomes final.
    function switchLane(address lane, bool isEnabled) external;

    /// @notice Batches committed and not dropped, without the genesis.
    function committedCount() external view returns (uint64);
    /// @notice Index of the last final batch.
    function finalizedCount() external view returns (uint64);
    /// @notice Messages before this index are settled.
    function settledIndex() external view returns (uint64);
    /// @notice The settled index as it was at a moment of T.
    function settledIndexAt(uint256 atT) external view returns (uint64);
    function batch(uint64 index) external view returns (BatchRecord memory);
    /// @notice The answer of that kind that counts now; all zero if there is none.
    function answerOf(uint64 index, uint8 kind) external view returns (Answer memory);
    /// @notice State root after a final batch. Reverts with `NotFinal`.
    function stateRootOf(uint64 index) external view returns (bytes32);
    /// @notice Last final block: its batch, hash, state root and number.
    function finalHead() external view returns (uint64 index, bytes32 lastHash, bytes32 stateRoot, uint64 lastNumber);
    /// @notice Whether `finalize` would make the next batch final now.
    function canFinalize() external view returns (bool);
    /// @notice The oldest message that is due: not in a committed batch and older than F; `found` false if none.
    function dueMessage() external view returns (bool found, uint64 index);
    function operator() external view returns (address);
    function coldKey() external view returns (address);
    function laneRecord(address lane) external view returns (LaneRecord memory);
    function feeConfig() external view returns (uint256 dataFeeScalar, uint256 surchargeScalar, bytes32 feeConfigHash);
    /// @notice Whether attesters alone finalize: on the profile `training-devnet` while no zk lane is enabled, and never elsewhere.
    function attestersFinalizeAlone() external view returns (bool);
    /// @notice "training-devnet" or "mainnet".
    function chainProfile() external view returns (string memory);
    function l2ChainId() external view returns (uint256);
    function genesisHash() external view returns (bytes32);

    function CLOCK() external view returns (address);
    function INBOX() external view returns (address);
    function LIFECYCLE() external view returns (address);
    /// @notice Who may replace this contract's code and its lanes: the UpgradeTimelock's address.
    function UPGRADE_AUTHORITY() external view returns (address);
}
