// eth_newFilter: installs a polled log filter. New logs, and removed ones after a reorg, are read by eth_getFilterChanges.
import { defineMethod } from '../node.ts';
import { logQueryParameter } from './eth_getLogs.ts';

export const ethNewFilter = defineMethod({
  name: 'eth_newFilter', summary: 'Installs a log filter; returns its id.', parameters: [logQueryParameter],
  run: (node, [query]) => node.filters.install({ kind: 'logs', query }),
});
