// G37: the stage of the keys: notice of Ossified, and each stage entered. After them less can be mended, and less can be taken.

import type { Monitor } from '../monitor.ts';
import { duration, holds } from './verdicts.ts';

const STAGES = ['Training', 'Mature', 'Ossified'];

export const stage: Monitor = {
  id: 'G37-stage', group: 'G', about: 'the stage of the keys is what was announced, and no notice of Ossified runs', severity: 'warning', needs: ['Maturity', 'Clock'], staleAfterSeconds: 86_400,
  evaluate: async (view) => {
    const [stage, ossifiesAt, now] = [Number(await view.read<number>('Maturity', 'stage')), await view.read<bigint>('Maturity', 'ossifiesAtT'), await view.read<bigint>('Clock', 'current')];
    const name = STAGES[stage] ?? `stage ${stage}`;
    const told = Number(view.lastEvent('Maturity', 'StageEntered')?.args['stage'] ?? 0);
    const left = Number(ossifiesAt - now);
    const notice = ossifiesAt === 0n || name === 'Ossified' ? undefined : left > 0 ? `it can be ossified in ${duration(left)} of T` : 'it can be ossified now';
    return [
      holds(view, told === stage, { subject: 'stage', sentence: `the chain is in stage ${name}`, expected: STAGES[told] ?? `stage ${told}`, got: name }),
      holds(view, notice === undefined, { subject: 'notice', sentence: notice === undefined ? 'no notice runs' : `${notice}: after that no upgrade is possible any more, and no bug can be mended`, expected: 'no notice', got: notice ?? 'none', ...(notice === undefined ? {} : { measure: left }) }),
    ];
  },
  notices: [
    { contract: 'Maturity', event: 'NoticeGiven', severity: 'critical', sentence: ({ args }) => `from T ${String(args['ossifiesAtT'])} on the chain can be ossified: after that no upgrade is possible any more, and no bug can be mended` },
    { contract: 'Maturity', event: 'StageEntered', severity: 'critical', sentence: ({ args }) => `the chain entered stage ${STAGES[Number(args['stage'])] ?? 'unknown'}` },
    { contract: 'Maturity', event: 'ProgressReset', severity: 'critical', sentence: () => 'a zk lane contradicted itself: what was counted towards the next stage is lost' },
  ],
};
