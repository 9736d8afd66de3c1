// The durable L1 queue against a real anvil: fees, caps, replacement, crashes, reorganizations, foreign nonces.

import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import fc from 'fast-check';
import { Transaction, Wallet } from 'ethers';
import type { Hex } from '@keyfall/protocol';
import { MemoryStore } from '../../../node/execute/memory-store.ts';
import { L1Rpc } from '../../../node/l1/rpc.ts';
import { L1Submitter } from '../../../node/l1/submitter.ts';
import { decideSubmission, type FeePolicy, type SubmissionRecord, type SubmissionRequest, type SubmissionView } from '../../../node/l1/submission.ts';
import { deployEmitter, startAnvil, type Anvil } from './harness/anvil.ts';
import { startProxy, type Proxy } from './harness/proxy.ts';

const GWEI = 1_000_000_000n;
const TOPIC: Hex = `0x${'cd'.repeat(32)}`;
const POLICY: FeePolicy = { maxFeeWei: 100n * GWEI, maxTipWei: 5n * GWEI, maxCostWei: 10n ** 17n, bumpAfterBlocks: 3n };
/** A bare count of what was executed, by calldata. */
async function executed(l1: Anvil, emitter: Hex): Promise<string[]> {
  const logs = await l1.rpc('eth_getLogs', { address: emitter, fromBlock: '0x0', toBlock: 'latest' }) as { data: string }[];
  return logs.map((log) => log.data);
}

