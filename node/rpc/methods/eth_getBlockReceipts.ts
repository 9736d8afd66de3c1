// eth_getBlockReceipts: all receipts of a block in order, null when there is no such block. Messages' transactions included.
import { findBlock } from '../blockAccess.ts';
import { blockIdParameter } from '../codec/blockId.ts';
import { blockReceiptsJson } from '../codec/receiptJson.ts';
import { blockContents } from '../minedTransaction.ts';
import { defineMethod } from '../node.ts';

export const ethGetBlockReceipts = defineMethod({
  name: 'eth_getBlockReceipts', summary: 'All receipts of a block.', parameters: [blockIdParameter],
  run: (node, [id]) => {
    const block = findBlock(node, id);
    if (block === undefined || (id.kind === 'tag' && id.tag === 'pending')) return null;
    const { transactions, receipts } = blockContents(node, block);
    return blockReceiptsJson(block, transactions, receipts);
  },
});
