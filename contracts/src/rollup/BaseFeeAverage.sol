// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IClock} from "../interfaces/IClock.sol";
import {IProverReserve} from "../interfaces/IProverReserve.sol";
import {Constants} from "../libraries/Constants.sol";

// The L1 base fee over the last 7 days of wall time. Owns the observations. Between two of them the lower of both counts, so that one who
// observes at a peak raises nothing; who wants it higher observes often, and it then is what was really paid.
// Invariant: the average is never above what an observer at both ends of each interval saw.

/// @title A base fee nobody picks.
abstract contract BaseFeeAverage is IProverReserve {
    /// @dev `sum` of base fee times seconds until `time`.
    struct Observation {
        uint40 time;
        uint216 sum;
    }

    /// @inheritdoc IProverReserve
    address public immutable CLOCK;
    uint256 private immutable WINDOW;

    Observation[] private _observations;
    uint256 private _lastBaseFeeWei;

    constructor(address clock) {
        CLOCK = clock;
        WINDOW = IClock(clock).scaled(Constants.BASE_FEE_WINDOW_SECONDS);
        _observations.push(Observation(uint40(block.timestamp), 0));
        _lastBaseFeeWei = block.basefee;
    }

    function _observe() internal {
        (uint256 time, uint256 sum) = _now();
        if (time == _observations[_observations.length - 1].time) return;
        _observations.push(Observation(uint40(time), uint216(sum)));
        _lastBaseFeeWei = block.basefee;
        emit BaseFeeObserved(block.basefee);
    }

    function _average() internal view returns (uint256) {
        (uint256 time, uint256 sum) = _now();
        uint256 first = _observations[0].time;
        if (time == first) return block.basefee;
        uint256 start = time > first + WINDOW ? time - WINDOW : first;
        return (sum - _sumAt(start, time, sum)) / (time - start);
    }

    function _now() private view returns (uint256 time, uint256 sum) {
        Observation memory last = _observations[_observations.length - 1];
        time = block.timestamp;
        uint256 low = block.basefee < _lastBaseFeeWei ? block.basefee : _lastBaseFeeWei;
        sum = last.sum + low * (time - last.time);
    }

    /// @dev On the line between the observations around `at_`, the last of which may be now.
    function _sumAt(uint256 at_, uint256 time, uint256 sum) private view returns (uint256) {
        uint256 low = 0;
        uint256 high = _observations.length - 1;
        while (low < high) {
            uint256 middle = (low + high + 1) / 2;
            if (_observations[middle].time <= at_) low = middle;
            else high = middle - 1;
        }
        Observation memory before = _observations[low];
        bool isLast = low + 1 == _observations.length;
        uint256 nextTime = isLast ? time : _observations[low + 1].time;
        uint256 nextSum = isLast ? sum : _observations[low + 1].sum;
        if (nextTime == before.time) return before.sum;
        return before.sum + (nextSum - before.sum) * (at_ - before.time) / (nextTime - before.time);
    }
}
