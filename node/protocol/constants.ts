/**
 * Protocol numbers, generated from contracts/src/libraries/Constants.sol by the contracts' build. Do not edit.
 */
export const MAX_MESSAGE_ZKGAS = 10_000_000n;
export const MAX_MESSAGE_DATA_BYTES = 100_000n;
export const MAX_CREATE_DATA_BYTES = 49_152n;
export const MESSAGE_BASE_GAS = 350_000n;
export const MIN_PRICED_BASE_FEE_WEI = 2_000_000_000n;
export const MESSAGE_ZKGAS_PRICE_WEI = 50_000_000n;
export const BACKLOG_DOUBLING_ZKGAS = 1_100_000_000n;
export const MAX_BACKLOG_DOUBLINGS = 12n;
export const BLOCK_GAS_LIMIT = 10_000_000n;
export const MAX_BLOCK_ZKGAS = 10_000_000n;
export const MAX_BATCH_ZKGAS = 15_000_000n;
export const MAX_BATCH_MESSAGE_ZKGAS = 10_000_000n;
export const MAX_PAYLOAD_BYTES = 120_000n;
export const MAX_BATCH_BLOCKS = 1_800n;
export const MIN_BASE_FEE_WEI = 1_000_000n;
export const GENESIS_BASE_FEE_WEI = 1_000_000_000n;
export const MAX_ORIGIN_LEAD_SECONDS = 1_800n;
export const FORCED_INCLUSION_DELAY_SECONDS = 86_400n;
export const PROOF_DEADLINE_SECONDS = 172_800n;
export const ZK_ALONE_DELAY_SECONDS = 259_200n;
export const ENFORCED_TRIGGER_SECONDS = 604_800n;
export const MAX_TIMESTAMP_LAG_SECONDS = 259_200n;
export const PAUSE_LENGTH_SECONDS = 259_200n;
export const DISPUTE_LENGTH_SECONDS = 604_800n;
export const STOP_BUCKET_SECONDS = 864_000n;
