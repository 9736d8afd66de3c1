// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Initializable} from "@openzeppelin/contracts/proxy/utils/Initializable.sol";
import {UUPSUpgradeable} from "@openzeppelin/contracts/proxy/utils/UUPSUpgradeable.sol";
import {Checkpoints} from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";
import {IClock} from "../interfaces/IClock.sol";
import {IInbox} from "../interfaces/IInbox.sol";
import {ILane} from "../interfaces/ILane.sol";
import {ILifecycle} from "../interfaces/ILifecycle.sol";
import {BatchInputs, Binding, IRollup, Outputs} from "../interfaces/IRollup.sol";
import {Constants} from "../libraries/Constants.sol";
import {LifecycleView} from "../libraries/LifecycleView.sol";
import {Statement} from "../libraries/Statement.sol";
import {LaneRegistry} from "./LaneRegistry.sol";

// Commits, answers per kind of lane, sequential finality. Owns the batch records, the settled index and its checkpoints, and
// the operator's keys. Does not own the lanes (LaneRegistry), messages (Inbox), funds (Vault), time (Clock), nor phases (Lifecycle).
//
//      commit ──► committed ──answer(zk)──► proven ──Z, or attesters agree──► final
//                    │  └────answer(attesters)──► attested ──(training-devnet only)──► final
//                    └──V without proof──► dropped, with all after it          different answers ──► in dispute, never final
//
// Invariants: batches are final in order; a batch is final only if its parent is the last final block; the policy is the same in
// every phase; the settled index never goes back.

