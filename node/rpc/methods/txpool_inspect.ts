// txpool_inspect: pooled transactions as one line each, in geth's format, for people and for tools that parse it.
import type { SentTransaction } from '../../execute/api.ts';
import { defineMethod } from '../node.ts';
import { checksumAddress, listPool } from '../poolListing.ts';

function line(transaction: SentTransaction): string {
  const to = transaction.to === undefined ? 'contract creation' : checksumAddress(transaction.to);
  const price = 'gasPrice' in transaction ? transaction.gasPrice : transaction.maxFeePerGas;
  return `${to}: ${transaction.value} wei + ${transaction.gasLimit} gas × ${price} wei`;
}

export const txpoolInspect = defineMethod({
  name: 'txpool_inspect', summary: 'Pooled transactions as text.', parameters: [], cost: 'heavy',
  run: (node) => listPool(node, line),
});
