// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";
import {IInbox} from "../interfaces/IInbox.sol";
import {IMaturity} from "../interfaces/IMaturity.sol";
import {IRollup} from "../interfaces/IRollup.sol";
import {IVault, Asset} from "../interfaces/IVault.sol";
import {AddressAlias} from "../libraries/AddressAlias.sol";
import {Constants} from "../libraries/Constants.sol";
import {MessageSums, Sums} from "../libraries/MessageSums.sol";

// The queue of messages to L2. Owns their bytes, order, sums and price, and the ETH minted by them until the Vault takes it.
// Does not own what they do on L2, nor when they count as settled. No owner, no pause, no filter, no setter: nothing that anyone
// decides later can keep a message out, raise its price beyond the formula, or touch one that was enqueued.
// Invariants: accumulator(i+1) = keccak(accumulator(i) ‖ keccak(message(i))); balance >= escrow held; a message that is enqueued
// has gas for its intrinsic costs. Messages without mint call nothing that can refuse them.

/// @title Inbox
contract Inbox is IInbox {
    using MessageSums for Sums;

    /// @dev A message before it has a place; one word of stack instead of seven.
    struct Draft {
        uint8 kind;
        address to;
        uint256 mint;
        uint256 value;
        uint64 gas;
        uint64 surcharge;
    }

    /// @dev Unit of the backlog's upper bound in the head: 2^20 zkGas.
    uint256 private constant BOUND_SHIFT = 20;

    /// @inheritdoc IInbox
    address public immutable VAULT;
    /// @inheritdoc IInbox
    address public immutable ROLLUP;
    /// @inheritdoc IInbox
    address public immutable RESERVE;
    /// @inheritdoc IInbox
    address public immutable MATURITY;
    /// @inheritdoc IInbox
    uint256 public immutable DEPOSIT_CAP_WEI;

    /// @dev Sums over all messages; tag = their number, mark = upper bound of the backlog in 2^20 zkGas.
    Sums private _head;
    uint256 private _movedWei;
    /// @dev Accumulator after message i, at i.
    mapping(uint256 index => bytes32 accumulator) private _accumulators;
    /// @dev Sums up to and with message i, at i; tag = its time, mark = 1 if its sender is aliased.
    mapping(uint256 index => Sums sums) private _records;

    constructor(address vault, address rollup, address reserve, address maturity, uint256 depositCapWei) {
        VAULT = vault;
        ROLLUP = rollup;
        RESERVE = reserve;
        MATURITY = maturity;
        DEPOSIT_CAP_WEI = depositCapWei;
    }

    /// @inheritdoc IInbox
    function sendCall(address to, uint256 mint, uint256 value, uint64 gas, uint64 surcharge, bytes calldata data)
        external
        payable
        returns (uint64 index)
    {
        _checkSize(data.length, Constants.MAX_MESSAGE_DATA_BYTES);
        _checkGas(gas, Constants.INTRINSIC_GAS + Constants.INTRINSIC_GAS_PER_BYTE * data.length);
        return _enqueue(Draft(Constants.MESSAGE_CALL, to, mint, value, gas, surcharge), data);
    }

    /// @inheritdoc IInbox
    function sendCreate(uint256 mint, uint256 value, uint64 gas, uint64 surcharge, bytes calldata initCode)
        external
        payable
        returns (uint64 index)
    {
        _checkSize(initCode.length, Constants.MAX_CREATE_DATA_BYTES);
        uint256 words = (initCode.length + 31) / 32;
        _checkGas(
            gas,
            Constants.INTRINSIC_GAS + Constants.INTRINSIC_CREATE_GAS + Constants.INTRINSIC_GAS_PER_BYTE * initCode.length
                + Constants.INTRINSIC_INIT_WORD_GAS * words
        );
        return _enqueue(Draft(Constants.MESSAGE_CREATE, address(0), mint, value, gas, surcharge), initCode);
    }

    /// @inheritdoc IInbox
    function sendSigned(uint64 gas, uint64 surcharge, bytes calldata rawTransaction) external payable returns (uint64 index) {
        _checkSize(rawTransaction.length, Constants.MAX_MESSAGE_DATA_BYTES);
        _checkGas(gas, Constants.INTRINSIC_GAS + Constants.INTRINSIC_GAS_PER_BYTE * rawTransaction.length);
        return _enqueue(Draft(Constants.MESSAGE_SIGNED, address(0), 0, 0, gas, surcharge), rawTransaction);
    }

    /// @inheritdoc IInbox
    function moveEscrow() external {
        if (msg.sender != VAULT) revert NotVault(msg.sender);
        uint256 amount = heldEscrow();
        _movedWei += amount;
        IVault(VAULT).receiveEscrow{value: amount}();
    }

    /// @inheritdoc IInbox
    function sweepFees() external {
        uint256 amount = address(this).balance - heldEscrow();
        emit FeesSwept(RESERVE, amount);
        if (RESERVE.code.length == 0 || !_send(RESERVE, amount)) revert ReserveRefused(RESERVE, amount);
    }

    /// @inheritdoc IInbox
    function price(uint64 zkGas) external view returns (uint256) {
        (uint256 doublings,) = _doublings(_head);
        return _price(zkGas, doublings);
    }

    /// @inheritdoc IInbox
    function backlog() external view returns (uint256) {
        (, uint256 exact) = _readBacklog(_head);
        return exact;
    }

    /// @inheritdoc IInbox
    function count() external view returns (uint64) {
        return uint64(_head.tag());
    }

    /// @inheritdoc IInbox
    function accumulatorAt(uint64 index) external view returns (bytes32) {
        _checkIndex(index);
        return index == 0 ? bytes32(0) : _accumulators[index - 1];
    }

    /// @inheritdoc IInbox
    function prefix(uint64 index) external view returns (Prefix memory) {
        _checkIndex(index);
        if (index == 0) return Prefix(0, false, 0, 0, 0);
        Sums record = _records[index - 1];
        return Prefix({
            time: uint40(record.tag()),
            isAliased: record.mark() == 1,
            zkGas: uint64(record.zkGas()),
            mintWei: uint96(record.mintWei()),
            baseFeeGwei: uint48(record.baseFeeGwei())
        });
    }

    /// @inheritdoc IInbox
    function totalMinted() external view returns (uint256) {
        return _head.mintWei();
    }

    /// @inheritdoc IInbox
    function heldEscrow() public view returns (uint256) {
        return _head.mintWei() - _movedWei;
    }

    /// @dev Checks, effects, event, then the one interaction: the caller's change.
    function _enqueue(Draft memory draft, bytes calldata data) private returns (uint64 index) {
        Sums head = _head;
        uint256 zkGas = uint256(draft.gas) + draft.surcharge;
        if (zkGas > Constants.MAX_MESSAGE_ZKGAS) revert ZkGasAboveCap(zkGas, Constants.MAX_MESSAGE_ZKGAS);
        (uint256 doublings, uint256 backlogBound) = _doublings(head);
        uint256 change = _charge(head, draft.mint, _price(zkGas, doublings));
        (address sender, bool isAliased) = _sender();
        bytes memory message = _encode(draft, sender, data);
        index = _record(head, head.add(draft.mint, zkGas, _pricedBaseFee() / 1 gwei), isAliased, message, _nextMark(backlogBound, zkGas));
        if (change != 0 && !_send(msg.sender, change)) revert ChangeRefused(msg.sender, change);
    }

    /// @dev The bytes of SPEC section 2. Each field is written as a word that ends where the field ends, the last field first, so that
    /// a word's leading zeros are overwritten by the fields before it; the length comes last.
    function _encode(Draft memory draft, address sender, bytes calldata data)
        private
        view
        returns (bytes memory message)
    {
        uint256 head = (uint256(Constants.MESSAGE_VERSION) << 8) | draft.kind;
        assembly ("memory-safe") {
            // Two words are left before it, and the last word is zero to its end, for `_log`.
            message := add(mload(0x40), 64)
            let start := add(message, 32)
            mstore(add(start, add(data.length, 130)), 0)
            calldatacopy(add(start, 130), data.offset, data.length)
            mstore(add(start, 98), timestamp())
            mstore(add(start, 90), mload(add(draft, 0xa0)))
            mstore(add(start, 82), mload(add(draft, 0x80)))
            mstore(add(start, 74), mload(add(draft, 0x60)))
            mstore(add(start, 42), mload(add(draft, 0x40)))
            mstore(add(start, 10), mload(add(draft, 0x20)))
            mstore(sub(start, 10), sender)
            mstore(sub(start, 30), head)
            let length := add(data.length, 130)
            mstore(message, length)
            mstore(0x40, and(add(add(start, length), 63), not(31)))
        }
    }

    function _record(Sums head, Sums sums, bool isAliased, bytes memory message, uint256 nextMark)
        private
        returns (uint64)
    {
        uint256 index = head.tag();
        bytes32 accumulator = index == 0 ? bytes32(0) : _accumulators[index - 1];
        accumulator = Hashes.efficientKeccak256(accumulator, keccak256(message));
        _accumulators[index] = accumulator;
        _records[index] = sums.tagged(block.timestamp, isAliased ? 1 : 0);
        _head = sums.tagged(index + 1, nextMark);
        _log(index, accumulator, message);
        return uint64(index);
    }

    /// @dev Emits `MessageEnqueued` from where the message lies, without copying it.
    function _log(uint256 index, bytes32 accumulator, bytes memory message) private {
        bytes32 topic = MessageEnqueued.selector;
        assembly ("memory-safe") {
            let start := sub(message, 64)
            mstore(start, accumulator)
            mstore(add(start, 32), 64)
            log2(start, add(96, and(add(mload(message), 31), not(31))), topic, index)
        }
    }

    /// @dev What is to be given back of `msg.value`, after mint and price.
    function _charge(Sums head, uint256 mint, uint256 cost) private view returns (uint256) {
        // A mint above what was sent is refused before it could overflow the sum.
        if (mint > msg.value || cost > msg.value - mint) revert Underpaid(msg.value, mint > msg.value ? mint : mint + cost);
        if (mint != 0) _checkCap(head.mintWei(), mint);
        return msg.value - mint - cost;
    }

    /// @dev Everything ever minted bounds the escrow from above, so nobody is asked while that is below the cap.
    function _checkCap(uint256 mintedWei, uint256 mint) private view {
        uint256 cap = DEPOSIT_CAP_WEI;
        if (mintedWei + mint <= cap) return;
        if (MATURITY.code.length != 0) {
            IMaturity.Stage stage = IMaturity(MATURITY).stage();
            if (stage == IMaturity.Stage.Ossified) return;
            if (stage == IMaturity.Stage.Mature) cap *= Constants.MATURE_CAP_FACTOR;
        }
        uint256 escrow = IVault(VAULT).recordedEscrow(Asset(Constants.ASSET_ETH, address(0), 0));
        if (escrow + mint > cap) revert DepositCapReached(escrow, mint, cap);
    }

    /// @dev Number of doublings of the zkGas price. While even the bound is below the first step the Rollup is not asked; the
    /// result is the same. `bound` is the backlog if it was read, else the head's bound on it.
    function _doublings(Sums head) private view returns (uint256 doublings, uint256 bound) {
        bound = head.mark() << BOUND_SHIFT;
        if (bound < Constants.BACKLOG_DOUBLING_ZKGAS) return (0, bound);
        (bool isRead, uint256 exact) = _readBacklog(head);
        if (!isRead) return (0, bound);
        bound = exact;
        doublings = exact / Constants.BACKLOG_DOUBLING_ZKGAS;
        if (doublings > Constants.MAX_BACKLOG_DOUBLINGS) doublings = Constants.MAX_BACKLOG_DOUBLINGS;
    }

    /// @dev A failed read counts as no backlog: an upgraded Rollup that answers nonsense may make messages cheap, not impossible.
    /// The gas cannot be starved on purpose: after a read with less than the bound too little is left for the writes.
    function _readBacklog(Sums head) private view returns (bool isRead, uint256 exact) {
        address rollup = ROLLUP;
        bytes32 selector = IRollup.settledIndex.selector;
        uint256 gasBound = Constants.BACKLOG_READ_GAS;
        uint256 settled;
        assembly ("memory-safe") {
            mstore(0, selector)
            isRead := and(gt(returndatasize(), 31), staticcall(gasBound, rollup, 0, 4, 0, 32))
            settled := mload(0)
        }
        if (!isRead || settled > head.tag()) return (false, 0);
        exact = head.zkGas() - (settled == 0 ? 0 : _records[settled - 1].zkGas());
    }

    function _nextMark(uint256 backlogBound, uint256 zkGas) private pure returns (uint256 mark) {
        uint256 unit = 1 << BOUND_SHIFT;
        mark = (backlogBound + unit - 1) / unit + (zkGas + unit - 1) / unit;
        if (mark > MessageSums.MARK_MAX) mark = MessageSums.MARK_MAX;
    }

    function _price(uint256 zkGas, uint256 doublings) private view returns (uint256) {
        return Constants.MESSAGE_BASE_GAS * _pricedBaseFee() + ((Constants.MESSAGE_ZKGAS_PRICE_WEI << doublings) * zkGas);
    }

    function _pricedBaseFee() private view returns (uint256) {
        return block.basefee > Constants.MIN_PRICED_BASE_FEE_WEI ? block.basefee : Constants.MIN_PRICED_BASE_FEE_WEI;
    }

    function _sender() private view returns (address sender, bool isAliased) {
        if (msg.sender == VAULT) return (Constants.VAULT_SENDER, false);
        // solhint-disable-next-line avoid-tx-origin
        if (msg.sender == tx.origin || AddressAlias.isDelegated(msg.sender)) return (msg.sender, false);
        return (AddressAlias.apply_(msg.sender), true);
    }

    function _checkSize(uint256 length, uint256 cap) private pure {
        if (length > cap) revert DataTooLong(length, cap);
    }

    function _checkGas(uint256 gas, uint256 needed) private pure {
        if (gas < needed) revert GasBelowIntrinsic(gas, needed);
    }

    function _checkIndex(uint256 index) private view {
        if (index > _head.tag()) revert NoSuchMessage(index, _head.tag());
    }

    /// @dev Sends wei and reads nothing back, so that the receiver cannot make it dear.
    function _send(address to, uint256 amount) private returns (bool ok) {
        assembly ("memory-safe") {
            ok := call(gas(), to, amount, 0, 0, 0, 0)
        }
    }
}
