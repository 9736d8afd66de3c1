// D21: the program whose proofs a zk lane takes is the one that can be built from the sources. Nothing here builds it yet, so a zk lane is unknown, and
// without a zk lane there is no program: this never says ok.

import { Contracts } from '../contracts.ts';
import type { Monitor } from '../monitor.ts';
import { enabledLanes, isZk } from './enabledLanes.ts';
import { NO_ZK_LANE_STALE_SECONDS, noZkLane } from './noZkLane.ts';
import { verdict } from './verdicts.ts';

export const zkProgram: Monitor = {
  id: 'D21-zk-program', group: 'D', about: 'each zk lane verifies proofs of the program that the sources give', severity: 'warning', needs: ['Lanes'], staleAfterSeconds: NO_ZK_LANE_STALE_SECONDS,
  evaluate: async (view) => {
    const lanes = (await enabledLanes(view)).filter(isZk);
    if (lanes.length === 0) return [noZkLane(view, 'the program that its sources give')];
    return Promise.all(lanes.map(async ({ lane }) => {
      const profile = await view.readAt<string>(lane, Contracts.LANE, 'profile');
      return verdict(view, 'unverifiable', { subject: lane, sentence: `lane ${lane} says that it verifies program ${profile}, which this watchtower does not build`, expected: 'a program built here', got: profile });
    }));
  },
};
