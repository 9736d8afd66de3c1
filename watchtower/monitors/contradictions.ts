// E26: lanes that must agree differ: somebody's proof or signature is false.

import type { Monitor } from '../monitor.ts';

export const contradictions: Monitor = {
  id: 'E26-contradictions', group: 'E', about: 'no two accepted answers to one batch differ', severity: 'critical', needs: ['Rollup'], staleAfterSeconds: 900,
  notices: [{
    contract: 'Rollup', event: 'ContradictionFound', severity: 'critical', subject: ({ args }) => String(args['index']),
    sentence: ({ args }) => `batch ${String(args['index'])} has two answers that differ: a lane is broken or lies; finality stops until it is resolved`,
  }],
};
