/** Random walks over the protocol model: a fixed set of seeds in every run; test:full draws many more. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { walk } from './walk.ts';

test('no walk of 150 steps over 100 seeds breaks an invariant, and walks reach every mode', () => {
  const modes = new Map<string, number>();
  let allowed = 0;
  for (let seed = 1; seed <= 100; seed++) {
    const result = walk(seed, 150);
    allowed += result.allowed;
    modes.set(result.mode, (modes.get(result.mode) ?? 0) + 1);
  }
  assert.ok(allowed > 1_500, `only ${allowed} actions were allowed: the walk does not get anywhere`);
  assert.deepEqual([...modes.keys()].sort(), ['Enforced', 'Frozen', 'Operating'], JSON.stringify([...modes]));
});
