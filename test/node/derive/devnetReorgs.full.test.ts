// L1 reorganized to every depth from 1 to 30 under the whole devnet while a user goes on sending: nothing that was
// acknowledged is lost, a follower with an empty directory agrees on every block, and the attesters make it final.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { test, type TestContext } from 'node:test';
import { JsonRpcProvider, Wallet } from 'ethers';
import { TestDevnet } from '../../e2e/devnet.ts';
import { contractInterface } from '../../../node/l1/contracts.ts';

const entry = new URL('../../../node/main.ts', import.meta.url).pathname;
const DEPTHS = Array.from({ length: 30 }, (_, i) => i + 1);

function provider(url: string, t: TestContext): JsonRpcProvider {
  const made = new JsonRpcProvider(url, undefined, { staticNetwork: true, pollingInterval: 200, cacheTimeout: -1, batchMaxCount: 1 });
  t.after(() => { made.destroy(); });
  return made;
}

async function until<T>(what: string, seconds: number, look: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + seconds * 1_000;
  for (;;) {
    const found = await look().catch(() => undefined);
    if (found !== undefined) return found;
    if (Date.now() > deadline) assert.fail(`${what}: not within ${seconds} s`);
    await sleep(300);
  }
}

async function heightOf(node: JsonRpcProvider, tag: string): Promise<number> {
  return Number((await node.send('eth_getBlockByNumber', [tag, false]) as { number: string }).number);
}

async function startFollower(l1: string, rollup: string, t: TestContext): Promise<JsonRpcProvider> {
  const data = mkdtempSync(join(tmpdir(), 'keyfall-follower-'));
  const child = spawn(process.execPath, [entry, '--l1', l1, '--rollup', rollup, '--data', data, '--port', '0', '--log-level', 'warn', '--parent-pipe'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  t.after(async () => {
    child.stdin.end();
    await exited;
    rmSync(data, { recursive: true, force: true });
  });
  const [line] = await once(child.stdout, 'data') as [Buffer];
  return provider(`http://127.0.0.1:${(JSON.parse(line.toString('utf8')) as { port: number }).port}`, t);
}

/** Sends transfers one after another until stopped; keeps the hash of each that was acknowledged. */
function startUser(wallet: Wallet): { readonly acknowledged: Set<string>; stop(): Promise<void> } {
  const acknowledged = new Set<string>();
  let isStopped = false;
  const loop = (async () => {
    while (!isStopped) {
      try {
        const { hash } = await wallet.sendTransaction({ to: Wallet.createRandom().address, value: 1n });
        acknowledged.add(hash);
      } catch {
        // Not acknowledged: nothing was promised. The next round asks for the nonce afresh.
      }
      await sleep(400);
    }
  })();
  return { acknowledged, stop: async () => { isStopped = true; await loop; } };
}

test('L1 reorganizations of every depth from 1 to 30 lose nothing that was acknowledged', { timeout: 1_200_000 }, async (t) => {
  const devnet = new TestDevnet(t);
  const { manifest } = await devnet.start();
  const l1 = provider(manifest.l1.rpc, t);
  const l2 = provider(manifest.l2.rpc, t);
  // The accounts' deposits of the first blocks must stand: they are L1's, no one's promise.
  await until('L1 is long enough', 240, async () => (await heightOf(l1, 'latest') > 70 ? true : undefined));
  const user = startUser(new Wallet(manifest.accounts[0]?.privateKey ?? '', l2));
  const before = manifest.pids;
  for (const depth of DEPTHS) {
    await l1.send('anvil_reorg', [depth, []]);
    await sleep(2_500);
  }
  await user.stop();
  assert.ok(user.acknowledged.size > 60, `${user.acknowledged.size} transactions were acknowledged`);

  const receipts = await until('every acknowledged transaction is in a block', 120, async () => {
    const found = await Promise.all([...user.acknowledged].map(async (hash) => await l2.getTransactionReceipt(hash)));
    return found.every((receipt) => receipt !== null) ? found : undefined;
  });
  const last = Math.max(...receipts.map((receipt) => receipt?.blockNumber ?? 0));
  await until('the last one is committed', 120, async () => (await heightOf(l2, 'safe') >= last ? true : undefined));
  const rollup = contractInterface('Rollup');
  const finalNumber = async (): Promise<bigint> => BigInt(rollup.decodeFunctionResult('finalHead', await l1.call({ to: manifest.contracts['Rollup'] ?? '', data: rollup.encodeFunctionData('finalHead') }))[3] as bigint);
  await until('the last one is final on L1', 180, async () => (await finalNumber() >= BigInt(last) ? true : undefined));
  assert.deepEqual(devnet.readManifest().pids, before, 'no process had to be started again');

  const follower = await startFollower(manifest.l1.rpc, manifest.contracts['Rollup'] ?? '', t);
  await until('a fresh follower derived all of it', 120, async () => (await heightOf(follower, 'safe') >= last ? true : undefined));
  for (let number = 0; number <= last; number += 1) {
    const [ours, theirs] = await Promise.all([l2, follower].map(async (node) => await node.send('eth_getBlockByNumber', [`0x${number.toString(16)}`, false]) as unknown));
    assert.deepEqual(theirs, ours, `block ${number}`);
  }
});
