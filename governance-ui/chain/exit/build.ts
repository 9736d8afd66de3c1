// An exit kit made from endpoints: what an account holds under one state root, found in L2's events and proven by whatever endpoint has the
// state. Owns the search; who is entitled is entitlement.ts. Endpoints are believed in nothing but completeness: a token that all of them leave out is
// not found; whatever is found was proven. The last check of the whole is kit.ts, in a worker.
// Invariant: a holding is listed only if the state proves it; one that is absent by a proof is left out, one that cannot be read fails it all.

import { decodeFunctionResult, encodeFunctionData, pad, toEventSelector } from 'viem';
import type { Hex } from 'viem';
import { L2_BRIDGE, MESSAGE_PASSER } from '@keyfall/protocol/addresses.ts';
import { ASSET_KINDS, sentSlot } from '@keyfall/protocol/withdrawal.ts';
import type { AssetKind } from '@keyfall/protocol/withdrawal.ts';
import { ABIS } from '../abis.ts';
import { view } from '../contract.ts';
import { allMessages, depositWords, isFrom, tokenDepositOf } from '../inboxHistory.ts';
import type { ExitState } from '../lifecycle.ts';
import { events, rawLogs } from '../logs.ts';
import { withdrawalsOf } from '../messagePasser.ts';
import type { BlockRef } from '../reading.ts';
import type { Quorum } from '../rpc/quorum.ts';
import type { System } from '../system.ts';
import { isWithdrawn } from '../vault.ts';
import { entitlementOf } from './entitlement.ts';
import { ZERO_ADDRESS, bridgedKey, burnedSlot, claimSlot, holdingSlot } from './kit.ts';
import type { ExitKit, KitAsset, KitGround, KitHolding, KitRatio, KitRefund, KitWithdrawal } from './kit.ts';
import { Proofs, must } from './proofs.ts';

export interface BuildTask {
  readonly system: System; readonly l1At: BlockRef; readonly l2: Quorum; readonly state: ExitState; readonly deployBlock: bigint; readonly l1ChainId: number;
  readonly owner: Hex;
  /** Who is to send it on L1, if that is known: the owner's own key opens a shorter way. */
  readonly sender: Hex | undefined;
  readonly onProgress: (what: string) => void;
}
export interface Built { readonly kit: ExitKit; readonly ground: KitGround }

const KIND_NAMES = ['eth', 'erc20', 'erc721', 'erc1155'] as const;
const ETHER: KitAsset = { kind: 'eth', token: ZERO_ADDRESS, id: '0' };
const TRANSFER = toEventSelector('Transfer(address,address,uint256)');
const SINGLE = toEventSelector('TransferSingle(address,address,address,uint256,uint256)');
const BATCH = toEventSelector('TransferBatch(address,address,address,uint256[],uint256[])');
/** Anyone can make events that name an account; beyond this many contracts the search would be theirs. */
const MAX_CANDIDATES = 300;

/** @throws Error saying what could not be read */
export async function buildKit(task: BuildTask): Promise<Built> {
  const { system, l2, state, onProgress } = task;
  const owner = task.owner.toLowerCase() as Hex;
  onProgress(`asking for L2 block ${state.l2Block}`);
  const header = must(await l2.header(state.l2Block)).value;
  if (header.stateRoot !== state.root) throw new Error(`your L2 endpoints follow another chain: at block ${state.l2Block} they have the state root ${header.stateRoot}, L1 has ${state.root}`);
  const at: BlockRef = { number: header.number, hash: header.hash, timestamp: header.timestamp };
  const proofs = new Proofs(l2, at, state.root);
  onProgress('proving the account');
  const account = await proofs.account(owner);
  const entitled = await entitlementOf({ ...task, owner }, account, proofs, at);
  onProgress('looking for tokens');
  const bridged: Record<string, Hex> = {};
  const holdings = entitled.claimant === null ? [] : [...(account === undefined || account.account.balanceWei === 0n ? [] : [etherHolding(account.account.balanceWei)]), ...(await tokenHoldings(task, owner, at, proofs, bridged))];
  onProgress('looking for withdrawals and deposits');
  const withdrawals = await pendingWithdrawals(task, owner, at, proofs);
  const { refunds, accumulators } = await openRefunds(task, owner);
  onProgress('proving what was burned');
  const ratios = await ratiosOf([...holdings.map(({ asset }) => asset), ...withdrawals.map(({ withdrawal: { assetKind: kind, token, id } }) => ({ kind, token, id }))], proofs);
  const rollup = system.rollup.address.toLowerCase() as Hex;
  const kit: ExitKit = {
    kind: 'keyfall-exit-kit', version: 1, l1ChainId: String(task.l1ChainId), rollup, pinned: { batch: state.batch.toString(), root: state.root }, redirect: null, ...entitled, holdings, ratios, refunds, withdrawals,
  };
  return { kit, ground: { root: state.root, rollup, l1ChainId: task.l1ChainId, accumulators, bridged } };
}

