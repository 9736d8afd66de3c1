// Following L1: new blocks, reorganizations, finality.
//
// Owns: what a verified L1 block changes in the records, and the way back. Does not own: the ledger's rules
// (node/derive/ledger.ts), verification (node/l1), deriving batches (takeOver.ts).
// Invariant: the records after `l1-reorged` to an ancestor are those after the ancestor was applied, plus the part of the
// unsafe chain that used nothing of the blocks that went.

import { strict as assert } from 'node:assert';
import { equalBytes, nextUnskipped, type MessageRange } from '@keyfall/protocol';
import { applyL1Records } from '../derive/ledger.ts';
import type { Change, StepResult } from './effect.ts';
import type { L1Block } from './l1Block.ts';
import { messageDeclaredZkGas, messageTime } from '../derive/messages.ts';
import type { CoreReads, CoreState, SequencingConfig } from './state.ts';
import { halt, rewindToSafe, takeOver } from './takeOver.ts';
import type { CommitRecord, HeadRecord, L1BlockRecord, L1Reference, MessageRecord } from '../store/records.ts';

/** L1 blocks forgotten per finality event; the rest goes with the next ones. */
const MAX_PRUNED = 512;
/** EIP-2935 gives the last 8,191 hashes; a commit must be mined before its origin leaves them. */
const MAX_ORIGIN_AGE_BLOCKS = 8_000n;

/** Applies consecutive L1 blocks in one write, then looks at the batches they committed. */
export function whenL1Advanced(state: CoreState, blocks: readonly L1Block[], reads: CoreReads): StepResult {
  const { head } = state;
  let { progress } = head;
  const l1Blocks: L1BlockRecord[] = [];
  const messages = new Map<bigint, MessageRecord>();
  const commits = new Map<bigint, CommitRecord>();
  const settled: { batchIndex: bigint; lastHash: Uint8Array }[] = [];
  let isDropping = false;
  for (const block of blocks) {
    assert(block.number > (l1Blocks.at(-1)?.number ?? head.l1.number), `expected an L1 block above ${l1Blocks.at(-1)?.number ?? head.l1.number}, got ${block.number}`);
    const result = applyL1Records(progress, block.records, {
      message: (index) => messages.get(index) ?? reads.message(index),
      commit: (index) => commits.get(index) ?? reads.commit(index),
    });
    if (!result.ok) return halt(state, `L1 block ${block.number} contradicts what L1 said before: ${result.message}`);
    const { change } = result;
    for (const message of change.messages) messages.set(message.index, message);
    for (const commit of change.commits) commits.set(commit.index, commit);
    for (const { batchIndex, lastHash } of change.finalized) settled.push({ batchIndex, lastHash });
    isDropping ||= change.voidFrom !== undefined;
    progress = change.after;
    const { number, hash, parentHash, timestamp, baseFeeWei } = block;
    l1Blocks.push({ number, hash, parentHash, timestamp, baseFeeWei, after: progress, displaced: change.displaced });
  }
  const last = l1Blocks.at(-1);
  assert(last !== undefined, 'expected at least one L1 block');
  const advanced: HeadRecord = { ...head, l1: { number: last.number, hash: last.hash, timestamp: last.timestamp, baseFeeWei: last.baseFeeWei }, progress };
  const kept = [...commits.values()].filter((commit) => commit.index <= progress.committedBatch);
  const highest = head.progress.committedBatch;
  const change: Change = {
    head: advanced, l1Blocks, messages: [...messages.values()], commits: kept, settled,
    ...(highest > progress.committedBatch ? { removedCommits: { from: progress.committedBatch + 1n, to: highest + 1n } } : {}),
  };
  if (isDropping) return dropped({ ...state, head: advanced }, change, reads);
  const after: CoreState = { ...state, head: advanced };
  const because = uncommittable(after, reads);
  if (because === undefined) return [after, [{ kind: 'write', change }, { kind: 'again' }]];
  const [rewound, effects] = rewindToSafe(after, reads, { requeue: true, because });
  return [rewound, [{ kind: 'write', change }, ...effects, { kind: 'again' }]];
}

