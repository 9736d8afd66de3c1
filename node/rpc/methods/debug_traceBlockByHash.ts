// debug_traceBlockByHash: traces every transaction of a block, messages' transactions included, in block order.
import { findBlock } from '../blockAccess.ts';
import { hashParameter } from '../codec/parameter.ts';
import { traceParameter } from '../codec/traceOptions.ts';
import { defineMethod } from '../node.ts';
import { traceBlock } from '../replay.ts';

export const debugTraceBlockByHash = defineMethod({
  name: 'debug_traceBlockByHash', summary: 'Traces of all transactions of a block.', parameters: [hashParameter('hash'), traceParameter], cost: 'heavy',
  run: (node, [hash, request], scope) => traceBlock(node, findBlock(node, { kind: 'hash', hash, requireCanonical: true }), request, scope),
});
