// Kills the devnet's processes under load and counts what was lost. Owns the order of kills and the comparison with a follower that starts
// from nothing. Does not own starting processes again: that is what `up` does, and what is tested.

import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestContext } from 'node:test';
import { JsonRpcProvider } from 'ethers';
import type { Manifest } from '../../node/cli/manifest.ts';
import { isAlive, type TestDevnet } from './devnet.ts';

/** How much of a follower's log is kept for a failure message. */
const LOG_TAIL_CHARACTERS = 4_000;
const root = join(import.meta.dirname, '..', '..');

interface Block {
  readonly hash: string;
  readonly stateRoot: string;
  readonly number: string;
}

/** Waits until `condition` holds. */
async function until(what: string, seconds: number, condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + seconds * 1_000;
  while (!(await condition().catch(() => false))) {
    if (Date.now() > deadline) assert.fail(`waited ${seconds} s for ${what}`);
    await sleep(250);
  }
}

function rpc(url: string): JsonRpcProvider {
  return new JsonRpcProvider(url, undefined, { staticNetwork: true, cacheTimeout: -1 });
}

/** Kills one process of the devnet with SIGKILL and waits until the supervisor has another one running. */
async function killOne(devnet: TestDevnet, name: string): Promise<void> {
  const pid = devnet.readManifest().pids[name];
  assert.ok(pid !== undefined, `the devnet runs ${name}; it names ${Object.keys(devnet.readManifest().pids).join(', ')}`);
  process.kill(pid, 'SIGKILL');
  await until(`another ${name}`, 60, async () => {
    const next = devnet.readManifest().pids[name];
    return next !== undefined && next !== pid && isAlive(next);
  });
}

export interface CrashPlan {
  /** Names of processes in the order in which they are killed; `up` is killed and started again by the test. */
  readonly victims: readonly string[];
  /** Pause between kills, milliseconds. */
  readonly pauseMilliseconds: number;
}

/** Runs the plan under load and then demands that every acknowledged transaction is on the chain, here and in a fresh follower. */
export async function runCrashes(t: TestContext, devnet: TestDevnet, plan: CrashPlan): Promise<void> {
  let running = await devnet.start();
  const record = join(devnet.home, 'acknowledged.txt');
  const account = running.manifest.accounts[5]!;
  let load = startLoad(running.manifest, account.privateKey, record);
  t.after(() => load.kill('SIGKILL'));
  for (const victim of plan.victims) {
    await sleep(plan.pauseMilliseconds);
    if (victim !== 'up') {
      await killOne(devnet, victim);
      continue;
    }
    load.kill('SIGKILL');
    await running.end('SIGKILL');
    await until('the processes of the killed devnet to end', 60, async () => Object.values(running.manifest.pids).every((pid) => !isAlive(pid)));
    running = await devnet.start();
    load = startLoad(running.manifest, account.privateKey, record);
  }
  await sleep(plan.pauseMilliseconds);
  load.kill('SIGTERM');
  await once(load, 'exit');
  const hashes = readFileSync(record, 'utf8').split('\n').filter((line) => line !== '');
  assert.ok(hashes.length >= 10 * plan.victims.length, `a load worth the name, got ${hashes.length} transactions`);
  await compareWithFollower(t, running.manifest, hashes);
  t.diagnostic(`${hashes.length} acknowledged transactions survived ${plan.victims.length} kills`);
}

function startLoad(manifest: Manifest, privateKey: string, record: string): ChildProcess {
  return spawn(process.execPath, [join(import.meta.dirname, 'acknowledged.ts'), manifest.l2.rpc, privateKey, record], { stdio: ['ignore', 'ignore', 'inherit'] });
}

async function compareWithFollower(t: TestContext, manifest: Manifest, hashes: readonly string[]): Promise<void> {
  const node = rpc(manifest.l2.rpc);
  let lastBlock = 0n;
  await until('every acknowledged transaction on the chain', 90, async () => {
    const receipt = (await node.send('eth_getTransactionReceipt', [hashes.at(-1)])) as { blockNumber: string } | null;
    if (receipt !== null) lastBlock = BigInt(receipt.blockNumber);
    return receipt !== null;
  });
  const blocks = new Map<string, string>();
  for (const hash of hashes) {
    const receipt = (await node.send('eth_getTransactionReceipt', [hash])) as { blockHash: string; status: string } | null;
    assert.ok(receipt !== null, `the acknowledged transaction ${hash} is on the chain`);
    assert.equal(receipt.status, '0x1');
    blocks.set(hash, receipt.blockHash);
  }
  const { follower, log } = await startFollower(t, manifest);
  const hasCaughtUp = async (): Promise<boolean> => BigInt((await follower.send('eth_blockNumber', [])) as string) >= lastBlock;
  await until('the follower to derive as far', 300, hasCaughtUp).catch((error: unknown) => {
    throw new Error(`the follower's log ends with:\n${log()}`, { cause: error });
  });
  for (const [hash, blockHash] of blocks) {
    const receipt = (await follower.send('eth_getTransactionReceipt', [hash])) as { blockHash: string } | null;
    assert.equal(receipt?.blockHash, blockHash, `the follower has ${hash} in the same block`);
  }
  for (const number of [1n, lastBlock / 2n, lastBlock]) {
    const tag = `0x${number.toString(16)}`;
    const [mine, theirs] = (await Promise.all([node, follower].map((chain) => chain.send('eth_getBlockByNumber', [tag, false])))) as [Block, Block];
    assert.deepEqual([theirs.hash, theirs.stateRoot], [mine.hash, mine.stateRoot], `block ${number}`);
  }
  node.destroy();
}

/** A node that knows L1 and the Rollup's address and nothing else, and the end of its log. */
async function startFollower(t: TestContext, manifest: Manifest): Promise<{ follower: JsonRpcProvider; log: () => string }> {
  const data = mkdtempSync(join(tmpdir(), 'keyfall-follower-'));
  const child = spawn(process.execPath, [join(root, 'node', 'main.ts'), '--l1', manifest.l1.rpc, '--rollup', manifest.contracts['Rollup']!, '--data', data, '--port', '0', '--parent-pipe'], { stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdout.setEncoding('utf8');
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log = (log + text).slice(-LOG_TAIL_CHARACTERS);
  });
  const [line] = (await once(child.stdout, 'data')) as [string];
  const { port } = JSON.parse(line.split('\n')[0]!) as { port: number };
  const provider = rpc(`http://127.0.0.1:${port}`);
  t.after(async () => {
    provider.destroy();
    child.kill('SIGTERM');
    if (child.exitCode === null) await once(child, 'exit');
    rmSync(data, { recursive: true, force: true });
  });
  return { follower: provider, log: () => log };
}
