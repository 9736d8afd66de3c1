// A5: every L1 block since the deployment was read; a gap is counted and stays on record.

import type { Monitor } from '../monitor.ts';
import { holds } from './verdicts.ts';

export const continuity: Monitor = {
  id: 'A5-continuity', group: 'A', about: 'no L1 block since the deployment was left out', severity: 'warning', needs: [], staleAfterSeconds: 3_600,
  evaluate: async (view) => {
    const { gaps, first, finalized } = view.cursor;
    const missing = gaps.reduce((sum, { from, to }) => sum + to - from + 1, 0);
    return [holds(view, missing === 0, {
      sentence: missing === 0 ? `all blocks from ${first} to ${finalized} were read` : `${missing} blocks could not be read: ${gaps.map(({ from, to }) => `${from}-${to}`).join(', ')}`, expected: '0 blocks missing', got: `${missing}`,
    })];
  },
};
