// The envelope of a transaction that nobody signed yet: its EIP-2718 bytes with zero signature members, as geth returns them.
//
// Owns: encoding of types 0, 1, 2 and 4 without a signature. Does not own: filling in the fields (methods).
// Invariant: the bytes decode as an ordinary transaction of that type whose r and s are zero, hence never as a valid one.

import { concat, encodeRlp, keccak, minimalBytes } from '@keyfall/protocol';
import type { RlpItem } from '@keyfall/protocol';
import type { AccessListItem, Authorization } from '../../execute/api.ts';

/** A complete transaction; members that its type lacks are ignored. */
export interface FilledTransaction {
  type: 0 | 1 | 2 | 4;
  chainId: bigint; nonce: bigint; to: Uint8Array | undefined; value: bigint; data: Uint8Array; gas: bigint;
  gasPrice: bigint; maxFeePerGas: bigint; maxPriorityFeePerGas: bigint;
  accessList: readonly AccessListItem[]; authorizationList: readonly Authorization[];
}

const EMPTY = new Uint8Array(0);

function accessListItem(list: readonly AccessListItem[]): RlpItem {
  return list.map((item) => [item.address, [...item.storageKeys]]);
}

function authorizationItem(item: Authorization): RlpItem {
  return [minimalBytes(item.chainId), item.address, minimalBytes(item.nonce), minimalBytes(item.yParity), minimalBytes(item.r), minimalBytes(item.s)];
}

function fields(transaction: FilledTransaction): RlpItem[] {
  const { type } = transaction;
  const to = transaction.to ?? EMPTY;
  const head = type === 0 ? [minimalBytes(transaction.nonce)] : [minimalBytes(transaction.chainId), minimalBytes(transaction.nonce)];
  const price = type === 0 || type === 1
    ? [minimalBytes(transaction.gasPrice)]
    : [minimalBytes(transaction.maxPriorityFeePerGas), minimalBytes(transaction.maxFeePerGas)];
  const body = [minimalBytes(transaction.gas), to, minimalBytes(transaction.value), transaction.data];
  const lists = type === 0 ? [] : [accessListItem(transaction.accessList)];
  const authorizations = type === 4 ? [transaction.authorizationList.map(authorizationItem)] : [];
  return [...head, ...price, ...body, ...lists, ...authorizations, EMPTY, EMPTY, EMPTY];
}

/** Bytes and their hash; the hash is not the one the signed transaction will have. */
export function unsignedTransaction(transaction: FilledTransaction): { raw: Uint8Array; hash: Uint8Array } {
  const list = encodeRlp(fields(transaction));
  const raw = transaction.type === 0 ? list : concat(Uint8Array.of(transaction.type), list);
  return { raw, hash: keccak(raw) };
}
