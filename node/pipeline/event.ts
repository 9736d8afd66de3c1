// What happens to the core.
//
// Owns: the types. Events from outside (L1, clock) queue up; results of effects come back before any of them.

import type { DroppedMessage } from '../execute/api.ts';
import type { BlockRecord } from '../store/records.ts';
import type { L1Event } from './l1Block.ts';

/** An execution that is pending: computed, not persisted. */
export interface Execution {
  number: bigint;
  hash: Uint8Array;
  timestamp: bigint;
  zkGasUsed: bigint;
  dropped: readonly DroppedMessage[];
  /** Ordinary transactions, messages' not counted. */
  transactionCount: number;
  /** Bytes that the block adds to a payload. */
  payloadBytes: number;
  /** Something waits in the pool that the batch has no room for. */
  hitBatchLimit: boolean;
}

export type CoreEvent =
  | L1Event
  /** L1 time now, seconds, never below the applied L1 block's; executable transactions in the pool; L1 tip if known. */
  | { kind: 'tick'; l1Seconds: bigint; pending: number; l1Target: bigint | undefined }
  | { kind: 'executed'; execution: Execution }
  | { kind: 'invalid'; message: string }
  /** The pending execution was persisted as this block. */
  | { kind: 'adopted'; block: BlockRecord }
  /** Asked for by `again`: look for the next batch to take over. */
  | { kind: 'resume' };
