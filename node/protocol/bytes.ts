/**
 * Byte strings, hexadecimal and keccak-256 for the protocol codecs.
 *
 * Owns the few conversions every codec needs, each refusing what it cannot represent exactly. Does not own RLP (see rlp.ts)
 * nor any protocol meaning. `Hex` is lower-case `0x` hexadecimal; integers in memory are bigint unless they index arrays.
 */
import { keccak_256 } from '@noble/hashes/sha3.js';

export type Hex = `0x${string}`;

/** Raised when a caller hands a codec something it cannot encode; never for untrusted bytes, which decode to a result. */
export class EncodingError extends Error {
  readonly code = 'ENCODING';
  constructor(field: string, expected: string, got: string) {
    super(`${field}: expected ${expected}, got ${got}`);
    this.name = 'EncodingError';
  }
}

const HEX_DIGITS = '0123456789abcdef';

/** Lower-case `0x` hexadecimal of `bytes`. */
export function toHex(bytes: Uint8Array): Hex {
  let text = '0x';
  for (const byte of bytes) text += HEX_DIGITS[byte >> 4]! + HEX_DIGITS[byte & 15]!;
  return text as Hex;
}

/** Bytes of an even-length `0x` hexadecimal string. @throws EncodingError on anything else. */
export function fromHex(text: string, field = 'hex'): Uint8Array {
  if (!/^0x([0-9a-fA-F]{2})*$/.test(text)) throw new EncodingError(field, '0x and an even number of hex digits', summary(text));
  const bytes = new Uint8Array((text.length - 2) / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(text.slice(2 + 2 * i, 4 + 2 * i), 16);
  return bytes;
}

/** The 20 bytes of an address in hexadecimal, any letter case. @throws EncodingError */
export function addressBytes(text: string, field = 'address'): Uint8Array {
  const bytes = fromHex(text, field);
  if (bytes.length !== 20) throw new EncodingError(field, '20 bytes', `${bytes.length} bytes`);
  return bytes;
}

/** The 32 bytes of a hash in hexadecimal. @throws EncodingError */
export function hashBytes(text: string, field = 'hash'): Uint8Array {
  const bytes = fromHex(text, field);
  if (bytes.length !== 32) throw new EncodingError(field, '32 bytes', `${bytes.length} bytes`);
  return bytes;
}

/** Big-endian encoding of `value` in exactly `width` bytes. @throws EncodingError if negative or too large. */
export function uintBytes(value: bigint, width: number, field = 'integer'): Uint8Array {
  if (value < 0n || value >> BigInt(8 * width) !== 0n) throw new EncodingError(field, `an unsigned ${8 * width}-bit integer`, value.toString());
  return fromHex(`0x${value.toString(16).padStart(2 * width, '0')}`, field);
}

/** Unsigned big-endian integer of any byte string; the empty string is 0. */
export function bytesToBigint(bytes: Uint8Array): bigint {
  return bytes.length === 0 ? 0n : BigInt(toHex(bytes));
}

/** Minimal big-endian bytes of `value`, as RLP integers demand: 0 is the empty string. */
export function minimalBytes(value: bigint, field = 'integer'): Uint8Array {
  if (value < 0n) throw new EncodingError(field, 'an unsigned integer', value.toString());
  if (value === 0n) return new Uint8Array(0);
  const digits = value.toString(16);
  return fromHex(`0x${digits.length % 2 === 1 ? '0' : ''}${digits}`, field);
}

/** Concatenation in order. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

/** Whether two byte strings are the same. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** keccak-256 of the concatenation of `parts`. */
export function keccak(...parts: readonly Uint8Array[]): Uint8Array {
  return keccak_256(parts.length === 1 ? parts[0]! : concat(...parts));
}

/** keccak-256 as hexadecimal. */
export function keccakHex(...parts: readonly Uint8Array[]): Hex {
  return toHex(keccak(...parts));
}

/** Standard ABI encoding of static fields: one 32-byte word each, integers and addresses right-aligned. */
export function words(...fields: readonly (bigint | Uint8Array)[]): Uint8Array {
  return concat(...fields.map((field) => (typeof field === 'bigint' ? uintBytes(field, 32) : leftPad(field))));
}

function leftPad(bytes: Uint8Array): Uint8Array {
  if (bytes.length > 32) throw new EncodingError('abi word', 'at most 32 bytes', `${bytes.length} bytes`);
  return concat(new Uint8Array(32 - bytes.length), bytes);
}

function summary(text: string): string {
  return text.length > 40 ? `"${text.slice(0, 40)}…" (${text.length} characters)` : `"${text}"`;
}
