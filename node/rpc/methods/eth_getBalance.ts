// eth_getBalance: balance of an account after a block, in wei; zero for an account that does not exist.
import { requireState } from '../blockAccess.ts';
import { optionalBlockId } from '../codec/blockId.ts';
import { quantity } from '../codec/hex.ts';
import { addressParameter } from '../codec/parameter.ts';
import { defineMethod } from '../node.ts';

export const ethGetBalance = defineMethod({
  name: 'eth_getBalance', summary: 'Balance in wei.', parameters: [addressParameter, optionalBlockId],
  run: (node, [address, id]) => quantity(requireState(node, id).account(address)?.balance ?? 0n),
});
