// How far L1 knows the L2 chain: the last block that is committed, and the last that a lane answered. Owns the arithmetic for
// batches without an answer, whose length only their payload says.
// Invariant: a batch's last block comes from an answer where there is one, from counting the committed payload's blocks where not.

import { decodePayload } from '@keyfall/protocol/payload.ts';
import { fromHex } from '@keyfall/protocol/bytes.ts';
import { attestersFinalizeAlone, batchState, commitOf, committedCount, finalHead } from './rollup.ts';
import { unknown } from './reading.ts';
import type { BlockRef, Reading } from './reading.ts';
import type { System } from './system.ts';

export interface AnsweredHead { readonly committed: bigint; readonly proven: bigint; readonly committedBatch: bigint; readonly finalBatch: bigint }

/** More unanswered batches than this are not counted block by block. */
const MAX_COUNTED = 64n;

export async function answeredHead(system: System, at: BlockRef, deployBlock: bigint): Promise<Reading<AnsweredHead>> {
  const [count, head, alone] = await Promise.all([committedCount(system.rollup, at), finalHead(system.rollup, at), attestersFinalizeAlone(system.rollup, at)]);
  if (!count.known) return count;
  if (!head.known) return head;
  if (!alone.known) return alone;
  const open = count.value - head.value.index;
  if (open > MAX_COUNTED) return unknown(`${open} batches are not final: more than this page counts`);
  const indexes = Array.from({ length: Number(open) }, (_, offset) => head.value.index + 1n + BigInt(offset));
  const batches = await Promise.all(indexes.map(async (index) => batchState(system.rollup, at, index, head.value.index, alone.value)));
  let committed = head.value.lastNumber;
  let proven = committed;
  let isProven = true;
  for (const [position, batch] of batches.entries()) {
    if (!batch.known) return batch;
    const answer = batch.value.zk ?? batch.value.attesters;
    if (answer !== undefined) committed = answer.lastNumber;
    else {
      const blocks = await blockCountOf(system, at, indexes[position] ?? 0n, deployBlock);
      if (!blocks.known) return blocks;
      committed += blocks.value;
    }
    isProven &&= batch.value.stage === 'proven';
    if (isProven) proven = committed;
  }
  return { known: true, at, trust: count.trust, value: { committed, proven, committedBatch: count.value, finalBatch: head.value.index } };
}

/** Blocks in a committed payload; one that is malformed counts as the single empty block it becomes. */
async function blockCountOf(system: System, at: BlockRef, index: bigint, deployBlock: bigint): Promise<Reading<bigint>> {
  const commit = await commitOf(system.rollup, at, index, deployBlock);
  if (!commit.known) return commit;
  const decoded = decodePayload(fromHex(commit.value.args.payload));
  return { ...commit, value: decoded.ok ? BigInt(decoded.value.length) : 1n };
}
