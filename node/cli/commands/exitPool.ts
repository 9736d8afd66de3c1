// `keyfall exit pool`: a share of what a pool with a declared resolver held when the chain froze. Owns the order: fix ratios, collect what
// the pool holds (once), prove the supply of its token (once), redeem the holder's share. The rules are the PoolResolver's.
// Invariant: every proof is checked here against the pinned root before anything is sent; what was done already is left out.

import { Contract, isError } from 'ethers';
import { addressBytes, mappingSlot, toHex, uintBytes, words } from '@keyfall/protocol';
import type { Hex } from '@keyfall/protocol';
import { parseAddress } from '../amounts.ts';
import { CommandFailure } from '../failure.ts';
import { circumstances, collectKit, collectPositions } from '../exit/collect.ts';
import { ENTITLEMENTS, entitlementOf } from '../exit/entitlement.ts';
import type { Entitled } from '../exit/entitlement.ts';
import { assetName, keyOf, onChain, unpaid, verifyKit } from '../exit/kit.ts';
import type { ExitKit, KitAsset } from '../exit/kit.ts';
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
    const positions = await collectPositions(connection, out, snapshot, pool, undefined);
    const kit = await collectKit(connection, out, snapshot, positions);
    if (kit.claimant?.entitlement !== ENTITLEMENTS.resolver || kit.payee === null) throw new CommandFailure('failed', `${pool} has no resolver that counts: ${kit.how}`);
    await verifyKit(kit, out);
    const resolver = new Contract(kit.payee, contractAbi('PoolResolver'), connection.l1);
    if (!(await isResolverOf(resolver, pool))) throw new CommandFailure('failed', `the resolver ${kit.payee} that ${pool} declared shares out by rules of its own, which this command does not know: ask whoever made the pool`);
    for (const { asset } of kit.holdings.filter((holding) => holding.asset.kind === 'erc721')) output.progress(`${assetName(asset)} cannot be shared out, and stays where it is`);
    const proofs = await StateProofs.open(connection.l2, positions.state);
    const entitled = await entitlementOf(holder, from, proofs, circumstances(positions.state, snapshot, connection));
    if (entitled.kind === 'stranded') throw new CommandFailure('failed', `${holder}: ${entitled.because}`);
    const share: Share = { kit, resolver, holder, entitled, proofs };
    const failures: string[] = [];
    const sender = { l1: connection.l1, home, output, options, failures };
    const preparing = await preparation(share, out);
    if (options.unsigned === true) {
      await carryOut([...preparing, ...(await redemptions(share, true))], `Keyfall: share of pool ${pool}`, sender);
      return;
    }
    if (preparing.length > 0) await carryOut(preparing, `Keyfall: collect pool ${pool}`, sender);
    const plan = await redemptions(share, false);
    if (plan.length === 0) {
      if (failures.length > 0) throw new CommandFailure('failed', `nothing of pool ${pool} could be collected: ${failures.join('; ')}`, { facts: { failures } });
      output.result({ pool, resolver: kit.payee, holder, redeemed: [], done: true }, [`nothing is left of the share of ${holder}: everything was redeemed already`]);
      return;
    }
    const receipts = (await carryOut(plan, `Keyfall: share of pool ${pool}`, sender)) ?? [];
    const redeemed = receipts.flatMap(({ logs }) => logs).filter(({ address }) => address.toLowerCase() === kit.payee).flatMap((log) => resolver.interface.parseLog(log) ?? []).filter(({ name }) => name === 'Redeemed')
      .map(({ args }) => ({ assetKey: args['assetKey'] as string, to: args['to'] as string, paid: args['paid'] as bigint }));
    const facts = { pool, resolver: kit.payee, holder, redeemed, failures, l1Hashes: receipts.map(({ hash }) => hash) };
    if (redeemed.length === 0 || failures.length > 0) throw new CommandFailure('failed', `${redeemed.length === 0 ? `nothing was redeemed for ${holder}` : 'not everything was paid; what is left can be tried again'}: ${failures.join('; ')}`, { facts });
    output.result(facts, redeemed.map(({ assetKey: key, to, paid }) => `paid ${paid} of asset ${key} to ${to}`));
  } finally {
    await close();
  }
}

interface Share { readonly kit: ExitKit; readonly resolver: Contract; readonly holder: Hex; readonly entitled: Extract<Entitled, { kind: 'entitled' }>; readonly proofs: StateProofs }

