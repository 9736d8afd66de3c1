// `npm run bench:watchtower`: how long from an L1 block to a delivered alert, quiet and under a flood, against the time of one bare RPC round trip to
// the same L1 in the same run; the scores of both corpora of upgrades; how long a full batch takes to execute again. Owns the measuring; asserts
// nothing. Starts its own anvil, deployment, receiver and the real daemon as a process; the corpora are the test suite's, run as it runs them.

import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { loadavg, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs, promisify } from 'node:util';
import { encodeFunctionData, parseAbi, type Hex } from 'viem';
import { mnemonicToAccount } from 'viem/accounts';

const execute = promisify(execFile);
const ROOT = join(import.meta.dirname, '..', '..');
const MNEMONIC = 'test test test test test test test test test test test junk';
const ABI = parseAbi(['function rotateOperator(address nextOperator)', 'function coldKey() view returns (address)', 'function sendCall(address to, uint256 mint, uint256 value, uint64 gas, uint64 surcharge, bytes data) payable']);
const USAGE = 'Usage: npm run bench:watchtower -- [--alerts N] [--flood N] [--json]\n  --alerts N   alerts measured one after the other (default 15)\n  --flood N    Inbox messages in the flood that hides one alert (default 10000)';

const DEADLINE_MILLISECONDS = 300_000;

interface Seen { readonly text: string; readonly at: number }

class Bench {
  readonly directory = mkdtempSync(join(tmpdir(), 'keyfall-bench-watchtower-'));
  readonly seen: Seen[] = [];
  readonly children: ChildProcess[] = [];
  server: Server | undefined;
  l1Url = '';

