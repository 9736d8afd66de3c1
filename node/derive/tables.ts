// Where derivation keeps its records.
//
// Owns: the keys (first byte 0x90 to 0x95: the engine's are below 0x80). Does not own: the records' meaning, nor their
// encoding (node/l1/taggedJson.ts). Invariant: what does not decode is a DerivationFault 'store', never a default.

import { concat, uintBytes } from '@keyfall/protocol';
import { decodeTagged, encodeTagged } from '../l1/taggedJson.ts';
import { DerivationFault } from './fault.ts';

const TABLES = { head: 0x90, message: 0x91, commit: 0x92, l1Block: 0x93, result: 0x94, finality: 0x95 } as const;
export type TableName = Exclude<keyof typeof TABLES, 'head'>;

export const HEAD_KEY: Uint8Array = Uint8Array.of(TABLES.head);

/** Key of row `index` of a table; rows sort by index. */
export function rowKey(table: TableName, index: bigint): Uint8Array {
  return concat(Uint8Array.of(TABLES[table]), uintBytes(index, 8));
}

export const encodeRecord = encodeTagged;

/** A record of type T as encodeRecord wrote it. @throws DerivationFault 'store' */
export function decodeRecord<T>(bytes: Uint8Array, what: string): T {
  try {
    return decodeTagged(bytes) as T;
  } catch (cause) {
    throw new DerivationFault('store', `${what}: expected a record, got ${bytes.length} bytes that do not decode`, { cause });
  }
}
