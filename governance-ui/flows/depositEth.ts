// Deposit of ETH: a forced call that mints on L2 and hands the money to its recipient. Owns the message's fields.
// Invariant: what is paid covers the price at twice the present base fee; the Inbox gives change in the same transaction.

import { encodeFunctionData } from 'viem';
import type { Hex } from 'viem';
import { ABIS } from '../chain/abis.ts';
import type { PreparedTransaction } from './prepared.ts';

/** For a recipient that runs code when it is paid. */
export const DEPOSIT_GAS = 100_000n;
export const DEPOSIT_SURCHARGE_ZKGAS = 100_000n;
/** The base fee may rise until the transaction is mined. */
const PRICE_MARGIN = 2n;

export function depositEth({ inbox, chainId, to, amountWei, priceWei }: { inbox: Hex; chainId: number; to: Hex; amountWei: bigint; priceWei: bigint }): PreparedTransaction {
  return {
    chain: 'l1', chainId, to: inbox, valueWei: amountWei + priceWei * PRICE_MARGIN, title: 'Deposit',
    data: encodeFunctionData({ abi: ABIS.Inbox, functionName: 'sendCall', args: [to, amountWei, amountWei, DEPOSIT_GAS, DEPOSIT_SURCHARGE_ZKGAS, '0x'] }),
  };
}
