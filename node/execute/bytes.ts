// Conversions between bytes, integers, hexadecimal and map keys, as the execution engine needs them.
//
// Owns: big-endian integers (minimal and fixed width), latin1 map keys, byte comparison. Does not own: RLP (rlp.ts).
// Invariant: minimal integers have no leading zero byte; zero is the empty string.

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** `0x`-prefixed lower-case hexadecimal. */
export function toHex(bytes: Uint8Array): `0x${string}` {
  return `0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')}`;
}

/** Bytes of hexadecimal with or without `0x`. Throws on anything else. */
export function fromHex(hex: string): Uint8Array {
  const digits = hex.startsWith('0x') ? hex.slice(2) : hex;
  if (digits.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(digits)) throw new TypeError(`expected an even number of hexadecimal digits, got ${JSON.stringify(hex.slice(0, 80))}`);
  return new Uint8Array(Buffer.from(digits, 'hex'));
}

/** One character per byte: the cheapest exact map key for bytes. */
export function toKey(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

/** Inverse of toKey. */
export function fromKey(key: string): Uint8Array {
  return new Uint8Array(Buffer.from(key, 'latin1'));
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Bytewise order, shorter first on a common prefix. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  return Buffer.compare(a, b);
}

export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

/** Minimal big-endian bytes of a non-negative integer; zero is empty. */
export function toMinimalBytes(value: bigint): Uint8Array {
  if (value === 0n) return EMPTY;
  if (value <= 0xffffffffn) {
    const small = Number(value);
    if (small < 0x100) return Uint8Array.of(small);
    if (small < 0x10000) return Uint8Array.of(small >> 8, small & 255);
    if (small < 0x1000000) return Uint8Array.of(small >> 16, (small >> 8) & 255, small & 255);
    return Uint8Array.of(small >>> 24, (small >> 16) & 255, (small >> 8) & 255, small & 255);
  }
  const hex = value.toString(16);
  return new Uint8Array(Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex'));
}

const EMPTY = new Uint8Array(0);

/** Big-endian integer of any width; empty is zero. */
export function toBigInt(bytes: Uint8Array): bigint {
  if (bytes.length === 0) return 0n;
  if (bytes.length <= 6) {
    let value = 0;
    for (const byte of bytes) value = value * 256 + byte;
    return BigInt(value);
  }
  let hex = '0x';
  for (const byte of bytes) hex += HEX[byte];
  return BigInt(hex);
}

/** Big-endian bytes of exactly `width`. Throws if the value does not fit. */
export function toFixedBytes(value: bigint, width: number): Uint8Array {
  const minimal = toMinimalBytes(value);
  if (minimal.length > width) throw new RangeError(`expected at most ${width} bytes, got ${minimal.length}`);
  const fixed = new Uint8Array(width);
  fixed.set(minimal, width - minimal.length);
  return fixed;
}

/** Left-padded with zeros to 32 bytes. */
export function toWord(bytes: Uint8Array): Uint8Array {
  if (bytes.length === 32) return bytes;
  const word = new Uint8Array(32);
  word.set(bytes, 32 - bytes.length);
  return word;
}

/** Without leading zero bytes. */
export function trimZeros(bytes: Uint8Array): Uint8Array {
  let start = 0;
  while (start < bytes.length && bytes[start] === 0) start++;
  return start === 0 ? bytes : bytes.subarray(start);
}
