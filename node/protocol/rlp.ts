/**
 * Canonical RLP (Ethereum yellow paper, appendix B) for untrusted bytes.
 *
 * Owns the rule that a byte string has at most one decoding: lengths shortest, single bytes bare, nothing trailing. Encoding is
 * @ethereumjs/rlp's. Decoding is not: that one recurses as deep as the bytes say, and encoding again to compare passes every
 * item of a list as an argument, so that 120 kB of brackets overflow the stack. Whoever commits a payload chooses its bytes.
 * Invariant: decodeRlp never throws, takes time linear in the bytes, and what it accepts encodes back to the same bytes.
 */
import { RLP } from '@ethereumjs/rlp';
import { malformed, type Decoded } from './outcome.ts';

export type RlpItem = Uint8Array | RlpItem[];

/** Encodes nested lists of byte strings. */
export function encodeRlp(item: RlpItem): Uint8Array {
  return RLP.encode(item);
}

/** Deeper than anything this protocol encodes; bounds the recursion. */
const MAX_DEPTH = 16;

/** Decodes exactly one canonical item spanning all of `bytes`; byte strings are views into it. */
export function decodeRlp(bytes: Uint8Array): Decoded<RlpItem> {
  const decoded = readItem(bytes, 0, bytes.length, 0);
  if (!decoded.ok) return decoded;
  if (decoded.value.next !== bytes.length) return malformed('RLP', `one item of ${bytes.length} bytes`, `one of ${decoded.value.next}`);
  return { ok: true, value: decoded.value.item };
}

/** The item that begins at `start` and lies before `end`. */
function readItem(bytes: Uint8Array, start: number, end: number, depth: number): Decoded<{ readonly item: RlpItem; readonly next: number }> {
  if (depth > MAX_DEPTH) return malformed('RLP', `at most ${MAX_DEPTH} levels of lists`, 'more');
  const first = start < end ? bytes[start]! : undefined;
  if (first === undefined) return malformed('RLP', 'one RLP item', 'the end of the data');
  if (first < 0x80) return { ok: true, value: { item: bytes.subarray(start, start + 1), next: start + 1 } };
  const isList = first >= 0xc0;
  const range = readRange(bytes, start, end, first - (isList ? 0xc0 : 0x80));
  if (!range.ok) return range;
  const { from, to } = range.value;
  if (isList) return readItems(bytes, from, to, depth + 1);
  if (to - from === 1 && bytes[from]! < 0x80) return malformed('RLP_NOT_CANONICAL', 'a byte below 0x80 on its own', 'a prefix before it');
  return { ok: true, value: { item: bytes.subarray(from, to), next: to } };
}

function readItems(bytes: Uint8Array, from: number, to: number, depth: number): Decoded<{ readonly item: RlpItem[]; readonly next: number }> {
  const item: RlpItem[] = [];
  for (let at = from; at < to;) {
    const child = readItem(bytes, at, to, depth);
    if (!child.ok) return child;
    item.push(child.value.item);
    at = child.value.next;
  }
  return { ok: true, value: { item, next: to } };
}

/** Where the content of a string or list lies whose prefix is `code` above its base. */
function readRange(bytes: Uint8Array, start: number, end: number, code: number): Decoded<{ readonly from: number; readonly to: number }> {
  const width = code < 56 ? 0 : code - 55;
  const from = start + 1 + width;
  if (from > end) return malformed('RLP', `a length of ${width} bytes`, 'the end of the data');
  let length = width === 0 ? code : 0;
  for (let at = start + 1; at < from; at++) length = length * 256 + bytes[at]!;
  if (width > 0 && (length < 56 || bytes[start + 1] === 0)) return malformed('RLP_NOT_CANONICAL', 'the shortest form of a length', `${width} bytes for ${length}`);
  if (length > end - from) return malformed('RLP', `${length} bytes of content`, `${end - from} left`);
  return { ok: true, value: { from, to: from + length } };
}

/** An unsigned integer of at most `maxBytes` bytes without leading zeros, or undefined if the item is not one. */
export function rlpUint(item: RlpItem | undefined, maxBytes: number): bigint | undefined {
  if (!(item instanceof Uint8Array) || item.length > maxBytes || item[0] === 0) return undefined;
  let value = 0n;
  for (const byte of item) value = (value << 8n) | BigInt(byte);
  return value;
}
