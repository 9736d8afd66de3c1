// eth_getBlockReceipts: all receipts of a block in order, null when there is no such block. Messages' transactions included.
import { findBlock } from '../blockAccess.ts';
import { blockIdParameter } from '../codec/blockId.ts';
import { receiptJson } from '../codec/receiptJson.ts';
import { defineMethod } from '../node.ts';

export const ethGetBlockReceipts = defineMethod({
  name: 'eth_getBlockReceipts', summary: 'All receipts of a block.', parameters: [blockIdParameter],
  run: (node, [id]) => {
    const block = findBlock(node, id);
    if (block === undefined || (id.kind === 'tag' && id.tag === 'pending')) return null;
    const { transactions, receipts, logsBefore } = node.contents.of(block);
    return receipts.map((receipt, position) => receiptJson(block, transactions[position]!, receipt, position, logsBefore[position]!));
  },
});
