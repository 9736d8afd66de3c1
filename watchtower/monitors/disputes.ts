// E26: lanes that disagree or contradict themselves, as the Lanes contract records it.

import type { Monitor } from '../monitor.ts';

export const disputes: Monitor = {
  id: 'E26-disputes', group: 'E', about: 'no lane disagrees with another or with itself', severity: 'critical', needs: ['Lanes'], staleAfterSeconds: 900,
  notices: [
    { contract: 'Lanes', event: 'DisputeOpened', severity: 'critical', subject: ({ args }) => String(args['disputeId']), sentence: ({ args }) => `lanes ${String(args['laneA'])} and ${String(args['laneB'])} disagree about batch ${String(args['batch'])}: unresolved by ${new Date(Number(args['endWall']) * 1000).toISOString()} the chain can be frozen` },
    { contract: 'Lanes', event: 'DisputeResolved', severity: 'critical', subject: ({ args }) => String(args['disputeId']), sentence: ({ args }) => `dispute ${String(args['disputeId'])} ended: lane ${String(args['laneSwitchedOff'])} was switched off` },
    { contract: 'Lanes', event: 'LaneContradicted', severity: 'critical', subject: ({ args }) => String(args['lane']), sentence: ({ args }) => `lane ${String(args['lane'])} proved two outputs of equal inputs: its proof system is broken` },
    { contract: 'Lanes', event: 'LaneKilled', severity: 'critical', subject: ({ args }) => String(args['lane']), sentence: ({ args }) => `lane ${String(args['lane'])} is dead for ever` },
    { contract: 'Lanes', event: 'LaneTripped', severity: 'critical', subject: ({ args }) => String(args['lane']), sentence: ({ args }) => `lane ${String(args['lane'])} tripped: until T ${String(args['untilT'])} the council may activate one replacement` },
    { contract: 'Lanes', event: 'SpecAdded', severity: 'critical', subject: ({ args }) => String(args['specId']), sentence: ({ args }) => `spec ${String(args['specId'])} executes batches committed from T ${String(args['activeT'])} on` },
  ],
};
