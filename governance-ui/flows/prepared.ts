// What a flow hands to the page: one transaction, whole, before anyone is asked to sign it. Owns the shape and its unsigned export.
// Invariant: bytes are built once here and compared with what the chain shows afterwards.

import type { Hex } from 'viem';
import type { Call } from '../chain/decode.ts';

export interface PreparedTransaction extends Call {
  readonly chain: 'l1' | 'l2';
  readonly chainId: number;
  /** What the button says: "Deposit 1 ETH". */
  readonly title: string;
}

/** For signing elsewhere: plain JSON that wallets and command lines take. */
export function unsignedJson({ chainId, to, data, valueWei }: PreparedTransaction, from: Hex | undefined): string {
  const quantity = (value: bigint): Hex => `0x${value.toString(16)}`;
  return JSON.stringify({ chainId, ...(from === undefined ? {} : { from }), to, value: quantity(valueWei), data }, null, 2);
}
