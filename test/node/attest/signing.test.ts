// What an attester signs and what it refuses to: bound to other outputs, unanswerable batches, batches on a foreign parent;
// and what its HTTP server gives to strangers.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encodePayload, keccakHex, type Hex } from '@keyfall/protocol';
import { AttestationSigner } from '../../../node/attest/attestation.ts';
import { Attester, type AttesterOptions } from '../../../node/attest/attester.ts';
import { AttestFault } from '../../../node/attest/fault.ts';
import { AttesterMetrics } from '../../../node/attest/metrics.ts';
import { createServer } from '../../../node/attest/server.ts';
import { SignOnce } from '../../../node/attest/signOnce.ts';
import { Derivation } from '../../../node/derive/derivation.ts';
import { MemoryStore } from '../../../node/execute/memory-store.ts';
import { IDENTITY, L1World, START, fittingPayload } from '../derive/harness/l1World.ts';
import { ModelEngine } from '../derive/harness/modelEngine.ts';

const LANE: Hex = `0x${'1a'.repeat(20)}`;
const signer = new AttestationSigner('0x' + '11'.repeat(32), 31337n, LANE);
class Reached extends Error {}

interface Scene { readonly derivation: Derivation; readonly signOnce: SignOnce; readonly attester: Attester }

/** An attester whose derivation holds the world; asking L1 anything, which comes after signing, throws Reached. */
async function sceneOf(world: L1World, target = world.tip.number): Promise<Scene> {
  const store = new MemoryStore();
  const derivation = await Derivation.open({ store, engine: new ModelEngine(store), identity: IDENTITY, timestampLagSeconds: 259_200n, start: START });
  for (const event of world.eventsFrom(new L1World(), 100)) await derivation.apply(event);
  while ((await derivation.deriveNext()).kind === 'derived');
  const signOnce = new SignOnce(store);
  const silent = { info: () => undefined, warn: () => undefined, error: () => undefined, debug: () => undefined };
  const options = {
    derivation, source: { target: () => target }, isRewindTolerated: false, signer, signOnce, set: { lane: LANE, members: [signer.address], quorum: 1 }, peers: [], rollup: IDENTITY.rollup,
    staggerMilliseconds: 0, metrics: new AttesterMetrics(), log: silent, now: () => 0, submitter: { list: () => [] }, lane: { rollup: async () => { throw new Reached(); } },
  };
  return { derivation, signOnce, attester: new Attester(options as unknown as AttesterOptions) };
}

async function signDue(scene: Scene): Promise<void> {
  await assert.rejects(scene.attester.tick(new AbortController().signal), Reached);
}

/** One batch after another: each payload is given the parent's timestamp. */
async function worldOf(payloads: readonly ((world: L1World, parentTimestamp: bigint) => Uint8Array)[]): Promise<L1World> {
  let world = new L1World().mine([], 0);
  for (const payload of payloads) {
    const { derivation } = await sceneOf(world);
    const { derived } = derivation.head;
    world = world.mine([world.commit({ payload: payload(world, derived.timestamp), take: 0n, parentHash: derived.hash }, [])], 0);
  }
  return world;
}

const fitting = (world: L1World, parent: bigint): Uint8Array => fittingPayload(world, parent, 0n, [[]]);
/** Its block is one second later than its commit. */
const late = (world: L1World, parent: bigint): Uint8Array => encodePayload([{ timestampDelta: world.nextTime + 1n - parent, messageCount: 0n, transactions: [] }]);

describe('what an attester signs', () => {
  it('binds itself to every batch it executed, in order', async () => {
    const scene = await sceneOf(await worldOf([fitting, fitting, fitting]));
    await signDue(scene);
    for (let index = 1n; index <= 3n; index += 1n) {
      const result = scene.derivation.result(index);
      assert.ok(result && scene.signOnce.boundTo(result.inputsHash) === result.outputsHash);
    }
    assert.equal(scene.attester.status().signedBatch, 3n);
  });

  it('signs neither a batch that L1 can never record nor anything built on it', async () => {
    const scene = await sceneOf(await worldOf([fitting, late, fitting]));
    await signDue(scene);
    assert.equal(scene.derivation.head.derived.batchIndex, 3n);
    assert.deepEqual([1n, 2n, 3n].map((index) => scene.signOnce.boundTo(scene.derivation.result(index)?.inputsHash ?? '0x') !== undefined), [true, false, false]);
  });

  it('ends as equivocation when it is bound to other outputs than it now computes', async () => {
    const scene = await sceneOf(await worldOf([fitting]));
    const result = scene.derivation.result(1n);
    assert.ok(result);
    await scene.signOnce.bind(result.inputsHash, keccakHex(Uint8Array.of(1)));
    await assert.rejects(scene.attester.tick(new AbortController().signal), (error) => error instanceof AttestFault && error.code === 'equivocation');
  });

  it('signs nothing while it lags behind finalized L1', async () => {
    const world = await worldOf([fitting]);
    const scene = await sceneOf(world, world.tip.number + 1n);
    await scene.attester.tick(new AbortController().signal);
    assert.equal(scene.signOnce.boundTo(scene.derivation.result(1n)?.inputsHash ?? '0x'), undefined);
  });

  it('gives strangers only what it is bound to, and a clear refusal for everything else', async () => {
    const scene = await sceneOf(await worldOf([fitting]));
    const server = createServer({ signer, signOnce: scene.signOnce, metrics: new AttesterMetrics(), status: () => scene.attester.status(), submissions: () => [] });
    const inputs = scene.derivation.result(1n)?.inputsHash ?? '0x';
    const get = async (url: string): Promise<{ status: number; body: Record<string, unknown> }> => {
      const response = await server.inject({ method: 'GET', url });
      return { status: response.statusCode, body: JSON.parse(response.body) as Record<string, unknown> };
    };
    assert.equal((await get(`/attestations/${inputs}`)).status, 404);
    await signDue(scene);
    const { status, body } = await get(`/attestations/${inputs.toUpperCase().replace('0X', '0x')}`);
    assert.deepEqual([status, body], [200, { ...signer.sign(inputs, scene.derivation.result(1n)?.outputsHash ?? '0x') }]);
    assert.deepEqual((await get(`/attestations/${inputs}`)).body, body);
    for (const url of ['/attestations/0x', '/attestations/x', `/attestations/${inputs}00`, '/attestations/..%2f..%2fetc']) assert.ok([400, 404].includes((await get(url)).status), url);
    assert.equal((await server.inject({ method: 'POST', url: `/attestations/${inputs}` })).statusCode, 404);
    assert.equal((await get('/status')).body['signedBatch'], '1');
    await server.close();
  });
});
