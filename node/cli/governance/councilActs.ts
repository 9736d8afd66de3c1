// Acts of the SecurityCouncil as files: prepared online, signed on machines that need no network, submitted by anyone. Owns the file's
// form, its EIP-712 data and the sentence a member reads before signing.
// Invariant: what is signed is computed here from the fields shown, never taken from the file as a hash.

import { readFileSync } from 'node:fs';
import { AbiCoder, TypedDataEncoder, getAddress, keccak256, verifyTypedData } from 'ethers';
import type { TypedDataDomain, TypedDataField } from 'ethers';
import { z } from 'zod';
import { CommandFailure, messageOf } from '../failure.ts';
import { writeFileAtomically } from '../home.ts';
import { sentenceOf } from './upgradeKinds.ts';
import type { Upgrade } from './upgradeKinds.ts';

const address = z.string().regex(/^0x[0-9a-fA-F]{40}$/).transform((text) => getAddress(text));
const word = z.string().regex(/^0x[0-9a-fA-F]{64}$/);
const hex = z.string().regex(/^0x([0-9a-fA-F]{2})*$/);
const integer = z.string().regex(/^\d{1,78}$/);

const schema = z.object({
  format: z.literal('keyfall-council-act-1'),
  act: z.enum(['veto', 'pause', 'resolve', 'expedite']),
  chainId: integer,
  council: address,
  timelock: address,
  epoch: integer,
  nonce: integer,
  /** Wall time after which the signatures are void, seconds. */
  deadline: integer,
  upgrade: z.object({ kind: z.number().int().min(0).max(255), payload: hex, reportHash: word, salt: word }).optional(),
  disputeId: integer.optional(),
  lane: address.optional(),
  approvals: z.array(z.object({ signer: address, signature: hex })),
}).strict();

export type CouncilAct = z.infer<typeof schema>;

const COMMON: TypedDataField[] = [{ name: 'nonce', type: 'uint256' }, { name: 'deadline', type: 'uint256' }, { name: 'epoch', type: 'uint256' }];
const UPGRADE_FIELDS: TypedDataField[] = [{ name: 'upgradeId', type: 'bytes32' }, { name: 'kind', type: 'uint8' }, { name: 'reportHash', type: 'bytes32' }, ...COMMON];

