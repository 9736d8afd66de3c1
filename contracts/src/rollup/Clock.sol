// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IClock} from "../interfaces/IClock.sol";
import {Constants} from "../libraries/Constants.sol";

// T and its stops. Owns nothing but time: who may stop it is fixed, for how long is fixed, and how much in all is a budget.
// Each start or end writes one checkpoint from which T is a function of wall time until the next one:
//
//      checkpoint ──stopped──► min(stopUntil, at + budget) ──T runs, the budget refills──► next checkpoint
//
// so T of any past moment stays known, and the Inbox needs to store none.
// Invariants: T never goes back; it never outruns wall time; between two moments it stands still for at most the budget, 10 days,
// plus a ninth of the time it ran.

/// @title Clock
contract Clock is IClock {
    /// @dev T of wall time w from here on: see `_evaluate`. Seconds, except the budget in ninths of a second.
    struct Checkpoint {
        uint40 wall;
        uint40 stopped;
        uint40 stopUntil;
        uint48 budgetNinths;
    }

    /// @inheritdoc IClock
    uint256 public immutable TIME_SCALE;
    /// @inheritdoc IClock
    address public immutable PAUSER;
    /// @inheritdoc IClock
    address public immutable DISPUTER;

    Checkpoint[] private _checkpoints;
    mapping(Stop kind => uint256 until) private _blockedUntil;

    /// @param timeScale 1, or on the devnet how many times faster protocol time runs
    constructor(uint256 timeScale, address pauser, address disputer) {
        if (timeScale == 0 || (timeScale != 1 && block.chainid != Constants.DEVNET_L1_CHAIN_ID)) {
            revert ScaleOffDevnet(block.chainid, timeScale);
        }
        TIME_SCALE = timeScale;
        PAUSER = pauser;
        DISPUTER = disputer;
        _checkpoints.push(Checkpoint(0, 0, 0, uint48(_budgetMaxNinths())));
    }

    /// @inheritdoc IClock
    function start(Stop kind) external {
        _onlyAuthority(kind);
        uint256 length = kind == Stop.Pause ? Constants.PAUSE_LENGTH_SECONDS : Constants.DISPUTE_LENGTH_SECONDS;
        uint256 until = block.timestamp + scaled(length);
        (, Checkpoint memory next) = _evaluate(_checkpoints[_checkpoints.length - 1], block.timestamp);
        _blockedUntil[kind] = until;
        next.stopUntil = uint40(_latestBlock());
        emit StopStarted(kind, until, next.budgetNinths / Constants.STOP_REFILL_DIVISOR);
        _write(next);
    }

    /// @inheritdoc IClock
    function end(Stop kind) external {
        _onlyAuthority(kind);
        if (_blockedUntil[kind] <= block.timestamp) revert NotStopped(kind);
        (, Checkpoint memory next) = _evaluate(_checkpoints[_checkpoints.length - 1], block.timestamp);
        _blockedUntil[kind] = block.timestamp;
        // A stop whose budget ran out stays out: only a new start spends what has refilled since.
        uint256 latest = _latestBlock();
        if (next.stopUntil > latest) next.stopUntil = uint40(latest);
        emit StopEnded(kind);
        _write(next);
    }

    /// @inheritdoc IClock
    function current() external view returns (uint256) {
        (uint256 time,) = _evaluate(_checkpoints[_checkpoints.length - 1], block.timestamp);
        return time;
    }

    /// @inheritdoc IClock
    function timeAt(uint256 wallSeconds) external view returns (uint256) {
        if (wallSeconds > block.timestamp) revert InTheFuture(wallSeconds, block.timestamp);
        // Last checkpoint not after the moment; the first is at 0.
        uint256 low = 0;
        uint256 high = _checkpoints.length - 1;
        while (low < high) {
            uint256 middle = (low + high + 1) / 2;
            if (_checkpoints[middle].wall <= wallSeconds) low = middle;
            else high = middle - 1;
        }
        (uint256 time,) = _evaluate(_checkpoints[low], wallSeconds);
        return time;
    }

    /// @inheritdoc IClock
    function isBlocked() external view returns (bool) {
        return _latestBlock() > block.timestamp;
    }

    /// @inheritdoc IClock
    function stoppedUntil(Stop kind) external view returns (uint256) {
        return _blockedUntil[kind];
    }

    /// @inheritdoc IClock
    function budget() external view returns (uint256) {
        (, Checkpoint memory now_) = _evaluate(_checkpoints[_checkpoints.length - 1], block.timestamp);
        return now_.budgetNinths / Constants.STOP_REFILL_DIVISOR;
    }

    /// @inheritdoc IClock
    function scaled(uint256 durationSeconds) public view returns (uint256) {
        uint256 result = durationSeconds / TIME_SCALE;
        return result == 0 ? 1 : result;
    }

    /// @dev T at `wall`, and the checkpoint that a write at `wall` would start from.
    function _evaluate(Checkpoint memory from, uint256 wall) private view returns (uint256 time, Checkpoint memory next) {
        uint256 elapsed = wall - from.wall;
        uint256 stop = from.stopUntil > from.wall ? from.stopUntil - from.wall : 0;
        uint256 budgetSeconds = from.budgetNinths / Constants.STOP_REFILL_DIVISOR;
        bool isExhausted = stop > budgetSeconds;
        if (isExhausted) stop = budgetSeconds;
        uint256 stoppedNow = elapsed < stop ? elapsed : stop;
        uint256 budgetNinths =
            from.budgetNinths - stoppedNow * Constants.STOP_REFILL_DIVISOR + (elapsed - stoppedNow);
        if (budgetNinths > _budgetMaxNinths()) budgetNinths = _budgetMaxNinths();
        uint256 stopped = from.stopped + stoppedNow;
        time = wall - stopped;
        // Where the budget ended the stop, it does not begin again by itself.
        uint256 stopUntil = isExhausted && elapsed >= stop ? from.wall + stop : from.stopUntil;
        next = Checkpoint(uint40(wall), uint40(stopped), uint40(stopUntil), uint48(budgetNinths));
    }

    function _write(Checkpoint memory next) private {
        Checkpoint storage last = _checkpoints[_checkpoints.length - 1];
        // Two acts in one block leave one checkpoint: T does not move within a block.
        if (last.wall == next.wall) _checkpoints[_checkpoints.length - 1] = next;
        else _checkpoints.push(next);
    }

    function _latestBlock() private view returns (uint256) {
        uint256 pause = _blockedUntil[Stop.Pause];
        uint256 dispute = _blockedUntil[Stop.Dispute];
        return pause > dispute ? pause : dispute;
    }

    function _budgetMaxNinths() private view returns (uint256) {
        return scaled(Constants.STOP_BUCKET_SECONDS) * Constants.STOP_REFILL_DIVISOR;
    }

    function _onlyAuthority(Stop kind) private view {
        address authority = kind == Stop.Pause ? PAUSER : DISPUTER;
        if (msg.sender != authority) revert NotAuthority(msg.sender, authority);
    }
}
