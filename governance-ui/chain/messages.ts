// Inbox messages as L1 recorded them: which message a transaction enqueued, which L2 transaction it becomes, and whether that came about. Owns
// the way from a receipt to that hash, by the protocol's codecs.
// Invariant: the L2 hash is computed from the event's bytes, never taken from an endpoint.

import { decodeEventLog } from 'viem';
import type { Hex } from 'viem';
import { depositTransactionHash, depositTransactionOf } from '@keyfall/protocol/depositTransaction.ts';
import { fromHex, keccakHex } from '@keyfall/protocol/bytes.ts';
import { dropSentence } from '@keyfall/protocol/drops.ts';
import { decodeMessage } from '@keyfall/protocol/message.ts';
import { ABIS } from './abis.ts';
import type { Contract } from './contract.ts';
import type { MessageEnqueued } from './inbox.ts';
import { l2Receipt } from './locate.ts';
import { mapReading, unknown } from './reading.ts';
import type { BlockRef, Reading } from './reading.ts';
import type { Quorum } from './rpc/quorum.ts';

export interface Enqueued { readonly index: bigint; readonly l2Hash: Hex; readonly message: Hex }

/** The L2 transaction that a message becomes. @throws Error if the bytes are no message */
export function l2HashOf(bytes: Hex, index: bigint, l2ChainId: number): Hex {
  const decoded = decodeMessage(fromHex(bytes));
  if (!decoded.ok) throw new Error(`bytes that are no message: expected ${decoded.expected}, got ${decoded.got}`);
  const message = decoded.value;
  return message.kind === 'signed' ? keccakHex(message.data) : depositTransactionHash(depositTransactionOf(message, index, BigInt(l2ChainId)));
}

interface ReceiptLog { readonly address: Hex; readonly topics: [Hex, ...Hex[]]; readonly data: Hex }

/** The message that an L1 transaction enqueued. */
export async function enqueuedBy(inbox: Contract, at: BlockRef, l1Hash: Hex, l2ChainId: number): Promise<Reading<Enqueued>> {
  const answer = await inbox.chain.read('eth_getTransactionReceipt', [l1Hash], at, (receipt) => {
    const { logs } = (receipt ?? {}) as { logs?: ReceiptLog[] };
    if (!Array.isArray(logs)) throw new Error('not mined there');
    return logs.filter(({ address }) => address.toLowerCase() === inbox.address.toLowerCase()).map(({ address, topics, data }) => ({ address, topics, data }));
  });
  return mapReading(answer, (logs) => {
    const [log] = logs as ReceiptLog[];
    if (log === undefined) throw new Error(`L1 transaction ${l1Hash} enqueued no message`);
    const { args } = decodeEventLog({ abi: ABIS.Inbox, eventName: 'MessageEnqueued', data: log.data, topics: log.topics });
    const { index, message } = args as unknown as MessageEnqueued;
    return { index, message, l2Hash: l2HashOf(message, index, l2ChainId) };
  });
}

/** What L2 made of a signed transaction that was forced. */
export type SignedFate = { readonly kind: 'succeeded' | 'reverted' | 'waiting' | 'skipped' } | { readonly kind: 'dropped'; readonly why: string };

/** Whether the message's transaction was executed: by this message, or by a copy of it that somebody enqueued before. */
export async function signedFate(l2: Quorum, at: BlockRef, { index, l2Hash }: Pick<Enqueued, 'index' | 'l2Hash'>): Promise<Reading<SignedFate>> {
  const receipt = await l2Receipt(l2, at, l2Hash);
  if (!receipt.known) return receipt;
  const { value } = receipt;
  if (value !== undefined) return { ...receipt, value: { kind: value.isSuccess ? 'succeeded' : 'reverted' } };
  const answer = await l2.read('keyfall_message', [`0x${index.toString(16)}`], at, (message) => {
    const { status, dropReason } = (message ?? {}) as Record<string, unknown>;
    return { status: status ?? null, dropReason: dropReason ?? null };
  });
  if (!answer.known) return answer;
  const { status, dropReason } = answer.value as { status: unknown; dropReason: unknown };
  if (status === 'waiting' || status === 'skipped') return { ...answer, value: { kind: status } };
  if (status === 'dropped') return { ...answer, value: { kind: 'dropped', why: dropSentence(Number(dropReason ?? 0)) ?? 'the endpoints name no reason for it' } };
  return unknown('the L2 endpoints have not read the message, or not the block that took it');
}
