// eth_chainId: the L2 chain id that every transaction must carry (EIP-695). Fixed for the life of the process.
import { quantity } from '../codec/hex.ts';
import { defineMethod } from '../node.ts';

export const ethChainId = defineMethod({
  name: 'eth_chainId', summary: 'L2 chain id.', parameters: [],
  run: (node) => quantity(node.chain.chainId),
});
