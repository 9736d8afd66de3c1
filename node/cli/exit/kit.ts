// An exit kit: everything that one account can be paid from a frozen chain, with the proofs, as one file. It needs no L2 data any more:
// whoever has it and an L1 endpoint can send it, from any machine.
// Owns the file's shape, the check of every proof and signature in it against what L1 says, and what of it is not paid yet. Does not own
// where the proofs come from (collect.ts) nor the transactions made of them (kitPlan.ts).
// Invariant: nothing of a kit is sent that did not verify here; what L1 has paid already is left out.

import { readFileSync } from 'node:fs';
import { isHexString, recoverAddress } from 'ethers';
import { z } from 'zod';
import { assetKey, MESSAGE_PASSER, mappingSlot, messageHash, nextAccumulator, fromHex, sentSlot, withdrawalHash, ASSET_KINDS } from '@keyfall/protocol';
import type { Decoded, Hex } from '@keyfall/protocol';
import { CommandFailure, messageOf } from '../failure.ts';
import { writeFileAtomically } from '../home.ts';
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
  /** Null: made before any freeze, of refunds alone. */
  pinned: z.object({ batch: number, root: hex }).nullable(),
  claimant: z.object({
    owner: address, entitlement: z.number().int(), to: address, delegate: address, accountProof: proof, registryAccountProof: proof, registryProof: proof, deadline: number, signature: hex,
  }).nullable(),
  payee: address.nullable(),
  /** Where the payee has everything paid by its signature; null = to itself. */
  redirect: z.object({ payee: address, to: address, deadline: number, signature: hex }).nullable(),
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
export type KitAsset = ExitKit['holdings'][number]['asset'];
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

export function onChain({ kind, token, id }: KitAsset): [number, string, string] {
  return [ASSET_KINDS[kind], token, id];
}

export function keyOf({ kind, token, id }: KitAsset): Hex {
  return assetKey(kind, token, kind === 'erc20' ? 0n : BigInt(id));
}

/** Checks every proof. @throws CommandFailure (failed) naming the first that does not hold */
export async function verifyKit(kit: ExitKit, out: WayOut): Promise<void> {
  const root = (await out.lifecycle.getFunction('pinnedRoot').staticCall()) as Hex;
  const [rollup, chainId] = [(await out.rollup.getAddress()).toLowerCase(), out.l1._network.chainId.toString()];
  if (kit.rollup !== rollup || kit.l1ChainId !== chainId) throw new CommandFailure('usage', `the exit kit is for the Rollup ${kit.rollup} on L1 chain ${kit.l1ChainId}, not for ${rollup} on ${chainId}`);
  const isProven = kit.holdings.length + kit.withdrawals.length + kit.ratios.length > 0;
  if (kit.pinned === null ? isProven : kit.pinned.root !== root) throw new CommandFailure('failed', `the exit kit was made for the state root ${kit.pinned?.root ?? 'of no frozen chain'}, L1 has pinned ${root}: make it again`);
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
  await verifyRedirect(kit, out);
  for (const refund of kit.refunds) {
    const accumulator = (await out.inbox.getFunction('accumulatorAt').staticCall(BigInt(refund.index) + 1n)) as string;
    const ours = nextAccumulator(refund.accumulatorBefore, messageHash(fromHex(refund.message)));
    if (ours !== accumulator) throw new CommandFailure('failed', `the bytes of message ${refund.index} accumulate to ${ours}, the Inbox says ${accumulator}`);
  }
}

/** The payee's signature, where a key made it; a contract's is tried by L1 itself. */
async function verifyRedirect({ redirect }: ExitKit, out: WayOut): Promise<void> {
  // Without a signature the payee must send it itself.
  if (redirect === null || redirect.signature === '0x') return;
  const { payee, to, deadline, signature } = redirect;
  const { timestamp = 0 } = (await out.l1.getBlock('latest')) ?? {};
  if (BigInt(deadline) < BigInt(timestamp)) throw new CommandFailure('failed', `the signature that sends everything to ${to} counted until ${new Date(Number(deadline) * 1_000).toISOString()}: make the kit again`);
  const digest = (await out.hatch.getFunction('redirectDigest').staticCall(payee, to, deadline)) as string;
  const isKeys = isHexString(signature, 65) && recoverAddress(digest, signature).toLowerCase() === payee;
  if (!isKeys && (await out.l1.getCode(payee)) === '0x') throw new CommandFailure('failed', `the signature that sends everything to ${to} is not that of ${payee}, or it was revoked`);
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

/** What a person reads of a kit. */
export function kitLines(kit: ExitKit): string[] {
  return [
    ...kit.holdings.map(({ asset: one, amount, isUncredited }) => `${assetName(one)}: ${amount}${isUncredited ? ' (a deposit that L2 could not credit)' : ''}; ${kit.how}`),
    ...kit.refunds.map(({ about }) => about),
    ...kit.withdrawals.map(({ hash, withdrawal }) => `withdrawal ${hash} of ${withdrawal.amount} (${withdrawal.assetKind}) to ${withdrawal.recipient}`),
  ];
}

/** Whether there is nothing in it that anyone could be paid for. */
export function isEmptyKit({ holdings, refunds, withdrawals }: ExitKit): boolean {
  return holdings.length + refunds.length + withdrawals.length === 0;
}

/** Whether the kit's claim is one that only the resolver itself can make. */
export function needsResolver(kit: ExitKit): boolean {
  return kit.claimant?.entitlement === ENTITLEMENTS.resolver;
}
