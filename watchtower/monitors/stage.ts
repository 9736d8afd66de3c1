// G37: the stage of the keys: notice of Ossified, and each stage entered. After them less can be mended, and less can be taken.

import type { Monitor } from '../monitor.ts';

const STAGES = ['Training', 'Mature', 'Ossified'];

export const stage: Monitor = {
  id: 'G37-stage', group: 'G', about: 'the stage of the keys', severity: 'warning', needs: ['Maturity'], staleAfterSeconds: 86_400,
  notices: [
    { contract: 'Maturity', event: 'NoticeGiven', severity: 'critical', sentence: ({ args }) => `from T ${String(args['ossifiesAtT'])} on the chain can be ossified: after that no upgrade is possible any more, and no bug can be mended` },
    { contract: 'Maturity', event: 'StageEntered', severity: 'critical', sentence: ({ args }) => `the chain entered stage ${STAGES[Number(args['stage'])] ?? 'unknown'}` },
    { contract: 'Maturity', event: 'ProgressReset', severity: 'critical', sentence: () => 'a zk lane contradicted itself: what was counted towards the next stage is lost' },
  ],
};
