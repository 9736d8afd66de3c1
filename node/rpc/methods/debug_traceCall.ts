// debug_traceCall: traces a call on the state after a block, with the overrides of its options object.
import { callContext } from '../blockAccess.ts';
import { optionalBlockId } from '../codec/blockId.ts';
import { transactionRequestParameter } from '../codec/callRequest.ts';
import { boundedTime, traceParameter } from '../codec/traceOptions.ts';
import { callError } from '../executionError.ts';
import { defineMethod } from '../node.ts';

export const debugTraceCall = defineMethod({
  name: 'debug_traceCall', summary: 'Trace of a call.', parameters: [transactionRequestParameter, optionalBlockId, traceParameter], cost: 'heavy',
  run: async (node, [request, id, trace], scope) => {
    const context = callContext(node, id, scope, trace.stateOverrides, trace.blockOverrides);
    const bounded = { ...context, timeCapMilliseconds: boundedTime(trace, node.limits.callTimeMilliseconds) };
    const result = await node.engine.traceCall(request, bounded, trace.options);
    if (!result.ok) throw callError(result);
    return result.trace;
  },
});
