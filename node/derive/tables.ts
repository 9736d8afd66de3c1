// Where derivation keeps its records, and their bytes.
//
// Owns: the keys (first byte 0x90 to 0x95: the engine's are below 0x80) and one tagged JSON encoding for all values. Does
// not own: the records' meaning. Invariant: decode(encode(v)) = v for bigint, bytes, strings, booleans, numbers, lists,
// objects and undefined fields; what does not decode is a DerivationFault 'store', never a default.

import { concat, uintBytes } from '@keyfall/protocol';
import { DerivationFault } from './fault.ts';

const TABLES = { head: 0x90, message: 0x91, commit: 0x92, l1Block: 0x93, result: 0x94, finality: 0x95 } as const;
export type TableName = Exclude<keyof typeof TABLES, 'head'>;

export const HEAD_KEY: Uint8Array = Uint8Array.of(TABLES.head);

/** Key of row `index` of a table; rows sort by index. */
export function rowKey(table: TableName, index: bigint): Uint8Array {
  return concat(Uint8Array.of(TABLES[table]), uintBytes(index, 8));
}

/** Bytes of a record. */
export function encodeRecord(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(tag(value)));
}

function tag(value: unknown): unknown {
  if (typeof value === 'bigint') return { n: value.toString() };
  if (value instanceof Uint8Array) return { b: Buffer.from(value).toString('hex') };
  if (Array.isArray(value)) return value.map(tag);
  if (typeof value === 'object' && value !== null) return { o: Object.fromEntries(Object.entries(value).map(([key, field]) => [key, tag(field)])) };
  return value;
}

/** A record of type T as encodeRecord wrote it. @throws DerivationFault 'store' */
export function decodeRecord<T>(bytes: Uint8Array, what: string): T {
  try {
    return untag(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))) as T;
  } catch (cause) {
    throw new DerivationFault('store', `${what}: expected a record, got ${bytes.length} bytes that do not decode`, { cause });
  }
}

function untag(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(untag);
  if (typeof value !== 'object' || value === null) return value;
  if ('n' in value) return BigInt(String(value.n));
  if ('b' in value) return Uint8Array.from(Buffer.from(String(value.b), 'hex'));
  if ('o' in value && typeof value.o === 'object' && value.o !== null) return Object.fromEntries(Object.entries(value.o).map(([key, field]) => [key, untag(field)]));
  throw new TypeError('a record without a tag');
}
