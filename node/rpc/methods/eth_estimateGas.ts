// eth_estimateGas: the least gas limit with which the transaction succeeds on the state after a block. Data and surcharge fees
// come on top of gas: keyfall_estimateFees names them.
import { callContext } from '../blockAccess.ts';
import { optionalBlockId } from '../codec/blockId.ts';
import { transactionRequestParameter } from '../codec/callRequest.ts';
import { quantity } from '../codec/hex.ts';
import { blockOverridesParameter, stateOverridesParameter } from '../codec/overrides.ts';
import { callError } from '../executionError.ts';
import { defineMethod } from '../node.ts';

export const ethEstimateGas = defineMethod({
  name: 'eth_estimateGas', summary: 'Gas limit the transaction needs.', cost: 'heavy',
  parameters: [transactionRequestParameter, optionalBlockId, stateOverridesParameter, blockOverridesParameter],
  run: async (node, [request, id, stateOverrides, blockOverrides], scope) => {
    const result = await node.engine.estimateGas(request, callContext(node, id, scope, stateOverrides, blockOverrides));
    if (!result.ok) throw callError(result);
    return quantity(result.gas);
  },
});
