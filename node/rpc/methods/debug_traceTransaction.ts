// debug_traceTransaction: re-executes a mined transaction in its block and traces it (struct logger, callTracer, prestateTracer).
// Messages' transactions are traced like any other.
import { hashParameter } from '../codec/parameter.ts';
import { traceParameter } from '../codec/traceOptions.ts';
import { serverError } from '../errors.ts';
import { callError } from '../executionError.ts';
import { defineMethod } from '../node.ts';
import { refuseOverrides, requireReplay, traceBounds } from '../replay.ts';

export const debugTraceTransaction = defineMethod({
  name: 'debug_traceTransaction', summary: 'Trace of a mined transaction.', parameters: [hashParameter('hash'), traceParameter], cost: 'heavy',
  run: async (node, [hash, request], scope) => {
    refuseOverrides(request);
    const location = node.chain.locate(hash);
    if (location === undefined) throw serverError('transaction not found');
    const replay = requireReplay(node, location.blockNumber);
    const result = await node.engine.traceTransaction(replay, location.position, request.options, traceBounds(node, request, scope));
    if (!result.ok) throw callError(result);
    return result.trace;
  },
});
