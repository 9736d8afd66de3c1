// The key-value store over lmdb: one environment, binary keys and values, one transaction per write.
//
// Owns: opening, exclusive use of the directory, durability, faults. Does not own: the keys' meaning (tables.ts).
// Invariant: `write` resolves after the commit's fsync. After a failed write the store refuses everything: memory may be
// ahead of disk, so only a restart is safe; what is on disk is the state before the failed write.
// Memory: every page that was touched once stays mapped, so resident memory would follow the file's size for ever. lmdb therefore maps
// the file in chunks (`remapChunks`: values are copied out, and at most 512 MiB of chunks stay), and after some written bytes the
// environment is closed and opened again, which unmaps all of them; what is needed is mapped again from the page cache.

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
/** Keys and values written until the environment is opened anew: about a minute of 250 transfers a second. */
const RENEW_AFTER_BYTES = 33_554_432;

/**
 * Opens the store in `directory`, creating it. One process at a time: throws StoreFault `locked` when another has it.
 * `onFault` is told of a failed write at once. A process should then end without native clean-up: after a failed commit
 * lmdb's own was seen to corrupt the heap and abort.
 */
export async function openLmdb(directory: string, onFault: (fault: StoreFault) => void = () => undefined, renewAfterBytes = RENEW_AFTER_BYTES): Promise<KeyValue> {
  mkdirSync(directory, { recursive: true });
  const lock = await lockDirectory(realpathSync(directory));
  try {
    return new LmdbKeyValue(directory, lock, onFault, renewAfterBytes);
  } catch (cause) {
    lock.close();
    throw cause;
  }
}

/** @throws StoreFault io */
function openEnvironment(directory: string): RootDatabase<Uint8Array, Uint8Array> {
  try {
    return open<Uint8Array, Uint8Array>({ path: directory, keyEncoding: 'binary', encoding: 'binary', cache: false, noSubdir: false, remapChunks: true });
  } catch (cause) {
    throw new StoreFault('io', `cannot open the store in ${directory}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

class LmdbKeyValue implements KeyValue {
  readonly #directory: string;
  readonly #lock: Server;
  readonly #onFault: (fault: StoreFault) => void;
  readonly #renewAfterBytes: number;
  /** Undefined between the two halves of a renewal. */
  #database: RootDatabase<Uint8Array, Uint8Array> | undefined;
  /** Set while writes wait for a renewal. */
  #pause: PromiseWithResolvers<void> | undefined;
  #writtenBytes = 0;
  #writesInFlight = 0;
  /** A range left unfinished for ever only keeps the environment as it is. */
  #rangesInFlight = 0;
  #fault: StoreFault | undefined;

  constructor(directory: string, lock: Server, onFault: (fault: StoreFault) => void, renewAfterBytes: number) {
    this.#onFault = onFault;
    this.#directory = directory;
    this.#lock = lock;
    this.#renewAfterBytes = renewAfterBytes;
    this.#database = openEnvironment(directory);
  }

  /** Who reads in the middle of a renewal opens a second handle at once: lmdb shares the environment, which then stays mapped until the next one. */
  #opened(): RootDatabase<Uint8Array, Uint8Array> {
    if (this.#fault !== undefined) throw this.#fault;
    try {
      return this.#database ??= openEnvironment(this.#directory);
    } catch (cause) {
      this.#fail(cause as StoreFault);
      throw cause;
    }
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return this.#opened().get(key);
  }

  first(from: Uint8Array, before: Uint8Array): StateEntry | undefined {
    for (const entry of this.range(from, before, { limit: 1 })) return entry;
    return undefined;
  }

  *range(from: Uint8Array, before: Uint8Array, options: RangeOptions = {}): Iterable<StateEntry> {
    const database = this.#opened();
    const limit = options.limit === undefined ? {} : { limit: options.limit };
    const entries = options.reverse === true
      ? database.getRange({ start: before, end: from, reverse: true, exclusiveStart: true, inclusiveEnd: true, ...limit })
      : database.getRange({ start: from, end: before, ...limit });
    this.#rangesInFlight += 1;
    try {
      for (const { key, value } of entries) yield { key, value };
    } finally {
      this.#rangesInFlight -= 1;
    }
  }

  async write(operations: readonly StateWrite[]): Promise<void> {
    while (this.#pause !== undefined) await this.#pause.promise;
    const database = this.#opened();
    if (operations.length === 0) return;
    this.#writesInFlight += 1;
    try {
      await database.batch(() => {
        for (const { key, value } of operations) {
          if (key.length > MAX_KEY_BYTES) throw new RangeError(`expected a key of at most ${MAX_KEY_BYTES} bytes, got ${key.length}`);
          // The values of one batch settle together, with the batch's own promise.
          if (value === undefined) void database.remove(key);
          else void database.put(key, value);
        }
      });
      await database.flushed;
    } catch (cause) {
      if (cause instanceof RangeError) throw cause;
      this.#fail(await this.#faultOf(cause));
      throw this.#fault ?? cause;
    } finally {
      this.#writesInFlight -= 1;
      for (const { key, value } of operations) this.#writtenBytes += key.length + (value?.length ?? 0);
      if (this.#writtenBytes >= this.#renewAfterBytes) await this.#renewOnceIdle(database);
    }
  }

  #fail(fault: StoreFault): void {
    if (this.#fault !== undefined) return;
    this.#fault = fault;
    this.#onFault(fault);
  }

  /** Holds up further writes until those in flight are done; the last of them closes and opens the environment. */
  async #renewOnceIdle(database: RootDatabase<Uint8Array, Uint8Array>): Promise<void> {
    this.#pause ??= Promise.withResolvers<void>();
    if (this.#writesInFlight > 0) return;
    const pause = this.#pause;
    try {
      if (this.#fault !== undefined || this.#rangesInFlight > 0) return;
      this.#writtenBytes = 0;
      this.#database = undefined;
      await database.close();
      this.#opened();
    } catch (cause) {
      // The write before it is durable and stands; whoever uses the store next meets the fault.
      this.#fail(cause instanceof StoreFault ? cause : new StoreFault('io', `closing the store in ${this.#directory} to open it anew failed`, { cause }));
    } finally {
      this.#pause = undefined;
      pause.resolve();
    }
  }

  async close(): Promise<void> {
    while (this.#pause !== undefined) await this.#pause.promise;
    const alreadyFailed = this.#fault !== undefined;
    this.#fault ??= new StoreFault('closed', `the store in ${this.#directory} is closed`);
    // After a failed commit lmdb's own close waits for a commit that never comes; the process ends instead.
    if (!alreadyFailed) await this.#database?.close();
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
