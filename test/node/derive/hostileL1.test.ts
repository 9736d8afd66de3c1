// A follower node as its own process behind an L1 endpoint that lies, lags, hangs and goes away: it keeps serving, adopts
// nothing false, says that it is not ready, and goes on by itself when the endpoint is honest again.

import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { toHex, type Hex } from '@keyfall/protocol';
import { startProxy, type Proxy } from '../l1/harness/proxy.ts';
import { eventually } from '../attest/harness/attesterProcess.ts';
import { Follower, commitNext, enqueueDeposit, mine, startRollupChain, type RollupChain } from '../attest/harness/rollupChain.ts';

const entry = new URL('../../../node/main.ts', import.meta.url).pathname;
const ETHER = 10n ** 18n;
const BOB: Hex = '0x00000000000000000000000000000000000b0b00';

describe('a node behind a hostile L1 endpoint', () => {
  let chain: RollupChain, reference: Follower, proxy: Proxy, node: ChildProcess, url: string;
  const directory = mkdtempSync(join(tmpdir(), 'keyfall-hostile-'));
  const rpc = async (method: string, ...params: unknown[]): Promise<unknown> => {
    const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }), signal: AbortSignal.timeout(3_000) });
    return (await response.json() as { result?: unknown }).result;
  };
  const head = async (): Promise<{ readonly number: bigint; readonly hash: string }> => {
    const { number, hash } = await rpc('eth_getBlockByNumber', 'latest', false) as { number: Hex; hash: string };
    return { number: BigInt(number), hash };
  };
  const isReady = async (): Promise<boolean> => (await fetch(new URL('/ready', url))).status === 200;
  const honest: Proxy['tamper'] = (_call, result) => result;
  const still = async (): Promise<void> => undefined;

  /** Commits another batch on L1; returns the L2 hash it ends with. */
  const commitBatch = async (): Promise<string> => {
    await enqueueDeposit(chain, BOB, ETHER, ETHER);
    await mine(chain);
    await reference.follow();
    await commitNext(chain, reference, [[]]);
    await mine(chain);
    await reference.follow();
    return toHex(reference.engine.head.hash);
  };
  const caughtUp = async (hash: string): Promise<void> => {
    await eventually(`the node holds ${hash}`, async () => ((await head()).hash === hash ? true : undefined), still);
    await eventually('ready', async () => ((await isReady()) ? true : undefined), still);
  };

  before(async () => {
    chain = await startRollupChain([]);
    reference = await Follower.open(chain);
    proxy = await startProxy(chain.l1.url);
    node = spawn(process.execPath, [entry, '--l1', proxy.url, '--rollup', chain.addresses['Rollup'] ?? '', '--data', directory, '--port', '0', '--l1-poll-ms', '50', '--log-level', 'error', '--parent-pipe'], { stdio: ['pipe', 'pipe', 'inherit'] });
    const [line] = await Promise.race([once(node.stdout ?? assert.fail('no output'), 'data'), once(node, 'exit').then(() => undefined)]) ?? [];
    assert.ok(line instanceof Buffer, 'the node ended before it served');
    url = `http://127.0.0.1:${(JSON.parse(line.toString()) as { port: number }).port}`;
  });
  after(async () => {
    const exited = once(node, 'exit');
    node.stdin?.end();
    assert.deepEqual((await exited)[0], 0);
    await proxy.stop();
    await reference.close();
    await chain.l1.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  it('follows it while it is honest', async () => {
    await caughtUp(await commitBatch());
  });

  const lies: readonly (readonly [string, Proxy['tamper']])[] = [
    ['omits the last log of each receipt', (call, result) => (call.method === 'eth_getBlockReceipts' ? (result as { logs: unknown[] }[]).map((receipt) => ({ ...receipt, logs: receipt.logs.slice(0, -1) })) : result)],
    ['forges headers', (call, result) => (call.method === 'eth_getBlockByNumber' && call.params[0] !== 'finalized' ? { ...(result as object), timestamp: '0x1' } : result)],
    ['hides logs behind an empty bloom', (call, result) => (call.method === 'eth_getBlockByNumber' ? { ...(result as object), logsBloom: `0x${'00'.repeat(256)}` } : result)],
    ['answers nonsense', () => ({ hash: 7, parentHash: [] })],
    ['answers errors', () => { throw new Error('internal'); }],
  ];
  for (const [name, tamper] of lies) {
    it(`adopts nothing of an endpoint that ${name}, and recovers`, async () => {
      const held = await head();
      proxy.tamper = tamper;
      const hash = await commitBatch();
      await eventually('not ready', async () => ((await isReady()) ? undefined : true), still);
      assert.deepEqual(await head(), held);
      proxy.tamper = honest;
      await caughtUp(hash);
    });
  }

  for (const transport of ['hang', 'not-json'] as const) {
    it(`serves on while the endpoint does '${transport}', and recovers`, async () => {
      const held = await head();
      proxy.transport = transport;
      const hash = await commitBatch();
      await new Promise((resolve) => { setTimeout(resolve, 400); });
      assert.deepEqual(await head(), held);
      proxy.transport = 'pass';
      await caughtUp(hash);
    });
  }

  it('keeps what it has when the endpoint shows an old head', async () => {
    const old = await chain.l1.rpc('eth_getBlockByNumber', 'latest', false);
    const hash = await commitBatch();
    await caughtUp(hash);
    proxy.tamper = (call, result) => (call.params[0] === 'latest' ? old : result);
    await eventually('not ready', async () => ((await isReady()) ? undefined : true), still);
    assert.equal((await head()).hash, hash);
    proxy.tamper = honest;
    await caughtUp(hash);
  });
});
