// Taking over committed batches: recognise the local chain in them, or replace it by what they derive to.
//
// Owns: advance of `safe` and `finalized`, execution of a committed batch block by block, its restart as an empty batch.
// Does not own: the static payload rules (node/derive/plan.ts), execution (an effect), L1 (followL1.ts).
// Invariant: `safe` moves only over batches whose result is the local chain; a batch is executed on exactly its parent; the
// unsafe chain is given up, and its transactions re-queued, only when a committed batch contradicts it.

import { strict as assert } from 'node:assert';
import { dropRootOf, equalBytes, hashBytes, type Hex } from '@keyfall/protocol';
import { dropsOf } from '../derive/batch.ts';
import { messageDeclaredZkGas } from '../derive/messages.ts';
import { planBatch, planEmpty } from '../derive/plan.ts';
import type { BatchContext, BatchPlan } from './batchPlan.ts';
import type { Change, Effect, StepResult } from './effect.ts';
import type { CoreEvent } from './event.ts';
import type { CoreReads, CoreState, Deriving } from './state.ts';
import type { BatchRecord, CommitRecord, HeadRecord } from '../store/records.ts';

/** Most batches recognised in one step, so that other events come in between. */
const MAX_RECOGNISED = 64;

/** Looks at the next committed batch. Only while idle. */
export function takeOver(state: CoreState, reads: CoreReads): StepResult {
  if (state.halted !== undefined) return [state, []];
  const before = state.head;
  let head = before;
  for (let count = 0; count < MAX_RECOGNISED; count++) {
    const next = head.safe.batchIndex + 1n;
    if (next > head.progress.committedBatch || next > head.closedBatch) break;
    const local = reads.batch(next);
    const commit = reads.commit(next);
    assert(local !== undefined && commit !== undefined, `batch ${next} is closed and committed but not stored`);
    if (!isSameBatch(local, commit)) break;
    head = { ...head, safe: { number: local.lastBlock, hash: local.lastHash, batchIndex: next } };
  }
  const divergence = divergenceOf(before, head, reads);
  if (divergence !== undefined) return halt(state, divergence);
  head = { ...head, finalized: finalizedOf(head, reads) };
  const moved = head.safe.batchIndex !== before.safe.batchIndex || head.finalized.batchIndex !== before.finalized.batchIndex;
  const effects: Effect[] = moved ? [{ kind: 'write', change: { head } }] : [];
  const recognised: CoreState = { ...state, head };
  const next = head.safe.batchIndex + 1n;
  if (next > head.progress.committedBatch) return [{ ...recognised, standing: undefined }, effects];
  const local = next > head.closedBatch ? undefined : reads.batch(next);
  const commit = reads.commit(next);
  assert(commit !== undefined, `batch ${next} is committed but not stored`);
  if (local !== undefined && isSameBatch(local, commit)) return [recognised, [...effects, { kind: 'again' }]];
  const [derived, further] = startDeriving(recognised, commit, reads);
  return [derived, [...effects, ...further]];
}

/** Whether the commit's inputs are those the local batch was built from: then its result is the local chain. */
function isSameBatch(local: BatchRecord, commit: CommitRecord): boolean {
  const sameOrigin = local.origin === undefined || commit.origin === undefined
    ? local.origin === commit.origin
    : equalBytes(local.origin.hash, commit.origin.hash);
  return sameOrigin && equalBytes(local.parentHash, commit.parentHash) && equalBytes(local.payloadHash, commit.payloadCommitment)
    && local.inboxFrom === commit.inboxFrom && local.inboxTo === commit.inboxTo
    && local.feeScalars.dataFeeScalar === commit.feeScalars.dataFeeScalar && local.feeScalars.surchargeScalar === commit.feeScalars.surchargeScalar;
}

function startDeriving(state: CoreState, commit: CommitRecord, reads: CoreReads): StepResult {
  const { head } = state;
  if (!equalBytes(commit.parentHash, head.safe.hash)) {
    const because = `batch ${commit.index} builds on ${hex(commit.parentHash)}, the derived chain ends with ${hex(head.safe.hash)}: no lane can answer it; waiting until it is dropped`;
    const effects: Effect[] = state.standing === because ? [] : [{ kind: 'report', level: 'warn', message: because }];
    return [{ ...state, standing: because }, effects];
  }
  const parent = reads.block(head.safe.number);
  assert(parent !== undefined, `safe block ${head.safe.number} is not stored`);
  const messages = [];
  for (let index = commit.inboxFrom; index < commit.inboxTo; index++) {
    const message = reads.message(index);
    assert(message !== undefined, `message ${index} of batch ${commit.index} is not stored`);
    messages.push(message);
  }
  const context: BatchContext = { commit, messages, parent: { number: parent.number, hash: parent.hash, timestamp: parent.header.timestamp } };
  const [rewound, effects] = rewindToSafe(state, reads, { requeue: true, because: `batch ${commit.index}, committed on L1, is not the local chain` });
  const [deriving, further] = executePlan({ ...rewound, standing: undefined }, context, planBatch(context));
  return [deriving, [...effects, ...further]];
}

