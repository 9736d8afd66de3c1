// What an account has in the rollup now, and what becomes of each part: the way out, the longest time it takes and what a freeze would leave.
// Owns the list, found in L2's events and L1's at the agreed heads, and the marks. What a frozen chain pays is proven by build.ts; here
// amounts are the endpoints' answers at the head, as a plan needs them.
// Invariant: what could not be read fails the whole list; an asset without escrow on L1 is listed as stranded, never left out.

import { encodeFunctionData } from 'viem';
import type { Hex } from 'viem';
import { ABIS } from '../abis.ts';
import { allMessages, isFrom, tokenDepositOf } from '../inboxHistory.ts';
import { creditsOf } from '../credits.ts';
import type { Phase } from '../lifecycle.ts';
import { phase } from '../lifecycle.ts';
import { withdrawalsOf } from '../messagePasser.ts';
import type { BlockRef, Reading } from '../reading.ts';
import { finalHead, settledIndex } from '../rollup.ts';
import type { Quorum } from '../rpc/quorum.ts';
import type { System } from '../system.ts';
import { uncreditedOf } from '../uncredited.ts';
import { isWithdrawn, kindName } from '../vault.ts';
import { candidatesOf, l1TokenOf } from './build.ts';
import type { Candidate } from './build.ts';
import { ZERO_ADDRESS } from './kit.ts';
import type { KitAsset } from './kit.ts';
import { must } from './proofs.ts';

export type WayOut = 'withdraw' | 'force' | 'claim' | 'credit' | 'make good' | 'wait' | 'refund' | 'frozen exit' | 'stranded';

/** How long a way takes at worst; undefined = at once, or never. */
export type Worst = 'normal' | 'forced' | 'enforced' | undefined;

export interface Position {
  readonly key: string;
  readonly what: string;
  /** undefined for a token that L1 knows nothing of: `l2Token` is set then. */
  readonly asset: KitAsset | undefined;
  readonly l2Token: Hex | undefined;
  readonly amount: bigint | undefined;
  readonly way: WayOut;
  readonly worst: Worst;
}

export interface PlanTask { readonly system: System; readonly l1At: BlockRef; readonly l2: Quorum; readonly l2At: BlockRef; readonly deployBlock: bigint; readonly account: Hex }

const ETHER: KitAsset = { kind: 'eth', token: ZERO_ADDRESS, id: '0' };

/** What holds for anything that lies on L2. */
export function holdingWay(now: Phase | undefined): { readonly way: WayOut; readonly worst: Worst } {
  if (now === 'Frozen') return { way: 'frozen exit', worst: undefined };
  return now === 'Enforced' ? { way: 'force', worst: 'enforced' } : { way: 'withdraw', worst: 'normal' };
}

/** @throws Error saying what could not be read */
export async function positionsOf(task: PlanTask): Promise<Reading<readonly Position[]>> {
  const { system, l1At, l2, l2At, account } = task;
  const now = system.exits.lifecycle === undefined ? undefined : must(await phase(system.exits.lifecycle, l1At)).value;
  const held = holdingWay(now);
  const balance = must(await l2.read('eth_getBalance', [account, { blockHash: l2At.hash }], l2At));
  const wei = BigInt(String(balance.value));
  const list: Position[] = wei === 0n ? [] : [{ key: 'eth', what: 'held on L2', asset: ETHER, l2Token: undefined, amount: wei, ...held }];
  const owner = account.toLowerCase() as Hex;
  for (const candidate of await candidatesOf(task, owner, l2At)) list.push(...(await tokenPosition(task, candidate, owner, held)));
  for (const { key, asset, amount } of must(await uncreditedOf(system, l2At, account)).value) list.push({ key: `uncredited ${key}`, what: 'deposit that L2 could not credit', asset: textOf(asset), l2Token: undefined, amount, way: now === 'Frozen' ? 'frozen exit' : 'make good', worst: undefined });
  list.push(...(await withdrawalPositions(task, now)), ...(await depositPositions(task, now)));
  for (const { key, asset, amount } of must(await creditsOf(system, l1At, account, task.deployBlock)).value) {
    if (asset !== undefined && amount > 0n) list.push({ key: `credit ${key}`, what: 'payment that failed, kept by the Vault', asset: textOf(asset), l2Token: undefined, amount, way: 'credit', worst: undefined });
  }
  return { known: true, at: l2At, trust: l2.trust, value: list };
}

