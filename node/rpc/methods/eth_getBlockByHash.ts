// eth_getBlockByHash: a block of the local chain by its hash, null when it is not on it (unwound blocks are gone).
import { findBlock } from '../blockAccess.ts';
import { hashParameter } from '../codec/parameter.ts';
import { defineMethod } from '../node.ts';
import { fullParameter, storedBlockJson } from './eth_getBlockByNumber.ts';

export const ethGetBlockByHash = defineMethod({
  name: 'eth_getBlockByHash', summary: 'A block with transaction hashes, or with whole transactions.', parameters: [hashParameter('hash'), fullParameter],
  run: (node, [hash, full]) => {
    const block = findBlock(node, { kind: 'hash', hash, requireCanonical: true });
    return block === undefined ? null : storedBlockJson(node, block, full);
  },
});