const etherHolding = (amount: bigint): KitHolding => ({ asset: ETHER, amount: amount.toString(), isUncredited: false, provenIn: null, accountProof: [], storageProof: [] });

export interface Candidate { readonly l2Token: Hex; readonly kind: Exclude<AssetKind, 'eth'>; readonly id: bigint }

/** Every contract and number by which something ever came to an account. */
export async function candidatesOf({ l2 }: Pick<BuildTask, 'l2'>, owner: Hex, at: BlockRef): Promise<Candidate[]> {
  const recipient = pad(owner, { size: 32 });
  const [moved, multi] = await Promise.all([rawLogs(l2, at, 0n, { topics: [TRANSFER, null, recipient] }), rawLogs(l2, at, 0n, { topics: [[SINGLE, BATCH], null, null, recipient] })]);
  const found = new Map<string, Candidate>();
  const add = (address: Hex, kind: Candidate['kind'], id: bigint): void => void found.set(`${address.toLowerCase()} ${kind} ${id}`, { l2Token: address.toLowerCase() as Hex, kind, id });
  // ERC-721 has the number as a fourth topic, ERC-20 the amount as data.
  for (const { address, topics } of must(moved).value) add(address, topics.length === 4 ? 'erc721' : 'erc20', BigInt(topics[3] ?? '0x0'));
  for (const { address, topics, data } of must(multi).value) {
    const words = (data.slice(2).match(/.{64}/g) ?? []).map((word) => BigInt(`0x${word}`));
    if (topics[0] === SINGLE) add(address, 'erc1155', words[0] ?? 0n);
    // (offset, offset, count, ids…): the bridge's own tokens encode so; another's encoding finds nothing and loses nothing.
    else words.slice(3, 3 + Number(words[2] ?? 0n)).forEach((id) => add(address, 'erc1155', id));
  }
  if (new Set([...found.values()].map(({ l2Token }) => l2Token)).size > MAX_CANDIDATES) throw new Error(`more than ${MAX_CANDIDATES} contracts say that they sent something to this account; use keyfall exit escape --out`);
  return [...found.values()];
}

/** The L1 token behind an L2 contract, if the hatch itself says that it is that token's. */
export async function l1TokenOf({ l2, system, l1At }: Pick<BuildTask, 'l2' | 'system' | 'l1At'>, at: BlockRef, { l2Token, kind }: Candidate): Promise<Hex | undefined> {
  const answer = await l2.call(l2Token, encodeFunctionData({ abi: ABIS.BridgedERC20, functionName: 'l1Token' }), at);
  if (!answer.known) {
    if (/refused the call/.test(answer.why)) return undefined;
    throw new Error(answer.why);
  }
  let token: Hex;
  try {
    token = (decodeFunctionResult({ abi: ABIS.BridgedERC20, functionName: 'l1Token', data: answer.value }) as Hex).toLowerCase() as Hex;
  } catch {
    // Whatever else emits such events need not answer in words of ours.
    return undefined;
  }
  if (system.exits.hatch === undefined) throw new Error('no EscapeHatch stands');
  const expected = must(await view<Hex>(system.exits.hatch, l1At, 'bridgedTokenOf', ASSET_KINDS[kind], token)).value;
  return expected.toLowerCase() === l2Token ? token : undefined;
}

async function tokenHoldings(task: BuildTask, owner: Hex, at: BlockRef, proofs: Proofs, bridged: Record<string, Hex>): Promise<KitHolding[]> {
  const holdings: KitHolding[] = [];
  for (const candidate of await candidatesOf(task, owner, at)) {
    const token = await l1TokenOf(task, at, candidate);
    if (token === undefined) continue;
    const asset: KitAsset = { kind: candidate.kind, token, id: candidate.id.toString() };
    bridged[bridgedKey(asset)] = candidate.l2Token;
    const proof = await proofs.slot(candidate.l2Token, holdingSlot(asset, owner));
    if (proof === undefined || (asset.kind === 'erc721' && proof.word !== BigInt(owner))) continue;
    holdings.push({ asset, amount: (asset.kind === 'erc721' ? 1n : proof.word).toString(), isUncredited: false, provenIn: candidate.l2Token, accountProof: proof.accountProof, storageProof: proof.storageProof });
  }
  const claimable = must(await events<{ kind: number; l1Token: Hex; id: bigint }>(task.system.l2Bridge, at, 'DepositClaimable', 0n, { to: owner })).value;
  const seen = new Set<string>();
  for (const { args } of claimable) {
    const asset: KitAsset = { kind: KIND_NAMES[args.kind] ?? 'erc20', token: args.l1Token.toLowerCase() as Hex, id: args.id.toString() };
    if (seen.has(claimSlot(asset, owner))) continue;
    seen.add(claimSlot(asset, owner));
    const proof = await proofs.slot(L2_BRIDGE, claimSlot(asset, owner));
    if (proof !== undefined) holdings.push({ asset, amount: proof.word.toString(), isUncredited: true, provenIn: L2_BRIDGE, accountProof: proof.accountProof, storageProof: proof.storageProof });
  }
  return holdings;
}

