// What became of an inbox message on the local chain.
//
// Owns: finding the block that consumed it and whether it was dropped there. Does not own: execution.
// Invariant: blocks consume messages in queue order, so `messagesTo` never falls from block to block: binary search.

import { depositTransactionHash, depositTransactionOf, keccak, nextUnskipped } from '@keyfall/protocol';
import type { BlockRecord, MessageRecord } from '../store/records.ts';
import { latestBlock } from './blockAccess.ts';
import { parseData } from './codec/hex.ts';
import { storedMessage } from './codec/messageJson.ts';
import type { RpcNode } from './node.ts';

export type MessageFate =
  | { status: 'waiting' }
  /** The Lifecycle skipped it: it is never executed, and its sender is refunded on L1. */
  | { status: 'skipped' }
  | { status: 'executed'; blockNumber: bigint; transactionHash: Uint8Array }
  /** `reason` is 1..12 of SPEC.md section 4. */
  | { status: 'dropped'; blockNumber: bigint; reason: number };

function blockAt(node: RpcNode, number: bigint): BlockRecord {
  const block = node.chain.block(number);
  if (block === undefined) throw new Error(`block ${number} below the tip is missing`);
  return block;
}

/** First block whose `messagesTo` is above `index`, or undefined if none is yet. */
function consumingBlock(node: RpcNode, index: bigint): BlockRecord | undefined {
  const tip = latestBlock(node);
  if (tip.messagesTo <= index) return undefined;
  let [low, high] = [0n, tip.number];
  while (low < high) {
    const middle = (low + high) / 2n;
    if (blockAt(node, middle).messagesTo > index) high = middle;
    else low = middle + 1n;
  }
  return blockAt(node, low);
}

/** The fate of a message this node has read from L1. */
export function messageFate(node: RpcNode, record: MessageRecord): MessageFate {
  const { skipped } = node.chain.heads().progress;
  if (nextUnskipped(skipped, record.index) !== record.index) return { status: 'skipped' };
  const block = consumingBlock(node, record.index);
  if (block === undefined) return { status: 'waiting' };
  const drop = block.dropped.find(({ messageIndex }) => messageIndex === record.index);
  if (drop !== undefined) return { status: 'dropped', blockNumber: block.number, reason: drop.reason };
  const message = storedMessage(record.raw);
  const transactionHash = message.kind === 'signed'
    ? keccak(message.data)
    : parseData(depositTransactionHash(depositTransactionOf(message, record.index, node.chain.chainId)))!;
  return { status: 'executed', blockNumber: block.number, transactionHash };
}
