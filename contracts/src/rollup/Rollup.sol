// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Initializable} from "@openzeppelin/contracts/proxy/utils/Initializable.sol";
import {UUPSUpgradeable} from "@openzeppelin/contracts/proxy/utils/UUPSUpgradeable.sol";
import {Checkpoints} from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";
import {IClock} from "../interfaces/IClock.sol";
import {IInbox} from "../interfaces/IInbox.sol";
import {ILane} from "../interfaces/ILane.sol";
import {ILanes} from "../interfaces/ILanes.sol";
import {ILifecycle} from "../interfaces/ILifecycle.sol";
import {IMaturity} from "../interfaces/IMaturity.sol";
import {IOperatorSeat} from "../interfaces/IOperatorSeat.sol";
import {BatchInputs, Binding, IRollup, Outputs} from "../interfaces/IRollup.sol";
import {Constants} from "../libraries/Constants.sol";
import {Statement} from "../libraries/Statement.sol";
import {FinalityPolicy} from "./FinalityPolicy.sol";

// Commits, answers per lane, sequential finality. Owns the settled index and its checkpoints, and every change of the batch records. What
// answers are worth is FinalityPolicy, the fee scalars are FeeScalars.
// Does not own the lanes and disputes (Lanes), the seat (OperatorSeat), messages (Inbox), funds (Vault), time (Clock), phases, skips
// and which messages one batch may take (Lifecycle).
//
//      commit ──► committed ──answer(zk)──► proven ──Z, or attesters agree──► final
//                    │  └────answer(attesters)──► attested ──(training-devnet only)──► final
//                    └──V without proof──► dropped, with all after it          different answers ──► in dispute, never final
//      commitEnforced ──► proven at once
//
// Invariants: batches are final in order; a batch is final only if its parent is the last final block; the policy is the same in
// every phase; the settled index never goes back.

