// An attester as its own process: started with flags as an operator would, asked over HTTP, killed as a machine would.
//
// Owns: start, stop, kill -9.

import { spawn, type ChildProcess } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';
import type { Wallet } from 'ethers';
import type { RollupChain } from './rollupChain.ts';

const entry = new URL('../../../../node/attest/main.ts', import.meta.url).pathname;

/** A port that was free a moment ago: peers must know each other's before they start. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => { server.close(resolve); });
  return port;
}

export interface AttesterPlan {
  readonly chain: RollupChain;
  readonly wallet: Wallet;
  readonly dataDirectory: string;
  readonly port: number;
  readonly peers: readonly number[];
  readonly l1Url?: string;
  readonly extra?: readonly string[];
}

export class AttesterProcess {
  readonly url: string;
  readonly exited: Promise<number | null>;
  stderr = '';
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.url = url;
    this.exited = new Promise((resolve) => { child.once('exit', (code) => { resolve(code); }); });
    child.stderr?.on('data', (chunk: Buffer) => { this.stderr += chunk.toString(); });
  }

  static spawn(plan: AttesterPlan): AttesterProcess {
    const peers = plan.peers.map((port) => `http://127.0.0.1:${port}`).join(',');
    const args = [
      entry, '--l1', plan.l1Url ?? plan.chain.l1.url, '--rollup', plan.chain.addresses['Rollup'] ?? '', '--lane', plan.chain.addresses['AttesterLane'] ?? '', '--data', plan.dataDirectory,
      '--port', String(plan.port), '--peers', peers, '--stagger-seconds', '1', '--poll-milliseconds', '150', '--parent-pipe', ...(plan.extra ?? []),
    ];
    const child = spawn(process.execPath, args, { env: { ...process.env, KEYFALL_ATTESTER_KEY: plan.wallet.privateKey }, stdio: ['pipe', 'ignore', 'pipe'] });
    return new AttesterProcess(child, `http://127.0.0.1:${plan.port}`);
  }

  async get(path: string): Promise<{ readonly status: number; readonly body: unknown }> {
    const response = await fetch(this.url + path, { signal: AbortSignal.timeout(2_000) });
    const text = await response.text();
    return { status: response.status, body: text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) as unknown : text };
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.exited;
  }

  /** Closes its standard input, as a parent's end does. @returns its exit code */
  async endInput(): Promise<number | null> {
    this.#child.stdin?.end();
    return await this.exited;
  }

  async stop(): Promise<number | null> {
    this.#child.kill('SIGTERM');
    return await this.exited;
  }
}

/** Asks until `probe` answers something, mining meanwhile if told to. */
export async function eventually<T>(what: string, probe: () => Promise<T | undefined>, between: () => Promise<void>, seconds = 120): Promise<T> {
  const deadline = performance.now() + seconds * 1_000;
  for (;;) {
    const value = await probe();
    if (value !== undefined) return value;
    if (performance.now() > deadline) throw new Error(`${what}: not within ${seconds} s`);
    await between();
    await new Promise((resolve) => { setTimeout(resolve, 100); });
  }
}
