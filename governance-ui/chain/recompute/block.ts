// One L2 block taken apart and put together again: its transactions and receipts, from whoever sends them, hash up to the two roots of a
// header, or they are refused. Owns reading the bytes, the roots, and what of a transaction is proven by them.
// What the header itself rests on is batch.ts. Pure; it runs in a worker.
// Invariant: every field that is returned was computed from bytes under the roots; nothing else of an answer is used.

import { concatHex, fromRlp, keccak256, parseTransaction, recoverTransactionAddress, toHex, toRlp } from 'viem';
import type { Hex, TransactionSerialized } from 'viem';
import { fromHex } from '@keyfall/protocol/bytes.ts';
import { DEPOSIT_TRANSACTION_TYPE, decodeDepositTransaction } from '@keyfall/protocol/depositTransaction.ts';
import { orderedRoot } from '../proof/orderedRoot.ts';
import { ProofFault } from '../proof/account.ts';

/** What of a header the block is held against; the caller has it recomputed. */
export interface HeaderRoots { readonly number: bigint; readonly hash: Hex; readonly transactionsRoot: Hex; readonly receiptsRoot: Hex; readonly gasUsed: bigint }

export interface BlockLog { readonly address: Hex; readonly topics: readonly Hex[]; readonly data: Hex }

export interface TransactionFacts {
  readonly position: number; readonly hash: Hex; readonly type: number; readonly from: Hex;
  /** null makes a contract. */
  readonly to: Hex | null;
  readonly valueWei: bigint;
  /** Created on L2 for the sender, by a message of the Inbox. */
  readonly mintWei: bigint;
  readonly isSuccess: boolean; readonly gasUsed: bigint; readonly logs: readonly BlockLog[];
  /** Its message in the Inbox, if it came by one. */
  readonly inboxIndex: bigint | undefined;
}

export interface BlockTask {
  readonly header: HeaderRoots;
  /** `debug_getRawBlock`: the block's RLP. */
  readonly rawBlock: unknown;
  /** `eth_getBlockReceipts`. */
  readonly receipts: unknown;
}

type RlpTree = Hex | RlpTree[];
type Fields = Readonly<Record<string, unknown>>;
/** More than any block of this protocol can hold, by gas. */
const MAX_TRANSACTIONS = 2_000;
/** EIP-2718. */
const MAX_TRANSACTION_TYPE = 0x7f;
/** Bits that a bloom sets for one entry, and its length. */
const [BLOOM_BYTES, BLOOM_POINTS] = [256, 3];

const isHex = (value: unknown): value is Hex => typeof value === 'string' && /^0x([0-9a-f]{2})*$/i.test(value);

function bytesOf(value: unknown, what: string): Hex {
  if (!isHex(value)) throw new ProofFault('ANSWER', `${what}: expected bytes, got ${typeof value}`);
  return value.toLowerCase() as Hex;
}

function quantityOf(value: unknown, what: string): bigint {
  if (typeof value !== 'string' || !/^0x[0-9a-f]{1,64}$/i.test(value)) throw new ProofFault('ANSWER', `${what}: expected a quantity, got ${JSON.stringify(value) ?? 'nothing'}`);
  return BigInt(value);
}

/** The transactions of a block, as EIP-2718 bytes, in order, under a header's hash and transactionsRoot. @throws ProofFault */
export function verifiedTransactions({ number, hash, transactionsRoot }: HeaderRoots, rawBlock: unknown): Hex[] {
  let parts: RlpTree;
  try {
    parts = fromRlp(bytesOf(rawBlock, `block ${number}`), 'hex') as RlpTree;
  } catch (cause) {
    throw new ProofFault('BLOCK', `block ${number}: expected RLP (${cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause)})`);
  }
  const [header, list] = Array.isArray(parts) ? parts : [];
  if (!Array.isArray(header) || !Array.isArray(list)) throw new ProofFault('BLOCK', `block ${number}: expected a header and a list of transactions`);
  const computed = keccak256(toRlp(header as never) as Hex);
  if (computed !== hash) throw new ProofFault('BLOCK_HASH', `block ${number}: its header hashes to ${computed}, agreed is ${hash}`);
  if (list.length > MAX_TRANSACTIONS) throw new ProofFault('BLOCK', `block ${number}: ${list.length} transactions are more than a block can hold`);
  // A typed transaction is a byte string, a legacy one a list: its bytes are that list's own encoding.
  const transactions = list.map((item) => (typeof item === 'string' ? item : (toRlp(item as never) as Hex)));
  const root = orderedRoot(transactions);
  if (root !== transactionsRoot) throw new ProofFault('TRANSACTIONS_ROOT', `block ${number}: the transactions have the root ${root}, the header says ${transactionsRoot}`);
  return transactions;
}

