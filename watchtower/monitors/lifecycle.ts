// E, G: the phase of the chain and what the way out asks of people: Enforced entered, messages about to be skipped, the chain frozen; and how long until
// it freezes if nobody proves. Everything counts in T.

import type { Monitor } from '../monitor.ts';
import { duration, holds } from './verdicts.ts';

interface Episode { readonly enteredT: number | bigint }

const PHASES = ['none', 'Operating', 'Enforced', 'Frozen'];
const CAUSES = ['no batch became final in time', 'messages had to be skipped for too long', 'a dispute was not resolved', 'no lane is left that finalizes'];
/** Of the protocol's tables: 30 d in Enforced without a new final batch. */
const FREEZE_SECONDS = 30n * 86_400n;

export const lifecycle: Monitor = {
  id: 'E32-lifecycle', group: 'E', about: 'the chain is Operating', severity: 'critical', needs: ['Lifecycle', 'Rollup', 'Clock'], staleAfterSeconds: 900,
  evaluate: async (view) => {
    const phase = Number(await view.read<number>('Lifecycle', 'phase'));
    const name = PHASES[phase] ?? `phase ${phase}`;
    if (name !== 'Enforced') return [holds(view, name === 'Operating', { sentence: name === 'Frozen' ? 'the chain is frozen for ever: exit with a proof against the pinned root' : `the chain is ${name}`, expected: 'Operating', got: name, finding: name })];
    const [episode, now, lastFinal, scale] = await Promise.all([view.read<Episode>('Lifecycle', 'episode'), view.read<bigint>('Clock', 'current'), view.read<bigint>('Rollup', 'lastFinalT'), view.read<bigint>('Clock', 'TIME_SCALE')]);
    const since = BigInt(episode.enteredT) > BigInt(lastFinal) ? BigInt(episode.enteredT) : BigInt(lastFinal);
    const left = Number(since + FREEZE_SECONDS / scale - now);
    return [holds(view, false, { sentence: `the chain is Enforced: anyone commits and proves; without a final batch it can be frozen ${left > 0 ? `in ${duration(left)} of T` : 'now'}`, expected: 'Operating', got: 'Enforced', finding: name, measure: left })];
  },
  notices: [
    { contract: 'Lifecycle', event: 'EnforcedEntered', severity: 'critical', sentence: () => 'Enforced has begun: the operator missed its deadlines, and anyone may now commit and prove batches from L1 alone' },
    { contract: 'Lifecycle', event: 'SkipAnnounced', severity: 'critical', sentence: ({ args }) => `up to ${String(args['width'])} messages from ${String(args['from'])} on will be skipped in 12 hours of T unless somebody proves a batch; a skipped deposit is refunded on L1` },
    { contract: 'Lifecycle', event: 'MessagesSkipped', severity: 'critical', sentence: ({ args }) => `messages ${String(args['from'])} to ${String(args['to'])} were skipped: their value can be taken back on L1` },
    { contract: 'Lifecycle', event: 'ReturnRequested', severity: 'warning', sentence: ({ args }) => `the operator asks to return: messages before ${String(args['target'])} must be settled first` },
    { contract: 'Lifecycle', event: 'ReturnedToOperating', severity: 'warning', sentence: () => 'the chain is back in Operating' },
    { contract: 'Lifecycle', event: 'Frozen', severity: 'critical', sentence: ({ args }) => `the chain is frozen for ever on batch ${String(args['batch'])}, because ${CAUSES[Number(args['cause'])] ?? 'of a cause unknown here'}: exit with proofs against ${String(args['stateRoot'])}` },
  ],
};
