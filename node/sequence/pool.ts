// The transaction pool: which transactions wait, in which order each sender's can run, which leave when it is full.
//
// Owns: the rules of replacement, gaps, limits and eviction, in memory. Does not own: validity against the state
// (ExecutionEngine.admission), durability (mempool.ts), choosing for a block (selection.ts).
// Invariants: one transaction per sender and nonce; a sender's `pending` are consecutive from its account nonce; totals
// never exceed the limits; the sum of a sender's worst costs never exceeds the balance known when the last was added.

import type { SentTransaction } from '../execute/api.ts';
import { toKey } from '../execute/bytes.ts';

export interface PoolLimits {
  /** All transactions. */
  transactions: number;
  /** All bytes of raw transactions. */
  bytes: number;
  /** Transactions of one sender. */
  perSender: number;
  /** Transactions behind a nonce gap, of all senders. */
  queued: number;
  /** A nonce may be at most this far above the account's. */
  nonceLead: bigint;
}
export const DEFAULT_POOL_LIMITS: PoolLimits = { transactions: 65_536, bytes: 64 * 1_048_576, perSender: 1_024, queued: 16_384, nonceLead: 1_024n };

/** A replacement pays at least this much more, percent, in fee cap and tip. */
const REPLACEMENT_PERCENT = 10n;
/** The order of eviction is renewed after one change per so many pooled transactions: a small pool's is always exact. */
const CHANGES_PER_SORT_DIVISOR = 256;

export interface PoolEntry {
  readonly transaction: SentTransaction;
  readonly hashKey: string;
  /** Order of arrival: earlier goes first at equal price. */
  readonly sequence: number;
  /** Wei the transaction can cost at most. */
  readonly maxCostWei: bigint;
}

export type PoolRefusal = 'already-known' | 'nonce-too-low' | 'nonce-too-high' | 'replacement-underpriced' | 'underpriced' | 'account-full' | 'pool-full' | 'insufficient-funds';
export type PoolAddition =
  /** `evicted` left to make room, or was replaced. */
  | { ok: true; entry: PoolEntry; evicted: readonly PoolEntry[] }
  | { ok: false; code: PoolRefusal; message: string };

interface SenderQueue {
  readonly key: string;
  readonly sender: Uint8Array;
  accountNonce: bigint;
  /** First nonce from accountNonce on without an entry. */
  gap: bigint;
  /** By nonce, none below accountNonce. */
  readonly entries: Map<bigint, PoolEntry>;
  costWei: bigint;
}

/** Fee cap per gas. */
export function feeCapWei(transaction: SentTransaction): bigint {
  return transaction.type === 0 || transaction.type === 1 ? transaction.gasPrice : transaction.maxFeePerGas;
}
/** Tip cap per gas. */
export function tipCapWei(transaction: SentTransaction): bigint {
  return transaction.type === 0 || transaction.type === 1 ? transaction.gasPrice : transaction.maxPriorityFeePerGas;
}
/** What the block's beneficiary gets per gas at a base fee; negative when the cap is below it. */
export function effectiveTipWei(transaction: SentTransaction, baseFeeWei: bigint): bigint {
  const room = feeCapWei(transaction) - baseFeeWei;
  const tip = tipCapWei(transaction);
  return tip < room ? tip : room;
}

export class Pool {
  readonly limits: PoolLimits;
  /** zkGas that a block must have left for a transaction, where a run showed that its gas limit is not enough. */
  readonly neededZkGas = new WeakMap<SentTransaction, bigint>();
  readonly #byHash = new Map<string, PoolEntry>();
  readonly #senders = new Map<string, SenderQueue>();
  #bytes = 0;
  #queued = 0;
  #nextSequence = 0;
  /** Tails by price as they were some changes ago. */
  #sortedTails: readonly PoolEntry[] = [];
  #changesSinceSort = 0;

  constructor(limits: PoolLimits) {
    this.limits = limits;
  }

