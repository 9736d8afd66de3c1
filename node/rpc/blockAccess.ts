// From a block id to a block, and from a block to what calls and traces need of it.
//
// Owns: the meaning of the tags. latest = tip; safe = last block whose batch is committed on the L1 chain followed;
// finalized = last block of a batch final in Rollup on a final L1 block; earliest = genesis; pending = the state of latest
// under the next block's header (this node builds no speculative block).
// Invariant: every head comes from one read of the persisted head record.

import type { BlockHeader, BlockOverrides, CallContext, StateReader } from '../execute/api.ts';
import type { BlockRecord } from '../store/records.ts';
import type { BlockId } from './codec/blockId.ts';
import { baseFeeAfter, randaoAfter } from './codec/blockJson.ts';
import type { StateOverrides } from './codec/overrides.ts';
import { serverError } from './errors.ts';
import type { CallScope, RpcNode } from './node.ts';

/** The number a block id names, or undefined for a hash that is not on the chain. */
export function blockNumberOf(node: RpcNode, id: BlockId): bigint | undefined {
  if (id.kind === 'number') return id.number;
  if (id.kind === 'hash') return node.chain.blockNumber(id.hash);
  const heads = node.chain.heads();
  switch (id.tag) {
    case 'latest':
    case 'pending': return heads.unsafe.number;
    case 'safe': return heads.safe.number;
    case 'finalized': return heads.finalized.number;
    case 'earliest': return 0n;
  }
}

/** The block, or undefined if the chain has none there. */
export function findBlock(node: RpcNode, id: BlockId): BlockRecord | undefined {
  const number = blockNumberOf(node, id);
  return number === undefined ? undefined : node.chain.block(number);
}

/** The block; geth's `header not found` otherwise. */
export function requireBlock(node: RpcNode, id: BlockId): BlockRecord {
  const block = findBlock(node, id);
  if (block === undefined) throw serverError('header not found');
  return block;
}

/** The tip. It always exists: genesis is written before the server starts. */
export function latestBlock(node: RpcNode): BlockRecord {
  return requireBlock(node, { kind: 'tag', tag: 'latest' });
}

/** Post-state of the block; an error if it is unknown or pruned. */
export function requireState(node: RpcNode, id: BlockId): StateReader {
  const block = requireBlock(node, id);
  const at = node.engine.stateAt(block.number);
  if (!at.ok) throw serverError(at.code === 'pruned' ? `missing trie node: ${at.message}` : 'header not found');
  return at.state;
}

/** Timestamp that a block built now would have, seconds. */
export function pendingTimestamp(node: RpcNode, parent: BlockHeader): bigint {
  const now = node.nowSeconds();
  return now > parent.timestamp ? now : parent.timestamp + 1n;
}

function pendingOverrides(node: RpcNode, block: BlockRecord): BlockOverrides {
  return {
    number: block.number + 1n, timestamp: pendingTimestamp(node, block.header),
    prevRandao: randaoAfter(block), baseFeePerGas: baseFeeAfter(block.header),
  };
}

/** Where a call runs: on the state after the block, under that block's header (or the next one's for `pending`). */
export function callContext(
  node: RpcNode, id: BlockId, scope: CallScope, stateOverrides?: StateOverrides, blockOverrides?: BlockOverrides,
): CallContext {
  const block = requireBlock(node, id);
  const isPending = id.kind === 'tag' && id.tag === 'pending';
  const overrides = isPending ? { ...pendingOverrides(node, block), ...blockOverrides } : blockOverrides;
  return {
    header: block.header, gasCap: node.limits.callGas, timeCapMilliseconds: node.limits.callTimeMilliseconds, signal: scope.signal,
    ...(stateOverrides === undefined ? {} : { stateOverrides }),
    ...(overrides === undefined ? {} : { blockOverrides: overrides }),
  };
}
