// Credits: withdrawals whose payment failed, kept by the Vault for their recipient. Owns finding those of an account from L1 alone and the
// redirection of one as EIP-712 data. The asset behind a key is told by its own deposit, because a credit's event names the key only.
// Invariant: an amount is the Vault's own at a block; a credit whose asset cannot be told is shown as such, never left out.

import type { Hex } from 'viem';
import { assetKey } from '@keyfall/protocol/withdrawal.ts';
import { view } from './contract.ts';
import { events } from './logs.ts';
import type { ListedEvent } from './recompute/l1Events.ts';
import { unknown } from './reading.ts';
import type { BlockRef, Reading } from './reading.ts';
import type { System } from './system.ts';
import { flatTyped } from './typedData.ts';
import type { FlatTyped } from './typedData.ts';
import { ETH, kindName } from './vault.ts';
import type { Asset } from './vault.ts';

export interface Credit {
  readonly key: Hex;
  /** undefined: no deposit of it was found, so nothing can be claimed from here. */
  readonly asset: Asset | undefined;
  readonly amount: bigint;
  /** Withdrawals whose payment failed, by their hashes, newest last. */
  readonly withdrawals: readonly ListedEvent[];
}

interface CreditEvent { readonly withdrawalHash: Hex; readonly assetKey: Hex; readonly recipient: Hex }

const ETH_KEY = assetKey('eth', ETH.token, 0n);

/** A credit whose asset is not known may be open. */
export const isOpenCredit = ({ asset, amount }: Credit): boolean => asset === undefined || amount > 0n;

/** Every credit that an account ever had; those that were paid have no amount left. */
export async function creditsOf({ vault }: System, at: BlockRef, account: Hex, deployBlock: bigint): Promise<Reading<readonly Credit[]>> {
  const found = await events<CreditEvent>(vault, at, 'WithdrawalCredited', deployBlock, { recipient: account });
  if (!found.known) return found;
  const keys = new Map<Hex, ListedEvent[]>();
  for (const { args, blockNumber } of found.value) keys.set(args.assetKey, [...(keys.get(args.assetKey) ?? []), { id: args.withdrawalHash, block: blockNumber }]);
  const credits: Credit[] = [];
  for (const [key, withdrawals] of keys) {
    const asset = await assetOf(vault, at, key, deployBlock);
    if (!asset.known) return asset;
    if (asset.value === undefined) {
      credits.push({ key, asset: undefined, amount: 0n, withdrawals });
      continue;
    }
    const amount = await view<bigint>(vault, at, 'creditOf', account, asset.value);
    if (!amount.known) return amount;
    credits.push({ key, asset: asset.value, amount: amount.value, withdrawals });
  }
  return { ...found, value: credits };
}

/** What a key stands for, as the Vault told when it was first deposited; the fields must hash to the key. */
async function assetOf(vault: System['vault'], at: BlockRef, key: Hex, deployBlock: bigint): Promise<Reading<Asset | undefined>> {
  if (key === ETH_KEY) return { known: true, at, trust: vault.chain.trust, value: ETH };
  const told = await events<{ asset: Asset }>(vault, at, 'Deposited', deployBlock, { assetKey: key });
  if (!told.known) return told;
  const asset = told.value[0]?.args.asset;
  if (asset === undefined) return { ...told, value: undefined };
  if (assetKey(kindName(asset.kind), asset.token.toLowerCase() as Hex, asset.id) !== key) return unknown(`an endpoint's deposit of asset ${key} does not hash to it`);
  return { ...told, value: asset };
}

/** What became of a paid withdrawal: paid out, or kept as a credit. */
export async function wasCredited({ vault }: System, at: BlockRef, withdrawalHash: Hex, deployBlock: bigint): Promise<Reading<boolean>> {
  const found = await events<CreditEvent>(vault, at, 'WithdrawalCredited', deployBlock, { withdrawalHash });
  return found.known ? { ...found, value: found.value.length > 0 } : found;
}

export const creditNonce = async ({ vault }: System, at: BlockRef, owner: Hex): Promise<Reading<bigint>> => view(vault, at, 'redirectNonce', owner);

const REDIRECT_FIELDS = [{ name: 'owner', type: 'address' }, { name: 'assetKey', type: 'bytes32' }, { name: 'to', type: 'address' }, { name: 'nonce', type: 'uint256' }, { name: 'deadline', type: 'uint256' }] as const;

export function typedCreditRedirect({ vault, chainId, owner, key, to, nonce, deadline }: { vault: Hex; chainId: number; owner: Hex; key: Hex; to: Hex; nonce: bigint; deadline: bigint }): FlatTyped {
  return flatTyped({ name: 'Keyfall Vault', chainId, contract: vault, primaryType: 'Redirect', fields: REDIRECT_FIELDS, message: { owner, assetKey: key, to, nonce, deadline }, sentence: `Until the deadline, the Vault's credit of ${owner} in this one asset may be paid to ${to}, by anyone who sends it.` });
}
