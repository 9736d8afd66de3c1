// A sequencer that ignores its mempool: what is forced through L1 executes all the same, and what the mempool acknowledged is not lost.
// Owns the censorship; what each forced message must do is in scenarios/forced.ts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestDevnet } from './devnet.ts';
import { Devnet, eventually } from './scenarios/bridge.ts';
import { runForced } from './scenarios/forced.ts';

test('forced messages of every kind pass a sequencer that ignores its mempool', { timeout: 400_000 }, async (t) => {
  const testDevnet = new TestDevnet(t);
  const censoring = await testDevnet.start('--inbox-only');
  const devnet = new Devnet(censoring.manifest);
  t.after(() => devnet.close());
  const ignored = await devnet.person(4).l2.sendTransaction({ to: devnet.person(5).address, value: 1n });
  await runForced(devnet);
  const l2Blocks = await devnet.l2.getBlockNumber();
  assert.ok(l2Blocks > 0, 'forced messages made blocks');
  assert.equal(await devnet.l2.getTransactionReceipt(ignored.hash), null, 'the mempool was ignored');

  await t.test('once it stops ignoring it, what it had acknowledged is included', async () => {
    assert.equal(await censoring.end('SIGINT'), 0, censoring.output);
    const honest = new Devnet((await testDevnet.start()).manifest);
    t.after(() => honest.close());
    const receipt = await eventually('the transaction to be included', async () => (await honest.l2.getTransactionReceipt(ignored.hash)) ?? undefined);
    assert.equal(receipt.status, 1);
  });
});
