// eth_getStorageAt: one storage word of an account after a block, always 32 bytes.
import { requireState } from '../blockAccess.ts';
import { optionalBlockId } from '../codec/blockId.ts';
import { data } from '../codec/hex.ts';
import { addressParameter, decodeSlot, required } from '../codec/parameter.ts';
import { defineMethod } from '../node.ts';

export const ethGetStorageAt = defineMethod({
  name: 'eth_getStorageAt', summary: 'One storage word.', parameters: [addressParameter, required('slot', 'quantity or at most 32 bytes', decodeSlot), optionalBlockId],
  run: (node, [address, slot, id]) => data(requireState(node, id).storage(address, slot)),
});
