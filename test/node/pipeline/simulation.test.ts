// Laws of the core under seeded stories: the real engine, store and mempool over a simulated disk, L1 as a model.

import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import fc from 'fast-check';
import { toHex } from '@keyfall/protocol';
import { L1World } from '../derive/harness/l1World.ts';
import { SimulatedDisk } from './harness/disk.ts';
import { Scenario, type ScenarioStep } from './harness/scenario.ts';
import { SimulatedNode } from './harness/simulatedNode.ts';

const SEED = Number(process.env['KEYFALL_SEED'] ?? 20_261_122);
const step = fc.record({ kind: fc.nat(1_000), a: fc.nat(1_000), b: fc.nat(1_000) });

/** Every record of the local chain says the same, and the engine stands where the head says. */
function assertConsistent(node: SimulatedNode): void {
  const head = node.store.head()!;
  assert.deepEqual(head, node.state.head, 'the state in memory is the persisted one');
  assert.equal(toHex(node.engine.head.hash), toHex(head.unsafe.hash), 'the engine stands at the unsafe head');
  assert(head.finalized.number <= head.safe.number && head.safe.number <= head.unsafe.number, 'finalized <= safe <= unsafe');
  assert(head.safe.batchIndex <= head.closedBatch);
  for (let number = head.unsafe.number; number > 0n; number--) {
    const block = node.store.block(number)!;
    assert.equal(toHex(block.header.parentHash), toHex(node.store.block(number - 1n)!.hash));
    assert.equal(node.store.blockNumber(block.hash), number);
    for (const [position, hash] of node.store.transactionHashes(number)!.entries()) assert.deepEqual(node.store.locate(hash), { blockNumber: number, position });
  }
  assert.equal(node.store.block(head.unsafe.number + 1n), undefined, 'nothing above the head is stored');
  assert.equal(node.store.batch(head.closedBatch + 1n), undefined, 'no batch above the last closed one is stored');
  assert.equal(node.store.message(head.progress.inboxCount), undefined);
  assert.equal(node.store.commit(head.progress.committedBatch + 1n), undefined);
}

/** An acknowledged transaction is in the chain or waits, unless its nonce was used by another. */
function assertNothingLost(scenario: Scenario): void {
  const { node } = scenario;
  const state = node.engine.stateAt(node.engine.head.header.number);
  assert(state.ok);
  for (const { hash, sender, nonce } of scenario.acknowledged) {
    const accountNonce = state.state.account(sender)?.nonce ?? 0n;
    const isThere = node.store.locate(hash) !== undefined || node.mempool!.transaction(hash) !== undefined || accountNonce > nonce;
    assert(isThere, `acknowledged transaction ${toHex(hash)} with nonce ${nonce} is gone; the account is at ${accountNonce}`);
  }
}

/** A node with nothing but L1 reaches the same safe chain. */
async function assertDerivable(scenario: Scenario): Promise<void> {
  const follower = await SimulatedNode.start(new SimulatedDisk(), undefined);
  for (const event of scenario.world.eventsFrom(new L1World(), 3)) await follower.take(event);
  const ours = scenario.node.state.head.safe;
  const theirs = follower.state.head.safe;
  assert.equal(theirs.batchIndex, ours.batchIndex);
  assert.equal(toHex(theirs.hash), toHex(ours.hash));
  assert.equal(follower.state.standing, scenario.node.state.standing);
  for (let index = 1n; index <= ours.batchIndex; index++) assert.deepEqual(follower.store.batch(index), scenario.node.store.batch(index));
}

const totals = { recognised: 0, derived: 0, emptied: 0, unwound: 0, reorganized: 0, crashed: 0, enforced: 0, skipped: 0, returned: 0 };

test('whatever L1 does and whenever the process dies, the chain is consistent, derivable from L1 alone, and loses no acknowledged transaction', async () => {
  await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 25, maxLength: 60 }), async (steps: readonly ScenarioStep[]) => {
    const scenario = await Scenario.begin();
    for (const next of steps) {
      await scenario.play(next);
      assert.equal(scenario.node.state.halted, undefined);
      assertNothingLost(scenario);
    }
    assertConsistent(scenario.node);
    await assertDerivable(scenario);
    for (const key of Object.keys(totals) as (keyof typeof totals)[]) totals[key] += scenario.seen[key];
  }), { numRuns: 25, seed: SEED, endOnFailure: process.env['KEYFALL_SEED'] !== undefined });
  console.log(`seed ${SEED}: ${JSON.stringify(totals)}`);
  for (const [name, count] of Object.entries(totals)) assert(count > 0, `the stories never reached '${name}'`);
});

test('dying at any write of a story loses nothing and leaves the chain that L1 derives', async () => {
  const story = fc.sample(fc.array(step, { minLength: 30, maxLength: 30 }), { numRuns: 1, seed: SEED + 1 })[0]!;
  let deaths = 0;
  for (const [position, dyingStep] of story.entries()) {
    for (let writes = 0; writes < 12; writes++) {
      const scenario = await Scenario.begin(new SimulatedDisk(), false);
      for (const before of story.slice(0, position)) await scenario.play(before);
      const died = await scenario.playDyingAt(dyingStep, writes);
      assertNothingLost(scenario);
      assertConsistent(scenario.node);
      await assertDerivable(scenario);
      if (!died) break;
      deaths += 1;
    }
  }
  assert(deaths > 20, `expected more than 20 deaths, got ${deaths}`);
});

test('a block that an emptied batch left behind goes with its commit when L1 takes that back', async () => {
  const scenario = await Scenario.begin(new SimulatedDisk(), false);
  const [messages, commit, hostile, reorg] = [0, 1, 6, 7];
  for (const kind of [messages, hostile, reorg, ...Array<number>(8).fill(messages), commit]) await scenario.play({ kind, a: 0, b: kind === hostile ? 8 : 0 });
  const { head } = scenario.node.state;
  for (let index = head.safe.batchIndex + 1n; index <= head.closedBatch; index++) assert.equal(scenario.node.store.batch(index)!.emptiedBecause, undefined);
  assertConsistent(scenario.node);
  await assertDerivable(scenario);
});
