// What is refused whoever sent it: an acknowledgement is a promise, and outside Operating no sequencer can keep it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StoredChain, type ChainDependencies } from '../../../node/chain.ts';
import { refusalOfAll } from '../../../node/sequence/acceptance.ts';
import { CHAIN_PHASES, type ChainPhase } from '../../../node/store/records.ts';

test('outside Operating, and on a node that halted, every transaction is refused with what to do instead', () => {
  assert.deepEqual(CHAIN_PHASES.map((phase) => refusalOfAll(phase, undefined)?.code), [undefined, 'enforced', 'frozen']);
  assert.deepEqual(CHAIN_PHASES.map((phase) => refusalOfAll(phase, 'L1 made another batch final')?.code), ['halted', 'enforced', 'frozen']);
  assert.match(refusalOfAll('frozen', undefined)?.message ?? '', /exit escape/);
  assert.match(refusalOfAll('enforced', undefined)?.message ?? '', /Inbox/);
  assert.match(refusalOfAll('operating', 'L1 made another batch final')?.message ?? '', /another batch final/);
});

test('a submission is asked of the phase as it is now, before the pool, and on a follower too', async () => {
  let notify: (notice: unknown) => void = () => undefined;
  let taken = 0;
  const head = (phase: ChainPhase): unknown => ({ progress: { phase } });
  const chainOf = (mempool: unknown): StoredChain => new StoredChain({
    store: { head: () => head('operating') }, engine: { chainId: 1n }, l1Target: () => undefined, mempool,
    driver: { state: { halted: undefined }, subscribe: (listener: typeof notify) => { notify = listener; return () => undefined; } },
  } as unknown as ChainDependencies);
  const sequencer = chainOf({ submit: () => { taken += 1; return Promise.resolve({ ok: true, hash: new Uint8Array(32) }); } });
  assert.equal((await sequencer.submit(new Uint8Array(1))).ok, true);
  for (const phase of ['enforced', 'frozen'] as const) {
    notify({ kind: 'heads', heads: head(phase) });
    assert.deepEqual(await sequencer.submit(new Uint8Array(1)), refusalOfAll(phase, undefined));
  }
  notify({ kind: 'heads', heads: head('operating') });
  assert.equal((await sequencer.submit(new Uint8Array(1))).ok, true);
  assert.equal(taken, 2);
  const follower = chainOf(undefined);
  const codes = [];
  for (const phase of ['operating', 'frozen'] as const) {
    notify({ kind: 'heads', heads: head(phase) });
    const answer = await follower.submit(new Uint8Array(1));
    codes.push(answer.ok ? 'taken' : answer.code);
  }
  assert.deepEqual(codes, ['read-only', 'frozen']);
});
