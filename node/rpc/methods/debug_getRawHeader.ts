// debug_getRawHeader: RLP of a header exactly as it is hashed. An unknown block is an error, as in geth.
import { requireBlock } from '../blockAccess.ts';
import { blockIdParameter } from '../codec/blockId.ts';
import { data } from '../codec/hex.ts';
import { defineMethod } from '../node.ts';

export const debugGetRawHeader = defineMethod({
  name: 'debug_getRawHeader', summary: 'RLP of a header.', parameters: [blockIdParameter],
  run: (node, [id]) => data(requireBlock(node, id).headerRaw),
});
