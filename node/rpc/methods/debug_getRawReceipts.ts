// debug_getRawReceipts: consensus bytes of a block's receipts, in order, whose trie has the header's receiptsRoot.
import { requireBlock } from '../blockAccess.ts';
import { blockIdParameter } from '../codec/blockId.ts';
import { data } from '../codec/hex.ts';
import { encodeReceipt } from '../codec/rawEncoding.ts';
import { defineMethod } from '../node.ts';

export const debugGetRawReceipts = defineMethod({
  name: 'debug_getRawReceipts', summary: 'EIP-2718 bytes of the receipts of a block.', parameters: [blockIdParameter],
  run: (node, [id]) => node.contents.of(requireBlock(node, id)).receipts.map((receipt) => data(encodeReceipt(receipt))),
});