/** Gives up the chain above `safe`. */
export function rewindToSafe(state: CoreState, reads: CoreReads, options: { requeue: boolean; because: string }): StepResult {
  const { head } = state;
  const isAtSafe = state.tip.number === head.safe.number && head.closedBatch === head.safe.batchIndex;
  if (isAtSafe) return [state, []];
  const tip = reads.block(head.safe.number);
  assert(tip !== undefined, `safe block ${head.safe.number} is not stored`);
  const rewound: HeadRecord = { ...head, unsafe: { number: tip.number, hash: tip.hash }, closedBatch: head.safe.batchIndex };
  const change: Change = { head: rewound, removedBatches: { from: head.safe.batchIndex + 1n, to: head.closedBatch + 1n } };
  return [{ ...state, head: rewound, tip }, [
    { kind: 'report', level: 'warn', message: `unwinding ${state.tip.number - tip.number} blocks to ${tip.number}: ${options.because}` },
    { kind: 'unwind', to: tip.number, change, requeue: options.requeue },
  ]];
}

function executePlan(state: CoreState, context: BatchContext, plan: BatchPlan): StepResult {
  const use = { firstBlock: context.parent.number + 1n, blockCount: 0, payloadBytes: 0, zkGas: 0n, declaredZkGas: 0n };
  const activity: Deriving = { kind: 'deriving', context, plan, position: 0, use, drops: [] };
  return [{ ...state, activity }, [executeEffect(state, activity)]];
}

function executeEffect(state: CoreState, { context, plan, position }: Deriving): Effect {
  const block = plan.blocks[position];
  assert(block !== undefined, `batch ${context.commit.index} has no block at position ${position}`);
  const { origin, feeScalars } = context.commit;
  return {
    kind: 'execute',
    request: {
      parentHash: state.tip.hash, parentTimestamp: state.tip.header.timestamp, timestamp: block.timestamp,
      fees: { originBaseFeeWei: origin?.baseFeeWei ?? 0n, ...feeScalars }, messagesFrom: block.messagesFrom, messagesTo: block.messagesTo, transactions: block.transactions,
    },
  };
}

/** Results of the execution that a derived batch asked for. */
export function whileDeriving(state: CoreState, activity: Deriving, event: Extract<CoreEvent, { kind: 'executed' | 'invalid' | 'adopted' }>, reads: CoreReads): StepResult {
  switch (event.kind) {
    case 'invalid':
      return restartEmpty(state, activity, `BLOCK: block ${activity.position}: ${event.message}`, [], reads);
    case 'executed':
      return adoptDerived(state, activity, event, reads);
    case 'adopted': {
      const advanced: CoreState = { ...state, tip: event.block };
      const position = activity.position + 1;
      if (position === activity.plan.blocks.length) return [{ ...advanced, activity: { kind: 'idle' } }, [{ kind: 'again' }]];
      const next: Deriving = { ...activity, position };
      return [{ ...advanced, activity: next }, [executeEffect(advanced, next)]];
    }
  }
}

