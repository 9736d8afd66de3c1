// An exit kit: everything that one account can be paid from a frozen chain, with the proofs, as one file. It needs no L2 data any more:
// whoever has it and an L1 endpoint can send it, from any machine.
// Owns the file's shape, the check of every proof in it against the pinned root that L1 names, and the transactions made of it. Does
// not own where the proofs come from (collect.ts).
// Invariant: nothing of a kit is sent that did not verify here; what L1 has paid already is left out.

import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { assetKey, MESSAGE_PASSER, mappingSlot, messageHash, nextAccumulator, fromHex, sentSlot, withdrawalHash, ASSET_KINDS } from '@keyfall/protocol';
import type { Decoded, Hex } from '@keyfall/protocol';
import { CommandFailure, messageOf } from '../failure.ts';
import { writeFileAtomically } from '../home.ts';
import { plannedCall } from '../sending.ts';
import type { PlannedTransaction } from '../sending.ts';
import type { WayOut } from '../wayOut.ts';
import { ENTITLEMENTS } from './entitlement.ts';
import { holdingSlot } from './stateProofs.ts';
import { provenAccount, provenSlot } from './trieProof.ts';

const hex = z.string().regex(/^0x([0-9a-f]{2})*$/).transform((text) => text as Hex);
const address = z.string().regex(/^0x[0-9a-f]{40}$/).transform((text) => text as Hex);
const number = z.string().regex(/^\d+$/);
const proof = z.array(hex);
const asset = z.object({ kind: z.enum(['eth', 'erc20', 'erc721', 'erc1155']), token: address, id: number });

const schema = z.object({
  kind: z.literal('keyfall-exit-kit'),
  version: z.literal(1),
  l1ChainId: number,
  rollup: address,
  pinned: z.object({ batch: number, root: hex }),
  claimant: z.object({
    owner: address, entitlement: z.number().int(), to: address, delegate: address, accountProof: proof, registryAccountProof: proof, registryProof: proof, deadline: number, signature: hex,
  }).nullable(),
  payee: address.nullable(),
  how: z.string(),
  holdings: z.array(z.object({ asset, amount: number, isUncredited: z.boolean(), provenIn: address.nullable(), accountProof: proof, storageProof: proof })),
  ratios: z.array(z.object({ asset, accountProof: proof, burnedProof: proof })),
  refunds: z.array(z.object({ index: number, message: hex, accumulatorBefore: hex, about: z.string() })),
  withdrawals: z.array(z.object({
    hash: hex, accountProof: proof, storageProof: proof,
    withdrawal: z.object({ nonce: number, assetKind: z.enum(['eth', 'erc20', 'erc721', 'erc1155']), token: address, id: number, amount: number, from: address, recipient: address }),
  })),
});

export type ExitKit = z.infer<typeof schema>;
type KitAsset = ExitKit['holdings'][number]['asset'];
/** Holdings of one transaction: each costs up to some 600,000 gas, and a transaction may have 16,777,216. */
const HOLDINGS_PER_TRANSACTION = 20;
/** Limits of what may be used, above what anything costs: what is not used is not paid. */
const [FIXED_GAS, GAS_PER_ITEM, MAX_TRANSACTION_GAS] = [500_000n, 700_000n, 16_777_216n];
/** The hatch counts this many skipped ranges by itself. */
const SKIPPED_RANGES_AT_ONCE = 16n;

export function writeKit(path: string, kit: ExitKit): void {
  writeFileAtomically(path, `${JSON.stringify(schema.parse(kit), null, 1)}\n`);
}

