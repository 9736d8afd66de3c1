// A transaction that a wallet says it sent, as the endpoints show it. Owns comparing it with what was asked for, and its receipt.
// A transaction is not at a block yet, so it is compared between endpoints without one.
// Invariant: who does not have it yet says nothing; two that show different ones are a dissent.

import type { Hex } from 'viem';
import type { PreparedTransaction } from '../flows/prepared.ts';
import { mapReading } from './reading.ts';
import type { BlockRef, Reading } from './reading.ts';
import type { Quorum } from './rpc/quorum.ts';

export interface SentTransaction { readonly from: Hex; readonly to: Hex | null; readonly input: Hex; readonly value: bigint }
export interface SentReceipt { readonly isSuccess: boolean; readonly blockNumber: bigint; readonly gasUsed: bigint }

/** Reads of what is not mined name no block. */
const NO_BLOCK: BlockRef = { number: 0n, hash: `0x${'0'.repeat(64)}`, timestamp: 0n };

type Fields = Readonly<Record<string, unknown>>;

function required(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value !== 'string') throw new Error(`not there yet (no ${name})`);
  return value;
}

export async function findSent(quorum: Quorum, hash: Hex): Promise<Reading<SentTransaction>> {
  const answer = await quorum.read('eth_getTransactionByHash', [hash], NO_BLOCK, (value) => {
    const fields = (value ?? {}) as Fields;
    return { from: required(fields, 'from'), to: fields['to'] ?? null, input: required(fields, 'input'), value: required(fields, 'value') };
  });
  return mapReading(answer, (value) => {
    const { from, to, input, value: amount } = value as { from: Hex; to: Hex | null; input: Hex; value: Hex };
    return { from, to, input, value: BigInt(amount) };
  });
}

export async function findReceipt(quorum: Quorum, hash: Hex): Promise<Reading<SentReceipt>> {
  const answer = await quorum.read('eth_getTransactionReceipt', [hash], NO_BLOCK, (value) => {
    const fields = (value ?? {}) as Fields;
    return { status: required(fields, 'status'), blockNumber: required(fields, 'blockNumber'), gasUsed: required(fields, 'gasUsed') };
  });
  return mapReading(answer, (value) => {
    const { status, blockNumber, gasUsed } = value as { status: Hex; blockNumber: Hex; gasUsed: Hex };
    return { isSuccess: BigInt(status) === 1n, blockNumber: BigInt(blockNumber), gasUsed: BigInt(gasUsed) };
  });
}

/** In what the sent transaction differs from what was asked for; empty when it is the same. */
export function differences(asked: PreparedTransaction, account: Hex, sent: SentTransaction): string[] {
  const same = (left: string, right: string): boolean => left.toLowerCase() === right.toLowerCase();
  const found: string[] = [];
  if (!same(sent.from, account)) found.push(`from ${sent.from} instead of ${account}`);
  if (!same(sent.to ?? 'nobody', asked.to)) found.push(`to ${sent.to ?? 'nobody'} instead of ${asked.to}`);
  if (!same(sent.input, asked.data)) found.push('other calldata');
  if (sent.value !== asked.valueWei) found.push(`a value of ${sent.value} wei instead of ${asked.valueWei}`);
  return found;
}
