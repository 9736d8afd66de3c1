// A ChainView in memory: the store's side of the RPC tests, filled by hand or by the real engine (engineChain.ts).
//
// Owns: keeping records consistent and sending notices in the order the interface promises. Does not own: execution.
// Invariant: it answers only from what was put in; unwinding removes exactly the blocks above the new tip.

import type { BlockReplay, BlockTransaction, SentTransaction } from '../../../node/execute/api.ts';
import type { ChainView, Notice, PoolView, Submission, SyncStatus, TransactionLocation, UnwoundBlock } from '../../../node/chainView.ts';
import type { BatchRecord, BlockRecord, CommitRecord, HeadRecord, MessageRecord, StoredReceipt } from '../../../node/store/records.ts';

export interface StoredBlock {
  record: BlockRecord;
  transactions: readonly BlockTransaction[];
  receipts: readonly StoredReceipt[];
  replay: BlockReplay | undefined;
}

const key = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** A pool that holds what tests put in, executable only. */
export class MemoryPool implements PoolView {
  readonly entries = new Map<string, SentTransaction>();
  tipWei = 0n;

  transaction(hash: Uint8Array): SentTransaction | undefined { return this.entries.get(key(hash)); }

  nextNonce(sender: Uint8Array): bigint | undefined {
    const last = this.ofSender(sender).pending.at(-1);
    return last === undefined ? undefined : last.nonce + 1n;
  }

  counts(): { pending: number; queued: number } { return { pending: this.entries.size, queued: 0 }; }

  ofSender(sender: Uint8Array): { pending: readonly SentTransaction[]; queued: readonly SentTransaction[] } {
    const pending = [...this.entries.values()].filter((entry) => key(entry.sender) === key(sender));
    return { pending: pending.sort((a, b) => Number(a.nonce - b.nonce)), queued: [] };
  }

  senders(): Iterable<Uint8Array> {
    return new Map([...this.entries.values()].map((entry) => [key(entry.sender), entry.sender])).values();
  }

  suggestedTipWei(): bigint { return this.tipWei; }
}

export class MemoryChain implements ChainView {
  readonly chainId: bigint;
  readonly pool = new MemoryPool();
  readonly blocks: StoredBlock[];
  readonly messages: MessageRecord[] = [];
  readonly batches = new Map<bigint, BatchRecord>();
  readonly commits = new Map<bigint, CommitRecord>();
  readonly payloads = new Map<bigint, Uint8Array>();
  submission: (raw: Uint8Array) => Promise<Submission> = () => Promise.resolve({ ok: false, code: 'read-only', message: 'this chain takes no transactions' });
  syncStatus: SyncStatus = { mode: 'sequencer', l1Target: 10n, l1Current: 10n, haltedBecause: undefined };
  #heads: HeadRecord;
  readonly #numbers = new Map<string, bigint>();
  readonly #locations = new Map<string, TransactionLocation>();
  readonly #listeners = new Set<(notice: Notice) => void>();