export interface ReceiptFacts { readonly isSuccess: boolean; readonly cumulativeGasUsed: bigint; readonly logs: readonly BlockLog[] }

/** Receipts under a header's receiptsRoot: none can be missing, added or changed. @throws ProofFault */
export function verifiedReceipts({ number, receiptsRoot, gasUsed }: HeaderRoots, types: readonly number[], receipts: unknown): ReceiptFacts[] {
  if (!Array.isArray(receipts)) throw new ProofFault('ANSWER', `receipts of block ${number}: expected a list`);
  if (receipts.length !== types.length) throw new ProofFault('RECEIPTS', `block ${number} has ${types.length} transactions, ${receipts.length} receipts came`);
  const facts = receipts.map((receipt: unknown, position) => receiptOf((receipt ?? {}) as Fields, `receipt ${position} of block ${number}`));
  const root = orderedRoot(facts.map((one, position) => encodeReceipt(types[position] ?? 0, one)));
  if (root !== receiptsRoot) throw new ProofFault('RECEIPTS_ROOT', `block ${number}: the receipts have the root ${root}, the header says ${receiptsRoot}`);
  const total = facts.at(-1)?.cumulativeGasUsed ?? 0n;
  if (total !== gasUsed) throw new ProofFault('GAS_USED', `block ${number}: the receipts add up to ${total} gas, the header says ${gasUsed}`);
  return facts;
}

function receiptOf(receipt: Fields, what: string): ReceiptFacts {
  const { status, cumulativeGasUsed, logs } = receipt;
  const outcome = quantityOf(status, `${what}, status`);
  if (outcome > 1n) throw new ProofFault('ANSWER', `${what}: expected the status 0 or 1, got ${outcome}`);
  if (!Array.isArray(logs)) throw new ProofFault('ANSWER', `${what}: expected a list of logs`);
  return {
    isSuccess: outcome === 1n, cumulativeGasUsed: quantityOf(cumulativeGasUsed, `${what}, cumulative gas`),
    logs: logs.map((log: unknown) => {
      const { address, topics, data } = (log ?? {}) as Fields;
      if (!Array.isArray(topics)) throw new ProofFault('ANSWER', `${what}: expected topics`);
      return { address: bytesOf(address, what), topics: topics.map((topic: unknown) => bytesOf(topic, what)), data: bytesOf(data, what) };
    }),
  };
}

/** A receipt's consensus bytes; the bloom is computed, not taken. */
function encodeReceipt(type: number, { isSuccess, cumulativeGasUsed, logs }: ReceiptFacts): Hex {
  const body = toRlp([isSuccess ? '0x01' : '0x', minimal(cumulativeGasUsed), bloomOf(logs), logs.map(({ address, topics, data }) => [address, [...topics], data])] as never) as Hex;
  return type === 0 ? body : concatHex([toHex(type, { size: 1 }), body]);
}

function minimal(value: bigint): Hex {
  if (value === 0n) return '0x';
  const digits = value.toString(16);
  return `0x${digits.length % 2 === 0 ? digits : `0${digits}`}`;
}

