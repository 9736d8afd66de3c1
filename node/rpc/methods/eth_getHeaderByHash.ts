// eth_getHeaderByHash: the header of a block of the local chain by its hash, null when it is not on it.
import { findBlock } from '../blockAccess.ts';
import { headerJson } from '../codec/blockJson.ts';
import { hashParameter } from '../codec/parameter.ts';
import { defineMethod } from '../node.ts';

export const ethGetHeaderByHash = defineMethod({
  name: 'eth_getHeaderByHash', summary: 'The header of a block.', parameters: [hashParameter('hash')],
  run: (node, [hash]) => {
    const block = findBlock(node, { kind: 'hash', hash, requireCanonical: true });
    return block === undefined ? null : headerJson(block.header, block.hash);
  },
});
