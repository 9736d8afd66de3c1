// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

// The law by which a frozen chain pays one asset, as the TypeScript model states it (test/sim/protocol/exitRatio.ts), with which it is
// compared. Whoever withdrew before and was paid counts on neither side; a chain that paid more than the pinned root burned pays the rest
// of its claims less than in full, everyone the same part.

/// @title Ratio of frozen payouts.
library ExitRatio {
    /// @param minted deposits that L2 executed, by the pinned settled index
    /// @param burned withdrawals that L2 sent, by the pinned root
    /// @param paid withdrawals that L1 paid
    /// @return available minted - paid: escrow beyond the deposits that are refunded
    /// @return claims what L2 holds, and what it sent and was not paid
    function of_(uint256 minted, uint256 burned, uint256 paid) internal pure returns (uint256 available, uint256 claims) {
        available = Math.saturatingSub(minted, paid);
        claims = Math.saturatingAdd(Math.saturatingSub(minted, burned), Math.saturatingSub(burned, paid));
    }

    /// @notice What a claim of `amount` is paid, rounded down.
    function payout(uint256 amount, uint256 available, uint256 claims) internal pure returns (uint256) {
        return available >= claims ? amount : Math.mulDiv(amount, available, claims);
    }
}