/** Batches were dropped: what was built on them, committed or not, is built anew, because L1 will not take it as it is. */
function dropped(state: CoreState, change: Change, reads: CoreReads): StepResult {
  const { head } = state;
  const kept = head.safe.batchIndex < head.progress.committedBatch ? head.safe.batchIndex : head.progress.committedBatch;
  // A drop and a new commit at the same index may come in one event: `safe` must not pass a batch whose commit is another.
  const firstReplaced = change.commits?.reduce<bigint | undefined>((least, commit) => (least === undefined || commit.index < least ? commit.index : least), undefined);
  const last = firstReplaced !== undefined && firstReplaced <= kept ? firstReplaced - 1n : kept;
  const batch = reads.batch(last);
  assert(batch !== undefined, `batch ${last} is not stored`);
  const lowered: HeadRecord = { ...head, safe: { number: batch.lastBlock, hash: batch.lastHash, batchIndex: last } };
  const [rewound, effects] = rewindToSafe({ ...state, head: lowered, standing: undefined }, reads, { requeue: true, because: `L1 dropped batches from ${last + 1n} on` });
  return [rewound, [{ kind: 'write', change: { ...change, head: lowered } }, ...effects, { kind: 'again' }]];
}

/** Why the local blocks that are not committed can never be; undefined = they can. Followers have none. */
function uncommittable(state: CoreState, reads: CoreReads): string | undefined {
  const { head, config } = state;
  const { sequencing } = config;
  if (sequencing === undefined || state.tip.number === head.safe.number || head.safe.batchIndex < head.progress.committedBatch) return undefined;
  if (head.progress.phase !== 'operating') return `L1 is in phase ${head.progress.phase} and takes no payload`;
  const first = reads.block(head.safe.number + 1n);
  assert(first !== undefined, `block ${head.safe.number + 1n} is not stored`);
  if (first.origin !== undefined && first.origin.number + MAX_ORIGIN_AGE_BLOCKS < head.l1.number) {
    return `their origin, L1 block ${first.origin.number}, is about to leave the window in which L1 can check it`;
  }
  return staleBatch(state, sequencing, reads);
}

function staleBatch({ head, config }: CoreState, sequencing: SequencingConfig, reads: CoreReads): string | undefined {
  const index = head.safe.batchIndex + 1n;
  if (index > head.closedBatch) return undefined;
  const batch = reads.batch(index);
  const last = batch === undefined ? undefined : reads.block(batch.lastBlock);
  assert(batch !== undefined && last !== undefined, `closed batch ${index} is not stored`);
  if (last.header.timestamp + sequencing.maxTimestampLagSeconds <= head.l1.timestamp) {
    return `batch ${index} ends at ${last.header.timestamp}, too long before L1's ${head.l1.timestamp} to be answered`;
  }
  const isBeforeSkipped = nextUnskipped(head.progress.skipped, batch.inboxTo) !== batch.inboxTo;
  const left = batch.inboxTo < head.progress.inboxCount && !isBeforeSkipped ? reads.message(batch.inboxTo) : undefined;
  if (left === undefined || messageTime(left) + sequencing.forcedInclusionSeconds >= head.l1.timestamp) return undefined;
  const fits = last.batchUse.declaredZkGas + messageDeclaredZkGas(left) <= config.caps.batchMessageZkGas;
  return fits ? `batch ${index} leaves out message ${left.index}, which is due` : undefined;
}

/** L1 takes back every block above the ancestor. */
export function whenL1Reorged(state: CoreState, ancestor: L1Reference, reads: CoreReads): StepResult {
  const { head } = state;
  const record = reads.l1Block(ancestor.number);
  assert(record !== undefined && equalBytes(record.hash, ancestor.hash), `L1 block ${ancestor.number} is not the one that was followed`);
  assert(ancestor.number >= head.l1Finalized.number, `expected an ancestor at or above the final L1 block ${head.l1Finalized.number}, got ${ancestor.number}`);
  const removedL1Blocks: bigint[] = [];
  const restored = new Map<bigint, CommitRecord>();
  let firstTouched: bigint | undefined;
  for (const block of reads.l1Blocks(ancestor.number + 1n, head.l1.number + 1n, { reverse: true })) {
    removedL1Blocks.push(block.number);
    for (const commit of block.displaced) {
      restored.set(commit.index, commit);
      if (firstTouched === undefined || commit.index < firstTouched) firstTouched = commit.index;
    }
  }
  const { after: progress } = record;
  const commits = [...restored.values()].filter((commit) => commit.index <= progress.committedBatch);
  const lowest = (...bounds: readonly bigint[]): bigint => bounds.reduce((least, bound) => (bound < least ? bound : least));
  const safeIndex = lowest(head.safe.batchIndex, progress.committedBatch, firstTouched === undefined ? head.safe.batchIndex : firstTouched - 1n);
  const safeBatch = reads.batch(safeIndex);
  assert(safeBatch !== undefined, `batch ${safeIndex} is not stored`);
  // Blocks built past a skip that went, or in a phase that did, are not looked at one by one: both are rare.
  const isSameLife = progress.phase === head.progress.phase && sameRanges(progress.skipped, head.progress.skipped);
  const ownNumber = isSameLife ? lastOwn(head, safeIndex, reads) : safeBatch.lastBlock;
  const tip = lastUntouched(state, { safeNumber: safeBatch.lastBlock, ancestor, inboxCount: progress.inboxCount, ownNumber }, reads);
  const closedBatch = lastClosed(head, tip.number, reads);
  const rewound: HeadRecord = {
    ...head, l1: { number: record.number, hash: record.hash, timestamp: record.timestamp, baseFeeWei: record.baseFeeWei }, progress,
    safe: { number: safeBatch.lastBlock, hash: safeBatch.lastHash, batchIndex: safeIndex }, unsafe: { number: tip.number, hash: tip.hash }, closedBatch,
  };
  const change: Change = {
    head: rewound, removedL1Blocks, commits, removedMessages: { from: progress.inboxCount, to: head.progress.inboxCount },
    removedCommits: { from: progress.committedBatch + 1n, to: head.progress.committedBatch + 1n },
    removedBatches: { from: closedBatch + 1n, to: head.closedBatch + 1n },
    removedSettled: { from: progress.finalBatch + 1n, to: head.progress.finalBatch + 1n },
  };
  return [{ ...state, head: rewound, tip, standing: undefined }, [
    { kind: 'report', level: 'warn', message: `L1 reorganized: back from ${head.l1.number} to ${ancestor.number}; L2 tip ${state.tip.number} to ${tip.number}` },
    tip.number < state.tip.number ? { kind: 'unwind', to: tip.number, change, requeue: true } : { kind: 'write', change },
    { kind: 'again' },
  ]];
}

