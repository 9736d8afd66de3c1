// kill -9 of each kind of process under load: nothing acknowledged is lost. Owns the short plan that every run takes; the twenty kills of the
// long plan are in crash.full.test.ts.

import { test } from 'node:test';
import { runCrashes } from './crash.ts';
import { TestDevnet } from './devnet.ts';

test('no acknowledged transaction is missing after kill -9 of node, batcher, attester and up', { timeout: 400_000 }, async (t) => {
  await runCrashes(t, new TestDevnet(t), { victims: ['node', 'batcher', 'attester1', 'up'], pauseMilliseconds: 3_000 });
});
