// Derivation from the real contracts on a real anvil, with the real engine: rebuilt from an address alone, through
// reorganizations, garbage payloads and hostile endpoints.

import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { Wallet } from 'ethers';
import { toHex, type Hex } from '@keyfall/protocol';
import { DerivationFault } from '../../../node/derive/fault.ts';
import { FatalL1Fault, LyingL1Fault } from '../../../node/l1/fault.ts';
import { contractInterface } from '../../../node/l1/contracts.ts';
import { discoverRollup } from '../../../node/l1/discovery.ts';
import { L1Rpc } from '../../../node/l1/rpc.ts';
import { startProxy, type Proxy } from '../l1/harness/proxy.ts';
import { Follower, commitNext, enqueueDeposit, enqueueSigned, mine, startRollupChain, transfer, type RollupChain } from '../attest/harness/rollupChain.ts';

const ALICE = new Wallet('0x' + '11'.repeat(32));
const alice = ALICE.address.toLowerCase() as Hex;
const BOB: Hex = '0x00000000000000000000000000000000000b0b00';
const ETHER = 10n ** 18n;

function chainOf(follower: Follower): readonly unknown[] {
  const results = [];
  for (let index = 1n; index <= follower.derivation.head.derived.batchIndex; index += 1n) results.push(follower.derivation.result(index));
  return results;
}

