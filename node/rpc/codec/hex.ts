// Hexadecimal text <-> bytes and quantities, as the Ethereum JSON-RPC specification defines them.
//
// Owns: the two encodings ("quantity": no leading zeros; "data": two digits a byte) and their strict decoders.
// Does not own: which parameter is which (parameter.ts). Decoders return undefined for what is not canonical.
// Invariant: decode(encode(x)) = x, and nothing that decodes has a second spelling except letter case.

/** 0x-prefixed, two lower-case digits a byte. */
export function data(bytes: Uint8Array): string {
  return '0x' + Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');
}

/** 0x-prefixed minimal hexadecimal; zero is 0x0. The value must not be negative. */
export function quantity(value: bigint | number): string {
  return '0x' + value.toString(16);
}

/** The bytes of canonical data text, or undefined. The result shares no memory with other buffers' users. */
export function parseData(text: string): Uint8Array | undefined {
  if (text.charCodeAt(0) !== 48 || (text.charCodeAt(1) | 32) !== 120 || text.length % 2 !== 0) return undefined;
  // Buffer stops at the first character that is no hexadecimal digit: the length tells.
  const parsed = Buffer.from(text.slice(2), 'hex');
  if (parsed.length * 2 !== text.length - 2) return undefined;
  return new Uint8Array(parsed.buffer, parsed.byteOffset, parsed.length);
}

const QUANTITY = /^0x(?:0|[1-9a-f][0-9a-f]*)$/i;

/** The value of a canonical quantity of at most `bits` bits, or undefined. */
export function parseQuantity(text: string, bits = 256): bigint | undefined {
  if (text.length > 2 + bits / 4 || !QUANTITY.test(text)) return undefined;
  return BigInt(text);
}

/** The unsigned integer of big-endian bytes. */
export function bytesToQuantity(bytes: Uint8Array): bigint {
  return bytes.length === 0 ? 0n : BigInt(data(bytes));
}

/** Big-endian bytes of `size` bytes; the value must fit. */
export function quantityToBytes(value: bigint, size: number): Uint8Array {
  const parsed = Buffer.from(value.toString(16).padStart(size * 2, '0'), 'hex');
  if (parsed.length !== size) throw new RangeError(`expected a value of at most ${size} bytes, got 0x${value.toString(16)}`);
  return new Uint8Array(parsed.buffer, parsed.byteOffset, parsed.length);
}

/** Byte-wise equality of two values. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && Buffer.compare(a, b) === 0;
}
