// SecurityCouncil: its members and what an act of theirs needs. Owns its typed reads and the acts' EIP-712 data, flat, as devices show it.
// The file of an act is the one that `keyfall council` writes and takes, so that either can go on where the other stopped.
// Invariant: what is signed is computed here from the fields that are shown; a digest the contract computes must equal it.

import { encodeAbiParameters, isAddress, keccak256 } from 'viem';
import type { Hex } from 'viem';
import { view } from './contract.ts';
import type { Contract } from './contract.ts';
import { mapReading } from './reading.ts';
import type { BlockRef, Reading } from './reading.ts';
import { flatTyped } from './typedData.ts';
import type { FlatTyped, TypedField } from './typedData.ts';
import { contentOf, upgradeWords } from './upgradeWords.ts';
import type { Upgrade } from './upgradeWords.ts';

export interface Member { readonly account: Hex; readonly isExternal: boolean }

export const members = async (council: Contract, at: BlockRef): Promise<Reading<readonly Member[]>> => view(council, at, 'members');
export const threshold = async (council: Contract, at: BlockRef): Promise<Reading<bigint>> => view(council, at, 'threshold');
export const epoch = async (council: Contract, at: BlockRef): Promise<Reading<bigint>> => view(council, at, 'epoch');
export const isDormant = async (council: Contract, at: BlockRef): Promise<Reading<boolean>> => view(council, at, 'isDormant');
export const nextPause = async (council: Contract, at: BlockRef): Promise<Reading<bigint>> => view(council, at, 'nextPause');
export const isNonceUsed = async (council: Contract, at: BlockRef, nonce: bigint): Promise<Reading<boolean>> => view(council, at, 'isNonceUsed', nonce);

const NONCES_PER_WORD = 256n;
/** More were never used in one word by honest chance; then any free one will do. */
const MAX_TRIES = 16n;

/** A nonce that no act has used: in the first word of 256, where an act costs less gas, from a place left to chance. */
export async function freeNonce(council: Contract, at: BlockRef): Promise<Reading<bigint>> {
  const [start = 0] = crypto.getRandomValues(new Uint8Array(1));
  for (let step = 0n; step < MAX_TRIES; step += 1n) {
    const nonce = (BigInt(start) + step) % NONCES_PER_WORD;
    const used = await isNonceUsed(council, at, nonce);
    if (!used.known) return used;
    if (!used.value) return { ...used, value: nonce };
  }
  const [word = 0n] = crypto.getRandomValues(new BigUint64Array(1));
  return mapReading(await isNonceUsed(council, at, word), (isUsed) => {
    if (isUsed) throw new Error('no free nonce was found: try again');
    return word;
  });
}

export const ACTS = ['veto', 'pause', 'resolve', 'expedite'] as const;
export type ActName = (typeof ACTS)[number];
export const quorumOf = async (council: Contract, at: BlockRef, act: ActName): Promise<Reading<bigint>> => view(council, at, 'quorumOf', ACTS.indexOf(act));

export interface CouncilAct {
  readonly act: ActName; readonly chainId: string; readonly council: Hex; readonly timelock: Hex; readonly epoch: string; readonly nonce: string; readonly deadline: string;
  readonly upgrade?: Upgrade; readonly disputeId?: string; readonly lane?: Hex;
  readonly approvals: readonly { readonly signer: Hex; readonly signature: Hex }[];
}

const FORMAT = 'keyfall-council-act-1';
/** Behind the last moment that a date can show. */
const LAST_DATE_SECONDS = 8_640_000_000_000n;
const COMMON = [{ name: 'nonce', type: 'uint256' }, { name: 'deadline', type: 'uint256' }, { name: 'epoch', type: 'uint256' }] as const;
const UPGRADE_FIELDS = [{ name: 'upgradeId', type: 'bytes32' }, { name: 'kind', type: 'uint8' }, { name: 'reportHash', type: 'bytes32' }, ...COMMON] as const;

type Fields = Readonly<Record<string, unknown>>;
const matching = (value: unknown, pattern: RegExp, what: string): string => {
  if (typeof value !== 'string' || !pattern.test(value)) throw new Error(`expected ${what}, got ${String(value)}`);
  return value;
};
const address = (value: unknown, what: string): Hex => {
  const text = matching(value, /^0x[0-9a-fA-F]{40}$/, what) as Hex;
  if (!isAddress(text)) throw new Error(`expected ${what}, got ${text}, whose checksum is wrong`);
  return text;
};
const digits = (value: unknown, what: string, below = 1n << 256n): string => {
  const text = matching(value, /^\d{1,78}$/, what);
  if (BigInt(text) >= below) throw new Error(`expected ${what} below ${below}, got ${text}`);
  return text;
};
const word = (value: unknown, what: string): Hex => matching(value, /^0x[0-9a-fA-F]{64}$/, what) as Hex;
const bytes = (value: unknown, what: string): Hex => matching(value, /^0x([0-9a-fA-F]{2})*$/, what) as Hex;

