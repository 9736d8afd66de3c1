// Starting and observing the chains that are measured, each its own process.
//
// Owns: spawning, CPU time and memory from /proc, stopping. Does not own: what runs in them.

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer, type AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { RpcClient } from './load.ts';
import { accountAddress, BENCH_CHAIN_ID, SENDER_BALANCE_WEI, sendersOf } from './workload.ts';

export interface ProcessMemory { readonly totalMiB: number; readonly anonymousMiB: number; readonly fileMiB: number }

export interface MeasuredChain {
  readonly name: 'keyfall' | 'anvil';
  readonly port: number;
  /** User and system time of the process so far, all threads. */
  cpuSeconds(): number;
  residentMiB(): number;
  /** Resident memory by what backs it, MiB. `file` holds the pages of mapped files, lmdb's included: the kernel takes them back at need. */
  memory(): ProcessMemory;
  stop(): Promise<void>;
}

const TICKS_PER_SECOND = 100;
const START_SECONDS = 600;

function measured(name: MeasuredChain['name'], child: ChildProcess, port: number): MeasuredChain {
  const { pid } = child;
  return {
    name, port,
    cpuSeconds: () => {
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /, '').split(' ');
      return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
    },
    residentMiB: () => memoryOf(pid).totalMiB,
    memory: () => memoryOf(pid),
    stop: async () => {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}

function memoryOf(pid: number | undefined): ProcessMemory {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const mebibytes = (field: string): number => {
    const kibibytes = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1];
    if (kibibytes === undefined) throw new Error(`/proc/${pid}/status has no ${field}`);
    return Number(kibibytes) / 1_024;
  };
  return { totalMiB: mebibytes('VmRSS'), anonymousMiB: mebibytes('RssAnon'), fileMiB: mebibytes('RssFile') };
}

/** This node with a population of accounts in its genesis. */
export async function startNode(directory: string, accounts: number, senders: number, speed: number): Promise<MeasuredChain> {
  const entry = new URL('./chain.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, [entry, join(directory, 'node'), String(accounts), String(senders), String(speed)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const line = await new Promise<string>((resolve, reject) => {
    child.stdout.once('data', (data: Buffer) => { resolve(data.toString('utf8')); });
    child.once('exit', (code) => { reject(new Error(`the node ended with code ${code} before it served`)); });
  });
  return measured('keyfall', child, (JSON.parse(line) as { port: number }).port);
}

/** anvil with the same population, one block a second. */
export async function startAnvil(directory: string, accounts: number, senders: number): Promise<MeasuredChain> {
  const require = createRequire(import.meta.url);
  const platform = `${process.platform}-${process.arch === 'x64' ? 'amd64' : process.arch}`;
  const binary = join(dirname(require.resolve(`@foundry-rs/anvil-${platform}/package.json`)), 'bin', 'anvil');
  const hex = (bytes: Uint8Array): string => `0x${Buffer.from(bytes).toString('hex')}`;
  const alloc: Record<string, { balance: string }> = {};
  for (const { address } of sendersOf(senders)) alloc[hex(address)] = { balance: `0x${SENDER_BALANCE_WEI.toString(16)}` };
  for (let index = 0; index < accounts; index++) alloc[hex(accountAddress(index))] = { balance: '0x1' };
  const genesisPath = join(directory, 'genesis.json');
  writeFileSync(genesisPath, JSON.stringify({ config: { chainId: Number(BENCH_CHAIN_ID) }, nonce: '0x0', timestamp: '0x0', extraData: '0x', gasLimit: '0x3b9aca00', difficulty: '0x0', mixHash: `0x${'00'.repeat(32)}`, coinbase: `0x${'00'.repeat(20)}`, alloc }));
  const port = await freePort();
  const child = spawn(binary, ['--port', String(port), '--chain-id', String(BENCH_CHAIN_ID), '--init', genesisPath, '--block-time', '1', '--gas-limit', '1000000000', '--accounts', '1', '--hardfork', 'osaka', '--prune-history', '--silent'], { stdio: ['ignore', 'ignore', 'inherit'] });
  const client = new RpcClient(port);
  for (let waited = 0; ; waited++) {
    try {
      await client.call('eth_blockNumber', []);
      break;
    } catch (cause) {
      if (waited > START_SECONDS * 10 || child.exitCode !== null) throw cause;
      await sleep(100);
    }
  }
  client.close();
  return measured('anvil', child, port);
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
