// L1 as the core sees it: verified blocks with the decoded logs of the Inbox, the Rollup and the Lifecycle.
//
// Owns: the types that node/l1's reader produces and node/pipeline consumes. Does not own: reading, verification,
// decoding (node/l1).
// Invariant: blocks handed to the core are consecutive and verified (header hash, receipts root, parent hash); `records`
// hold every relevant log of the block in log order, and nothing else.

import type { ChainPhase, CommitRecord, L1Reference, MessageRecord } from '../store/records.ts';

/** One relevant log. Outputs and lanes are kept as bytes: the node only follows them, it does not judge them. */
export type L1Record =
  | { kind: 'message'; message: MessageRecord }
  | { kind: 'commit'; commit: CommitRecord }
  | { kind: 'finalized'; batchIndex: bigint; lastHash: Uint8Array; stateRoot: Uint8Array; lastNumber: bigint; inboxTo: bigint }
  /** Batches [from, to] were dropped. */
  | { kind: 'dropped'; from: bigint; to: bigint }
  /** The Lifecycle entered a phase, or went back to Operating. */
  | { kind: 'phase'; phase: ChainPhase }
  /** Messages [from, to) will never be executed. */
  | { kind: 'skipped'; from: bigint; to: bigint };

export interface L1Block extends L1Reference {
  parentHash: Uint8Array;
  timestamp: bigint;
  baseFeeWei: bigint;
  records: readonly L1Record[];
}

/** What a reader tells the core; delivered in order, one at a time, each after the previous was persisted. */
export type L1Event =
  /** Consecutive blocks after the cursor; a reader may leave out blocks without records only if they are final on L1. */
  | { kind: 'l1-advanced'; blocks: readonly L1Block[] }
  /** The followed chain no longer contains the cursor; `ancestor` is the newest followed block it still contains. */
  | { kind: 'l1-reorged'; ancestor: L1Reference }
  | { kind: 'l1-finalized'; block: L1Reference }
  /** The endpoint is unreachable, lags or contradicts itself; following stands still. undefined = it recovered. */
  | { kind: 'l1-trouble'; reason: string | undefined };

/** The reader as the driver sees it. */
export interface L1Source {
  /**
   * The next event after the cursor; waits until there is one. `known(number)` is the hash the node followed at that
   * height, or undefined below the oldest it kept: by it the reader finds the common ancestor.
   */
  next(cursor: L1Reference, known: (number: bigint) => Uint8Array | undefined, signal: AbortSignal): Promise<L1Event>;
}
