// A7: what the events tell is what the state says: a contract whose events mislead (an old trick of compromised code) is found out.

import type { Monitor } from '../monitor.ts';
import { holds } from './verdicts.ts';

export const eventsMatchState: Monitor = {
  id: 'A7-events-match-state', group: 'A', about: 'the Rollup\'s state is what its events told', severity: 'critical', needs: ['Rollup', 'Inbox'], staleAfterSeconds: 900,
  evaluate: async (view) => {
    const last = view.lastEvent('Rollup', 'BatchFinalized')?.args;
    const [index, lastHash, stateRoot] = await view.read<readonly [bigint, string, string, bigint]>('Rollup', 'finalHead');
    const told = last === undefined ? 'nothing' : ['index', 'lastHash', 'stateRoot'].map((name) => String(last[name])).join(' ');
    const messages = view.eventCount('Inbox', 'MessageEnqueued');
    const count = await view.read<bigint>('Inbox', 'count');
    return [
      holds(view, told === `${index} ${lastHash} ${stateRoot}`, { subject: 'finalHead', sentence: `the last final batch is ${index} with block ${lastHash}`, expected: told, got: `${index} ${lastHash} ${stateRoot}` }),
      holds(view, BigInt(messages) === count, { subject: 'inbox', sentence: `the Inbox counts ${count} messages and ${messages} were emitted`, expected: String(messages), got: String(count) }),
    ];
  },
};
