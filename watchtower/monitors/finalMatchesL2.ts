// E25: what became final on L1 is what a node of your own derived from L1. The comparison is the watchtower's, the execution is that node's:
// point `l2` at a follower that you run, not at the operator's sequencer.

import type { Monitor } from '../monitor.ts';
import { Unverifiable } from '../verdict.ts';
import { holds } from './verdicts.ts';

export const finalMatchesL2: Monitor = {
  id: 'E25-final-matches-l2', group: 'E', about: 'the last final block is the one that your own L2 node derived', severity: 'critical', needs: ['Rollup'], staleAfterSeconds: 1_800,
  evaluate: async (view) => {
    if (view.l2BlockHash === undefined) throw new Unverifiable('no L2 node of your own is configured (l2), so final blocks are compared with nothing');
    const [index, lastHash, , lastNumber] = await view.read<readonly [bigint, string, string, bigint]>('Rollup', 'finalHead');
    const own = await view.l2BlockHash(lastNumber);
    if (own === undefined) throw new Unverifiable(`your L2 node does not have block ${lastNumber} of final batch ${index} yet`);
    return [holds(view, own === lastHash, { sentence: `final batch ${index} ends with block ${lastNumber}, hash ${lastHash}`, expected: own, got: lastHash })];
  },
};