  async rpc<T>(method: string, params: readonly unknown[] = []): Promise<T> {
    const response = await fetch(this.l1Url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }) });
    const answer = await response.json() as { readonly result: T; readonly error?: { readonly message: string } };
    if (answer.error !== undefined) throw new Error(`${method}: ${answer.error.message}`);
    return answer.result;
  }

  async startL1(): Promise<void> {
    const require = createRequire(import.meta.url);
    const binary = join(dirname(require.resolve(`@foundry-rs/anvil-${process.platform}-${process.arch === 'x64' ? 'amd64' : process.arch}/package.json`)), 'bin', 'anvil');
    const child = spawn(binary, ['--host', '127.0.0.1', '--port', '0', '--hardfork', 'osaka', '--accounts', '30', '--slots-in-an-epoch', '1', '--gas-limit', '60000000'], { stdio: ['ignore', 'pipe', 'inherit'] });
    this.children.push(child);
    this.l1Url = await new Promise<string>((resolve) => {
      let text = '';
      child.stdout.on('data', (chunk: Buffer) => {
        text += chunk.toString();
        const found = /Listening on ([\d.]+:\d+)/.exec(text)?.[1];
        if (found !== undefined) resolve(`http://${found}`);
      });
    });
  }

  async deploy(): Promise<{ readonly contracts: Readonly<Record<string, Hex>>; readonly deployBlock: number }> {
    const at = (index: number): string => mnemonicToAccount(MNEMONIC, { addressIndex: index }).address;
    const key = mnemonicToAccount(MNEMONIC, { addressIndex: 20 }).getHdKey().privateKey;
    const args = [join(ROOT, 'contracts/deploy/main.ts'), '--l1', this.l1Url, '--operator', at(21), '--cold-key', at(22), '--attesters', [24, 25, 26, 27, 28].map(at).join(','),
      '--council', [0, 1, 2, 3, 4, 5, 6, 7].map((index) => `${at(index)}${index < 5 ? '' : ':external'}`).join(','), '--tokens', `${at(0)}=1000000`];
    const { stdout } = await execute(process.execPath, args, { env: { ...process.env, KEYFALL_DEPLOYER_KEY: `0x${Buffer.from(key ?? []).toString('hex')}` } });
    return JSON.parse(stdout) as { contracts: Record<string, Hex>; deployBlock: number };
  }

  async startReceiver(): Promise<string> {
    const server = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (chunk: string) => { body += chunk; }).on('end', () => {
        this.seen.push({ text: (JSON.parse(body) as { text: string }).text, at: performance.now() });
        response.writeHead(204).end();
      });
    });
    this.server = server;
    await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  }

  async startDaemon(deployment: Awaited<ReturnType<Bench['deploy']>>, receiver: string): Promise<void> {
    const config = join(this.directory, 'watchtower.json');
    writeFileSync(config, JSON.stringify({
      l1: { chainId: 31_337, quorum: 1, pollMilliseconds: 500, endpoints: [{ url: this.l1Url, operator: 'own' }] }, deployment: { contracts: deployment.contracts, deployBlock: deployment.deployBlock }, data: join(this.directory, 'data'), api: { port: 0 }, logLevel: 'warn',
      channels: [{ kind: 'webhook', name: 'bench', url: receiver, secretFrom: 'BENCH_SECRET', minimum: 'warning' }],
    }));
    const child = spawn(process.execPath, [join(ROOT, 'watchtower/main.ts'), 'run', '--config', config], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, BENCH_SECRET: 'bench' } });
    this.children.push(child);
    await new Promise((resolve, reject) => {
      child.stdout.once('data', resolve);
      child.once('exit', (code) => { reject(new Error(`the watchtower ended with ${String(code)}`)); });
    });
  }

  /** Changes the operator's key and waits until somebody was told. @returns milliseconds from the block to the delivery */
  async alert(seat: Hex, number: number): Promise<number> {
    const next: Hex = `0x${(0xbe_0000 + number).toString(16).padStart(40, '0')}`;
    await this.rpc('eth_sendTransaction', [{ from: mnemonicToAccount(MNEMONIC, { addressIndex: 22 }).address, to: seat, data: encodeFunctionData({ abi: ABI, functionName: 'rotateOperator', args: [next] }) }]);
    const mined = performance.now();
    for (;;) {
      if (performance.now() - mined > DEADLINE_MILLISECONDS) throw new Error(`no alert was delivered within ${DEADLINE_MILLISECONDS} ms`);
      const found = this.seen.find(({ text }) => text.toLowerCase().includes(`to ${next}`));
      if (found !== undefined) return found.at - mined;
      await sleep(5);
    }
  }

  async stop(): Promise<void> {
    for (const child of this.children) child.kill('SIGKILL');
    this.server?.close();
    await sleep(100);
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Runs one entry of the test suite that prints one JSON object. */
async function measured<T>(path: string): Promise<T> {
  const { stdout } = await execute(process.execPath, [join(ROOT, path)], { maxBuffer: 16_777_216 });
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as T;
}

interface Scores { readonly malicious: number; readonly caught: number; readonly benign: number; readonly clean: number }
interface Reexecution { readonly transfers: Timed; readonly storage: Timed }
interface Timed { readonly transactions: number; readonly zkGas: number; readonly milliseconds: number; readonly cpuMilliseconds: number }

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

async function flood(bench: Bench, inbox: Hex, count: number): Promise<void> {
  const from = mnemonicToAccount(MNEMONIC, { addressIndex: 0 }).address;
  const data = encodeFunctionData({ abi: ABI, functionName: 'sendCall', args: [from, 0n, 0n, 21_000n, 0n, '0x'] });
  await bench.rpc('evm_setAutomine', [false]);
  await bench.rpc('anvil_setBalance', [from, '0xffffffffffffffffffff']);
  const first = Number(await bench.rpc<Hex>('eth_getTransactionCount', [from, 'latest']));
  for (let sent = 0; sent < count; sent += 400) {
    await Promise.all(Array.from({ length: Math.min(400, count - sent) }, async (_, index) => bench.rpc('eth_sendTransaction', [{ from, to: inbox, data, value: '0x2386f26fc10000', gas: '0x249f0', nonce: `0x${(first + sent + index).toString(16)}` }])));
    await bench.rpc('evm_mine');
  }
  await bench.rpc('evm_setAutomine', [true]);
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { alerts: { type: 'string', default: '15' }, flood: { type: 'string', default: '10000' }, json: { type: 'boolean' }, help: { type: 'boolean' } } });
  if (values.help === true) return void process.stdout.write(`${USAGE}\n`);
  const bench = new Bench();
  const say = (text: string): void => void process.stderr.write(`${text}\n`);
  try {
    say('starting L1, deploying, starting the watchtower ...');
    await bench.startL1();
    const deployment = await bench.deploy();
    await bench.rpc('anvil_mine', ['0x5']);
    await bench.startDaemon(deployment, await bench.startReceiver());
    const [seat, inbox] = [deployment.contracts['OperatorSeat'], deployment.contracts['Inbox']] as [Hex, Hex];
    await bench.alert(seat, 0);
    const quiet: number[] = [];
    for (let number = 1; number <= Number(values.alerts); number += 1) {
      quiet.push(await bench.alert(seat, number));
      await sleep(200);
    }
    const trips: number[] = [];
    for (let i = 0; i < 50; i += 1) {
      const start = performance.now();
      await bench.rpc('eth_blockNumber');
      trips.push(performance.now() - start);
    }
    say(`a flood of ${values.flood} messages ...`);
    const flooding = flood(bench, inbox, Number(values.flood));
    await flooding;
    const flooded = await bench.alert(seat, 9_999);
    say('both corpora of upgrades ...');
    const scores = await measured<Scores>('test/watchtower/corpusScores.ts');
    say('executing full batches again ...');
    const reexecution = await measured<Reexecution>('test/watchtower/reexecutionTime.ts');
    const result = { scores, reexecution, alerts: quiet.length, medianMilliseconds: median(quiet), longestMilliseconds: Math.max(...quiet), floodMessages: Number(values.flood), floodedMilliseconds: flooded, roundTripMilliseconds: median(trips), load: loadavg()[0] };
    process.stdout.write(values.json === true ? `${JSON.stringify(result)}\n` : [
      `L1 block -> delivered alert, median of ${result.alerts}: ${(result.medianMilliseconds / 1000).toFixed(2)} s (aim < 5 s), longest ${(result.longestMilliseconds / 1000).toFixed(2)} s`,
      `the same behind a flood of ${result.floodMessages} messages: ${(result.floodedMilliseconds / 1000).toFixed(2)} s (aim < 60 s)`,
      `malicious upgrades caught by the check that names them: ${scores.caught} of ${scores.malicious}; benign ones that no check accuses: ${scores.clean} of ${scores.benign}`,
      ...Object.entries(reexecution).map(([what, { transactions, zkGas, milliseconds, cpuMilliseconds }]) => `a batch of ${transactions} transactions (${what}, ${zkGas} zkGas) executed again: ${(milliseconds / 1000).toFixed(2)} s, ${(cpuMilliseconds / 1000).toFixed(2)} s of processor time`),
      `reference, one RPC round trip to the same L1: ${result.roundTripMilliseconds.toFixed(1)} ms; load ${(result.load ?? 0).toFixed(1)}`, '',
    ].join('\n'));
  } finally {
    await bench.stop();
  }
}

await main();
