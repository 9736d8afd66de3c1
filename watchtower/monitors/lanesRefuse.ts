// D23: negative tests of the lanes that may answer now, not only of those that upgrades bring: an accept-all verifier passes every replay of honest proofs.
// Each is asked for statements that nobody proved, chosen by the block, as nobody and as the Rollup. Group D's word for zk lanes is unknown until there
// is one; attesters are asked all the same.

import { keccak256, toHex } from 'viem';
import { Contracts } from '../contracts.ts';
import type { Monitor, View } from '../monitor.ts';
import type { Verdict } from '../verdict.ts';
import { enabledLanes, isZk, LANE_KINDS, type EnabledLane } from './enabledLanes.ts';
import { NO_ZK_LANE_STALE_SECONDS, noZkLane } from './noZkLane.ts';
import { holds } from './verdicts.ts';

const PROBES = 4;

export const lanesRefuse: Monitor = {
  id: 'D23-lanes-refuse', group: 'D', about: 'no lane that may answer accepts a statement that nobody proved', severity: 'critical', needs: ['Lanes', 'Rollup'], staleAfterSeconds: NO_ZK_LANE_STALE_SECONDS,
  evaluate: async (view) => {
    const lanes = await enabledLanes(view);
    const asked = await Promise.all(lanes.map(async (lane) => refuses(view, lane)));
    return lanes.some(isZk) ? asked : [noZkLane(view, 'a zk lane that refuses'), ...asked];
  },
};

async function refuses(view: View, { lane, kind }: EnabledLane): Promise<Verdict> {
  const name = `${LANE_KINDS[String(kind)] ?? 'unknown'} lane ${lane}`;
  for (let probe = 0; probe < PROBES; probe += 1) {
    const statement = keccak256(toHex(`nobody proved this ${view.header.hash} ${lane} ${probe}`));
    for (const from of [undefined, view.contracts.address('Rollup')]) {
      if (await view.readAt<boolean>(lane, Contracts.LANE, 'accepted', [statement], from)) return holds(view, false, { subject: lane, sentence: `the ${name} accepts ${statement}, which nobody can have proven: it accepts anything, and everything unpaid is at its mercy`, expected: 'refused', got: 'accepted' });
    }
  }
  return holds(view, true, { subject: lane, sentence: `the ${name} refuses ${PROBES} statements that nobody proved`, expected: 'refused', got: 'refused' });
}
