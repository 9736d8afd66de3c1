// The transactions that pay everything of an exit kit, in as few as fit. Owns their bytes and their order: ratios first, because nothing
// of an asset is paid before its ratio is fixed. Invariant: only what L1 has not paid yet is in them, and nothing that was not in the kit.

import { encodeFunctionData } from 'viem';
import type { Hex } from 'viem';
import { ASSET_KINDS } from '@keyfall/protocol/withdrawal.ts';
import { ABIS } from '../chain/abis.ts';
import type { ExitKit, KitAsset, KitClaimant } from '../chain/exit/kit.ts';
import type { OpenParts } from '../chain/exit/status.ts';
import type { PreparedTransaction } from './prepared.ts';

/** Each holding costs up to some 600,000 gas, and a transaction may have 16,777,216. */
const HOLDINGS_PER_TRANSACTION = 20;
/** The hatch counts this many skipped ranges by itself. */
const SKIPPED_RANGES_AT_ONCE = 16n;
const ZERO_ADDRESS: Hex = `0x${'0'.repeat(40)}`;

export const onChain = ({ kind, token, id }: KitAsset): { kind: number; token: Hex; id: bigint } => ({ kind: ASSET_KINDS[kind], token, id: BigInt(id) });
export const hatchCall = (functionName: string, ...args: readonly unknown[]): Hex => encodeFunctionData({ abi: ABIS.EscapeHatch, functionName, args });

/** @param claimant the kit's, or one with another receiver by the payee's will */
export function frozenExits({ kit, open, claimant, hatch, chainId }: { kit: ExitKit; open: OpenParts; claimant: KitClaimant | null; hatch: Hex; chainId: number }): PreparedTransaction[] {
  const ratios = kit.ratios.filter((_, index) => open.ratios[index] === true);
  const counts = open.skippedRanges > SKIPPED_RANGES_AT_ONCE ? ratios.map(({ asset }) => hatchCall('countSkipped', onChain(asset), open.skippedRanges)) : [];
  const fixes = ratios.map(({ asset, accountProof, burnedProof }) => hatchCall('fixRatio', onChain(asset), accountProof, burnedProof));
  const refunds = kit.refunds.filter((_, index) => open.refunds[index] === true).map(({ index, message }) => hatchCall('refund', BigInt(index), message, ZERO_ADDRESS, 0n, '0x'));
  const holdings = claimant === null ? [] : kit.holdings.filter((_, index) => open.holdings[index] === true);
  const exits: Hex[] = [];
  for (let from = 0; from < holdings.length; from += HOLDINGS_PER_TRANSACTION) {
    const some = holdings.slice(from, from + HOLDINGS_PER_TRANSACTION).map(({ asset, isUncredited, accountProof, storageProof }) => ({ asset: onChain(asset), isUncredited, accountProof, storageProof }));
    exits.push(hatchCall('exit', claimant === null ? null : { ...claimant, deadline: BigInt(claimant.deadline) }, some));
  }
  const [first, ...more] = exits;
  const groups = [[...counts, ...(holdings.length > 0 ? fixes : []), ...(first === undefined ? [] : [first]), ...refunds], ...more.map((call) => [call])].filter((calls) => calls.length > 0);
  return groups.map((calls, index) => ({ chain: 'l1', chainId, to: hatch, valueWei: 0n, title: groups.length === 1 ? 'Escape' : `Escape, part ${index + 1} of ${groups.length}`, data: hatchCall('multicall', calls, 0n) }));
}
