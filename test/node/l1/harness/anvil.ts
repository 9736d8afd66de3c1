// A real L1 for tests: anvil of the pinned package on a port the system chooses, and a contract that emits any log.
//
// Owns: starting, asking and stopping it. The child is the binary itself, not npm's wrapper, so that kill ends it.

import { spawn, type ChildProcess } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Hex } from '@keyfall/protocol';

const require = createRequire(import.meta.url);

export function anvilBinary(): string {
  const platform = `${process.platform}-${process.arch === 'x64' ? 'amd64' : process.arch}`;
  return join(dirname(require.resolve(`@foundry-rs/anvil-${platform}/package.json`)), 'bin', 'anvil');
}

export interface Anvil {
  readonly url: string;
  /** First prefunded, unlocked account. */
  readonly account: Hex;
  rpc(method: string, ...params: unknown[]): Promise<unknown>;
  stop(): Promise<void>;
}

/** Starts anvil at Osaka without automatic mining: `evm_mine` makes each block. */
export async function startAnvil(extra: readonly string[] = []): Promise<Anvil> {
  const child: ChildProcess = spawn(anvilBinary(), ['--host', '127.0.0.1', '--port', '0', '--hardfork', 'osaka', '--no-mining', ...extra], { stdio: ['ignore', 'pipe', 'inherit'] });
  const url = await new Promise<string>((resolve, reject) => {
    let text = '';
    child.on('exit', (code) => { reject(new Error(`anvil ended with ${code}: ${text}`)); });
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const match = /Listening on ([\d.]+:\d+)/.exec(text);
      if (match?.[1] !== undefined) resolve(`http://${match[1]}`);
    });
  });
  child.removeAllListeners('exit');
  const rpc = async (method: string, ...params: unknown[]): Promise<unknown> => {
    const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }) });
    const answer = await response.json() as { result?: unknown; error?: { message: string } };
    if (answer.error !== undefined) throw new Error(`${method}: ${answer.error.message}`);
    return answer.result;
  };
  const [account] = await rpc('eth_accounts') as Hex[];
  if (account === undefined) throw new Error('anvil: expected accounts, got none');
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  };
  return { url, account, rpc, stop };
}

/** Emits LOG1(topic = first word of calldata, data = the rest). */
const EMITTER_RUNTIME = '6020360380602060003760003590' + '6000a100';

/** Deploys the emitter (mining one block) and returns its address. */
export async function deployEmitter(l1: Anvil): Promise<Hex> {
  const length = (EMITTER_RUNTIME.length / 2).toString(16).padStart(2, '0');
  const hash = await l1.rpc('eth_sendTransaction', { from: l1.account, data: `0x60${length}600c60003960${length}6000f3${EMITTER_RUNTIME}` });
  await l1.rpc('evm_mine');
  const receipt = await l1.rpc('eth_getTransactionReceipt', hash) as { contractAddress: Hex };
  return receipt.contractAddress;
}

export async function emit(l1: Anvil, emitter: Hex, topic: Hex, data: Hex): Promise<void> {
  await l1.rpc('eth_sendTransaction', { from: l1.account, to: emitter, data: topic + data.slice(2), gas: '0x1000000' });
}