describe('derivation from L1', () => {
  let chain: RollupChain, follower: Follower, proxy: Proxy;
  before(async () => {
    chain = await startRollupChain([]);
    follower = await Follower.open(chain);
    proxy = await startProxy(chain.l1.url);
  });
  afterEach(() => { proxy.tamper = (_call, result) => result; proxy.transport = 'pass'; });
  after(async () => { await follower.close(); await proxy.stop(); await chain.l1.stop(); });

  /** A follower that starts from nothing but the endpoint and the Rollup's address. */
  const fresh = async (url = chain.l1.url): Promise<Follower> => {
    const other = await Follower.open(chain, url);
    await other.follow();
    return other;
  };

  it('finds Inbox, chain ids, genesis and the first block from the Rollup’s address', () => {
    const { inbox, l1ChainId, l2ChainId, chainProfile, genesisHash, start } = follower.parameters;
    assert.equal(inbox, (chain.addresses['Inbox'] ?? '').toLowerCase());
    assert.deepEqual([l1ChainId, l2ChainId, chainProfile], [31337n, 531337n, 'training-devnet']);
    assert.equal(genesisHash, toHex(follower.engine.head.hash));
    assert.ok(start.number < 7n);
  });

  it('executes deposits and transactions of a committed batch', async () => {
    await enqueueDeposit(chain, alice, 5n * ETHER, 3n * ETHER);
    await mine(chain);
    await follower.follow();
    await commitNext(chain, follower, [[], [await transfer(ALICE, 0, BOB, ETHER)], [await transfer(ALICE, 1, BOB, ETHER)]]);
    await mine(chain);
    await follower.follow();
    assert.equal(follower.derivation.head.derived.batchIndex, 1n);
    assert.equal(follower.derivation.result(1n)?.emptiedBecause, undefined);
    assert.equal(follower.balance(BOB), 2n * ETHER);
    assert.equal(follower.balance(chain.user), 2n * ETHER);
  });

  it('keeps the messages of a batch whose payload is garbage or invalid, and executes nothing else of it', async () => {
    const before = follower.balance(BOB);
    const bad: readonly (readonly [Uint8Array | undefined, readonly (readonly Uint8Array[])[], string])[] = [
      [Uint8Array.of(0xde, 0xad), [], 'PAYLOAD_VERSION'],
      [undefined, [[await transfer(ALICE, 2, BOB, 1n)], [await transfer(ALICE, 9, BOB, 1n)]], 'BLOCK'],
      [undefined, [[Uint8Array.of(0x7e, 1, 2)]], 'TRANSACTION'],
    ];
    for (const [payload, transactions, rule] of bad) {
      await enqueueDeposit(chain, BOB, ETHER, ETHER);
      await mine(chain);
      await follower.follow();
      await commitNext(chain, follower, transactions, payload === undefined ? {} : { payload });
      await mine(chain);
      await follower.follow();
      const result = follower.derivation.result(follower.derivation.head.derived.batchIndex);
      assert.equal(result?.emptiedBecause?.split(':')[0], rule);
      assert.equal(result?.outputs.lastNumber, result?.firstBlock);
    }
    assert.equal(follower.balance(BOB), before + 3n * ETHER);
  });

  it('carries forced signed transactions, and drops those that are invalid with their reason', async () => {
    const before = follower.balance(BOB);
    await enqueueSigned(chain, await transfer(ALICE, 2, BOB, 7n));
    await enqueueSigned(chain, await transfer(ALICE, 2, BOB, 7n));
    await enqueueSigned(chain, Uint8Array.of(0xff, 0x00));
    await mine(chain);
    await follower.follow();
    await commitNext(chain, follower, []);
    await mine(chain);
    await follower.follow();
    const result = follower.derivation.result(follower.derivation.head.derived.batchIndex);
    assert.equal(result?.emptiedBecause, undefined);
    assert.equal(follower.balance(BOB), before + 7n);
    assert.notEqual(result?.outputs.dropRoot, `0x${'00'.repeat(32)}`);
  });

  it('is rebuilt bit for bit by a fresh follower with an endpoint and an address', async () => {
    const other = await fresh();
    assert.deepEqual(chainOf(other), chainOf(follower));
    assert.equal(toHex(other.engine.head.hash), toHex(follower.engine.head.hash));
    await other.close();
  });

  it('follows reorganizations that take commits and messages out and put others in', async () => {
    for (const depth of [1, 2, 3, 5, 8, 13, 21, 30]) {
      await mine(chain, depth + 1);
      await follower.follow();
      await enqueueDeposit(chain, BOB, ETHER, BigInt(depth));
      await mine(chain);
      await follower.follow();
      await commitNext(chain, follower, [[]]);
      await mine(chain);
      await follower.follow();
      await chain.l1.rpc('anvil_reorg', depth, []);
      await chain.l1.rpc('anvil_dropAllTransactions');
      if (depth % 2 === 1) { await enqueueDeposit(chain, BOB, ETHER, 1_000n + BigInt(depth)); await mine(chain); }
      const seen = await follower.follow();
      assert.ok(seen.includes('l1-reorged'), `depth ${depth}: ${seen.join(' ')}`);
      const other = await fresh();
      assert.deepEqual(chainOf(follower), chainOf(other), `depth ${depth}`);
      assert.equal(follower.derivation.head.progress.inboxCount, other.derivation.head.progress.inboxCount);
      assert.equal(toHex(follower.engine.head.hash), toHex(other.engine.head.hash));
      await other.close();
    }
  });

  it('cannot be led astray by an endpoint that hides a message, a commit or a batch’s payload', async () => {
    await enqueueDeposit(chain, BOB, ETHER, 1n);
    await mine(chain);
    await follower.follow();
    await commitNext(chain, follower, [[]]);
    await mine(chain);
    await follower.follow();
    const inbox = (chain.addresses['Inbox'] ?? '').toLowerCase();
    const lies: readonly Proxy['tamper'][] = [
      (call, result) => (call.method === 'eth_getBlockReceipts' ? (result as { logs: { address: string }[] }[]).map((receipt) => ({ ...receipt, logs: receipt.logs.filter((log) => log.address !== inbox) })) : result),
      (call, result) => (call.method === 'eth_getBlockReceipts' ? (result as unknown[]).slice(1) : result),
      (call, result) => (call.method === 'eth_getBlockByNumber' && typeof result === 'object' ? { ...result, logsBloom: '0x' + '00'.repeat(256) } : result),
    ];
    for (const tamper of lies) {
      const other = await Follower.open(chain, proxy.url, follower.parameters);
      proxy.tamper = tamper;
      const seen = await other.follow();
      assert.equal(seen.at(-1), 'l1-trouble');
      assert.equal(other.derivation.head.derived.batchIndex, 0n);
      proxy.tamper = (_call, result) => result;
      await other.follow();
      assert.deepEqual(chainOf(other), chainOf(follower));
      await other.close();
    }
  });

  it('finds out a false Inbox and a false starting block by what the first commit says', async () => {
    const wrongInbox = { ...follower.parameters, inbox: (chain.addresses['Clock'] ?? '').toLowerCase() as Hex };
    const other = await Follower.open(chain, chain.l1.url, wrongInbox);
    await assert.rejects(other.follow(), (error) => error instanceof DerivationFault && error.code === 'contradiction');
    await other.close();
    const head = await chain.l1.rpc('eth_getBlockByNumber', 'latest', false) as { number: Hex; hash: Hex };
    await enqueueDeposit(chain, BOB, ETHER, 1n);
    await mine(chain);
    const late = await Follower.open(chain, chain.l1.url, { ...follower.parameters, start: { number: BigInt(head.number), hash: head.hash } });
    await assert.rejects(late.follow(), (error) => error instanceof DerivationFault && error.message.includes('message-index'));
    await late.close();
    await follower.follow();
  });

  it('goes on by a second endpoint when the first lies, and by one without old states from the chain’s beginning', async () => {
    proxy.tamper = (call, result) => (call.method === 'eth_getBlockReceipts' ? (result as unknown[]).slice(1) : result);
    const both = await Follower.open(chain, `${proxy.url},${chain.l1.url}`, follower.parameters);
    await both.follow();
    assert.deepEqual(chainOf(both), chainOf(follower));
    await both.close();
    const head = await chain.l1.rpc('eth_blockNumber') as Hex;
    proxy.tamper = (call, result) => {
      if (call.method === 'eth_getCode' && call.params[1] !== head) throw new Error('missing trie node');
      return result;
    };
    const pruned = await Follower.open(chain, proxy.url);
    assert.equal(pruned.parameters.start.number, 0n);
    await pruned.follow();
    assert.deepEqual(chainOf(pruned), chainOf(follower));
    await pruned.close();
  });

  it('refuses an address without a Rollup, and another L1 than the one asked for', async () => {
    const rpc = new L1Rpc({ urls: [chain.l1.url] });
    const code = (expected: string) => (error: unknown): boolean => error instanceof FatalL1Fault && error.code === expected;
    await assert.rejects(discoverRollup({ rpc, rollup: BOB }), code('no-contract'));
    await assert.rejects(discoverRollup({ rpc, rollup: chain.addresses['Clock'] ?? '' }), (error) => error instanceof Error);
    await assert.rejects(discoverRollup({ rpc, rollup: chain.addresses['Rollup'] ?? '', l1ChainId: 1n }), code('wrong-chain'));
    rpc.close();
  });

  it('refuses a profile and a time scale that cannot be on this L1, and the profile when the chain id is the lie', async () => {
    const rpc = new L1Rpc({ urls: [proxy.url] });
    const rollup = chain.addresses['Rollup'] ?? '';
    const contract = contractInterface('Rollup');
    const clock = contractInterface('Clock');
    const answering = (selector: string, data: string) => (call: { method: string; params: readonly unknown[] }, result: unknown): unknown =>
      (call.method === 'eth_call' && (call.params[0] as { data: string }).data === selector ? data : result);
    const refused = async (pattern: RegExp): Promise<void> => assert.rejects(discoverRollup({ rpc, rollup }), (error) => error instanceof LyingL1Fault && pattern.test(error.message));
    proxy.tamper = answering(contract.encodeFunctionData('chainProfile'), contract.encodeFunctionResult('chainProfile', ['mainnet']));
    await refused(/chainProfile\(\): expected "training-devnet" on L1 31337, got "mainnet"/);
    proxy.tamper = answering(clock.encodeFunctionData('TIME_SCALE'), clock.encodeFunctionResult('TIME_SCALE', [0n]));
    await refused(/TIME_SCALE\(\): expected at least 1/);
    proxy.tamper = (call, result) => (call.method === 'eth_chainId' ? '0x1' : result);
    await refused(/expected "mainnet" on L1 1, got "training-devnet"/);
    const profile = answering(contract.encodeFunctionData('chainProfile'), contract.encodeFunctionResult('chainProfile', ['mainnet']));
    proxy.tamper = (call, result) => (call.method === 'eth_chainId' ? '0x1' : profile(call, answering(clock.encodeFunctionData('TIME_SCALE'), clock.encodeFunctionResult('TIME_SCALE', [60n]))(call, result)));
    await refused(/TIME_SCALE\(\): expected 1 on L1 1, got 60/);
    proxy.tamper = (_call, result) => result;
    rpc.close();
  });

  it('refuses a Rollup whose genesis is not the one this version computes', async () => {
    const rejected = Follower.open(chain, chain.l1.url, { ...follower.parameters, genesisHash: `0x${'12'.repeat(32)}` });
    const other = await rejected;
    await assert.rejects(other.follow(), (error) => error instanceof FatalL1Fault && error.code === 'protocol');
    await other.close();
  });
});
