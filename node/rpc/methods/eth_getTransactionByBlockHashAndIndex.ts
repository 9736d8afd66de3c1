// eth_getTransactionByBlockHashAndIndex: the transaction at a position of a block, null when block or position do not exist.
import { findBlock } from '../blockAccess.ts';
import { hashParameter, indexParameter } from '../codec/parameter.ts';
import { defineMethod } from '../node.ts';
import { transactionAt } from './eth_getTransactionByBlockNumberAndIndex.ts';

export const ethGetTransactionByBlockHashAndIndex = defineMethod({
  name: 'eth_getTransactionByBlockHashAndIndex', summary: 'The transaction at a position of a block.', parameters: [hashParameter('hash'), indexParameter('index')],
  run: (node, [hash, index]) => transactionAt(node, findBlock(node, { kind: 'hash', hash, requireCanonical: true }), index),
});
