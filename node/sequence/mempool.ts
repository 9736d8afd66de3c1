// The pool as the node keeps it: admission, the journal on disk, and what blocks do to it.
//
// Owns: acknowledging a transaction only once it is durable; recovery in batches; reloading after a restart; removing what
// blocks included, re-adding what unwinding gave back. Does not own: the rules (pool.ts), the choice for a block (selection.ts).
// Invariant: every acknowledged transaction is in the journal until a durable block contains it or the state makes it
// impossible; the journal's entries change in the same atomic write as the block that is the reason.

import type { BlockTransaction, ExecutionEngine, FeeParameters, SentTransaction } from '../execute/api.ts';
import { toKey } from '../execute/bytes.ts';
import { recoverAuthority } from '../execute/transaction.ts';
import type { PoolView, Submission, SubmissionRefusal } from '../chainView.ts';
import { RecordReader, RecordWriter } from '../store/binary.ts';
import { put, remove, type KeyValue, type StateWrite } from '../store/keyValue.ts';
import { boundsOf, hashedKey } from '../store/tables.ts';
import { Pool, effectiveTipWei, type PoolEntry, type PoolLimits } from './pool.ts';
import { Selection } from './selection.ts';

/** Submissions taken together: one recovery batch, one durable write. */
const MAX_GROUP = 256;
/** Submissions that may wait; beyond it they are refused at once. */
const MAX_WAITING = 20_000;

export interface MempoolOptions {
  engine: ExecutionEngine;
  kv: KeyValue;
  limits: PoolLimits;
  /** Highest gas limit a block can hold. */
  blockGasLimit: bigint;
  /** Longest raw transaction that a batch can hold, bytes. */
  maxTransactionBytes: number;
  /** Takes and keeps transactions, and gives none to blocks. */
  isHeld?: boolean;
  /** What data costs for a block built now. */
  fees: () => FeeParameters;
  /** Told of durably pooled transactions. */
  onPending: (transactions: readonly SentTransaction[]) => void;
  /** Told of a fault of store or engine: the pool in memory is then ahead of the journal, so the process has to end. */
  onFault: (cause: unknown) => void;
}

interface Waiting { raw: Uint8Array; resolve: (submission: Submission) => void; reject: (cause: unknown) => void }

export class Mempool implements PoolView {
  readonly #options: MempoolOptions;
  readonly #pool: Pool;
  readonly #waiting: Waiting[] = [];
  #working: Promise<void> | undefined;
  #isStopping = false;
  #lastTipWei = 0n;

  constructor(options: MempoolOptions) {
    this.#options = options;
    this.#pool = new Pool(options.limits);
  }

  /** Number of transactions that could run now, at any price. */
  get pendingCount(): number {
    if (this.#options.isHeld === true) return 0;
    return this.#pool.size - this.#pool.queuedCount;
  }

  /** Re-admits the journal's transactions after a restart; the impossible ones leave it. */
  async reload(): Promise<number> {
    const { kv, engine } = this.#options;
    const { from, before } = boundsOf('pool');
    const stored: SentTransaction[] = [];
    const stale: StateWrite[] = [];
    for (const { key, value } of kv.range(from, before)) {
      const transaction = decodeJournal(engine, value);
      if (transaction === undefined) stale.push(remove(key));
      else stored.push(transaction);
    }
    stored.sort((a, b) => (a.nonce < b.nonce ? -1 : a.nonce > b.nonce ? 1 : 0));
    for (const transaction of stored) {
      const added = this.#admit(transaction);
      if (!('entry' in added)) stale.push(remove(hashedKey('pool', transaction.hash)));
    }
    await kv.write(stale);
    return this.#pool.size;
  }

  /** Resolves once the transaction is durable, or with the reason it is refused. */
  submit(raw: Uint8Array): Promise<Submission> {
    if (this.#isStopping) return Promise.resolve(refused('stopping', 'the node is stopping'));
    if (raw.length > this.#options.maxTransactionBytes) {
      return Promise.resolve(refused('too-large', `expected at most ${this.#options.maxTransactionBytes} bytes, got ${raw.length}`));
    }
    if (this.#waiting.length >= MAX_WAITING) return Promise.resolve(refused('pool-full', 'too many submissions are waiting'));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ raw, resolve, reject });
      this.#working ??= this.#work();
    });
  }

  async #work(): Promise<void> {
    // Everything that arrives in this turn of the event loop belongs to the first group.
    await new Promise<void>((resolve) => { setImmediate(resolve); });
    while (this.#waiting.length > 0) {
      const group = this.#waiting.splice(0, MAX_GROUP);
      try {
        await this.#admitGroup(group);
      } catch (cause) {
        for (const { reject } of group) reject(cause);
        this.#options.onFault(cause);
      }
    }
    this.#working = undefined;
  }

