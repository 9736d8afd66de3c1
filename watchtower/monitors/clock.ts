// G37: the clock stands. Deadlines move with it, so a stop is told with its end.

import type { Monitor } from '../monitor.ts';

const KINDS = ['a pause of finality', 'an open dispute'];

export const clock: Monitor = {
  id: 'G37-clock', group: 'G', about: 'stops of the clock', severity: 'warning', needs: ['Clock'], staleAfterSeconds: 3_600,
  notices: [
    { contract: 'Clock', event: 'StopStarted', severity: 'critical', sentence: ({ args }) => `the clock stands for ${KINDS[Number(args['kind'])] ?? 'a reason unknown here'}, until ${new Date(Number(args['until']) * 1000).toISOString()} at the latest; deadlines in T move` },
    { contract: 'Clock', event: 'StopEnded', severity: 'warning', sentence: ({ args }) => `${KINDS[Number(args['kind'])] ?? 'a stop'} has ended; the clock runs` },
  ],
};
