// Polled filters: eth_newFilter, eth_newBlockFilter, eth_newPendingTransactionFilter and what reads them.
//
// Owns: the table of filters, their expiry and their bounds. Does not own: scanning stored blocks (logScan.ts).
// Invariant: at most `limits.filters` filters of at most `filterPendingEntries` entries; a filter that would lose an
// entry is removed instead, so that a poll never answers with a gap: the client gets `filter not found` and starts over.

import { randomBytes } from 'node:crypto';
import type { BlockId } from './codec/blockId.ts';
import { data } from './codec/hex.ts';
import type { LogQuery } from './codec/logFilter.ts';
import { limitExceeded, serverError } from './errors.ts';
import type { BlockLogs, ChainFeed, FeedListener } from './feed.ts';
import type { JsonValue } from './json.ts';
import type { RpcLimits } from './limits.ts';

export type FilterKind = { kind: 'block' } | { kind: 'pending' } | { kind: 'logs'; query: LogQuery };

interface Filter { kind: FilterKind; listener: FeedListener; entries: JsonValue[]; polledAtMilliseconds: number }

export class FilterTable {
  readonly #filters = new Map<string, Filter>();
  readonly #feed: ChainFeed;
  readonly #limits: RpcLimits;
  readonly #nowMilliseconds: () => number;

  constructor(feed: ChainFeed, limits: RpcLimits, nowMilliseconds: () => number) {
    this.#feed = feed;
    this.#limits = limits;
    this.#nowMilliseconds = nowMilliseconds;
  }

  get size(): number { return this.#filters.size; }

  /** Installs a filter and returns its unguessable id. Throws RpcError when the table is full of live filters. */
  install(kind: FilterKind): string {
    if (this.#filters.size >= this.#limits.filters) this.expire();
    if (this.#filters.size >= this.#limits.filters) throw limitExceeded(`expected at most ${this.#limits.filters} filters at once; uninstall some`);
    const id = newId();
    const filter: Filter = { kind, listener: {}, entries: [], polledAtMilliseconds: this.#nowMilliseconds() };
    filter.listener = this.#listener(id, filter);
    this.#filters.set(id, filter);
    this.#feed.add(filter.listener);
    return id;
  }

  /** Entries since the last poll. Throws RpcError for an unknown or expired id. */
  changes(id: string): JsonValue[] {
    const filter = this.#touch(id);
    const { entries } = filter;
    filter.entries = [];
    return entries;
  }

  /** The query of a log filter, for eth_getFilterLogs. */
  logQuery(id: string): LogQuery {
    const filter = this.#touch(id);
    if (filter.kind.kind !== 'logs') throw serverError('filter not found: not a log filter');
    return filter.kind.query;
  }

  uninstall(id: string): boolean {
    const filter = this.#filters.get(id);
    if (filter === undefined) return false;
    this.#filters.delete(id);
    this.#feed.remove(filter.listener);
    return true;
  }

  /** Removes what was not polled in time; called at intervals and before refusing a new filter. */
  expire(): void {
    const oldest = this.#nowMilliseconds() - this.#limits.filterExpirySeconds * 1000;
    for (const [id, filter] of this.#filters) if (filter.polledAtMilliseconds < oldest) this.uninstall(id);
  }

  clear(): void {
    for (const id of this.#filters.keys()) this.uninstall(id);
  }

  #touch(id: string): Filter {
    const filter = this.#filters.get(id);
    const now = this.#nowMilliseconds();
    if (filter === undefined || filter.polledAtMilliseconds < now - this.#limits.filterExpirySeconds * 1000) {
      this.uninstall(id);
      throw serverError('filter not found');
    }
    filter.polledAtMilliseconds = now;
    return filter;
  }

  #append(id: string, filter: Filter, entries: readonly JsonValue[]): void {
    if (filter.entries.length + entries.length > this.#limits.filterPendingEntries) this.uninstall(id);
    else filter.entries.push(...entries);
  }

  #listener(id: string, filter: Filter): FeedListener {
    const { kind } = filter;
    switch (kind.kind) {
      case 'block': return { block: (block) => this.#append(id, filter, [data(block.hash)]) };
      case 'pending': return { pending: (transactions) => this.#append(id, filter, transactions.map((transaction) => data(transaction.hash))) };
      case 'logs': return { logs: (logs) => { if (inRange(kind.query, logs)) this.#append(id, filter, logs.matching(kind.query)); } };
    }
  }
}

/** Whether a live filter wants this block: a numeric bound restricts it, a tag does not. */
function inRange(query: LogQuery, logs: BlockLogs): boolean {
  const bound = (id: BlockId): bigint | undefined => (id.kind === 'number' ? id.number : undefined);
  const [from, to] = [bound(query.from), bound(query.to)];
  return (from === undefined || logs.block.number >= from) && (to === undefined || logs.block.number <= to);
}

/** A random 128-bit quantity. */
export function newId(): string {
  return '0x' + BigInt(data(randomBytes(16))).toString(16);
}
