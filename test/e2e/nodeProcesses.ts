// Node, batcher and L1 as real processes without the devnet around them, for tests that need another L1 or another disk.
//
// Owns: starting and stopping them, deposits. Invariant: nothing outlives the test; a process that ends early fails it with its log.

import assert from 'node:assert/strict';
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Contract, HDNodeWallet, JsonRpcProvider } from 'ethers';
import { idleGovernance } from '../contracts/council.ts';
import { contractInterface } from '../../node/l1/contracts.ts';
import { startAnvil } from '../node/l1/harness/anvil.ts';

const root = join(import.meta.dirname, '..', '..');

export function key(index: number): HDNodeWallet {
  return HDNodeWallet.fromPhrase('test test test test test test test test test test test junk', undefined, `m/44'/60'/0'/0/${index}`);
}
export function provider(url: string, t: TestContext): JsonRpcProvider {
  const made = new JsonRpcProvider(url, undefined, { staticNetwork: true, pollingInterval: 200, cacheTimeout: -1, batchMaxCount: 1 });
  t.after(() => { made.destroy(); });
  return made;
}
export async function until<T>(what: string, seconds: number, look: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + seconds * 1_000;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > deadline) assert.fail(`${what}: not within ${seconds} s`);
    await sleep(200);
  }
}

export interface L1 { readonly url: string; readonly provider: JsonRpcProvider; readonly rollup: string; readonly inbox: string }

/** anvil with a block a second and the contracts on it. `slotsInEpoch`: final is twice that behind the tip. */
export async function startL1(t: TestContext, slotsInEpoch: number): Promise<L1> {
  const anvil = await startAnvil(['--slots-in-an-epoch', String(slotsInEpoch)]);
  t.after(async () => { await anvil.stop(); });
  await anvil.rpc('evm_setAutomine', true);
  const attesters = [2, 3, 4, 5, 6].map((index) => key(index).address).join(',');
  const args = [join(root, 'contracts/deploy/main.ts'), '--l1', anvil.url, '--operator', key(1).address, '--cold-key', key(1).address, '--attesters', attesters, '--time-scale', '600', ...idleGovernance(key(0).address)];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env: { ...process.env, KEYFALL_DEPLOYER_KEY: key(0).privateKey } });
  const { contracts } = JSON.parse(stdout) as { contracts: { Rollup: string; Inbox: string } };
  await anvil.rpc('evm_setAutomine', false);
  await anvil.rpc('evm_setIntervalMining', 1);
  return { url: anvil.url, provider: provider(anvil.url, t), rollup: contracts.Rollup, inbox: contracts.Inbox };
}

export class NodeProcess {
  readonly #child: ChildProcess;
  readonly exited: Promise<number | string | null>;
  #log = '';

  constructor(t: TestContext, entry: string, args: readonly string[], environment: NodeJS.ProcessEnv = {}) {
    this.#child = spawn(process.execPath, [join(root, entry), ...args], { env: { ...process.env, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => { this.#log = (this.#log + text).slice(-20_000); });
    this.exited = new Promise((resolve) => { this.#child.once('exit', (code, signal) => { resolve(code ?? signal); }); });
    t.after(async () => { await this.stop(); });
  }
  get log(): string {
    return this.#log;
  }
  /** The JSON line that says it is ready. */
  async ready(): Promise<{ port: number }> {
    const ended = this.exited.then((code) => assert.fail(`ended with ${code} before it was ready:\n${this.#log}`));
    const [line] = await Promise.race([once(this.#child.stdout!, 'data'), ended]) as [Buffer];
    return JSON.parse(line.toString('utf8')) as { port: number };
  }
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | string | null> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill(signal);
    return this.exited;
  }
}

export async function startNode(t: TestContext, l1: L1, data: string, ...args: readonly string[]): Promise<{ process: NodeProcess; provider: JsonRpcProvider; url: string }> {
  const started = new NodeProcess(t, 'node/main.ts', ['--l1', l1.url, '--rollup', l1.rollup, '--data', data, '--port', '0', '--log-level', 'warn', '--l1-poll-ms', '200', ...args]);
  const { port } = await started.ready();
  const url = `http://127.0.0.1:${port}`;
  return { process: started, provider: provider(url, t), url };
}
export async function startBatcher(t: TestContext, l1: L1, nodeUrl: string, data: string): Promise<NodeProcess> {
  const batcher = new NodeProcess(t, 'node/batch/main.ts', ['--l1', l1.url, '--node', nodeUrl, '--rollup', l1.rollup, '--data', data, '--log-level', 'warn', '--poll-ms', '300'], { KEYFALL_OPERATOR_KEY: key(1).privateKey });
  await batcher.ready();
  return batcher;
}

/** ETH for `to` on L2; resolves when the message is on L1. */
export async function deposit(l1: L1, from: HDNodeWallet, to: string, amountWei: bigint): Promise<void> {
  const inbox = new Contract(l1.inbox, contractInterface('Inbox'), from.connect(l1.provider));
  const price = await inbox.getFunction('price').staticCall(200_000n) as bigint;
  const sent = await inbox.getFunction('sendCall').send(to, amountWei, amountWei, 100_000n, 100_000n, '0x', { value: amountWei + price * 2n });
  await sent.wait(1, 30_000);
}
