// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title Constants
/// @notice Every protocol number, once. `node/protocol/constants.ts` is generated from this file by the contracts' build.
/// @dev Owns numbers and their reasons; owns no logic. Durations are in seconds of the `mainnet` profile: contracts divide them by the
/// deployment's time scale. Sections refer to node/protocol/SPEC.md and the design page 03.
library Constants {
    // Inbox messages (SPEC 2)
    uint64 internal constant MAX_MESSAGE_ZKGAS = 10_000_000;
    uint256 internal constant MAX_MESSAGE_DATA_BYTES = 100_000;
    uint256 internal constant MAX_CREATE_DATA_BYTES = 49_152;
    uint256 internal constant MESSAGE_BASE_GAS = 350_000;
    uint256 internal constant MIN_PRICED_BASE_FEE_WEI = 2 gwei;
    uint256 internal constant MESSAGE_ZKGAS_PRICE_WEI = 0.05 gwei;
    uint64 internal constant BACKLOG_DOUBLING_ZKGAS = 1_100_000_000;
    uint256 internal constant MAX_BACKLOG_DOUBLINGS = 12;

    // L2 blocks and batches (SPEC 5 to 7)
    uint64 internal constant BLOCK_GAS_LIMIT = 10_000_000;
    uint64 internal constant MAX_BLOCK_ZKGAS = 10_000_000;
    uint64 internal constant MAX_BATCH_ZKGAS = 15_000_000;
    uint64 internal constant MAX_BATCH_MESSAGE_ZKGAS = 10_000_000;
    uint256 internal constant MAX_PAYLOAD_BYTES = 120_000;
    uint256 internal constant MAX_BATCH_BLOCKS = 1_800;
    uint256 internal constant MIN_BASE_FEE_WEI = 1_000_000;
    uint256 internal constant GENESIS_BASE_FEE_WEI = 1 gwei;
    uint256 internal constant MAX_ORIGIN_LEAD_SECONDS = 1_800;

    // Delays (03), seconds of the mainnet profile, in T unless said otherwise
    uint64 internal constant FORCED_INCLUSION_DELAY_SECONDS = 1 days;
    uint64 internal constant PROOF_DEADLINE_SECONDS = 2 days;
    uint64 internal constant ZK_ALONE_DELAY_SECONDS = 3 days;
    uint64 internal constant ENFORCED_TRIGGER_SECONDS = 7 days;
    uint64 internal constant MAX_TIMESTAMP_LAG_SECONDS = 3 days;
    uint64 internal constant PAUSE_LENGTH_SECONDS = 3 days;
    uint64 internal constant DISPUTE_LENGTH_SECONDS = 7 days;
    uint64 internal constant STOP_BUCKET_SECONDS = 10 days;
}
