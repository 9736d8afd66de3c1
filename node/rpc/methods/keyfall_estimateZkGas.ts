// keyfall_estimateZkGas: gas and surcharge that a forced call needs, for the Inbox: the call runs with GASPRICE 0 and with `mint`
// credited to its sender first. `from` is the L2 sender, after aliasing.
import { minimumMessageGas } from '@keyfall/protocol';
import { callContext } from '../blockAccess.ts';
import { optionalBlockId } from '../codec/blockId.ts';
import { transactionRequestParameter } from '../codec/callRequest.ts';
import { quantity } from '../codec/hex.ts';
import { decodeQuantity, optional, required } from '../codec/parameter.ts';
import { invalidParams, serverError } from '../errors.ts';
import { callError } from '../executionError.ts';
import { defineMethod } from '../node.ts';

const mintParameter = optional(required('mint', 'quantity', (value, path) => decodeQuantity(value, path)), 0n);

export const keyfallEstimateZkGas = defineMethod({
  name: 'keyfall_estimateZkGas', summary: 'Gas, surcharge and their sum for an L1 message; the gas is at least what the Inbox demands.', cost: 'heavy',
  parameters: [transactionRequestParameter, mintParameter, optionalBlockId],
  run: async (node, [request, mint, id], scope) => {
    const { from } = request;
    if (from === undefined) throw invalidParams('invalid argument 0 (transaction): expected from, the L2 sender after aliasing');
    const plain = callContext(node, id, scope);
    const at = node.engine.stateAt(plain.header.number);
    if (!at.ok) throw serverError(at.message);
    const balance = (at.state.account(from)?.balance ?? 0n) + mint;
    const context = { ...plain, stateOverrides: [{ address: from, override: { balance } }] };
    const { gasPrice: _gasPrice, maxFeePerGas: _feeCap, maxPriorityFeePerGas: _tip, ...free } = request;
    const estimate = await node.engine.estimateGas(free, context);
    if (!estimate.ok) throw callError(estimate);
    const outcome = await node.engine.call({ ...free, gas: estimate.gas }, context);
    if (!outcome.ok) throw callError(outcome);
    const least = minimumMessageGas(request.to === undefined ? 'create' : 'call', request.data?.length ?? 0);
    const gas = estimate.gas > least ? estimate.gas : least;
    return { gas: quantity(gas), surcharge: quantity(outcome.surchargeUsed), zkGas: quantity(gas + outcome.surchargeUsed) };
  },
});
