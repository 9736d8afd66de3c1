// A private copy of L1 to try things on: anvil forked at the view's block. Owns starting, asking and ending it. Nothing here reaches a real chain.
// Invariant: the child is the binary itself and dies with this process's `stop`.

import { spawn, type ChildProcess } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Hex } from 'viem';
import { Unverifiable } from '../verdict.ts';

const require = createRequire(import.meta.url);
const START_MILLISECONDS = 30_000;
const ANSWER_MILLISECONDS = 120_000;
const RECEIPT_POLL_MILLISECONDS = 10;

function anvilBinary(): string {
  const platform = `${process.platform}-${process.arch === 'x64' ? 'amd64' : process.arch}`;
  try {
    return join(dirname(require.resolve(`@foundry-rs/anvil-${platform}/package.json`)), 'bin', 'anvil');
  } catch (cause) {
    throw new Unverifiable(`no anvil for ${platform}: upgrades cannot be simulated here`, { cause });
  }
}

/** The end of what the fork said, without the URL of the endpoint, which may hold a key. */
function told(text: string, upstream: string): string {
  return text.replaceAll(upstream, '(the endpoint)').replaceAll(/https?:\/\/\S+/g, '(a URL)').slice(-300);
}

export interface Receipt {
  readonly status: Hex;
  readonly gasUsed: Hex;
  readonly transactionHash: Hex;
  readonly contractAddress: Hex | null;
}

export class Fork {
  readonly #child: ChildProcess;
  readonly #url: string;

  private constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.#url = url;
  }

  /** @throws Unverifiable when it does not start */
  static async start(upstream: string, blockNumber: bigint): Promise<Fork> {
    const child = spawn(anvilBinary(), ['--host', '127.0.0.1', '--port', '0', '--hardfork', 'osaka', '--fork-url', upstream, '--fork-block-number', blockNumber.toString(), '--no-rate-limit'], { stdio: ['ignore', 'pipe', 'pipe'] });
    const url = await new Promise<string>((resolve, reject) => {
      let text = '';
      const timer = setTimeout(() => { child.kill('SIGKILL'); reject(new Unverifiable(`the fork did not start within ${START_MILLISECONDS} ms: ${told(text, upstream)}`)); }, START_MILLISECONDS);
      const read = (chunk: Buffer): void => {
        text += chunk.toString();
        const found = /Listening on ([\d.]+:\d+)/.exec(text)?.[1];
        if (found === undefined) return;
        clearTimeout(timer);
        resolve(`http://${found}`);
      };
      child.stdout.on('data', read);
      child.stderr.on('data', read);
      child.once('exit', (code) => { clearTimeout(timer); reject(new Unverifiable(`the fork ended with ${String(code)}: ${told(text, upstream)}`)); });
    });
    child.removeAllListeners('exit');
    const fork = new Fork(child, url);
    // Funded strangers pay whatever the base fee of the fork is.
    await fork.rpc('anvil_setNextBlockBaseFeePerGas', ['0x3b9aca00']);
    return fork;
  }

  async rpc<T>(method: string, params: readonly unknown[]): Promise<T> {
    let answer: { readonly result?: T; readonly error?: { readonly message: string; readonly data?: unknown } };
    try {
      const response = await fetch(this.#url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }), signal: AbortSignal.timeout(ANSWER_MILLISECONDS) });
      answer = await response.json() as typeof answer;
    } catch (cause) {
      throw new Unverifiable(`the fork does not answer ${method}`, { cause });
    }
    if (answer.error !== undefined) throw new ForkRefusal(answer.error.message);
    return answer.result as T;
  }

  async call(to: Hex, data: Hex, from?: Hex): Promise<Hex> {
    return this.rpc<Hex>('eth_call', [{ to, data, ...(from === undefined ? {} : { from }) }, 'latest']);
  }

  /** A transaction from any account, mined at once. @throws ForkRefusal with the reason when it would revert */
  async send(from: Hex, to: Hex, data: Hex, value = 0n): Promise<Receipt> {
    await this.rpc('anvil_impersonateAccount', [from]);
    await this.rpc('anvil_setBalance', [from, '0x3635c9adc5dea00000']);
    await this.rpc('eth_call', [{ from, to, data, value: `0x${value.toString(16)}` }, 'latest']);
    const hash = await this.rpc<Hex>('eth_sendTransaction', [{ from, to, data, value: `0x${value.toString(16)}`, gas: '0xe4e1c0' }]);
    const receipt = await this.#receipt(hash);
    if (receipt.status !== '0x1') throw new ForkRefusal('the transaction failed');
    return receipt;
  }

  /** The fork mines by itself, a moment after it took the transaction. */
  async #receipt(hash: Hex): Promise<Receipt> {
    for (const deadline = Date.now() + ANSWER_MILLISECONDS; Date.now() < deadline; await sleep(RECEIPT_POLL_MILLISECONDS)) {
      const receipt = await this.rpc<Receipt | null>('eth_getTransactionReceipt', [hash]);
      if (receipt !== null) return receipt;
    }
    throw new Unverifiable(`the fork did not mine ${hash}`);
  }

  /** Time passes and one block is mined. */
  async warp(seconds: number): Promise<void> {
    await this.rpc('evm_increaseTime', [seconds]);
    await this.rpc('anvil_mine', ['0x1']);
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = new Promise((resolve) => { this.#child.once('exit', resolve); });
    this.#child.kill('SIGKILL');
    await ended;
  }
}

/** The fork's EVM refused: the act would revert. */
export class ForkRefusal extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ForkRefusal';
  }
}
