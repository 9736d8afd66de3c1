// eth_getUncleCountByBlockHash: zero for every block that exists, null otherwise. This chain has no uncles.
import { findBlock } from '../blockAccess.ts';
import { hashParameter } from '../codec/parameter.ts';
import { defineMethod } from '../node.ts';

export const ethGetUncleCountByBlockHash = defineMethod({
  name: 'eth_getUncleCountByBlockHash', summary: 'Always 0x0 for a block that exists.', parameters: [hashParameter('hash')],
  run: (node, [hash]) => (findBlock(node, { kind: 'hash', hash, requireCanonical: true }) === undefined ? null : '0x0'),
});
