// net_peerCount: zero. Nodes of this rollup derive from L1 and have no peers; saying so is the whole method.
import { defineMethod } from '../node.ts';

export const netPeerCount = defineMethod({ name: 'net_peerCount', summary: 'Always 0x0: the node has no peers.', parameters: [], run: () => '0x0' });
