/**
 * Canonical RLP (Ethereum yellow paper, appendix B) for untrusted bytes.
 *
 * Owns the rule that a byte string has at most one decoding: lengths shortest, single bytes bare, nothing trailing. The decoding
 * itself is @ethereumjs/rlp's; canonicality is checked by encoding again, which leaves no case to forget.
 */
import { RLP } from '@ethereumjs/rlp';
import { equalBytes } from './bytes.ts';
import { malformed, type Decoded } from './outcome.ts';

export type RlpItem = Uint8Array | RlpItem[];

/** Encodes nested lists of byte strings. */
export function encodeRlp(item: RlpItem): Uint8Array {
  return RLP.encode(item);
}

/** Decodes exactly one canonical item spanning all of `bytes`. */
export function decodeRlp(bytes: Uint8Array): Decoded<RlpItem> {
  let item: RlpItem;
  try {
    item = RLP.decode(bytes) as RlpItem;
  } catch (cause) {
    return malformed('RLP', 'one RLP item', cause instanceof Error ? cause.message : String(cause));
  }
  if (!equalBytes(RLP.encode(item), bytes)) return malformed('RLP_NOT_CANONICAL', 'the canonical encoding', `${bytes.length} bytes that encode otherwise`);
  return { ok: true, value: item };
}

/** An unsigned integer of at most `maxBytes` bytes without leading zeros, or undefined if the item is not one. */
export function rlpUint(item: RlpItem | undefined, maxBytes: number): bigint | undefined {
  if (!(item instanceof Uint8Array) || item.length > maxBytes || item[0] === 0) return undefined;
  let value = 0n;
  for (const byte of item) value = (value << 8n) | BigInt(byte);
  return value;
}
