// The watchtower's memory: one lmdb environment, one transaction per step, so that cursor, verdicts, incidents, log and outbox are always of
// one moment. Owns tables and durability. Does not own what is written (engine.ts).
// Invariant: `commit` resolves after the fsync; a killed process finds either all of a step or nothing of it; a write that fails (no space, no right) is
// refused with what it would have told, and the next one may succeed.

import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { open, type Database, type RootDatabase } from 'lmdb';
import { StoreFault } from './fault.ts';
import type { OutboxRow } from './rows.ts';

type Key = readonly (string | number)[];

interface StoreOptions {
  /** For looking only: also beside the daemon, and where nothing can be written. */
  readonly isReadOnly?: boolean;
  /** Called before each transaction: a test throws here what a disk would say. */
  readonly beforeWrite?: () => void;
}

interface Queued {
  readonly change: (write: Writer) => void;
  readonly resolve: () => void;
  readonly reject: (cause: unknown) => void;
}

export class Store {
  readonly #directory: string;
  readonly #database: RootDatabase<unknown, (string | number)[]>;
  readonly #bytes: Database<Buffer, string>;
  readonly #beforeWrite: () => void;
  #queue: Queued[] = [];
  #fault: StoreFault | undefined;
  /** Told of each write that failed, and of the first that succeeds after one that failed. */
  onWrite: (fault: StoreFault | undefined) => void = () => undefined;

  /** @throws StoreFault when it cannot be opened */
  constructor(directory: string, { isReadOnly = false, beforeWrite = () => undefined }: StoreOptions = {}) {
    [this.#directory, this.#beforeWrite] = [directory, beforeWrite];
    try {
      // Recursive only where something is missing above it: elsewhere Node hides what the system says, or tries for ever.
      if (!isReadOnly && !existsSync(directory)) mkdirSync(directory, { recursive: !existsSync(dirname(directory)) });
      this.#database = open<unknown, (string | number)[]>({ path: directory, encoding: 'json', noSubdir: false, readOnly: isReadOnly });
      this.#bytes = this.#database.openDB<Buffer, string>({ name: 'bytes', encoding: 'binary' });
    } catch (cause) {
      throw storeFault(`the store in ${directory} cannot be opened`, cause);
    }
  }

  /** Why the last write was not kept; undefined when it was. */
  get fault(): StoreFault | undefined {
    return this.#fault;
  }

  get<T>(key: Key): T | undefined {
    return this.#database.get([...key]) as T | undefined;
  }

  /** Values under a prefix, in key order. */
  list<T>(prefix: Key, options: { readonly reverse?: boolean; readonly limit?: number } = {}): readonly T[] {
    const limit = options.limit === undefined ? {} : { limit: options.limit };
    // '￿' sorts after every string and number that follows the prefix.
    const [low, high] = [[...prefix], [...prefix, '￿']];
    const range = options.reverse === true ? { start: high, end: low, reverse: true, ...limit } : { start: low, end: high, ...limit };
    return [...this.#database.getRange(range)].map(({ value }) => value as T);
  }

  /** Keys and values under a prefix from `[...prefix, from]` on, in key order. */
  entries<T>(prefix: Key, from: number, limit: number): readonly { readonly key: Key; readonly value: T }[] {
    return [...this.#database.getRange({ start: [...prefix, from], end: [...prefix, '￿'], limit })].map(({ key, value }) => ({ key, value: value as T }));
  }

  /** Bytes under a name of their own table. */
  bytes(name: string): Uint8Array | undefined {
    return this.#bytes.get(name);
  }

  /** How many keys are under a prefix. */
  count(prefix: Key): number {
    return this.#database.getKeysCount({ start: [...prefix], end: [...prefix, '￿'] });
  }

  /**
   * Runs `change` within a transaction and waits until it is on disk; those that are asked for meanwhile share it. Its writes are gathered first and seen
   * by no read before it ends: a `change` that throws leaves nothing, and keeps the others from nothing.
   * @throws StoreFault when nothing of it was kept
   */
  async commit(change: (write: Writer) => void): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#queue.push({ change, resolve, reject });
      if (this.#queue.length === 1) setImmediate(() => { this.#write(); });
    });
  }

  /** Everything that waits, in one transaction. It ends before this returns: what lmdb says of a disk that is full is then caught here and nowhere else. */
  #write(): void {
    const waiting = this.#queue;
    this.#queue = [];
    const [kept, thrown, outbox]: [Queued[], (() => void)[], OutboxRow[]] = [[], [], []];
    try {
      this.#beforeWrite();
      this.#database.transactionSync(() => {
        for (const queued of waiting) {
          let writes: readonly (() => unknown)[];
          try {
            writes = this.#gathered(queued.change, outbox);
          } catch (cause) {
            thrown.push(() => { queued.reject(cause); });
            continue;
          }
          for (const write of writes) write();
          kept.push(queued);
        }
      });
    } catch (cause) {
      const fault = storeFault(`the store in ${this.#directory} cannot be written`, cause, outbox.length > 0 ? outbox : this.#wouldTell(waiting));
      this.#fault = fault;
      for (const { reject } of waiting) reject(fault);
      return this.onWrite(fault);
    }
    for (const reject of thrown) reject();
    for (const { resolve } of kept) resolve();
    if (this.#fault === undefined) return;
    this.#fault = undefined;
    this.onWrite(undefined);
  }

  #gathered(change: (write: Writer) => void, outbox: OutboxRow[]): readonly (() => unknown)[] {
    const writes: (() => unknown)[] = [];
    change({
      put: (key, value) => {
        writes.push(() => this.#database.putSync([...key], value));
        if (key[0] === 'outbox') outbox.push(value as OutboxRow);
      },
      remove: (key) => void writes.push(() => this.#database.removeSync([...key])),
      putBytes: (name, value) => void writes.push(() => this.#bytes.putSync(name, Buffer.from(value))),
    });
    return writes;
  }

  /** What would have been told by writes that could not even begin. */
  #wouldTell(waiting: readonly Queued[]): readonly OutboxRow[] {
    const outbox: OutboxRow[] = [];
    for (const { change } of waiting) {
      try {
        this.#gathered(change, outbox);
      } catch {
        // It is refused as a whole: its own fault comes when it is tried again.
        continue;
      }
    }
    return outbox;
  }

  async close(): Promise<void> {
    await this.#database.close();
  }
}

export interface Writer {
  readonly put: (key: Key, value: unknown) => void;
  readonly remove: (key: Key) => void;
  readonly putBytes: (name: string, value: Uint8Array) => void;
}

/** What the system says, in words; `unkept` is what it keeps from being told. */
function storeFault(what: string, cause: unknown, unkept: readonly OutboxRow[] = []): StoreFault {
  const text = cause instanceof Error ? cause.message : String(cause);
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  const isFull = code === 'ENOSPC' || code === 'EDQUOT' || /no space left|quota exceeded|MDB_MAP_FULL/i.test(text);
  const isReadOnly = code === 'EROFS' || code === 'EACCES' || code === 'EPERM' || /read-only file system|permission denied/i.test(text);
  const why = isFull ? 'there is no space left: free some' : isReadOnly ? 'this process may not write there' : 'the system refuses it';
  return new StoreFault(isFull ? 'disk-full' : isReadOnly ? 'read-only' : 'io', `${what}: ${why} (${text.split('\n')[0] ?? ''})`, unkept, { cause });
}