function adoptDerived(state: CoreState, activity: Deriving, { execution }: Extract<CoreEvent, { kind: 'executed' }>, reads: CoreReads): StepResult {
  const { context, plan, position } = activity;
  const { commit, messages } = context;
  const block = plan.blocks[position]!;
  const zkGas = activity.use.zkGas + execution.zkGasUsed;
  if (zkGas > state.config.caps.batchZkGas) {
    return restartEmpty(state, activity, `ZKGAS: the batch uses ${zkGas} zkGas by block ${position}, the cap is ${state.config.caps.batchZkGas}`, [{ kind: 'discard' }], reads);
  }
  const consumed = messages.slice(Number(block.messagesFrom - commit.inboxFrom), Number(block.messagesTo - commit.inboxFrom));
  const use = {
    firstBlock: activity.use.firstBlock, blockCount: activity.use.blockCount + 1, payloadBytes: activity.use.payloadBytes + execution.payloadBytes, zkGas,
    declaredZkGas: activity.use.declaredZkGas + consumed.reduce((sum, message) => sum + messageDeclaredZkGas(message), 0n),
  };
  const drops = [...activity.drops, ...execution.dropped];
  const isLast = position === plan.blocks.length - 1;
  const tip = { number: execution.number, hash: execution.hash };
  const head: HeadRecord = isLast
    ? { ...state.head, unsafe: tip, safe: { ...tip, batchIndex: commit.index }, closedBatch: commit.index }
    : { ...state.head, unsafe: tip };
  const batch: BatchRecord = {
    index: commit.index, parentHash: commit.parentHash, firstBlock: use.firstBlock, lastBlock: execution.number, lastHash: execution.hash,
    inboxFrom: commit.inboxFrom, inboxTo: commit.inboxTo, origin: commit.origin, feeScalars: commit.feeScalars, zkGasUsed: zkGas,
    dropRoot: hashBytes(dropRootOf(dropsOf(drops))), payloadHash: commit.payloadCommitment, emptiedBecause: plan.emptiedBecause,
  };
  const change: Change = isLast ? { head, batches: [batch] } : { head };
  const place = { batchIndex: commit.index, origin: commit.origin, feeScalars: commit.feeScalars, messagesFrom: block.messagesFrom, messagesTo: block.messagesTo, batchUse: use };
  return [{ ...state, head, activity: { ...activity, use, drops } }, [{ kind: 'adopt', place, change }]];
}

/** The payload broke a rule that only execution shows: everything of it goes, and the batch counts as empty. */
function restartEmpty(state: CoreState, activity: Deriving, because: string, effects: readonly Effect[], reads: CoreReads): StepResult {
  const { context, plan } = activity;
  if (plan.emptiedBecause !== undefined) {
    const [halted, reports] = halt(state, `batch ${context.commit.index} counts as empty (${plan.emptiedBecause}), and its one block does not execute: ${because}`);
    return [{ ...halted, activity: { kind: 'idle' } }, [...effects, ...reports]];
  }
  const undo: Effect[] = [];
  let rewound = state;
  if (state.tip.number > context.parent.number) {
    const { safe } = state.head;
    const head: HeadRecord = { ...state.head, unsafe: { number: safe.number, hash: safe.hash } };
    const tip = reads.block(safe.number);
    assert(tip !== undefined, `safe block ${safe.number} is not stored`);
    rewound = { ...state, head, tip };
    // The blocks that go took their transactions out of the pool: what users were told is accepted must find its way back.
    undo.push({ kind: 'unwind', to: safe.number, change: { head }, requeue: true });
  }
  const [deriving, further] = executePlan(rewound, context, planEmpty(context, because));
  return [deriving, [...effects, { kind: 'report', level: 'warn', message: `batch ${context.commit.index} counts as empty: ${because}` }, ...undo, ...further]];
}

/** Last block of the last batch that is final in Rollup on a final L1 block, as far as this node derived it. Never goes back. */
function finalizedOf(head: HeadRecord, reads: CoreReads): HeadRecord['finalized'] {
  const finalBatch = reads.l1BlockAtOrBelow(head.l1Finalized.number)?.after.finalBatch ?? 0n;
  const index = finalBatch < head.safe.batchIndex ? finalBatch : head.safe.batchIndex;
  if (index <= head.finalized.batchIndex) return head.finalized;
  const batch = reads.batch(index);
  assert(batch !== undefined, `final batch ${index} is not stored`);
  return { number: batch.lastBlock, hash: batch.lastHash, batchIndex: index };
}

/** A batch that L1 made final with another last block than this node derives; undefined when all agree. */
function divergenceOf(before: HeadRecord, after: HeadRecord, reads: CoreReads): string | undefined {
  for (let index = before.finalized.batchIndex + 1n; index <= after.safe.batchIndex; index++) {
    const settled = reads.settledHash(index);
    if (settled === undefined) return undefined;
    const batch = reads.batch(index);
    assert(batch !== undefined, `safe batch ${index} is not stored`);
    if (!equalBytes(batch.lastHash, settled)) {
      return `L1 made batch ${index} final with last block ${hex(settled)}, this node derives ${hex(batch.lastHash)}: one of them executes wrongly`;
    }
  }
  return undefined;
}

/** Stops building and deriving for good. */
export function halt(state: CoreState, because: string): StepResult {
  return [{ ...state, halted: because }, [{ kind: 'report', level: 'error', message: `halted: ${because}` }]];
}

function hex(bytes: Uint8Array): Hex {
  return `0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')}`;
}
