// What the core asks the driver to do, in order, each completed before the next.
//
// Owns: the types. Does not own: doing it (driver.ts). Every effect is idempotent against the store: doing it again after a
// crash in the middle gives the same store, because each persists in one atomic write with the head record.

import type { BatchRecord, BatchUse, CommitRecord, FeeScalars, HeadRecord, L1BlockRecord, MessageRecord, Origin } from '../store/records.ts';
import type { CoreState } from './state.ts';

/** Records to put and remove together with the new head. Ranges are half open. */
export interface Change {
  head: HeadRecord;
  l1Blocks?: readonly L1BlockRecord[];
  removedL1Blocks?: readonly bigint[];
  messages?: readonly MessageRecord[];
  removedMessages?: { from: bigint; to: bigint };
  commits?: readonly CommitRecord[];
  removedCommits?: { from: bigint; to: bigint };
  batches?: readonly BatchRecord[];
  removedBatches?: { from: bigint; to: bigint };
  settled?: readonly { batchIndex: bigint; lastHash: Uint8Array }[];
  removedSettled?: { from: bigint; to: bigint };
}

/** Where the pending block stands in its batch. */
export interface BlockPlace {
  batchIndex: bigint;
  origin: Origin | undefined;
  feeScalars: FeeScalars;
  messagesFrom: bigint;
  messagesTo: bigint;
  batchUse: BatchUse;
}

export interface ExecutionRequest {
  parentHash: Uint8Array;
  parentTimestamp: bigint;
  timestamp: bigint;
  fees: { originBaseFeeWei: bigint } & FeeScalars;
  messagesFrom: bigint;
  messagesTo: bigint;
  /** Given bytes: all or nothing. `pool`: as many of the pool's as fit both limits and the block. */
  transactions: readonly Uint8Array[] | { pool: { payloadBytes: number; zkGas: bigint } };
}

export type Effect =
  | { kind: 'write'; change: Change }
  /** Blocks above `to` leave the chain, atomically with the change; their ordinary transactions return to the pool if asked. */
  | { kind: 'unwind'; to: bigint; change: Change; requeue: boolean }
  /** Answered by `executed` or `invalid`. */
  | { kind: 'execute'; request: ExecutionRequest }
  /** Persists the pending execution with the change; answered by `adopted`. */
  | { kind: 'adopt'; place: BlockPlace; change: Change }
  | { kind: 'discard' }
  /** Queues `resume` behind the events already waiting. */
  | { kind: 'again' }
  | { kind: 'report'; level: 'info' | 'warn' | 'error'; message: string };

/** What a step gives: the state after it, and what the driver has to do. */
export type StepResult = readonly [CoreState, readonly Effect[]];
