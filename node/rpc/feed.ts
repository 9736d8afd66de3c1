// One subscription to the chain's notices, shared by all filters and subscriptions.
//
// Owns: turning a notice into header, log and hash JSON once, however many listen; fan-out. Does not own: who wants
// what (filters.ts, subscriptions.ts).
// Invariant: nothing is computed while nobody listens; a listener that throws does not keep others from hearing.

import type { Logger } from 'pino';
import type { ChainView, Notice, UnwoundBlock } from '../chainView.ts';
import type { Log, SentTransaction } from '../execute/api.ts';
import type { BlockRecord, StoredReceipt } from '../store/records.ts';
import { bloomMayMatch, logMatches } from './codec/logFilter.ts';
import type { LogCriteria } from './codec/logFilter.ts';
import { logJson, logPlacement } from './codec/receiptJson.ts';
import type { JsonObject } from './json.ts';

/** The logs of one block, added to the chain or removed from it. */
export class BlockLogs {
  readonly block: BlockRecord;
  readonly removed: boolean;
  readonly #read: () => { receipts: readonly StoredReceipt[]; hashes: readonly Uint8Array[] };
  #entries: { log: Log; json: JsonObject }[] | undefined;

  constructor(block: BlockRecord, removed: boolean, read: () => { receipts: readonly StoredReceipt[]; hashes: readonly Uint8Array[] }) {
    this.block = block;
    this.removed = removed;
    this.#read = read;
  }

  /** Logs that match, in block order. Receipts are read at the first block whose bloom lets one hope. */
  matching(criteria: LogCriteria): JsonObject[] {
    if (!bloomMayMatch(this.block.header.logsBloom, criteria)) return [];
    this.#entries ??= this.#decode();
    return this.#entries.filter((entry) => logMatches(entry.log, criteria)).map((entry) => entry.json);
  }

  #decode(): { log: Log; json: JsonObject }[] {
    const { receipts, hashes } = this.#read();
    const entries: { log: Log; json: JsonObject }[] = [];
    receipts.forEach((receipt, position) => {
      const placement = logPlacement(this.block, hashes[position]!, position, this.removed);
      for (const log of receipt.logs) entries.push({ log, json: logJson(log, entries.length, placement) });
    });
    return entries;
  }
}

/** What filters and subscriptions implement. All are called synchronously and must not throw. */
export interface FeedListener {
  block?(block: BlockRecord): void;
  logs?(logs: BlockLogs): void;
  pending?(transactions: readonly SentTransaction[]): void;
}

export class ChainFeed {
  readonly #chain: ChainView;
  readonly #logger: Logger;
  readonly #listeners = new Set<FeedListener>();
  #unsubscribe: (() => void) | undefined;

  constructor(chain: ChainView, logger: Logger) {
    this.#chain = chain;
    this.#logger = logger;
  }

  add(listener: FeedListener): void {
    this.#listeners.add(listener);
    this.#unsubscribe ??= this.#chain.subscribe((notice) => this.#deliver(notice));
  }

  remove(listener: FeedListener): void {
    this.#listeners.delete(listener);
    if (this.#listeners.size > 0) return;
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
  }

  get size(): number { return this.#listeners.size; }

  #deliver(notice: Notice): void {
    switch (notice.kind) {
      case 'block': {
        const logs = this.#addedLogs(notice.block);
        this.#each((listener) => { listener.block?.(notice.block); listener.logs?.(logs); });
        return;
      }
      case 'unwound':
        for (const unwound of notice.blocks) {
          const logs = removedLogs(unwound);
          this.#each((listener) => listener.logs?.(logs));
        }
        return;
      case 'pending':
        this.#each((listener) => listener.pending?.(notice.transactions));
        return;
      case 'heads': return;
    }
  }

  #addedLogs(block: BlockRecord): BlockLogs {
    return new BlockLogs(block, false, () => {
      const receipts = this.#chain.receipts(block.number);
      const hashes = this.#chain.transactionHashes(block.number);
      if (receipts === undefined || hashes === undefined) throw new Error(`block ${block.number} was announced but its receipts are missing`);
      return { receipts, hashes };
    });
  }

  #each(tell: (listener: FeedListener) => void): void {
    for (const listener of this.#listeners) {
      try {
        tell(listener);
      } catch (error) {
        this.#logger.error({ err: error }, 'a chain listener failed');
      }
    }
  }
}

function removedLogs(unwound: UnwoundBlock): BlockLogs {
  return new BlockLogs(unwound.block, true, () => ({ receipts: unwound.receipts, hashes: unwound.transactionHashes }));
}
