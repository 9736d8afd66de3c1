// What to execute for one committed batch: the contract between node/derive (pure planning) and the core (execution).
//
// Owns: the types. Does not own: decoding and the payload rules of SPEC.md section 7 (node/derive implements `PlanBatch` and
// `PlanEmpty` as pure functions), execution and the caps that only execution shows (the core: on an invalid block or a
// broken zkGas cap it unwinds to the batch's parent and executes `PlanEmpty`'s single block).
// Invariant: planning is total: every commit has exactly one result.

import type { BlockReference, CommitRecord, MessageRecord } from '../store/records.ts';

export interface PlannedBlock {
  /** Absolute, seconds. */
  timestamp: bigint;
  messagesFrom: bigint;
  messagesTo: bigint;
  /** EIP-2718 bytes; not yet decoded or recovered. */
  transactions: readonly Uint8Array[];
}
export interface BatchPlan {
  blocks: readonly PlannedBlock[];
  /** Why the payload counts as empty; undefined = it decodes and its static rules hold. */
  emptiedBecause: string | undefined;
}
export interface BatchContext {
  commit: CommitRecord;
  /** Messages [commit.inboxFrom, commit.inboxTo), in order. */
  messages: readonly MessageRecord[];
  parent: BlockReference & { timestamp: bigint };
}
/** Decodes the payload and checks everything that needs no execution; gives PlanEmpty's result where a rule is broken. */
export type PlanBatch = (context: BatchContext) => BatchPlan;
/** The one block of a batch whose payload counts as empty. */
export type PlanEmpty = (context: BatchContext, emptiedBecause: string) => BatchPlan;
