// The transaction object of eth_call, eth_estimateGas, eth_createAccessList, debug_traceCall and eth_fillTransaction.
//
// Owns: its strict decoding into the engine's CallRequest plus what only filling needs (type, chainId).
// Does not own: defaults of fees and gas (the methods), execution (node/execute).
// Invariant: `data` and `input` never disagree; members outside the specification are ignored as geth does, except
// blob members, which this chain cannot carry and therefore refuses.

import type { AccessListItem, Authorization, CallRequest } from '../../execute/api.ts';
import { invalidParams } from '../errors.ts';
import { sameBytes } from './hex.ts';
import { decodeAddress, decodeArray, decodeData, decodeHash, decodeObject, decodeQuantity, member, required } from './parameter.ts';
import type { Parameter } from './parameter.ts';

/** A decoded transaction object. */
export interface TransactionRequest extends CallRequest {
  chainId?: bigint;
  type?: number;
}

const MAXIMUM_LIST_ITEMS = 4_096;
const quantity64 = (value: unknown, path: string): bigint => decodeQuantity(value, path, 64);
const quantity256 = (value: unknown, path: string): bigint => decodeQuantity(value, path, 256);

/** EIP-2930 list as JSON. */
export function decodeAccessList(value: unknown, path: string): AccessListItem[] {
  return decodeArray(value, path, MAXIMUM_LIST_ITEMS).map((item, index) => {
    const at = `${path}[${index}]`;
    const object = decodeObject(item, at);
    const address = member(object, 'address', at, decodeAddress);
    if (address === undefined) throw invalidParams(`invalid ${at}: expected an address`);
    const keys = member(object, 'storageKeys', at, (list, keysPath) =>
      decodeArray(list, keysPath, MAXIMUM_LIST_ITEMS).map((key, keyIndex) => decodeHash(key, `${keysPath}[${keyIndex}]`)));
    return { address, storageKeys: keys ?? [] };
  });
}

/** EIP-7702 list as JSON. */
export function decodeAuthorizationList(value: unknown, path: string): Authorization[] {
  return decodeArray(value, path, MAXIMUM_LIST_ITEMS).map((item, index) => {
    const at = `${path}[${index}]`;
    const object = decodeObject(item, at);
    const quantity = (key: string, bits: number): bigint => {
      const decoded = member(object, key, at, (field, fieldPath) => decodeQuantity(field, fieldPath, bits));
      if (decoded === undefined) throw invalidParams(`invalid ${at}: expected ${key}`);
      return decoded;
    };
    const address = member(object, 'address', at, decodeAddress);
    if (address === undefined) throw invalidParams(`invalid ${at}: expected an address`);
    return { chainId: quantity('chainId', 256), address, nonce: quantity('nonce', 64), yParity: quantity('yParity', 8), r: quantity('r', 256), s: quantity('s', 256) };
  });
}

/** The transaction object. */
export function decodeTransactionRequest(value: unknown, path: string): TransactionRequest {
  const object = decodeObject(value, path);
  for (const key of ['blobVersionedHashes', 'blobs', 'maxFeePerBlobGas']) {
    if (member(object, key, path, (field) => field) !== undefined) throw invalidParams(`invalid ${path}: this chain has no blob transactions, got ${key}`);
  }
  const input = member(object, 'input', path, decodeData);
  const data = member(object, 'data', path, decodeData);
  if (input !== undefined && data !== undefined && !sameBytes(input, data)) {
    throw invalidParams(`invalid ${path}: both "data" and "input" are set and not equal. Please use "input" to pass transaction call data`);
  }
  const request: TransactionRequest = {};
  const assign = <K extends keyof TransactionRequest>(key: K, field: TransactionRequest[K] | undefined): void => {
    if (field !== undefined) request[key] = field;
  };
  assign('from', member(object, 'from', path, decodeAddress));
  assign('to', member(object, 'to', path, decodeAddress));
  assign('gas', member(object, 'gas', path, quantity64));
  assign('gasPrice', member(object, 'gasPrice', path, quantity256));
  assign('maxFeePerGas', member(object, 'maxFeePerGas', path, quantity256));
  assign('maxPriorityFeePerGas', member(object, 'maxPriorityFeePerGas', path, quantity256));
  assign('value', member(object, 'value', path, quantity256));
  assign('nonce', member(object, 'nonce', path, quantity64));
  assign('data', input ?? data);
  assign('accessList', member(object, 'accessList', path, decodeAccessList));
  assign('authorizationList', member(object, 'authorizationList', path, decodeAuthorizationList));
  assign('chainId', member(object, 'chainId', path, quantity256));
  const type = member(object, 'type', path, (field, fieldPath) => decodeQuantity(field, fieldPath, 8));
  if (type !== undefined) request.type = Number(type);
  if (request.gasPrice !== undefined && (request.maxFeePerGas !== undefined || request.maxPriorityFeePerGas !== undefined)) {
    throw invalidParams(`invalid ${path}: both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified`);
  }
  return request;
}

export const transactionRequestParameter: Parameter<TransactionRequest> = required('transaction', 'transaction object', decodeTransactionRequest);
