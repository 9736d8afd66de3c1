// L1 transactions: signed bytes rebuilt from JSON-RPC fields, so that a transaction's hash is ours and not an endpoint's word.
//
// Owns: the field order of types 0..4 (EIP-155, 2930, 1559, 4844, 7702). Does not own: signatures; whether a block holds
// these transactions is decided by its transactionsRoot (receipt.ts).
// Invariant: the result is the one canonical encoding of the given fields.

import { RLP, type Input } from '@ethereumjs/rlp';
import { concat, minimalBytes } from '@keyfall/protocol';
import { readAddress, readArray, readData, readHash, readObject, readQuantity, bytesOfHex } from './hex.ts';
import { RetryableL1Fault } from './fault.ts';

type Json = Readonly<Record<string, unknown>>;
type Encode = (json: Json) => Input;

const quantity = (name: string): Encode => (json) => minimalBytes(readQuantity(json[name], `transaction.${name}`));
const destination: Encode = (json) =>
  json['to'] === null || json['to'] === undefined ? new Uint8Array(0) : readData(json['to'], 'transaction.to', 20);
const input: Encode = (json) => readData(json['input'], 'transaction.input');
const parity: Encode = (json) => minimalBytes(readQuantity(json['yParity'] ?? json['v'], 'transaction.yParity'));

const accessList: Encode = (json) =>
  readArray(json['accessList'] ?? [], 'transaction.accessList').map((value) => {
    const item = readObject(value, 'access list item');
    const keys = readArray(item['storageKeys'], 'access list keys').map((key) => bytesOfHex(readHash(key, 'access list key')));
    return [bytesOfHex(readAddress(item['address'], 'access list address')), keys];
  });

const blobHashes: Encode = (json) =>
  readArray(json['blobVersionedHashes'], 'transaction.blobVersionedHashes').map((hash) => bytesOfHex(readHash(hash, 'blob hash')));

const authorizations: Encode = (json) =>
  readArray(json['authorizationList'], 'transaction.authorizationList').map((value) => {
    const item = readObject(value, 'authorization');
    const number = (name: string): Uint8Array => minimalBytes(readQuantity(item[name], `authorization.${name}`));
    return [number('chainId'), bytesOfHex(readAddress(item['address'], 'authorization.address')), number('nonce'), number('yParity'), number('r'), number('s')];
  });

const SIGNATURE = [parity, quantity('r'), quantity('s')];
const PRIORITY_FEES = [quantity('chainId'), quantity('nonce'), quantity('maxPriorityFeePerGas'), quantity('maxFeePerGas')];
const BODY = [quantity('gas'), destination, quantity('value'), input];

/** RLP fields of each type, in order. */
const FIELDS: readonly (readonly Encode[])[] = [
  [quantity('nonce'), quantity('gasPrice'), ...BODY, quantity('v'), quantity('r'), quantity('s')],
  [quantity('chainId'), quantity('nonce'), quantity('gasPrice'), ...BODY, accessList, ...SIGNATURE],
  [...PRIORITY_FEES, ...BODY, accessList, ...SIGNATURE],
  [...PRIORITY_FEES, ...BODY, accessList, quantity('maxFeePerBlobGas'), blobHashes, ...SIGNATURE],
  [...PRIORITY_FEES, ...BODY, accessList, authorizations, ...SIGNATURE],
];

/** EIP-2718 bytes of a transaction given as JSON. @throws RetryableL1Fault 'malformed' on a type after Osaka or a bad field. */
export function encodeTransaction(value: unknown): Uint8Array {
  const json = readObject(value, 'transaction');
  const type = json['type'] === undefined || json['type'] === null ? 0 : Number(readQuantity(json['type'], 'transaction.type'));
  const fields = FIELDS[type];
  if (fields === undefined) throw new RetryableL1Fault('malformed', `transaction.type: expected 0 to ${FIELDS.length - 1}, got ${type}`);
  const body = RLP.encode(fields.map((encode) => encode(json)));
  return type === 0 ? body : concat(Uint8Array.of(type), body);
}
