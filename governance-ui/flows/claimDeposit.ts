// Making a deposit good that the L2 bridge could not credit when it came. Owns the call's bytes. Anyone may send it.
// Invariant: the receiver is the one that the deposit named.

import { encodeFunctionData } from 'viem';
import type { Hex } from 'viem';
import { L2_BRIDGE } from '@keyfall/protocol/addresses.ts';
import { ABIS } from '../chain/abis.ts';
import type { Asset } from '../chain/vault.ts';
import type { PreparedTransaction } from './prepared.ts';

export function claimDeposit({ chainId, asset: { kind, token, id }, account }: { chainId: number; asset: Asset; account: Hex }): PreparedTransaction {
  return { chain: 'l2', chainId, to: L2_BRIDGE, valueWei: 0n, title: 'Claim', data: encodeFunctionData({ abi: ABIS.L2Bridge, functionName: 'claim', args: [kind, token, id, account] }) };
}
