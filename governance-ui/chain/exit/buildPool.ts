// A pool share made from endpoints: what the pool holds, by which resolver it is shared out, and what the holder has of the pool's token.
// Owns the search. Endpoints are believed in nothing but completeness; the last check of the whole is pool.ts, in a worker.
// Invariant: a resolver that is not the reference one, made for this pool and this hatch, is named and not used.

import type { Hex } from 'viem';
import { mappingSlot } from '@keyfall/protocol/withdrawal.ts';
import { view } from '../contract.ts';
import type { Contract } from '../contract.ts';
import type { BlockRef } from '../reading.ts';
import { buildKit } from './build.ts';
import type { BuildTask } from './build.ts';
import { entitlementOf } from './entitlement.ts';
import { ENTITLEMENTS, padded } from './kit.ts';
import type { KitGround } from './kit.ts';
import type { PoolShare, ProvenWord } from './pool.ts';
import { Proofs, must } from './proofs.ts';

export interface BuiltPool { readonly share: PoolShare; readonly ground: KitGround }

/** @param task its `owner` is the pool @throws Error saying what could not be read or does not exist */
export async function buildPool(task: BuildTask, holderAddress: Hex): Promise<BuiltPool> {
  const { system, l1At, l2, state, onProgress } = task;
  const pool = task.owner.toLowerCase() as Hex;
  const holder = holderAddress.toLowerCase() as Hex;
  const { kit, ground } = await buildKit({ ...task, owner: pool, sender: undefined });
  if (kit.claimant?.entitlement !== ENTITLEMENTS.indexOf('resolver') || kit.payee === null) throw new Error(`${pool} has no resolver that counts: ${kit.how}`);
  onProgress('asking the resolver');
  const contract: Contract = { name: 'PoolResolver', address: kit.payee, chain: system.rollup.chain };
  const [forPool, hatch, token, balancesSlot, supplySlot] = await Promise.all([view<Hex>(contract, l1At, 'POOL'), view<Hex>(contract, l1At, 'HATCH'), view<Hex>(contract, l1At, 'POOL_TOKEN'), view<bigint>(contract, l1At, 'BALANCES_SLOT'), view<bigint>(contract, l1At, 'SUPPLY_SLOT')]);
  if (!forPool.known || forPool.value.toLowerCase() !== pool) throw new Error(`the resolver ${kit.payee} that ${pool} declared shares out by rules of its own, which this page does not know${forPool.known ? '' : ` (${forPool.why})`}: ask whoever made the pool`);
  if (must(hatch).value.toLowerCase() !== system.exits.hatch?.address.toLowerCase()) throw new Error(`the resolver ${kit.payee} was made for another hatch, ${must(hatch).value}`);
  const header = must(await l2.header(state.l2Block)).value;
  const at: BlockRef = { number: header.number, hash: header.hash, timestamp: header.timestamp };
  const proofs = new Proofs(l2, at, state.root);
  const poolToken = must(token).value.toLowerCase() as Hex;
  onProgress('proving the share');
  const supply = await wordOf(proofs, poolToken, `0x${must(supplySlot).value.toString(16).padStart(64, '0')}`);
  if (supply === undefined) throw new Error(`the pool's token ${poolToken} has no supply in the pinned state`);
  const balance = await wordOf(proofs, poolToken, mappingSlot(padded(holder), must(balancesSlot).value));
  if (balance === undefined) throw new Error(`${holder} holds nothing of the pool's token ${poolToken} in the pinned state`);
  const entitled = await entitlementOf({ ...task, owner: holder }, await proofs.account(holder), proofs, at);
  if (entitled.claimant === null || entitled.payee === null) throw new Error(`${holder}: ${entitled.how}`);
  const share: PoolShare = {
    kit, resolver: kit.payee, token: poolToken, balancesSlot: must(balancesSlot).value.toString(), supplySlot: must(supplySlot).value.toString(), holder: entitled.claimant, holderPayee: entitled.payee, how: entitled.how, supply, balance,
  };
  return { share, ground };
}

async function wordOf(proofs: Proofs, token: Hex, slot: Hex): Promise<ProvenWord | undefined> {
  const proof = await proofs.slot(token, slot);
  return proof === undefined ? undefined : { word: proof.word.toString(), accountProof: proof.accountProof, storageProof: proof.storageProof };
}
