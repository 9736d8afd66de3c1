// debug_traceBlockByNumber: traces every transaction of a block, messages' transactions included, in block order.
import { findBlock } from '../blockAccess.ts';
import { blockNumberParameter } from '../codec/blockId.ts';
import { traceParameter } from '../codec/traceOptions.ts';
import { defineMethod } from '../node.ts';
import { traceBlock } from '../replay.ts';

export const debugTraceBlockByNumber = defineMethod({
  name: 'debug_traceBlockByNumber', summary: 'Traces of all transactions of a block.', parameters: [blockNumberParameter, traceParameter], cost: 'heavy',
  run: (node, [id, request], scope) => traceBlock(node, findBlock(node, id), request, scope),
});
