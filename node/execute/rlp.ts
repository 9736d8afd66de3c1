// Canonical RLP: encoder, and a decoder that refuses everything the encoder would not have produced.
//
// Owns: the byte format of the Ethereum yellow paper, appendix B. Does not own: what the items mean.
// Invariant: decode(x) = {ok} implies encode(decode(x).item) equals x (SPEC.md: anything else is malformed).
import { toMinimalBytes } from './bytes.ts';

export type RlpItem = Uint8Array | readonly RlpItem[];
export type RlpDecoded = { ok: true; item: RlpItem } | { ok: false; message: string };

/** Nesting deeper than any Ethereum structure has; bounds recursion on hostile input. */
const DEPTH_LIMIT = 16;

/** Canonical encoding of bytes, of a non-negative integer (minimal), or of a list. */
export function encodeRlp(item: EncodeInput): Uint8Array {
  const prepared = measure(item);
  const out = new Uint8Array(prepared.size);
  write(prepared, out, 0);
  return out;
}

export type EncodeInput = RlpItem | bigint | readonly EncodeInput[];
interface Measured { bytes: Uint8Array | undefined; items: Measured[]; payload: number; size: number }

function measure(item: EncodeInput): Measured {
  if (typeof item === 'bigint') return measureBytes(toMinimalBytes(item));
  if (item instanceof Uint8Array) return measureBytes(item);
  const items = item.map(measure);
  let payload = 0;
  for (const child of items) payload += child.size;
  return { bytes: undefined, items, payload, size: payload + headerSize(payload) };
}

function measureBytes(bytes: Uint8Array): Measured {
  const single = bytes.length === 1 && bytes[0]! < 0x80;
  return { bytes, items: [], payload: bytes.length, size: single ? 1 : bytes.length + headerSize(bytes.length) };
}

/** Size of the prefix of a string (not a single low byte) or list of `length` payload bytes. */
export function headerSize(length: number): number {
  if (length < 56) return 1;
  if (length < 0x100) return 2;
  if (length < 0x10000) return 3;
  return length < 0x1000000 ? 4 : 5;
}

/** Writes the prefix for `length` payload bytes; `base` is 0x80 for strings, 0xc0 for lists. Returns the new offset. */
export function writeHeader(out: Uint8Array, offset: number, length: number, base: number): number {
  if (length < 56) {
    out[offset] = base + length;
    return offset + 1;
  }
  const width = headerSize(length) - 1;
  out[offset] = base + 55 + width;
  for (let i = 0; i < width; i++) out[offset + 1 + i] = Math.floor(length / 2 ** (8 * (width - 1 - i))) & 255;
  return offset + 1 + width;
}

function write(item: Measured, out: Uint8Array, offset: number): number {
  if (item.bytes !== undefined) {
    if (item.size === 1 && item.bytes.length === 1) {
      out[offset] = item.bytes[0]!;
      return offset + 1;
    }
    const start = writeHeader(out, offset, item.payload, 0x80);
    out.set(item.bytes, start);
    return start + item.payload;
  }
  let next = writeHeader(out, offset, item.payload, 0xc0);
  for (const child of item.items) next = write(child, out, next);
  return next;
}

/** Decodes exactly one item spanning all of `input`; byte strings are views into it. */
export function decodeRlp(input: Uint8Array): RlpDecoded {
  const cursor: Cursor = { input, offset: 0 };
  try {
    const item = readItem(cursor, input.length, 0);
    if (cursor.offset !== input.length) return { ok: false, message: `expected one item of ${input.length} bytes, got one of ${cursor.offset}` };
    return { ok: true, item };
  } catch (error) {
    if (error instanceof RlpMalformed) return { ok: false, message: error.message };
    throw error;
  }
}

class RlpMalformed extends Error {}
interface Cursor { input: Uint8Array; offset: number }

function readItem(cursor: Cursor, end: number, depth: number): RlpItem {
  if (depth > DEPTH_LIMIT) throw new RlpMalformed(`expected at most ${DEPTH_LIMIT} levels of lists`);
  if (cursor.offset >= end) throw new RlpMalformed('expected an item, got the end of the data');
  const first = cursor.input[cursor.offset++]!;
  if (first < 0x80) return cursor.input.subarray(cursor.offset - 1, cursor.offset);
  const isList = first >= 0xc0;
  const length = readLength(cursor, end, first - (isList ? 0xc0 : 0x80));
  const stop = cursor.offset + length;
  if (stop > end) throw new RlpMalformed(`expected ${length} bytes of payload, got ${end - cursor.offset}`);
  if (!isList) {
    const bytes = cursor.input.subarray(cursor.offset, stop);
    if (length === 1 && bytes[0]! < 0x80) throw new RlpMalformed('expected a single low byte without prefix');
    cursor.offset = stop;
    return bytes;
  }
  const items: RlpItem[] = [];
  while (cursor.offset < stop) items.push(readItem(cursor, stop, depth + 1));
  return items;
}

function readLength(cursor: Cursor, end: number, code: number): number {
  if (code < 56) return code;
  const width = code - 55;
  if (cursor.offset + width > end) throw new RlpMalformed('expected the bytes of a length, got the end of the data');
  if (cursor.input[cursor.offset] === 0) throw new RlpMalformed('expected a length without leading zeros');
  let length = 0;
  for (let i = 0; i < width; i++) length = length * 256 + cursor.input[cursor.offset++]!;
  if (length < 56) throw new RlpMalformed('expected the short form of a length below 56');
  return length;
}
