// eth_call: executes without a transaction on the state after a block, with geth's state and block overrides.
import { callContext } from '../blockAccess.ts';
import { optionalBlockId } from '../codec/blockId.ts';
import { transactionRequestParameter } from '../codec/callRequest.ts';
import { data } from '../codec/hex.ts';
import { blockOverridesParameter, stateOverridesParameter } from '../codec/overrides.ts';
import { callError } from '../executionError.ts';
import { defineMethod } from '../node.ts';

export const ethCall = defineMethod({
  name: 'eth_call', summary: 'Result of a call; a revert is error 3 with its data.', cost: 'heavy',
  parameters: [transactionRequestParameter, optionalBlockId, stateOverridesParameter, blockOverridesParameter],
  run: async (node, [request, id, stateOverrides, blockOverrides], scope) => {
    const result = await node.engine.call(request, callContext(node, id, scope, stateOverrides, blockOverrides));
    if (!result.ok) throw callError(result);
    return data(result.returnData);
  },
});
