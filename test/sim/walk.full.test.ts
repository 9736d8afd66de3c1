/** Long random walks over the protocol model: ten thousand steps a seed range, for test:full. */
import { test } from 'node:test';
import { walk } from './walk.ts';

test('no walk of 400 steps over 2,000 seeds breaks an invariant', () => {
  for (let seed = 1_000; seed < 3_000; seed++) walk(seed, 400);
});
