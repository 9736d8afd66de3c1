// KeyfallGovernor: proposals as the chain has them, decoded, with their votes and their clocks. Owns its typed reads, the check that a
// proposal's number is the hash of what it does, and a ballot as EIP-712 data.
//   Pending -> Active -> Succeeded [grace] -> Executed (= scheduled in the timelock) | Defeated | Expired | Canceled
// Invariant: what a proposal does is read from the bytes whose hash is its number; a description is only what its author wrote.

import { decodeAbiParameters, decodeFunctionData, encodeAbiParameters, encodeFunctionData, getAbiItem, isAddress, keccak256 } from 'viem';
import type { AbiEvent, Hex } from 'viem';
import { UPGRADE_GRACE_SECONDS } from '@keyfall/protocol/constants.ts';
import { ABIS } from './abis.ts';
import { currentT, scaled } from './clock.ts';
import { view } from './contract.ts';
import type { Contract } from './contract.ts';
import { upgradeIdOf } from './council.ts';
import { events } from './logs.ts';
import { mapReading } from './reading.ts';
import type { BlockRef, Reading } from './reading.ts';
import { delayOf } from './timelock.ts';
import { flatTyped } from './typedData.ts';
import type { FlatTyped } from './typedData.ts';
import { readUpgrade } from './upgradeWords.ts';
import type { Upgrade } from './upgradeWords.ts';

/** In the governor's order. */
export const PROPOSAL_STATES = ['Pending', 'Active', 'Canceled', 'Defeated', 'Succeeded', 'Queued', 'Expired', 'Executed'] as const;
export type ProposalState = (typeof PROPOSAL_STATES)[number];
/** In the governor's order. */
export const CHOICES = ['against', 'for', 'abstain'] as const;
export type Choice = (typeof CHOICES)[number];

export interface Content { readonly targets: readonly Hex[]; readonly values: readonly bigint[]; readonly calldatas: readonly Hex[]; readonly descriptionHash: Hex }
/** What a proposal does, or why that cannot be told. */
export type ProposedUpgrade = { readonly ok: true; readonly upgrade: Upgrade; readonly upgradeId: Hex } | { readonly ok: false; readonly why: string };

export interface Proposal {
  readonly id: bigint;
  readonly proposer: Hex;
  readonly description: string;
  readonly content: Content;
  readonly does: ProposedUpgrade;
  readonly state: ProposalState;
  readonly snapshotT: bigint;
  /** Wall seconds, as the clock runs now; the end moves when the quorum is reached late. */
  readonly createdBlock: bigint;
  readonly opensAt: bigint;
  readonly closesAt: bigint;
  /** Until when a passed one can be scheduled. */
  readonly schedulableUntil: bigint;
  /** If it is scheduled as soon as it can be; undefined where it cannot be read what it is. */
  readonly executableFrom: bigint | undefined;
  readonly votes: Readonly<Record<Choice, bigint>>;
  /** Votes for and abstaining that it needs; before the snapshot by the supply of now. */
  readonly quorum: bigint;
}

interface Created { readonly proposalId: bigint; readonly proposer: Hex; readonly targets: readonly Hex[]; readonly values: readonly bigint[]; readonly calldatas: readonly Hex[]; readonly description: string }

/** The event's fields with the description as the bytes that it is on chain: made text and bytes again, what is no UTF-8 would be other bytes. */
const CREATED_FIELDS = (getAbiItem({ abi: ABIS.KeyfallGovernor, name: 'ProposalCreated' }) as AbiEvent).inputs.map((input) => (input.name === 'description' ? { ...input, type: 'bytes' } : input));

/** @param data of the event that `created` was decoded from */
export function contentOfCreated({ targets, values, calldatas }: Pick<Created, 'targets' | 'values' | 'calldatas'>, data: Hex): Content {
  return { targets, values, calldatas, descriptionHash: keccak256(decodeAbiParameters(CREATED_FIELDS, data)[CREATED_FIELDS.findIndex(({ name }) => name === 'description')] as Hex) };
}

/** A proposal's number, as the governor computes it. */
export function proposalIdOf({ targets, values, calldatas, descriptionHash }: Content): bigint {
  return BigInt(keccak256(encodeAbiParameters([{ type: 'address[]' }, { type: 'uint256[]' }, { type: 'bytes[]' }, { type: 'bytes32' }], [targets, values, calldatas, descriptionHash])));
}