/** Where an entry stands in a bloom: byte and bit of each of its points. */
function pointsOf(entry: Hex): { readonly at: number; readonly bit: number }[] {
  const hash = fromHex(keccak256(entry));
  return Array.from({ length: BLOOM_POINTS }, (_, point) => {
    const place = (((hash[point * 2] ?? 0) << 8) | (hash[point * 2 + 1] ?? 0)) & 2047;
    return { at: BLOOM_BYTES - 1 - (place >> 3), bit: 1 << (place & 7) };
  });
}

function bloomOf(logs: readonly BlockLog[]): Hex {
  const bloom = new Uint8Array(BLOOM_BYTES);
  for (const entry of logs.flatMap(({ address, topics }) => [address, ...topics])) {
    for (const { at, bit } of pointsOf(entry)) bloom[at] = (bloom[at] ?? 0) | bit;
  }
  return toHex(bloom);
}

/** Whether a block can have a log with all of these entries: *no* is certain. A bloom of another length excludes nothing. */
export function bloomMayHold(bloom: Hex, entries: readonly Hex[]): boolean {
  const bytes = fromHex(bloom);
  return bytes.length !== BLOOM_BYTES || entries.every((entry) => pointsOf(entry).every(({ at, bit }) => ((bytes[at] ?? 0) & bit) !== 0));
}

/** All logs of a block whose transactions are not at hand: the types come with the receipts, and the root covers them. @throws ProofFault */
export function logsUnderRoot(header: HeaderRoots, receipts: unknown): BlockLog[] {
  if (!Array.isArray(receipts)) throw new ProofFault('ANSWER', `receipts of block ${header.number}: expected a list`);
  const types = receipts.map((receipt: unknown, position) => Number(quantityOf(((receipt ?? {}) as Fields)['type'] ?? '0x0', `receipt ${position} of block ${header.number}, type`)));
  if (types.some((type) => type > MAX_TRANSACTION_TYPE)) throw new ProofFault('ANSWER', `receipts of block ${header.number}: expected types of EIP-2718`);
  return verifiedReceipts(header, types, receipts).flatMap(({ logs }) => logs);
}

/** A block's transactions with what became of each, everything recomputed. @throws ProofFault */
export async function recomputeBlock({ header, rawBlock, receipts }: BlockTask): Promise<TransactionFacts[]> {
  const transactions = verifiedTransactions(header, rawBlock);
  const outcomes = verifiedReceipts(header, transactions.map(typeOf), receipts);
  return Promise.all(transactions.map(async (bytes, position) => {
    const outcome = outcomes[position];
    if (outcome === undefined) throw new ProofFault('RECEIPTS', `block ${header.number} has no receipt ${position}`);
    const gasUsed = outcome.cumulativeGasUsed - (outcomes[position - 1]?.cumulativeGasUsed ?? 0n);
    return { position, hash: keccak256(bytes), type: typeOf(bytes), ...(await partiesOf(bytes)), isSuccess: outcome.isSuccess, gasUsed, logs: outcome.logs };
  }));
}

function typeOf(bytes: Hex): number {
  const first = Number.parseInt(bytes.slice(2, 4), 16);
  return first >= 0xc0 ? 0 : first;
}

async function partiesOf(bytes: Hex): Promise<Pick<TransactionFacts, 'from' | 'to' | 'valueWei' | 'mintWei' | 'inboxIndex'>> {
  if (typeOf(bytes) === DEPOSIT_TRANSACTION_TYPE) {
    const decoded = decodeDepositTransaction(fromHex(bytes));
    if (!decoded.ok) throw new ProofFault(decoded.code, `a transaction of the Inbox: expected ${decoded.expected}, got ${decoded.got}`);
    return { from: decoded.value.from, to: decoded.value.to, valueWei: decoded.value.valueWei, mintWei: decoded.value.mintWei, inboxIndex: decoded.value.index };
  }
  const { to, value } = parseTransaction(bytes as TransactionSerialized);
  return { from: await recoverTransactionAddress({ serializedTransaction: bytes as TransactionSerialized }), to: to ?? null, valueWei: value ?? 0n, mintWei: 0n, inboxIndex: undefined };
}

