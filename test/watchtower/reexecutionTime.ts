/**
 * How long the watchtower takes to execute a full batch again: one of plain transfers, one of storage writes. Prints one JSON object, for the benchmark.
 * Owns the batches; the time is the replayer's own, from commit record to written result;
 * beside it the processor time of the process, which does not depend on what else the machine does.
 */
import { fileURLToPath } from 'node:url';
import type { TestContext } from 'node:test';
import { encodePayload, fromHex, toHex } from '@keyfall/protocol';
import { CHAIN_ID, sign, wallets } from '../node/execute/chain-fixture.ts';
import { deposit, ReplayL1 } from './replayL1.ts';

const ETHER = 10n ** 18n;
/** Deploys code that writes 20 slots, from its nonce on. */
const WRITER = fromHex('0x6010600a5f3960105ff35f5b5a81556001018060141160015700');

async function timed(kind: 'transfers' | 'storage', after: (() => Promise<void> | void)[]): Promise<{ transactions: number; zkGas: number; milliseconds: number; cpuMilliseconds: number }> {
  const l1 = new ReplayL1({ after: (end: () => Promise<void>) => void after.push(end) } as unknown as TestContext);
  const wallet = wallets[0] as never;
  await l1.message(deposit(1_000n * ETHER));
  l1.mine();
  const created = await sign(wallet, { nonce: 1, to: null, data: toHex(WRITER), gasLimit: 300_000n, chainId: CHAIN_ID });
  await l1.commit(encodePayload([{ timestampDelta: BigInt(l1.time - 10), messageCount: 1n, transactions: [created.raw] }]));
  await l1.run();
  l1.mine();
  const target = kind === 'transfers' ? '0x00000000000000000000000000000000000000fe' : toHex(fromHex(await contractAt()));
  const parent = BigInt((await l1.opened()).state.executed.head.timestamp);
  const [each, count] = kind === 'transfers' ? [21_000n, 470] : [480_000n, 20];
  let nonce = 2;
  const block = async (room: number): Promise<Uint8Array[]> => Promise.all(Array.from({ length: room }, async () => (await sign(wallet, { nonce: nonce++, to: target, gasLimit: each, chainId: CHAIN_ID })).raw));
  const [first, second] = [await block(count), await block(Math.floor(count / 2) - 1)];
  await l1.commit(encodePayload([{ timestampDelta: BigInt(l1.time) - parent, messageCount: 0n, transactions: first }, { timestampDelta: 1n, messageCount: 0n, transactions: second }]));
  const before = process.cpuUsage();
  await l1.run();
  const { user, system } = process.cpuUsage(before);
  const { emptiedBecause, milliseconds, outputs } = l1.result;
  if (emptiedBecause !== undefined) throw new Error(`the batch was emptied: ${emptiedBecause}`);
  return { transactions: first.length + second.length, zkGas: Number(outputs['zkGasUsed']), milliseconds, cpuMilliseconds: Math.round((user + system) / 1_000) };
}

async function contractAt(): Promise<string> {
  const { getCreateAddress } = await import('ethers');
  return getCreateAddress({ from: (wallets[0] as { address: string }).address, nonce: 1 });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const ends: (() => Promise<void> | void)[] = [];
  const [transfers, storage] = [await timed('transfers', ends), await timed('storage', ends)];
  for (const end of ends) await end();
  process.stdout.write(`${JSON.stringify({ transfers, storage })}\n`);
}
