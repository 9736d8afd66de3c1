// eth_blockNumber: number of the tip, sequenced or derived. What is safe or final is asked for by tag.
import { quantity } from '../codec/hex.ts';
import { defineMethod } from '../node.ts';

export const ethBlockNumber = defineMethod({
  name: 'eth_blockNumber', summary: 'Number of the latest block.', parameters: [],
  run: (node) => quantity(node.chain.heads().unsafe.number),
});
