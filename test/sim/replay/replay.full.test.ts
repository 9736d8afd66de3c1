/** Ten thousand steps of the model replayed against the contracts' bytecode, for test:full. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { replay } from './replay.ts';

test('P-100 model and contracts agree over 10,000 steps, and the walks reach every phase', async () => {
  const modes = new Set<string>();
  for (let seed = 1_000; seed < 1_080; seed++) modes.add((await replay(seed, 130)).mode);
  assert.deepEqual([...modes].sort(), ['Enforced', 'Frozen', 'Operating']);
});