  get size(): number {
    return this.#byHash.size;
  }
  get queuedCount(): number {
    return this.#queued;
  }
  get(hash: Uint8Array): PoolEntry | undefined {
    return this.#byHash.get(toKey(hash));
  }
  has(hash: Uint8Array): boolean {
    return this.#byHash.has(toKey(hash));
  }
  hasSender(sender: Uint8Array): boolean {
    return this.#senders.has(toKey(sender));
  }
  *senders(): Iterable<Uint8Array> {
    for (const queue of this.#senders.values()) yield queue.sender;
  }

  /** Adds a transaction that is valid against the state: `account` is the sender's at the head. */
  add(transaction: SentTransaction, account: { nonce: bigint; balance: bigint; maxCostWei: bigint }): PoolAddition {
    const hashKey = toKey(transaction.hash);
    if (this.#byHash.has(hashKey)) return refusal('already-known', 'the transaction is in the pool already');
    const { nonce } = transaction;
    if (nonce < account.nonce) return refusal('nonce-too-low', `expected a nonce of at least ${account.nonce}, got ${nonce}`);
    if (nonce > account.nonce + this.limits.nonceLead) return refusal('nonce-too-high', `expected a nonce of at most ${account.nonce + this.limits.nonceLead}, got ${nonce}`);
    if (this.#senders.get(toKey(transaction.sender))?.accountNonce !== account.nonce) this.moveAccount(transaction.sender, account.nonce);
    const queue = this.#senders.get(toKey(transaction.sender));
    const replaced = queue?.entries.get(nonce);
    if (replaced !== undefined && !isReplacement(replaced.transaction, transaction)) {
      return refusal('replacement-underpriced', `expected fee cap and tip at least ${REPLACEMENT_PERCENT} % above the pooled transaction's ${feeCapWei(replaced.transaction)} and ${tipCapWei(replaced.transaction)}`);
    }
    if (replaced === undefined && (queue?.entries.size ?? 0) >= this.limits.perSender) {
      return refusal('account-full', `expected at most ${this.limits.perSender} pooled transactions of one sender`);
    }
    const cost = (queue?.costWei ?? 0n) - (replaced?.maxCostWei ?? 0n) + account.maxCostWei;
    if (cost > account.balance) return refusal('insufficient-funds', `the sender's pooled transactions can cost ${cost} wei, its balance is ${account.balance}`);
    const room = this.#makeRoom(transaction, replaced, account.nonce);
    if (!room.ok) return room;
    return this.#insert(transaction, hashKey, account, replaced, room.evicted);
  }

  #insert(transaction: SentTransaction, hashKey: string, account: { nonce: bigint; maxCostWei: bigint }, replaced: PoolEntry | undefined, evicted: readonly PoolEntry[]): PoolAddition {
    for (const entry of evicted) this.#remove(entry);
    if (replaced !== undefined) this.#remove(replaced);
    const key = toKey(transaction.sender);
    let queue = this.#senders.get(key);
    if (queue === undefined) {
      queue = { key, sender: transaction.sender, accountNonce: account.nonce, gap: account.nonce, entries: new Map(), costWei: 0n };
      this.#senders.set(key, queue);
    }
    this.#changesSinceSort += 1;
    const before = queuedIn(queue);
    const entry: PoolEntry = { transaction, hashKey, sequence: this.#nextSequence++, maxCostWei: account.maxCostWei };
    queue.entries.set(transaction.nonce, entry);
    queue.costWei += account.maxCostWei;
    this.#byHash.set(hashKey, entry);
    this.#bytes += transaction.raw.length;
    closeGap(queue);
    this.#queued += queuedIn(queue) - before;
    return { ok: true, entry, evicted: replaced === undefined ? evicted : [...evicted, replaced] };
  }

  /** Who leaves so that the newcomer fits; nobody leaves for one that does not pay more. */
  #makeRoom(transaction: SentTransaction, replaced: PoolEntry | undefined, accountNonce: bigint): { ok: true; evicted: readonly PoolEntry[] } | Extract<PoolAddition, { ok: false }> {
    const queue = this.#senders.get(toKey(transaction.sender));
    const isPending = transaction.nonce === accountNonce || (queue !== undefined && transaction.nonce <= queue.gap);
    if (!isPending && replaced === undefined && this.#queued >= this.limits.queued) {
      return refusal('pool-full', `expected at most ${this.limits.queued} transactions behind nonce gaps`);
    }
    const isFull = (size: number, bytes: number): boolean => size > this.limits.transactions || bytes > this.limits.bytes;
    let size = this.#byHash.size + (replaced === undefined ? 1 : 0);
    let bytes = this.#bytes + transaction.raw.length - (replaced?.transaction.raw.length ?? 0);
    if (!isFull(size, bytes)) return { ok: true, evicted: [] };
    const evicted: PoolEntry[] = [];
    for (const victim of this.#cheapestTails(transaction.sender)) {
      if (!isFull(size, bytes)) break;
      if (!isReplacement(victim.transaction, transaction)) {
        return refusal('underpriced', `the pool is full; expected a fee cap and tip at least ${REPLACEMENT_PERCENT} % above ${feeCapWei(victim.transaction)} and ${tipCapWei(victim.transaction)}`);
      }
      evicted.push(victim);
      size -= 1;
      bytes -= victim.transaction.raw.length;
    }
    return isFull(size, bytes) ? refusal('pool-full', 'the pool is full of transactions that pay more') : { ok: true, evicted };
  }

  /**
   * Every other sender's last transaction, cheapest first: removing a tail opens no gap. Sorting a full pool takes tens of
   * milliseconds on the thread that builds blocks, so that a flood of submissions must not sort each time: the order is kept while few
   * entries changed, what is no tail any more is passed over, and tails that came since are looked at when these are not enough.
   */
  *#cheapestTails(exceptSender: Uint8Array): Iterable<PoolEntry> {
    const given = new Set<PoolEntry>();
    const except = toKey(exceptSender);
    for (const renewAtOnce of [false, true]) {
      if (this.#changesSinceSort > 0 && (renewAtOnce || this.#changesSinceSort * CHANGES_PER_SORT_DIVISOR > this.#byHash.size)) {
        this.#sortedTails = this.#sortTails();
        this.#changesSinceSort = 0;
      }
      for (const entry of this.#sortedTails) {
        const key = toKey(entry.transaction.sender);
        const queue = this.#senders.get(key);
        if (given.has(entry) || key === except || queue?.entries.get(entry.transaction.nonce) !== entry || lastOf(queue) !== entry) continue;
        given.add(entry);
        yield entry;
      }
    }
  }

  #sortTails(): readonly PoolEntry[] {
    const tails: PoolEntry[] = [];
    for (const queue of this.#senders.values()) {
      const tail = lastOf(queue);
      if (tail !== undefined) tails.push(tail);
    }
    return tails.sort((a, b) => {
      const byPrice = compareBigints(feeCapWei(a.transaction), feeCapWei(b.transaction));
      return byPrice === 0 ? b.sequence - a.sequence : byPrice;
    });
  }

