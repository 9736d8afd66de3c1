// `keyfall exit pool`: a share of what a pool with a declared resolver held when the chain froze. Owns the order: fix ratios, collect what
// the pool holds (once), prove the supply of its token (once), redeem the holder's share. The rules are the PoolResolver's.
// Invariant: every proof is checked here against the pinned root before anything is sent; what was done already is left out.

import { Contract, ZeroAddress } from 'ethers';
import { ASSET_KINDS, assetKey, mappingSlot, toHex, uintBytes, words, addressBytes } from '@keyfall/protocol';
import type { Hex } from '@keyfall/protocol';
import { parseAddress } from '../amounts.ts';
import { CommandFailure } from '../failure.ts';
import { collectKit, collectPositions } from '../exit/collect.ts';
import { ENTITLEMENTS, entitlementOf } from '../exit/entitlement.ts';
import { unpaid, verifyKit } from '../exit/kit.ts';
import type { ExitKit } from '../exit/kit.ts';
import { StateProofs } from '../exit/stateProofs.ts';
import { followRollup } from '../follower.ts';
import type { FollowerOptions } from '../follower.ts';
import { homeAt } from '../home.ts';
import { loadWallet } from '../keys.ts';
import type { Output } from '../output.ts';
import { contractAbi } from '../rollup.ts';
import { carryOut, plannedCall } from '../sending.ts';
import type { PlannedTransaction, SendingOptions } from '../sending.ts';
import { WayOut } from '../wayOut.ts';
import type { CommonOptions } from './options.ts';

export interface ExitPoolOptions extends CommonOptions, FollowerOptions, SendingOptions {
  readonly owner?: string;
}

export async function exitPool(poolText: string, options: ExitPoolOptions, output: Output): Promise<void> {
  const home = homeAt(options.home);
  const pool = parseAddress(poolText, 'POOL').toLowerCase() as Hex;
  const from = (options.unsigned === true && options.owner !== undefined ? parseAddress(options.owner, '--owner') : (await loadWallet(options, home)).address).toLowerCase() as Hex;
  const holder = options.owner === undefined ? from : (parseAddress(options.owner, '--owner').toLowerCase() as Hex);
  const { connection, close } = await followRollup(options, home, output);
  try {
    const out = await WayOut.find(connection.l1, connection.rollupAddress);
    const snapshot = await out.snapshot();
    if (snapshot.phase !== 'frozen') throw new CommandFailure('failed', `the chain is in ${snapshot.phase}, not frozen: take your share out of the pool on L2 and withdraw it`);
    const positions = await collectPositions(connection, out, snapshot, pool, from);
    const kit = await collectKit(connection, out, snapshot, positions);
    if (kit.claimant?.entitlement !== ENTITLEMENTS.resolver || kit.payee === null) throw new CommandFailure('failed', `${pool} has no resolver that counts: ${kit.how}`);
    await verifyKit(kit, out);
    const resolver = new Contract(kit.payee, contractAbi('PoolResolver'), connection.l1);
    const proofs = await StateProofs.open(connection.l2, positions.state);
    const plan = await transactions({ kit, resolver, holder, from, proofs }, out);
    const receipts = await carryOut(plan, `Keyfall: share of pool ${pool}`, { l1: connection.l1, home, output, options });
    if (receipts === undefined) return;
    const redeemed = receipts.flatMap(({ logs }) => logs).filter(({ address }) => address.toLowerCase() === kit.payee).flatMap((log) => resolver.interface.parseLog(log) ?? []).filter(({ name }) => name === 'Redeemed')
      .map(({ args }) => ({ assetKey: args['assetKey'] as string, to: args['to'] as string, paid: args['paid'] as bigint }));
    if (redeemed.length === 0) throw new CommandFailure('failed', `nothing was redeemed for ${holder}`, { facts: { l1Hashes: receipts.map(({ hash }) => hash) } });
    output.result({ pool, resolver: kit.payee, holder, redeemed, l1Hashes: receipts.map(({ hash }) => hash) }, redeemed.map(({ assetKey: key, to, paid }) => `paid ${paid} of asset ${key} to ${to}`));
  } finally {
    await close();
  }
}

interface Share { readonly kit: ExitKit; readonly resolver: Contract; readonly holder: Hex; readonly from: Hex; readonly proofs: StateProofs }

async function transactions({ kit, resolver, holder, from, proofs }: Share, out: WayOut): Promise<readonly PlannedTransaction[]> {
  const open = await unpaid(kit, out);
  const view = async <T>(name: string): Promise<T> => (await resolver.getFunction(name).staticCall()) as T;
  const [token, balances, supplySlot, supply] = await Promise.all([view<string>('POOL_TOKEN'), view<bigint>('BALANCES_SLOT'), view<bigint>('SUPPLY_SLOT'), view<bigint>('supply')]);
  const poolToken = token.toLowerCase() as Hex;
  const onChain = ({ kind, token: l1Token, id }: ExitKit['holdings'][number]['asset']): [number, string, string] => [ASSET_KINDS[kind], l1Token, id];
  const plan: PlannedTransaction[] = [];
  for (const { asset, accountProof, burnedProof } of open.ratios) {
    plan.push(await plannedCall(out.hatch, 'EscapeHatch', 'fixRatio', [onChain(asset), accountProof, burnedProof], `fix the ratio of ${asset.kind} ${asset.kind === 'eth' ? '' : asset.token}`));
  }
  if (open.holdings.length > 0) {
    const holdings = open.holdings.map(({ asset, isUncredited, accountProof, storageProof }) => ({ asset: onChain(asset), isUncredited, accountProof, storageProof }));
    plan.push(await plannedCall(resolver, 'PoolResolver', 'collect', [kit.claimant, holdings], `collect what the pool ${kit.claimant?.owner} holds`));
  }
  const slotOf = (account: Hex): Hex => mappingSlot(toHex(words(addressBytes(account))), balances);
  if (supply === 0n) {
    const proof = await proofs.slot(poolToken, toHex(uintBytes(supplySlot, 32)));
    if (proof === undefined) throw new CommandFailure('failed', `the pool's token ${poolToken} has no supply in the pinned state`);
    plan.push(await plannedCall(resolver, 'PoolResolver', 'proveSupply', [proof.accountProof, proof.storageProof], `prove the supply of the pool's token, ${proof.word}`));
  }
  const balance = await proofs.slot(poolToken, slotOf(holder));
  if (balance === undefined) throw new CommandFailure('failed', `${holder} holds nothing of the pool's token ${poolToken} in the pinned state`);
  const entitled = await entitlementOf(holder, from, proofs);
  if (entitled.kind === 'stranded') throw new CommandFailure('failed', `${holder}: ${entitled.because}`);
  const keys = new Set<string>();
  const assets = kit.holdings.filter(({ asset }) => asset.kind !== 'erc721').map(({ asset }) => asset).filter(({ kind, token: l1Token, id }) => {
    const key = assetKey(kind, l1Token, kind === 'erc20' ? 0n : BigInt(id));
    return !keys.has(key) && keys.add(key).size > 0;
  });
  if (assets.length === 0) throw new CommandFailure('failed', `the pool holds nothing that can be shared out (resolver ${kit.payee ?? ZeroAddress})`);
  plan.push(await plannedCall(resolver, 'PoolResolver', 'redeem', [entitled.claimant, assets.map(onChain), balance.accountProof, balance.storageProof], `redeem the share of ${holder}, which holds ${balance.word} of the pool's token: ${entitled.how}`));
  return plan;
}
