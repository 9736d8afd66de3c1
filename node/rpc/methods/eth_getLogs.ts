// eth_getLogs: logs of a block range or of one block by address and topics; complete, or an error that names the limit.
import { decodeLogQuery } from '../codec/logFilter.ts';
import { required } from '../codec/parameter.ts';
import { scanLogs } from '../logScan.ts';
import { defineMethod } from '../node.ts';

export const logQueryParameter = required('filter', 'filter object', decodeLogQuery);

export const ethGetLogs = defineMethod({
  name: 'eth_getLogs', summary: 'Logs by block range or block hash, address and topics.', parameters: [logQueryParameter], cost: 'heavy',
  run: (node, [query], scope) => scanLogs(node, query, scope),
});
