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
/// Who commits in Operating is the OperatorSeat's; which lanes answer is Lanes'; phases and skips are the Lifecycle's.
/// Warning: in stage Training this stands behind a proxy whose upgrade authority can replace all of it, and so take every wei
/// and token that was not paid out yet. The Inbox, the Vault and the Clock cannot be replaced.
interface IRollup {
    /// @notice One committed batch.
    /// @param inputs hash of its inputs
    /// @param parentHash hash of the L2 block it builds on, as whoever committed it claims
    /// @param commitTime wall time of the commit, seconds; its T is `Clock.timeAt(commitTime)`
    /// @param inboxTo messages before this index are in it, in an ancestor, or skipped
    /// @param originNumber L1 block whose base fee prices its data; in Enforced, where none does, that of the last batch before that has one:
    /// the next must not have an older one
    /// @param specId spec it is executed by
    /// @param round number of drops before its commit: answers of an earlier round do not count
    /// @param isEnforced whether it was committed in Enforced, together with its proof
    /// @param decidedBy id of the lane whose answer made it final, plus one; 0 until then
    /// @param baseFeeWei L1 base fee of an Enforced commit; 0 in Operating
    struct BatchRecord {
        bytes32 inputs;
        bytes32 parentHash;
        uint40 commitTime;
        uint40 inboxTo;
        uint40 originNumber;
        uint24 specId;
        uint32 round;
        bool isEnforced;
        uint8 decidedBy;
        uint64 baseFeeWei;
    }

    /// @notice What a lane answered to a batch.
    /// @param recordedT T of the record; 0 if there is none
    /// @param laneEpoch epoch of the lane in which it was given
    struct Answer {
        bytes32 outputs;
        bytes32 lastHash;
        bytes32 stateRoot;
        uint48 lastNumber;
        uint40 lastTimestamp;
        uint32 zkGasUsed;
        uint40 recordedT;
        uint24 laneEpoch;
        uint32 round;
        address beneficiary;
    }

    error NotOperator(address caller, address operator);
    error NotUpgradeAuthority(address caller, address authority);
    /// @notice The phase does not allow this; `expected` is the phase that would (0 if it is any but Frozen).
    error UnexpectedPhase(uint8 actual, uint8 expected);
    /// @notice The batch to commit must be the one after the last; another commit came first, or a drop.
    error UnexpectedBatchIndex(uint64 given, uint64 expected);
    error PayloadSize(uint256 length, uint256 maximum);
    /// @notice The batch must not give back messages, nor take ones that do not exist or were skipped; in Enforced it takes at least one.
    error InboxRange(uint64 from, uint64 to, uint64 limit);
    /// @notice The messages declare more zkGas than a batch may carry.
    error MessagesAboveCap(uint256 zkGas, uint256 cap);
    /// @notice A message older than F is left out although it would fit.
    error DueMessageLeftOut(uint64 index, uint256 ageSeconds);
    /// @notice The origin is older than the parent batch's, or not an L1 block whose hash EIP-2935 still gives.
    error OriginUnavailable(uint64 originNumber, uint64 parentOriginNumber);
    error NoSuchBatch(uint64 index, uint64 committed);
    error AlreadyFinal(uint64 index);
    error NotFinal(uint64 index, uint64 finalized);
    /// @notice The last message's interval has not ended.
    error IntervalOpen(uint64 lastMessage, uint256 endsAt);
    /// @notice `blockStart` is neither the batch's first message nor the first of the last message's interval.
    error NotBlockStart(uint64 blockStart);
    /// @notice Message `to` still belongs into the block before it.
    error NotBlockEnd(uint64 to);
    /// @notice Blocks of different specs in one Enforced batch: end it before message `blockStart`.
    error SpecBoundary(uint64 blockStart);
    /// @notice Only a proof goes with a commit in Enforced.
    error NotAProof(address lane);
    error StatementNotAccepted(bytes32 statement, address lane);
    /// @notice This lane has answered this batch.
    error AlreadyAnswered(uint64 index, address lane);
    /// @notice An answer's numbers are beyond anything a batch can reach.
    error OutputsOutOfRange(uint64 lastNumber, uint64 zkGasUsed);
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
    /// @notice Two lanes answered, with different outputs.
    error InDispute(uint64 index);
    /// @notice A pause or a dispute blocks finality.
    error FinalityBlocked();
    /// @notice The batch has an accepted proof, or its V has not run out.
    error NotDroppable(uint64 index, bool isProven, uint256 ageSeconds, uint256 limitSeconds);
    /// @notice From stage Mature on the code is what it is.
    error UpgradesOver();
    /// @notice A change of the fee scalars: at most 25 % at a time, once in 30 d, never above four times the first ones nor zero.
    error FeeConfigRefused(uint256 dataFeeScalar, uint256 surchargeScalar, uint256 nextChangeT);

    /// @notice A batch was committed. `keccak256(abi.encode(inputs))` is its `inputs`; the payload is whole, and empty in Enforced.
    event BatchCommitted(
        uint64 indexed index, bytes32 indexed parentHash, BatchInputs inputs, uint64 commitTime, bytes payload
    );
    event AnswerRecorded(uint64 indexed index, uint8 kind, address lane, Outputs outputs, address beneficiary);
    /// @notice Two lanes answered the batch with different outputs; it cannot become final while both count.
    event ContradictionFound(uint64 indexed index, address laneA, address laneB, bytes32 outputsA, bytes32 outputsB);
    event BatchFinalized(uint64 indexed index, bytes32 lastHash, bytes32 stateRoot, uint64 lastNumber, uint64 inboxTo);
    /// @notice Batches `from` to `to`, both included, no longer exist.
    event BatchesDropped(uint64 from, uint64 to);
    /// @notice Messages before this index are settled by skips that no batch had to wait for.
    event SettledIndexMoved(uint64 settledIndex);
    event FeeConfigSet(uint256 dataFeeScalar, uint256 surchargeScalar, bytes32 feeConfigHash);