/** @throws Error naming what is wrong with the file */
export function parseAct(text: string): CouncilAct {
  const json = JSON.parse(text) as Fields;
  if (json['format'] !== FORMAT) throw new Error(`expected a file of format ${FORMAT}, got ${String(json['format'])}`);
  const act = ACTS.find((name) => name === json['act']);
  if (act === undefined) throw new Error(`expected one of ${ACTS.join(', ')}, got ${String(json['act'])}`);
  const { upgrade, disputeId, lane, approvals } = json;
  const parsed = {
    act, chainId: digits(json['chainId'], 'a chain id', BigInt(Number.MAX_SAFE_INTEGER)), council: address(json['council'], 'the council'), timelock: address(json['timelock'], 'the timelock'),
    epoch: digits(json['epoch'], 'an epoch'), nonce: digits(json['nonce'], 'a nonce'), deadline: digits(json['deadline'], 'a deadline', LAST_DATE_SECONDS),
    ...(upgrade === undefined ? {} : { upgrade: parseUpgrade(upgrade as Fields) }),
    ...(disputeId === undefined ? {} : { disputeId: digits(disputeId, 'a dispute') }), ...(lane === undefined ? {} : { lane: address(lane, 'a lane') }),
    approvals: (Array.isArray(approvals) ? approvals : []).map((one: Fields) => ({ signer: address(one['signer'], 'a signer'), signature: bytes(one['signature'], 'a signature') })),
  };
  if ((act === 'veto' || act === 'expedite') && parsed.upgrade === undefined) throw new Error(`a ${act} names an upgrade, this file names none`);
  // What is shown beside a signature must be part of it.
  if (act !== 'veto' && act !== 'expedite' && parsed.upgrade !== undefined) throw new Error(`a ${act} names no upgrade, this file names one`);
  if (act !== 'resolve' && (parsed.disputeId !== undefined || parsed.lane !== undefined)) throw new Error(`a ${act} names no dispute and no lane`);
  if (act === 'resolve' && (parsed.disputeId === undefined || parsed.lane === undefined)) throw new Error('a resolution names a dispute and a lane');
  return parsed;
}

function parseUpgrade(fields: Fields): Upgrade {
  const { kind } = fields;
  if (typeof kind !== 'number' || !Number.isInteger(kind) || kind < 0 || kind > 255) throw new Error(`expected a kind of upgrade, got ${String(kind)}`);
  return { kind, payload: bytes(fields['payload'], 'a payload'), reportHash: word(fields['reportHash'], 'a report hash'), salt: word(fields['salt'], 'a salt') };
}

export function actText(act: CouncilAct): string {
  return `${JSON.stringify({ format: FORMAT, ...act }, null, 2)}\n`;
}

/** Identity of an upgrade, as the timelock computes it. */
export function upgradeIdOf(chainId: bigint, timelock: Hex, upgrade: Upgrade): Hex {
  const parts = ['uint256', 'address', 'bytes32', 'bytes32', 'bytes32'].map((type) => ({ type }));
  return keccak256(encodeAbiParameters(parts, [chainId, timelock, contentOf(upgrade), upgrade.reportHash, upgrade.salt]));
}

/** What a member signs, and what it says. */
export function typedAct(act: CouncilAct): FlatTyped {
  const common = { nonce: BigInt(act.nonce), deadline: BigInt(act.deadline), epoch: BigInt(act.epoch) };
  const build = (primaryType: string, fields: readonly TypedField[], message: Record<string, unknown>, sentence: string): FlatTyped =>
    flatTyped({ name: 'Keyfall SecurityCouncil', chainId: Number(act.chainId), contract: act.council, primaryType, fields, message, sentence });
  if (act.act === 'pause') return build('PauseFinality', COMMON, common, 'Pause finality. Inbox and exits go on; it ends by itself.');
  if (act.act === 'resolve') return build('ResolveDispute', [{ name: 'disputeId', type: 'uint256' }, { name: 'laneSwitchedOff', type: 'address' }, ...COMMON], { disputeId: BigInt(act.disputeId ?? ''), laneSwitchedOff: act.lane, ...common }, `End dispute ${act.disputeId} by switching the lane ${act.lane} off for ever.`);
  if (act.upgrade === undefined) throw new Error(`a ${act.act} names an upgrade`);
  const upgradeId = upgradeIdOf(BigInt(act.chainId), act.timelock, act.upgrade);
  const what = act.act === 'veto' ? 'VETO, once and for good, this upgrade and every other of its content that stands:' : 'CARRY OUT EARLY, without the time to leave, this upgrade:';
  return build(act.act === 'veto' ? 'Veto' : 'Expedite', UPGRADE_FIELDS, { upgradeId, kind: act.upgrade.kind, reportHash: act.upgrade.reportHash, ...common }, `${what} ${upgradeWords(act.upgrade)}`);
}

/** The act with one more approval, ascending, one per signer: the order the contract demands. */
export function withApproval(act: CouncilAct, signer: Hex, signature: Hex): CouncilAct {
  const others = act.approvals.filter((approval) => approval.signer.toLowerCase() !== signer.toLowerCase());
  return { ...act, approvals: [...others, { signer, signature }].toSorted((left, right) => (BigInt(left.signer) < BigInt(right.signer) ? -1 : 1)) };
}
