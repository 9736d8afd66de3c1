// An L1 header whose hash was recomputed from its fields, so that only hashes need a quorum. Owns the header's RLP (Yellow Paper 4.3 with
// EIP-1559, 4895, 4844, 4788, 7685). Written apart from the node's, which must not share a bug with what watches it.
// Invariant: a header that leaves this file hashes to its own `hash`.

import { hexToBigInt, isHex, keccak256, toHex, toRlp, type Hex } from 'viem';
import { EndpointFault } from '../fault.ts';

export interface L1Header {
  readonly number: bigint;
  readonly hash: Hex;
  readonly parentHash: Hex;
  readonly stateRoot: Hex;
  readonly receiptsRoot: Hex;
  readonly logsBloom: Hex;
  readonly timestamp: bigint;
  readonly baseFeePerGas: bigint;
}

const ALWAYS = ['parentHash', 'sha3Uncles', 'miner', 'stateRoot', 'transactionsRoot', 'receiptsRoot', 'logsBloom', '#difficulty', '#number', '#gasLimit', '#gasUsed', '#timestamp', 'extraData', 'mixHash', 'nonce'] as const;
const LATER = ['#baseFeePerGas', 'withdrawalsRoot', '#blobGasUsed', '#excessBlobGas', 'parentBeaconBlockRoot', 'requestsHash'] as const;

/** Reads a header from JSON-RPC. @throws EndpointFault `malformed`, or `lying` when the hash is not that of the fields */
export function readHeader(json: unknown, operator: string): L1Header {
  if (typeof json !== 'object' || json === null) throw new EndpointFault('malformed', operator, `${operator}: expected a block, got ${json === null ? 'null' : typeof json}`);
  const fields = json as Readonly<Record<string, unknown>>;
  const present = [...ALWAYS, ...LATER.filter((name) => (fields[name.replace('#', '')] ?? undefined) !== undefined)];
  const hash = keccak256(toRlp(present.map((name) => (name.startsWith('#') ? minimal(quantity(fields, name.slice(1), operator)) : data(fields, name, operator)))));
  if (hash !== fields['hash']) throw new EndpointFault('lying', operator, `${operator}: block ${String(fields['number'])} hashes to ${hash}, not to the ${String(fields['hash'])} it names`);
  return {
    hash, number: quantity(fields, 'number', operator), parentHash: data(fields, 'parentHash', operator), stateRoot: data(fields, 'stateRoot', operator), receiptsRoot: data(fields, 'receiptsRoot', operator),
    logsBloom: data(fields, 'logsBloom', operator), timestamp: quantity(fields, 'timestamp', operator), baseFeePerGas: fields['baseFeePerGas'] === undefined ? 0n : quantity(fields, 'baseFeePerGas', operator),
  };
}

function data(fields: Readonly<Record<string, unknown>>, name: string, operator: string): Hex {
  const value = fields[name];
  if (!isHex(value) || value.length % 2 !== 0) throw new EndpointFault('malformed', operator, `${operator}: header.${name}: expected hexadecimal data, got ${JSON.stringify(value)}`);
  return value.toLowerCase() as Hex;
}

function quantity(fields: Readonly<Record<string, unknown>>, name: string, operator: string): bigint {
  const value = fields[name];
  if (!isHex(value) || value.length < 3) throw new EndpointFault('malformed', operator, `${operator}: header.${name}: expected a quantity, got ${JSON.stringify(value)}`);
  return hexToBigInt(value);
}

/** Minimal big-endian bytes, empty for zero, as RLP writes integers. */
export function minimal(value: bigint): Hex {
  if (value === 0n) return '0x';
  const hex = toHex(value);
  return hex.length % 2 === 0 ? hex : `0x0${hex.slice(2)}`;
}