  async #admitGroup(group: readonly Waiting[]): Promise<void> {
    const recovered = await this.#options.engine.recoverTransactions(group.map(({ raw }) => raw));
    const writes: StateWrite[] = [];
    const accepted: { waiting: Waiting; transaction: SentTransaction }[] = [];
    for (const [position, waiting] of group.entries()) {
      const result = recovered[position]!;
      if (!result.ok) {
        waiting.resolve(refused(result.code, result.message));
        continue;
      }
      const added = this.#admit(result.transaction);
      if (!('entry' in added)) {
        waiting.resolve(added);
        continue;
      }
      for (const gone of added.evicted) writes.push(remove(hashedKey('pool', gone.transaction.hash)));
      writes.push(put(hashedKey('pool', result.transaction.hash), encodeJournal(result.transaction)));
      accepted.push({ waiting, transaction: result.transaction });
    }
    await this.#options.kv.write(writes);
    for (const { waiting, transaction } of accepted) waiting.resolve({ ok: true, hash: transaction.hash });
    if (accepted.length > 0) this.#options.onPending(accepted.map(({ transaction }) => transaction));
  }

  #admit(transaction: SentTransaction): { entry: PoolEntry; evicted: readonly PoolEntry[] } | Extract<Submission, { ok: false }> {
    const { engine, blockGasLimit, fees } = this.#options;
    if (this.#pool.has(transaction.hash)) return refused('already-known', 'the transaction is in the pool already');
    if (transaction.gasLimit > blockGasLimit) return refused('gas-limit-above-block', `expected a gas limit of at most ${blockGasLimit}, got ${transaction.gasLimit}`);
    const admission = engine.admission(transaction, fees());
    if (!admission.ok) return refused(admission.reason, admission.message);
    const { accountNonce: nonce, balance, maxCostWei } = admission;
    const added = this.#pool.add(transaction, { nonce, balance, maxCostWei });
    return added.ok ? added : refused(added.code, added.message);
  }

  /** Candidates for a block on the head. */
  select(baseFeeWei: bigint, limits: { payloadBytes: number; zkGas: bigint }): Selection {
    const pool = this.#options.isHeld === true ? new Pool(this.#options.limits) : this.#pool;
    return new Selection(pool, baseFeeWei, limits);
  }

  /** Journal writes of a block that is about to be persisted: what it contains, and what it showed to be impossible. */
  journalOf(included: readonly { hash: Uint8Array }[], selection: Selection | undefined): StateWrite[] {
    const writes: StateWrite[] = [];
    for (const { hash } of included) if (this.#pool.has(hash)) writes.push(remove(hashedKey('pool', hash)));
    for (const { hash } of selection?.refused ?? []) writes.push(remove(hashedKey('pool', hash)));
    return writes;
  }

  /** After the block is durable: account nonces move, what it made impossible leaves. */
  async blockAdopted(senders: readonly Uint8Array[], selection: Selection | undefined, tips: { baseFeeWei: bigint; isFull: boolean; included: readonly SentTransaction[] }): Promise<void> {
    for (const { hash } of selection?.refused ?? []) this.#pool.drop(hash);
    const stale = this.#moveAccounts([...senders, ...(selection?.refused ?? []).map(({ sender }) => sender)]);
    this.#lastTipWei = tips.isFull ? lowestTip(tips.included, tips.baseFeeWei) : 0n;
    // What a block includes was removed with it; left are transactions that lost their nonce to another.
    await this.#options.kv.write(stale.map(({ transaction }) => remove(hashedKey('pool', transaction.hash))));
  }

  #moveAccounts(senders: Iterable<Uint8Array>): readonly PoolEntry[] {
    const { engine } = this.#options;
    const at = engine.stateAt(engine.head.header.number);
    if (!at.ok) throw new Error(`the head's state cannot be read: ${at.message}`);
    const stale: PoolEntry[] = [];
    const seen = new Set<string>();
    for (const sender of senders) {
      const key = toKey(sender);
      if (seen.has(key) || !this.#pool.hasSender(sender)) continue;
      seen.add(key);
      stale.push(...this.#pool.moveAccount(sender, at.state.account(sender)?.nonce ?? 0n));
    }
    return stale;
  }

  /** Journal writes that keep the ordinary transactions of unwound blocks. */
  journalOfUnwound(transactions: readonly SentTransaction[]): StateWrite[] {
    return transactions.map((transaction) => put(hashedKey('pool', transaction.hash), encodeJournal(transaction)));
  }

  /** After blocks were unwound: every account is looked up again, and the given transactions are admitted in order. */
  async blocksUnwound(transactions: readonly SentTransaction[]): Promise<void> {
    const stale = this.#moveAccounts([...this.#pool.senders()]);
    const writes = stale.map(({ transaction }) => remove(hashedKey('pool', transaction.hash)));
    for (const transaction of transactions) {
      const added = this.#admit(transaction);
      if ('entry' in added) for (const gone of added.evicted) writes.push(remove(hashedKey('pool', gone.transaction.hash)));
      else if (added.code !== 'already-known') writes.push(remove(hashedKey('pool', transaction.hash)));
    }
    await this.#options.kv.write(writes);
  }

  /** Refuses new submissions and waits for those under way. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#working;
  }

  transaction(hash: Uint8Array): SentTransaction | undefined {
    return this.#pool.get(hash)?.transaction;
  }
  nextNonce(sender: Uint8Array): bigint | undefined {
    return this.#pool.nextNonce(sender);
  }
  counts(): { pending: number; queued: number } {
    return { pending: this.pendingCount, queued: this.#pool.queuedCount };
  }
  ofSender(sender: Uint8Array): { pending: readonly SentTransaction[]; queued: readonly SentTransaction[] } {
    const { pending, queued } = this.#pool.ofSender(sender);
    return { pending: pending.map(({ transaction }) => transaction), queued: queued.map(({ transaction }) => transaction) };
  }
  senders(): Iterable<Uint8Array> {
    return this.#pool.senders();
  }
  suggestedTipWei(): bigint {
    return this.#lastTipWei;
  }
}

/**
 * Accounts whose nonce these transactions may have moved: the senders, and whoever signed an EIP-7702 authorization. What such an
 * account has pooled behind a gap may be executable now, though it sent nothing.
 */
export function accountsMovedBy(transactions: readonly BlockTransaction[]): Uint8Array[] {
  return transactions.flatMap((transaction) => {
    if (transaction.type !== 4) return [transaction.sender];
    return [transaction.sender, ...transaction.authorizationList.flatMap((authorization) => recoverAuthority(authorization) ?? [])];
  });
}

function lowestTip(included: readonly SentTransaction[], baseFeeWei: bigint): bigint {
  let lowest: bigint | undefined;
  for (const transaction of included) {
    const tip = effectiveTipWei(transaction, baseFeeWei);
    if (lowest === undefined || tip < lowest) lowest = tip;
  }
  return lowest ?? 0n;
}

function refused(code: SubmissionRefusal, message: string): Extract<Submission, { ok: false }> {
  return { ok: false, code, message };
}

function encodeJournal(transaction: SentTransaction): Uint8Array {
  return new RecordWriter().fixed(transaction.sender).bytes(transaction.raw).finish();
}
/** The sender was recovered before it was written; this disk is trusted like every other record on it. */
function decodeJournal(engine: ExecutionEngine, value: Uint8Array): SentTransaction | undefined {
  const reader = new RecordReader(value, 'pool journal');
  const sender = reader.fixed(20);
  const decoded = engine.decodeTransaction(reader.bytes());
  return decoded.ok ? { ...decoded.transaction, sender } : undefined;
}
