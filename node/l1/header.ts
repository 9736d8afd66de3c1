// L1 block headers: read from JSON-RPC, hash recomputed from every field, for all forks up to Osaka.
//
// Owns: the field order of the header RLP (Yellow Paper 4.3; EIP-1559, 4895, 4844, 4788, 7685) and the check of the hash.
// Does not own: consensus rules. Which chain is *the* L1 is the endpoint's word; that it is one consistent chain is checked.
// Invariant: a returned header hashes to its own `hash`.

import { RLP } from '@ethereumjs/rlp';
import { keccak, minimalBytes, type Hex } from '@keyfall/protocol';
import { hexOf, readData, readHash, readObject, readQuantity } from './hex.ts';
import { LyingL1Fault, RetryableL1Fault } from './fault.ts';
import type { L1Header } from './api.ts';

type FieldKind = 'quantity' | number | 'data';

/** In RLP order: JSON name, and QUANTITY or DATA of a fixed or free length. */
const FRONTIER_FIELDS: readonly (readonly [string, FieldKind])[] = [
  ['parentHash', 32], ['sha3Uncles', 32], ['miner', 20], ['stateRoot', 32], ['transactionsRoot', 32], ['receiptsRoot', 32],
  ['logsBloom', 256], ['difficulty', 'quantity'], ['number', 'quantity'], ['gasLimit', 'quantity'], ['gasUsed', 'quantity'],
  ['timestamp', 'quantity'], ['extraData', 'data'], ['mixHash', 32], ['nonce', 8],
];
/** Added by London, Shanghai, Cancun (three) and Prague; a header carries a prefix of this list. */
const LATER_FIELDS: readonly (readonly [string, FieldKind])[] = [
  ['baseFeePerGas', 'quantity'], ['withdrawalsRoot', 32], ['blobGasUsed', 'quantity'], ['excessBlobGas', 'quantity'],
  ['parentBeaconBlockRoot', 32], ['requestsHash', 32],
];

function encodeField(json: Readonly<Record<string, unknown>>, name: string, kind: FieldKind): Uint8Array {
  if (kind === 'quantity') return minimalBytes(readQuantity(json[name], `header.${name}`));
  return readData(json[name], `header.${name}`, kind === 'data' ? undefined : kind);
}

/** Canonical RLP of a header given as JSON. @throws RetryableL1Fault 'malformed' */
export function encodeHeader(json: Readonly<Record<string, unknown>>): Uint8Array {
  const fields = FRONTIER_FIELDS.map(([name, kind]) => encodeField(json, name, kind));
  let isOpen = true;
  for (const [name, kind] of LATER_FIELDS) {
    const isPresent = json[name] !== undefined && json[name] !== null;
    if (isPresent && !isOpen) throw new RetryableL1Fault('malformed', `header.${name}: present although an earlier fork's field is absent`);
    isOpen = isPresent;
    if (isPresent) fields.push(encodeField(json, name, kind));
  }
  return RLP.encode(fields);
}

/**
 * A verified header out of `eth_getBlockBy...`'s answer.
 * @throws RetryableL1Fault 'malformed'; LyingL1Fault 'forged-header' if the fields do not hash to the claimed hash.
 */
export function readHeader(value: unknown): L1Header {
  const json = readObject(value, 'block');
  const claimedHash = readHash(json['hash'], 'header.hash');
  const hash = hexOf(keccak(encodeHeader(json)));
  if (hash !== claimedHash) {
    throw new LyingL1Fault('forged-header', `L1 header: its fields hash to ${hash}, the endpoint claims ${claimedHash} (forged, or of a fork after Osaka)`);
  }
  return {
    number: readQuantity(json['number'], 'header.number'),
    hash,
    parentHash: readHash(json['parentHash'], 'header.parentHash'),
    timestamp: readQuantity(json['timestamp'], 'header.timestamp'),
    baseFeeWei: json['baseFeePerGas'] === undefined || json['baseFeePerGas'] === null ? 0n : readQuantity(json['baseFeePerGas'], 'header.baseFeePerGas'),
    stateRoot: readHash(json['stateRoot'], 'header.stateRoot'),
    transactionsRoot: readHash(json['transactionsRoot'], 'header.transactionsRoot'),
    receiptsRoot: readHash(json['receiptsRoot'], 'header.receiptsRoot'),
    logsBloom: readData(json['logsBloom'], 'header.logsBloom', 256),
  };
}

/** @throws LyingL1Fault unless `child` is the block after `parent`. */
export function requireChild(parent: { readonly number: bigint; readonly hash: Hex }, child: L1Header): void {
  if (child.number !== parent.number + 1n) {
    throw new LyingL1Fault('wrong-number', `L1 block after ${parent.number}: expected number ${parent.number + 1n}, got ${child.number}`);
  }
  if (child.parentHash !== parent.hash) {
    throw new LyingL1Fault('wrong-parent', `L1 block ${child.number}: expected parent ${parent.hash}, got ${child.parentHash}`);
  }
}
