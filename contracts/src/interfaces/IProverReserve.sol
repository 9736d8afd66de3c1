// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title What provers are paid from.
/// @notice Takes the fees of the Inbox, L2's fee vault and forfeited bonds. For each final batch it owes whoever proved it the base price
/// of its messages, `a + b0 * zkGas`, and in Enforced a top-up towards what the proof costs. No owner. What it takes beyond that stays.
interface IProverReserve {
    error NotFinal(uint64 batch, uint64 finalized);
    error AlreadyPaid(uint64 batch);
    error NothingOwed(address beneficiary);
    error PaymentRefused(address beneficiary, uint256 amountWei);
    /// @notice Today's allowance does not reach for the whole top-up: only the beneficiary itself may content itself with less.
    error TopUpCut(uint64 batch, uint256 wantedWei, uint256 allowedWei);

    /// @param feeWei base price of the batch's messages
    /// @param topUpWei paid above it from the reserve's own
    event BatchPaid(uint64 indexed batch, address indexed beneficiary, uint256 feeWei, uint256 topUpWei);
    event Withdrawn(address indexed beneficiary, uint256 amountWei);
    event BaseFeeObserved(uint256 baseFeeWei);
    event Received(address indexed from, uint256 amountWei);

    receive() external payable;
    /// @notice Credits whoever's zk answer made the batch final, once. Anyone; where the day's allowance would cut the top-up, the
    /// beneficiary alone, so that nobody else settles it for less than a later day would give.
    function pay(uint64 batch) external;
    /// @notice Pays a beneficiary its credit. Anyone, to the beneficiary itself.
    function withdraw(address beneficiary) external;
    /// @notice Notes this block's base fee for the average that bounds top-ups. Anyone; `pay` does it too.
    function observe() external;

    function isPaid(uint64 batch) external view returns (bool);
    function creditOf(address beneficiary) external view returns (uint256);
    /// @notice Wei that no message's fee is promised to a prover from: what top-ups come from.
    function freeWei() external view returns (uint256);
    /// @notice Average base fee of the last 7 d, wei, never above what was seen on both sides of an interval.
    function averageBaseFeeWei() external view returns (uint256);

    function CLOCK() external view returns (address);
    function INBOX() external view returns (address);
    function ROLLUP() external view returns (address);
    function LIFECYCLE() external view returns (address);
}
