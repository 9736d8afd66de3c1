// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

// One word of sums over a prefix of the Inbox. The same layout serves twice: as the Inbox's head (tag = number of messages, mark =
// bound on the backlog) and as the stored record of one message (tag = its time, mark = 1 if its sender is aliased). Packed by
// hand so that a message costs one write of each: this is most of what a forced transaction costs on L1.
//
//      255   232 231  192 191     152 151   96 95        0
//      [ mark 24 | tag 40 | baseFee 40 | zkGas 56 | mint 96 ]
//
// Widths: mint to 79 billion ETH; zkGas to 7 billion messages of the largest size; base fees to 5 * 10^10 messages at 20 gwei.

type Sums is uint256;

/// @title Packed sums over messages.
library MessageSums {
    error SumOverflow(uint256 sum, uint256 maximum);

    uint256 private constant MINT_MAX = type(uint96).max;
    uint256 private constant ZK_GAS_MAX = type(uint56).max;
    uint256 private constant BASE_FEE_MAX = type(uint40).max;
    uint256 internal constant TAG_MAX = type(uint40).max;
    uint256 internal constant MARK_MAX = type(uint24).max;
    uint256 private constant SUMS_MASK = type(uint192).max;

    function mintWei(Sums self) internal pure returns (uint256) {
        return Sums.unwrap(self) & MINT_MAX;
    }

    function zkGas(Sums self) internal pure returns (uint256) {
        return (Sums.unwrap(self) >> 96) & ZK_GAS_MAX;
    }

    function baseFeeGwei(Sums self) internal pure returns (uint256) {
        return (Sums.unwrap(self) >> 152) & BASE_FEE_MAX;
    }

    function tag(Sums self) internal pure returns (uint256) {
        return (Sums.unwrap(self) >> 192) & TAG_MAX;
    }

    function mark(Sums self) internal pure returns (uint256) {
        return Sums.unwrap(self) >> 232;
    }

    /// @notice Adds one message to the sums; tag and mark become zero.
    function add(Sums self, uint256 addedMint, uint256 addedZkGas, uint256 addedBaseFee) internal pure returns (Sums) {
        uint256 mint = mintWei(self) + addedMint;
        uint256 gas = zkGas(self) + addedZkGas;
        uint256 fees = baseFeeGwei(self) + addedBaseFee;
        if (mint > MINT_MAX) revert SumOverflow(mint, MINT_MAX);
        if (gas > ZK_GAS_MAX) revert SumOverflow(gas, ZK_GAS_MAX);
        // Only pay is counted by it, so it must never be what closes the Inbox.
        if (fees > BASE_FEE_MAX) fees = BASE_FEE_MAX;
        return Sums.wrap(mint | (gas << 96) | (fees << 152));
    }

    /// @notice The same sums with another tag and mark, which must fit.
    function tagged(Sums self, uint256 newTag, uint256 newMark) internal pure returns (Sums) {
        if (newTag > TAG_MAX) revert SumOverflow(newTag, TAG_MAX);
        if (newMark > MARK_MAX) revert SumOverflow(newMark, MARK_MAX);
        return Sums.wrap((Sums.unwrap(self) & SUMS_MASK) | (newTag << 192) | (newMark << 232));
    }
}
