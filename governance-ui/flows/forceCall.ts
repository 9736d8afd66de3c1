// A forced call: from your L1 address, on L2, past any sequencer. Owns the message's fields, for a transfer, a withdrawal, free data
// and a transaction that was signed for L2.
// Invariant: gas is at least what the Inbox demands for the data, by the protocol's own formula.

import { encodeFunctionData, hexToBytes } from 'viem';
import type { Hex } from 'viem';
import { minimumMessageGas } from '@keyfall/protocol/fees.ts';
import { MESSAGE_PASSER } from '@keyfall/protocol/addresses.ts';
import { ABIS } from '../chain/abis.ts';
import type { PreparedTransaction } from './prepared.ts';

const PRICE_MARGIN = 2n;
const EXECUTION_GAS = 200_000n;
export const FORCE_SURCHARGE_ZKGAS = 100_000n;

export interface ForcedCall { readonly to: Hex; readonly valueWei: bigint; readonly mintWei: bigint; readonly data: Hex }

/** A withdrawal of L2 ETH that does not need the sequencer. */
export function forcedWithdrawal(recipient: Hex, amountWei: bigint): ForcedCall {
  return { to: MESSAGE_PASSER, valueWei: amountWei, mintWei: 0n, data: encodeFunctionData({ abi: ABIS.MessagePasser, functionName: 'withdrawEth', args: [recipient] }) };
}

/** An L2 transaction that somebody signed already. */
export interface SignedMessage { readonly raw: Hex; readonly gas: bigint; readonly surcharge: bigint }

/** Gas that a signed message prepays: its own limit, and never less than the Inbox demands for its bytes. */
export function signedGas(raw: Hex, gasLimit: bigint): bigint {
  const least = minimumMessageGas('signed', hexToBytes(raw).length);
  return gasLimit > least ? gasLimit : least;
}

export function forceSigned({ inbox, chainId, message: { raw, gas, surcharge }, priceWei }: { inbox: Hex; chainId: number; message: SignedMessage; priceWei: bigint }): PreparedTransaction {
  return { chain: 'l1', chainId, to: inbox, valueWei: priceWei * PRICE_MARGIN, title: 'Force', data: encodeFunctionData({ abi: ABIS.Inbox, functionName: 'sendSigned', args: [gas, surcharge, raw] }) };
}

export function gasOf({ data }: ForcedCall): bigint {
  return minimumMessageGas('call', hexToBytes(data).length) + EXECUTION_GAS;
}

export function zkGasOf(call: ForcedCall): bigint {
  return gasOf(call) + FORCE_SURCHARGE_ZKGAS;
}

export function forceCall({ inbox, chainId, call, priceWei }: { inbox: Hex; chainId: number; call: ForcedCall; priceWei: bigint }): PreparedTransaction {
  const { to, mintWei, valueWei, data } = call;
  return {
    chain: 'l1', chainId, to: inbox, valueWei: mintWei + priceWei * PRICE_MARGIN, title: 'Force',
    data: encodeFunctionData({ abi: ABIS.Inbox, functionName: 'sendCall', args: [to, mintWei, valueWei, gasOf(call), FORCE_SURCHARGE_ZKGAS, data] }),
  };
}
