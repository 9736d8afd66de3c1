// The model of governance against the contracts, longer and from more seeds, for test:full. The walk is governanceWalk.ts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { walkGovernance } from './governanceWalk.ts';

const SEEDS = [1, 2, 3, 4];
const STEPS = 250;

test(`P-141, P-143, P-144, P-146, P-147, P-148, P-152 the contracts answer as the model does, ${STEPS} steps from each of ${SEEDS.length} seeds`, async () => {
  const [answers, states] = [new Set<string>(), new Set<string>()];
  for (const seed of SEEDS) {
    const walked = await walkGovernance(seed, STEPS);
    for (const answer of walked.answers) answers.add(answer);
    for (const state of walked.states) states.add(state);
  }
  for (const state of ['Executed', 'Vetoed', 'Expired']) assert.ok(states.has(state), `the walks reach ${state}, they reached ${[...states].join(', ')}`);
  for (const answer of ['Training veto taken', 'Training execute taken', 'Mature execute taken', 'Ossified schedule StageForbids']) assert.ok(answers.has(answer), `the walks come to '${answer}', they came to ${[...answers].toSorted().join(', ')}`);
});
