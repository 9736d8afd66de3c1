// H41: the watchtowers of others only add to their logs. One that signed two logs is caught by its own signatures. What is said without a signature
// is told for what it is: a contradiction, of the peer or of whoever stands between.

import type { SelfCheck } from './selfCheck.ts';

export const witnesses: SelfCheck = {
  id: 'H41-witness', group: 'H', about: 'no other watchtower rewrites its log', severity: 'warning', needs: [], staleAfterSeconds: 86_400,
  judge: (facts) => facts.witnesses.map(({ name, seq, fault, contradiction, broken }) => {
    const base = { subject: name, expected: 'a log that only grows' };
    if (broken !== undefined) return { ...base, status: 'violation', sentence: `${name} signed two logs: ${broken.what}`, got: broken.what, finding: broken.what };
    if (contradiction !== undefined) return { ...base, status: 'violation', sentence: `what ${name} serves contradicts what it served before, and nothing is signed, so that it may be whoever stands between: ${contradiction}`, got: contradiction, finding: contradiction };
    if (fault !== undefined) return { ...base, status: 'unverifiable', sentence: `the log of ${name} could not be followed beyond entry ${seq}: ${fault}`, got: fault };
    return { ...base, status: 'ok', sentence: `the log of ${name} was followed to entry ${seq}`, got: `${seq} entries` };
  }),
};
