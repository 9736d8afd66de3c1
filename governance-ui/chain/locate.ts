// Where an L2 block or transaction is in what L1 knows: which batch contains it, and whether the committed payload really holds the
// transaction. Owns the search over batches and that check.
// Invariant: *in batch n* is concluded from L1's answers and payloads, not from what an L2 endpoint says about batches.

import { decodePayload } from '@keyfall/protocol/payload.ts';
import { fromHex, keccakHex } from '@keyfall/protocol/bytes.ts';
import type { Hex } from 'viem';
import { answeredHead } from './ladder.ts';
import { attestersFinalizeAlone, batchState, commitOf, committedCount, finalizedCount } from './rollup.ts';
import { mapReading, unknown } from './reading.ts';
import type { BlockRef, Reading } from './reading.ts';
import type { Quorum } from './rpc/quorum.ts';
import type { System } from './system.ts';

/** The batch whose range contains the block; undefined when it is not committed yet. */
export async function batchOfBlock(system: System, at: BlockRef, number: bigint, deployBlock: bigint): Promise<Reading<bigint | undefined>> {
  const [count, final, alone, head] = await Promise.all([committedCount(system.rollup, at), finalizedCount(system.rollup, at), attestersFinalizeAlone(system.rollup, at), answeredHead(system, at, deployBlock)]);
  if (!count.known) return count;
  if (!final.known) return final;
  if (!alone.known) return alone;
  if (!head.known) return head;
  if (number > head.value.committed) return { ...count, value: undefined };
  // Answers give each batch's last block, growing with the index; batches without one are the newest.
  let low = 0n;
  let high = count.value;
  while (low < high) {
    const middle = (low + high) / 2n;
    const batch = await batchState(system.rollup, at, middle, final.value, alone.value);
    if (!batch.known) return batch;
    const answer = batch.value.zk ?? batch.value.attesters;
    if (answer === undefined && middle !== 0n) {
      high = middle;
      if (low + 1n >= high) break;
      continue;
    }
    if ((answer?.lastNumber ?? 0n) >= number) high = middle;
    else low = middle + 1n;
  }
  return { ...count, value: high };
}

/** Whether the committed payload of a batch holds the bytes of a transaction with this hash. */
export async function payloadHolds(system: System, at: BlockRef, batch: bigint, hash: Hex, deployBlock: bigint): Promise<Reading<boolean>> {
  const commit = await commitOf(system.rollup, at, batch, deployBlock);
  return mapReading(commit, ({ args }) => {
    const decoded = decodePayload(fromHex(args.payload));
    return decoded.ok && decoded.value.some(({ transactions }) => transactions.some((bytes) => keccakHex(bytes) === hash));
  });
}

export interface L2Receipt { readonly blockNumber: bigint; readonly isSuccess: boolean; readonly from: Hex; readonly to: Hex | null; readonly type: number; readonly gasUsed: bigint }

/** An L2 transaction's receipt as the endpoints give it; undefined when none of them has it. */
export async function l2Receipt(l2: Quorum, at: BlockRef, hash: Hex): Promise<Reading<L2Receipt | undefined>> {
  const answer = await l2.read('eth_getTransactionReceipt', [hash], at, (receipt) => {
    if (receipt === null) return null;
    const { blockNumber, status, from, to, type, gasUsed } = receipt as Record<string, string>;
    return { blockNumber, status, from, to, type, gasUsed };
  });
  return mapReading(answer, (value) => {
    if (value === null) return undefined;
    const { blockNumber, status, from, to, type, gasUsed } = value as Record<'blockNumber' | 'status' | 'from' | 'to' | 'type' | 'gasUsed', Hex>;
    return { blockNumber: BigInt(blockNumber), isSuccess: BigInt(status) === 1n, from, to, type: Number(type), gasUsed: BigInt(gasUsed) };
  });
}

/** An L2 block's header. */
export async function l2Header(l2: Quorum, number: bigint): Promise<ReturnType<Quorum['header']>> {
  return number < 0n ? unknown('no block has a negative number') : l2.header(number);
}