const textOf = ({ kind, token, id }: { readonly kind: number; readonly token: Hex; readonly id: bigint }): KitAsset => ({ kind: kindName(kind), token: token.toLowerCase() as Hex, id: id.toString() });

async function tokenPosition(task: PlanTask, candidate: Candidate, owner: Hex, held: Pick<Position, 'way' | 'worst'>): Promise<Position[]> {
  const { l2Token, kind, id } = candidate;
  const token = await l1TokenOf(task, task.l2At, candidate);
  const amount = await amountOf(task, candidate, owner);
  if (amount === 0n) return [];
  const key = `${l2Token} ${kind} ${id}`;
  if (token === undefined) return [{ key, what: 'a token of L2 alone', asset: undefined, l2Token, amount, way: 'stranded', worst: undefined }];
  return [{ key, what: 'held on L2', asset: { kind, token, id: kind === 'erc20' ? '0' : id.toString() }, l2Token: undefined, amount, ...held }];
}

/** What the contract itself says; undefined where it says nothing that can be read. */
async function amountOf({ l2, l2At }: PlanTask, { l2Token, kind, id }: Candidate, owner: Hex): Promise<bigint | undefined> {
  const data = kind === 'erc20' ? encodeFunctionData({ abi: ABIS.BridgedERC20, functionName: 'balanceOf', args: [owner] })
    : kind === 'erc721' ? encodeFunctionData({ abi: ABIS.BridgedERC721, functionName: 'ownerOf', args: [id] }) : encodeFunctionData({ abi: ABIS.BridgedERC1155, functionName: 'balanceOf', args: [owner, id] });
  const answer = await l2.call(l2Token, data, l2At);
  if (!answer.known) {
    // An NFT that was burned has no owner and the call is refused.
    if (/refused the call|gave no data/.test(answer.why)) return kind === 'erc721' ? 0n : undefined;
    throw new Error(answer.why);
  }
  if (answer.value.length !== 66) return undefined;
  const word = BigInt(answer.value);
  return kind === 'erc721' ? (word === BigInt(owner) ? 1n : 0n) : word;
}

async function withdrawalPositions({ system, l1At, l2At, account }: PlanTask, now: Phase | undefined): Promise<Position[]> {
  const { lastNumber } = must(await finalHead(system.rollup, l1At)).value;
  const list: Position[] = [];
  for (const { hash, withdrawal, l2Block } of must(await withdrawalsOf(system.messagePasser, l2At, account, 0n)).value) {
    if (must(await isWithdrawn(system.vault, l1At, hash)).value) continue;
    const isFinal = BigInt(lastNumber) >= l2Block;
    const mark = isFinal ? { way: 'claim' as const, worst: undefined } : now === 'Frozen' ? { way: 'stranded' as const, worst: undefined } : { way: 'wait' as const, worst: 'normal' as const };
    list.push({ key: hash, what: isFinal ? 'withdrawal, final' : 'withdrawal, not final yet', asset: textOf({ kind: withdrawal.assetKind, token: withdrawal.token, id: withdrawal.id }), l2Token: undefined, amount: withdrawal.amount, ...mark });
  }
  return list;
}

/** Deposits that L2 has not executed for good: beyond the settled index, or skipped. */
async function depositPositions({ system, l1At, deployBlock, account }: PlanTask, now: Phase | undefined): Promise<Position[]> {
  const settled = must(await settledIndex(system.rollup, l1At)).value;
  const list: Position[] = [];
  for (const sent of must(await allMessages(system, l1At, deployBlock)).value) {
    const token = tokenDepositOf(sent.message);
    if (sent.index < BigInt(settled) || !isFrom(sent, account) || (token === undefined && sent.message.mintWei === 0n)) continue;
    list.push({
      key: `deposit ${sent.index}`, what: `deposit, message ${sent.index}`, asset: token === undefined ? ETHER : textOf({ kind: token.kind, token: token.l1Token, id: token.id }), l2Token: undefined, amount: token === undefined ? sent.message.mintWei : token.amount,
      ...(now === 'Frozen' ? { way: 'refund' as const, worst: undefined } : { way: 'wait' as const, worst: 'forced' as const }),
    });
  }
  return list;
}