    /// @notice Commits the next batch: messages up to `inboxTo` and `payload` (SPEC 7). The operator's hot key only, in mode
    /// Operating only. Nothing is executed: the parent and the payload are claims that lanes answer.
    /// Warning: the operator orders transactions and may leave out any that did not come through the Inbox.
    /// @param batchIndex must be `committedCount() + 1`: a commit meant for another state of the chain is refused
    function commit(uint64 batchIndex, bytes32 parentHash, uint64 inboxTo, uint64 originNumber, bytes calldata payload)
        external;
    /// @notice Commits the next batch in Enforced and answers it, in one act. Anyone. The batch holds whole blocks of closed intervals (SPEC 12).
    /// @param parentHash last block of the last final batch, or of a recorded proof of the last committed one
    /// @param blockStart first message of the batch's last block: the batch's first message, or the first one of the last message's interval
    /// @param lane zk lane that has accepted the statement (on the devnet attesters while they finalize alone)
    function commitEnforced(
        uint64 batchIndex,
        bytes32 parentHash,
        uint64 inboxTo,
        uint64 blockStart,
        address lane,
        Outputs calldata outputs,
        Binding calldata binding
    ) external;
    /// @notice Records a lane's accepted answer to a committed batch. Anyone. An answer that differs from another one opens a dispute.
    function answer(uint64 batchIndex, address lane, Outputs calldata outputs, Binding calldata binding) external;
    /// @notice Makes batches final, in order, up to `upTo`; all of them must meet the policy. Anyone.
    function finalize(uint64 upTo) external;
    /// @notice Drops batch `from` and all after it: `from` has no accepted proof, V after its commit or at any time in Enforced. Anyone.
    function drop(uint64 from) external;
    /// @notice Moves the settled index over messages that were skipped behind it. Anyone; the Lifecycle does it with each skip.
    function settleSkipped() external;
    /// @notice Sets the scalars of L2 fees for batches committed from now on, within bounds. The upgrade authority only.
    /// Warning: they price the data and the surcharge of every L2 transaction that did not come through the Inbox.
    function setFeeConfig(uint256 dataFeeScalar, uint256 surchargeScalar) external;

    /// @notice Batches committed and not dropped, without the genesis.
    function committedCount() external view returns (uint64);
    /// @notice Index of the last final batch.
    function finalizedCount() external view returns (uint64);
    /// @notice Messages before this index are settled.
    function settledIndex() external view returns (uint64);
    /// @notice The settled index as it was at a moment of T.
    function settledIndexAt(uint256 atT) external view returns (uint64);
    function batch(uint64 index) external view returns (BatchRecord memory);
    /// @notice The first answer of a lane of that kind that counts now, and whose it is; all zero if there is none.
    function answerOf(uint64 index, uint8 kind) external view returns (Answer memory found, address lane);
    /// @notice What the lane answered to the batch; all zero if nothing, or if it does not count any more.
    function answerBy(uint64 index, address lane) external view returns (Answer memory);
    /// @notice The answer that made a final batch final. Reverts with `NotFinal`.
    function decidingAnswer(uint64 index) external view returns (Answer memory decided, address lane);
    /// @notice Whether the batch committed in that round is neither final nor dropped.
    function isPending(uint64 index, uint32 round) external view returns (bool);
    /// @notice State root after a final batch. Reverts with `NotFinal`.
    function stateRootOf(uint64 index) external view returns (bytes32);
    /// @notice Last final block: its batch, hash, state root and number.
    function finalHead() external view returns (uint64 index, bytes32 lastHash, bytes32 stateRoot, uint64 lastNumber);
    /// @notice L2 timestamp of the last final block.
    function finalTimestamp() external view returns (uint64);
    /// @notice T at which a batch last became final; 0 before the first.
    function lastFinalT() external view returns (uint256);
    /// @notice T at which a proof was last recorded; 0 before the first.
    function lastProofT() external view returns (uint256);
    /// @notice First message that no committed batch contains and nobody skipped: where the next batch begins.
    function nextInboxIndex() external view returns (uint64);
    /// @notice Whether `finalize` would make the next batch final now.
    function canFinalize() external view returns (bool);
    /// @notice The oldest message that is due: neither skipped nor in a committed batch, and older than F; `found` false if none.
    function dueMessage() external view returns (bool found, uint64 index);
    function operator() external view returns (address);
    function coldKey() external view returns (address);
    function feeConfig() external view returns (uint256 dataFeeScalar, uint256 surchargeScalar, bytes32 feeConfigHash);
    /// @notice Whether attesters alone finalize (ILanes).
    function attestersFinalizeAlone() external view returns (bool);
    /// @notice "training-devnet" or "mainnet".
    function chainProfile() external view returns (string memory);
    function l2ChainId() external view returns (uint256);
    function genesisHash() external view returns (bytes32);

    function CLOCK() external view returns (address);
    function INBOX() external view returns (address);
    function LIFECYCLE() external view returns (address);
    function LANES() external view returns (address);
    function SEAT() external view returns (address);
    function MATURITY() external view returns (address);
    /// @notice Who may replace this contract's code, until stage Mature, and set its fee scalars: the UpgradeTimelock's address.
    function UPGRADE_AUTHORITY() external view returns (address);
}
