// The node's promise over real processes: what the sequencer said becomes a batch, attested and final on L1; a follower with
// an empty directory and nothing but L1 rebuilds it bit for bit; a reorganization of L1 changes neither.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { JsonRpcProvider, Wallet } from 'ethers';
import { TestDevnet } from './devnet.ts';

const entry = join(import.meta.dirname, '..', '..', 'node', 'main.ts');
/** Deeper than the devnet's L1 takes to call a block final, shallower than the node takes its word for it. */
const REORG_DEPTH = 5;

function provider(url: string, t: TestContext): JsonRpcProvider {
  const made = new JsonRpcProvider(url, undefined, { staticNetwork: true, pollingInterval: 200, cacheTimeout: -1, batchMaxCount: 1 });
  t.after(() => { made.destroy(); });
  return made;
}

async function until<T>(what: string, seconds: number, look: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + seconds * 1_000;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > deadline) assert.fail(`${what}: not within ${seconds} s`);
    await sleep(200);
  }
}

/** A second node that knows an L1 endpoint and the Rollup's address, and nothing else. */
async function startFollower(l1: string, rollup: string, t: TestContext): Promise<JsonRpcProvider> {
  const data = mkdtempSync(join(tmpdir(), 'keyfall-follower-'));
  const child = spawn(process.execPath, [entry, '--l1', l1, '--rollup', rollup, '--data', data, '--port', '0', '--log-level', 'warn', '--parent-pipe'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  t.after(async () => {
    child.stdin.end();
    const [code] = await exited;
    assert.equal(code, 0, 'the follower stops cleanly when its parent goes away');
    rmSync(data, { recursive: true, force: true });
  });
  const [line] = await Promise.race([once(child.stdout, 'data'), exited.then(() => assert.fail('the follower ended before it served'))]) as [Buffer];
  return provider(`http://127.0.0.1:${(JSON.parse(line.toString('utf8')) as { port: number }).port}`, t);
}

interface RawBlock { hash: string; stateRoot: string; receiptsRoot: string; transactions: string[] }

async function assertSameBlocks(ours: JsonRpcProvider, theirs: JsonRpcProvider, from: number, to: number): Promise<void> {
  for (let number = from; number <= to; number++) {
    const parameters = [`0x${number.toString(16)}`, false];
    const [a, b] = await Promise.all([ours.send('eth_getBlockByNumber', parameters), theirs.send('eth_getBlockByNumber', parameters)]) as [RawBlock, RawBlock];
    assert.deepEqual(b, a, `block ${number}`);
    const receipts = await Promise.all([ours.send('eth_getBlockReceipts', [a.hash]), theirs.send('eth_getBlockReceipts', [a.hash])]) as unknown[];
    assert.deepEqual(receipts[1], receipts[0], `receipts of block ${number}`);
  }
}

test('a transaction becomes final on L1, and a follower with only L1 agrees on every block, before and after a reorganization', { timeout: 300_000 }, async (t) => {
  const devnet = new TestDevnet(t);
  const { manifest } = await devnet.start();
  const l1 = provider(manifest.l1.rpc, t);
  const l2 = provider(manifest.l2.rpc, t);
  const wallet = new Wallet(manifest.accounts[0]!.privateKey, l2);
  const send = async (): Promise<{ hash: string; number: number }> => {
    const sent = await wallet.sendTransaction({ to: Wallet.createRandom().address, value: 1n });
    // Asked for, not waited for: after a reorganization ethers hears of no block until one is higher than the highest before it.
    const receipt = await until('the transaction is mined', 30, async () => (await l2.getTransactionReceipt(sent.hash)) ?? undefined);
    assert.equal(receipt?.status, 1);
    return { hash: sent.hash, number: receipt.blockNumber };
  };
  const heightOf = async (node: JsonRpcProvider, tag: string): Promise<number> => Number((await node.send('eth_getBlockByNumber', [tag, false]) as { number: string }).number);

  const first = await send();
  await until('the block is safe', 60, async () => (await heightOf(l2, 'safe') >= first.number ? true : undefined));

  const follower = await startFollower(manifest.l1.rpc, manifest.contracts['Rollup']!, t);
  await until('the follower derived the block', 60, async () => (await heightOf(follower, 'safe') >= first.number ? true : undefined));
  await assertSameBlocks(l2, follower, 0, first.number);

  const refused = follower.send('eth_sendRawTransaction', [await wallet.signTransaction({ to: wallet.address, chainId: manifest.l2.chainId, nonce: 99, gasLimit: 21_000, gasPrice: 1, type: 0 })]);
  await assert.rejects(refused, /follows the chain and takes no transactions/);

  await l1.send('anvil_reorg', [REORG_DEPTH, []]);
  const second = await send();
  await until('a block after the reorganization is safe', 60, async () => (await heightOf(l2, 'safe') >= second.number ? true : undefined));
  const located = await l2.getTransactionReceipt(second.hash);
  assert.ok(located !== null && await l2.getTransactionReceipt(first.hash) !== null, 'what was acknowledged is still there');
  await until('the follower followed the reorganization', 60, async () => (await heightOf(follower, 'safe') >= located.blockNumber ? true : undefined));
  await assertSameBlocks(l2, follower, 0, located.blockNumber);

  for (const node of [l2, follower]) await until('the first block is final', 120, async () => (await heightOf(node, 'finalized') >= first.number ? true : undefined));
});
