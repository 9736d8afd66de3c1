// Deposits that the L2Bridge recorded for an account because it could not credit them. Owns finding them in its events and what of them is
// left. Invariant: what was made good is not listed, and what is left is the bridge's own number at a block.

import type { Hex } from 'viem';
import { assetKey } from '@keyfall/protocol/withdrawal.ts';
import { view } from './contract.ts';
import { events } from './logs.ts';
import type { BlockRef, Reading } from './reading.ts';
import { kindName } from './vault.ts';
import type { Asset } from './vault.ts';
import type { System } from './system.ts';

export interface Uncredited { readonly key: Hex; readonly asset: Asset; readonly amount: bigint }

export async function uncreditedOf({ l2Bridge }: System, at: BlockRef, account: Hex): Promise<Reading<readonly Uncredited[]>> {
  const found = await events<{ kind: number; l1Token: Hex; id: bigint }>(l2Bridge, at, 'DepositClaimable', 0n, { to: account });
  if (!found.known) return found;
  const assets = new Map(found.value.map(({ args: { kind, l1Token, id } }) => [assetKey(kindName(kind), l1Token.toLowerCase() as Hex, id), { kind, token: l1Token, id }]));
  const list: Uncredited[] = [];
  for (const [key, asset] of assets) {
    const amount = await view<bigint>(l2Bridge, at, 'claimable', key, account);
    if (!amount.known) return amount;
    if (amount.value > 0n) list.push({ key, asset, amount: amount.value });
  }
  return { ...found, value: list };
}
