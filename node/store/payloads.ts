// Between stored blocks and payload bytes (SPEC.md section 7).
//
// Owns: which transactions of a stored block are ordinary, and the payload a range of blocks encodes to. Does not own: the
// encoding (node/protocol), batch boundaries (pipeline/build.ts).
// Invariant: a block's first transactions are those of its messages that were not dropped; the rest is what L1 does not know.

import { encodePayload, type PayloadBlock } from '@keyfall/protocol';
import { rlpLength, type ChainStore } from './chainStore.ts';
import { StoreFault } from './keyValue.ts';
import type { BlockRecord } from './records.ts';

/** Position of the first ordinary transaction. */
export function messageTransactionCount(block: Pick<BlockRecord, 'messagesFrom' | 'messagesTo' | 'dropped'>): number {
  return Number(block.messagesTo - block.messagesFrom) - block.dropped.length;
}

/** Ordinary transactions of a stored block, with senders. */
export function ordinaryTransactions(store: ChainStore, block: BlockRecord): readonly { sender: Uint8Array; raw: Uint8Array }[] {
  const transactions = store.transactions(block.number);
  if (transactions === undefined) throw new StoreFault('corrupt', `block ${block.number} has no transactions record`);
  return transactions.slice(messageTransactionCount(block));
}

/** Payload of blocks [first, last]. */
export function payloadOf(store: ChainStore, first: bigint, last: bigint): Uint8Array {
  const blocks: PayloadBlock[] = [];
  let parent = store.block(first - 1n);
  for (let number = first; number <= last; number++) {
    const block = store.block(number);
    if (block === undefined || parent === undefined) throw new StoreFault('corrupt', `block ${number} or its parent is not stored`);
    blocks.push({
      timestampDelta: block.header.timestamp - parent.header.timestamp, messageCount: block.messagesTo - block.messagesFrom,
      transactions: ordinaryTransactions(store, block).map(({ raw }) => raw),
    });
    parent = block;
  }
  return encodePayload(blocks);
}

/** Bytes that a block adds to a payload, without encoding it. */
export function payloadBytesOf(block: { timestampDelta: bigint; messageCount: bigint; transactions: readonly { raw: Uint8Array }[] }): number {
  const body = block.transactions.reduce((sum, { raw }) => sum + rlpLength(raw.length), 0);
  return rlpLength(uintLength(block.timestampDelta) + uintLength(block.messageCount) + rlpLength(body));
}

function uintLength(value: bigint): number {
  return value < 128n ? 1 : 1 + Math.ceil(value.toString(16).length / 2);
}
