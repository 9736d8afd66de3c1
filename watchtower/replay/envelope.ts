// Signed L2 transactions as SPEC section 4 reads them: canonical bytes, field widths, static rules, who signed. Owns decoding for SIGNED
// messages, where each failing check has a number, and the canonical form that ordinary transactions need too. Does not own checks against
// a state (blockRun.ts).
// Invariant: one byte string has at most one transaction; what fails names the first check of section 4 that it fails.

import { Address, ecrecover, publicToAddress } from '@ethereumjs/util';
import { bytesToBigint, concat, decodeRlp, encodeRlp, keccak, minimalBytes, rlpUint, type DropReason, type RlpItem } from '@keyfall/protocol';

export interface Authorization {
  readonly chainId: bigint;
  readonly address: Uint8Array;
  readonly nonce: bigint;
  /** As signed, for recovery: chainId, address, nonce, yParity, r, s. */
  readonly fields: readonly Uint8Array[];
}

export interface Envelope {
  readonly type: 0 | 1 | 2 | 4;
  readonly chainId: bigint | undefined;
  readonly nonce: bigint;
  readonly tipCapWei: bigint;
  readonly feeCapWei: bigint;
  readonly gasLimit: bigint;
  readonly to: Uint8Array | undefined;
  readonly value: bigint;
  readonly data: Uint8Array;
  readonly accessList: readonly { readonly address: Uint8Array; readonly slots: readonly Uint8Array[] }[];
  readonly authorizations: readonly Authorization[];
  /** undefined when v names no parity. */
  readonly yParity: 0 | 1 | undefined;
  readonly r: bigint;
  readonly s: bigint;
  readonly signingHash: Uint8Array;
}

export const NONCE_LIMIT = (1n << 64n) - 1n;
const INIT_CODE_LIMIT = 49_152;
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

/** Thrown within this file only. */
class Malformed extends Error {}

const text = (item: RlpItem | undefined): Uint8Array => {
  if (!(item instanceof Uint8Array)) throw new Malformed();
  return item;
};
const list = (item: RlpItem | undefined, length?: number): readonly RlpItem[] => {
  if (!Array.isArray(item) || (length !== undefined && item.length !== length)) throw new Malformed();
  return item;
};
const uint = (item: RlpItem | undefined, bytes: number): bigint => {
  const value = rlpUint(item, bytes);
  if (value === undefined) throw new Malformed();
  return value;
};
const sized = (item: RlpItem | undefined, length: number): Uint8Array => {
  const bytes = text(item);
  if (bytes.length !== length) throw new Malformed();
  return bytes;
};
const target = (item: RlpItem | undefined): Uint8Array | undefined => (text(item).length === 0 ? undefined : sized(item, 20));

/** The envelope, or `malformed` (reason 1) or `unsupportedType` (2). */
export function decodeEnvelope(raw: Uint8Array): Envelope | Extract<DropReason, 'malformed' | 'unsupportedType'> {
  const first = raw[0] ?? 0x80;
  if (first === 3 || (first >= 5 && first <= 0x7f)) return 'unsupportedType';
  const isLegacy = first >= 0xc0;
  if (!isLegacy && ![1, 2, 4].includes(first)) return 'malformed';
  const decoded = decodeRlp(isLegacy ? raw : raw.subarray(1));
  if (!decoded.ok) return 'malformed';
  try {
    return isLegacy ? legacy(list(decoded.value, 9)) : typed(first as 1 | 2 | 4, list(decoded.value, { 1: 11, 2: 12, 4: 13 }[first as 1 | 2 | 4]));
  } catch (cause) {
    if (cause instanceof Malformed) return 'malformed';
    throw cause;
  }
}

function legacy(items: readonly RlpItem[]): Envelope {
  const v = uint(items[6], 32);
  const isProtected = v >= 35n;
  const parity = isProtected ? (v - 35n) % 2n : v - 27n;
  const price = uint(items[1], 32);
  const signed = [...items.slice(0, 6), ...(isProtected ? [minimalBytes((v - 35n) / 2n), new Uint8Array(0), new Uint8Array(0)] : [])];
  return {
    type: 0, chainId: isProtected ? (v - 35n) / 2n : undefined, nonce: uint(items[0], 8), tipCapWei: price, feeCapWei: price, gasLimit: uint(items[2], 8), to: target(items[3]),
    value: uint(items[4], 32), data: text(items[5]), accessList: [], authorizations: [], yParity: parity === 0n ? 0 : parity === 1n ? 1 : undefined,
    r: uint(items[7], 32), s: uint(items[8], 32), signingHash: keccak(encodeRlp(signed)),
  };
}

