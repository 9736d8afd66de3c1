// The store's key layout: one leading tag byte per table, big-endian numbers so that key order is number order.
//
// Owns: every key from 0x80 up (below it live the execution engine's). Does not own: values (codecs.ts).
// Invariant: keys of different tables never share a first byte.

const TABLE = {
  head: 0x80, block: 0x81, transactions: 0x82, receipts: 0x83, blockNumber: 0x84, location: 0x85, message: 0x86, batch: 0x87,
  commit: 0x88, l1Block: 0x89, bloom: 0x8a, pool: 0x8b, identity: 0x8c, transactionHashes: 0x8d, settled: 0x8e,
} as const;

export type NumberedTable = 'block' | 'transactions' | 'transactionHashes' | 'receipts' | 'message' | 'batch' | 'commit' | 'l1Block' | 'bloom' | 'settled';
export type HashedTable = 'blockNumber' | 'location' | 'pool';
export type SingleTable = 'head' | 'identity';

/** Key of a record found by its number. */
export function numberedKey(table: NumberedTable, number: bigint): Uint8Array {
  const key = Buffer.allocUnsafe(9);
  key[0] = TABLE[table];
  key.writeBigUInt64BE(number, 1);
  return key;
}
/** Number in a numbered key. */
export function numberOfKey(key: Uint8Array): bigint {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).readBigUInt64BE(1);
}
/** Key of a record found by a 32-byte hash. */
export function hashedKey(table: HashedTable, hash: Uint8Array): Uint8Array {
  const key = new Uint8Array(33);
  key[0] = TABLE[table];
  key.set(hash, 1);
  return key;
}
/** Key of the only record of its kind. */
export function singleKey(table: SingleTable): Uint8Array {
  return Uint8Array.of(TABLE[table]);
}
/** Bounds of all records of a table, for KeyValue.range. */
export function boundsOf(table: NumberedTable | HashedTable): { from: Uint8Array; before: Uint8Array } {
  return { from: Uint8Array.of(TABLE[table]), before: Uint8Array.of(TABLE[table] + 1) };
}
