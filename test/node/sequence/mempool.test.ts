// The mempool over the real engine: what an acknowledgement is worth, and every refusal by its name.

import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { Wallet } from 'ethers';
import { ETHER, sign, wallets } from '../execute/chain-fixture.ts';
import { SimulatedCrash, SimulatedDisk } from '../pipeline/harness/disk.ts';
import { L1World } from '../derive/harness/l1World.ts';
import { SEQUENCING, SimulatedNode } from '../pipeline/harness/simulatedNode.ts';

const to = wallets[5]!.address;

test('submissions of one moment share one durable write and are all there after a restart', async () => {
  const node = await SimulatedNode.start(new SimulatedDisk(), SEQUENCING);
  const raws = await Promise.all(Array.from({ length: 40 }, async (_, index) => (await sign(wallets[index % 4]!, { to, nonce: Math.floor(index / 4) })).raw));
  const before = node.disk.writes;
  const answers = await Promise.all(raws.map(async (raw) => await node.submit(raw)));
  assert(answers.every((answer) => answer.ok));
  assert.equal(node.disk.writes - before, 1);
  const again = await SimulatedNode.start(node.disk.survivor(), SEQUENCING);
  assert.deepEqual(again.mempool!.counts(), { pending: 40, queued: 0 });
  for (const answer of answers) assert(answer.ok && again.mempool!.transaction(answer.hash) !== undefined);
});

test('a transaction whose journal write fails is not acknowledged', async () => {
  const first = await SimulatedNode.start(new SimulatedDisk(), SEQUENCING);
  const { raw, hash } = await sign(wallets[0]!, { to, nonce: 0 });
  const dying = await SimulatedNode.start(first.disk.survivor(1), SEQUENCING);
  await assert.rejects(dying.submit(raw), SimulatedCrash);
  const after = await SimulatedNode.start(dying.disk.survivor(), SEQUENCING);
  assert.equal(after.mempool!.transaction(hash), undefined);
});

test('what waits behind a nonce gap is kept, counted apart, and runs once the gap is filled', async () => {
  const node = await SimulatedNode.start(new SimulatedDisk(), SEQUENCING);
  for (const nonce of [2, 1]) assert((await node.submit((await sign(wallets[0]!, { to, nonce })).raw)).ok);
  assert.deepEqual(node.mempool!.counts(), { pending: 0, queued: 2 });
  assert((await node.submit((await sign(wallets[0]!, { to, nonce: 0 })).raw)).ok);
  assert.deepEqual(node.mempool!.counts(), { pending: 3, queued: 0 });
});

test('what waits behind a gap runs when an authorization that another account brought takes the nonce in between', async () => {
  const node = await SimulatedNode.start(new SimulatedDisk(), SEQUENCING);
  const world = new L1World().mine([], 1);
  for (const event of world.eventsFrom(new L1World(), 1)) await node.take(event);
  const [authority, sponsor] = [wallets[0]!, wallets[1]!];
  const waiting = await sign(authority, { to, nonce: 1 });
  assert((await node.submit(waiting.raw)).ok);
  assert.deepEqual(node.mempool!.counts(), { pending: 0, queued: 1 });
  const authorization = await authority.authorize({ address: to, nonce: 0, chainId: 531_337n });
  assert((await node.submit((await sign(sponsor, { type: 4, to, nonce: 0, gasLimit: 200_000n, authorizationList: [authorization] })).raw)).ok);
  await node.tick(world.tip.timestamp + 1n);
  assert.deepEqual(node.mempool!.counts(), { pending: 1, queued: 0 });
  await node.tick(world.tip.timestamp + 2n);
  assert.deepEqual(node.mempool!.counts(), { pending: 0, queued: 0 });
  assert.notEqual(node.store.locate(waiting.hash), undefined);
});

test('each refusal has its name', async () => {
  const node = await SimulatedNode.start(new SimulatedDisk(), SEQUENCING);
  const known = (await sign(wallets[0]!, { to, nonce: 0, maxFeePerGas: 10n ** 10n, maxPriorityFeePerGas: 10n })).raw;
  assert((await node.submit(known)).ok);
  const stranger = new Wallet(`0x${'77'.repeat(32)}`);
  const cases: readonly (readonly [string, Uint8Array])[] = [
    ['already-known', known],
    ['malformed', Uint8Array.of(2, 0xc0)],
    ['malformed', new Uint8Array(0)],
    ['unsupported-type', Uint8Array.of(3, 0xc0)],
    ['too-large', new Uint8Array(100_001)],
    ['gas-limit-above-block', (await sign(wallets[1]!, { to, nonce: 0, gasLimit: 10_000_001n })).raw],
    ['replacement-underpriced', (await sign(wallets[0]!, { to, nonce: 0, maxFeePerGas: 10n ** 10n, maxPriorityFeePerGas: 11n })).raw],
    ['insufficient-funds', (await sign(wallets[1]!, { to, nonce: 0, value: 1001n * ETHER })).raw],
    ['insufficient-funds', (await sign(stranger, { to, nonce: 0 })).raw],
    ['intrinsic-gas', (await sign(wallets[1]!, { to, nonce: 0, gasLimit: 20_999n })).raw],
    ['chain-id', (await sign(wallets[1]!, { to, nonce: 0, chainId: 1n })).raw],
    ['nonce-too-high', (await sign(wallets[1]!, { to, nonce: 1_025 })).raw],
  ];
  for (const [expected, raw] of cases) {
    const answer = await node.submit(raw);
    assert.equal(answer.ok ? 'accepted' : answer.code, expected);
  }
  assert.deepEqual(node.mempool!.counts(), { pending: 1, queued: 0 });
  await node.mempool!.stop();
  const late = await node.submit((await sign(wallets[1]!, { to, nonce: 0 })).raw);
  assert(!late.ok && late.code === 'stopping');
});
