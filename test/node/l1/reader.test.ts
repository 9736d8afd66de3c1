// The L1 reader against a real anvil, and against the same anvil behind a proxy that lies, lags, hangs and garbles.

import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import type { Hex } from '@keyfall/protocol';
import { FatalL1Fault, LyingL1Fault, RetryableL1Fault } from '../../../node/l1/fault.ts';
import { L1Reader } from '../../../node/l1/reader.ts';
import { L1Rpc } from '../../../node/l1/rpc.ts';
import type { L1Block, L1Point } from '../../../node/l1/api.ts';
import { deployEmitter, emit, startAnvil, type Anvil } from './harness/anvil.ts';
import { startProxy, type Proxy } from './harness/proxy.ts';

const TOPIC: Hex = `0x${'ab'.repeat(32)}`;

/** A follower in memory: applies steps as the node does. */
class Follower {
  readonly blocks: L1Block[] = [];
  readonly #start: L1Point;
  constructor(start: L1Point) { this.#start = start; }
  get cursor(): L1Point { return this.blocks.at(-1)?.header ?? this.#start; }
  hashAt(number: bigint): Hex | undefined {
    if (number === this.#start.number) return this.#start.hash;
    return this.blocks.find((block) => block.header.number === number)?.header.hash;
  }
  async follow(reader: L1Reader): Promise<{ unwound: number }> {
    let unwound = 0;
    for (let i = 0; i < 50; i += 1) {
      const step = await reader.next(this);
      if (step.kind === 'current') return { unwound };
      if (step.kind === 'forward') this.blocks.push(...step.blocks);
      else while (this.cursor.number > step.ancestor.number) { this.blocks.pop(); unwound += 1; }
    }
    throw new Error('no end after 50 steps');
  }
  logs(): string[] {
    return this.blocks.flatMap((block) => block.logs.map((log) => `${block.header.number}:${Buffer.from(log.data).toString('hex')}`));
  }
}

function copy(value: unknown): Record<string, unknown> { return structuredClone(value) as Record<string, unknown>; }

describe('L1 reader', () => {
  let l1: Anvil, proxy: Proxy, emitter: Hex, rpc: L1Rpc, honestRpc: L1Rpc, start: L1Point;
  const reader = (via: L1Rpc, follow: 'latest' | 'finalized' = 'latest', maxBlocks = 7): L1Reader => new L1Reader({ rpc: via, addresses: [emitter], follow, maxBlocks });

  before(async () => {
    l1 = await startAnvil();
    emitter = await deployEmitter(l1);
    proxy = await startProxy(l1.url);
    rpc = new L1Rpc({ urls: [proxy.url], timeoutMilliseconds: 300, retries: 1, backoffMilliseconds: 5, maxResponseBytes: 4_000_000 });
    honestRpc = new L1Rpc({ urls: [l1.url] });
    const [genesis] = await reader(honestRpc).headers(0n, 0n);
    assert.ok(genesis);
    start = genesis;
    for (let block = 0; block < 40; block += 1) {
      if (block % 3 === 0) for (let i = 0; i <= block % 4; i += 1) await emit(l1, emitter, TOPIC, `0x${block.toString(16).padStart(2, '0')}${i.toString(16).padStart(2, '0')}`);
      await l1.rpc('evm_mine');
    }
  });
  afterEach(() => { proxy.tamper = (_call, result) => result; proxy.transport = 'pass'; });
  after(async () => { rpc.close(); honestRpc.close(); await proxy.stop(); await l1.stop(); });

  it('reads every log of every block in order, each hash, receipts root and transactions root recomputed', async () => {
    const follower = new Follower(start);
    await follower.follow(reader(honestRpc));
    const expected: string[] = [];
    for (let block = 0; block < 40; block += 3) for (let i = 0; i <= block % 4; i += 1) expected.push(`${block + 2}:${block.toString(16).padStart(2, '0')}${i.toString(16).padStart(2, '0')}`);
    assert.deepEqual(follower.logs(), expected);
    const anvilLogs = await l1.rpc('eth_getLogs', { address: emitter, fromBlock: '0x0', toBlock: 'latest' }) as { transactionHash: string }[];
    assert.deepEqual(follower.blocks.flatMap((block) => block.logs.map((log) => log.transactionHash)), anvilLogs.map((log) => log.transactionHash));
  });

  it('gives the same blocks whatever the size of a step', async () => {
    const all = await Promise.all([1, 2, 5, 64].map(async (size) => {
      const follower = new Follower(start);
      await follower.follow(reader(honestRpc, 'latest', size));
      return follower.blocks.map((block) => [block.header.hash, block.logs.length]);
    }));
    for (const blocks of all) assert.deepEqual(blocks, all[0]);
  });

  it('reads the roots of blocks with transactions of every type that anvil signs', async () => {
    const follower = new Follower(start);
    await follower.follow(reader(honestRpc));
    const call = { from: l1.account, to: emitter, data: TOPIC, gas: '0x100000' };
    await l1.rpc('eth_sendTransaction', { ...call, gasPrice: '0x77359400', type: '0x0' });
    await l1.rpc('eth_sendTransaction', { ...call, gasPrice: '0x77359400', type: '0x1', accessList: [{ address: emitter, storageKeys: [TOPIC] }] });
    await l1.rpc('eth_sendTransaction', { ...call, type: '0x2' });
    await l1.rpc('anvil_impersonateAccount', '0x00000000000000000000000000000000000000ff');
    await l1.rpc('anvil_setBalance', '0x00000000000000000000000000000000000000ff', '0xffffffffffffffffff');
    await l1.rpc('eth_sendTransaction', { ...call, from: '0x00000000000000000000000000000000000000ff' });
    await l1.rpc('evm_mine');
    const before = follower.blocks.length;
    await follower.follow(reader(honestRpc));
    assert.equal(follower.blocks.length, before + 1);
    assert.equal(follower.blocks.at(-1)?.logs.length, 4);
  });

  it('follows only what L1 calls final when asked to', async () => {
    const follower = new Follower(start);
    for (let i = 0; i < 40; i += 1) await l1.rpc('evm_mine');
    await follower.follow(reader(honestRpc, 'finalized'));
    const finalized = await l1.rpc('eth_getBlockByNumber', 'finalized', false) as { number: string };
    assert.equal(follower.cursor.number, BigInt(finalized.number));
    assert.ok(follower.cursor.number > 0n);
  });

  it('calls nothing final that has fewer blocks above it than asked, whatever the endpoint’s tag says', async () => {
    const head = BigInt(await l1.rpc('eth_blockNumber') as string);
    for (const [depth, expected] of [[0n, undefined], [70n, head - 70n], [head + 5n, 0n]] as const) {
      const deep = new L1Reader({ rpc: honestRpc, addresses: [emitter], follow: 'finalized', finalityDepth: depth });
      const tag = await l1.rpc('eth_getBlockByNumber', 'finalized', false) as { number: string };
      assert.equal((await deep.tips()).finalized.number, expected ?? BigInt(tag.number), `depth ${depth}`);
    }
  });

  const lies: readonly { name: string; code: string; tamper: Proxy['tamper'] }[] = [
    { name: 'a header with another base fee', code: 'forged-header', tamper: (call, result) => (call.params[0] === '0x5' ? { ...copy(result), baseFeePerGas: '0x1' } : result) },
    { name: 'a header whose bloom hides the logs', code: 'forged-header', tamper: (call, result) => (call.method === 'eth_getBlockByNumber' ? { ...copy(result), logsBloom: '0x' + '00'.repeat(256) } : result) },
    { name: 'receipts with a log omitted', code: 'wrong-receipts', tamper: (call, result) => {
      if (call.method !== 'eth_getBlockReceipts') return result;
      const receipts = structuredClone(result) as { logs: unknown[] }[];
      receipts[0]?.logs.pop();
      return receipts;
    } },
    { name: 'receipts with a changed log', code: 'wrong-receipts', tamper: (call, result) => (call.method === 'eth_getBlockReceipts' ? JSON.parse(JSON.stringify(result).replaceAll('abababab', 'abababac')) : result) },
    { name: 'no receipts', code: 'wrong-receipts', tamper: (call, result) => (call.method === 'eth_getBlockReceipts' ? [] : result) },
    { name: 'transactions that are not the block’s', code: 'wrong-transactions', tamper: (call, result) => (call.method === 'eth_getBlockByHash' ? { ...copy(result), transactions: [] } : result) },
    { name: 'a block of another height', code: 'wrong-number', tamper: (call, result) => (call.params[0] === '0x4' ? other : result) },
    { name: 'a finalized block above its head', code: 'contradiction', tamper: (call, result) => (call.params[0] === 'latest' ? genesisBlock : call.params[0] === 'finalized' ? other : result) },
  ];
  let other: unknown, genesisBlock: unknown;
  for (const lie of lies) {
    it(`refuses ${lie.name}, adopts nothing of that step, and goes on when the endpoint is honest again`, async () => {
      other = await l1.rpc('eth_getBlockByNumber', '0x9', false);
      genesisBlock = await l1.rpc('eth_getBlockByNumber', '0x0', false);
      const follower = new Follower(start);
      proxy.tamper = lie.tamper;
      await assert.rejects(follower.follow(reader(rpc)), (fault) => fault instanceof LyingL1Fault && fault.code === lie.code);
      for (const block of follower.blocks) assert.equal(block.header.hash, (await l1.rpc('eth_getBlockByNumber', '0x' + block.header.number.toString(16), false) as { hash: string }).hash);
      proxy.tamper = (_call, result) => result;
      await follower.follow(reader(rpc));
      const honest = new Follower(start);
      await honest.follow(reader(honestRpc));
      assert.deepEqual(follower.logs(), honest.logs());
    });
  }

  it('refuses a range whose blocks are real but of two chains', async () => {
    const snapshot = await l1.rpc('evm_snapshot');
    for (let i = 0; i < 3; i += 1) await l1.rpc('evm_mine');
    const head = BigInt(await l1.rpc('eth_blockNumber') as string);
    const stale = await l1.rpc('eth_getBlockByNumber', '0x' + (head - 1n).toString(16), false);
    await l1.rpc('evm_revert', snapshot);
    await l1.rpc('evm_increaseTime', 100);
    for (let i = 0; i < 3; i += 1) await l1.rpc('evm_mine');
    const follower = new Follower(start);
    proxy.tamper = (call, result) => (call.params[0] === '0x' + (head - 1n).toString(16) ? stale : result);
    await assert.rejects(follower.follow(reader(rpc)), (fault) => fault instanceof LyingL1Fault && fault.code === 'wrong-parent');
  });

  const transports: readonly { transport: Proxy['transport']; code: string }[] = [
    { transport: 'hang', code: 'timeout' }, { transport: 'too-many', code: 'rate-limited' }, { transport: 'server-error', code: 'http-status' },
    { transport: 'not-json', code: 'malformed' }, { transport: 'cut', code: 'unreachable' }, { transport: 'foreign-ids', code: 'malformed' }, { transport: 'endless', code: 'too-large' },
  ];
  for (const { transport, code } of transports) {
    it(`reports an endpoint that does '${transport}' as retryable, after a bounded number of attempts`, async () => {
      proxy.transport = transport;
      const seen = proxy.requests;
      // Four megabytes take a busy machine longer than what else is waited for here.
      const asked = transport === 'endless' ? new L1Rpc({ urls: [proxy.url], timeoutMilliseconds: 30_000, retries: 1, backoffMilliseconds: 5, maxResponseBytes: 4_000_000 }) : rpc;
      await assert.rejects(new Follower(start).follow(reader(asked)), (fault) => fault instanceof RetryableL1Fault && fault.code === code);
      assert.equal(proxy.requests - seen, 2);
    });
  }

  it('turns to a second endpoint when the first fails', async () => {
    proxy.transport = 'server-error';
    const both = new L1Rpc({ urls: [proxy.url, l1.url], backoffMilliseconds: 5 });
    const follower = new Follower(start);
    await follower.follow(reader(both));
    assert.ok(follower.cursor.number > 40n);
    both.close();
  });

  it('calls an endpoint that shows an old head behind, and keeps what it has', async () => {
    const follower = new Follower(start);
    await follower.follow(reader(rpc));
    const cursor = follower.cursor;
    const old = await l1.rpc('eth_getBlockByNumber', '0x' + (cursor.number - 4n).toString(16), false);
    proxy.tamper = (call, result) => (call.params[0] === 'latest' ? old : result);
    await assert.rejects(reader(rpc).next(follower), (fault) => fault instanceof RetryableL1Fault && fault.code === 'behind');
    assert.equal(follower.cursor, cursor);
  });

  it('unwinds reorganizations of every depth from 1 to 30 to what a fresh follower reads', async () => {
    const follower = new Follower(start);
    await follower.follow(reader(honestRpc));
    for (let depth = 1; depth <= 30; depth += 1) {
      await l1.rpc('anvil_reorg', depth, depth % 2 === 0 ? [] : [[{ from: l1.account, to: emitter, data: TOPIC + depth.toString(16).padStart(2, '0'), gas: '0x100000' }, 0]]);
      if (depth % 3 === 0) { await emit(l1, emitter, TOPIC, `0x${depth.toString(16).padStart(4, '0')}`); await l1.rpc('evm_mine'); }
      const { unwound } = await follower.follow(reader(honestRpc));
      assert.equal(unwound, depth);
      const fresh = new Follower(start);
      await fresh.follow(reader(honestRpc, 'latest', 64));
      assert.deepEqual(follower.blocks.map((block) => block.header.hash), fresh.blocks.map((block) => block.header.hash));
      assert.deepEqual(follower.logs(), fresh.logs());
    }
  });

  it('stops for a person when the endpoint’s chain lacks the oldest block that can be undone', async () => {
    const follower = new Follower(start);
    await follower.follow(reader(honestRpc));
    const kept = follower.blocks.slice(-3);
    const known = { cursor: follower.cursor, hashAt: (number: bigint) => kept.find((block) => block.header.number === number)?.header.hash };
    await l1.rpc('anvil_reorg', 5, [[{ from: l1.account, to: emitter, data: TOPIC, gas: '0x100000' }, 0]]);
    await assert.rejects(reader(honestRpc).next(known), (fault) => fault instanceof FatalL1Fault && fault.code === 'finalized-reorg');
  });
});
