// The model of governance against the contracts, one walk short enough for every run. The walk is governanceWalk.ts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { walkGovernance } from './governanceWalk.ts';

const SEED = 5_451;
const STEPS = 100;

test(`P-141, P-143, P-144, P-146, P-147, P-148, P-152 the contracts answer as the model does, ${STEPS} steps from seed ${SEED}`, async () => {
  const { answers, states } = await walkGovernance(SEED, STEPS);
  for (const state of ['Executed', 'Vetoed', 'Expired']) assert.ok(states.has(state), `the walk reaches ${state}, it reached ${[...states].join(', ')}`);
  for (const answer of [
    'Training schedule taken', 'Training expedite taken', 'Training expedite NotExpeditable', 'Training veto taken', 'Training execute taken',
    'Mature schedule StageForbids', 'Mature schedule taken', 'Mature execute taken', 'Mature expedite NotTripped', 'Mature expedite NotExpeditable', 'Mature expedite taken',
    'Ossified schedule StageForbids', 'Ossified execute StageForbids',
  ]) assert.ok(answers.has(answer), `the walk comes to '${answer}', it came to ${[...answers].toSorted().join(', ')}`);
});
