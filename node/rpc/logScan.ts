// eth_getLogs over stored blocks: bloom index first, receipts only where the bloom lets one hope.
//
// Owns: the scan and its bounds (blocks, results, the caller's patience). Does not own: matching (codec/logFilter.ts).
// Invariant: results are complete for the range or the call fails; logs come in block and log order. The scan yields to
// the event loop, and a range whose blocks are unwound meanwhile fails instead of mixing two chains.

import { setImmediate as nextTurn } from 'node:timers/promises';
import type { BlockId } from './codec/blockId.ts';
import { bloomMayMatch } from './codec/logFilter.ts';
import type { LogQuery } from './codec/logFilter.ts';
import { findBlock, blockNumberOf } from './blockAccess.ts';
import { invalidParams, limitExceeded, serverError } from './errors.ts';
import { BlockLogs } from './feed.ts';
import type { JsonObject } from './json.ts';
import type { CallScope, RpcNode } from './node.ts';

const BLOCKS_PER_TURN = 256;

interface BlockRange { from: bigint; to: bigint }

/** The stored blocks a query means, or undefined if none of them exists yet. Throws RpcError beyond the range limit. */
function resolveRange(node: RpcNode, query: LogQuery): BlockRange | undefined {
  if (query.blockHash !== undefined) {
    const block = findBlock(node, { kind: 'hash', hash: query.blockHash, requireCanonical: true });
    if (block === undefined) throw serverError('unknown block');
    return { from: block.number, to: block.number };
  }
  const head = node.chain.heads().unsafe.number;
  const resolve = (id: BlockId): bigint => blockNumberOf(node, id) ?? head;
  const from = resolve(query.from);
  const to = resolve(query.to);
  if (from > to) throw invalidParams(`invalid block range params: fromBlock ${from} is above toBlock ${to}`);
  // Blocks to come hold no logs yet: a poller that asks from its last block + 1 gets the empty list.
  if (from > head) return undefined;
  const last = to < head ? to : head;
  const span = last - from + 1n;
  if (span > BigInt(node.limits.logRangeBlocks)) {
    throw limitExceeded(`block range is too large: expected at most ${node.limits.logRangeBlocks} blocks, got ${span}`);
  }
  return { from, to: last };
}

/** All logs that match, as JSON. */
export async function scanLogs(node: RpcNode, query: LogQuery, scope: CallScope): Promise<JsonObject[]> {
  const range = resolveRange(node, query);
  if (range === undefined) return [];
  const tip = node.chain.block(range.to);
  if (tip === undefined) throw serverError('header not found');
  const found: JsonObject[] = [];
  for (let from = range.from; from <= range.to; from += BigInt(BLOCKS_PER_TURN)) {
    const end = from + BigInt(BLOCKS_PER_TURN) - 1n;
    // One turn reads one snapshot of the index: nothing is unwound while it runs.
    for (const { blockNumber, bloom } of node.chain.blooms(from, end < range.to ? end : range.to)) {
      if (bloomMayMatch(bloom, query)) found.push(...blockLogs(node, blockNumber, query));
      if (found.length > node.limits.logResults) {
        throw limitExceeded(`query returned more than ${node.limits.logResults} results. Try with a smaller block range`);
      }
    }
    if (end < range.to) {
      await nextTurn();
      if (scope.signal.aborted) throw serverError('request aborted: the caller went away');
    }
  }
  const tipNow = node.chain.block(range.to);
  if (tipNow === undefined || Buffer.compare(tipNow.hash, tip.hash) !== 0) throw serverError('the chain was reorganized during the query; try again');
  return found;
}

function blockLogs(node: RpcNode, blockNumber: bigint, query: LogQuery): JsonObject[] {
  const block = node.chain.block(blockNumber);
  const receipts = node.chain.receipts(blockNumber);
  const hashes = node.chain.transactionHashes(blockNumber);
  if (block === undefined || receipts === undefined || hashes === undefined) throw serverError('the chain was reorganized during the query; try again');
  return new BlockLogs(block, false, () => ({ receipts, hashes })).matching(query);
}
