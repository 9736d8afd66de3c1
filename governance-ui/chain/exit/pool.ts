// A share of a pool in a frozen chain: the pool's own kit, the supply of its token and what the holder has of it, checked under the pinned
// root. Owns this shape, its check (in a worker) and what the pool's resolver says is left. Making one is buildPool.ts.
// Invariant: a share is offered only if the pool's resolver, the holder's payee, supply and balance were all proven under one root.

import type { Hex } from 'viem';
import { mappingSlot } from '@keyfall/protocol/withdrawal.ts';
import { ProofFault } from '../proof/account.ts';
import { view } from '../contract.ts';
import type { Contract } from '../contract.ts';
import type { BlockRef, Reading } from '../reading.ts';
import type { System } from '../system.ts';
import { ENTITLEMENTS, keyOfAsset, padded, slotUnder, verifyClaimant, verifyKit } from './kit.ts';
import type { ExitKit, KitAsset, KitClaimant, KitGround } from './kit.ts';
import { openParts } from './status.ts';
import type { OpenParts } from './status.ts';

export interface ProvenWord { readonly word: string; readonly accountProof: readonly Hex[]; readonly storageProof: readonly Hex[] }

export interface PoolShare {
  readonly kit: ExitKit; readonly resolver: Hex; readonly token: Hex; readonly balancesSlot: string; readonly supplySlot: string;
  readonly holder: KitClaimant; readonly holderPayee: Hex; readonly how: string;
  readonly supply: ProvenWord; readonly balance: ProvenWord;
}

export interface VerifiedPool { readonly supply: bigint; readonly balance: bigint; readonly nodeCount: number }

/** @throws ProofFault or Error naming the first thing that does not hold */
export function verifyPool({ kit, resolver, token, balancesSlot, supplySlot, holder, holderPayee, supply, balance }: PoolShare, ground: KitGround): VerifiedPool {
  const verified = verifyKit(kit, ground);
  if (kit.claimant?.entitlement !== ENTITLEMENTS.indexOf('resolver') || verified.payee !== resolver) throw new ProofFault('RESOLVER', `the pool's resolver: the proofs show ${verified.payee ?? 'nobody'}, the share names ${resolver}`);
  const payee = verifyClaimant(holder, ground.root);
  if (payee !== holderPayee) throw new ProofFault('PAYEE', `the holder's payee: the proofs show ${payee}, the share names ${holderPayee}`);
  const wordOf = (slot: Hex, { word, accountProof, storageProof }: ProvenWord, what: string): bigint => {
    const proven = slotUnder(ground.root, token, slot, accountProof, storageProof);
    if (proven !== BigInt(word)) throw new ProofFault('AMOUNT', `${what}: the proof shows ${proven}, the share says ${word}`);
    return proven;
  };
  const total = wordOf(`0x${BigInt(supplySlot).toString(16).padStart(64, '0')}`, supply, 'the supply of the pool\'s token');
  const own = wordOf(mappingSlot(padded(holder.owner), BigInt(balancesSlot)), balance, 'the holder\'s balance of it');
  return { supply: total, balance: own, nodeCount: verified.nodeCount + supply.accountProof.length + supply.storageProof.length + balance.accountProof.length + balance.storageProof.length };
}

/** NFTs cannot be shared out; the resolver refuses them. */
export const isDivisible = ({ kind }: KitAsset): boolean => kind !== 'erc721';

/** What of an asset came to the resolver, and what the holder had of it and is still owed. */
export interface AssetShare { readonly asset: KitAsset; readonly collected: bigint; readonly redeemed: bigint; readonly owed: bigint }
export interface PoolState { readonly open: OpenParts; readonly isSupplyProven: boolean; readonly shares: readonly AssetShare[] }

export async function poolState(system: System, at: BlockRef, { kit, resolver, holder, supply, balance }: PoolShare): Promise<Reading<PoolState>> {
  const contract: Contract = { name: 'PoolResolver', address: resolver, chain: system.rollup.chain };
  const [open, proven] = await Promise.all([openParts(system, at, kit), view<bigint>(contract, at, 'supply')]);
  if (!open.known) return open;
  if (!proven.known) return proven;
  const assets = new Map(kit.holdings.filter(({ asset }) => isDivisible(asset)).map(({ asset }) => [keyOfAsset(asset), asset]));
  const shares: AssetShare[] = [];
  for (const [key, asset] of assets) {
    const [collected, redeemed] = await Promise.all([view<bigint>(contract, at, 'collectedOf', key), view<bigint>(contract, at, 'redeemedOf', holder.owner, key)]);
    if (!collected.known) return collected;
    if (!redeemed.known) return redeemed;
    const part = (collected.value * BigInt(balance.word)) / BigInt(supply.word);
    shares.push({ asset, collected: collected.value, redeemed: redeemed.value, owed: part > redeemed.value ? part - redeemed.value : 0n });
  }
  return { ...open, value: { open: open.value, isSupplyProven: proven.value !== 0n, shares } };
}