async function pendingWithdrawals({ system, l1At }: BuildTask, owner: Hex, at: BlockRef, proofs: Proofs): Promise<KitWithdrawal[]> {
  const list: KitWithdrawal[] = [];
  for (const { hash, withdrawal } of must(await withdrawalsOf(system.messagePasser, at, owner, 0n)).value) {
    if (must(await isWithdrawn(system.vault, l1At, hash)).value) continue;
    const proof = await proofs.slot(MESSAGE_PASSER, sentSlot(hash));
    if (proof === undefined) throw new Error(`withdrawal ${hash} is not in the state, though its event is before it`);
    list.push({ hash, accountProof: proof.accountProof, storageProof: proof.storageProof, withdrawal: {
      nonce: withdrawal.nonce.toString(), assetKind: KIND_NAMES[withdrawal.assetKind] ?? 'eth', token: withdrawal.token.toLowerCase() as Hex, id: withdrawal.id.toString(), amount: withdrawal.amount.toString(),
      from: withdrawal.from.toLowerCase() as Hex, recipient: withdrawal.recipient.toLowerCase() as Hex,
    } });
  }
  return list;
}

/** Deposits of the L1 account that L2 will not execute: skipped, or beyond the settled index of a frozen chain. L1 alone says which. */
async function openRefunds({ system, l1At, deployBlock }: BuildTask, owner: Hex): Promise<{ refunds: KitRefund[]; accumulators: Record<string, Hex> }> {
  const refunds: KitRefund[] = [];
  const accumulators: Record<string, Hex> = {};
  const { hatch } = system.exits;
  if (hatch === undefined) return { refunds, accumulators };
  for (const sent of must(await allMessages(system, l1At, deployBlock)).value) {
    const token = tokenDepositOf(sent.message);
    if (!isFrom(sent, owner) || (token === undefined && sent.message.mintWei === 0n)) continue;
    if (!must(await view<boolean>(hatch, l1At, 'isRefundable', sent.index)).value || must(await view<boolean>(hatch, l1At, 'isRefunded', sent.index)).value) continue;
    const [before, after] = await Promise.all([view<Hex>(system.inbox, l1At, 'accumulatorAt', sent.index), view<Hex>(system.inbox, l1At, 'accumulatorAt', sent.index + 1n)]);
    accumulators[sent.index.toString()] = must(after).value;
    refunds.push({ index: sent.index.toString(), message: sent.raw.toLowerCase() as Hex, accumulatorBefore: must(before).value, about: `refund of deposit ${sent.index}: ${depositWords(sent.raw)}` });
  }
  return { refunds, accumulators };
}

/** The burned sums that fix the ratio of each asset once; NFTs have none. */
async function ratiosOf(assets: readonly KitAsset[], proofs: Proofs): Promise<KitRatio[]> {
  const distinct = new Map(assets.filter(({ kind }) => kind !== 'erc721').map((asset) => [burnedSlot(asset), asset]));
  const ratios: KitRatio[] = [];
  for (const asset of distinct.values()) {
    if (asset.kind === 'eth') {
      const passer = await proofs.account(MESSAGE_PASSER);
      if (passer === undefined) throw new Error('the MessagePasser is not in the state');
      ratios.push({ asset, accountProof: passer.proof, burnedProof: [] });
      continue;
    }
    const burned = await proofs.slot(MESSAGE_PASSER, burnedSlot(asset));
    if (burned === undefined) throw new Error(`the burned sum of ${asset.kind} ${asset.token} is not in the state`);
    ratios.push({ asset, accountProof: burned.accountProof, burnedProof: burned.storageProof });
  }
  return ratios;
}

/** What L1 says for a kit that came as a file. */
export async function groundOf({ system, l1At, state, l1ChainId }: Pick<BuildTask, 'system' | 'l1At' | 'state' | 'l1ChainId'>, kit: ExitKit): Promise<KitGround> {
  const { hatch } = system.exits;
  if (hatch === undefined) throw new Error('no EscapeHatch stands');
  const bridged: Record<string, Hex> = {};
  const accumulators: Record<string, Hex> = {};
  for (const { asset } of kit.holdings) {
    if (asset.kind !== 'eth') bridged[bridgedKey(asset)] = must(await view<Hex>(hatch, l1At, 'bridgedTokenOf', ASSET_KINDS[asset.kind], asset.token)).value.toLowerCase() as Hex;
  }
  for (const { index } of kit.refunds) accumulators[index] = must(await view<Hex>(system.inbox, l1At, 'accumulatorAt', BigInt(index) + 1n)).value;
  return { root: state.root, rollup: system.rollup.address.toLowerCase() as Hex, l1ChainId, accumulators, bridged };
}
