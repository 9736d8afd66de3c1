// Transactions and receipts of a block, decoded once for the reads that follow each other: receipts are asked for one by one by
// everyone who waits for a transaction of the newest blocks.
//
// Owns: a small cache by block hash. Does not own: the store, JSON.
// Invariant: an entry belongs to the block of its hash for ever, so that a reorganization cannot make it wrong; at most `CAPACITY`
// entries, the least recently used leaves first.

import type { ChainView } from '../chainView.ts';
import type { BlockTransaction } from '../execute/api.ts';
import type { BlockRecord, StoredReceipt } from '../store/records.ts';
import { data } from './codec/hex.ts';

/** A block holds at most 10 M gas, hence about a megabyte of decoded contents. */
const CAPACITY = 16;

/** The three lists have one length. */
export interface BlockContents {
  transactions: readonly BlockTransaction[];
  receipts: readonly StoredReceipt[];
  /** Number of logs of the block before each transaction. */
  logsBefore: readonly number[];
}

export class BlockContentsCache {
  readonly #chain: ChainView;
  readonly #entries = new Map<string, BlockContents>();

  constructor(chain: ChainView) { this.#chain = chain; }

  /** Contents of a block just read from the chain. Throws if the store lacks what the block record promises: a fault, not a refusal. */
  of(block: BlockRecord): BlockContents {
    const key = data(block.hash);
    const contents = this.#entries.get(key) ?? this.#read(block, key);
    this.#entries.delete(key);
    this.#entries.set(key, contents);
    if (this.#entries.size > CAPACITY) this.#entries.delete(this.#entries.keys().next().value!);
    return contents;
  }

  #read(block: BlockRecord, hash: string): BlockContents {
    const transactions = this.#chain.transactions(block.number);
    const receipts = this.#chain.receipts(block.number);
    if (transactions === undefined || receipts === undefined || transactions.length !== receipts.length) {
      throw new Error(`block ${block.number} ${hash}: expected transactions and receipts of one length, got ${transactions?.length} and ${receipts?.length}`);
    }
    let count = 0;
    const logsBefore = receipts.map((receipt) => {
      const before = count;
      count += receipt.logs.length;
      return before;
    });
    return { transactions, receipts, logsBefore };
  }
}
