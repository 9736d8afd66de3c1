// The core's state: configuration, the head record, the tip, and the one thing it is doing.
//
// Owns: the types and the start state. Does not own: transitions (step.ts and its siblings).
// Invariant: everything but `activity`, `trouble` and `hasCaughtUp` is read from the store at start, so that a process
// killed at any point continues from what it persisted. At most one execution is pending, and `activity` says which.

import type { BatchContext, BatchPlan } from './batchPlan.ts';
import type { BatchUse, BlockRecord, CommitRecord, FeeScalars, HeadRecord, L1BlockRecord, MessageRecord, BatchRecord, Origin } from '../store/records.ts';

/** Caps of SPEC.md sections 5 to 7; constants of the protocol unless a benchmark raises them. */
export interface ChainCaps {
  blockZkGas: bigint;
  batchZkGas: bigint;
  batchMessageZkGas: bigint;
  payloadBytes: number;
  batchBlocks: number;
}

export interface SequencingConfig {
  /** A block is built at least this often, seconds. */
  heartbeatSeconds: bigint;
  /** A batch closes when its first block is this old, seconds. */
  batchAgeSeconds: bigint;
  /** L1 blocks on top of a message, or of an origin, before it is used. */
  confirmations: bigint;
  /** L2 time runs at most this far ahead of the last L1 block, seconds. */
  maxLeadSeconds: bigint;
  /** F: a message older than this at commit must be in the batch, seconds of L1 time. */
  forcedInclusionSeconds: bigint;
  /** A batch's last block is at most this old at commit, seconds of L1 time. */
  maxTimestampLagSeconds: bigint;
}

export interface CoreConfig {
  /** Undefined = follower: derives and never builds. */
  sequencing: SequencingConfig | undefined;
  caps: ChainCaps;
  /** Fee scalars of the chain until a commit says otherwise. */
  genesisFeeScalars: FeeScalars;
}

/** Building a block on the tip. */
export interface Building {
  kind: 'building';
  batchIndex: bigint;
  /** True when it opens its batch. */
  isFirst: boolean;
  origin: Origin;
  feeScalars: FeeScalars;
  messagesFrom: bigint;
  messagesTo: bigint;
  declaredZkGas: bigint;
  /** False: without a message or transaction the block is discarded. */
  isHeartbeat: boolean;
  /** Set once executed: the batch closes after this block. */
  isBatchFull: boolean;
}
/** Executing a committed batch that is not the local chain. */
export interface Deriving {
  kind: 'deriving';
  context: BatchContext;
  plan: BatchPlan;
  position: number;
  use: BatchUse;
  drops: readonly { messageIndex: bigint; reason: number }[];
}
export type Activity = { kind: 'idle' } | Building | Deriving;

export interface CoreState {
  config: CoreConfig;
  head: HeadRecord;
  /** Record of head.unsafe. */
  tip: BlockRecord;
  activity: Activity;
  /** Why L1 is not being followed now; the chain goes on. */
  trouble: string | undefined;
  /** A committed batch that builds on a block that is not ours: it can only be dropped. Nothing is built meanwhile. */
  standing: string | undefined;
  /** Contradiction that no waiting resolves: neither building nor deriving continues. */
  halted: string | undefined;
  /** Building starts only after L1 was read up to its tip once. */
  hasCaughtUp: boolean;
}

/** What transitions may look up: the persisted records, as of the last completed effect. */
export interface CoreReads {
  block(number: bigint): BlockRecord | undefined;
  batch(index: bigint): BatchRecord | undefined;
  commit(index: bigint): CommitRecord | undefined;
  message(index: bigint): MessageRecord | undefined;
  settledHash(batchIndex: bigint): Uint8Array | undefined;
  l1Block(number: bigint): L1BlockRecord | undefined;
  l1BlockAtOrBelow(number: bigint): L1BlockRecord | undefined;
  l1Blocks(from: bigint, before: bigint, options?: { reverse?: boolean; limit?: number }): Iterable<L1BlockRecord>;
  /** Payload that blocks [first, last] encode to. */
  payload(first: bigint, last: bigint): Uint8Array;
}

/** The state a process starts with. */
export function startState(config: CoreConfig, head: HeadRecord, tip: BlockRecord): CoreState {
  return { config, head, tip, activity: { kind: 'idle' }, trouble: undefined, standing: undefined, halted: undefined, hasCaughtUp: false };
}

/** The open batch's running use, or undefined when the tip's batch is closed. */
export function openBatch(state: CoreState): BlockRecord | undefined {
  return state.tip.batchIndex > state.head.closedBatch ? state.tip : undefined;
}
