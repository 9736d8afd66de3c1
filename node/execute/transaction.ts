// Signed transactions: from EIP-2718 bytes to fields, and from the signature to the sender.
//
// Owns: types 0 (EIP-155 and unprotected), 1, 2 and 4: strict decoding with the EIPs' field widths, signing hashes,
// sender and authority recovery. Does not own: validity against a state (transition.ts), type 0x7E (message.ts).
// Source: EIP-155, 2718, 2930, 1559, 7702, 2 (low s). Invariant: one byte string, at most one transaction; every field
// is a view into `raw`.
import { concatBytes, toBigInt } from './bytes.ts';
import { keccak256, recoverAddress, SECP256K1_HALF_ORDER, SECP256K1_ORDER } from './crypto.ts';
import { decodeRlp, encodeRlp } from './rlp.ts';
import type { RlpItem } from './rlp.ts';
import type { AccessListItem, Authorization, DecodedTransaction, RecoveredTransaction, SentTransaction, SignedTransaction } from './api.ts';

/** A decoded envelope whose signature values were not looked at yet. */
export interface Envelope {
  transaction: SignedTransaction;
  /** false when v or yParity has a value no signature has; then transaction.yParity is meaningless. */
  isParityValid: boolean;
  /** What the sender signed. */
  signingHash: () => Uint8Array;
}
export type DecodedEnvelope = { ok: true; envelope: Envelope } | { ok: false; code: 'malformed'; message: string } | { ok: false; code: 'unsupported-type'; message: string; type: number };

class Malformed extends Error {}

/** Decodes the envelope of a supported type. */
export function decodeEnvelope(raw: Uint8Array): DecodedEnvelope {
  const type = raw[0];
  if (type === undefined) return { ok: false, code: 'malformed', message: 'expected a transaction, got no bytes' };
  if (type === 3 || (type >= 5 && type <= 0x7f)) return { ok: false, code: 'unsupported-type', message: `expected a transaction of type 0, 1, 2 or 4, got ${type}`, type };
  const isLegacy = type >= 0xc0;
  if (!isLegacy && type !== 1 && type !== 2 && type !== 4) return { ok: false, code: 'malformed', message: `expected a transaction envelope, got leading byte 0x${type.toString(16)}` };
  const decoded = decodeRlp(isLegacy ? raw : raw.subarray(1));
  if (!decoded.ok) return { ok: false, code: 'malformed', message: decoded.message };
  try {
    const items = asList(decoded.item, 'transaction');
    const envelope = isLegacy ? legacyEnvelope(raw, items) : typedEnvelope(raw, type as 1 | 2 | 4, items);
    return { ok: true, envelope };
  } catch (error) {
    if (error instanceof Malformed) return { ok: false, code: 'malformed', message: error.message };
    throw error;
  }
}

/** Decodes bytes to a transaction; the sender is not recovered. */
export function decodeTransaction(raw: Uint8Array): DecodedTransaction {
  const decoded = decodeEnvelope(raw);
  if (!decoded.ok) return decoded;
  const { transaction, isParityValid } = decoded.envelope;
  if (!isParityValid || !isSignatureInRange(transaction)) return { ok: false, code: 'invalid-signature', message: 'expected a parity of 0 or 1, r below the group order and s at most half of it' };
  return { ok: true, transaction };
}

/** Decodes bytes and recovers the sender on the calling thread. */
export function recoverTransaction(raw: Uint8Array): RecoveredTransaction {
  const decoded = decodeEnvelope(raw);
  if (!decoded.ok) return decoded;
  const sender = recoverSender(decoded.envelope);
  if (sender === undefined) return { ok: false, code: 'invalid-signature', message: 'expected a signature that recovers to a sender, with s at most half the group order' };
  return { ok: true, transaction: withSender(decoded.envelope.transaction, sender) };
}

export function withSender(transaction: SignedTransaction, sender: Uint8Array): SentTransaction {
  return Object.assign(transaction, { sender });
}

/** Who signed, or undefined if nobody did. */
export function recoverSender({ transaction, isParityValid, signingHash }: Envelope): Uint8Array | undefined {
  if (!isParityValid || !isSignatureInRange(transaction)) return undefined;
  return recoverAddress(signingHash(), transaction.yParity, transaction.r, transaction.s);
}

function isSignatureInRange({ r, s }: { r: bigint; s: bigint }): boolean {
  return r > 0n && r < SECP256K1_ORDER && s > 0n && s <= SECP256K1_HALF_ORDER;
}

/** EIP-7702 authority, or undefined if the tuple is not signed. */
export function recoverAuthority(authorization: Authorization): Uint8Array | undefined {
  if (authorization.yParity > 1n || !isSignatureInRange(authorization)) return undefined;
  const yParity = authorization.yParity === 1n ? 1 : 0;
  const message = concatBytes(Uint8Array.of(5), encodeRlp([authorization.chainId, authorization.address, authorization.nonce]));
  return recoverAddress(keccak256(message), yParity, authorization.r, authorization.s);
}

function legacyEnvelope(raw: Uint8Array, items: readonly RlpItem[]): Envelope {
  expectCount(items, 9);
  const v = integer(items[6], 32, 'v');
  const isProtected = v >= 35n;
  const chainId = isProtected ? (v - 35n) / 2n : undefined;
  const transaction: SignedTransaction = {
    type: 0, raw, hash: keccak256(raw), chainId, v,
    nonce: integer(items[0], 8, 'nonce'), gasPrice: integer(items[1], 32, 'gasPrice'), gasLimit: integer(items[2], 8, 'gasLimit'),
    to: destination(items[3]), value: integer(items[4], 32, 'value'), data: bytes(items[5], 'data'), accessList: [],
    yParity: (isProtected ? (v - 35n) % 2n : v - 27n) === 1n ? 1 : 0,
    r: integer(items[7], 32, 'r'), s: integer(items[8], 32, 's'),
  };
  const tail: readonly (RlpItem | bigint)[] = chainId === undefined ? [] : [chainId, 0n, 0n];
  return { transaction, isParityValid: isProtected || v === 27n || v === 28n, signingHash: () => keccak256(encodeRlp([...items.slice(0, 6), ...tail])) };
}

