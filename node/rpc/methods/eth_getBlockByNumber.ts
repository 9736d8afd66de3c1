// eth_getBlockByNumber: a block by number or tag, null beyond the tip. `pending` is a projection: its header's roots and hash
// are null because the block is not built, its transactions are the pool's executable ones.
import { pendingTimestamp, findBlock } from '../blockAccess.ts';
import { blockJson, fullBlockJson, pendingBlockJson } from '../codec/blockJson.ts';
import { blockNumberParameter } from '../codec/blockId.ts';
import { data } from '../codec/hex.ts';
import { decodeBoolean, optional, required } from '../codec/parameter.ts';
import { transactionJson } from '../codec/transactionJson.ts';
import type { JsonValue } from '../json.ts';
import { defineMethod } from '../node.ts';
import type { RpcNode } from '../node.ts';
import type { BlockRecord } from '../../store/records.ts';
import { pendingTransactions } from '../poolListing.ts';

export const fullParameter = optional(required('fullTransactions', 'boolean', decodeBoolean), false);

/** A stored block as the caller wants it. */
export function storedBlockJson(node: RpcNode, block: BlockRecord, full: boolean): JsonValue {
  if (!full) return blockJson(block, node.chain.transactionHashes(block.number) ?? []);
  const { transactions, receipts } = node.contents.of(block);
  return fullBlockJson(block, transactions, receipts);
}

export const ethGetBlockByNumber = defineMethod({
  name: 'eth_getBlockByNumber', summary: 'A block with transaction hashes, or with whole transactions.', parameters: [blockNumberParameter, fullParameter],
  run: (node, [id, full]) => {
    const block = findBlock(node, id);
    if (block === undefined) return null;
    if (id.kind !== 'tag' || id.tag !== 'pending') return storedBlockJson(node, block, full);
    const transactions = pendingTransactions(node);
    const shownTransactions = full ? transactions.map((transaction) => transactionJson(transaction, undefined)) : transactions.map((transaction) => data(transaction.hash));
    return pendingBlockJson(block, pendingTimestamp(node, block.header), shownTransactions);
  },
});
