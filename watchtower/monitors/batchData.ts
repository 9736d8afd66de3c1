// E28: the data of what was committed last is in this watchtower's hands: the event that carries the payload was read out of receipts that the header
// commits to. Older batches are covered by A5 (no block left out) and by their execution (E25).

import { size, type Hex } from 'viem';
import type { Monitor } from '../monitor.ts';
import { holds, verdict } from './verdicts.ts';

export const batchData: Monitor = {
  id: 'E28-batch-data', group: 'E', about: 'the data of the newest committed batch was read from L1', severity: 'critical', needs: ['Rollup'], staleAfterSeconds: 900,
  evaluate: async (view) => {
    const committed = Number(await view.read<bigint>('Rollup', 'committedCount'));
    if (committed === 0) return [verdict(view, 'ok', { sentence: 'no batch was committed yet', expected: 'the data of batch 0', got: 'no batch' })];
    const [last, drop] = [view.lastEvent('Rollup', 'BatchCommitted'), view.lastEvent('Rollup', 'BatchesDropped')];
    const index = Number(last?.args['index'] ?? 0);
    // A drop takes the newest away, and what is then the newest was committed before it.
    const isDropped = drop !== undefined && last !== undefined && drop.blockNumber >= last.blockNumber && Number(drop.args['from']) === committed + 1 && index > committed;
    const payload = last?.args['payload'];
    const bytes = typeof payload === 'string' ? size(payload as Hex) : 0;
    const isHere = isDropped || (index === committed && bytes > 0);
    return [holds(view, isHere, { sentence: isHere ? (isDropped ? `batch ${committed} is the newest since those behind it were dropped` : `batch ${committed} with ${bytes} bytes of data was read`) : `the Rollup counts ${committed} batches, and the data of batch ${committed} was never seen on L1: nobody can execute it`, expected: `the data of batch ${committed}`, got: last === undefined ? 'no batch' : `batch ${index}, ${bytes} bytes` })];
  },
};
