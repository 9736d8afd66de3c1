// The store's interface: ordered keys and values, synchronous reads, atomic durable writes.
//
// Owns: the contract every implementation keeps, and the typed fault it throws. Does not own: what the keys mean
// (tables.ts), how lmdb does it (lmdb.ts).
// Invariant: a write is seen entirely or not at all, by readers and by a process that starts after kill -9, and
// `write` resolves only when it is durable: what follows it may be announced.
// Key space: keys whose first byte is below 0x80 belong to the execution engine, the others to node/store/tables.ts.

import type { StateEntry, StateKeyValue, StateWrite } from '../execute/api.ts';

export type { StateEntry, StateWrite } from '../execute/api.ts';

export interface RangeOptions {
  /** At most this many entries. */
  limit?: number;
  /** Greatest key first. */
  reverse?: boolean;
}

export interface KeyValue extends StateKeyValue {
  /** Entries with `from` <= key < `before` in bytewise order; lazily read from one snapshot. */
  range(from: Uint8Array, before: Uint8Array, options?: RangeOptions): Iterable<StateEntry>;
  /** Waits for writes in flight and closes; further use throws StoreFault `closed`. */
  close(): Promise<void>;
}

/**
 * An operating fault of the store. `disk-full` and `io`: nothing of the failed write is visible, and the process must
 * stop, because its memory is now ahead of its disk. `corrupt`: a record exists but does not decode.
 */
export class StoreFault extends Error {
  readonly code: 'disk-full' | 'io' | 'corrupt' | 'closed' | 'locked' | 'wrong-chain';
  constructor(code: StoreFault['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StoreFault';
    this.code = code;
  }
}

/** Writes one entry; a helper so that lists of writes read as sentences. */
export function put(key: Uint8Array, value: Uint8Array): StateWrite {
  return { key, value };
}
/** Deletes one entry. */
export function remove(key: Uint8Array): StateWrite {
  return { key, value: undefined };
}
