// eth_getFilterLogs: all stored logs of a log filter's range, as eth_getLogs would return them, with the same limits.
import { filterIdParameter } from '../codec/filterId.ts';
import { scanLogs } from '../logScan.ts';
import { defineMethod } from '../node.ts';

export const ethGetFilterLogs = defineMethod({
  name: 'eth_getFilterLogs', summary: "All stored logs of a log filter's range.", parameters: [filterIdParameter], cost: 'heavy',
  run: (node, [id], scope) => scanLogs(node, node.filters.logQuery(id), scope),
});