/** Reads the one call that a proposal may be: `schedule(upgrade)` of the timelock, without value. */
export function proposedUpgrade(id: bigint, content: Content, timelock: Hex, chainId: number): ProposedUpgrade {
  if (proposalIdOf(content) !== id) return { ok: false, why: 'its number is not the hash of the content that was shown' };
  const { targets: [target], values: [value], calldatas: [data] } = content;
  if (content.targets.length !== 1 || target?.toLowerCase() !== timelock.toLowerCase() || value !== 0n || data === undefined) return { ok: false, why: 'it is not one call of the timelock' };
  try {
    const { functionName, args } = decodeFunctionData({ abi: ABIS.UpgradeTimelock, data });
    if (functionName !== 'schedule') return { ok: false, why: `it calls ${functionName}, not schedule` };
    if (encodeFunctionData({ abi: ABIS.UpgradeTimelock, functionName, args: args ?? [] }) !== data.toLowerCase()) return { ok: false, why: 'its bytes are not what their decoding encodes to' };
    const [upgrade] = args as unknown as [Upgrade];
    if (readUpgrade(upgrade) === undefined) return { ok: false, why: 'its payload is not the canonical encoding of its kind' };
    return { ok: true, upgrade, upgradeId: upgradeIdOf(BigInt(chainId), timelock, upgrade) };
  } catch {
    // Not a call that the timelock has.
    return { ok: false, why: 'its bytes are no call of the timelock' };
  }
}

export interface GovernanceSides { readonly governor: Contract; readonly timelock: Contract; readonly clock: Contract; readonly chainId: number }

/** Every proposal there was, newest first. */
export async function proposals(sides: GovernanceSides, at: BlockRef, fromBlock: bigint): Promise<Reading<readonly Proposal[]>> {
  const { governor, clock } = sides;
  const [created, nowT, grace] = await Promise.all([events<Created>(governor, at, 'ProposalCreated', fromBlock), currentT(clock, at), scaled(clock, at, UPGRADE_GRACE_SECONDS)]);
  if (!created.known) return created;
  if (!nowT.known) return nowT;
  if (!grace.known) return grace;
  const list: Proposal[] = [];
  for (const { args, data, blockNumber } of created.value.toReversed()) {
    const proposal = await readProposal(sides, at, { ...args, content: contentOfCreated(args, data) }, blockNumber, nowT.value, grace.value);
    if (!proposal.known) return proposal;
    list.push(proposal.value);
  }
  return { ...created, value: list };
}

async function readProposal({ governor, timelock, chainId }: GovernanceSides, at: BlockRef, { proposalId: id, proposer, description, content }: Created & { readonly content: Content }, createdBlock: bigint, nowT: bigint, graceSeconds: bigint): Promise<Reading<Proposal>> {
  const does = proposedUpgrade(id, content, timelock.address, chainId);
  const [state, snapshot, deadline, votes] = await Promise.all([
    view<number>(governor, at, 'state', id), view<bigint>(governor, at, 'proposalSnapshot', id), view<bigint>(governor, at, 'proposalDeadline', id), view<readonly [bigint, bigint, bigint]>(governor, at, 'proposalVotes', id),
  ]);
  if (!state.known) return state;
  if (!snapshot.known) return snapshot;
  if (!deadline.known) return deadline;
  if (!votes.known) return votes;
  const [quorum, delay] = await Promise.all([view<bigint>(governor, at, 'quorum', snapshot.value < nowT ? snapshot.value : nowT - 1n), does.ok ? delayOf(timelock, at, does.upgrade.kind) : undefined]);
  if (!quorum.known) return quorum;
  if (delay?.known === false) return delay;
  const wall = (t: bigint): bigint => at.timestamp + t - nowT;
  const closesAt = wall(deadline.value);
  const [against, inFavour, abstain] = votes.value;
  return { ...state, value: {
    id, proposer, description, content, does, state: PROPOSAL_STATES[state.value] ?? 'Canceled', snapshotT: snapshot.value, createdBlock, opensAt: wall(snapshot.value), closesAt, schedulableUntil: closesAt + graceSeconds,
    executableFrom: delay === undefined ? undefined : (closesAt > at.timestamp ? closesAt : at.timestamp) + delay.value, votes: { against, for: inFavour, abstain }, quorum: quorum.value,
  } };
}

export interface Voice { readonly balance: bigint; readonly delegate: Hex; readonly votes: bigint; readonly symbol: string; readonly decimals: number; readonly supply: bigint }

/** What an account has to say from the next snapshot on. */
export async function voiceOf(token: Contract, at: BlockRef, account: Hex): Promise<Reading<Voice>> {
  const [balance, delegate, votes, symbol, decimals, supply] = await Promise.all([
    view<bigint>(token, at, 'balanceOf', account), view<Hex>(token, at, 'delegates', account), view<bigint>(token, at, 'getVotes', account), view<string>(token, at, 'symbol'), view<number>(token, at, 'decimals'), view<bigint>(token, at, 'totalSupply'),
  ]);
  if (!balance.known) return balance;
  if (!delegate.known) return delegate;
  if (!votes.known) return votes;
  if (!symbol.known) return symbol;
  if (!decimals.known) return decimals;
  return mapReading(supply, (total) => ({ balance: balance.value, delegate: delegate.value, votes: votes.value, symbol: symbol.value, decimals: decimals.value, supply: total }));
}