function typed(type: 1 | 2 | 4, items: readonly RlpItem[]): Envelope {
  const chainId = uint(items[0], 32);
  const nonce = uint(items[1], 8);
  const tipCapWei = uint(items[2], 32);
  const [feeCapWei, rest] = type === 1 ? [tipCapWei, items.slice(3)] : [uint(items[3], 32), items.slice(4)];
  const [parity, r, s] = [uint(items.at(-3), 1), uint(items.at(-2), 32), uint(items.at(-1), 32)];
  return {
    type, chainId, nonce, tipCapWei, feeCapWei, gasLimit: uint(rest[0], 8), to: target(rest[1]), value: uint(rest[2], 32), data: text(rest[3]),
    accessList: list(rest[4]).map((entry) => {
      const [address, slots] = list(entry, 2);
      return { address: sized(address, 20), slots: list(slots).map((slot) => sized(slot, 32)) };
    }),
    authorizations: type === 4 ? list(rest[5]).map(authorizationOf) : [], yParity: parity === 0n ? 0 : parity === 1n ? 1 : undefined, r, s,
    signingHash: keccak(concat(Uint8Array.of(type), encodeRlp(items.slice(0, -3)))),
  };
}

function authorizationOf(item: RlpItem): Authorization {
  const [chainId, address, nonce, parity, r, s] = list(item, 6);
  for (const [field, width] of [[parity, 1], [r, 32], [s, 32]] as const) uint(field, width);
  return { chainId: uint(chainId, 32), address: sized(address, 20), nonce: uint(nonce, 8), fields: [chainId, address, nonce, parity, r, s].map(text) };
}

/** Who signed, with s in its lower half; undefined if nobody did. */
export function signerOf({ yParity, r, s, signingHash }: Pick<Envelope, 'yParity' | 'r' | 's' | 'signingHash'>): Address | undefined {
  if (yParity === undefined || r === 0n || r >= ORDER || s === 0n || s > ORDER / 2n) return undefined;
  try {
    return new Address(publicToAddress(ecrecover(signingHash, BigInt(27 + yParity), minimalBytes(r), minimalBytes(s))));
  } catch {
    // Not every r is the abscissa of a point: then nobody signed.
    return undefined;
  }
}

/** EIP-7702: who signed the tuple. */
export function authorityOf({ fields }: Authorization): Address | undefined {
  const [chainId, address, nonce, parity, r, s] = fields as [Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array];
  const yParity = bytesToBigint(parity);
  if (yParity > 1n) return undefined;
  return signerOf({ yParity: yParity === 1n ? 1 : 0, r: bytesToBigint(r), s: bytesToBigint(s), signingHash: keccak(concat(Uint8Array.of(5), encodeRlp([chainId, address, nonce]))) });
}

/** SPEC section 4, reason 5. */
export function breaksStaticRule({ tipCapWei, feeCapWei, to, data, type, authorizations, nonce }: Envelope): boolean {
  return tipCapWei > feeCapWei || (to === undefined && data.length > INIT_CODE_LIMIT) || (type === 4 && (to === undefined || authorizations.length === 0)) || nonce >= NONCE_LIMIT;
}

/** Osaka: EIP-2, 2028, 2930, 3860, 7702; and the floor of EIP-7623. */
export function intrinsicGas(data: Uint8Array, isCreation: boolean, accessList: Envelope['accessList'], authorizations: number): { readonly gas: bigint; readonly floor: bigint } {
  const zeros = data.reduce((count, byte) => count + (byte === 0 ? 1 : 0), 0);
  const tokens = BigInt(zeros + 4 * (data.length - zeros));
  const creation = isCreation ? 32_000n + 2n * ((BigInt(data.length) + 31n) / 32n) : 0n;
  const touched = accessList.reduce((sum, { slots }) => sum + 2_400n + 1_900n * BigInt(slots.length), 0n);
  return { gas: 21_000n + 4n * tokens + creation + touched + 25_000n * BigInt(authorizations), floor: 21_000n + 10n * tokens };
}
