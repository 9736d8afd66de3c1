// Withdrawal of a bridged token, first half: burnt on L2 by its holder. Owns the call's bytes, also as a forced message.
// Invariant: token and recipient are in the bytes; nobody who claims later can change them.

import { encodeFunctionData } from 'viem';
import type { Hex } from 'viem';
import { L2_BRIDGE } from '@keyfall/protocol/addresses.ts';
import { ASSET_KINDS } from '@keyfall/protocol/withdrawal.ts';
import type { AssetKind } from '@keyfall/protocol/withdrawal.ts';
import { ABIS } from '../chain/abis.ts';
import type { ForcedCall } from './forceCall.ts';
import type { PreparedTransaction } from './prepared.ts';

interface TokenAmount { readonly kind: AssetKind; readonly token: Hex; readonly id: bigint; readonly amount: bigint }

const burn = ({ kind, token, id, amount }: TokenAmount, recipient: Hex): Hex => encodeFunctionData({ abi: ABIS.L2Bridge, functionName: 'withdraw', args: [ASSET_KINDS[kind], token, id, amount, recipient] });

export function withdrawToken({ chainId, recipient, asset }: { chainId: number; recipient: Hex; asset: TokenAmount }): PreparedTransaction {
  return { chain: 'l2', chainId, to: L2_BRIDGE, valueWei: 0n, title: 'Withdraw', data: burn(asset, recipient) };
}

/** The same past any sequencer. */
export function forcedTokenWithdrawal(recipient: Hex, asset: TokenAmount): ForcedCall {
  return { to: L2_BRIDGE, valueWei: 0n, mintWei: 0n, data: burn(asset, recipient) };
}
