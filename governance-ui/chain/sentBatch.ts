// What a wallet made of a batch (ERC-5792), as the endpoints show it. A wallet may wrap the calls as it likes, so each must be found
// whole inside some transaction, no other contract may have emitted an event, and no more ether may have left the account than asked for.
// Owns these three comparisons; what they cannot see is a call without event and value, which changes nothing that is held.
// Invariant: no verdict before every receipt was seen.

import type { Hex } from 'viem';
import type { PreparedTransaction } from '../flows/prepared.ts';
import { unknown } from './reading.ts';
import type { BlockRef, Reading } from './reading.ts';
import type { Quorum } from './rpc/quorum.ts';

export interface JudgedBatch { readonly isSuccess: boolean; readonly stray: readonly string[] }

interface Seen { readonly from: Hex; readonly to: Hex | null; readonly input: Hex; readonly value: bigint; readonly isSuccess: boolean; readonly blockNumber: bigint; readonly feeWei: bigint; readonly emitters: readonly Hex[] }

const NO_BLOCK: BlockRef = { number: 0n, hash: `0x${'0'.repeat(64)}`, timestamp: 0n };

function text(fields: unknown, name: string): string {
  const value = ((fields ?? {}) as Readonly<Record<string, unknown>>)[name];
  if (typeof value !== 'string') throw new Error(`not there yet (no ${name})`);
  return value;
}

async function see(quorum: Quorum, hash: Hex): Promise<Reading<Seen>> {
  const [sent, receipt] = await Promise.all([
    quorum.read('eth_getTransactionByHash', [hash], NO_BLOCK, (value) => ({ from: text(value, 'from'), to: (value as { to?: unknown }).to ?? null, input: text(value, 'input'), value: text(value, 'value') })),
    quorum.read('eth_getTransactionReceipt', [hash], NO_BLOCK, (value) => ({
      status: text(value, 'status'), blockNumber: text(value, 'blockNumber'), gasUsed: text(value, 'gasUsed'), price: text(value, 'effectiveGasPrice'),
      emitters: ((value as { logs?: readonly unknown[] }).logs ?? []).map((log) => text(log, 'address')),
    })),
  ]);
  if (!sent.known) return sent;
  if (!receipt.known) return receipt;
  const { from, to, input, value } = sent.value as { from: Hex; to: Hex | null; input: Hex; value: Hex };
  const { status, blockNumber, gasUsed, price, emitters } = receipt.value as { status: Hex; blockNumber: Hex; gasUsed: Hex; price: Hex; emitters: readonly Hex[] };
  return { ...receipt, value: { from, to, input, value: BigInt(value), isSuccess: BigInt(status) === 1n, blockNumber: BigInt(blockNumber), feeWei: BigInt(gasUsed) * BigInt(price), emitters } };
}

const same = (left: string | null, right: string): boolean => left?.toLowerCase() === right.toLowerCase();

/** @param account who was to act */
export async function judgeBatch(quorum: Quorum, hashes: readonly Hex[], calls: readonly PreparedTransaction[], account: Hex): Promise<Reading<JudgedBatch>> {
  const seen: Seen[] = [];
  for (const hash of hashes) {
    const one = await see(quorum, hash);
    if (!one.known) return one;
    seen.push(one.value);
  }
  const isSuccess = seen.every((one) => one.isSuccess);
  const missing = calls.filter(({ data, to }) => !seen.some(({ input, to: target }) => input.toLowerCase().includes(data.slice(2).toLowerCase()) && (same(target, to) || input.toLowerCase().includes(to.slice(2).toLowerCase()))));
  const strangers = [...new Set(seen.flatMap(({ emitters }) => emitters).map((emitter) => emitter.toLowerCase()))].filter((emitter) => !calls.some(({ to }) => same(to, emitter)) && !same(account, emitter));
  const spent = await spentBeyond(quorum, seen, calls, account);
  if (!spent.known) return spent;
  return { ...spent, value: { isSuccess, stray: [
    ...missing.map(({ title }) => `no transaction of the batch carries “${title}” as it was shown`),
    ...strangers.map((emitter) => `${emitter}, which was not called, emitted an event`),
    ...(spent.value > 0n ? [`${spent.value} wei more than was asked for left your account`] : []),
  ] } };
}

/** Ether that left the account in the batch's blocks, beyond fees and the values asked for. */
async function spentBeyond(quorum: Quorum, seen: readonly Seen[], calls: readonly PreparedTransaction[], account: Hex): Promise<Reading<bigint>> {
  const blocks = seen.map(({ blockNumber }) => blockNumber).toSorted((left, right) => (left < right ? -1 : 1));
  const [first, last] = [blocks[0], blocks.at(-1)];
  if (first === undefined || last === undefined || first === 0n) return unknown('the batch is in no block');
  const balance = async (number: bigint): Promise<Reading<unknown>> => quorum.read('eth_getBalance', [account, `0x${number.toString(16)}`], NO_BLOCK);
  const [before, after] = await Promise.all([balance(first - 1n), balance(last)]);
  if (!before.known) return before;
  if (!after.known) return after;
  const fees = seen.filter(({ from }) => same(from, account)).reduce((sum, { feeWei }) => sum + feeWei, 0n);
  const asked = calls.reduce((sum, { valueWei }) => sum + valueWei, 0n);
  const gone = BigInt(String(before.value)) - BigInt(String(after.value)) - fees - asked;
  return { known: true, at: after.at, trust: after.trust, value: gone > 0n ? gone : 0n };
}
