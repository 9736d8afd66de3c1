// txpool_status: how many pooled transactions are executable now and how many wait behind a nonce gap.
import { quantity } from '../codec/hex.ts';
import { defineMethod } from '../node.ts';

export const txpoolStatus = defineMethod({
  name: 'txpool_status', summary: 'Counts of executable and gapped pooled transactions.', parameters: [],
  run: (node) => {
    const { pending, queued } = node.chain.pool.counts();
    return { pending: quantity(pending), queued: quantity(queued) };
  },
});
