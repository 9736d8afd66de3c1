// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Protocol time.
/// @notice T is `block.timestamp` minus the union of all stops (a pause of finality, an open dispute). Stops end by themselves
/// and drain a budget of 10 days that gets back 1/9 second per second of running T; with the budget empty T runs on, although
/// finality stays blocked until the stop ends. Every delay of the protocol counts in T unless it says wall time.
interface IClock {
    /// @notice Why T stands still.
    enum Stop { Pause, Dispute }

    /// @notice A stop was asked for by someone other than its one authority.
    error NotAuthority(address caller, address authority);
    /// @notice There is no such stop to end.
    error NotStopped(Stop kind);
    /// @notice A moment that has not come yet has no T.
    error InTheFuture(uint256 askedSeconds, uint256 nowSeconds);
    /// @notice A scale other than 1 is for the devnet's chain id alone.
    error ScaleOffDevnet(uint256 chainId, uint256 timeScale);

    /// @param until wall time at which it ends by itself, seconds
    /// @param budgetSeconds what is left of the budget when it starts
    event StopStarted(Stop indexed kind, uint256 until, uint256 budgetSeconds);
    /// @notice A stop was ended before its time.
    event StopEnded(Stop indexed kind);

    /// @notice T of this block, seconds.
    function current() external view returns (uint256);
    /// @notice T at a past or present wall time; O(log stops). Reverts with `InTheFuture`.
    function timeAt(uint256 wallSeconds) external view returns (uint256);
    /// @notice Whether finality is blocked now by a stop, whatever its budget.
    function isBlocked() external view returns (bool);
    /// @notice Wall time until which the stop blocks finality; in the past when there is none.
    function stoppedUntil(Stop kind) external view returns (uint256);
    /// @notice What is left of the stop budget now, seconds, rounded down.
    function budget() external view returns (uint256);
    /// @notice A protocol duration in this deployment's seconds: divided by the time scale, at least 1.
    function scaled(uint256 durationSeconds) external view returns (uint256);
    function TIME_SCALE() external view returns (uint256);
    /// @notice Who may pause: the SecurityCouncil's address.
    function PAUSER() external view returns (address);
    /// @notice Who may report disputes: the Rollup.
    function DISPUTER() external view returns (address);

    /// @notice Starts a stop, or sets a running one's end anew, to now + 3 days (pause) or 7 days (dispute) of wall time.
    /// Warning: the holder of the authority delays finality for that long, and T while the budget lasts; it can repeat this, and
    /// T then stands still for at most 10 days plus a ninth of the time it ran.
    function start(Stop kind) external;
    /// @notice Ends a stop early; its authority only. Warning: ending a pause or dispute lets finality go on.
    function end(Stop kind) external;
}
