// Which block a request means: a number, a tag, or (EIP-1898) an object with a number or a hash.
//
// Owns: decoding. Does not own: resolving a tag to a block (blockAccess.ts), where the tags' meaning is stated.
// Invariant: every accepted spelling maps to exactly one of the three forms below.

import { invalidParams } from '../errors.ts';
import { parseQuantity } from './hex.ts';
import { decodeBoolean, decodeHash, decodeObject, member, optional, required, shown } from './parameter.ts';
import type { Parameter } from './parameter.ts';

export const BLOCK_TAGS = ['latest', 'pending', 'safe', 'finalized', 'earliest'] as const;
export type BlockTag = (typeof BLOCK_TAGS)[number];

export type BlockId =
  | { readonly kind: 'tag'; readonly tag: BlockTag }
  | { readonly kind: 'number'; readonly number: bigint }
  | { readonly kind: 'hash'; readonly hash: Uint8Array; readonly requireCanonical: boolean };

/** A number or tag: what eth_getBlockByNumber and its kin take. */
export function decodeBlockNumber(value: unknown, path: string): BlockId {
  if (typeof value === 'string') {
    for (const tag of BLOCK_TAGS) if (value === tag) return { kind: 'tag', tag };
    const number = parseQuantity(value, 64);
    if (number !== undefined) return { kind: 'number', number };
  }
  throw invalidParams(`invalid ${path}: expected a block number or one of ${BLOCK_TAGS.join(', ')}, got ${shown(value)}`);
}

/** A number, a tag, a bare block hash, or an EIP-1898 object. */
export function decodeBlockId(value: unknown, path: string): BlockId {
  if (typeof value === 'string' && value.length === 66) return { kind: 'hash', hash: decodeHash(value, path), requireCanonical: false };
  if (typeof value !== 'object') return decodeBlockNumber(value, path);
  const object = decodeObject(value, path);
  const number = member(object, 'blockNumber', path, decodeBlockNumber);
  const hash = member(object, 'blockHash', path, decodeHash);
  if ((number === undefined) === (hash === undefined)) {
    throw invalidParams(`invalid ${path}: expected exactly one of blockNumber and blockHash`);
  }
  if (number !== undefined) return number;
  return { kind: 'hash', hash: hash!, requireCanonical: member(object, 'requireCanonical', path, decodeBoolean) ?? false };
}

export const LATEST: BlockId = { kind: 'tag', tag: 'latest' };
export const blockNumberParameter: Parameter<BlockId> = required('block', 'block number or tag', decodeBlockNumber);
export const blockIdParameter: Parameter<BlockId> = required('block', 'block number, tag, hash or EIP-1898 object', decodeBlockId);
/** As geth's newer methods: latest when absent. */
export const optionalBlockId: Parameter<BlockId> = optional(blockIdParameter, LATEST);
