// npm run bench:node: this node and anvil under the same pre-signed transactions over JSON-RPC, in one run.
//
// Owns: the order of measurements and the table. Prints what was measured and how; a refused or unmined transaction is
// shown, never left out. Options: --accounts 10000,1000000 --transactions 8000 --speed 4 --no-anvil.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { deployToken, fundSenders } from './token.ts';
import { load, RpcClient, type LoadResult } from './load.ts';
import { startAnvil, startNode, type MeasuredChain } from './chains.ts';
import { sendersOf, tokenTransfers, transfers } from './workload.ts';

const SENDERS = 200;
const DEADLINE_SECONDS = 240;

const { values } = parseArgs({ options: {
  accounts: { type: 'string', default: '10000,1000000' }, transactions: { type: 'string', default: '8000' }, speed: { type: 'string', default: '4' },
  'no-anvil': { type: 'boolean', default: false },
} });

interface Row { chain: string; accounts: number; work: string; result: LoadResult; cpuSeconds: number; residentMiB: number }

async function measure(chain: MeasuredChain, accounts: number, count: number): Promise<Row[]> {
  const client = new RpcClient(chain.port);
  const rows: Row[] = [];
  const senders = sendersOf(SENDERS);
  const run = async (work: string, transactions: readonly Uint8Array[]): Promise<void> => {
    const before = chain.cpuSeconds();
    const result = await load(client, transactions, DEADLINE_SECONDS);
    rows.push({ chain: chain.name, accounts, work, result, cpuSeconds: chain.cpuSeconds() - before, residentMiB: chain.residentMiB() });
    printRow(rows.at(-1)!);
  };
  try {
    // Compilation and caches settle first; the same for both chains.
    await load(client, transfers(senders, 2_000, accounts), DEADLINE_SECONDS);
    await run('transfers', transfers(senders, count, accounts));
    const token = await deployToken(client, senders[0]!);
    await load(client, fundSenders(senders, token), DEADLINE_SECONDS);
    await run('ERC-20 transfers', tokenTransfers(senders, count, accounts, token));
  } finally {
    client.close();
    await chain.stop();
  }
  return rows;
}

function printRow({ chain, accounts, work, result, cpuSeconds, residentMiB }: Row): void {
  const rate = result.mined / result.seconds;
  const cost = (cpuSeconds * 1_000) / result.mined;
  const refusals = result.refused === 0 ? '' : `; ${result.refused} refused (${result.firstRefusal})`;
  console.log(`${chain.padEnd(8)} ${String(accounts).padStart(8)} accounts  ${work.padEnd(17)} ${rate.toFixed(0).padStart(6)} tx/s  ${cost.toFixed(2).padStart(6)} CPU ms/tx  `
    + `${result.mined}/${result.sent} mined in ${result.seconds.toFixed(1)} s, ${result.blocks} blocks, ${residentMiB.toFixed(0)} MiB${refusals}`);
}

const count = Number(values.transactions);
const speed = Number(values.speed);
console.log(`${count} pre-signed transactions of ${SENDERS} senders per line, over HTTP in requests of 20, after 2000 to warm up.`);
console.log(`keyfall: blocks of at most 10,000,000 zkGas, durable before they are announced; its L1 clock runs ${speed} times as fast as the wall, so ${speed} blocks a second.`);
console.log('anvil: one block a second without gas limit, in memory.');
const all: Row[] = [];
for (const accounts of values.accounts.split(',').map(Number)) {
  const directory = mkdtempSync(join(tmpdir(), 'keyfall-bench-'));
  try {
    all.push(...await measure(await startNode(directory, accounts, SENDERS, speed), accounts, count));
    if (!values['no-anvil']) all.push(...await measure(await startAnvil(directory, accounts, SENDERS), accounts, count));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
for (const ours of all.filter(({ chain }) => chain === 'keyfall')) {
  const theirs = all.find(({ chain, accounts, work }) => chain === 'anvil' && accounts === ours.accounts && work === ours.work);
  if (theirs === undefined) continue;
  const ratio = ours.result.mined / ours.result.seconds / (theirs.result.mined / theirs.result.seconds);
  console.log(`keyfall / anvil, ${ours.work}, ${ours.accounts} accounts: ${ratio.toFixed(2)} of the rate`);
}
