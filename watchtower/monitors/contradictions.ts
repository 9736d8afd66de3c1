// E26: lanes that must agree differ: somebody's proof or signature is false.

import type { Monitor } from '../monitor.ts';
import { holds } from './verdicts.ts';

export const contradictions: Monitor = {
  id: 'E26-contradictions', group: 'E', about: 'no two accepted answers to one batch differ', severity: 'critical', needs: ['Rollup'], staleAfterSeconds: 900,
  evaluate: async (view) => {
    const final = Number(await view.read<bigint>('Rollup', 'finalizedCount'));
    const dropped = view.events('Rollup', 'BatchesDropped').map(({ blockNumber, args }) => ({ blockNumber, from: Number(args['from']), to: Number(args['to']) }));
    const found = view.events('Rollup', 'ContradictionFound').map(({ blockNumber, args }) => ({ blockNumber, index: Number(args['index']), lanes: `${String(args['laneA'])} and ${String(args['laneB'])}` }));
    const open = found.filter(({ index, blockNumber }) => index > final && !dropped.some((drop) => drop.blockNumber >= blockNumber && drop.from <= index && index <= drop.to));
    const which = open.map(({ index, lanes }) => `batch ${index} (${lanes})`).join(', ');
    return [holds(view, open.length === 0, {
      sentence: open.length === 0 ? `no batch that is not final has two answers that differ; ${found.length} had` : `two answers differ about ${which}: a lane is broken or lies, and nothing from there on becomes final`,
      expected: 'no batch with two answers', got: which || 'none', ...(open.length === 0 ? {} : { finding: which }),
    })];
  },
  notices: [{
    contract: 'Rollup', event: 'ContradictionFound', severity: 'critical', subject: ({ args }) => String(args['index']),
    sentence: ({ args }) => `batch ${String(args['index'])} has two answers that differ: a lane is broken or lies; finality stops until it is resolved`,
  }],
};
