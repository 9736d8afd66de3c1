// npm run bench:node: this node and anvil under the same pre-signed transactions over JSON-RPC, in one run.
//
// Owns: the order of measurements and the table. Prints what was measured and how; a refused, reverted or unmined
// transaction is shown, never left out. Options: --accounts 10000,1000000 --transactions 8000 --speed 4 --no-anvil. With --minutes N (and
// --rate 250) instead: plain transfers to this node alone for N minutes, with its rate, CPU time and memory over time.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { deployPool, deployToken, swaps, tokenTransfers } from './contractWork.ts';
import { load, RpcClient, type LoadResult } from './load.ts';
import { sustain, windowReport, windowsOf } from './sustained.ts';
import { startAnvil, startNode, type MeasuredChain } from './chains.ts';
import { sendersOf, transfers } from './workload.ts';

const SENDERS = 200;
const DEADLINE_SECONDS = 240;
const MIN_MINUTES = 2;

const { values } = parseArgs({ options: {
  accounts: { type: 'string', default: '10000,1000000' }, transactions: { type: 'string', default: '8000' }, speed: { type: 'string', default: '4' },
  'no-anvil': { type: 'boolean', default: false }, minutes: { type: 'string' }, rate: { type: 'string', default: '250' },
} });

interface Row { chain: string; accounts: number; work: string; result: LoadResult; cpuSeconds: number; residentMiB: number }

async function measure(chain: MeasuredChain, accounts: number, count: number): Promise<Row[]> {
  const client = new RpcClient(chain.port);
  const rows: Row[] = [];
  const senders = sendersOf(SENDERS);
  const run = async (work: string, transactions: readonly Uint8Array[]): Promise<void> => {
    const before = chain.cpuSeconds();
    let cpuSeconds = Number.NaN;
    const result = await load(client, transactions, DEADLINE_SECONDS, () => { cpuSeconds = chain.cpuSeconds() - before; });
    rows.push({ chain: chain.name, accounts, work, result, cpuSeconds, residentMiB: chain.residentMiB() });
    printRow(rows.at(-1)!);
  };
  try {
    // Compilation and caches settle first; the same for both chains.
    await load(client, transfers(senders, 2_000, accounts), DEADLINE_SECONDS);
    await run('transfers', transfers(senders, count, accounts));
    const token = await deployToken(client, senders);
    await run('ERC-20 transfers', tokenTransfers(senders, count, accounts, token));
    const pool = await deployPool(client, senders, token);
    await run('Uniswap V2 swaps', swaps(senders, count, pool));
  } finally {
    client.close();
    await chain.stop();
  }
  return rows;
}

function printRow({ chain, accounts, work, result, cpuSeconds, residentMiB }: Row): void {
  const rate = result.mined / result.seconds;
  const cost = (cpuSeconds * 1_000) / result.mined;
  const refusals = (result.refused === 0 ? '' : `; ${result.refused} refused (${result.firstRefusal})`) + (result.reverted === 0 ? '' : `; ${result.reverted} reverted`);
  console.log(`${chain.padEnd(8)} ${String(accounts).padStart(8)} accounts  ${work.padEnd(17)} ${rate.toFixed(0).padStart(6)} tx/s  ${cost.toFixed(2).padStart(6)} CPU ms/tx  `
    + `${result.mined}/${result.sent} mined in ${result.seconds.toFixed(1)} s, ${result.blocks} blocks, ${residentMiB.toFixed(0)} MiB${refusals}`);
}

async function compare(accountCounts: readonly number[], count: number, speed: number): Promise<void> {
  console.log(`${count} pre-signed transactions of ${SENDERS} senders per line, over HTTP in requests of 20, after 2000 to warm up.`);
  console.log(`keyfall: blocks of at most 10,000,000 zkGas, durable before they are announced; its L1 clock runs ${speed} times as fast as the wall, so ${speed} blocks a second.`);
  console.log('anvil: one block a second without gas limit, in memory.');
  const all: Row[] = [];
  for (const accounts of accountCounts) {
    await inDirectory(async (directory) => {
      all.push(...await measure(await startNode(directory, accounts, SENDERS, speed), accounts, count));
      if (!values['no-anvil']) all.push(...await measure(await startAnvil(directory, accounts, SENDERS), accounts, count));
    });
  }
  for (const ours of all.filter(({ chain }) => chain === 'keyfall')) {
    const theirs = all.find(({ chain, accounts, work }) => chain === 'anvil' && accounts === ours.accounts && work === ours.work);
    if (theirs === undefined) continue;
    const ratio = ours.result.mined / ours.result.seconds / (theirs.result.mined / theirs.result.seconds);
    console.log(`keyfall / anvil, ${ours.work}, ${ours.accounts} accounts: ${ratio.toFixed(2)} of the rate`);
  }
}

async function runSustained(accounts: number, minutes: number, rate: number, speed: number): Promise<void> {
  console.log(`${rate} plain transfers a second for ${minutes} minutes, ${accounts} accounts, ${SENDERS} senders; ${speed} blocks a second, committed and made final by a synthetic L1.`);
  await inDirectory(async (directory) => {
    const chain = await startNode(directory, accounts, SENDERS, speed);
    try {
      const samples = await sustain(chain, { minutes, rate, accounts, senders: sendersOf(SENDERS) });
      for (const line of windowReport(windowsOf(samples, minutes))) console.log(line);
    } finally {
      await chain.stop();
    }
  });
}

async function inDirectory(work: (directory: string) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'keyfall-bench-'));
  try {
    await work(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** A positive number given as an option. */
function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new RangeError(`--${name}: expected a positive number, got ${text}`);
  return value;
}

/** Windows need several samples of ten seconds each. */
function minutesOf(text: string): number {
  const minutes = positive('minutes', text);
  if (minutes < MIN_MINUTES) throw new RangeError(`--minutes: expected at least ${MIN_MINUTES}, got ${text}`);
  return minutes;
}

const speed = positive('speed', values.speed);
const accountCounts = values.accounts.split(',').map((text) => positive('accounts', text));
if (values.minutes === undefined) await compare(accountCounts, positive('transactions', values.transactions), speed);
else await runSustained(accountCounts[0]!, minutesOf(values.minutes), positive('rate', values.rate), speed);
