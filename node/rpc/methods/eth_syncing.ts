// eth_syncing: false when the node follows, otherwise how far it got. Progress is measured on L1, because L2 blocks beyond
// the local tip are not known before they are derived; highestBlock is therefore the highest block known.
import { quantity } from '../codec/hex.ts';
import { defineMethod } from '../node.ts';

/** L1 blocks a following node may lag without counting as syncing: confirmations and polling. */
const TOLERATED_L1_LAG = 8n;

export const ethSyncing = defineMethod({
  name: 'eth_syncing', summary: 'false, or progress (with l1Current, l1Target and haltedBecause) while the node is behind L1 or cannot follow it.', parameters: [],
  run: (node) => {
    const status = node.chain.status();
    const isBehind = status.l1Target === undefined ? status.mode === 'follower' : status.l1Target - status.l1Current > TOLERATED_L1_LAG;
    if (!isBehind && status.haltedBecause === undefined) return false;
    const head = quantity(node.chain.heads().unsafe.number);
    return {
      startingBlock: '0x0', currentBlock: head, highestBlock: head, l1Current: quantity(status.l1Current),
      l1Target: status.l1Target === undefined ? null : quantity(status.l1Target), haltedBecause: status.haltedBecause ?? null,
    };
  },
});
