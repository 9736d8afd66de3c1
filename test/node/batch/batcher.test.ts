// The batcher against anvil and the real Rollup: what it commits, takes back, commits again, and refuses.

import { strict as assert } from 'node:assert';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { HDNodeWallet, JsonRpcProvider, type Interface } from 'ethers';
import pino from 'pino';
import { keccakHex, type Hex } from '@keyfall/protocol';
import { idleGovernance } from '../../contracts/council.ts';
import { Batcher } from '../../../node/batch/batcher.ts';
import { payloadRefusal } from '../../../node/batch/feed.ts';
import { contractInterface } from '../../../node/l1/contracts.ts';
import { MemoryStore } from '../../../node/execute/index.ts';
import { L1Rpc } from '../../../node/l1/rpc.ts';
import { L1Submitter } from '../../../node/l1/submitter.ts';
import { startAnvil, type Anvil } from '../l1/harness/anvil.ts';
import { FakeNode, batchOf } from './fakeNode.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const key = (index: number): HDNodeWallet => HDNodeWallet.fromPhrase('test test test test test test test test test test test junk', undefined, `m/44'/60'/0'/0/${index}`);
const rollupInterface: Interface = contractInterface('Rollup');
let anvil: Anvil;
let l1: JsonRpcProvider;
let rollup: Hex;
let url: string;
let node: FakeNode;
const store = new MemoryStore();
const rpcs: L1Rpc[] = [];

before(async () => {
  anvil = await startAnvil();
  ({ url } = anvil);
  await anvil.rpc('evm_setAutomine', true);
  l1 = new JsonRpcProvider(url, 31_337, { staticNetwork: true, cacheTimeout: -1 });
  const attesters = [2, 3, 4, 5, 6].map((index) => key(index).address).join(',');
  const { stdout } = await promisify(execFile)(process.execPath, [join(root, 'contracts/deploy/main.ts'), '--l1', url, '--operator', key(1).address, '--cold-key', key(1).address, '--attesters', attesters, ...idleGovernance(key(0).address)], {
    env: { ...process.env, KEYFALL_DEPLOYER_KEY: key(0).privateKey },
  });
  rollup = (JSON.parse(stdout) as { contracts: { Rollup: string } }).contracts.Rollup.toLowerCase() as Hex;
  node = await FakeNode.start();
});
after(async () => {
  for (const rpc of rpcs) rpc.close();
  l1.destroy();
  await node.stop();
  await anvil.stop();
});

/** A batcher as after a restart: only the store carries over. */
function newBatcher(): Batcher {
  const [l1Rpc, nodeRpc] = [new L1Rpc({ urls: [url] }), new L1Rpc({ urls: [node.url] })];
  rpcs.push(l1Rpc, nodeRpc);
  const policy = { maxFeeWei: 10n ** 12n, maxTipWei: 10n ** 10n, maxCostWei: 10n ** 18n, bumpAfterBlocks: 2n };
  const submitter = new L1Submitter({ rpc: l1Rpc, chainId: 31_337n, privateKey: key(1).privateKey, store, keyPrefix: 0x90, policy, maxInFlight: 4 });
  return new Batcher({ node: nodeRpc, l1: l1Rpc, rollup, submitter, logger: pino({ level: 'silent' }) });
}
const signal = new AbortController().signal;
const committed = async (): Promise<number> => Number(rollupInterface.decodeFunctionResult('committedCount', await l1.call({ to: rollup, data: rollupInterface.encodeFunctionData('committedCount') }))[0]);
async function origin(): Promise<{ number: number; hash: Hex; timestamp: number }> {
  const block = await l1.getBlock('latest');
  return { number: block!.number, hash: block!.hash as Hex, timestamp: block!.timestamp };
}
async function committedPayloads(): Promise<string[]> {
  const event = rollupInterface.getEvent('BatchCommitted')!;
  const logs = await l1.getLogs({ address: rollup, topics: [event.topicHash], fromBlock: 0 });
  return logs.map((log) => keccakHex(Buffer.from((rollupInterface.parseLog(log)!.args['payload'] as string).slice(2), 'hex')));
}

test('closed batches are committed once and in order, across a restart', async () => {
  const batches = [batchOf(1, 1, await origin()), batchOf(2, 2, await origin())];
  node.batches = batches;
  const first = newBatcher();
  assert.deepEqual((await first.turn(signal)).queued, [1n, 2n]);
  for (let i = 0; i < 3; i++) await first.turn(signal);
  const restarted = newBatcher();
  for (let i = 0; i < 3; i++) assert.deepEqual((await restarted.turn(signal)).queued, []);
  assert.equal(await committed(), 2);
  assert.deepEqual(await committedPayloads(), batches.map(({ payloadHash }) => payloadHash));
  node.committed = 2;
});

test('the commit of a batch that the node gave up is taken back, and its successor is committed', async () => {
  const batcher = newBatcher();
  await l1.send('evm_setAutomine', [false]);
  const [old, next] = [batchOf(3, 30, await origin()), batchOf(3, 31, await origin())];
  node.batches = [old];
  assert.deepEqual((await batcher.turn(signal)).queued, [3n]);
  node.batches = [next];
  const turn = await batcher.turn(signal);
  assert.equal(turn.takenBack.length, 1);
  // L1 does not take the old commit before its replacement is due; else it would stand, and the node would adopt it.
  await l1.send('anvil_dropAllTransactions', []);
  await l1.send('anvil_mine', ['0x2']);
  await batcher.turn(signal);
  await l1.send('evm_setAutomine', [true]);
  for (let i = 0; i < 6; i++) {
    await batcher.turn(signal);
    await l1.send('evm_mine', []);
  }
  assert.equal(await committed(), 3);
  assert.equal((await committedPayloads()).at(-1), next.payloadHash);
  assert.equal((await committedPayloads()).includes(old.payloadHash), false);
  node.committed = 3;
});

test('a commit that an L1 reorganization took away is sent again', async () => {
  const batcher = newBatcher();
  node.batches = [batchOf(4, 4, await origin())];
  await l1.send('evm_mine', []);
  await batcher.turn(signal);
  await batcher.turn(signal);
  assert.equal(await committed(), 4);
  await l1.send('evm_setAutomine', [false]);
  await l1.send('anvil_reorg', [1, []]);
  await l1.send('anvil_dropAllTransactions', []);
  assert.equal(await committed(), 3);
  await l1.send('evm_setAutomine', [true]);
  for (let i = 0; i < 4; i++) {
    await batcher.turn(signal);
    await l1.send('evm_mine', []);
  }
  assert.equal(await committed(), 4);
  node.committed = 4;
});

test('nothing is sent for a batch ahead of L1, or with an origin that L1 does not have', async () => {
  const batcher = newBatcher();
  const here = await origin();
  node.batches = [{ ...batchOf(5, 5, here), lastTimestamp: here.timestamp + 1 }];
  const ahead = await batcher.turn(signal);
  assert.deepEqual(ahead.queued, []);
  assert.match(ahead.waitingBecause ?? '', /ends at \d+, L1 is at \d+/);
  node.batches = [{ ...batchOf(5, 5, here), originHash: keccakHex(Uint8Array.of(9)) }];
  assert.match((await batcher.turn(signal)).waitingBecause ?? '', /waiting for the node to follow/);
  node.batches = [{ ...batchOf(5, 5, here), originNumber: here.number + 50 }];
  assert.match((await batcher.turn(signal)).waitingBecause ?? '', /is not there/);
  node.batches = [{ ...batchOf(5, 5, here), lastTimestamp: here.timestamp }];
  assert.deepEqual((await batcher.turn(signal)).queued, [5n]);
});

test('a payload that derivation would empty, or that is not what the node says, is refused by name', () => {
  const good = batchOf(1, 1, { number: 1, hash: keccakHex(Uint8Array.of(1)), timestamp: 1 });
  assert.equal(payloadRefusal(1n, good.payload, good.payloadHash), undefined);
  assert.match(payloadRefusal(1n, good.payload, keccakHex(Uint8Array.of(0))) ?? '', /hashes to/);
  for (const bytes of [Uint8Array.of(), Uint8Array.of(2), Uint8Array.of(1, 0xc0), Uint8Array.of(1, 0xc1, 0xc0), new Uint8Array(120_001).fill(1)]) {
    assert.match(payloadRefusal(1n, bytes, keccakHex(bytes)) ?? '', /derivation would empty it/, `${bytes.length} bytes`);
  }
});
