// eth_getBlockTransactionCountByNumber: how many transactions a block has, messages' transactions included; null beyond the tip.
import { findBlock } from '../blockAccess.ts';
import { blockNumberParameter } from '../codec/blockId.ts';
import { quantity } from '../codec/hex.ts';
import { defineMethod } from '../node.ts';

export const ethGetBlockTransactionCountByNumber = defineMethod({
  name: 'eth_getBlockTransactionCountByNumber', summary: 'Number of transactions of a block; for pending, of executable pooled ones.', parameters: [blockNumberParameter],
  run: (node, [id]) => {
    if (id.kind === 'tag' && id.tag === 'pending') return quantity(node.chain.pool.counts().pending);
    const block = findBlock(node, id);
    return block === undefined ? null : quantity(block.transactionCount);
  },
});
