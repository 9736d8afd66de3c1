// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

// Every number of the protocol, once. `node/protocol/constants.ts` is generated from this file by the build: every `uint256`
// constant is exported there as a bigint; addresses and one-byte codes live in the codecs and are compared by the shared vectors.
// Durations are in seconds of the mainnet profile; `Clock.scaled` is the one place where a devnet divides them.
// Sources: node/protocol/SPEC.md for bytes and caps, the protocol design for delays.

/// @title Constants of protocol version 1.
library Constants {
    // Identities (SPEC 1).
    uint8 internal constant STATEMENT_VERSION = 1;
    uint256 internal constant SPEC_ID = 1;
    uint256 internal constant DEVNET_L1_CHAIN_ID = 31_337;
    uint256 internal constant DEVNET_L2_CHAIN_ID = 531_337;
    address internal constant ALIAS_OFFSET = 0x1111000000000000000000000000000000001111;
    address internal constant MESSAGE_PASSER = 0x4b657966616c6c00000000000000000000000001;
    address internal constant L2_BRIDGE = 0x4b657966616c6c00000000000000000000000002;
    address internal constant EXIT_REGISTRY = 0x4B657966616C6c00000000000000000000000003;
    /// @dev EIP-2935: hashes of the last 8191 blocks, by number, in state. The same address on L1 and L2.
    address internal constant HISTORY_STORAGE = 0x0000F90827F1C53a10cb7A02335B175320002935;
    address internal constant FEE_VAULT = 0x4b657966616C6c00000000000000000000000004;
    address internal constant BRIDGED_ERC20 = 0x4b657966616c6C00000000000000000000000005;
    address internal constant BRIDGED_ERC721 = 0x4b657966616C6c00000000000000000000000006;
    address internal constant BRIDGED_ERC1155 = 0x4b657966616c6C00000000000000000000000007;
    /// @dev Sender of the Vault's messages on L2: no L2 code, and so no genesis, depends on where the Vault stands on L1.
    address internal constant VAULT_SENDER = 0x4b657966616C6C00000000000000000000000008;

    // Messages (SPEC 2).
    uint8 internal constant MESSAGE_VERSION = 1;
    uint8 internal constant MESSAGE_CALL = 1;
    uint8 internal constant MESSAGE_CREATE = 2;
    uint8 internal constant MESSAGE_SIGNED = 3;
    uint256 internal constant MAX_MESSAGE_ZKGAS = 10_000_000;
    uint256 internal constant MAX_MESSAGE_DATA_BYTES = 100_000;
    uint256 internal constant MAX_CREATE_DATA_BYTES = 49_152;
    uint256 internal constant INTRINSIC_GAS = 21_000;
    uint256 internal constant INTRINSIC_GAS_PER_BYTE = 40;
    uint256 internal constant INTRINSIC_CREATE_GAS = 32_000;
    uint256 internal constant INTRINSIC_INIT_WORD_GAS = 2;

    // Price of a message (SPEC 2).
    uint256 internal constant MESSAGE_BASE_GAS = 350_000;
    uint256 internal constant MIN_PRICED_BASE_FEE_WEI = 2 gwei;
    uint256 internal constant MESSAGE_ZKGAS_PRICE_WEI = 0.05 gwei;
    uint256 internal constant BACKLOG_DOUBLING_ZKGAS = 1_100_000_000;
    uint256 internal constant MAX_BACKLOG_DOUBLINGS = 12;
    uint256 internal constant BACKLOG_READ_GAS = 50_000;

    // Bridge messages (SPEC 11): gas of the Vault's own calls, fixed by the spec.
    uint256 internal constant BRIDGE_MESSAGE_GAS = 400_000;
    uint256 internal constant BRIDGE_MESSAGE_SURCHARGE = 20_000;
    /// @dev What the L2 bridge keeps back from crediting a deposit, to record a claim if that fails.
    uint256 internal constant BRIDGE_CLAIM_RESERVE_GAS = 60_000;

    // Batches and blocks (SPEC 5, 6, 7).
    uint8 internal constant MODE_OPERATING = 1;
    uint8 internal constant MODE_ENFORCED = 2;
    uint8 internal constant PAYLOAD_NONE = 0;
    uint8 internal constant PAYLOAD_CALLDATA = 1;
    uint256 internal constant MAX_PAYLOAD_BYTES = 120_000;
    uint256 internal constant MAX_BATCH_BLOCKS = 1_800;
    uint256 internal constant MAX_BLOCK_ZKGAS = 10_000_000;
    uint256 internal constant MAX_BATCH_ZKGAS = 15_000_000;
    uint256 internal constant MAX_BATCH_MESSAGE_ZKGAS = 10_000_000;
    uint256 internal constant BLOCK_GAS_LIMIT = 10_000_000;
    uint256 internal constant MIN_BASE_FEE_WEI = 1_000_000;
    uint256 internal constant GENESIS_BASE_FEE_WEI = 1 gwei;
    uint256 internal constant MAX_ORIGIN_LEAD_SECONDS = 30 minutes;
    uint256 internal constant FEE_SCALAR_UNIT = 1_000_000;
    uint256 internal constant GENESIS_DATA_FEE_SCALAR = 1_000_000;
    uint256 internal constant GENESIS_SURCHARGE_SCALAR = 1_000_000;

    // Delays in T.
    uint256 internal constant FORCED_INCLUSION_DELAY_SECONDS = 1 days;
    uint256 internal constant PROOF_DEADLINE_SECONDS = 2 days;
    uint256 internal constant ZK_ALONE_DELAY_SECONDS = 3 days;
    uint256 internal constant ENFORCED_TRIGGER_SECONDS = 7 days;
    uint256 internal constant FIRST_SKIP_WAIT_SECONDS = 5 days;
    uint256 internal constant NEXT_SKIP_WAIT_SECONDS = 1 days;
    uint256 internal constant SKIP_NOTICE_SECONDS = 12 hours;
    uint256 internal constant RETURN_WAIT_SECONDS = 1 days;
    uint256 internal constant RETURN_AFTER_SKIP_SECONDS = 14 days;
    uint256 internal constant FREEZE_DELAY_SECONDS = 30 days;
    uint256 internal constant ZK_ALONE_PENALTY_SECONDS = 30 days;
    uint256 internal constant SPEC_NOTICE_SECONDS = 7 days;
    uint256 internal constant FEE_CONFIG_INTERVAL_SECONDS = 30 days;
    uint256 internal constant TRIP_LANE_AGE_SECONDS = 90 days;
    uint256 internal constant TRIP_LENGTH_SECONDS = 30 days;
    uint256 internal constant SEAT_AUCTION_AFTER_SECONDS = 30 days;
    uint256 internal constant SEAT_AUCTION_LENGTH_SECONDS = 7 days;

    // Lengths in wall time.
    uint256 internal constant MAX_TIMESTAMP_LAG_SECONDS = 3 days;
    uint256 internal constant ENFORCED_INTERVAL_SECONDS = 1 hours;
    uint256 internal constant PAUSE_LENGTH_SECONDS = 3 days;
    uint256 internal constant DISPUTE_LENGTH_SECONDS = 7 days;

    // Clock: the budget of stops, and how many seconds of running T give one second of it back.
    uint256 internal constant STOP_BUCKET_SECONDS = 10 days;
    uint256 internal constant STOP_REFILL_DIVISOR = 9;

    // Lanes (SPEC 9).
    uint8 internal constant ANSWER_ZK = 1;
    uint8 internal constant ANSWER_ATTESTERS = 2;
    uint256 internal constant MIN_ATTESTERS = 5;
    uint256 internal constant MAX_ENABLED_LANES = 8;
    uint256 internal constant MAX_LANES = 128;
    bytes32 internal constant PROFILE_MAINNET = "MAINNET";
    bytes32 internal constant PROFILE_TEST = "TEST";

    // Operator's seat: the first bid, how much a later one must be above the last in percent, and what an entry into Enforced costs.
    uint256 internal constant SEAT_MIN_BID_WEI = 10 ether;
    uint256 internal constant SEAT_BID_STEP_PERCENT = 110;
    uint256 internal constant SEAT_FORFEIT_DIVISOR = 2;

    // Prover reserve: what a proof is taken to cost on L1, and how far above that and the fees an Enforced proof is paid.
    uint256 internal constant PROOF_VERIFICATION_GAS = 7_000_000;
    uint256 internal constant TOP_UP_TARGET_PERCENT = 120;
    uint256 internal constant TOP_UP_GROWTH_PERCENT = 125;
    uint256 internal constant TOP_UP_GROWTH_EVERY_SECONDS = 6 hours;
    uint256 internal constant TOP_UP_MAX_FACTOR = 10;
    uint256 internal constant TOP_UP_HEAD_AGE_SECONDS = 12 hours;
    uint256 internal constant TOP_UP_DAILY_DIVISOR = 50;
    uint256 internal constant BASE_FEE_WINDOW_SECONDS = 7 days;
    uint256 internal constant DAY_SECONDS = 1 days;

    // Fee scalars: one change moves them by at most this many percent, and never above this many times their genesis values.
    uint256 internal constant FEE_CONFIG_STEP_PERCENT = 25;
    uint256 internal constant FEE_CONFIG_CEILING_FACTOR = 4;

    // Assets (SPEC 10).
    uint8 internal constant ASSET_ETH = 0;
    uint8 internal constant ASSET_ERC20 = 1;
    uint8 internal constant ASSET_ERC721 = 2;
    uint8 internal constant ASSET_ERC1155 = 3;

    // Guarded launch: the cap of the ETH escrow times this in stage Mature; no cap when Ossified.
    uint256 internal constant MATURE_CAP_FACTOR = 10;

    // Vault: a payment is tried only with this much gas left, so that whoever relays it cannot starve it into a credit.
    /// @dev An asset that holds less than is recorded by at most this share of it is rounded, not short: one millionth.
    uint256 internal constant DUST_SHARE = 1_000_000;
    uint256 internal constant MIN_PUSH_GAS = 150_000;
    /// @dev EscapeHatch: what one of several payments is given at least, the Vault's own work included; with less nothing is tried.
    uint256 internal constant RELEASE_GAS = 350_000;

    // Governance: votes, in T; shares of the token's supply in hundredths of a percent.
    uint256 internal constant VOTING_DELAY_SECONDS = 2 days;
    uint256 internal constant VOTING_PERIOD_SECONDS = 7 days;
    uint256 internal constant LATE_QUORUM_SECONDS = 2 days;
    uint256 internal constant PROPOSAL_THRESHOLD_BASIS = 50;
    uint256 internal constant QUORUM_BASIS = 400;
    uint256 internal constant WHOLE_BASIS = 10_000;

    // Upgrades, in T. The exit window is the sum of the EXIT parts, E and Z: 15 days.
    uint256 internal constant EXIT_ENQUEUE_SECONDS = 12 hours;
    uint256 internal constant EXIT_ENTER_SECONDS = 12 hours;
    uint256 internal constant EXIT_PROVE_SECONDS = 3 days;
    uint256 internal constant EXIT_CLAIM_SECONDS = 1 days;
    uint256 internal constant MIN_NET_EXIT_SECONDS = 30 days;
    uint256 internal constant MIN_UPGRADE_DELAY_SECONDS = 45 days;
    uint256 internal constant UPGRADE_DELAY_SECONDS = 48 days;
    /// @dev No deployment is made unchangeable by a slip of its delay, and every eta fits its 40 bits. A year: what ossifying takes.
    uint256 internal constant MAX_UPGRADE_DELAY_SECONDS = 365 days;
    uint256 internal constant OPERATOR_CHANGE_DELAY_SECONDS = 7 days;
    uint256 internal constant UPGRADE_GRACE_SECONDS = 14 days;
    uint256 internal constant UPGRADE_EXTENSION_SECONDS = 3 days;
    uint256 internal constant MAX_UPGRADE_EXTENSION_SECONDS = 74 days;
    uint256 internal constant GUARD_MESSAGE_AGE_SECONDS = 14.5 days;
    uint256 internal constant GUARD_SETTLED_SECONDS = 1 days;
    uint256 internal constant MIN_SPEC_ACTIVATION_SECONDS = 7 days;
    /// @dev A moment that is further off than anyone plans is a slip, or a number meant to be cut to a near one.
    uint256 internal constant MAX_SPEC_ACTIVATION_SECONDS = 365 days;
    uint256 internal constant TRIPPED_PUBLIC_SECONDS = 7 days;
    /// @dev Wall time from the deployment: the council's power to expedite ends at the latest then.
    uint256 internal constant MAX_SUNSET_SECONDS = 730 days;

    // SecurityCouncil. Pause interval in wall time, challenges in T.
    uint256 internal constant MIN_COUNCIL_MEMBERS = 8;
    /// @dev Bounds the gas of a change of members, and of looking one up.
    uint256 internal constant MAX_COUNCIL_MEMBERS = 24;
    uint256 internal constant MIN_COUNCIL_THRESHOLD = 6;
    uint256 internal constant MIN_COUNCIL_EXTERNAL = 3;
    uint256 internal constant VETO_QUORUM = 5;
    uint256 internal constant PAUSE_QUORUM = 4;
    uint256 internal constant PAUSE_INTERVAL_SECONDS = 90 days;
    uint256 internal constant CHALLENGE_ANSWER_SECONDS = 30 days;
    uint256 internal constant CHALLENGE_INTERVAL_SECONDS = 90 days;

    // Bounty and maturity, in T. Training counts half of the guarded cap for 90 days: what a thief could have had. Mature counts ten times
    // as much for a year, so that renting the value costs a whale more than a bug found later is worth keeping secret.
    uint256 internal constant BOUNTY_FULL_AGE_SECONDS = 90 days;
    uint256 internal constant OBSERVATION_DAY_SECONDS = 1 days;
    uint256 internal constant MATURE_COUNTED_CAP_WEI = 500 ether;
    uint256 internal constant MATURE_VALUE_DAYS = 90;
    uint256 internal constant MATURE_BATCH_DAYS = 90;
    uint256 internal constant MATURE_LANE_AGE_SECONDS = 90 days;
    uint256 internal constant OSSIFIED_COUNTED_CAP_WEI = 5_000 ether;
    uint256 internal constant OSSIFIED_VALUE_DAYS = 365;
    uint256 internal constant OSSIFIED_BATCH_DAYS = 365;
    uint256 internal constant OSSIFIED_LANE_AGE_SECONDS = 365 days;
    uint256 internal constant OSSIFIED_NOTICE_SECONDS = 60 days;
}