describe('L1 submitter', () => {
  let l1: Anvil, proxy: Proxy, emitter: Hex, rpc: L1Rpc, wallet: Wallet, store: MemoryStore;
  let serial = 1;
  const open = (policy: Partial<FeePolicy> = {}, maxInFlight = 8): L1Submitter =>
    new L1Submitter({ rpc, chainId: 31337n, privateKey: wallet.privateKey, store, keyPrefix: 0xa0, policy: { ...POLICY, ...policy }, maxInFlight });
  const request = (id: string, tag: string): SubmissionRequest => ({ id, to: emitter, data: Uint8Array.from(Buffer.from(TOPIC.slice(2) + tag, 'hex')), valueWei: 0n, gasLimit: undefined });
  const mine = async (count = 1): Promise<void> => { for (let i = 0; i < count; i += 1) await l1.rpc('evm_mine'); };

  before(async () => {
    l1 = await startAnvil(['--slots-in-an-epoch', '2']);
    emitter = await deployEmitter(l1);
    proxy = await startProxy(l1.url);
    rpc = new L1Rpc({ urls: [proxy.url], retries: 0, timeoutMilliseconds: 2_000 });
  });
  beforeEach(async () => {
    store = new MemoryStore();
    serial += 1;
    wallet = new Wallet('0x' + serial.toString(16).padStart(64, '0'));
    proxy.transport = 'pass';
    proxy.tamper = (_call, result) => result;
    await l1.rpc('anvil_setBalance', wallet.address, '0x' + (10n ** 18n).toString(16));
    await l1.rpc('anvil_setNextBlockBaseFeePerGas', '0x' + GWEI.toString(16));
    await mine();
  });
  after(async () => { rpc.close(); await proxy.stop(); await l1.stop(); });

  it('carries requests in order to finality, and enqueues an id once', async () => {
    const queue = open();
    for (const tag of ['01', '02', '03']) await queue.enqueue(request(`order-${tag}`, tag));
    await queue.enqueue(request('order-01', 'ff'));
    await queue.advance();
    await mine();
    await queue.advance();
    assert.deepEqual(queue.list().map((record) => [record.state, record.nonce, record.inclusion?.succeeded]), [['included', 0n, true], ['included', 1n, true], ['included', 2n, true]]);
    await mine(8);
    await queue.advance();
    assert.ok(queue.list().every((record) => record.state === 'final' && record.request.data.length === 0));
    assert.deepEqual((await executed(l1, emitter)).slice(-3), ['0x01', '0x02', '0x03']);
  });

  it('sends the same bytes again after dying between signing and sending, and never twice under two nonces', async () => {
    const queue = open();
    await queue.enqueue({ ...request('crash', '11'), gasLimit: 200_000n });
    const signedBefore = new Set<string>();
    // The connection breaks in the middle of the send: the process dies there, not knowing whether L1 has it.
    proxy.tamper = (call, result) => { if (call.method === 'eth_getTransactionByHash' || call.method === 'eth_maxPriorityFeePerGas') setImmediate(() => { proxy.transport = 'cut'; }); return result; };
    await assert.rejects(queue.advance());
    proxy.transport = 'pass';
    proxy.tamper = (_call, result) => result;
    for (const attempt of open().get('crash')?.attempts ?? []) signedBefore.add(attempt.hash);
    assert.equal(signedBefore.size, 1);
    const again = open();
    await again.advance();
    await mine();
    await again.advance();
    const record = again.get('crash');
    assert.equal(record?.state, 'included');
    assert.ok(record?.inclusion && signedBefore.has(record.inclusion.transactionHash));
    assert.equal(BigInt(await l1.rpc('eth_getTransactionCount', wallet.address, 'latest') as string), 1n);
  });

  it('replaces what is not included by at least 12.5 % more, at the same nonce', async () => {
    const queue = open();
    await queue.enqueue(request('bump', '21'));
    await queue.advance();
    const [first] = queue.get('bump')?.attempts ?? [];
    assert.ok(first);
    await l1.rpc('anvil_dropAllTransactions');
    await mine(3);
    await queue.advance();
    const second = queue.get('bump')?.attempts.at(-1);
    assert.ok(second && second.maxFeeWei >= first.maxFeeWei + first.maxFeeWei / 8n && second.tipWei >= first.tipWei + first.tipWei / 8n);
    assert.equal(Transaction.from('0x' + Buffer.from(second.raw).toString('hex')).nonce, 0);
    await mine();
    await queue.advance();
    assert.equal(queue.get('bump')?.inclusion?.transactionHash, second.hash);
  });

  it('holds rather than pays above its caps, says which, and goes on when fees fall', async () => {
    const queue = open({ maxFeeWei: 3n * GWEI, maxTipWei: GWEI });
    await l1.rpc('anvil_setNextBlockBaseFeePerGas', '0x' + (50n * GWEI).toString(16));
    await mine();
    await queue.enqueue(request('cap', '31'));
    await queue.advance();
    assert.equal(queue.get('cap')?.attempts.length, 0);
    assert.match(queue.get('cap')?.heldBecause ?? '', /^fee cap/);
    await l1.rpc('anvil_setNextBlockBaseFeePerGas', '0x' + GWEI.toString(16));
    await mine();
    await queue.advance();
    assert.equal(queue.get('cap')?.attempts.length, 1);
    for (let i = 0; i < 10; i += 1) { await l1.rpc('anvil_dropAllTransactions'); await mine(3); await queue.advance(); }
    for (const attempt of queue.get('cap')?.attempts ?? []) assert.ok(attempt.maxFeeWei <= 3n * GWEI && attempt.tipWei <= GWEI);
  });

  it('holds when the account cannot pay, and when the gas of one transaction would cost more than allowed', async () => {
    await l1.rpc('anvil_setBalance', wallet.address, '0x1000');
    const queue = open();
    await queue.enqueue({ ...request('poor', '41'), gasLimit: 100_000n });
    await queue.advance();
    assert.match(queue.get('poor')?.heldBecause ?? '', /^funds/);
    await l1.rpc('anvil_setBalance', wallet.address, '0x' + (10n ** 18n).toString(16));
    const capped = open({ maxCostWei: 1_000n });
    await capped.advance();
    assert.match(capped.get('poor')?.heldBecause ?? '', /^cost cap/);
    assert.equal(capped.get('poor')?.attempts.length, 0);
  });

  it('holds what would revert, with the reason, without using a nonce', async () => {
    const queue = open();
    await queue.enqueue({ id: 'revert', to: wallet.address as Hex, data: new Uint8Array(0), valueWei: 10n ** 30n, gasLimit: undefined });
    await queue.enqueue(request('after', '51'));
    await queue.advance();
    assert.match(queue.get('revert')?.heldBecause ?? '', /would fail|funds/);
    assert.equal(queue.get('after')?.nonce, 0n);
  });

  it('sends again what a reorganization took out', async () => {
    const queue = open();
    await queue.enqueue(request('reorg', '61'));
    await queue.advance();
    await mine();
    await queue.advance();
    assert.equal(queue.get('reorg')?.state, 'included');
    await l1.rpc('anvil_reorg', 1, []);
    await l1.rpc('anvil_dropAllTransactions');
    await queue.advance();
    assert.equal(queue.get('reorg')?.state, 'sent');
    for (let i = 0; i < 8 && queue.get('reorg')?.state === 'sent'; i += 1) { await queue.advance(); await mine(); }
    await queue.advance();
    assert.equal(queue.get('reorg')?.state, 'included');
    assert.equal((await executed(l1, emitter)).filter((data) => data === '0x61').length, 1);
  });

  it('takes another nonce only when its own was finally used by someone else', async () => {
    const queue = open();
    await queue.enqueue(request('foreign', '71'));
    await queue.advance();
    await l1.rpc('anvil_dropAllTransactions');
    const foreign = await wallet.signTransaction({ type: 2, chainId: 31337, nonce: 0, to: wallet.address, gasLimit: 21_000, maxFeePerGas: 90n * GWEI, maxPriorityFeePerGas: GWEI });
    await l1.rpc('eth_sendRawTransaction', foreign);
    await mine();
    await queue.advance();
    assert.match(queue.get('foreign')?.heldBecause ?? '', /nonce 0 was used/);
    assert.equal(queue.get('foreign')?.nonce, 0n);
    await mine(8);
    await queue.advance();
    await queue.advance();
    await mine();
    await queue.advance();
    assert.equal(queue.get('foreign')?.nonce, 1n);
    assert.equal(queue.get('foreign')?.state, 'included');
  });

  it('fills the nonce of a settled transaction that even final blocks lost, so that what follows it can go on', async () => {
    const queue = open();
    await queue.enqueue(request('settled', '91'));
    await queue.advance();
    await mine();
    await mine(8);
    await queue.advance();
    assert.equal(queue.get('settled')?.state, 'final');
    await queue.enqueue(request('next', '92'));
    await queue.advance();
    assert.equal(queue.get('next')?.nonce, 1n);
    await l1.rpc('anvil_reorg', 10, [[[{ from: l1.account, to: l1.account, value: '0x1', gas: '0x5208' }, 0]]].flat());
    await l1.rpc('anvil_setBalance', wallet.address, '0x' + (10n ** 18n).toString(16));
    await mine();
    assert.equal(BigInt(await l1.rpc('eth_getTransactionCount', wallet.address, 'latest') as string), 0n);
    for (let i = 0; i < 10 && queue.get('next')?.state === 'sent'; i += 1) { await queue.advance(); await mine(); }
    assert.equal(queue.get('next')?.state, 'included');
    assert.equal(queue.get('next')?.nonce, 1n);
    assert.equal((await executed(l1, emitter)).filter((data) => data === '0x92').length, 1);
  });

  it('removes an unsent request, and frees the nonce of a sent one', async () => {
    const queue = open({}, 1);
    await queue.enqueue(request('stuck', '81'));
    await queue.enqueue(request('unsent', '82'));
    await queue.advance();
    assert.equal(await queue.cancel('unsent'), 'removed');
    assert.equal(await queue.cancel('stuck'), 'replacing');
    await l1.rpc('anvil_dropAllTransactions');
    await mine(3);
    await queue.advance();
    await mine();
    await queue.advance();
    assert.equal(await queue.cancel('stuck'), 'too-late');
    assert.equal(await queue.cancel('never'), 'unknown');
    const log = await executed(l1, emitter);
    assert.ok(!log.includes('0x81') && !log.includes('0x82'));
  });

  it('never signs above a cap or beyond the balance, whatever L1 shows (pure)', () => {
    const wei = fc.bigInt({ min: 0n, max: 10n ** 12n });
    const small = fc.bigInt({ min: 0n, max: 50n });
    fc.assert(fc.property(fc.record({ headNumber: small, baseFeeWei: wei, finalizedNumber: small, nonce: small, finalizedNonce: small, balanceWei: fc.bigInt({ min: 0n, max: 10n ** 18n }), suggestedTipWei: wei, isKnown: fc.boolean() }), fc.array(fc.tuple(wei, wei), { maxLength: 3 }), wei, wei, (seen, fees, maxFeeWei, maxTipWei) => {
      const policy: FeePolicy = { maxFeeWei, maxTipWei, maxCostWei: 10n ** 17n, bumpAfterBlocks: 3n };
      const attempts = fees.map(([a, b]) => ({ hash: TOPIC, raw: new Uint8Array(1), maxFeeWei: a > b ? a : b, tipWei: a > b ? b : a, signedAtBlock: 0n }));
      const record: SubmissionRecord = { request: { id: 'x', to: emitter ?? TOPIC, data: new Uint8Array(0), valueWei: 7n, gasLimit: undefined }, sequence: 0n, state: attempts.length === 0 ? 'queued' : 'sent', nonce: attempts.length === 0 ? undefined : 4n, gasLimit: 100_000n, attempts, inclusion: undefined, heldBecause: undefined, isCancelled: false };
      const view: SubmissionView = { ...seen, inclusion: undefined };
      const step = decideSubmission(record, view, policy, 100_000n);
      if (step.kind !== 'sign') return;
      assert.ok(step.fees.maxFeeWei <= maxFeeWei && step.fees.tipWei <= maxTipWei && step.fees.tipWei <= step.fees.maxFeeWei);
      assert.ok(100_000n * step.fees.maxFeeWei + 7n <= view.balanceWei);
      const newest = attempts.at(-1);
      if (newest !== undefined) assert.ok(step.fees.maxFeeWei * 8n >= newest.maxFeeWei * 9n && step.fees.tipWei * 8n >= newest.tipWei * 9n);
    }), { numRuns: 3_000 });
  });
});
