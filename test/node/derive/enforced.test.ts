// Enforced batches as derivation takes them: the same blocks whoever takes how many, nothing that the Lifecycle could not have allowed, and
// a batch computed in advance is what is derived once it is committed.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GENESIS_FEE_CONFIG, keccak, toHex } from '@keyfall/protocol';
import { DerivationFault } from '../../../node/derive/fault.ts';
import { nextEnforcedBatch } from '../../../node/enforce/nextBatch.ts';
import type { L1Record } from '../../../node/pipeline/l1Block.ts';
import { enforcedRecords, fresh } from './harness/derived.ts';
import { IDENTITY, L1World } from './harness/l1World.ts';
import { MODEL_GENESIS, ModelEngine } from './harness/modelEngine.ts';

const INTERVAL_SECONDS = 24n;

describe('Enforced batches', () => {
  it('derives the same Enforced blocks however many of them each batch took', async () => {
    let world = new L1World();
    for (let i = 0; i < 6; i += 1) world = world.mine([world.message({}, []), ...(i % 2 === 0 ? [world.message({}, [world.message({}, [])])] : [])].slice(0, 1), 0);
    world = world.mine([{ kind: 'phase', phase: 'enforced' }], 0).mine([], 0).mine([], 0);
    const chains = await Promise.all([[9], [1, 9], [1, 1, 1, 1], [2, 1, 9]].map(async (takes) => {
      let story = world;
      for (const blocks of takes) story = story.mine([...await enforcedRecords(story, blocks)], 0);
      return (await fresh(story)).derivation.head;
    }));
    assert.ok((chains[0]?.derived.number ?? 0n) > 2n, 'several blocks');
    for (const head of chains) assert.deepEqual([head.derived.number, head.derived.hash, head.derived.timestamp], [chains[0]?.derived.number, chains[0]?.derived.hash, chains[0]?.derived.timestamp]);
  });

  it('refuses what the Lifecycle could not have allowed', async () => {
    let world = new L1World();
    for (let i = 0; i < 4; i += 1) world = world.mine([world.message({}, [])], 0);
    const enter: L1Record = { kind: 'phase', phase: 'enforced' };
    const open = world.mine([enter], 0).mine([], 0).mine([], 0);
    const enforced = open.enforcedCommit({ parentHash: MODEL_GENESIS.hash, blocks: 9 }, []);
    const skip = open.skipHead(1n, []);
    const passing = skip === undefined ? undefined : open.enforcedCommit({ parentHash: MODEL_GENESIS.hash, blocks: 9 }, [skip]);
    assert.ok(enforced?.kind === 'commit' && skip !== undefined && passing?.kind === 'commit');
    const operating = world.commit({ payload: Uint8Array.of(9), take: 1n, parentHash: MODEL_GENESIS.hash }, []);
    const zero = new Uint8Array(32);
    const changed = (fields: Partial<(typeof enforced)['commit']>): L1Record => ({ kind: 'commit', commit: { ...enforced.commit, ...fields } });
    const cases: readonly (readonly [string, L1World, readonly L1Record[]])[] = [
      ['mode', world, [enforced]], ['mode', open, [operating]], ['mode', open, [{ kind: 'phase', phase: 'frozen' }, enforced]],
      ['payload', open, [changed({ payloadCommitment: zero })]], ['payload', open, [changed({ payload: Uint8Array.of(1) })]], ['payload', open, [changed({ inboxTo: 0n, accTo: zero })]],
      ['phase', open, [enter]], ['phase', open, [{ kind: 'phase', phase: 'frozen' }, { kind: 'phase', phase: 'operating' }]],
      ['skip-range', world, [{ kind: 'skipped', from: 0n, to: 1n }]], ['skip-range', open, [skip, skip]], ['skip-range', open, [{ kind: 'skipped', from: 0n, to: 5n }]], ['skip-range', open, [enforced, skip]],
      ['skip-root', open, [changed({ skipRoot: keccak(zero) })]], ['skip-root', open, [skip, { kind: 'commit', commit: { ...passing.commit, skipRoot: zero } }]], ['inbox-range', open, [skip, enforced]],
      ['inbox-range', open, [{ kind: 'skipped', from: 1n, to: 2n }, enforced]],
    ];
    for (const [code, before, records] of cases) {
      const { derivation } = await fresh(before);
      const event = before.mine(records, 0).eventsFrom(before, 9)[0];
      assert.ok(event);
      await assert.rejects(derivation.apply(event), (error) => error instanceof DerivationFault && error.code === 'contradiction' && error.message.includes(`: ${code}: `), `${code}: ${JSON.stringify(records.map(({ kind }) => kind))}`);
    }
    const { derivation } = await fresh(open.mine([skip], 0).mine([passing], 0));
    assert.equal(derivation.head.derived.batchIndex, 1n, 'a batch past the skipped range is derived');
  });

  it('computes in advance exactly what is derived once it is committed, and leaves the store as it was', async () => {
    let world = new L1World();
    for (let i = 0; i < 5; i += 1) world = world.mine([world.message({}, [])], 0);
    world = world.mine([{ kind: 'phase', phase: 'enforced' }], 0);
    world = world.mine([world.skipHead(1n, [])].flatMap((record) => record ?? []), 0).mine([], 0);
    for (const maxBlocks of [1, 9]) {
      const { derivation, store } = await fresh(world);
      const engine = new ModelEngine(store);
      const rules = { identity: IDENTITY, timestampLagSeconds: 259_200n };
      const view = { nowSeconds: world.nextTime, intervalSeconds: INTERVAL_SECONDS, specId: 1n, feeConfig: GENESIS_FEE_CONFIG, maxBlocks };
      const next = await nextEnforcedBatch(derivation, engine, rules, view);
      assert.ok(next.ok);
      assert.equal(toHex(engine.head.hash), toHex(derivation.head.derived.hash), 'the engine is where it was');
      assert.equal(next.batch.inputs.inboxFrom, 1n, 'past the skipped message');
      const committed = world.mine([...await enforcedRecords(world, maxBlocks)], 0);
      const result = (await fresh(committed)).derivation.result(1n);
      assert.deepEqual([next.batch.inputsHash, next.batch.outputsHash, next.batch.outputs], [result?.inputsHash, result?.outputsHash, result?.outputs]);
    }
    const { derivation, store } = await fresh(new L1World().mine([], 0));
    const refused = await nextEnforcedBatch(derivation, new ModelEngine(store), { identity: IDENTITY, timestampLagSeconds: 1n }, { nowSeconds: 1n, intervalSeconds: INTERVAL_SECONDS, specId: 1n, feeConfig: GENESIS_FEE_CONFIG, maxBlocks: 1 });
    assert.ok(!refused.ok && /phase operating/.test(refused.because));
  });
});
