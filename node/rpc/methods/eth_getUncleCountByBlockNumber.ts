// eth_getUncleCountByBlockNumber: zero for every block that exists, null otherwise. This chain has no uncles.
import { findBlock } from '../blockAccess.ts';
import { blockNumberParameter } from '../codec/blockId.ts';
import { defineMethod } from '../node.ts';

export const ethGetUncleCountByBlockNumber = defineMethod({
  name: 'eth_getUncleCountByBlockNumber', summary: 'Always 0x0 for a block that exists.', parameters: [blockNumberParameter],
  run: (node, [id]) => (findBlock(node, id) === undefined ? null : '0x0'),
});
