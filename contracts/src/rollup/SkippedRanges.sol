// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ILifecycle} from "../interfaces/ILifecycle.sol";

// The part of the Lifecycle that keeps what was skipped. Owns the sorted list of ranges; the newest end and the number of ranges share a
// word with the phase, so that a chain that skipped nothing, or long ago, pays one read for asking.
// Invariants: ranges are ascending and never adjacent; a skipped message stays skipped.

/// @title The skipped ranges of the Lifecycle.
abstract contract SkippedRanges is ILifecycle {
    Phase internal _phase = Phase.Operating;
    uint32 private _count;
    uint64 private _end;
    mapping(uint256 position => SkippedRange) private _ranges;

    /// @inheritdoc ILifecycle
    function phase() external view returns (Phase) {
        return _phase;
    }

    /// @inheritdoc ILifecycle
    function skippedRangeCount() external view returns (uint256) {
        return _count;
    }

    /// @inheritdoc ILifecycle
    function skippedRange(uint256 position) external view returns (SkippedRange memory) {
        if (position >= _count) revert NoSuchRange(position, _count);
        return _ranges[position];
    }

    /// @inheritdoc ILifecycle
    function isSkipped(uint64 index) external view returns (bool) {
        return _nextUnskipped(index) != index;
    }

    /// @inheritdoc ILifecycle
    function nextUnskipped(uint64 index) external view returns (uint64) {
        return _nextUnskipped(index);
    }

    /// @inheritdoc ILifecycle
    function nextSkippedFrom(uint64 index) public view returns (uint64) {
        if (index >= _end) return type(uint64).max;
        return _ranges[_firstEndingAfter(index)].from;
    }

    function _nextUnskipped(uint64 index) internal view returns (uint64) {
        if (index >= _end) return index;
        SkippedRange storage found = _ranges[_firstEndingAfter(index)];
        return found.from <= index ? found.to : index;
    }

    /// @dev Adds a range that overlaps none, joined with those that it touches. Only ranges of messages that are not settled lie behind it, and
    /// those are of few episodes.
    function _insert(uint64 from, uint64 to) internal {
        uint256 count = _count;
        uint256 position = count;
        while (position != 0 && _ranges[position - 1].from >= to) --position;
        bool touchesLeft = position != 0 && _ranges[position - 1].to == from;
        bool touchesRight = position != count && _ranges[position].from == to;
        if (touchesLeft && touchesRight) {
            _ranges[position - 1].to = _ranges[position].to;
            for (uint256 i = position; i + 1 < count; ++i) _ranges[i] = _ranges[i + 1];
            delete _ranges[--count];
        } else if (touchesLeft) {
            _ranges[position - 1].to = to;
        } else if (touchesRight) {
            _ranges[position].from = from;
        } else {
            for (uint256 i = count; i > position; --i) _ranges[i] = _ranges[i - 1];
            _ranges[position] = SkippedRange(from, to);
            ++count;
        }
        _count = uint32(count);
        _end = _ranges[count - 1].to;
    }

    /// @dev There is one: asked only for an index before the last end.
    function _firstEndingAfter(uint64 index) private view returns (uint256 low) {
        uint256 high = _count - 1;
        while (low < high) {
            uint256 middle = (low + high) / 2;
            if (_ranges[middle].to > index) high = middle;
            else low = middle + 1;
        }
    }
}
