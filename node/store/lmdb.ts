// The key-value store over lmdb: one environment, binary keys and values, one transaction per write.
//
// Owns: opening, exclusive use of the directory, durability, faults. Does not own: the keys' meaning (tables.ts).
// Invariant: `write` resolves after the commit's fsync. After a failed write the store refuses everything: memory may be
// ahead of disk, so only a restart is safe; what is on disk is the state before the failed write.
// Memory: lmdb maps the file in chunks of 64 KiB, at most 8,192 of them that no reader needs (512 MiB), and copies values out. Without
// `remapChunks` it maps the whole file, keeps every smaller map it had before, and resident memory follows the file's size for ever.

import { mkdirSync, realpathSync, statfsSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { open, type RootDatabase } from 'lmdb';
import { StoreFault, type KeyValue, type RangeOptions, type StateEntry, type StateWrite } from './keyValue.ts';

/** Beneath this much free space a failed write is told as a full disk. lmdb reports EIO for both. */
const DISK_FULL_BYTES = 1_048_576;
const MAX_KEY_BYTES = 256;

/**
 * Opens the store in `directory`, creating it. One process at a time: throws StoreFault `locked` when another has it.
 * `onFault` is told of a failed write at once. A process should then end without native clean-up: after a failed commit
 * lmdb's own was seen to corrupt the heap and abort.
 */
export async function openLmdb(directory: string, onFault: (fault: StoreFault) => void = () => undefined): Promise<KeyValue> {
  mkdirSync(directory, { recursive: true });
  const lock = await lockDirectory(realpathSync(directory));
  try {
    const database = open<Uint8Array, Uint8Array>({ path: directory, keyEncoding: 'binary', encoding: 'binary', cache: false, noSubdir: false, remapChunks: true });
    return new LmdbKeyValue(directory, database, lock, onFault);
  } catch (cause) {
    lock.close();
    throw new StoreFault('io', `cannot open the store in ${directory}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

class LmdbKeyValue implements KeyValue {
  readonly #directory: string;
  readonly #database: RootDatabase<Uint8Array, Uint8Array>;
  readonly #lock: Server;
  readonly #onFault: (fault: StoreFault) => void;
  #fault: StoreFault | undefined;

  constructor(directory: string, database: RootDatabase<Uint8Array, Uint8Array>, lock: Server, onFault: (fault: StoreFault) => void) {
    this.#onFault = onFault;
    this.#directory = directory;
    this.#database = database;
    this.#lock = lock;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    if (this.#fault !== undefined) throw this.#fault;
    return this.#database.get(key);
  }

  first(from: Uint8Array, before: Uint8Array): StateEntry | undefined {
    for (const entry of this.range(from, before, { limit: 1 })) return entry;
    return undefined;
  }

  *range(from: Uint8Array, before: Uint8Array, options: RangeOptions = {}): Iterable<StateEntry> {
    if (this.#fault !== undefined) throw this.#fault;
    const limit = options.limit === undefined ? {} : { limit: options.limit };
    const entries = options.reverse === true
      ? this.#database.getRange({ start: before, end: from, reverse: true, exclusiveStart: true, inclusiveEnd: true, ...limit })
      : this.#database.getRange({ start: from, end: before, ...limit });
    for (const { key, value } of entries) yield { key, value };
  }

  async write(operations: readonly StateWrite[]): Promise<void> {
    if (this.#fault !== undefined) throw this.#fault;
    if (operations.length === 0) return;
    try {
      await this.#database.batch(() => {
        for (const { key, value } of operations) {
          if (key.length > MAX_KEY_BYTES) throw new RangeError(`expected a key of at most ${MAX_KEY_BYTES} bytes, got ${key.length}`);
          // The values of one batch settle together, with the batch's own promise.
          if (value === undefined) void this.#database.remove(key);
          else void this.#database.put(key, value);
        }
      });
      await this.#database.flushed;
    } catch (cause) {
      if (cause instanceof RangeError) throw cause;
      const fault = await this.#faultOf(cause);
      if (this.#fault === undefined) {
        this.#fault = fault;
        this.#onFault(fault);
      }
      throw this.#fault;
    }
  }

  async close(): Promise<void> {
    const alreadyFailed = this.#fault !== undefined;
    this.#fault ??= new StoreFault('closed', `the store in ${this.#directory} is closed`);
    // After a failed commit lmdb's own close waits for a commit that never comes; the process ends instead.
    if (!alreadyFailed) await this.#database.close();
    await new Promise<void>((resolve) => { this.#lock.close(() => { resolve(); }); });
  }

  async #faultOf(cause: unknown): Promise<StoreFault> {
    const reason = await commitError(cause);
    const { bavail, bsize } = statfsSync(this.#directory);
    const freeBytes = bavail * bsize;
    if (freeBytes < DISK_FULL_BYTES) {
      return new StoreFault('disk-full', `the disk of ${this.#directory} is full (${freeBytes} bytes free): nothing of the last write was kept; free space and start again`, { cause: reason });
    }
    return new StoreFault('io', `a write to ${this.#directory} failed: ${reason instanceof Error ? reason.message : String(reason)}`, { cause: reason });
  }
}

/** lmdb rejects with a wrapper whose `commitError` is a promise that rejects with the cause. */
async function commitError(cause: unknown): Promise<unknown> {
  if (!(cause instanceof Error) || !('commitError' in cause)) return cause;
  try {
    await Promise.race([cause.commitError, new Promise((resolve) => { setTimeout(resolve, 100).unref(); })]);
    return cause;
  } catch (inner) {
    return inner;
  }
}

/**
 * A listening socket named after the directory: held by at most one process, released by the kernel however that process
 * ends. On Linux the name is abstract (no file is left behind); elsewhere a socket file under the temporary directory.
 */
async function lockDirectory(directory: string): Promise<Server> {
  const name = `keyfall-store-${createHash('sha256').update(directory).digest('hex').slice(0, 32)}`;
  const server = createServer((socket) => { socket.destroy(); });
  server.unref();
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      reject(cause.code === 'EADDRINUSE'
        ? new StoreFault('locked', `expected to be the only user of ${directory}, another process has it open`, { cause })
        : new StoreFault('io', `cannot lock ${directory}: ${cause.message}`, { cause }));
    });
    server.listen(process.platform === 'linux' ? `\0${name}` : join(tmpdir(), `${name}.sock`), () => { resolve(); });
  });
  return server;
}
