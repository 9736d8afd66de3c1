// D23: negative tests of the lanes that may answer now, not only of those that upgrades bring: an accept-all verifier passes every replay of honest proofs.
// Each, attesters too, is asked for statements that nobody proved, chosen by the block, as nobody and as the Rollup.

import { keccak256, toHex } from 'viem';
import { Contracts } from '../contracts.ts';
import type { Monitor, View } from '../monitor.ts';
import { Unverifiable, type Verdict } from '../verdict.ts';
import { judgedAlone } from './alone.ts';
import { enabledLanes, LANE_KINDS, type EnabledLane } from './enabledLanes.ts';
import { holds } from './verdicts.ts';

const PROBES = 4;

export const lanesRefuse: Monitor = {
  id: 'D23-lanes-refuse', group: 'D', about: 'no lane that may answer accepts a statement that nobody proved', severity: 'critical', needs: ['Lanes', 'Rollup'], staleAfterSeconds: 900,
  evaluate: async (view) => {
    const lanes = await enabledLanes(view);
    if (lanes.length === 0) throw new Unverifiable('no lane may answer: there is none to ask');
    return judgedAlone(view, { monitor: lanesRefuse.id, items: lanes, subjectOf: ({ lane }) => lane, expected: 'refused', judge: async (lane) => refuses(view, lane), gone: (lane) => `lane ${lane} may answer no more` });
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
