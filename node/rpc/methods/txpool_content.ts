// txpool_content: all pooled transactions by section, sender and nonce; refused when the pool is larger than the limit.
import { transactionJson } from '../codec/transactionJson.ts';
import { defineMethod } from '../node.ts';
import { listPool } from '../poolListing.ts';

export const txpoolContent = defineMethod({
  name: 'txpool_content', summary: 'Pooled transactions by sender and nonce.', parameters: [], cost: 'heavy',
  run: (node) => listPool(node, (transaction) => transactionJson(transaction, undefined)),
});
