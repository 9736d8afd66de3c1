// debug_getRawBlock: RLP of a whole block: header, transactions (type 0x7e included), no ommers, no withdrawals.
import { requireBlock } from '../blockAccess.ts';
import { blockIdParameter } from '../codec/blockId.ts';
import { data } from '../codec/hex.ts';
import { encodeBlock } from '../codec/rawEncoding.ts';
import { defineMethod } from '../node.ts';

export const debugGetRawBlock = defineMethod({
  name: 'debug_getRawBlock', summary: 'RLP of a block.', parameters: [blockIdParameter],
  run: (node, [id]) => {
    const block = requireBlock(node, id);
    return data(encodeBlock(block.headerRaw, node.contents.of(block).transactions.map((transaction) => transaction.raw)));
  },
});