/** @throws CommandFailure (usage) naming what is wrong with the file */
export function readAct(path: string): CouncilAct {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new CommandFailure('usage', `expected an act of the council in ${path}: ${messageOf(cause)}`, { cause });
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success) throw new CommandFailure('usage', `${path} is not an act of the council: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

export function writeAct(path: string, act: CouncilAct): void {
  writeFileAtomically(path, `${JSON.stringify(act, null, 2)}\n`);
}

/** Identity of an upgrade, as the timelock computes it. */
export function upgradeId(chainId: bigint, timelock: string, upgrade: Upgrade): string {
  const coder = AbiCoder.defaultAbiCoder();
  const content = keccak256(coder.encode(['uint8', 'bytes32'], [upgrade.kind, keccak256(upgrade.payload)]));
  return keccak256(coder.encode(['uint256', 'address', 'bytes32', 'bytes32', 'bytes32'], [chainId, timelock, content, upgrade.reportHash, upgrade.salt]));
}

function upgradeOf(act: CouncilAct): Upgrade {
  if (act.upgrade === undefined) throw new CommandFailure('usage', `a ${act.act} names an upgrade, this file names none`);
  return act.upgrade;
}

export interface TypedAct {
  readonly domain: TypedDataDomain;
  readonly types: Record<string, TypedDataField[]>;
  readonly value: Record<string, unknown>;
  readonly sentence: string;
}

/** What a member signs, and what it says. */
export function typedAct(act: CouncilAct): TypedAct {
  const domain = { name: 'Keyfall SecurityCouncil', version: '1', chainId: BigInt(act.chainId), verifyingContract: act.council };
  const common = { nonce: act.nonce, deadline: act.deadline, epoch: act.epoch };
  const until = `Signatures are void after ${new Date(Number(act.deadline) * 1000).toISOString()}.`;
  if (act.act === 'pause') {
    return { domain, types: { PauseFinality: COMMON }, value: common, sentence: `Pause finality for 3 days (divided by the time scale on a devnet). Inbox and exits go on. ${until}` };
  }
  if (act.act === 'resolve') {
    if (act.disputeId === undefined || act.lane === undefined) throw new CommandFailure('usage', 'a resolution names a dispute and a lane, this file does not');
    return {
      domain, types: { ResolveDispute: [{ name: 'disputeId', type: 'uint256' }, { name: 'laneSwitchedOff', type: 'address' }, ...COMMON] },
      value: { disputeId: act.disputeId, laneSwitchedOff: act.lane, ...common },
      sentence: `End dispute ${act.disputeId} by switching the lane ${act.lane} off for ever. ${until}`,
    };
  }
  const upgrade = upgradeOf(act);
  const id = upgradeId(BigInt(act.chainId), act.timelock, upgrade);
  const what = act.act === 'veto' ? 'VETO (once, for good, with every other schedule of its content that stands)' : 'CARRY OUT EARLY, without the time to leave,';
  return {
    domain, types: { [act.act === 'veto' ? 'Veto' : 'Expedite']: UPGRADE_FIELDS },
    value: { upgradeId: id, kind: upgrade.kind, reportHash: upgrade.reportHash, ...common },
    sentence: `${what} this upgrade: ${sentenceOf(upgrade)} Upgrade ${id}, report ${upgrade.reportHash}. ${until}`,
  };
}

/** The 32 bytes a hardware wallet shows: domain, message and digest. */
export function actHashes(typed: TypedAct): Readonly<Record<'domainHash' | 'messageHash' | 'digest', string>> {
  const [primary = ''] = Object.keys(typed.types);
  return {
    domainHash: TypedDataEncoder.hashDomain(typed.domain),
    messageHash: TypedDataEncoder.hashStruct(primary, typed.types, typed.value),
    digest: TypedDataEncoder.hash(typed.domain, typed.types, typed.value),
  };
}

/** Whether the signature is a key's own; wallets (EIP-1271) answer only on chain. */
export function isKeySignature(typed: TypedAct, signer: string, signature: string): boolean {
  try {
    return verifyTypedData(typed.domain, typed.types, typed.value, signature) === getAddress(signer);
  } catch {
    // Not the form of a key's signature: a wallet's, or rubbish. The contract decides.
    return false;
  }
}

/** The act with one more approval, ascending, one per signer. */
export function withApproval(act: CouncilAct, signer: string, signature: string): CouncilAct {
  const others = act.approvals.filter((approval) => approval.signer !== getAddress(signer));
  const approvals = [...others, { signer: getAddress(signer), signature }].toSorted((a, b) => (BigInt(a.signer) < BigInt(b.signer) ? -1 : 1));
  return { ...act, approvals };
}

/**
 * Files of the same act, with all their approvals. Of two different signatures of one signer a key's own stays; if neither is one, the first.
 * @param onDropped told of each signature that is put aside
 * @throws CommandFailure (usage) when they differ in anything else
 */
export function mergeActs(acts: readonly CouncilAct[], onDropped: (what: string) => void): CouncilAct {
  const [first, ...others] = acts;
  if (first === undefined) throw new CommandFailure('usage', 'expected at least one act');
  const body = (act: CouncilAct): string => JSON.stringify({ ...act, approvals: [] });
  let merged = first;
  for (const act of others) {
    if (body(act) !== body(first)) throw new CommandFailure('usage', 'these files are not the same act: one of them differs in more than its approvals');
    for (const { signer, signature } of act.approvals) {
      const present = merged.approvals.find((approval) => approval.signer === getAddress(signer));
      if (present !== undefined && present.signature.toLowerCase() === signature.toLowerCase()) continue;
      const stays = present !== undefined && (isKeySignature(typedAct(first), signer, present.signature) || !isKeySignature(typedAct(first), signer, signature));
      if (present !== undefined) onDropped(`of two different signatures of ${getAddress(signer)}, ${(stays ? signature : present.signature).slice(0, 20)}... was put aside`);
      if (!stays) merged = withApproval(merged, signer, signature);
    }
  }
  return merged;
}
