// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IClock} from "../interfaces/IClock.sol";
import {IInbox} from "../interfaces/IInbox.sol";
import {ILanes} from "../interfaces/ILanes.sol";
import {ILifecycle} from "../interfaces/ILifecycle.sol";
import {IProverReserve} from "../interfaces/IProverReserve.sol";
import {IRollup} from "../interfaces/IRollup.sol";
import {Constants} from "../libraries/Constants.sol";
import {BaseFeeAverage} from "./BaseFeeAverage.sol";

// What provers are paid from. Owns credits, which batches were paid, and the day's allowance of top-ups. The base price of every message stays
// promised to whoever proves it: top-ups come only from what is beyond that, and from that at most a fiftieth a day, so that no delay and no
// base fee that a prover may choose empties it. In Training it believes the Rollup, which the upgrade authority can replace.
// Invariants: balance + what the Inbox has not sent >= credits + promised fees; a batch is paid once, and nobody but its prover has it paid in part.

/// @title ProverReserve
contract ProverReserve is BaseFeeAverage {
    /// @inheritdoc IProverReserve
    address public immutable INBOX;
    /// @inheritdoc IProverReserve
    address public immutable ROLLUP;
    /// @inheritdoc IProverReserve
    address public immutable LIFECYCLE;
    uint256 private immutable INTERVAL;
    uint256 private immutable GROWTH_EVERY;
    uint256 private immutable HEAD_AGE;
    uint256 private immutable DAY;

    /// @inheritdoc IProverReserve
    mapping(uint64 batch => bool) public isPaid;
    /// @inheritdoc IProverReserve
    mapping(address beneficiary => uint256 amountWei) public creditOf;
    uint256 private _creditsWei;
    /// @dev Fees of messages whose batches were paid for, or that were skipped before such a batch.
    uint256 private _releasedWei;
    uint256 private _day;
    uint256 private _allowanceWei;

    constructor(address clock, address inbox, address rollup, address lifecycle) BaseFeeAverage(clock) {
        INBOX = inbox;
        ROLLUP = rollup;
        LIFECYCLE = lifecycle;
        INTERVAL = IClock(clock).scaled(Constants.ENFORCED_INTERVAL_SECONDS);
        GROWTH_EVERY = IClock(clock).scaled(Constants.TOP_UP_GROWTH_EVERY_SECONDS);
        HEAD_AGE = IClock(clock).scaled(Constants.TOP_UP_HEAD_AGE_SECONDS);
        DAY = IClock(clock).scaled(Constants.DAY_SECONDS);
    }

    receive() external payable {
        emit Received(msg.sender, msg.value);
    }

    /// @inheritdoc IProverReserve
    function pay(uint64 batch) external {
        uint64 finalized = IRollup(ROLLUP).finalizedCount();
        if (batch == 0 || batch > finalized) revert NotFinal(batch, finalized);
        if (isPaid[batch]) revert AlreadyPaid(batch);
        isPaid[batch] = true;
        observe();
        IRollup.BatchRecord memory record = IRollup(ROLLUP).batch(batch);
        IRollup.BatchRecord memory parent = IRollup(ROLLUP).batch(batch - 1);
        uint64 from = ILifecycle(LIFECYCLE).nextUnskipped(parent.inboxTo);
        if (from > record.inboxTo) from = record.inboxTo;
        (uint256 fee, uint256 zkGas) = _feeOf(from, record.inboxTo);
        // Skipped messages' fees are nobody's: they stay as what top-ups come from.
        (uint256 released,) = _feeOf(parent.inboxTo, record.inboxTo);
        _releasedWei += released;
        address beneficiary = _beneficiaryOf(batch);
        if (beneficiary == address(0)) {
            emit BatchPaid(batch, address(0), 0, 0);
            return;
        }
        uint256 topUp = 0;
        if (record.isEnforced) {
            uint256 wanted = _wantedTopUp(record, parent, from, fee, zkGas);
            topUp = _allowed(wanted, fee);
            if (topUp < wanted && msg.sender != beneficiary) revert TopUpCut(batch, wanted, topUp);
        }
        creditOf[beneficiary] += fee + topUp;
        _creditsWei += fee + topUp;
        emit BatchPaid(batch, beneficiary, fee, topUp);
    }

    /// @inheritdoc IProverReserve
    function withdraw(address beneficiary) external {
        uint256 amount = creditOf[beneficiary];
        if (amount == 0) revert NothingOwed(beneficiary);
        creditOf[beneficiary] = 0;
        _creditsWei -= amount;
        emit Withdrawn(beneficiary, amount);
        if (address(this).balance < amount) IInbox(INBOX).sweepFees();
        (bool isSent,) = beneficiary.call{value: amount}("");
        if (!isSent) revert PaymentRefused(beneficiary, amount);
    }

    /// @inheritdoc IProverReserve
    function observe() public {
        _observe();
    }

    /// @inheritdoc IProverReserve
    function freeWei() public view returns (uint256) {
        (uint256 fees,) = _feeOf(0, IInbox(INBOX).count());
        uint256 bound = fees - _releasedWei + _creditsWei;
        uint256 available = address(this).balance + INBOX.balance - IInbox(INBOX).heldEscrow();
        return available > bound ? available - bound : 0;
    }

    /// @inheritdoc IProverReserve
    function averageBaseFeeWei() external view returns (uint256) {
        return _average();
    }

    /// @dev Towards what the proof costs, growing while nobody proves.
    function _wantedTopUp(
        IRollup.BatchRecord memory record,
        IRollup.BatchRecord memory parent,
        uint64 from,
        uint256 fee,
        uint256 zkGas
    ) private view returns (uint256) {
        uint256 unproven = _unprovenSeconds(record, parent, from);
        if (unproven < HEAD_AGE) return 0;
        uint256 baseFee = _average();
        if (record.baseFeeWei < baseFee) baseFee = record.baseFeeWei;
        uint256 cost = (Constants.PROOF_VERIFICATION_GAS * baseFee + Constants.MESSAGE_ZKGAS_PRICE_WEI * zkGas)
            * Constants.TOP_UP_TARGET_PERCENT / 100;
        uint256 most = cost * Constants.TOP_UP_MAX_FACTOR;
        for (uint256 step = unproven / GROWTH_EVERY; step != 0 && cost < most; --step) {
            cost = cost * Constants.TOP_UP_GROWTH_PERCENT / 100;
        }
        if (cost > most) cost = most;
        return cost > fee ? cost - fee : 0;
    }

    /// @dev What of it the day's allowance and the reserve give, taken from both.
    function _allowed(uint256 wanted, uint256 fee) private returns (uint256 topUp) {
        if (wanted == 0) return 0;
        uint256 day = IClock(CLOCK).current() / DAY;
        uint256 free = freeWei();
        // The fee of this batch was released above and is credited below.
        free = free > fee ? free - fee : 0;
        if (day != _day) (_day, _allowanceWei) = (day, free / Constants.TOP_UP_DAILY_DIVISOR);
        topUp = wanted > _allowanceWei ? _allowanceWei : wanted;
        if (topUp > free) topUp = free;
        _allowanceWei -= topUp;
    }

    /// @dev T from when the batch's first message could have been proven until it was: its interval closed, Enforced entered, the batch before
    /// it committed.
    function _unprovenSeconds(IRollup.BatchRecord memory record, IRollup.BatchRecord memory parent, uint64 from)
        private
        view
        returns (uint256)
    {
        uint256 provenT = IClock(CLOCK).timeAt(record.commitTime);
        uint256 closed = (IInbox(INBOX).prefix(from + 1).time / INTERVAL + 1) * INTERVAL;
        uint256 since = IClock(CLOCK).timeAt(closed < record.commitTime ? closed : record.commitTime);
        uint256 parentT = IClock(CLOCK).timeAt(parent.commitTime);
        uint256 enteredT = _enteredBefore(provenT);
        if (parentT > since) since = parentT;
        if (enteredT > since) since = enteredT;
        return since < provenT ? provenT - since : 0;
    }

    /// @dev T at which the stay in Enforced began that this moment is in; the moment itself if that is forgotten, four stays later.
    function _enteredBefore(uint256 atT) private view returns (uint256 enteredT) {
        ILifecycle.Episode memory episode = ILifecycle(LIFECYCLE).episode();
        enteredT = episode.enteredT;
        for (uint32 number = episode.number; enteredT > atT; enteredT = ILifecycle(LIFECYCLE).enteredT(number)) {
            if (--number == 0) return atT;
        }
        return enteredT == 0 ? atT : enteredT;
    }

    /// @dev Attesters are not paid for agreeing.
    function _beneficiaryOf(uint64 batch) private view returns (address) {
        (IRollup.Answer memory decided, address lane) = IRollup(ROLLUP).decidingAnswer(batch);
        bool isZk = ILanes(IRollup(ROLLUP).LANES()).laneRecord(lane).kind == Constants.ANSWER_ZK;
        return isZk ? decided.beneficiary : address(0);
    }

    /// @dev `a + b0 * zkGas` of the messages `from` to `to`, and their zkGas.
    function _feeOf(uint64 from, uint64 to) private view returns (uint256 fee, uint256 zkGas) {
        IInbox.Prefix memory low = IInbox(INBOX).prefix(from);
        IInbox.Prefix memory high = IInbox(INBOX).prefix(to);
        zkGas = high.zkGas - low.zkGas;
        fee = Constants.MESSAGE_BASE_GAS * (uint256(high.baseFeeGwei) - low.baseFeeGwei) * 1 gwei
            + Constants.MESSAGE_ZKGAS_PRICE_WEI * zkGas;
    }
}
