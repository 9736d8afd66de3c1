// The node's closed batches, read over JSON-RPC and checked before anything is signed.
//
// Owns: the shape of keyfall_pendingBatches, and the checks that need no L1. Does not own: packaging (the node encoded the
// payload), sending (batcher.ts).
// Invariant: a batch that leaves here has a payload that decodes canonically within the caps and hashes to what the node
// said; one that derivation would empty for these reasons is refused with the rule it breaks.

import { decodePayload, fromHex, keccakHex, type Hex } from '@keyfall/protocol';
import { z } from 'zod';
import type { L1Rpc } from '../l1/rpc.ts';

const quantity = z.string().regex(/^0x[0-9a-f]{1,64}$/).transform(BigInt);
const hash = z.string().regex(/^0x[0-9a-f]{64}$/).transform((text) => text as Hex);
const schema = z.object({
  committedBatch: quantity, closedBatch: quantity,
  batches: z.array(z.object({
    index: quantity, parentHash: hash, inboxTo: quantity, originNumber: quantity, originHash: hash.nullable(), payload: z.string().regex(/^0x([0-9a-f]{2})*$/),
    payloadHash: hash, lastBlock: quantity, lastHash: hash,
  })),
});
const blockSchema = z.object({ hash, timestamp: quantity });

export interface ClosedBatch {
  readonly index: bigint;
  readonly parentHash: Hex;
  readonly inboxTo: bigint;
  readonly originNumber: bigint;
  readonly originHash: Hex;
  readonly payload: Uint8Array;
  readonly payloadHash: Hex;
  /** Timestamp of its last block, seconds: L1 must have reached it before the commit. */
  readonly lastTimestamp: bigint;
}
export interface Feed {
  /** Highest batch that the node has seen committed on the L1 it follows. */
  readonly committedBatch: bigint;
  /** Closed and not committed, ascending. */
  readonly batches: readonly ClosedBatch[];
  /** Why a batch, and all after it, are not in `batches`; undefined = nothing was refused. */
  readonly refused: string | undefined;
}

/** Reads and checks the feed. @throws RetryableL1Fault when the node is unreachable, BatchFeedFault when its answer is not one. */
export async function readFeed(node: L1Rpc, signal: AbortSignal): Promise<Feed> {
  const answer = parsed(schema, await node.call('keyfall_pendingBatches', [], signal), 'keyfall_pendingBatches');
  const batches: ClosedBatch[] = [];
  for (const { index, parentHash, inboxTo, originNumber, originHash, payload, payloadHash, lastBlock, lastHash } of answer.batches) {
    const bytes = fromHex(payload);
    const refused = payloadRefusal(index, bytes, payloadHash) ?? (originHash === null ? `batch ${index} has no origin` : undefined);
    if (refused !== undefined || originHash === null) return { committedBatch: answer.committedBatch, batches, refused };
    const block = parsed(blockSchema, await node.call('eth_getBlockByNumber', [`0x${lastBlock.toString(16)}`, false], signal), 'eth_getBlockByNumber');
    // The chain moved between the two questions: the next look sees it whole.
    if (block.hash !== lastHash) break;
    batches.push({ index, parentHash, inboxTo, originNumber, originHash, payload: bytes, payloadHash, lastTimestamp: block.timestamp });
  }
  return { committedBatch: answer.committedBatch, batches, refused: undefined };
}

/** Why the payload must not be sent; undefined = it decodes. */
export function payloadRefusal(index: bigint, payload: Uint8Array, payloadHash: Hex): string | undefined {
  const actual = keccakHex(payload);
  if (actual !== payloadHash) return `batch ${index}: the payload hashes to ${actual}, the node says ${payloadHash}`;
  const decoded = decodePayload(payload);
  return decoded.ok ? undefined : `batch ${index}: derivation would empty it: ${decoded.code}: expected ${decoded.expected}, got ${decoded.got}`;
}

function parsed<T>(type: z.ZodType<T>, answer: unknown, what: string): T {
  const result = type.safeParse(answer);
  if (!result.success) throw new BatchFeedFault(`${what}: ${result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')}`);
  return result.data;
}

/** The node answered something else than the method's result. */
export class BatchFeedFault extends Error {
  readonly code = 'FEED';
  constructor(message: string) {
    super(message);
    this.name = 'BatchFeedFault';
  }
}
