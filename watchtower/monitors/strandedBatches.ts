// D24: no committed batch is left that no lane can answer: one of a spec that every enabled lane has gone past would stay unproven until the chain freezes.

import type { Monitor } from '../monitor.ts';
import { enabledLanes } from './enabledLanes.ts';
import { holds } from './verdicts.ts';

interface BatchRecord { readonly specId: number }

/** More are not read at once; which were is in the sentence. */
const MOST_BATCHES = 64n;

export const strandedBatches: Monitor = {
  id: 'D24-stranded-batches', group: 'D', about: 'every committed batch that is not final can be answered by a lane that is on', severity: 'critical', needs: ['Lanes', 'Rollup'], staleAfterSeconds: 900,
  evaluate: async (view) => {
    const [committed, final, lanes] = await Promise.all([view.read<bigint>('Rollup', 'committedCount'), view.read<bigint>('Rollup', 'finalizedCount'), enabledLanes(view)]);
    const specs = new Set(lanes.map(({ specId }) => specId));
    // The oldest are read: while one of them is stranded, none behind it becomes final either.
    const last = committed - final > MOST_BATCHES ? final + MOST_BATCHES : committed;
    const indices = Array.from({ length: Number(last - final) }, (_, index) => final + 1n + BigInt(index));
    const records = await Promise.all(indices.map(async (index) => ({ index, specId: Number((await view.read<BatchRecord>('Rollup', 'batch', [index])).specId) })));
    const stranded = records.filter(({ specId }) => !specs.has(specId));
    const which = stranded.map(({ index, specId }) => `batch ${index} of spec ${specId}`).join(', ');
    return [holds(view, stranded.length === 0, { sentence: stranded.length === 0 ? `${records.length} batches wait${last < committed ? `, of ${committed - final}` : ''}, and a lane that is on answers the spec of each` : `no lane that is on can answer ${which}: nothing becomes final any more`, expected: `specs ${[...specs].join(', ') || 'of a lane'}`, got: which || 'such specs', ...(stranded.length === 0 ? {} : { finding: which }) })];
  },
};
