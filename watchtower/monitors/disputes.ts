// E26: lanes that disagree or contradict themselves, as the Lanes contract records it.

import type { Monitor } from '../monitor.ts';
import { duration, holds } from './verdicts.ts';

interface Dispute { readonly batch: bigint; readonly laneA: string; readonly laneB: string; readonly endWall: number }

export const disputes: Monitor = {
  id: 'E26-disputes', group: 'E', about: 'no lane disagrees with another or with itself', severity: 'critical', needs: ['Lanes'], staleAfterSeconds: 900,
  evaluate: async (view) => {
    const [id, contradicted] = await Promise.all([view.read<bigint>('Lanes', 'latestOpenDispute'), view.read<bigint>('Lanes', 'zkContradictions')]);
    if (id === 0n) return [holds(view, true, { sentence: `no dispute is open; ${contradicted} zk lanes contradicted themselves so far`, expected: 'no open dispute', got: 'none' })];
    const { batch, laneA, laneB, endWall } = await view.read<Dispute>('Lanes', 'dispute', [id]);
    const left = Number(endWall) - Number(view.header.timestamp);
    return [holds(view, false, { sentence: `dispute ${id} is open: lanes ${laneA} and ${laneB} disagree about batch ${batch}; ${left > 0 ? `unresolved in ${duration(left)} the chain can be frozen` : 'the chain can be frozen now'}`, expected: 'no open dispute', got: `dispute ${id}`, finding: String(id), measure: left })];
  },
  notices: [
    { contract: 'Lanes', event: 'DisputeOpened', severity: 'critical', subject: ({ args }) => String(args['disputeId']), sentence: ({ args }) => `lanes ${String(args['laneA'])} and ${String(args['laneB'])} disagree about batch ${String(args['batch'])}: unresolved by ${new Date(Number(args['endWall']) * 1000).toISOString()} the chain can be frozen` },
    { contract: 'Lanes', event: 'DisputeResolved', severity: 'critical', subject: ({ args }) => String(args['disputeId']), sentence: ({ args }) => `dispute ${String(args['disputeId'])} ended: lane ${String(args['laneSwitchedOff'])} was switched off` },
    { contract: 'Lanes', event: 'LaneContradicted', severity: 'critical', subject: ({ args }) => String(args['lane']), sentence: ({ args }) => `lane ${String(args['lane'])} proved two outputs of equal inputs: its proof system is broken` },
    { contract: 'Lanes', event: 'LaneKilled', severity: 'critical', subject: ({ args }) => String(args['lane']), sentence: ({ args }) => `lane ${String(args['lane'])} is dead for ever` },
    { contract: 'Lanes', event: 'LaneTripped', severity: 'critical', subject: ({ args }) => String(args['lane']), sentence: ({ args }) => `lane ${String(args['lane'])} tripped: until T ${String(args['untilT'])} the council may activate one replacement` },
    { contract: 'Lanes', event: 'SpecAdded', severity: 'critical', subject: ({ args }) => String(args['specId']), sentence: ({ args }) => `spec ${String(args['specId'])} executes batches committed from T ${String(args['activeT'])} on` },
  ],
};
