// Twenty kills of every kind of process under load: nothing acknowledged is lost. Owns the long plan; the pauses are long enough that the
// supervisor does not take the kills for a process that cannot start.

import { test } from 'node:test';
import { runCrashes } from './crash.ts';
import { TestDevnet } from './devnet.ts';

test('no acknowledged transaction is missing after twenty kills', { timeout: 1_200_000 }, async (t) => {
  const round = ['node', 'batcher', 'node', 'attester2', 'up'];
  await runCrashes(t, new TestDevnet(t), { victims: [...round, ...round, ...round, ...round], pauseMilliseconds: 11_000 });
});
