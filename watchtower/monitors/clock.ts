// G37: the clock stands. Deadlines move with it, so a stop is told with its end.

import type { Monitor } from '../monitor.ts';
import { duration, holds } from './verdicts.ts';

const KINDS = ['a pause of finality', 'an open dispute'];

export const clock: Monitor = {
  id: 'G37-clock', group: 'G', about: 'the clock runs: nothing blocks finality', severity: 'warning', needs: ['Clock'], staleAfterSeconds: 3_600,
  evaluate: async (view) => {
    const now = Number(view.header.timestamp);
    const [isBlocked, ...until] = await Promise.all([view.read<boolean>('Clock', 'isBlocked'), ...KINDS.map(async (_name, kind) => Number(await view.read<bigint>('Clock', 'stoppedUntil', [kind])))]);
    const standing = KINDS.flatMap((name, kind) => ((until[kind] ?? 0) > now ? [`${name} for ${duration((until[kind] ?? 0) - now)} at most`] : []));
    // Either alone is a stop: a clock that says that nothing blocks while a stop is open contradicts itself.
    const isRunning = !isBlocked && standing.length === 0;
    return [holds(view, isRunning, { sentence: isRunning ? 'the clock runs' : `finality is blocked: ${standing.join(', ') || 'by no stop that the clock names'}; deadlines in T move`, expected: 'no stop', got: standing.join(', ') || (isBlocked ? 'blocked' : 'none'), ...(isRunning ? {} : { measure: Math.max(0, ...until) - now }) })];
  },
  notices: [
    { contract: 'Clock', event: 'StopStarted', severity: 'critical', sentence: ({ args }) => `the clock stands for ${KINDS[Number(args['kind'])] ?? 'a reason unknown here'}, until ${new Date(Number(args['until']) * 1000).toISOString()} at the latest; deadlines in T move` },
    { contract: 'Clock', event: 'StopEnded', severity: 'warning', sentence: ({ args }) => `${KINDS[Number(args['kind'])] ?? 'a stop'} has ended; the clock runs` },
  ],
};
