// Block headers as RPC gives them, recomputed: a header counts only if its fields hash to the hash it came with.
// Owns the order of the fields (Ethereum up to Osaka: optional ones at the end) and that check. With a header's hash agreed on,
// everything its roots commit to can be checked here, whoever sent it.
// Invariant: a header that is returned hashes to its `hash`.

import { keccak256, toRlp } from 'viem';
import type { Hex } from 'viem';

export interface Header {
  readonly number: bigint;
  readonly hash: Hex;
  readonly parentHash: Hex;
  readonly stateRoot: Hex;
  readonly transactionsRoot: Hex;
  readonly receiptsRoot: Hex;
  readonly logsBloom: Hex;
  readonly gasUsed: bigint;
  readonly timestamp: bigint;
}

const FIELDS = [
  ['parentHash', 'data'], ['sha3Uncles', 'data'], ['miner', 'data'], ['stateRoot', 'data'], ['transactionsRoot', 'data'], ['receiptsRoot', 'data'], ['logsBloom', 'data'],
  ['difficulty', 'quantity'], ['number', 'quantity'], ['gasLimit', 'quantity'], ['gasUsed', 'quantity'], ['timestamp', 'quantity'], ['extraData', 'data'], ['mixHash', 'data'], ['nonce', 'data'],
] as const;
/** Each came with a fork; one that is present demands those before it. */
const LATER_FIELDS = [
  ['baseFeePerGas', 'quantity'], ['withdrawalsRoot', 'data'], ['blobGasUsed', 'quantity'], ['excessBlobGas', 'quantity'], ['parentBeaconBlockRoot', 'data'], ['requestsHash', 'data'],
] as const;

/** A quantity as RLP has it: no leading zeros, zero is empty. */
function quantityBytes(text: string): Hex {
  const value = BigInt(text);
  if (value === 0n) return '0x';
  const digits = value.toString(16);
  return `0x${digits.length % 2 === 0 ? digits : `0${digits}`}`;
}

function field(block: Readonly<Record<string, unknown>>, name: string, kind: 'data' | 'quantity'): Hex {
  const value = block[name];
  if (typeof value !== 'string' || !/^0x[0-9a-f]*$/i.test(value)) throw new Error(`header: expected hexadecimal ${name}, got ${typeof value}`);
  return kind === 'quantity' ? quantityBytes(value) : (value.toLowerCase() as Hex);
}

/** The header of a block as `eth_getBlockBy...` answers it. @throws Error if it is not one or does not hash to its hash */
export function verifiedHeader(answer: unknown): Header {
  if (answer === null || typeof answer !== 'object') throw new Error('the block is not there');
  const block = answer as Readonly<Record<string, unknown>>;
  const later = LATER_FIELDS.filter(([name]) => block[name] !== undefined && block[name] !== null);
  const fields = [...FIELDS, ...later].map(([name, kind]) => field(block, name, kind));
  const hash = keccak256(toRlp(fields));
  const claimed = field(block, 'hash', 'data');
  if (hash !== claimed) throw new Error(`the header does not hash to its hash: computed ${hash}, claimed ${claimed}`);
  return {
    number: BigInt(String(block['number'])), hash, parentHash: field(block, 'parentHash', 'data'), stateRoot: field(block, 'stateRoot', 'data'),
    transactionsRoot: field(block, 'transactionsRoot', 'data'), receiptsRoot: field(block, 'receiptsRoot', 'data'), logsBloom: field(block, 'logsBloom', 'data'), gasUsed: BigInt(String(block['gasUsed'])), timestamp: BigInt(String(block['timestamp'])),
  };
}
