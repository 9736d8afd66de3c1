// What of an exit kit L1 has paid already: read at each block, so that any browser goes on where another stopped. Owns these reads, and
// the payee's redirection as EIP-712 data. Invariant: *paid* is the contracts' word, never this browser's memory.

import type { Hex } from 'viem';
import { ASSET_KINDS } from '@keyfall/protocol/withdrawal.ts';
import { view } from '../contract.ts';
import { unknown } from '../reading.ts';
import type { BlockRef, Reading } from '../reading.ts';
import type { System } from '../system.ts';
import { flatTyped } from '../typedData.ts';
import type { FlatTyped } from '../typedData.ts';
import { isWithdrawn } from '../vault.ts';
import type { ExitKit, KitAsset } from './kit.ts';

/** true = not done yet, in the order of the kit's lists. */
export interface OpenParts { readonly holdings: readonly boolean[]; readonly ratios: readonly boolean[]; readonly refunds: readonly boolean[]; readonly withdrawals: readonly boolean[]; readonly skippedRanges: bigint }

const onChain = ({ kind, token, id }: KitAsset): { kind: number; token: Hex; id: bigint } => ({ kind: ASSET_KINDS[kind], token, id: BigInt(id) });

export async function openParts({ exits: { hatch, lifecycle }, vault }: System, at: BlockRef, kit: ExitKit): Promise<Reading<OpenParts>> {
  if (hatch === undefined || lifecycle === undefined) return unknown('no EscapeHatch stands');
  const { claimant } = kit;
  const ask = async <T>(items: readonly T[], isDone: (item: T) => Promise<Reading<boolean>>): Promise<Reading<readonly boolean[]>> => {
    const read = await Promise.all(items.map(isDone));
    const bad = read.find((one) => !one.known);
    return bad?.known === false ? bad : { known: true, at, trust: hatch.chain.trust, value: read.map((one) => one.known && !one.value) };
  };
  const [holdings, ratios, refunds, withdrawals, ranges] = await Promise.all([
    ask(kit.holdings, async ({ asset, isUncredited }) => view<boolean>(hatch, at, 'isExited', claimant?.owner, onChain(asset), isUncredited)),
    ask(kit.ratios, async ({ asset }) => {
      const ratio = await view<{ isFixed: boolean }>(hatch, at, 'ratioOf', onChain(asset));
      return ratio.known ? { ...ratio, value: ratio.value.isFixed } : ratio;
    }),
    ask(kit.refunds, async ({ index }) => view<boolean>(hatch, at, 'isRefunded', BigInt(index))),
    ask(kit.withdrawals, async ({ hash }) => isWithdrawn(vault, at, hash)),
    view<bigint>(lifecycle, at, 'skippedRangeCount'),
  ]);
  if (!holdings.known) return holdings;
  if (!ratios.known) return ratios;
  if (!refunds.known) return refunds;
  if (!withdrawals.known) return withdrawals;
  return ranges.known ? { ...ranges, value: { holdings: holdings.value, ratios: ratios.value, refunds: refunds.value, withdrawals: withdrawals.value, skippedRanges: ranges.value } } : ranges;
}

export const redirectNonce = async ({ exits: { hatch } }: System, at: BlockRef, payee: Hex): Promise<Reading<bigint>> => (hatch === undefined ? unknown('no EscapeHatch stands') : view(hatch, at, 'redirectNonce', payee));

const REDIRECT_FIELDS = [{ name: 'payee', type: 'address' }, { name: 'to', type: 'address' }, { name: 'nonce', type: 'uint256' }, { name: 'deadline', type: 'uint256' }] as const;

export function typedRedirect({ hatch, chainId, payee, to, nonce, deadline }: { hatch: Hex; chainId: number; payee: Hex; to: Hex; nonce: bigint; deadline: bigint }): FlatTyped {
  return flatTyped({ name: 'Keyfall EscapeHatch', chainId, contract: hatch, primaryType: 'Redirect', fields: REDIRECT_FIELDS, message: { payee, to, nonce, deadline }, sentence: `Until the deadline, everything that the frozen chain owes ${payee} may be paid to ${to}, by anyone who sends it.` });
}
