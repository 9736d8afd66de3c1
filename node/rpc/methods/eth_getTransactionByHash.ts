// eth_getTransactionByHash: a mined transaction, else a pooled one (its block members null), else null.
import { hashParameter } from '../codec/parameter.ts';
import { transactionJson } from '../codec/transactionJson.ts';
import { minedTransactionJson } from '../minedTransaction.ts';
import { defineMethod } from '../node.ts';

export const ethGetTransactionByHash = defineMethod({
  name: 'eth_getTransactionByHash', summary: 'A mined or pooled transaction.', parameters: [hashParameter('hash')],
  run: (node, [hash]) => {
    const location = node.chain.locate(hash);
    if (location !== undefined) return minedTransactionJson(node, location);
    const pooled = node.chain.pool.transaction(hash);
    return pooled === undefined ? null : transactionJson(pooled, undefined);
  },
});
