// eth_getBlockTransactionCountByHash: how many transactions a block has, messages' transactions included; null if unknown.
import { findBlock } from '../blockAccess.ts';
import { quantity } from '../codec/hex.ts';
import { hashParameter } from '../codec/parameter.ts';
import { defineMethod } from '../node.ts';

export const ethGetBlockTransactionCountByHash = defineMethod({
  name: 'eth_getBlockTransactionCountByHash', summary: 'Number of transactions of a block.', parameters: [hashParameter('hash')],
  run: (node, [hash]) => {
    const block = findBlock(node, { kind: 'hash', hash, requireCanonical: true });
    return block === undefined ? null : quantity(block.transactionCount);
  },
});
