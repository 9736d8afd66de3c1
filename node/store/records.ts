// What the node persists about the chain, as values: blocks, receipts, batches, messages, L1 blocks and the head.
//
// Owns: the record types that pipeline, derivation, batcher and RPC share. Does not own: their bytes (codecs.ts), their
// keys (tables.ts), the state trie (node/execute).
// Invariant: every head is derived from the one HeadRecord; no other record says what is unsafe, safe or final.

import type { MessageRange } from '@keyfall/protocol';
import type { BlockHeader, DroppedMessage, Receipt } from '../execute/api.ts';

/** An L2 block by number and hash. */
export interface BlockReference { number: bigint; hash: Uint8Array }
/** An L1 block by number and hash. */
export interface L1Reference { number: bigint; hash: Uint8Array }
/** The L1 block whose base fee prices the L1 data of a batch (SPEC.md section 7). `timestamp` in seconds. */
export interface Origin extends L1Reference { timestamp: bigint; baseFeeWei: bigint }
/** Parts per million; hashed into the statement as feeConfigHash. */
export interface FeeScalars { dataFeeScalar: bigint; surchargeScalar: bigint }

/** Everything about one L2 block but its transactions and receipts, which have records of their own. */
export interface BlockRecord {
  number: bigint;
  hash: Uint8Array;
  /** RLP of the header; `header` is decoded from it. */
  headerRaw: Uint8Array;
  header: BlockHeader;
  /** Length of the RLP of the whole block in bytes, as `size` in JSON-RPC. */
  sizeBytes: number;
  transactionCount: number;
  /** The batch this block belongs to; genesis is batch 0. */
  batchIndex: bigint;
  /** Undefined for genesis and for blocks of Enforced, which have none. */
  origin: Origin | undefined;
  feeScalars: FeeScalars;
  /** Inbox messages [messagesFrom, messagesTo) are consumed by this block. */
  messagesFrom: bigint;
  messagesTo: bigint;
  dropped: readonly DroppedMessage[];
  zkGasUsed: bigint;
  /** What the batch has used up to and including this block. */
  batchUse: BatchUse;
}

/** Running totals of a batch, so that an interrupted batch continues from its last block alone. */
export interface BatchUse {
  firstBlock: bigint;
  blockCount: number;
  /** Length of the encoded payload, envelope included. */
  payloadBytes: number;
  zkGas: bigint;
  /** Declared zkGas of the messages consumed. */
  declaredZkGas: bigint;
}

/** One transaction as stored: bytes, hash and the sender recovered once. */
export interface StoredTransaction { raw: Uint8Array; hash: Uint8Array; sender: Uint8Array }
/** A receipt without its consensus encoding, which derives from it. */
export type StoredReceipt = Omit<Receipt, 'raw'>;

/** A batch this node closed while sequencing, or derived from L1. */
export interface BatchRecord {
  index: bigint;
  /** Hash of the block before `firstBlock`. */
  parentHash: Uint8Array;
  firstBlock: bigint;
  lastBlock: bigint;
  lastHash: Uint8Array;
  inboxFrom: bigint;
  inboxTo: bigint;
  origin: Origin | undefined;
  feeScalars: FeeScalars;
  zkGasUsed: bigint;
  dropRoot: Uint8Array;
  /** keccak256 of the payload these blocks encode to; for a derived batch, of the payload committed on L1. */
  payloadHash: Uint8Array;
  /** Why the payload counted as empty (SPEC.md section 7); undefined when it was valid. */
  emptiedBecause: string | undefined;
}

/** One inbox message as L1 emitted it. */
export interface MessageRecord {
  index: bigint;
  /** SPEC.md section 2 bytes. */
  raw: Uint8Array;
  /** acc(index + 1). */
  accumulator: Uint8Array;
  l1Number: bigint;
  /** Hash of the L1 transaction that enqueued it, when the reader read it. */
  l1TransactionHash: Uint8Array;
}

/** SPEC.md section 8 inputs as the commit event carries them, with what derivation needs beside them. */
export interface CommitRecord {
  index: bigint;
  parentHash: Uint8Array;
  specId: bigint;
  mode: 1 | 2;
  payloadKind: 0 | 1;
  payloadCommitment: Uint8Array;
  payload: Uint8Array;
  inboxFrom: bigint;
  accFrom: Uint8Array;
  inboxTo: bigint;
  accTo: Uint8Array;
  skipRoot: Uint8Array;
  /** Undefined in Enforced. */
  origin: Origin | undefined;
  feeConfigHash: Uint8Array;
  feeScalars: FeeScalars;
  /** Timestamp of the committing L1 block, seconds. */
  commitTime: bigint;
  l1Number: bigint;
  l1TransactionHash: Uint8Array;
}

/** The Lifecycle's phases, in the order in which they can follow each other. */
export const CHAIN_PHASES = ['operating', 'enforced', 'frozen'] as const;
export type ChainPhase = (typeof CHAIN_PHASES)[number];

/** What the contracts' state was after an L1 block, as far as this node follows it. */
export interface L1Progress {
  /** Messages enqueued so far. */
  inboxCount: bigint;
  /** acc(inboxCount). */
  accumulator: Uint8Array;
  /** Highest committed, not dropped batch. */
  committedBatch: bigint;
  /** Highest batch final in Rollup. */
  finalBatch: bigint;
  phase: ChainPhase;
  /** Messages that no batch will ever execute: sorted, adjacent ranges merged. */
  skipped: readonly MessageRange[];
}

/** One followed L1 block; kept from the L1 finalized block on, so that a reorg of any depth it can have is undone. */
export interface L1BlockRecord {
  number: bigint;
  hash: Uint8Array;
  parentHash: Uint8Array;
  timestamp: bigint;
  baseFeeWei: bigint;
  after: L1Progress;
  /** Commits that this block removed (BatchesDropped, or replaced by a commit at the same index); restored on unwind. */
  displaced: readonly CommitRecord[];
}

/** The single persisted record that every head derives from. */
export interface HeadRecord {
  version: 1;
  /** Tip of the local chain: sequenced or derived. */
  unsafe: BlockReference;
  /** Last block of the last batch that is committed on the followed L1 chain and whose result is the local chain. */
  safe: BlockReference & { batchIndex: bigint };
  /** Last block of a batch final in Rollup on an L1 block that is itself final. */
  finalized: BlockReference & { batchIndex: bigint };
  /** Last closed batch of the local chain; >= safe.batchIndex. */
  closedBatch: bigint;
  /** Last L1 block applied. */
  l1: L1Reference & { timestamp: bigint; baseFeeWei: bigint };
  /** Last L1 block known to be final. */
  l1Finalized: L1Reference;
  /** L1 progress after `l1`. */
  progress: L1Progress;
}