export interface VoteOf {
  /** Weight in this vote, fixed at its snapshot; undefined before it. */
  readonly weight: bigint | undefined;
  readonly cast: { readonly choice: Choice; readonly weight: bigint; readonly blockNumber: bigint; readonly transactionHash: Hex } | undefined;
  /** Of this proposal alone: a ballot for another one does not use it up. */
  readonly nonce: bigint;
}

interface VoteCast { readonly proposalId: bigint; readonly support: number; readonly weight: bigint }

/** An account in one vote: its weight and whether, and how, it voted. */
export async function voteOf(sides: GovernanceSides, at: BlockRef, proposal: Proposal, account: Hex): Promise<Reading<VoteOf>> {
  const { governor, clock } = sides;
  const nowT = await currentT(clock, at);
  if (!nowT.known) return nowT;
  const [weight, has, cast, nonce] = await Promise.all([
    proposal.snapshotT < nowT.value ? view<bigint>(governor, at, 'getVotes', account, proposal.snapshotT) : undefined, view<boolean>(governor, at, 'hasVoted', proposal.id, account),
    events<VoteCast>(governor, at, 'VoteCast', proposal.createdBlock, { voter: account }), view<bigint>(governor, at, 'nonces', account, BigInt.asUintN(192, proposal.id)),
  ]);
  if (weight?.known === false) return weight;
  if (!has.known) return has;
  if (!cast.known) return cast;
  const mine = cast.value.find(({ args }) => args.proposalId === proposal.id);
  if (has.value !== (mine !== undefined)) return { known: false, why: `the governor says that ${account} ${has.value ? 'has' : 'has not'} voted, its events say otherwise` };
  return mapReading(nonce, (value) => ({
    weight: weight?.value, nonce: value,
    cast: mine === undefined ? undefined : { choice: choiceOf(mine.args.support), weight: mine.args.weight, blockNumber: mine.blockNumber, transactionHash: mine.transactionHash },
  }));
}

function choiceOf(support: number): Choice {
  const choice = CHOICES[support];
  if (choice === undefined) throw new Error(`expected a vote of 0, 1 or 2, got ${support}`);
  return choice;
}

/** A ballot that anyone can bring in for the voter. */
export interface Ballot { readonly chainId: number; readonly governor: Hex; readonly proposalId: string; readonly choice: Choice; readonly voter: Hex; readonly nonce: string; readonly signature: Hex }

const FORMAT = 'keyfall-ballot-1';
const BALLOT_FIELDS = [{ name: 'proposalId', type: 'uint256' }, { name: 'support', type: 'uint8' }, { name: 'voter', type: 'address' }, { name: 'nonce', type: 'uint256' }] as const;

/** @param what the proposal in words */
export function typedBallot({ chainId, governor, proposalId, choice, voter, nonce }: Omit<Ballot, 'signature'>, what: string): FlatTyped {
  const message = { proposalId: BigInt(proposalId), support: CHOICES.indexOf(choice), voter, nonce: BigInt(nonce) };
  return flatTyped({ name: 'Keyfall Governor', chainId, contract: governor, primaryType: 'Ballot', fields: BALLOT_FIELDS, message, sentence: `Vote ${choice.toUpperCase()}: ${what}` });
}

export function ballotText(ballot: Ballot): string {
  return `${JSON.stringify({ format: FORMAT, ...ballot }, null, 2)}\n`;
}

/** @throws Error naming what is wrong with the file */
export function parseBallot(text: string): Ballot {
  const json = JSON.parse(text) as Readonly<Record<string, unknown>>;
  const need = (name: string, pattern: RegExp): string => {
    const value = String(json[name]);
    if (!pattern.test(value)) throw new Error(`${name}: got ${value.slice(0, 80)}`);
    return value;
  };
  if (json['format'] !== FORMAT) throw new Error(`expected a file of format ${FORMAT}, got ${String(json['format'])}`);
  const choice = CHOICES.find((name) => name === json['choice']);
  if (choice === undefined) throw new Error(`expected one of ${CHOICES.join(', ')}, got ${String(json['choice'])}`);
  if (!isAddress(String(json['voter']))) throw new Error(`voter: the checksum of ${String(json['voter']).slice(0, 80)} is wrong`);
  return {
    chainId: Number(need('chainId', /^\d{1,15}$/)), governor: need('governor', /^0x[0-9a-fA-F]{40}$/) as Hex, proposalId: need('proposalId', /^\d{1,78}$/), choice,
    voter: need('voter', /^0x[0-9a-fA-F]{40}$/) as Hex, nonce: need('nonce', /^\d{1,78}$/), signature: need('signature', /^0x([0-9a-fA-F]{2})+$/) as Hex,
  };
}
