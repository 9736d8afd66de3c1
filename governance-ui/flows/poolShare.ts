// The steps by which a share of a pool is paid in a frozen chain, each as one transaction. Owns their bytes and which is next: ratios, then
// collecting what the pool holds, then the supply, then the holder's share. Each is done once for everyone, the last for one holder.
// Invariant: a step is made only of what L1 has not done yet, so that any browser goes on where another stopped.

import { encodeFunctionData } from 'viem';
import type { Hex } from 'viem';
import { ABIS } from '../chain/abis.ts';
import { keyOfAsset } from '../chain/exit/kit.ts';
import type { KitAsset, KitClaimant } from '../chain/exit/kit.ts';
import { isDivisible } from '../chain/exit/pool.ts';
import type { PoolShare, PoolState } from '../chain/exit/pool.ts';
import { hatchCall, onChain } from './frozenExit.ts';
import type { PreparedTransaction } from './prepared.ts';

export type PoolStep = 'ratios' | 'collect' | 'supply' | 'redeem' | 'done';
/** Each holding is an exit of its own, and a transaction may have 16,777,216 gas. */
const HOLDINGS_PER_TRANSACTION = 12;

export function nextPoolStep({ share, state, hatch, chainId }: { share: PoolShare; state: PoolState; hatch: Hex; chainId: number }): { readonly step: PoolStep; readonly prepared: PreparedTransaction | undefined } {
  const { kit, resolver, holder, supply, balance } = share;
  const open = kit.holdings.filter(({ asset }, index) => state.open.holdings[index] === true && isDivisible(asset));
  const isWanted = (asset: KitAsset): boolean => open.some((holding) => keyOfAsset(holding.asset) === keyOfAsset(asset));
  const ratios = kit.ratios.filter(({ asset }, index) => state.open.ratios[index] === true && isWanted(asset));
  const on = (to: Hex, title: string, data: Hex): PreparedTransaction => ({ chain: 'l1', chainId, to, valueWei: 0n, title, data, ...(to === resolver ? { readAs: 'PoolResolver' as const } : {}) });
  const call = (functionName: string, ...args: readonly unknown[]): Hex => encodeFunctionData({ abi: ABIS.PoolResolver, functionName, args });
  if (ratios.length > 0) return { step: 'ratios', prepared: on(hatch, 'Fix the ratios', hatchCall('multicall', ratios.map(({ asset, accountProof, burnedProof }) => hatchCall('fixRatio', onChain(asset), accountProof, burnedProof)), 0n)) };
  if (open.length > 0) {
    const some = open.slice(0, HOLDINGS_PER_TRANSACTION).map(({ asset, isUncredited, accountProof, storageProof }) => ({ asset: onChain(asset), isUncredited, accountProof, storageProof }));
    return { step: 'collect', prepared: on(resolver, 'Collect', call('collect', withDeadline(kit.claimant), some)) };
  }
  if (!state.isSupplyProven) return { step: 'supply', prepared: on(resolver, 'Prove the supply', call('proveSupply', supply.accountProof, supply.storageProof)) };
  const owed = state.shares.filter((one) => one.owed > 0n).map(({ asset }) => onChain(asset));
  if (owed.length === 0) return { step: 'done', prepared: undefined };
  return { step: 'redeem', prepared: on(resolver, 'Redeem', call('redeem', withDeadline(holder), owed, balance.accountProof, balance.storageProof)) };
}

function withDeadline(claimant: KitClaimant | null): unknown {
  return claimant === null ? null : { ...claimant, deadline: BigInt(claimant.deadline) };
}
