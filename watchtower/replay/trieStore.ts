// Where the trie nodes and codes of the re-executed chain live: content-addressed, so that going back is naming an older root and a kill leaves
// at most nodes that nobody names. Owns buffering a batch's new nodes until they are written together with its result. Nothing is ever removed.
// Invariant: what `take` returned was written before a root that needs it was.

import type { BatchDBOp, DB } from '@ethereumjs/util';

type Value = string | Uint8Array;

export class TrieStore implements DB<string, Value> {
  readonly #read: (key: string) => Uint8Array | undefined;
  readonly #fresh = new Map<string, Uint8Array>();

  /** @param read what earlier batches wrote */
  constructor(read: (key: string) => Uint8Array | undefined) {
    this.#read = read;
  }

  /** The nodes since the last time, which the caller now writes. */
  take(): ReadonlyMap<string, Uint8Array> {
    const taken = new Map(this.#fresh);
    this.#fresh.clear();
    return taken;
  }

  get(key: string): Promise<Value | undefined> {
    return Promise.resolve(this.#fresh.get(key) ?? this.#read(key));
  }

  put(key: string, value: Value): Promise<void> {
    if (!(value instanceof Uint8Array)) throw new TypeError(`trie node ${key}: expected bytes, got a string`);
    this.#fresh.set(key, value);
    return Promise.resolve();
  }

  del(): Promise<void> {
    return Promise.resolve();
  }

  async batch(operations: BatchDBOp<string, Value>[]): Promise<void> {
    for (const operation of operations) if (operation.type === 'put') await this.put(operation.key, operation.value);
  }

  shallowCopy(): TrieStore {
    return this;
  }

  open(): Promise<void> {
    return Promise.resolve();
  }
}