/// @title Rollup
contract Rollup is LaneRegistry, Initializable, UUPSUpgradeable {
    using Checkpoints for Checkpoints.Trace208;

    /// @notice What a deployment decides once.
    struct Config {
        address clock;
        address inbox;
        address lifecycle;
        address upgradeAuthority;
        uint256 l2ChainId;
        bytes32 genesisHash;
        bytes32 genesisStateRoot;
        bool isTrainingDevnet;
    }

    /// @inheritdoc IRollup
    address public immutable CLOCK;
    /// @inheritdoc IRollup
    address public immutable INBOX;
    /// @inheritdoc IRollup
    address public immutable LIFECYCLE;
    /// @inheritdoc IRollup
    uint256 public immutable l2ChainId;
    /// @inheritdoc IRollup
    bytes32 public immutable genesisHash;
    bool private immutable IS_TRAINING_DEVNET;
    bytes32 private immutable GENESIS_STATE_ROOT;
    uint256 private immutable FORCED_INCLUSION_DELAY;
    uint256 private immutable PROOF_DEADLINE;
    uint256 private immutable ZK_ALONE_DELAY;
    uint256 private immutable MAX_TIMESTAMP_LAG;

    /// @inheritdoc IRollup
    uint64 public committedCount;
    /// @inheritdoc IRollup
    uint64 public finalizedCount;
    /// @inheritdoc IRollup
    uint64 public settledIndex;
    uint32 private _round;
    /// @inheritdoc IRollup
    address public operator;
    /// @inheritdoc IRollup
    address public coldKey;
    uint256 private _dataFeeScalar;
    uint256 private _surchargeScalar;
    mapping(uint64 index => BatchRecord) private _batches;
    mapping(uint64 index => mapping(uint8 kind => Answer)) private _answers;
    mapping(uint64 index => bytes32 stateRoot) private _finalRoots;
    bytes32 private _finalHash;
    uint64 private _finalNumber;
    Checkpoints.Trace208 private _settledCheckpoints;

    constructor(Config memory config) LaneRegistry(config.upgradeAuthority) {
        if (config.isTrainingDevnet && block.chainid != Constants.DEVNET_L1_CHAIN_ID) {
            revert ProfileOffDevnet(block.chainid);
        }
        CLOCK = config.clock;
        INBOX = config.inbox;
        LIFECYCLE = config.lifecycle;
        l2ChainId = config.l2ChainId;
        genesisHash = config.genesisHash;
        GENESIS_STATE_ROOT = config.genesisStateRoot;
        IS_TRAINING_DEVNET = config.isTrainingDevnet;
        IClock clock = IClock(config.clock);
        FORCED_INCLUSION_DELAY = clock.scaled(Constants.FORCED_INCLUSION_DELAY_SECONDS);
        PROOF_DEADLINE = clock.scaled(Constants.PROOF_DEADLINE_SECONDS);
        ZK_ALONE_DELAY = clock.scaled(Constants.ZK_ALONE_DELAY_SECONDS);
        MAX_TIMESTAMP_LAG = clock.scaled(Constants.MAX_TIMESTAMP_LAG_SECONDS);
        _disableInitializers();
    }

    /// @notice Sets up the proxy, in the transaction that creates it.
    /// @param lanes registered and enabled, with their kinds
    function initialize(address firstOperator, address firstColdKey, address[] calldata lanes, uint8[] calldata kinds)
        external
        initializer
    {
        _setOperator(firstOperator);
        _setColdKey(firstColdKey);
        for (uint256 i = 0; i < lanes.length; ++i) {
            _registerLane(lanes[i], kinds[i]);
        }
        _dataFeeScalar = Constants.GENESIS_DATA_FEE_SCALAR;
        _surchargeScalar = Constants.GENESIS_SURCHARGE_SCALAR;
        (,, bytes32 feeConfigHash) = feeConfig();
        emit FeeConfigSet(_dataFeeScalar, _surchargeScalar, feeConfigHash);
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
        if (msg.sender != operator) revert NotOperator(msg.sender, operator);
        ILifecycle.Phase phase = LifecycleView.phaseOf(LIFECYCLE);
        if (phase != ILifecycle.Phase.Operating) revert NotOperating(uint8(phase));
        if (batchIndex != committedCount + 1) revert UnexpectedBatchIndex(batchIndex, committedCount + 1);
        if (payload.length == 0 || payload.length > Constants.MAX_PAYLOAD_BYTES) {
            revert PayloadSize(payload.length, Constants.MAX_PAYLOAD_BYTES);
        }
        BatchRecord storage parent = _batches[committedCount];
        _checkInboxRange(parent.inboxTo, inboxTo);
        bytes32 originHash = _originHash(originNumber, parent.originNumber);
        BatchInputs memory inputs = _operatingInputs(parentHash, parent.inboxTo, inboxTo);
        inputs.payloadCommitment = keccak256(payload);
        inputs.originNumber = originNumber;
        inputs.originHash = originHash;
        _batches[batchIndex] = BatchRecord({
            inputs: Statement.hashInputs(inputs),
            parentHash: parentHash,
            commitTime: uint40(block.timestamp),
            commitT: uint40(IClock(CLOCK).current()),
            inboxTo: uint48(inboxTo),
            originNumber: uint48(originNumber),
            specId: uint32(inputs.specId),
            round: _round
        });
        committedCount = batchIndex;
        emit BatchCommitted(batchIndex, parentHash, inputs, uint64(block.timestamp), payload);
    }

    /// @inheritdoc IRollup
    function answer(uint64 batchIndex, address lane, Outputs calldata outputs, Binding calldata binding) external {
        _checkCommitted(batchIndex);
        if (batchIndex <= finalizedCount) revert AlreadyFinal(batchIndex);
        BatchRecord storage record = _batches[batchIndex];
        LaneRecord storage laneRecord_ = _lanes[lane];
        uint8 kind = laneRecord_.kind;
        if (kind == 0) revert LaneUnknown(lane);
        if (!laneRecord_.isEnabled) revert LaneDisabled(lane);
        if (laneRecord_.specId != record.specId) revert LaneForOtherSpec(lane, laneRecord_.specId, record.specId);
        if (_hasAnswer(batchIndex, kind)) revert AlreadyAnswered(batchIndex, kind);
        if (block.timestamp < binding.minL1Time || block.timestamp > binding.maxL1Time) {
            revert OutsideBinding(binding.minL1Time, binding.maxL1Time, block.timestamp);
        }
        _checkLastTimestamp(outputs.lastTimestamp, record.commitTime);
        _checkParent(batchIndex, kind, record.parentHash);
        bytes32 outputsHash = Statement.hashOutputs(outputs);
        bytes32 statement = Statement.hash(record.inputs, outputsHash, Statement.hashBinding(binding));
        if (!ILane(lane).accepted(statement)) revert StatementNotAccepted(statement, lane);
        _answers[batchIndex][kind] = Answer({
            outputs: outputsHash,
            lastHash: outputs.lastHash,
            stateRoot: outputs.stateRoot,
            lastNumber: outputs.lastNumber,
            lastTimestamp: outputs.lastTimestamp,
            zkGasUsed: outputs.zkGasUsed,
            recordedT: uint40(IClock(CLOCK).current()),
            lane: lane,
            laneEpoch: laneRecord_.epoch,
            round: record.round,
            beneficiary: binding.beneficiary
        });
        emit AnswerRecorded(batchIndex, kind, lane, outputs, binding.beneficiary);
        _reportContradiction(batchIndex);
    }

    /// @inheritdoc IRollup
    function finalize(uint64 upTo) external {
        _checkCommitted(upTo);
        uint64 index = finalizedCount;
        if (upTo <= index) revert AlreadyFinal(upTo);
        if (LifecycleView.isFrozen(LIFECYCLE)) revert NotOperating(uint8(ILifecycle.Phase.Frozen));
        if (IClock(CLOCK).isBlocked()) revert FinalityBlocked();
        while (index < upTo) {
            ++index;
            uint8 kind = _decidingKind(index);
            Answer storage decided = _answers[index][kind];
            _finalRoots[index] = decided.stateRoot;
            _finalHash = decided.lastHash;
            _finalNumber = decided.lastNumber;
            emit BatchFinalized(
                index, decided.lastHash, decided.stateRoot, decided.lastNumber, _batches[index].inboxTo
            );
        }
        finalizedCount = index;
        _settle(_batches[index].inboxTo);
    }

    /// @inheritdoc IRollup
    function drop(uint64 from) external {
        _checkCommitted(from);
        if (from <= finalizedCount) revert AlreadyFinal(from);
        bool isProven = _isProven(from);
        uint256 age = IClock(CLOCK).current() - _batches[from].commitT;
        if (isProven || age <= PROOF_DEADLINE) revert NotDroppable(from, isProven, age, PROOF_DEADLINE);
        uint64 to = committedCount;
        committedCount = from - 1;
        ++_round;
        emit BatchesDropped(from, to);
    }

    /// @inheritdoc IRollup
    function rotateOperator(address nextOperator) external {
        if (msg.sender != coldKey) revert NotColdKey(msg.sender, coldKey);
        _setOperator(nextOperator);
    }

    /// @inheritdoc IRollup
    function setColdKey(address nextColdKey) external {
        if (msg.sender != coldKey) revert NotColdKey(msg.sender, coldKey);
        _setColdKey(nextColdKey);
    }


    /// @inheritdoc IRollup
    function settledIndexAt(uint256 atT) external view returns (uint64) {
        return uint64(_settledCheckpoints.upperLookupRecent(atT > type(uint48).max ? type(uint48).max : uint48(atT)));
    }

    /// @inheritdoc IRollup
    function batch(uint64 index) external view returns (BatchRecord memory) {
        if (index > committedCount) revert NoSuchBatch(index, committedCount);
        return _batches[index];
    }

    /// @inheritdoc IRollup
    function answerOf(uint64 index, uint8 kind) external view returns (Answer memory none) {
        if (index <= committedCount && _hasAnswer(index, kind)) return _answers[index][kind];
    }

    /// @inheritdoc IRollup
    function stateRootOf(uint64 index) external view returns (bytes32) {
        if (index > finalizedCount) revert NotFinal(index, finalizedCount);
        return _finalRoots[index];
    }

    /// @inheritdoc IRollup
    function finalHead()
        external
        view
        returns (uint64 index, bytes32 lastHash, bytes32 stateRoot, uint64 lastNumber)
    {
        index = finalizedCount;
        return (index, _finalHash, _finalRoots[index], _finalNumber);
    }

    /// @inheritdoc IRollup
    function canFinalize() external view returns (bool) {
        uint64 next = finalizedCount + 1;
        if (next > committedCount || LifecycleView.isFrozen(LIFECYCLE) || IClock(CLOCK).isBlocked()) return false;
        (uint8 kind,,,) = _evaluatePolicy(next);
        return kind != 0 && _batches[next].parentHash == _finalHash;
    }

    /// @inheritdoc IRollup
    function dueMessage() external view returns (bool found, uint64 index) {
        index = _batches[committedCount].inboxTo;
        if (index == IInbox(INBOX).count()) return (false, 0);
        found = _messageAge(index) > FORCED_INCLUSION_DELAY;
        if (!found) index = 0;
    }

    /// @inheritdoc IRollup
    function feeConfig() public view returns (uint256 dataFeeScalar, uint256 surchargeScalar, bytes32 feeConfigHash) {
        dataFeeScalar = _dataFeeScalar;
        surchargeScalar = _surchargeScalar;
        feeConfigHash = keccak256(abi.encode(dataFeeScalar, surchargeScalar));
    }

    /// @inheritdoc IRollup
    function attestersFinalizeAlone() public view returns (bool) {
        return IS_TRAINING_DEVNET && _enabledZkLanes == 0;
    }

    /// @inheritdoc IRollup
    function chainProfile() external view returns (string memory) {
        return IS_TRAINING_DEVNET ? "training-devnet" : "mainnet";
    }

    /// @dev The upgrade authority alone replaces the code.
    function _authorizeUpgrade(address) internal view override {
        _onlyUpgradeAuthority();
    }

    function _setOperator(address next) private {
        if (next == address(0)) revert ZeroAddress();
        emit OperatorRotated(operator, next);
        operator = next;
    }

    function _setColdKey(address next) private {
        if (next == address(0)) revert ZeroAddress();
        emit ColdKeySet(coldKey, next);
        coldKey = next;
    }

    function _settle(uint64 index) private {
        settledIndex = index;
        _settledCheckpoints.push(uint48(IClock(CLOCK).current()), index);
    }

    /// @dev The clock stops for the dispute; that the batch cannot become final needs no clock.
    function _reportContradiction(uint64 index) private {
        if (!_hasAnswer(index, Constants.ANSWER_ZK) || !_hasAnswer(index, Constants.ANSWER_ATTESTERS)) return;
        bytes32 zkOutputs = _answers[index][Constants.ANSWER_ZK].outputs;
        bytes32 attesterOutputs = _answers[index][Constants.ANSWER_ATTESTERS].outputs;
        if (zkOutputs == attesterOutputs) return;
        emit ContradictionFound(index, zkOutputs, attesterOutputs);
        IClock(CLOCK).start(IClock.Stop.Dispute);
    }

    /// @dev The kind whose answer makes the batch final now. Reverts if none does.
    function _decidingKind(uint64 index) private view returns (uint8) {
        (uint8 kind, bool zk, bool attesters, uint256 waitSeconds) = _evaluatePolicy(index);
        if (kind == 0) {
            if (zk && attesters) revert InDispute(index);
            revert PolicyNotMet(index, zk, attesters, waitSeconds);
        }
        // An answer's ancestors may have been erased with their lane since it was recorded.
        if (_batches[index].parentHash != _finalHash) revert ParentNotFinal(index, _batches[index].parentHash, _finalHash);
        return kind;
    }

    /// @dev zk + attesters agree: final at once; zk alone: Z after it was recorded; attesters alone: on the devnet's profile.
    function _evaluatePolicy(uint64 index)
        private
        view
        returns (uint8 kind, bool zk, bool attesters, uint256 waitSeconds)
    {
        zk = _hasAnswer(index, Constants.ANSWER_ZK);
        attesters = _hasAnswer(index, Constants.ANSWER_ATTESTERS);
        if (zk && attesters) {
            bool agree = _answers[index][Constants.ANSWER_ZK].outputs == _answers[index][Constants.ANSWER_ATTESTERS].outputs;
            if (agree) kind = Constants.ANSWER_ZK;
        } else if (zk) {
            uint256 age = IClock(CLOCK).current() - _answers[index][Constants.ANSWER_ZK].recordedT;
            if (age >= ZK_ALONE_DELAY) kind = Constants.ANSWER_ZK;
            else waitSeconds = ZK_ALONE_DELAY - age;
        } else if (attesters && attestersFinalizeAlone()) {
            kind = Constants.ANSWER_ATTESTERS;
        }
    }

    /// @dev An answer counts while its batch was not dropped since and its lane was not switched since.
    function _hasAnswer(uint64 index, uint8 kind) private view returns (bool) {
        Answer storage found = _answers[index][kind];
        return found.lane != address(0) && found.round == _batches[index].round
            && found.laneEpoch == _lanes[found.lane].epoch;
    }

    /// @dev Proof means a zk answer; where attesters finalize alone, theirs too. A batch that builds on another block than the last
    /// final one can never be final, whatever was answered.
    function _isProven(uint64 index) private view returns (bool) {
        if (index == finalizedCount + 1 && _batches[index].parentHash != _finalHash) return false;
        return _hasAnswer(index, Constants.ANSWER_ZK)
            || (attestersFinalizeAlone() && _hasAnswer(index, Constants.ANSWER_ATTESTERS));
    }

    function _operatingInputs(bytes32 parentHash, uint64 inboxFrom, uint64 inboxTo)
        private
        view
        returns (BatchInputs memory inputs)
    {
        inputs.version = Constants.STATEMENT_VERSION;
        inputs.l1ChainId = block.chainid;
        inputs.l2ChainId = l2ChainId;
        inputs.rollup = address(this);
        inputs.specId = Constants.SPEC_ID;
        inputs.mode = Constants.MODE_OPERATING;
        inputs.parentHash = parentHash;
        inputs.payloadKind = Constants.PAYLOAD_CALLDATA;
        inputs.inboxFrom = inboxFrom;
        inputs.accFrom = IInbox(INBOX).accumulatorAt(inboxFrom);
        inputs.inboxTo = inboxTo;
        inputs.accTo = IInbox(INBOX).accumulatorAt(inboxTo);
        (,, inputs.feeConfigHash) = feeConfig();
    }

    /// @dev Layer 1 of the Lifecycle: every message older than F is taken, unless the next one would pass the cap.
    function _checkInboxRange(uint64 from, uint64 to) private view {
        uint64 count = IInbox(INBOX).count();
        if (to < from || to > count) revert InboxRange(from, to, count);
        uint256 zkGasFrom = IInbox(INBOX).prefix(from).zkGas;
        uint256 zkGas = IInbox(INBOX).prefix(to).zkGas - zkGasFrom;
        if (zkGas > Constants.MAX_BATCH_MESSAGE_ZKGAS) {
            revert MessagesAboveCap(zkGas, Constants.MAX_BATCH_MESSAGE_ZKGAS);
        }
        if (to == count) return;
        uint256 age = _messageAge(to);
        if (age <= FORCED_INCLUSION_DELAY) return;
        uint256 zkGasWithNext = IInbox(INBOX).prefix(to + 1).zkGas - zkGasFrom;
        if (zkGasWithNext <= Constants.MAX_BATCH_MESSAGE_ZKGAS) revert DueMessageLeftOut(to, age);
    }

    function _messageAge(uint64 index) private view returns (uint256) {
        IClock clock = IClock(CLOCK);
        return clock.current() - clock.timeAt(IInbox(INBOX).prefix(index + 1).time);
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

    function _checkLastTimestamp(uint64 lastTimestamp, uint256 commitTime) private view {
        uint256 minimum = commitTime > MAX_TIMESTAMP_LAG ? commitTime - MAX_TIMESTAMP_LAG : 0;
        if (lastTimestamp < minimum || lastTimestamp > commitTime) {
            revert LastTimestampOutOfRange(lastTimestamp, minimum, commitTime);
        }
    }

    /// @dev The parent must be the last final block, or end an answer of the same kind to the batch before.
    function _checkParent(uint64 index, uint8 kind, bytes32 parentHash) private view {
        bool isAnswered = index - 1 == finalizedCount
            ? parentHash == _finalHash
            : _hasAnswer(index - 1, kind) && parentHash == _answers[index - 1][kind].lastHash;
        if (!isAnswered) revert ParentUnanswered(index, kind, parentHash);
    }

    function _checkCommitted(uint64 index) private view {
        if (index > committedCount) revert NoSuchBatch(index, committedCount);
    }
}
