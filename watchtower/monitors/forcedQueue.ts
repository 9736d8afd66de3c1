// E30: the oldest forced message against its deadlines, at 50, 75 and 90 %: time for a person to act before a right opens or is needed.

import { ENFORCED_TRIGGER_SECONDS, FORCED_INCLUSION_DELAY_SECONDS } from '@keyfall/protocol';
import type { Monitor } from '../monitor.ts';
import { duration, holds } from './verdicts.ts';

interface Prefix { readonly time: number }

const STEPS = [50, 75, 90] as const;

export const forcedQueue: Monitor = {
  id: 'E30-forced-queue', group: 'E', about: 'the oldest unsettled message is far from its deadline', severity: 'warning', needs: ['Rollup', 'Inbox', 'Clock'], staleAfterSeconds: 900,
  evaluate: async (view) => {
    const [settled, count, now, scale, due] = await Promise.all([
      view.read<bigint>('Rollup', 'settledIndex'), view.read<bigint>('Inbox', 'count'), view.read<bigint>('Clock', 'current'), view.read<bigint>('Clock', 'TIME_SCALE'),
      view.read<readonly [boolean, bigint]>('Rollup', 'dueMessage'),
    ]);
    const limit = Number(ENFORCED_TRIGGER_SECONDS / scale);
    const inclusion = Number(FORCED_INCLUSION_DELAY_SECONDS / scale);
    const waiting = count > settled;
    const age = waiting ? Number(now - await view.read<bigint>('Clock', 'timeAt', [BigInt((await view.read<Prefix>('Inbox', 'prefix', [settled + 1n])).time)])) : 0;
    const share = (100 * age) / limit;
    return [
      ...STEPS.map((step) => holds(view, share < step, {
        subject: `settled-${step}`, sentence: waiting ? `message ${settled} is unsettled for ${duration(age)} of T; Enforced opens after ${duration(limit)}` : 'no message is unsettled', expected: `less than ${step} % of ${duration(limit)}`, got: `${share.toFixed(0)} %`, measure: age,
      })),
      holds(view, !due[0], { subject: 'included', sentence: due[0] ? `message ${due[1]} is older than ${duration(inclusion)} and in no batch: the next commit must take it` : 'no message is overdue', expected: `every message in a batch within ${duration(inclusion)}`, got: due[0] ? `message ${due[1]} is not` : 'so it is' }),
    ];
  },
};