/// @title Rollup
contract Rollup is FinalityPolicy, Initializable, UUPSUpgradeable {
    using Checkpoints for Checkpoints.Trace208;

    /// @notice What a deployment decides once.
    struct Config {
        address clock;
        address inbox;
        address lifecycle;
        address lanes;
        address seat;
        address maturity;
        address upgradeAuthority;
        uint256 l2ChainId;
        bytes32 genesisHash;
        bytes32 genesisStateRoot;
    }

    /// @dev Last final block and the moments that the Lifecycle asks for, in one word.
    struct Progress {
        uint48 finalNumber;
        uint40 finalTimestamp;
        uint40 lastFinalT;
        uint40 lastProofT;
    }

    /// @dev A drop forgets so many of the disputes that it closed; anyone forgets the rest.
    uint256 private constant DISPUTES_CLOSED_BY_DROP = 4;

    /// @inheritdoc IRollup
    address public immutable INBOX;
    /// @inheritdoc IRollup
    address public immutable LIFECYCLE;
    /// @inheritdoc IRollup
    address public immutable SEAT;
    /// @inheritdoc IRollup
    address public immutable MATURITY;
    /// @inheritdoc IRollup
    uint256 public immutable l2ChainId;
    /// @inheritdoc IRollup
    bytes32 public immutable genesisHash;
    bytes32 private immutable GENESIS_STATE_ROOT;
    uint256 private immutable PROOF_DEADLINE;
    uint256 private immutable MAX_TIMESTAMP_LAG;

    Progress private _progress;
    mapping(uint64 index => bytes32 stateRoot) private _finalRoots;
    Checkpoints.Trace208 private _settledCheckpoints;

    constructor(Config memory config) FinalityPolicy(config.clock, config.lanes, config.upgradeAuthority) {
        INBOX = config.inbox;
        LIFECYCLE = config.lifecycle;
        SEAT = config.seat;
        MATURITY = config.maturity;
        l2ChainId = config.l2ChainId;
        genesisHash = config.genesisHash;
        GENESIS_STATE_ROOT = config.genesisStateRoot;
        IClock clock = IClock(config.clock);
        PROOF_DEADLINE = clock.scaled(Constants.PROOF_DEADLINE_SECONDS);
        MAX_TIMESTAMP_LAG = clock.scaled(Constants.MAX_TIMESTAMP_LAG_SECONDS);
        _disableInitializers();
    }

    /// @notice Sets up the proxy, in the transaction that creates it.
    function initialize() external initializer {
        _storeFeeConfig(Constants.GENESIS_DATA_FEE_SCALAR, Constants.GENESIS_SURCHARGE_SCALAR, 0);
        _finalRoots[0] = GENESIS_STATE_ROOT;
        _finalHash = genesisHash;
        emit BatchFinalized(0, genesisHash, GENESIS_STATE_ROOT, 0, 0);
    }

    /// @inheritdoc IRollup
    function commit(
        uint64 batchIndex,
        bytes32 parentHash,
        uint64 inboxTo,
        uint64 originNumber,
        bytes calldata payload
    ) external {
        address seated = operator();
        if (msg.sender != seated) revert NotOperator(msg.sender, seated);
        BatchRecord storage parent = _batches[committedCount];
        uint64 start = parent.inboxTo;
        uint64 from = ILifecycle(LIFECYCLE).operatingRange(start, inboxTo);
        if (batchIndex != committedCount + 1) revert UnexpectedBatchIndex(batchIndex, committedCount + 1);
        if (payload.length == 0 || payload.length > Constants.MAX_PAYLOAD_BYTES) {
            revert PayloadSize(payload.length, Constants.MAX_PAYLOAD_BYTES);
        }
        BatchInputs memory inputs = _inputs(parentHash, start, from, inboxTo);
        inputs.specId = ILanes(LANES).specAt(IClock(CLOCK).current());
        inputs.mode = Constants.MODE_OPERATING;
        inputs.payloadKind = Constants.PAYLOAD_CALLDATA;
        inputs.payloadCommitment = keccak256(payload);
        inputs.originNumber = originNumber;
        inputs.originHash = _originHash(originNumber, parent.originNumber);
        _append(batchIndex, inputs, payload);
    }

    /// @inheritdoc IRollup
    function commitEnforced(
        uint64 batchIndex,
        bytes32 parentHash,
        uint64 inboxTo,
        uint64 blockStart,
        address lane,
        Outputs calldata outputs,
        Binding calldata binding
    ) external {
        uint64 start = _batches[committedCount].inboxTo;
        (uint64 from, uint256 specId) = ILifecycle(LIFECYCLE).enforcedRange(start, inboxTo, blockStart);
        if (batchIndex != committedCount + 1) revert UnexpectedBatchIndex(batchIndex, committedCount + 1);
        BatchInputs memory inputs = _inputs(parentHash, start, from, inboxTo);
        inputs.specId = specId;
        inputs.mode = Constants.MODE_ENFORCED;
        inputs.payloadCommitment = bytes32(ILifecycle(LIFECYCLE).ENFORCED_INTERVAL());
        _append(batchIndex, inputs, msg.data[:0]);
        if (!_answer(batchIndex, lane, outputs, binding)) revert NotAProof(lane);
    }

    /// @inheritdoc IRollup
    function answer(uint64 batchIndex, address lane, Outputs calldata outputs, Binding calldata binding) external {
        _answer(batchIndex, lane, outputs, binding);
    }

    /// @inheritdoc IRollup
    function finalize(uint64 upTo) external {
        _checkCommitted(upTo);
        uint64 index = finalizedCount;
        if (upTo <= index) revert AlreadyFinal(upTo);
        if (_phase() == ILifecycle.Phase.Frozen) revert UnexpectedPhase(uint8(ILifecycle.Phase.Frozen), 0);
        if (IClock(CLOCK).isBlocked()) revert FinalityBlocked();
        (ILanes.LaneView[] memory lanes, bool alone) = ILanes(LANES).enabledLanes();
        uint256 nowT = IClock(CLOCK).current();
        bytes32 finalHash = _finalHash;
        uint64 inboxTo;
        Progress memory progress = _progress;
        while (index < upTo) {
            ++index;
            BatchRecord storage record = _batches[index];
            ILanes.LaneView memory decider = lanes[_decider(index, lanes, alone, nowT)];
            // An answer's ancestors may have been erased with their lane since it was recorded.
            if (record.parentHash != finalHash) revert ParentNotFinal(index, record.parentHash, finalHash);
            Answer storage decided = _answers[index][decider.lane];
            finalHash = decided.lastHash;
            progress.finalNumber = decided.lastNumber;
            progress.finalTimestamp = decided.lastTimestamp;
            inboxTo = record.inboxTo;
            record.decidedBy = decider.id + 1;
            _finalRoots[index] = decided.stateRoot;
            emit BatchFinalized(index, finalHash, decided.stateRoot, progress.finalNumber, inboxTo);
        }
        progress.lastFinalT = uint40(nowT);
        _progress = progress;
        _finalHash = finalHash;
        finalizedCount = index;
        _settle(inboxTo, nowT);
    }

    /// @inheritdoc IRollup
    function drop(uint64 from) external {
        _checkPending(from);
        ILifecycle.Phase phase = _phase();
        if (phase == ILifecycle.Phase.Frozen) revert UnexpectedPhase(uint8(phase), 0);
        bool isProven = _isProven(from);
        uint256 age = IClock(CLOCK).current() - IClock(CLOCK).timeAt(_batches[from].commitTime);
        uint256 deadline = phase == ILifecycle.Phase.Enforced ? 0 : PROOF_DEADLINE;
        if (isProven || (deadline != 0 && age <= deadline)) revert NotDroppable(from, isProven, age, deadline);
        uint64 to = committedCount;
        committedCount = from - 1;
        ++_round;
        emit BatchesDropped(from, to);
        ILanes(LANES).closeDisputes(DISPUTES_CLOSED_BY_DROP);
    }

    /// @inheritdoc IRollup
    function settleSkipped() external {
        _settle(settledIndex, IClock(CLOCK).current());
        emit SettledIndexMoved(settledIndex);
    }

    /// @inheritdoc IRollup
    function settledIndexAt(uint256 atT) external view returns (uint64) {
        return uint64(_settledCheckpoints.upperLookupRecent(atT > type(uint48).max ? type(uint48).max : uint48(atT)));
    }

    /// @inheritdoc IRollup
    function batch(uint64 index) external view returns (BatchRecord memory) {
        _checkCommitted(index);
        return _batches[index];
    }

    /// @inheritdoc IRollup
    function decidingAnswer(uint64 index) external view returns (Answer memory decided, address lane) {
        _checkFinal(index);
        uint8 idPlusOne = _batches[index].decidedBy;
        if (idPlusOne != 0) lane = ILanes(LANES).laneAt(idPlusOne - 1);
        return (_answers[index][lane], lane);
    }

    /// @inheritdoc IRollup
    function isPending(uint64 index, uint32 round) external view returns (bool) {
        return index > finalizedCount && index <= committedCount && _batches[index].round == round;
    }

    /// @inheritdoc IRollup
    function stateRootOf(uint64 index) external view returns (bytes32) {
        _checkFinal(index);
        return _finalRoots[index];
    }

    /// @inheritdoc IRollup
    function finalHead()
        external
        view
        returns (uint64 index, bytes32 lastHash, bytes32 stateRoot, uint64 lastNumber)
    {
        index = finalizedCount;
        return (index, _finalHash, _finalRoots[index], _progress.finalNumber);
    }

    /// @inheritdoc IRollup
    function finalTimestamp() external view returns (uint64) {
        return _progress.finalTimestamp;
    }

    /// @inheritdoc IRollup
    function lastFinalT() external view returns (uint256) {
        return _progress.lastFinalT;
    }

    /// @inheritdoc IRollup
    function lastProofT() external view returns (uint256) {
        return _progress.lastProofT;
    }

    /// @inheritdoc IRollup
    function canFinalize() external view returns (bool) {
        uint64 next = finalizedCount + 1;
        if (next > committedCount || _phase() == ILifecycle.Phase.Frozen || IClock(CLOCK).isBlocked()) return false;
        (ILanes.LaneView[] memory lanes, bool alone) = ILanes(LANES).enabledLanes();
        return _evaluate(next, lanes, alone, IClock(CLOCK).current()).decided != 0
            && _batches[next].parentHash == _finalHash;
    }

    /// @inheritdoc IRollup
    function nextInboxIndex() external view returns (uint64) {
        return ILifecycle(LIFECYCLE).nextUnskipped(_batches[committedCount].inboxTo);
    }

    /// @inheritdoc IRollup
    function dueMessage() external view returns (bool found, uint64 index) {
        return ILifecycle(LIFECYCLE).dueMessage(_batches[committedCount].inboxTo);
    }

    /// @inheritdoc IRollup
    function coldKey() external view returns (address) {
        return IOperatorSeat(SEAT).coldKey();
    }

    /// @inheritdoc IRollup
    function attestersFinalizeAlone() external view returns (bool) {
        return ILanes(LANES).attestersFinalizeAlone();
    }

    /// @inheritdoc IRollup
    function chainProfile() external view returns (string memory) {
        return ILanes(LANES).isTrainingDevnet() ? "training-devnet" : "mainnet";
    }

    /// @inheritdoc IRollup
    function operator() public view returns (address) {
        return IOperatorSeat(SEAT).operator();
    }

    /// @dev The upgrade authority alone replaces the code, and only in stage Training.
    function _authorizeUpgrade(address) internal view override {
        _onlyUpgradeAuthority();
        if (MATURITY.code.length != 0 && IMaturity(MATURITY).stage() != IMaturity.Stage.Training) revert UpgradesOver();
    }

    function _append(uint64 batchIndex, BatchInputs memory inputs, bytes calldata payload) private {
        bool isEnforced = inputs.mode == Constants.MODE_ENFORCED;
        _batches[batchIndex] = BatchRecord({
            inputs: Statement.hashInputs(inputs),
            parentHash: inputs.parentHash,
            commitTime: uint40(block.timestamp),
            inboxTo: uint40(inputs.inboxTo),
            // An Enforced batch has no origin: what the next in Operating must not undercut stays what it was.
            originNumber: isEnforced ? _batches[batchIndex - 1].originNumber : uint40(inputs.originNumber),
            specId: uint24(inputs.specId),
            round: _round,
            isEnforced: isEnforced,
            decidedBy: 0,
            baseFeeWei: isEnforced ? uint64(block.basefee) : 0
        });
        committedCount = batchIndex;
        emit BatchCommitted(batchIndex, inputs.parentHash, inputs, uint64(block.timestamp), payload);
    }

    /// @dev Returns whether the answer is a proof: a zk answer, or where attesters finalize alone, theirs.
    function _answer(uint64 index, address lane, Outputs calldata outputs, Binding calldata binding)
        private
        returns (bool isProof)
    {
        _checkPending(index);
        BatchRecord storage record = _batches[index];
        (ILanes.LaneView[] memory lanes, bool alone) = ILanes(LANES).lanesToAnswer(lane, record.specId);
        uint256 position = 0;
        while (lanes[position].lane != lane) ++position;
        if (_counts(index, lanes[position])) revert AlreadyAnswered(index, lane);
        if (block.timestamp < binding.minL1Time || block.timestamp > binding.maxL1Time) {
            revert OutsideBinding(binding.minL1Time, binding.maxL1Time, block.timestamp);
        }
        _checkOutputs(outputs, record);
        uint8 kind = lanes[position].kind;
        _checkParent(index, kind, record.parentHash, lanes);
        bytes32 outputsHash = Statement.hashOutputs(outputs);
        bytes32 statement = Statement.hash(record.inputs, outputsHash, Statement.hashBinding(binding));
        if (!ILane(lane).accepted(statement)) revert StatementNotAccepted(statement, lane);
        uint40 nowT = uint40(IClock(CLOCK).current());
        isProof = kind == Constants.ANSWER_ZK || alone;
        // Another answer to what is proven already is no news: otherwise a second lane's late ones would put every skip off.
        if (isProof && !_hasProof(index, lanes, alone)) _progress.lastProofT = nowT;
        _answers[index][lane] = Answer({
            outputs: outputsHash,
            lastHash: outputs.lastHash,
            stateRoot: outputs.stateRoot,
            lastNumber: uint48(outputs.lastNumber),
            lastTimestamp: uint40(outputs.lastTimestamp),
            zkGasUsed: uint32(outputs.zkGasUsed),
            recordedT: nowT,
            laneEpoch: lanes[position].epoch,
            round: record.round,
            beneficiary: binding.beneficiary
        });
        emit AnswerRecorded(index, kind, lane, outputs, binding.beneficiary);
        _reportContradictions(index, record.round, outputsHash, lane, lanes);
    }

    /// @dev Each lane that answered otherwise is a dispute. The clock stops for it; that the batch cannot become final needs no clock.
    function _reportContradictions(
        uint64 index,
        uint32 round,
        bytes32 outputs,
        address lane,
        ILanes.LaneView[] memory lanes
    ) private {
        for (uint256 i = 0; i < lanes.length; ++i) {
            address other = lanes[i].lane;
            if (other == lane || !_counts(index, lanes[i]) || _answers[index][other].outputs == outputs) continue;
            emit ContradictionFound(index, other, lane, _answers[index][other].outputs, outputs);
            ILanes(LANES).openDispute(index, round, other, lane);
        }
    }

    /// @dev Skipped messages right behind the index are settled with it.
    function _settle(uint64 index, uint256 nowT) private {
        index = ILifecycle(LIFECYCLE).nextUnskipped(index);
        if (index == settledIndex) return;
        settledIndex = index;
        _settledCheckpoints.push(uint48(nowT), index);
    }

    function _inputs(bytes32 parentHash, uint64 start, uint64 from, uint64 to)
        private
        view
        returns (BatchInputs memory inputs)
    {
        inputs.version = Constants.STATEMENT_VERSION;
        inputs.l1ChainId = block.chainid;
        inputs.l2ChainId = l2ChainId;
        inputs.rollup = address(this);
        inputs.parentHash = parentHash;
        inputs.inboxFrom = from;
        inputs.accFrom = IInbox(INBOX).accumulatorAt(from);
        inputs.inboxTo = to;
        inputs.accTo = IInbox(INBOX).accumulatorAt(to);
        if (start != from) {
            inputs.skipRoot = Statement.skipRoot(start, from, IInbox(INBOX).accumulatorAt(start), inputs.accFrom);
        }
        (,, inputs.feeConfigHash) = feeConfig();
    }

    /// @dev Always from EIP-2935's history, never by BLOCKHASH, although that is cheaper for the last 256 blocks: the history is state, so
    /// every client that has the state agrees on it, whereas one that was restored from a snapshot may answer BLOCKHASH with anything.
    function _originHash(uint64 originNumber, uint64 parentOriginNumber) private view returns (bytes32 originHash) {
        (bool isRead, bytes memory word) = Constants.HISTORY_STORAGE.staticcall(abi.encode(originNumber));
        if (isRead && word.length == 32) originHash = bytes32(word);
        if (originNumber < parentOriginNumber || originHash == 0) {
            revert OriginUnavailable(originNumber, parentOriginNumber);
        }
    }

    function _checkOutputs(Outputs calldata outputs, BatchRecord storage record) private view {
        uint256 maximum = record.commitTime;
        uint256 minimum = record.isEnforced || maximum <= MAX_TIMESTAMP_LAG ? 0 : maximum - MAX_TIMESTAMP_LAG;
        uint64 lastTimestamp = outputs.lastTimestamp;
        if (lastTimestamp < minimum || lastTimestamp > maximum) {
            revert LastTimestampOutOfRange(lastTimestamp, minimum, maximum);
        }
        if (outputs.lastNumber > type(uint48).max || outputs.zkGasUsed > type(uint32).max) {
            revert OutputsOutOfRange(outputs.lastNumber, outputs.zkGasUsed);
        }
    }

    function _phase() private view returns (ILifecycle.Phase) {
        return ILifecycle(LIFECYCLE).phase();
    }
}
