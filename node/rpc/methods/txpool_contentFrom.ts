// txpool_contentFrom: one sender's pooled transactions by section and nonce.
import { addressParameter } from '../codec/parameter.ts';
import { transactionJson } from '../codec/transactionJson.ts';
import { defineMethod } from '../node.ts';
import { byNonce } from '../poolListing.ts';
import type { SentTransaction } from '../../execute/api.ts';
import type { JsonObject } from '../json.ts';

const show = (transaction: SentTransaction): JsonObject => transactionJson(transaction, undefined);

export const txpoolContentFrom = defineMethod({
  name: 'txpool_contentFrom', summary: "One sender's pooled transactions by nonce.", parameters: [addressParameter],
  run: (node, [address]) => {
    const { pending, queued } = node.chain.pool.ofSender(address);
    return { pending: byNonce(pending, show), queued: byNonce(queued, show) };
  },
});
