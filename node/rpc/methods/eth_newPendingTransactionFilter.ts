// eth_newPendingTransactionFilter: installs a polled filter of hashes that entered the pool durably.
import { defineMethod } from '../node.ts';

export const ethNewPendingTransactionFilter = defineMethod({
  name: 'eth_newPendingTransactionFilter', summary: 'Installs a filter of pooled transaction hashes; returns its id.', parameters: [],
  run: (node) => node.filters.install({ kind: 'pending' }),
});
