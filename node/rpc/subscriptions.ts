// Subscriptions of one WebSocket connection: newHeads, logs, newPendingTransactions.
//
// Owns: their lifetime and their notifications' text. Does not own: the socket (transport/webSocket.ts gives `send`).
// Invariant: no notification leaves before the answer that told the client the subscription's id; after a reorg the
// removed logs come first, then the new chain's heads and logs, each block once.

import { headerJson } from './codec/blockJson.ts';
import { data } from './codec/hex.ts';
import type { LogCriteria } from './codec/logFilter.ts';
import { transactionJson } from './codec/transactionJson.ts';
import { limitExceeded } from './errors.ts';
import type { ChainFeed, FeedListener } from './feed.ts';
import { newId } from './filters.ts';
import type { JsonValue } from './json.ts';
import type { RpcLimits } from './limits.ts';

export type SubscriptionKind =
  | { kind: 'newHeads' } | { kind: 'logs'; criteria: LogCriteria } | { kind: 'newPendingTransactions'; full: boolean };

/** Text of what was announced, made once however many subscriptions send it. */
const texts = new WeakMap<object, string>();
function sharedText(announced: object, show: () => JsonValue): string {
  let text = texts.get(announced);
  if (text === undefined) texts.set(announced, text = JSON.stringify(show()));
  return text;
}

export class SubscriptionHost {
  readonly #listeners = new Map<string, FeedListener>();
  readonly #feed: ChainFeed;
  readonly #limits: RpcLimits;
  readonly #send: (text: string) => void;
  /** Notifications held back until the subscription's id was sent. */
  readonly #held = new Map<string, string[]>();

  constructor(feed: ChainFeed, limits: RpcLimits, send: (text: string) => void) {
    this.#feed = feed;
    this.#limits = limits;
    this.#send = send;
  }

  get size(): number { return this.#listeners.size; }

  /** Opens a subscription; its notifications are held until `release`. Throws RpcError at the limit. */
  open(kind: SubscriptionKind): string {
    if (this.#listeners.size >= this.#limits.subscriptionsPerConnection) {
      throw limitExceeded(`expected at most ${this.#limits.subscriptionsPerConnection} subscriptions on a connection`);
    }
    if (this.#feed.size >= this.#limits.listeners) throw limitExceeded(`expected at most ${this.#limits.listeners} filters and subscriptions on this server`);
    const id = newId();
    const listener = this.#listener(id, kind);
    this.#listeners.set(id, listener);
    this.#held.set(id, []);
    this.#feed.add(listener);
    return id;
  }

  /** To be called after every answer was handed to the socket. */
  release(): void {
    for (const [id, texts] of this.#held) {
      this.#held.delete(id);
      for (const text of texts) this.#send(text);
    }
  }

  close(id: string): boolean {
    const listener = this.#listeners.get(id);
    if (listener === undefined) return false;
    this.#listeners.delete(id);
    this.#held.delete(id);
    this.#feed.remove(listener);
    return true;
  }

  closeAll(): void {
    for (const id of this.#listeners.keys()) this.close(id);
  }

  #notify(id: string, resultText: string): void {
    const text = `{"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":"${id}","result":${resultText}}}`;
    const held = this.#held.get(id);
    if (held === undefined) this.#send(text);
    else held.push(text);
  }

  #listener(id: string, kind: SubscriptionKind): FeedListener {
    switch (kind.kind) {
      case 'newHeads': return { block: (block) => this.#notify(id, sharedText(block, () => headerJson(block.header, block.hash))) };
      case 'logs': return { logs: (logs) => { for (const log of logs.matching(kind.criteria)) this.#notify(id, sharedText(log, () => log)); } };
      case 'newPendingTransactions':
        return {
          pending: (transactions) => {
            for (const transaction of transactions) this.#notify(id, kind.full ? sharedText(transaction, () => transactionJson(transaction, undefined)) : `"${data(transaction.hash)}"`);
          },
        };
    }
  }
}
