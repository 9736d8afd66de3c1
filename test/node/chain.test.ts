// The chain view over the store: what is on disk but not announced yet is not there for readers, so that nobody is shown a receipt in a block
// that `latest` does not know.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Notice } from '../../node/chainView.ts';
import { StoredChain } from '../../node/chain.ts';
import { KINDS, Scenario } from './pipeline/harness/scenario.ts';

test('a block that is written but not announced is invisible by number, by hash and by its transactions', async () => {
  const scenario = await Scenario.begin(undefined, false);
  const { node } = scenario;
  const held: Notice[] = [];
  const listeners: ((notice: Notice) => void)[] = [];
  node.driver.subscribe((notice) => { held.push(notice); });
  const driver = { state: node.driver.state, subscribe: (listener: (notice: Notice) => void) => { listeners.push(listener); return () => undefined; } };
  const chain = new StoredChain({ store: node.store, engine: node.engine, driver, mempool: undefined, l1Target: () => undefined });
  const play = async (kind: (typeof KINDS)[number], a: number, b: number): Promise<void> => scenario.play({ kind: KINDS.indexOf(kind), a, b });
  await play('empty', 0, 0);
  for (let round = 0; node.store.block(1n) === undefined; round++) {
    assert.ok(round < 20, 'the scenario builds a block');
    await play('build', 3, 10);
  }
  const block = node.store.block(1n)!;
  const [hash] = node.store.transactionHashes(1n)!;
  assert.ok(hash !== undefined, 'the block holds a transaction');
  const seen = (): readonly unknown[] => [
    chain.block(1n), chain.blockNumber(block.hash), chain.locate(hash), chain.receipts(1n), chain.transactions(1n), chain.transactionHashes(1n),
    chain.transaction({ blockNumber: 1n, position: 0 }), chain.replay(1n),
  ];
  assert.equal(chain.heads().unsafe.number, 0n);
  assert.deepEqual(seen().filter((value) => value !== undefined), []);
  for (const notice of held) for (const listener of listeners) listener(notice);
  assert.ok(chain.heads().unsafe.number >= 1n);
  assert.deepEqual(seen().filter((value) => value === undefined), []);
});