function typedEnvelope(raw: Uint8Array, type: 1 | 2 | 4, items: readonly RlpItem[]): Envelope {
  expectCount(items, type === 1 ? 11 : type === 2 ? 12 : 13);
  // Type 1 has one fee field where the others have two; everything after it is shifted.
  const feeCount = type === 1 ? 1 : 2;
  const at = (index: number): RlpItem | undefined => items[index + feeCount];
  const signatureAt = items.length - 3;
  const parity = integer(items[signatureAt], 1, 'yParity');
  const common = {
    raw, hash: keccak256(raw), chainId: integer(items[0], 32, 'chainId'), nonce: integer(items[1], 8, 'nonce'),
    gasLimit: integer(at(2), 8, 'gasLimit'), to: destination(at(3)), value: integer(at(4), 32, 'value'), data: bytes(at(5), 'data'),
    accessList: accessList(at(6)), yParity: parity === 1n ? (1 as const) : (0 as const),
    r: integer(items[signatureAt + 1], 32, 'r'), s: integer(items[signatureAt + 2], 32, 's'),
  };
  const signingHash = (): Uint8Array => keccak256(concatBytes(Uint8Array.of(type), encodeRlp(items.slice(0, signatureAt))));
  const isParityValid = parity <= 1n;
  if (type === 1) return { transaction: { type, ...common, gasPrice: integer(items[2], 32, 'gasPrice') }, isParityValid, signingHash };
  const fees = { maxPriorityFeePerGas: integer(items[2], 32, 'maxPriorityFeePerGas'), maxFeePerGas: integer(items[3], 32, 'maxFeePerGas') };
  if (type === 2) return { transaction: { type, ...common, ...fees }, isParityValid, signingHash };
  return { transaction: { type, ...common, ...fees, authorizationList: asList(at(7), 'authorizationList').map(authorization) }, isParityValid, signingHash };
}

function authorization(item: RlpItem): Authorization {
  const items = asList(item, 'authorization');
  expectCount(items, 6);
  return {
    chainId: integer(items[0], 32, 'authorization.chainId'), address: sized(items[1], 20, 'authorization.address'), nonce: integer(items[2], 8, 'authorization.nonce'),
    yParity: integer(items[3], 1, 'authorization.yParity'), r: integer(items[4], 32, 'authorization.r'), s: integer(items[5], 32, 'authorization.s'),
  };
}

function accessList(item: RlpItem | undefined): AccessListItem[] {
  return asList(item, 'accessList').map((entry) => {
    const pair = asList(entry, 'accessList entry');
    expectCount(pair, 2);
    return { address: sized(pair[0], 20, 'accessList address'), storageKeys: asList(pair[1], 'accessList keys').map((key) => sized(key, 32, 'accessList key')) };
  });
}

function asList(item: RlpItem | undefined, field: string): readonly RlpItem[] {
  if (item === undefined || item instanceof Uint8Array) throw new Malformed(`${field}: expected a list, got bytes`);
  return item;
}

function expectCount(items: readonly RlpItem[], count: number): void {
  if (items.length !== count) throw new Malformed(`expected ${count} fields, got ${items.length}`);
}

function bytes(item: RlpItem | undefined, field: string): Uint8Array {
  if (!(item instanceof Uint8Array)) throw new Malformed(`${field}: expected bytes, got a list`);
  return item;
}

function sized(item: RlpItem | undefined, size: number, field: string): Uint8Array {
  const value = bytes(item, field);
  if (value.length !== size) throw new Malformed(`${field}: expected ${size} bytes, got ${value.length}`);
  return value;
}

function integer(item: RlpItem | undefined, width: number, field: string): bigint {
  const value = bytes(item, field);
  if (value.length > width) throw new Malformed(`${field}: expected at most ${width} bytes, got ${value.length}`);
  if (value[0] === 0) throw new Malformed(`${field}: expected an integer without leading zeros`);
  return toBigInt(value);
}

function destination(item: RlpItem | undefined): Uint8Array | undefined {
  const value = bytes(item, 'to');
  if (value.length !== 20 && value.length !== 0) throw new Malformed(`to: expected 20 bytes or none, got ${value.length}`);
  return value.length === 0 ? undefined : value;
}

/** Gas a transaction costs before it runs, and the least it costs (EIP-7623). */
export interface IntrinsicGas { intrinsic: bigint; floor: bigint }
export interface IntrinsicInput { data: Uint8Array; isCreation: boolean; accessList: readonly AccessListItem[]; authorizationCount: number }

/** Osaka's intrinsic gas: EIP-2, 2028, 2930, 3860, 7702, 7623. */
export function intrinsicGas({ data, isCreation, accessList: list, authorizationCount }: IntrinsicInput): IntrinsicGas {
  let tokens = data.length * 4;
  for (const byte of data) if (byte === 0) tokens -= 3;
  let gas = 21_000 + tokens * 4 + authorizationCount * 25_000;
  if (isCreation) gas += 32_000 + 2 * Math.ceil(data.length / 32);
  for (const { storageKeys } of list) gas += 2_400 + storageKeys.length * 1_900;
  return { intrinsic: BigInt(gas), floor: BigInt(21_000 + tokens * 10) };
}

