// Log filters: decoding, matching one log, and asking a bloom whether a block can hold a match at all.
//
// Owns: the filter object of eth_getLogs, eth_newFilter and eth_subscribe("logs"), and its meaning.
// Does not own: scanning blocks (logScan.ts).
// Invariant: `bloomMayMatch` is never false for the bloom of a block that holds a matching log.

import { keccak } from '@keyfall/protocol';
import type { Log } from '../../execute/api.ts';
import { invalidParams } from '../errors.ts';
import { decodeBlockNumber, LATEST } from './blockId.ts';
import type { BlockId } from './blockId.ts';
import { sameBytes } from './hex.ts';
import { decodeAddress, decodeArray, decodeHash, decodeObject, member, shown } from './parameter.ts';

/** Both as in geth. */
const MAXIMUM_ADDRESSES = 1_000;
const MAXIMUM_TOPIC_ALTERNATIVES = 1_000;

/** What a log must look like. Empty `addresses` = any; an empty topic position = any, but the position must exist. */
export interface LogCriteria {
  readonly addresses: readonly Uint8Array[];
  readonly topics: readonly (readonly Uint8Array[])[];
  /** Bloom bits per address and per topic alternative, computed once. */
  readonly bloomGroups: readonly (readonly BloomBits[])[];
}
/** Criteria with the blocks they apply to. */
export interface LogQuery extends LogCriteria {
  readonly blockHash: Uint8Array | undefined;
  readonly from: BlockId;
  readonly to: BlockId;
}
/** Three (byte offset, mask) pairs within the 256-byte bloom. */
type BloomBits = readonly [number, number, number, number, number, number];

/** Yellow paper, section 4.3.1: three 11-bit indices from the first six bytes of the hash, counted from the end. */
export function bloomBits(item: Uint8Array): BloomBits {
  const hash = keccak(item);
  const index = (at: number): number => ((hash[at]! << 8) | hash[at + 1]!) & 2047;
  const [a, b, c] = [index(0), index(2), index(4)];
  return [255 - (a >> 3), 1 << (a & 7), 255 - (b >> 3), 1 << (b & 7), 255 - (c >> 3), 1 << (c & 7)];
}

function bitsSet(bloom: Uint8Array, bits: BloomBits): boolean {
  return (bloom[bits[0]]! & bits[1]) !== 0 && (bloom[bits[2]]! & bits[3]) !== 0 && (bloom[bits[4]]! & bits[5]) !== 0;
}

/** Whether a block with this bloom can hold a log that matches. False positives are the bloom's nature. */
export function bloomMayMatch(bloom: Uint8Array, criteria: LogCriteria): boolean {
  return criteria.bloomGroups.every((alternatives) => alternatives.some((bits) => bitsSet(bloom, bits)));
}

/** Whether one log matches. */
export function logMatches(log: Log, criteria: LogCriteria): boolean {
  if (criteria.addresses.length > 0 && !criteria.addresses.some((address) => sameBytes(address, log.address))) return false;
  if (criteria.topics.length > log.topics.length) return false;
  return criteria.topics.every((alternatives, position) =>
    alternatives.length === 0 || alternatives.some((topic) => sameBytes(topic, log.topics[position]!)));
}

function decodeAddresses(value: unknown, path: string): Uint8Array[] {
  if (!Array.isArray(value)) return [decodeAddress(value, path)];
  return decodeArray(value, path, MAXIMUM_ADDRESSES).map((item, index) => decodeAddress(item, `${path}[${index}]`));
}

function decodeTopics(value: unknown, path: string): Uint8Array[][] {
  return decodeArray(value, path, 4).map((position, index) => {
    const at = `${path}[${index}]`;
    if (position === null) return [];
    if (!Array.isArray(position)) return [decodeHash(position, at)];
    const alternatives = decodeArray(position, at, MAXIMUM_TOPIC_ALTERNATIVES);
    // A null among the alternatives means anything, as in geth.
    if (alternatives.includes(null)) return [];
    return alternatives.map((topic, topicIndex) => decodeHash(topic, `${at}[${topicIndex}]`));
  });
}

/** Address and topics of a filter object: what a log subscription takes. */
export function decodeLogCriteria(value: unknown, path: string): LogCriteria {
  const object = decodeObject(value, path);
  const addresses = member(object, 'address', path, decodeAddresses) ?? [];
  const topics = member(object, 'topics', path, decodeTopics) ?? [];
  const bloomGroups = [addresses, ...topics].filter((group) => group.length > 0).map((group) => group.map(bloomBits));
  return { addresses, topics, bloomGroups };
}

/** The whole filter object: criteria plus a block hash, or a range that is latest..latest when not given. */
export function decodeLogQuery(value: unknown, path: string): LogQuery {
  const object = decodeObject(value, path);
  const blockHash = member(object, 'blockHash', path, decodeHash);
  const from = member(object, 'fromBlock', path, decodeBlockNumber);
  const to = member(object, 'toBlock', path, decodeBlockNumber);
  if (blockHash !== undefined && (from !== undefined || to !== undefined)) {
    throw invalidParams(`invalid ${path}: cannot specify both blockHash and fromBlock/toBlock, choose one or the other`);
  }
  if (from?.kind === 'number' && to?.kind === 'number' && from.number > to.number) {
    throw invalidParams(`invalid ${path}: invalid block range params, fromBlock ${shown(object.fromBlock)} is above toBlock ${shown(object.toBlock)}`);
  }
  return { ...decodeLogCriteria(value, path), blockHash, from: from ?? LATEST, to: to ?? LATEST };
}
