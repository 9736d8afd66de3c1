// Five attesters as real processes over the real contracts: commits become final, whichever of them dies; nothing is signed
// before L1 calls it final, and a hostile endpoint gets no signature.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Hex } from '@keyfall/protocol';
import { contractInterface } from '../../../node/l1/contracts.ts';
import { startProxy } from '../l1/harness/proxy.ts';
import { AttesterProcess, eventually, freePort, type AttesterPlan } from './harness/attesterProcess.ts';
import { ATTESTERS, Follower, commitNext, enqueueDeposit, mine, startRollupChain, type RollupChain } from './harness/rollupChain.ts';

const ETHER = 10n ** 18n;
const BOB: Hex = '0x00000000000000000000000000000000000b0b00';

describe('attesters', () => {
  let chain: RollupChain, follower: Follower;
  const directory = mkdtempSync(join(tmpdir(), 'keyfall-attesters-'));
  const plans: AttesterPlan[] = [];
  const running = new Map<number, AttesterProcess>();
  const start = (position: number): AttesterProcess => {
    const plan = plans[position];
    assert.ok(plan);
    const process_ = AttesterProcess.spawn(plan);
    running.set(position, process_);
    return process_;
  };
  const at = (position: number): AttesterProcess => running.get(position) ?? assert.fail(`attester ${position} does not run`);
  const read = async (name: string, args: readonly unknown[] = []): Promise<unknown> => {
    const abi = contractInterface('Rollup');
    const data = await chain.l1.rpc('eth_call', { to: chain.addresses['Rollup'], data: abi.encodeFunctionData(name, [...args]) }, 'latest') as string;
    return abi.decodeFunctionResult(name, data)[0];
  };
  const commitBatch = async (): Promise<void> => {
    await follower.follow();
    await enqueueDeposit(chain, BOB, ETHER, ETHER);
    await mine(chain);
    await follower.follow();
    await commitNext(chain, follower, [[], []]);
    // The second block is a second later than L1's head, and no block may be later than its commit.
    await chain.l1.rpc('evm_increaseTime', 3);
    await mine(chain);
    await follower.follow();
  };
  const mineSome = async (): Promise<void> => { await mine(chain, 5); };
  const finalBatch = async (): Promise<bigint> => await read('finalizedCount') as bigint;

  before(async () => {
    chain = await startRollupChain();
    follower = await Follower.open(chain);
    const ports = await Promise.all(ATTESTERS.map(async () => await freePort()));
    ATTESTERS.forEach((wallet, position) => {
      plans.push({ chain, wallet, dataDirectory: join(directory, String(position)), port: ports[position] ?? 0, peers: ports.filter((_, other) => other !== position) });
    });
    [0, 1, 2, 3, 4].forEach(start);
  });
  after(async () => {
    await Promise.all([...running.values()].map(async (process_) => { await process_.kill(); }));
    await follower.close();
    await chain.l1.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  it('sign nothing while the commit is not final on L1, then bring it to finality with the state this test computes', async () => {
    await commitBatch();
    const inputs = follower.derivation.result(1n)?.inputsHash ?? '';
    const head = BigInt(await chain.l1.rpc('eth_blockNumber') as string);
    await eventually('attesters catch up with finalized L1', async () => {
      const { status, body } = await at(0).get('/status').catch(() => ({ status: 0, body: undefined }));
      return status === 200 && BigInt((body as { l1: { number: string } }).l1.number) >= head - 2n ? true : undefined;
    }, async () => undefined);
    await new Promise((resolve) => { setTimeout(resolve, 300); });
    assert.equal((await at(0).get(`/attestations/${inputs}`)).status, 404);
    assert.equal((await at(0).get('/attestations/0x12')).status, 400);
    await eventually('batch 1 final', async () => ((await finalBatch()) === 1n ? true : undefined), mineSome);
    assert.equal(await read('stateRootOf', [1n]), follower.derivation.result(1n)?.outputs.stateRoot);
    // Three of five are enough for finality, so this one may still be on its way.
    const answered = async (path: string): Promise<unknown> => eventually(path, async () => {
      const { status, body } = await at(2).get(path);
      return status === 200 ? body : undefined;
    }, async () => undefined);
    assert.equal((await answered(`/attestations/${inputs}`) as { outputs: string }).outputs, follower.derivation.result(1n)?.outputsHash);
    await answered('/ready');
    assert.match(String((await at(2).get('/metrics')).body), /keyfall_attester_signed_batch 1/);
  });

  it('finalize on while any one of them is dead, and survive kill -9 in the middle', async () => {
    for (const dead of [0, 3]) {
      await at(dead).kill();
      await commitBatch();
      const committed = follower.derivation.head.progress.committedBatch;
      await eventually(`batch ${committed} final without attester ${dead}`, async () => ((await finalBatch()) >= committed ? true : undefined), mineSome);
      start(dead);
    }
    for (let round = 0; round < 2; round += 1) {
      await commitBatch();
      const victim = 1 + round * 2;
      await new Promise((resolve) => { setTimeout(resolve, 150 * round); });
      await at(victim).kill();
      start(victim);
      await mine(chain, 2);
    }
    const committed = follower.derivation.head.progress.committedBatch;
    await eventually('all batches final', async () => ((await finalBatch()) === committed ? true : undefined), mineSome);
    for (let index = 1n; index <= committed; index += 1n) assert.equal(await read('stateRootOf', [index]), follower.derivation.result(index)?.outputs.stateRoot);
  });

  it('gives an attester behind a lying endpoint nothing to sign, and says so', async () => {
    await at(4).stop();
    const proxy = await startProxy(chain.l1.url);
    const plan = plans[4];
    assert.ok(plan);
    proxy.tamper = (call, result) => (call.method === 'eth_getBlockReceipts' ? (result as { status: string }[]).map((receipt) => ({ ...receipt, status: '0x0' })) : result);
    const lied = AttesterProcess.spawn({ ...plan, dataDirectory: join(directory, 'lied'), l1Url: proxy.url });
    running.set(4, lied);
    const inputs = follower.derivation.result(1n)?.inputsHash ?? '';
    const status = await eventually('the lie is noticed', async () => {
      const { body } = await lied.get('/status').catch(() => ({ body: undefined }));
      const trouble = (body as { l1Trouble?: string; derivedBatch: string } | undefined)?.l1Trouble;
      return trouble === undefined ? undefined : body as { l1Trouble: string; derivedBatch: string };
    }, async () => undefined);
    assert.match(status.l1Trouble, /^wrong-receipts/);
    assert.equal(status.derivedBatch, '0');
    assert.equal((await lied.get('/ready')).status, 503);
    assert.equal((await lied.get(`/attestations/${inputs}`)).status, 404);
    proxy.tamper = (_call, result) => result;
    await eventually('ready again', async () => ((await lied.get('/ready')).status === 200 ? true : undefined), async () => undefined);
    await lied.kill();
    await proxy.stop();
    start(4);
  });

  it('end cleanly on SIGTERM and at the end of their parent, and refuse a second process on their data', async () => {
    const plan = plans[1];
    await at(0).get('/health');
    assert.equal(await at(0).stop(), 0);
    assert.ok(plan);
    const second = AttesterProcess.spawn({ ...plan, port: await freePort() });
    assert.equal(await second.exited, 1);
    assert.match(second.stderr, /locked|another process|in use/i);
    assert.equal(await at(1).endInput(), 0);
  });

  it('follow a devnet’s L1 through the replacement of blocks it called final, and finalize what then stands', async () => {
    for (const position of [0, 1]) start(position);
    await commitBatch();
    await eventually('final before', async () => ((await finalBatch()) === follower.derivation.head.progress.committedBatch ? true : undefined), mineSome);
    await mine(chain, 3);
    for (const depth of [20]) {
      await chain.l1.rpc('anvil_reorg', depth, [[[{ from: chain.user, to: chain.user, value: '0x1', gas: '0x5208' }, 0]]].flat());
      await mine(chain);
      await follower.follow();
      await commitBatch();
      const committed = follower.derivation.head.progress.committedBatch;
      await eventually(`final after ${depth} replaced blocks`, async () => ((await finalBatch()) === committed ? true : undefined), mineSome);
      for (let index = 1n; index <= committed; index += 1n) assert.equal(await read('stateRootOf', [index]), follower.derivation.result(index)?.outputs.stateRoot);
    }
  });

  it('refuse to start with a key that is no member', async () => {
    const plan = plans[2];
    assert.ok(plan);
    const { Wallet } = await import('ethers');
    const stranger = AttesterProcess.spawn({ ...plan, wallet: new Wallet('0x' + '99'.repeat(32)), dataDirectory: join(directory, 'stranger'), port: await freePort() });
    assert.equal(await stranger.exited, 2);
    assert.match(stranger.stderr, /none of its 5 attesters/);
  });
});
