// The watchtower's memory: one lmdb environment, one transaction per step, so that cursor, verdicts, incidents, log and outbox are always of
// one moment. Owns tables and durability. Does not own what is written (engine.ts).
// Invariant: `commit` resolves after the fsync; a killed process finds either all of a step or nothing of it.

import { mkdirSync } from 'node:fs';
import { open, type Database, type RootDatabase } from 'lmdb';
import type { Hex } from 'viem';
import type { Severity, Status } from './verdict.ts';

export interface StoredBlock {
  readonly number: number;
  readonly hash: Hex;
  readonly parentHash: Hex;
  readonly timestamp: number;
}

export interface StoredVerdict {
  readonly monitor: string;
  readonly subject: string;
  readonly status: Status;
  readonly sentence: string;
  readonly expected: string;
  readonly got: string;
  readonly blockNumber: number;
  readonly blockHash: Hex;
  /** L1 time of the block at which this status began, seconds. */
  readonly since: number;
  /** L1 time of the last `ok`; undefined if there was none. */
  readonly lastOk: number | undefined;
  readonly hash: Hex;
  /** The number that it rests on, in seconds. */
  readonly measure?: number;
}

export type IncidentState = 'provisional' | 'firing' | 'resolved' | 'retracted';

export interface Incident {
  readonly id: Hex;
  readonly monitor: string;
  readonly subject: string;
  readonly severity: Severity;
  readonly sentence: string;
  readonly expected: string;
  readonly got: string;
  readonly state: IncidentState;
  readonly blockNumber: number;
  readonly blockHash: Hex;
  readonly transaction: Hex | undefined;
  /** Wall time at which it was found, milliseconds. */
  readonly foundAt: number;
  /** What tells this finding from another about the same subject. */
  readonly finding?: string;
  readonly acknowledged?: Acknowledgement;
}

/** That a person has seen an alarm: who, and when by the watchtower's clock. */
export interface Acknowledgement {
  readonly by: string;
  readonly at: string;
  readonly note: string;
}

export interface OutboxRow {
  readonly seq: number;
  readonly channel: string;
  readonly incident: Hex;
  readonly state: IncidentState | 'canary' | 'acknowledged';
  readonly severity: Severity;
  readonly title: string;
  readonly text: string;
  /** It was acknowledged, and that does not hold any more: whoever keeps alarms by incident must open it again. */
  readonly isReopened?: true;
  readonly createdAt: number;
  readonly attempts: number;
  readonly nextAt: number;
  /** How long before `nextAt` the row was written: a clock that was set back must not hold an alarm up. */
  readonly pauseMilliseconds: number;
  readonly lastError: string | undefined;
}

export interface LogRow {
  readonly seq: number;
  readonly prev: Hex;
  readonly hash: Hex;
  readonly entry: Readonly<Record<string, unknown>>;
}

export interface CursorState {
  /** Highest block processed. */
  readonly tip: number;
  /** Highest block known to be final. */
  readonly finalized: number;
  /** First block ever processed. */
  readonly first: number;
  /** Blocks that could not be read and were passed, on the operator's word. */
  readonly gaps: readonly { readonly from: number; readonly to: number }[];
}

type Key = readonly (string | number)[];

export class Store {
  readonly #database: RootDatabase<unknown, (string | number)[]>;
  readonly #bytes: Database<Buffer, string>;

  constructor(directory: string) {
    mkdirSync(directory, { recursive: true });
    this.#database = open<unknown, (string | number)[]>({ path: directory, encoding: 'json', noSubdir: false });
    this.#bytes = this.#database.openDB<Buffer, string>({ name: 'bytes', encoding: 'binary' });
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
   * Runs `change` as one transaction and waits until it is on disk. Its writes are gathered first and seen by no read before it ends, because lmdb
   * keeps what a transaction wrote before it threw: with this, a `change` that throws leaves nothing.
   */
  async commit(change: (write: Writer) => void): Promise<void> {
    await this.#database.transaction(() => {
      const writes: (() => unknown)[] = [];
      change({
        put: (key, value) => void writes.push(() => this.#database.put([...key], value)),
        remove: (key) => void writes.push(() => this.#database.remove([...key])),
        putBytes: (name, value) => void writes.push(() => this.#bytes.put(name, Buffer.from(value))),
      });
      for (const write of writes) write();
    });
    await this.#database.flushed;
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
