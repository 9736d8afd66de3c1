// A disk for simulations: keeps what was written, and can die at a chosen write.
//
// Owns: KeyValue over the in-memory store, the crash. Invariant: the write that crashes leaves nothing, like an lmdb commit
// that did not happen; afterwards only `survivor` reads it.

import { MemoryStore } from '../../../../node/execute/index.ts';
import { toKey } from '../../../../node/execute/bytes.ts';
import type { KeyValue, RangeOptions, StateEntry, StateWrite } from '../../../../node/store/keyValue.ts';

export class SimulatedCrash extends Error {}

export class SimulatedDisk implements KeyValue {
  readonly #store: MemoryStore;
  #writesLeft: number;
  #isDead = false;
  writes = 0;

  constructor(store = new MemoryStore(), writesLeft = Number.POSITIVE_INFINITY) {
    this.#store = store;
    this.#writesLeft = writesLeft;
  }

  /** The same bytes after the process died, for the next process, which may die too. */
  survivor(writesLeft = Number.POSITIVE_INFINITY): SimulatedDisk {
    this.#isDead = true;
    return new SimulatedDisk(this.#store, writesLeft);
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return this.#store.get(key);
  }
  first(from: Uint8Array, before: Uint8Array): StateEntry | undefined {
    return this.#store.first(from, before);
  }
  range(from: Uint8Array, before: Uint8Array, options: RangeOptions = {}): Iterable<StateEntry> {
    const entries: StateEntry[] = [];
    for (let next = this.first(from, before); next !== undefined; next = this.first(Buffer.concat([next.key, Buffer.of(0)]), before)) entries.push(next);
    if (options.reverse === true) entries.reverse();
    return entries.slice(0, options.limit ?? entries.length);
  }
  async write(operations: readonly StateWrite[]): Promise<void> {
    if (this.#isDead || this.#writesLeft === 0) {
      this.#isDead = true;
      throw new SimulatedCrash(`died at write ${this.writes}`);
    }
    this.#writesLeft -= 1;
    this.writes += 1;
    await this.#store.write(operations);
  }
  async close(): Promise<void> {}

  /** Every entry with a key from `from` up, as text: to compare two disks. */
  dump(from: number): ReadonlyMap<string, string> {
    const entries = new Map<string, string>();
    for (const { key, value } of this.range(Uint8Array.of(from), Uint8Array.of(0xff))) entries.set(toKey(key), toKey(value));
    return entries;
  }
}