/** @throws CommandFailure (usage) for a file that is no kit */
export function readKit(path: string): ExitKit {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new CommandFailure('usage', `--from-file: ${path} cannot be read: ${messageOf(cause)}`, { cause });
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success) throw new CommandFailure('usage', `--from-file: ${path} is no exit kit: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

export function assetName({ kind, token, id }: KitAsset): string {
  return kind === 'eth' ? 'ETH' : kind === 'erc20' ? `ERC-20 ${token}` : `${kind === 'erc721' ? 'ERC-721' : 'ERC-1155'} ${token} id ${id}`;
}

function onChain({ kind, token, id }: KitAsset): [number, string, string] {
  return [ASSET_KINDS[kind], token, id];
}

function keyOf({ kind, token, id }: KitAsset): Hex {
  return assetKey(kind, token, kind === 'erc20' ? 0n : BigInt(id));
}

/** Checks every proof. @throws CommandFailure (failed) naming the first that does not hold */
export async function verifyKit(kit: ExitKit, out: WayOut): Promise<void> {
  const root = (await out.lifecycle.getFunction('pinnedRoot').staticCall()) as Hex;
  const [rollup, chainId] = [(await out.rollup.getAddress()).toLowerCase(), out.l1._network.chainId.toString()];
  if (kit.rollup !== rollup || kit.l1ChainId !== chainId) throw new CommandFailure('usage', `the exit kit is for the Rollup ${kit.rollup} on L1 chain ${kit.l1ChainId}, not for ${rollup} on ${chainId}`);
  if (kit.pinned.root !== root) throw new CommandFailure('failed', `the exit kit was made for the state root ${kit.pinned.root}, L1 has pinned ${root}: make it again`);
  const { claimant } = kit;
  for (const holding of kit.holdings) {
    if (claimant === null) throw new CommandFailure('failed', 'the exit kit has holdings and nobody who claims them');
    if (holding.asset.kind === 'eth') {
      const account = require(provenAccount(root, claimant.owner, claimant.accountProof), `the account ${claimant.owner}`);
      requireAmount(account.balance, holding.amount, 'ETH');
      continue;
    }
    const account = require(provenAccount(root, holding.provenIn ?? MESSAGE_PASSER, holding.accountProof), `the account of ${assetName(holding.asset)}`);
    const slot = holding.isUncredited
      ? mappingSlot(`0x${claimant.owner.slice(2).padStart(64, '0')}`, BigInt(mappingSlot(keyOf(holding.asset), 0n)))
      : holdingSlot(ASSET_KINDS[holding.asset.kind] as 1 | 2 | 3, claimant.owner, BigInt(holding.asset.id));
    const word = require(provenSlot(account.storageRoot, slot, holding.storageProof), assetName(holding.asset));
    if (holding.asset.kind === 'erc721' && !holding.isUncredited) requireAmount(word, BigInt(claimant.owner).toString(), `the owner of ${assetName(holding.asset)}`);
    else requireAmount(word, holding.amount, assetName(holding.asset));
  }
  for (const ratio of kit.ratios) {
    const account = require(provenAccount(root, MESSAGE_PASSER, ratio.accountProof), 'the MessagePasser');
    if (ratio.asset.kind !== 'eth') require(provenSlot(account.storageRoot, mappingSlot(keyOf(ratio.asset), 1n), ratio.burnedProof), `the burned sum of ${assetName(ratio.asset)}`);
  }
  for (const sent of kit.withdrawals) {
    const account = require(provenAccount(root, MESSAGE_PASSER, sent.accountProof), 'the MessagePasser');
    const { withdrawal } = sent;
    const hash = withdrawalHash({ ...withdrawal, nonce: BigInt(withdrawal.nonce), id: BigInt(withdrawal.id), amount: BigInt(withdrawal.amount) });
    if (hash !== sent.hash) throw new CommandFailure('failed', `the withdrawal ${sent.hash} hashes to ${hash}`);
    requireAmount(require(provenSlot(account.storageRoot, sentSlot(hash), sent.storageProof), `withdrawal ${hash}`), '1', `withdrawal ${hash}`);
  }
  for (const refund of kit.refunds) {
    const accumulator = (await out.inbox.getFunction('accumulatorAt').staticCall(BigInt(refund.index) + 1n)) as string;
    const ours = nextAccumulator(refund.accumulatorBefore, messageHash(fromHex(refund.message)));
    if (ours !== accumulator) throw new CommandFailure('failed', `the bytes of message ${refund.index} accumulate to ${ours}, the Inbox says ${accumulator}`);
  }
}

function require<T>(decoded: Decoded<T>, what: string): T {
  if (decoded.ok) return decoded.value;
  throw new CommandFailure('failed', `the proof of ${what} does not hold: ${decoded.code}: expected ${decoded.expected}, got ${decoded.got}`);
}

function requireAmount(proven: bigint, claimed: string, what: string): void {
  if (proven !== BigInt(claimed)) throw new CommandFailure('failed', `${what}: the proof shows ${proven}, the kit says ${claimed}`);
}

/** The parts of a kit that L1 has not paid yet. */
export async function unpaid(kit: ExitKit, out: WayOut): Promise<ExitKit> {
  const { claimant } = kit;
  const isTrue = async (contract: WayOut['hatch'], name: string, ...args: unknown[]): Promise<boolean> => (await contract.getFunction(name).staticCall(...args)) as boolean;
  const keep = async <T>(items: readonly T[], isDone: (item: T) => Promise<boolean>): Promise<T[]> => {
    const done = await Promise.all(items.map(isDone));
    return items.filter((_, position) => done[position] === false);
  };
  return {
    ...kit,
    holdings: await keep(kit.holdings, async (holding) => claimant === null || isTrue(out.hatch, 'isExited', claimant.owner, onChain(holding.asset), holding.isUncredited)),
    ratios: await keep(kit.ratios, async ({ asset: one }) => ((await out.hatch.getFunction('ratioOf').staticCall(onChain(one))) as { isFixed: boolean }).isFixed),
    refunds: await keep(kit.refunds, async ({ index }) => isTrue(out.hatch, 'isRefunded', index)),
    withdrawals: await keep(kit.withdrawals, async ({ hash }) => isTrue(out.vault, 'isWithdrawn', hash)),
  };
}

/** The transactions that pay everything in the kit, in as few as fit. */
export async function kitTransactions(kit: ExitKit, out: WayOut): Promise<readonly PlannedTransaction[]> {
  const plan: PlannedTransaction[] = [];
  const { hatch } = out;
  const encode = (method: string, ...args: readonly unknown[]): string => hatch.interface.encodeFunctionData(method, args);
  const ranges = (await out.lifecycle.getFunction('skippedRangeCount').staticCall()) as bigint;
  const counts = ranges > SKIPPED_RANGES_AT_ONCE ? kit.ratios.map(({ asset: one }) => encode('countSkipped', onChain(one), ranges)) : [];
  const ratios = kit.ratios.map((ratio) => encode('fixRatio', onChain(ratio.asset), ratio.accountProof, ratio.burnedProof));
  const refunds = kit.refunds.map(({ index, message }) => encode('refund', index, message, '0x0000000000000000000000000000000000000000', 0, '0x'));
  const exits: { call: string; about: string }[] = [];
  for (let from = 0; from < kit.holdings.length; from += HOLDINGS_PER_TRANSACTION) {
    const some = kit.holdings.slice(from, from + HOLDINGS_PER_TRANSACTION);
    const holdings = some.map((holding) => ({ asset: onChain(holding.asset), isUncredited: holding.isUncredited, accountProof: holding.accountProof, storageProof: holding.storageProof }));
    exits.push({ call: encode('exit', kit.claimant, holdings), about: some.map(({ asset: one }) => assetName(one)).join(', ') });
  }
  const groups = exits.length === 0 ? [[...counts, ...ratios, ...refunds]] : exits.map(({ call }, position) => (position === 0 ? [...counts, ...ratios, call, ...refunds] : [call]));
  for (const [position, calls] of groups.entries()) {
    if (calls.length === 0) continue;
    const words = [position === 0 && ratios.length > 0 ? `fix the ratio of ${kit.ratios.map(({ asset: one }) => assetName(one)).join(', ')}` : '', exits[position] === undefined ? '' : `exit ${exits[position].about}`,
      position === 0 && refunds.length > 0 ? `refund ${refunds.length} deposits` : ''].filter((text) => text !== '').join('; ');
    const weight = BigInt(calls.length + (exits[position] === undefined ? 0 : Math.min(kit.holdings.length, HOLDINGS_PER_TRANSACTION)));
    const gasLimit = FIXED_GAS + GAS_PER_ITEM * weight < MAX_TRANSACTION_GAS ? FIXED_GAS + GAS_PER_ITEM * weight : MAX_TRANSACTION_GAS;
    plan.push({ ...await plannedCall(hatch, 'EscapeHatch', 'multicall', [calls, 0], `${words}: ${kit.how}`), gasLimit });
  }
  for (const { withdrawal, accountProof, storageProof, hash } of kit.withdrawals) {
    const onL1 = { ...withdrawal, assetKind: ASSET_KINDS[withdrawal.assetKind] };
    plan.push(await plannedCall(out.vault, 'Vault', 'withdraw', [kit.pinned.batch, onL1, accountProof, storageProof], `claim withdrawal ${hash} for ${withdrawal.recipient}`));
  }
  return plan;
}

/** What a person reads of a kit. */
export function kitLines(kit: ExitKit): string[] {
  return [
    ...kit.holdings.map(({ asset: one, amount, isUncredited }) => `${assetName(one)}: ${amount}${isUncredited ? ' (a deposit that L2 could not credit)' : ''}; ${kit.how}`),
    ...kit.refunds.map(({ about }) => about),
    ...kit.withdrawals.map(({ hash, withdrawal }) => `withdrawal ${hash} of ${withdrawal.amount} (${withdrawal.assetKind}) to ${withdrawal.recipient}`),
  ];
}

/** Whether the kit's claim is one that only the resolver itself can make. */
export function needsResolver(kit: ExitKit): boolean {
  return kit.claimant?.entitlement === ENTITLEMENTS.resolver;
}
