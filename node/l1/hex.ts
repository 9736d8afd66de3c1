// Hexadecimal of Ethereum's JSON-RPC, read strictly: what an endpoint sent is untrusted text.
//
// Owns: parsing and printing of DATA and QUANTITY. Does not own: JSON, or what a value means.
// Invariant: a value that is not exactly of the asked form is a RetryableL1Fault 'malformed', never a guess.

import type { Hex } from '@keyfall/protocol';
import { RetryableL1Fault } from './fault.ts';

const DATA = /^0x(?:[0-9a-fA-F]{2})*$/;
const QUANTITY = /^0x[0-9a-fA-F]{1,64}$/;

function malformed(what: string, expected: string, got: unknown): RetryableL1Fault {
  const shown = typeof got === 'string' ? JSON.stringify(got.slice(0, 80)) : got === undefined ? 'nothing' : typeof got;
  return new RetryableL1Fault('malformed', `${what}: expected ${expected}, got ${shown}`);
}

/** Bytes of a DATA value, of exactly `length` bytes if given. */
export function readData(value: unknown, what: string, length?: number): Uint8Array {
  if (typeof value !== 'string' || !DATA.test(value)) throw malformed(what, 'hex data', value);
  if (length !== undefined && value.length !== 2 + 2 * length) throw malformed(what, `${length} bytes`, value);
  return bytesOfHex(value);
}

/** A 32-byte hash, lower case. */
export function readHash(value: unknown, what: string): Hex {
  return hexOf(readData(value, what, 32));
}

/** A 20-byte address, lower case. */
export function readAddress(value: unknown, what: string): Hex {
  return hexOf(readData(value, what, 20));
}

/** A QUANTITY below 2^256; leading zeros are tolerated because some endpoints send them. */
export function readQuantity(value: unknown, what: string): bigint {
  if (typeof value !== 'string' || !QUANTITY.test(value)) throw malformed(what, 'a hex quantity', value);
  return BigInt(value);
}

/** A JSON object, or 'malformed'. */
export function readObject(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed(what, 'an object', value);
  return Object.fromEntries(Object.entries(value));
}

/** A JSON array, or 'malformed'. */
export function readArray(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value)) throw malformed(what, 'an array', value);
  return value;
}

/** Bytes of well-formed hex with prefix: for values we produced or already checked. */
export function bytesOfHex(hex: string): Uint8Array {
  const bytes = new Uint8Array((hex.length - 2) / 2);
  bytes.set(Buffer.from(hex.slice(2), 'hex'));
  return bytes;
}

/** Lower-case 0x hex of bytes. */
export function hexOf(bytes: Uint8Array): Hex {
  return `0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')}`;
}

/** QUANTITY form. */
export function hexQuantity(value: bigint): Hex {
  return `0x${value.toString(16)}`;
}