function sameRanges(a: readonly MessageRange[], b: readonly MessageRange[]): boolean {
  return a.length === b.length && a.every(({ from, to }, i) => b[i]?.from === from && b[i]?.to === to);
}

/**
 * The last block below the first emptied batch above `safeIndex`. An emptied batch is what a bad payload became; without
 * its commit its block stands for nothing that could be committed again.
 */
function lastOwn(head: HeadRecord, safeIndex: bigint, reads: CoreReads): bigint {
  for (let index = safeIndex + 1n; index <= head.closedBatch; index++) {
    const batch = reads.batch(index);
    assert(batch !== undefined, `closed batch ${index} is not stored`);
    if (batch.emptiedBecause !== undefined) return batch.firstBlock - 1n;
  }
  return head.unsafe.number;
}

/** The newest own block that uses no L1 block above the ancestor; a follower keeps nothing above `safe`. */
function lastUntouched(state: CoreState, limits: { safeNumber: bigint; ancestor: L1Reference; inboxCount: bigint; ownNumber: bigint }, reads: CoreReads): CoreState['tip'] {
  let { tip } = state;
  while (tip.number > limits.safeNumber) {
    const usesWhatWent = tip.messagesTo > limits.inboxCount || (tip.origin !== undefined && tip.origin.number > limits.ancestor.number);
    if (!usesWhatWent && tip.number <= limits.ownNumber && state.config.sequencing !== undefined) break;
    const below = reads.block(tip.number - 1n);
    assert(below !== undefined, `block ${tip.number - 1n} is not stored`);
    tip = below;
  }
  return tip;
}

/** The last closed batch that ends at or below `tip`. */
function lastClosed(head: HeadRecord, tip: bigint, reads: CoreReads): bigint {
  for (let index = head.closedBatch; index > 0n; index--) {
    const batch = reads.batch(index);
    assert(batch !== undefined, `closed batch ${index} is not stored`);
    if (batch.lastBlock <= tip) return index;
  }
  return 0n;
}

/** L1 made a block final: `finalized` may move, and what only serves reorganizations below it is forgotten. */
export function whenL1Finalized(state: CoreState, block: L1Reference, reads: CoreReads): StepResult {
  const { head } = state;
  if (block.number <= head.l1Finalized.number || block.number > head.l1.number) return [state, []];
  const floor = reads.l1BlockAtOrBelow(block.number);
  const removedL1Blocks: bigint[] = [];
  if (floor !== undefined) for (const old of reads.l1Blocks(0n, floor.number, { limit: MAX_PRUNED })) removedL1Blocks.push(old.number);
  const finalized: HeadRecord = { ...head, l1Finalized: { number: block.number, hash: block.hash } };
  const [moved, effects] = takeOver({ ...state, head: finalized }, reads);
  // The mark is written first: takeOver's own write may come later, or not at all.
  return [moved, [{ kind: 'write', change: { head: finalized, removedL1Blocks } }, ...effects]];
}
