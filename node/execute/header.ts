// Headers, receipts and blooms: their consensus bytes.
//
// Owns: header RLP both ways and its hash, receipt envelopes, logs bloom, the constants of our headers (SPEC.md section
// 6). Does not own: which values a block gets (block.ts).
// Invariant: decodeHeader(encodeHeader(h)) equals h; anything that is not the RLP of 21 fields is refused.
import { createHash } from 'node:crypto';
import { addressBytes, BLOCK_GAS_LIMIT, FEE_VAULT } from '@keyfall/protocol';
import { concatBytes, fromHex, toBigInt } from './bytes.ts';
import { EMPTY_TRIE_ROOT, keccak256 } from './crypto.ts';
import { decodeRlp, encodeRlp } from './rlp.ts';
import { randaoInput } from './transition.ts';
import type { BlockHeader, Log } from './api.ts';

export const COINBASE = addressBytes(FEE_VAULT);
export const EXTRA_DATA = fromHex('4b657966616c6c');
export const EMPTY_OMMERS_HASH = keccak256(Uint8Array.of(0xc0));
export const ZERO_HASH = new Uint8Array(32);
/** EIP-7685: no requests. */
export const EMPTY_REQUESTS_HASH = new Uint8Array(createHash('sha256').digest());
const ZERO_NONCE = new Uint8Array(8);

/** The fields that differ from block to block. */
export interface HeaderFields {
  parentHash: Uint8Array; number: bigint; timestamp: bigint; baseFeePerGas: bigint; gasUsed: bigint;
  stateRoot: Uint8Array; transactionsRoot: Uint8Array; receiptsRoot: Uint8Array; logsBloom: Uint8Array;
}

/** A header with the constants of this chain. */
export function makeHeader(fields: HeaderFields): BlockHeader {
  return {
    ...fields, ommersHash: EMPTY_OMMERS_HASH, coinbase: COINBASE, difficulty: 0n, gasLimit: BLOCK_GAS_LIMIT, extraData: EXTRA_DATA,
    prevRandao: keccak256(randaoInput(fields.parentHash, fields.number)), nonce: ZERO_NONCE, withdrawalsRoot: EMPTY_TRIE_ROOT,
    blobGasUsed: 0n, excessBlobGas: 0n, parentBeaconBlockRoot: ZERO_HASH, requestsHash: EMPTY_REQUESTS_HASH,
  };
}

/** RLP of a header. */
export function encodeHeader(header: BlockHeader): Uint8Array {
  return encodeRlp([
    header.parentHash, header.ommersHash, header.coinbase, header.stateRoot, header.transactionsRoot, header.receiptsRoot, header.logsBloom,
    header.difficulty, header.number, header.gasLimit, header.gasUsed, header.timestamp, header.extraData, header.prevRandao, header.nonce,
    header.baseFeePerGas, header.withdrawalsRoot, header.blobGasUsed, header.excessBlobGas, header.parentBeaconBlockRoot, header.requestsHash,
  ]);
}

export type DecodedHeader = { ok: true; header: BlockHeader } | { ok: false; message: string };

/** Inverse of encodeHeader. */
export function decodeHeader(raw: Uint8Array): DecodedHeader {
  const decoded = decodeRlp(raw);
  if (!decoded.ok) return decoded;
  if (decoded.item instanceof Uint8Array || decoded.item.length !== 21) return { ok: false, message: 'expected a list of 21 header fields' };
  const fields: Uint8Array[] = [];
  for (const field of decoded.item) {
    if (!(field instanceof Uint8Array)) return { ok: false, message: 'expected header fields of bytes, got a list' };
    fields.push(field.slice());
  }
  const bytes = (index: number): Uint8Array => fields[index]!;
  const integer = (index: number): bigint => toBigInt(fields[index]!);
  const header: BlockHeader = {
    parentHash: bytes(0), ommersHash: bytes(1), coinbase: bytes(2), stateRoot: bytes(3), transactionsRoot: bytes(4), receiptsRoot: bytes(5), logsBloom: bytes(6),
    difficulty: integer(7), number: integer(8), gasLimit: integer(9), gasUsed: integer(10), timestamp: integer(11), extraData: bytes(12), prevRandao: bytes(13), nonce: bytes(14),
    baseFeePerGas: integer(15), withdrawalsRoot: bytes(16), blobGasUsed: integer(17), excessBlobGas: integer(18), parentBeaconBlockRoot: bytes(19), requestsHash: bytes(20),
  };
  if (Buffer.compare(encodeHeader(header), raw) !== 0) return { ok: false, message: 'expected header integers without leading zeros' };
  return { ok: true, header };
}

/** 2048-bit bloom of addresses and topics (yellow paper, section 4.3.1). */
export function logsBloom(logs: readonly Log[]): Uint8Array {
  const bloom = new Uint8Array(256);
  for (const { address, topics } of logs) {
    addToBloom(bloom, address);
    for (const topic of topics) addToBloom(bloom, topic);
  }
  return bloom;
}

function addToBloom(bloom: Uint8Array, item: Uint8Array): void {
  const hash = keccak256(item);
  for (let i = 0; i < 6; i += 2) {
    const bit = ((hash[i]! << 8) | hash[i + 1]!) & 2047;
    bloom[255 - (bit >> 3)]! |= 1 << (bit & 7);
  }
}

export function mergeBloom(target: Uint8Array, bloom: Uint8Array): void {
  for (let i = 0; i < 256; i++) target[i]! |= bloom[i]!;
}

/** EIP-2718 receipt: type byte (none for type 0), then RLP of status, cumulative gas, bloom, logs. */
export function encodeReceipt(receipt: { type: number; status: 0 | 1; cumulativeGasUsed: bigint; logsBloom: Uint8Array; logs: readonly Log[] }): Uint8Array {
  const logs = receipt.logs.map(({ address, topics, data }) => [address, topics, data]);
  const body = encodeRlp([BigInt(receipt.status), receipt.cumulativeGasUsed, receipt.logsBloom, logs]);
  return receipt.type === 0 ? body : concatBytes(Uint8Array.of(receipt.type), body);
}