const view = async <T>({ resolver }: Share, name: string, ...args: readonly unknown[]): Promise<T> => (await resolver.getFunction(name).staticCall(...args)) as T;

/** Whether the contract is a PoolResolver made for this pool. */
async function isResolverOf(resolver: Contract, pool: Hex): Promise<boolean> {
  try {
    return ((await resolver.getFunction('POOL').staticCall()) as string).toLowerCase() === pool;
  } catch (error) {
    if (isError(error, 'BAD_DATA') || isError(error, 'CALL_EXCEPTION')) return false;
    throw error;
  }
}

/** What can be shared out: not NFTs, which the resolver refuses. */
function divisible(holdings: ExitKit['holdings']): ExitKit['holdings'] {
  return holdings.filter(({ asset }) => asset.kind !== 'erc721');
}

/** What anyone does once for all holders: ratios, collecting each holding, the supply. One that fails holds up no other. */
async function preparation(share: Share, out: WayOut): Promise<readonly PlannedTransaction[]> {
  const { kit, resolver, proofs } = share;
  const { ratios, holdings } = await unpaid(kit, out);
  const plan: PlannedTransaction[] = [];
  const open = divisible(holdings);
  const isWanted = (asset: KitAsset): boolean => open.some((holding) => keyOf(holding.asset) === keyOf(asset));
  for (const { asset, accountProof, burnedProof } of ratios.filter((ratio) => isWanted(ratio.asset))) {
    plan.push({ ...await plannedCall(out.hatch, 'EscapeHatch', 'fixRatio', [onChain(asset), accountProof, burnedProof], `fix the ratio of ${assetName(asset)}`), isOptional: true });
  }
  for (const { asset, isUncredited, accountProof, storageProof } of open) {
    const holding = { asset: onChain(asset), isUncredited, accountProof, storageProof };
    plan.push({ ...await plannedCall(resolver, 'PoolResolver', 'collect', [kit.claimant, [holding]], `collect ${assetName(asset)} that the pool ${kit.claimant?.owner} holds`), isOptional: true });
  }
  if ((await view<bigint>(share, 'supply')) === 0n) {
    const [token, slot] = [(await view<string>(share, 'POOL_TOKEN')).toLowerCase() as Hex, await view<bigint>(share, 'SUPPLY_SLOT')];
    const proof = await proofs.slot(token, toHex(uintBytes(slot, 32)));
    if (proof === undefined) throw new CommandFailure('failed', `the pool's token ${token} has no supply in the pinned state`);
    plan.push(await plannedCall(resolver, 'PoolResolver', 'proveSupply', [proof.accountProof, proof.storageProof], `prove the supply of the pool's token, ${proof.word}`));
  }
  return plan;
}

/** The holder's share of each asset of which something is left. @param isAhead what will be collected counts as if it were */
async function redemptions(share: Share, isAhead: boolean): Promise<readonly PlannedTransaction[]> {
  const { kit, resolver, holder, entitled, proofs } = share;
  const [token, balancesSlot, supply] = [(await view<string>(share, 'POOL_TOKEN')).toLowerCase() as Hex, await view<bigint>(share, 'BALANCES_SLOT'), await view<bigint>(share, 'supply')];
  const balance = await proofs.slot(token, mappingSlot(toHex(words(addressBytes(holder))), balancesSlot));
  if (balance === undefined) throw new CommandFailure('failed', `${holder} holds nothing of the pool's token ${token} in the pinned state`);
  const plan: PlannedTransaction[] = [];
  for (const asset of new Map(divisible(kit.holdings).map((holding) => [keyOf(holding.asset), holding.asset])).values()) {
    const [collected, redeemed] = [await view<bigint>(share, 'collectedOf', keyOf(asset)), await view<bigint>(share, 'redeemedOf', holder, keyOf(asset))];
    const isLeft = supply > 0n && (collected * balance.word) / supply > redeemed;
    if (!isLeft && !(isAhead && collected === 0n)) continue;
    plan.push({ ...await plannedCall(resolver, 'PoolResolver', 'redeem', [entitled.claimant, [onChain(asset)], balance.accountProof, balance.storageProof], `redeem the share of ${holder} in ${assetName(asset)}, for ${balance.word} of the pool's token: ${entitled.how}`), isOptional: true });
  }
  return plan;
}