  constructor(chainId: bigint, genesis: BlockRecord) {
    this.chainId = chainId;
    this.blocks = [];
    const zero = { number: 0n, hash: genesis.hash };
    const l1 = { number: 10n, hash: new Uint8Array(32).fill(1) };
    this.#heads = {
      version: 1, unsafe: zero, safe: { ...zero, batchIndex: 0n }, finalized: { ...zero, batchIndex: 0n }, closedBatch: 0n,
      l1: { ...l1, timestamp: 1_000n, baseFeeWei: 1_000_000_000n }, l1Finalized: l1,
      progress: { inboxCount: 0n, accumulator: new Uint8Array(32), committedBatch: 0n, finalBatch: 0n, phase: 'operating', skipped: [] },
    };
    this.#put({ record: genesis, transactions: [], receipts: [], replay: undefined });
  }

  #put(block: StoredBlock): void {
    this.blocks.push(block);
    this.#numbers.set(key(block.record.hash), block.record.number);
    block.transactions.forEach((transaction, position) => this.#locations.set(key(transaction.hash), { blockNumber: block.record.number, position }));
    this.#heads = { ...this.#heads, unsafe: { number: block.record.number, hash: block.record.hash } };
  }

  /** Appends a block and announces it. */
  append(block: StoredBlock): void {
    this.#put(block);
    for (const transaction of block.transactions) this.pool.entries.delete(key(transaction.hash));
    this.#notify({ kind: 'block', block: block.record });
  }

  /** Removes the blocks above `number` and announces them, newest first. */
  unwindTo(number: bigint): void {
    const gone = this.blocks.splice(Number(number) + 1).reverse();
    const unwound: UnwoundBlock[] = gone.map(({ record, receipts, transactions }) => ({ block: record, receipts, transactionHashes: transactions.map(({ hash }) => hash) }));
    for (const { record, transactions } of gone) {
      this.#numbers.delete(key(record.hash));
      for (const { hash } of transactions) this.#locations.delete(key(hash));
    }
    const tip = this.blocks.at(-1)!.record;
    this.#heads = { ...this.#heads, unsafe: { number: tip.number, hash: tip.hash } };
    this.#notify({ kind: 'unwound', blocks: unwound, head: this.#heads.unsafe });
  }

  addPending(transactions: readonly SentTransaction[]): void {
    for (const transaction of transactions) this.pool.entries.set(key(transaction.hash), transaction);
    this.#notify({ kind: 'pending', transactions });
  }

  setHeads(change: Partial<HeadRecord>): void {
    this.#heads = { ...this.#heads, ...change };
    this.#notify({ kind: 'heads', heads: this.#heads });
  }

  #notify(notice: Notice): void { for (const listener of this.#listeners) listener(notice); }

  get listeners(): number { return this.#listeners.size; }
  heads(): HeadRecord { return this.#heads; }
  status(): SyncStatus { return this.syncStatus; }
  #at(number: bigint): StoredBlock | undefined { return number < BigInt(this.blocks.length) ? this.blocks[Number(number)] : undefined; }
  block(number: bigint): BlockRecord | undefined { return this.#at(number)?.record; }
  blockNumber(hash: Uint8Array): bigint | undefined { return this.#numbers.get(key(hash)); }
  transactions(blockNumber: bigint): readonly BlockTransaction[] | undefined { return this.#at(blockNumber)?.transactions; }
  transaction({ blockNumber, position }: TransactionLocation): BlockTransaction | undefined { return this.#at(blockNumber)?.transactions[position]; }
  transactionHashes(blockNumber: bigint): readonly Uint8Array[] | undefined { return this.#at(blockNumber)?.transactions.map(({ hash }) => hash); }
  locate(transactionHash: Uint8Array): TransactionLocation | undefined { return this.#locations.get(key(transactionHash)); }
  receipts(blockNumber: bigint): readonly StoredReceipt[] | undefined { return this.#at(blockNumber)?.receipts; }

  *blooms(from: bigint, to: bigint): Iterable<{ blockNumber: bigint; bloom: Uint8Array }> {
    for (let number = from; number <= to; number++) {
      const bloom = this.#at(number)?.record.header.logsBloom;
      if (bloom?.some((byte) => byte !== 0) === true) yield { blockNumber: number, bloom };
    }
  }

  replay(blockNumber: bigint): BlockReplay | undefined { return this.#at(blockNumber)?.replay; }
  message(index: bigint): MessageRecord | undefined { return this.messages[Number(index)]; }
  batch(index: bigint): BatchRecord | undefined { return this.batches.get(index); }
  commit(batchIndex: bigint): CommitRecord | undefined { return this.commits.get(batchIndex); }
  payload(batchIndex: bigint): Uint8Array | undefined { return this.payloads.get(batchIndex); }
  submit(raw: Uint8Array): Promise<Submission> { return this.submission(raw); }

  subscribe(listener: (notice: Notice) => void): () => void {
    this.#listeners.add(listener);
    return () => { this.#listeners.delete(listener); };
  }
}
