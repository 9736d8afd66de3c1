// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ILifecycle} from "../../src/interfaces/ILifecycle.sol";

// What the hatch and the Vault read of a Lifecycle, said by a test: phase, what was pinned, what was skipped. Says what they do with the
// answers, not that the answers are right; the Lifecycle's own tests say that.

contract ScriptedLifecycle {
    ILifecycle.Phase public phase = ILifecycle.Phase.Operating;
    bytes32 public pinnedRoot;
    uint64 public pinnedSettledIndex;
    uint64 public pinnedTimestamp;
    ILifecycle.SkippedRange[] private ranges;

    function enter(ILifecycle.Phase next) external {
        phase = next;
    }

    function freeze(bytes32 root, uint64 settledIndex, uint64 timestamp) external {
        phase = ILifecycle.Phase.Frozen;
        pinnedRoot = root;
        pinnedSettledIndex = settledIndex;
        pinnedTimestamp = timestamp;
    }

    /// @dev In ascending order, as the real one keeps them.
    function skip(uint64 from, uint64 to) external {
        ranges.push(ILifecycle.SkippedRange(from, to));
    }

    function skippedRangeCount() external view returns (uint256) {
        return ranges.length;
    }

    function skippedRange(uint256 position) external view returns (ILifecycle.SkippedRange memory) {
        return ranges[position];
    }

    function isSkipped(uint64 index) external view returns (bool) {
        for (uint256 i = 0; i < ranges.length; ++i) {
            if (index >= ranges[i].from && index < ranges[i].to) return true;
        }
        return false;
    }

    /// @dev What the Rollup asks with each commit and each finalization.
    function operatingRange(uint64 start, uint64) external view returns (uint64) {
        return nextUnskipped(start);
    }

    function nextUnskipped(uint64 index) public view returns (uint64) {
        for (uint256 i = 0; i < ranges.length; ++i) {
            if (index >= ranges[i].from && index < ranges[i].to) return ranges[i].to;
        }
        return index;
    }
}