  #remove(entry: PoolEntry): void {
    const key = toKey(entry.transaction.sender);
    const queue = this.#senders.get(key);
    if (queue === undefined || queue.entries.get(entry.transaction.nonce) !== entry) return;
    this.#changesSinceSort += 1;
    const before = queuedIn(queue);
    queue.entries.delete(entry.transaction.nonce);
    queue.costWei -= entry.maxCostWei;
    this.#byHash.delete(entry.hashKey);
    this.#bytes -= entry.transaction.raw.length;
    if (entry.transaction.nonce < queue.gap) queue.gap = entry.transaction.nonce;
    this.#queued += queuedIn(queue) - before;
    if (queue.entries.size === 0) this.#senders.delete(key);
  }

  /** Removes one transaction; later nonces of its sender wait behind the gap. */
  drop(hash: Uint8Array): PoolEntry | undefined {
    const entry = this.get(hash);
    if (entry !== undefined) this.#remove(entry);
    return entry;
  }

  /** The sender's account nonce changed: what is below it leaves. Returns what left. */
  moveAccount(sender: Uint8Array, nonce: bigint): readonly PoolEntry[] {
    const queue = this.#senders.get(toKey(sender));
    if (queue === undefined) return [];
    this.#queued -= queuedIn(queue);
    const stale: PoolEntry[] = [];
    const count = queue.entries.size;
    if (nonce - queue.accountNonce > BigInt(count)) {
      for (const entry of queue.entries.values()) if (entry.transaction.nonce < nonce) stale.push(entry);
    } else {
      for (let old = queue.accountNonce; old < nonce; old++) {
        const entry = queue.entries.get(old);
        if (entry !== undefined) stale.push(entry);
      }
    }
    this.#changesSinceSort += stale.length;
    for (const entry of stale) {
      queue.entries.delete(entry.transaction.nonce);
      queue.costWei -= entry.maxCostWei;
      this.#byHash.delete(entry.hashKey);
      this.#bytes -= entry.transaction.raw.length;
    }
    if (nonce < queue.accountNonce || nonce > queue.gap) queue.gap = nonce;
    queue.accountNonce = nonce;
    closeGap(queue);
    this.#queued += queuedIn(queue);
    if (queue.entries.size === 0) this.#senders.delete(queue.key);
    return stale;
  }

  /** The sender's executable transactions from its account nonce on, in order. */
  *executable(sender: Uint8Array): Iterable<PoolEntry> {
    const queue = this.#senders.get(toKey(sender));
    if (queue === undefined) return;
    for (let nonce = queue.accountNonce; ; nonce++) {
      const entry = queue.entries.get(nonce);
      if (entry === undefined) return;
      yield entry;
    }
  }
  /** The sender's transaction with that nonce. */
  at(sender: Uint8Array, nonce: bigint): PoolEntry | undefined {
    return this.#senders.get(toKey(sender))?.entries.get(nonce);
  }
  /** First executable transaction of every sender that has one. */
  *heads(): Iterable<PoolEntry> {
    for (const queue of this.#senders.values()) {
      const entry = queue.entries.get(queue.accountNonce);
      if (entry !== undefined) yield entry;
    }
  }
  /** First nonce from the account nonce on without a pooled transaction; undefined = none pooled. */
  nextNonce(sender: Uint8Array): bigint | undefined {
    const queue = this.#senders.get(toKey(sender));
    return queue?.gap;
  }
  /** Ascending nonces. */
  ofSender(sender: Uint8Array): { pending: readonly PoolEntry[]; queued: readonly PoolEntry[] } {
    const queue = this.#senders.get(toKey(sender));
    if (queue === undefined) return { pending: [], queued: [] };
    const { gap } = queue;
    const sorted = [...queue.entries.values()].sort((a, b) => compareBigints(a.transaction.nonce, b.transaction.nonce));
    return { pending: sorted.filter((entry) => entry.transaction.nonce < gap), queued: sorted.filter((entry) => entry.transaction.nonce >= gap) };
  }
}

function refusal(code: PoolRefusal, message: string): Extract<PoolAddition, { ok: false }> {
  return { ok: false, code, message };
}
function compareBigints(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
function closeGap(queue: SenderQueue): void {
  while (queue.entries.has(queue.gap)) queue.gap++;
}
function lastOf(queue: SenderQueue): PoolEntry | undefined {
  let tail: PoolEntry | undefined;
  for (const entry of queue.entries.values()) if (tail === undefined || entry.transaction.nonce > tail.transaction.nonce) tail = entry;
  return tail;
}
function queuedIn(queue: SenderQueue): number {
  return queue.entries.size - Number(queue.gap - queue.accountNonce);
}
function isReplacement(old: SentTransaction, next: SentTransaction): boolean {
  const enough = (before: bigint, after: bigint): boolean => after * 100n >= before * (100n + REPLACEMENT_PERCENT) && after > before;
  return enough(feeCapWei(old), feeCapWei(next)) && (enough(tipCapWei(old), tipCapWei(next)) || (tipCapWei(old) === 0n && tipCapWei(next) === 0n));
}
