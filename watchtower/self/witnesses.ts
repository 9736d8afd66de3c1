// H41: the watchtowers of others only add to their logs. What a peer signed before and says no longer was rewritten: it, or who holds it, hides something.

import type { SelfCheck } from './selfCheck.ts';

export const witnesses: SelfCheck = {
  id: 'H41-witness', group: 'H', about: 'no other watchtower rewrites its log', severity: 'warning', needs: [], staleAfterSeconds: 86_400,
  judge: (facts) => facts.witnesses.map(({ name, seq, fault, broken }) => {
    const base = { subject: name, expected: 'a log that only grows' };
    if (broken !== undefined) return { ...base, status: 'violation', sentence: `the log of ${name} was rewritten: ${broken}`, got: broken, finding: broken };
    if (fault !== undefined) return { ...base, status: 'unverifiable', sentence: `the log of ${name} could not be followed beyond entry ${seq}: ${fault}`, got: fault };
    return { ...base, status: 'ok', sentence: `the log of ${name} was followed to entry ${seq}`, got: `${seq} entries` };
  }),
};
