// eth_simulateV1: calls in made-up blocks on the state after a block, each seeing what those before it left. One bound of gas and of time
// for the whole request, as for one call.
import { requireBlock } from '../blockAccess.ts';
import { optionalBlockId } from '../codec/blockId.ts';
import { encodeCall, simulatedBlockJson, simulationError, simulationParameter } from '../codec/simulation.ts';
import { defineMethod } from '../node.ts';

export const ethSimulateV1 = defineMethod({
  name: 'eth_simulateV1', summary: 'Calls in a chain of made-up blocks, with overrides, logs and, if asked for, movements of ETH as logs.', cost: 'heavy', parameters: [simulationParameter, optionalBlockId],
  run: async (node, [payload, id], scope) => {
    const { header, hash } = requireBlock(node, id);
    const { chainId } = node.chain;
    const result = await node.engine.simulate({ header, hash }, {
      ...payload, gasCap: node.limits.callGas, timeCapMilliseconds: node.limits.callTimeMilliseconds, signal: scope.signal, encode: (request, nonce) => encodeCall(request, nonce, chainId),
    });
    if (!result.ok) throw simulationError(result);
    return result.blocks.map((block) => simulatedBlockJson(block, chainId, payload.returnsFullTransactions));
  },
});
