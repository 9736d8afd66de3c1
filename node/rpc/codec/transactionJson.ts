// Transactions as JSON-RPC shows them: types 0, 1, 2 and 4 in geth's words, 0x7e with every field of SPEC.md section 3.
//
// Owns: the JSON of a transaction, mined or pending. Does not own: blocks and receipts.
// Invariant: quantities are minimal hexadecimal; a mined transaction names its block, a pending one has null there.
// Type 0x7e carries no nonce, gas price or signature: those members are zero because tools demand them.

import type { AccessListItem, Authorization, BlockTransaction, SignedTransaction } from '../../execute/api.ts';
import { data, quantity } from './hex.ts';
import type { JsonObject } from '../json.ts';

/** Where a mined transaction stands and what it paid. */
export interface Placement { blockHash: Uint8Array; blockNumber: bigint; blockTimestamp: bigint; position: number; effectiveGasPrice: bigint }

export function accessListJson(list: readonly AccessListItem[]): JsonObject[] {
  return list.map((item) => ({ address: data(item.address), storageKeys: item.storageKeys.map(data) }));
}

export function authorizationJson(item: Authorization): JsonObject {
  return {
    chainId: quantity(item.chainId), address: data(item.address), nonce: quantity(item.nonce),
    yParity: quantity(item.yParity), r: quantity(item.r), s: quantity(item.s),
  };
}

function placementJson(placement: Placement | undefined): JsonObject {
  return {
    blockHash: placement === undefined ? null : data(placement.blockHash),
    blockNumber: placement === undefined ? null : quantity(placement.blockNumber),
    blockTimestamp: placement === undefined ? null : quantity(placement.blockTimestamp),
    transactionIndex: placement === undefined ? null : quantity(placement.position),
  };
}

/** Members that depend on the type: fees, lists, replay protection. */
function typedMembers(transaction: SignedTransaction, placement: Placement | undefined): JsonObject {
  switch (transaction.type) {
    case 0:
      return {
        gasPrice: quantity(transaction.gasPrice), v: quantity(transaction.v),
        ...(transaction.chainId === undefined ? {} : { chainId: quantity(transaction.chainId) }),
      };
    case 1:
      return { gasPrice: quantity(transaction.gasPrice), ...envelopeMembers(transaction) };
    case 2:
    case 4:
      return {
        gasPrice: quantity(placement?.effectiveGasPrice ?? transaction.maxFeePerGas),
        maxFeePerGas: quantity(transaction.maxFeePerGas),
        maxPriorityFeePerGas: quantity(transaction.maxPriorityFeePerGas),
        ...envelopeMembers(transaction),
        ...(transaction.type === 4 ? { authorizationList: transaction.authorizationList.map(authorizationJson) } : {}),
      };
  }
}

function envelopeMembers(transaction: SignedTransaction): JsonObject {
  return {
    accessList: accessListJson(transaction.accessList), chainId: quantity(transaction.chainId ?? 0n),
    v: quantity(transaction.yParity), yParity: quantity(transaction.yParity),
  };
}

/** A transaction of a block (with its placement) or of the pool (without). */
export function transactionJson(transaction: BlockTransaction, placement: Placement | undefined): JsonObject {
  const common = {
    ...placementJson(placement),
    hash: data(transaction.hash), from: data(transaction.sender), to: transaction.to === undefined ? null : data(transaction.to),
    gas: quantity(transaction.gasLimit), value: quantity(transaction.value), input: data(transaction.data),
    type: quantity(transaction.type),
  };
  if (transaction.type === 0x7e) {
    return {
      ...common, nonce: '0x0', gasPrice: '0x0', v: '0x0', r: '0x0', s: '0x0', chainId: quantity(transaction.chainId),
      mint: quantity(transaction.mint), surchargeLimit: quantity(transaction.surchargeLimit), messageIndex: quantity(transaction.messageIndex),
    };
  }
  return { ...common, nonce: quantity(transaction.nonce), ...typedMembers(transaction, placement), r: quantity(transaction.r), s: quantity(transaction.s) };
}
