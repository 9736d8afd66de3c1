// eth_getHeaderByNumber: a header by number or tag, null beyond the tip; for `pending` what is known before the block is built.
import { findBlock, pendingTimestamp } from '../blockAccess.ts';
import { blockNumberParameter } from '../codec/blockId.ts';
import { headerJson, pendingHeaderJson } from '../codec/blockJson.ts';
import { defineMethod } from '../node.ts';

export const ethGetHeaderByNumber = defineMethod({
  name: 'eth_getHeaderByNumber', summary: 'The header of a block.', parameters: [blockNumberParameter],
  run: (node, [id]) => {
    const block = findBlock(node, id);
    if (block === undefined) return null;
    return id.kind === 'tag' && id.tag === 'pending' ? pendingHeaderJson(block, pendingTimestamp(node, block.header)) : headerJson(block.header, block.hash);
  },
});
