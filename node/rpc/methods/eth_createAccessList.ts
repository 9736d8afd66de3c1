// eth_createAccessList: the EIP-2930 list a call touches, with the gas it uses given that list; a failing call still has one.
import { callContext } from '../blockAccess.ts';
import { optionalBlockId } from '../codec/blockId.ts';
import { transactionRequestParameter } from '../codec/callRequest.ts';
import { quantity } from '../codec/hex.ts';
import { accessListJson } from '../codec/transactionJson.ts';
import { callError } from '../executionError.ts';
import { defineMethod } from '../node.ts';

export const ethCreateAccessList = defineMethod({
  name: 'eth_createAccessList', summary: 'Access list of a call and the gas it then uses.', parameters: [transactionRequestParameter, optionalBlockId], cost: 'heavy',
  run: async (node, [request, id], scope) => {
    const result = await node.engine.createAccessList(request, callContext(node, id, scope));
    if (!result.ok) throw callError(result);
    return {
      accessList: accessListJson(result.accessList), gasUsed: quantity(result.gasUsed),
      ...(result.error === undefined ? {} : { error: result.error }),
    };
  },
});
