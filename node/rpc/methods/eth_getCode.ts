// eth_getCode: code of an account after a block; 0x for none, 0xef0100 and an address for an EIP-7702 delegation.
import { requireState } from '../blockAccess.ts';
import { optionalBlockId } from '../codec/blockId.ts';
import { data } from '../codec/hex.ts';
import { addressParameter } from '../codec/parameter.ts';
import { defineMethod } from '../node.ts';

export const ethGetCode = defineMethod({
  name: 'eth_getCode', summary: 'Code of an account.', parameters: [addressParameter, optionalBlockId],
  run: (node, [address, id]) => data(requireState(node, id).code(address)),
});
