// Compact binary fields for the store's records: a writer that grows and a reader that refuses to run past the end.
//
// Owns: unsigned integers (length byte, then big-endian), byte strings (length, then bytes), fixed bytes, options, lists.
// Does not own: which fields a record has (codecs.ts). Not a protocol encoding: nothing outside this store reads it.
// Invariant: reading back in the order of writing gives equal values; anything else throws StoreFault `corrupt`.

import { StoreFault } from './keyValue.ts';

const MAX_SAFE = 9_007_199_254_740_991n;

export class RecordWriter {
  #buffer: Buffer = Buffer.allocUnsafe(512);
  #length = 0;

  #reserve(size: number): number {
    const at = this.#length;
    this.#length = at + size;
    if (this.#length > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.#length, this.#buffer.length * 2));
      this.#buffer.copy(larger, 0, 0, at);
      this.#buffer = larger;
    }
    return at;
  }

  byte(value: number): this {
    const at = this.#reserve(1);
    this.#buffer[at] = value;
    return this;
  }

  /** A non-negative integer up to 2^2040 - 1. */
  uint(value: bigint | number): this {
    if (typeof value === 'bigint' && value > MAX_SAFE) {
      const hex = value.toString(16);
      const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
      return this.byte(bytes.length).fixed(bytes);
    }
    let rest = Number(value);
    if (rest < 0) throw new RangeError(`expected a non-negative integer, got ${value}`);
    let size = 0;
    for (let scan = rest; scan >= 1; scan = Math.floor(scan / 256)) size++;
    const at = this.#reserve(1 + size);
    this.#buffer[at] = size;
    for (let i = at + size; i > at; i--) {
      this.#buffer[i] = rest % 256;
      rest = Math.floor(rest / 256);
    }
    return this;
  }

  /** Bytes whose length the reader knows. */
  fixed(bytes: Uint8Array): this {
    const at = this.#reserve(bytes.length);
    this.#buffer.set(bytes, at);
    return this;
  }

  bytes(bytes: Uint8Array): this {
    return this.uint(bytes.length).fixed(bytes);
  }

  text(value: string): this {
    return this.bytes(Buffer.from(value, 'utf8'));
  }

  optional<T>(value: T | undefined, write: (value: T) => void): this {
    this.byte(value === undefined ? 0 : 1);
    if (value !== undefined) write(value);
    return this;
  }

  list<T>(items: readonly T[], write: (item: T) => void): this {
    this.uint(items.length);
    for (const item of items) write(item);
    return this;
  }

  /** The bytes written so far, copied to their exact size. */
  finish(): Uint8Array {
    return new Uint8Array(this.#buffer.subarray(0, this.#length));
  }
}

export class RecordReader {
  readonly #bytes: Uint8Array;
  readonly #what: string;
  #offset = 0;

  /** `what` names the record in the fault. */
  constructor(bytes: Uint8Array, what: string) {
    this.#bytes = bytes;
    this.#what = what;
  }

  #take(size: number): number {
    const at = this.#offset;
    if (at + size > this.#bytes.length) {
      throw new StoreFault('corrupt', `${this.#what}: expected ${size} more bytes at ${at}, the record has ${this.#bytes.length}`);
    }
    this.#offset = at + size;
    return at;
  }

  byte(): number {
    return this.#bytes[this.#take(1)]!;
  }

  uint(): bigint {
    const size = this.byte();
    const at = this.#take(size);
    if (size <= 6) {
      let value = 0;
      for (let i = at; i < at + size; i++) value = value * 256 + this.#bytes[i]!;
      return BigInt(value);
    }
    return BigInt(`0x${Buffer.from(this.#bytes.buffer, this.#bytes.byteOffset + at, size).toString('hex')}`);
  }

  /** An integer that fits a number exactly. */
  count(): number {
    const value = this.uint();
    if (value > MAX_SAFE) throw new StoreFault('corrupt', `${this.#what}: expected a count, got ${value}`);
    return Number(value);
  }

  fixed(size: number): Uint8Array {
    const at = this.#take(size);
    return this.#bytes.slice(at, at + size);
  }

  bytes(): Uint8Array {
    return this.fixed(this.count());
  }

  text(): string {
    return Buffer.from(this.bytes()).toString('utf8');
  }

  optional<T>(read: () => T): T | undefined {
    const flag = this.byte();
    if (flag > 1) throw new StoreFault('corrupt', `${this.#what}: expected 0 or 1 before an optional field, got ${flag}`);
    return flag === 0 ? undefined : read();
  }

  list<T>(read: () => T): T[] {
    const length = this.count();
    const items: T[] = [];
    for (let i = 0; i < length; i++) items.push(read());
    return items;
  }

  /** Call last: nothing may follow. */
  end(): void {
    if (this.#offset !== this.#bytes.length) {
      throw new StoreFault('corrupt', `${this.#what}: expected ${this.#offset} bytes, the record has ${this.#bytes.length}`);
    }
  }
}
