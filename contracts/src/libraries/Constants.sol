// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

// Every number of the protocol, once. `node/protocol/constants.ts` is generated from this file by the build: a constant is
// exported exactly if it is a literal, a product or sum of literals, or refers to one above it.
// Durations are in seconds of the mainnet profile; `Clock.scaled` is the one place where a devnet divides them.
// Sources: node/protocol/SPEC.md for bytes and caps, the protocol design for delays.

/// @title Constants of protocol version 1.
library Constants {
    uint256 internal constant PROTOCOL_VERSION = 1;
    uint256 internal constant SPEC_ID = 1;

    // Identities (SPEC 1).
    uint256 internal constant DEVNET_L1_CHAIN_ID = 31_337;
    uint256 internal constant DEVNET_L2_CHAIN_ID = 531_337;
    address internal constant ALIAS_OFFSET = 0x1111000000000000000000000000000000001111;
    address internal constant MESSAGE_PASSER = 0x4b657966616c6c00000000000000000000000001;
    address internal constant L2_BRIDGE = 0x4b657966616c6c00000000000000000000000002;
    address internal constant EXIT_REGISTRY = 0x4B657966616C6c00000000000000000000000003;
    address internal constant FEE_VAULT = 0x4b657966616C6c00000000000000000000000004;
    address internal constant BRIDGED_ERC20 = 0x4b657966616c6C00000000000000000000000005;
    address internal constant BRIDGED_ERC721 = 0x4b657966616C6c00000000000000000000000006;
    address internal constant BRIDGED_ERC1155 = 0x4b657966616c6C00000000000000000000000007;
    /// @dev Sender of the Vault's messages on L2, so that no L2 code, and thus no genesis, depends on where the Vault stands.
    address internal constant VAULT_SENDER = 0x4b657966616C6C00000000000000000000000008;
    address internal constant HISTORY_STORAGE = 0x0000F90827F1C53a10cb7A02335B175320002935;

    // Messages (SPEC 2).
    uint8 internal constant MESSAGE_VERSION = 1;
    uint8 internal constant MESSAGE_CALL = 1;
    uint8 internal constant MESSAGE_CREATE = 2;
    uint8 internal constant MESSAGE_SIGNED = 3;
    uint256 internal constant MESSAGE_HEADER_BYTES = 130;
    uint256 internal constant MESSAGE_DATA_MAX_BYTES = 100_000;
    uint256 internal constant INIT_CODE_MAX_BYTES = 49_152;
    uint256 internal constant MESSAGE_ZK_GAS_MAX = 10_000_000;
    uint256 internal constant INTRINSIC_GAS = 21_000;
    uint256 internal constant INTRINSIC_GAS_PER_BYTE = 40;
    uint256 internal constant CREATE_GAS = 32_000;
    uint256 internal constant INIT_CODE_WORD_GAS = 2;

    // Price of a message (SPEC 2).
    uint256 internal constant PRICE_BASE_GAS = 350_000;
    uint256 internal constant PRICE_BASE_FEE_MIN_WEI = 2 gwei;
    uint256 internal constant PRICE_PER_ZK_GAS_WEI = 0.05 gwei;
    uint256 internal constant PRICE_BACKLOG_STEP_ZK_GAS = 1_100_000_000;
    uint256 internal constant PRICE_DOUBLINGS_MAX = 12;
    uint256 internal constant BACKLOG_READ_GAS = 50_000;

    // Bridge messages (SPEC 11): gas of the Vault's own calls, fixed by the spec.
    uint64 internal constant BRIDGE_MESSAGE_GAS = 600_000;
    uint64 internal constant BRIDGE_MESSAGE_SURCHARGE = 100_000;
    uint256 internal constant METADATA_FIELD_MAX_BYTES = 32;

    // Batches and blocks (SPEC 5, 6, 7).
    uint8 internal constant MODE_OPERATING = 1;
    uint8 internal constant MODE_ENFORCED = 2;
    uint8 internal constant PAYLOAD_NONE = 0;
    uint8 internal constant PAYLOAD_CALLDATA = 1;
    uint256 internal constant PAYLOAD_MAX_BYTES = 120_000;
    uint256 internal constant BATCH_BLOCKS_MAX = 1_800;
    uint256 internal constant BLOCK_ZK_GAS_MAX = 10_000_000;
    uint256 internal constant BATCH_ZK_GAS_MAX = 15_000_000;
    uint256 internal constant BATCH_MESSAGES_ZK_GAS_MAX = 10_000_000;
    uint256 internal constant L2_GAS_LIMIT = 10_000_000;
    uint256 internal constant L2_BASE_FEE_MIN_WEI = 1_000_000;
    uint256 internal constant L2_BASE_FEE_GENESIS_WEI = 1 gwei;
    uint256 internal constant ORIGIN_AGE_MAX_SECONDS = 1_800;
    uint256 internal constant FEE_SCALAR_UNIT = 1_000_000;
    uint256 internal constant DATA_FEE_SCALAR_GENESIS = 1_000_000;
    uint256 internal constant SURCHARGE_SCALAR_GENESIS = 1_000_000;
    uint256 internal constant DATA_GAS_PER_TOKEN = 10;

    // Delays, in seconds of T unless the name says wall.
    uint256 internal constant INCLUDE_SECONDS = 1 days;
    uint256 internal constant PROVE_SECONDS = 2 days;
    uint256 internal constant ZK_ALONE_SECONDS = 3 days;
    uint256 internal constant ENFORCED_SECONDS = 7 days;
    uint256 internal constant BATCH_AGE_MAX_WALL_SECONDS = 3 days;

    // Clock.
    uint256 internal constant PAUSE_WALL_SECONDS = 3 days;
    uint256 internal constant DISPUTE_WALL_SECONDS = 7 days;
    uint256 internal constant STOP_BUDGET_SECONDS = 10 days;
    /// @dev The budget gets back one second per this many seconds of running T: 1/9 day per day.
    uint256 internal constant STOP_REFILL_DIVISOR = 9;

    // Lanes (SPEC 9).
    uint8 internal constant ANSWER_ZK = 1;
    uint8 internal constant ANSWER_ATTESTERS = 2;
    uint256 internal constant ATTESTERS_MIN = 5;
    bytes32 internal constant PROFILE_MAINNET = "MAINNET";
    bytes32 internal constant PROFILE_TEST = "TEST";

    // Assets (SPEC 10).
    uint8 internal constant ASSET_ETH = 0;
    uint8 internal constant ASSET_ERC20 = 1;
    uint8 internal constant ASSET_ERC721 = 2;
    uint8 internal constant ASSET_ERC1155 = 3;

    // Vault.
    /// @dev A push that had less than this left is refused instead of being recorded as failed: a relayer must not be able to
    /// turn a payment into a credit by starving it.
    uint256 internal constant PUSH_GAS_MIN = 150_000;
}
