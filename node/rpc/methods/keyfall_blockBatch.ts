// keyfall_blockBatch: which batch a block belongs to, what it consumed of the inbox, and how final it is.
import { findBlock } from '../blockAccess.ts';
import { blockNumberParameter } from '../codec/blockId.ts';
import { data, quantity } from '../codec/hex.ts';
import { originJson } from '../codec/batchJson.ts';
import { defineMethod } from '../node.ts';

export const keyfallBlockBatch = defineMethod({
  name: 'keyfall_blockBatch', summary: 'Batch, origin, inbox range, drops and status (unsafe, safe or final) of a block; null if unknown.', parameters: [blockNumberParameter],
  run: (node, [id]) => {
    const block = findBlock(node, id);
    if (block === undefined) return null;
    const heads = node.chain.heads();
    return {
      number: quantity(block.number), hash: data(block.hash), batchIndex: quantity(block.batchIndex), origin: originJson(block.origin),
      messagesFrom: quantity(block.messagesFrom), messagesTo: quantity(block.messagesTo), zkGasUsed: quantity(block.zkGasUsed),
      dropped: block.dropped.map((drop) => ({ messageIndex: quantity(drop.messageIndex), reason: quantity(drop.reason) })),
      status: block.number <= heads.finalized.number ? 'final' : block.number <= heads.safe.number ? 'safe' : 'unsafe',
    };
  },
});
