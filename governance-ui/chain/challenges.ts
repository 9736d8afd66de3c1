// Signs of life of the council's members: who was asked, until when they may answer, and the answer as a signature that anyone brings in.
// Owns these reads and the answer's EIP-712 data.
//   present --challenge (anyone)--> challenged --answer--> present ;  challenged --time is over--> removable, by anyone
// Invariant: times are the contract's T, shown as the wall time they have while the clock runs.

import type { Hex } from 'viem';
import { currentT } from './clock.ts';
import { view } from './contract.ts';
import type { Contract } from './contract.ts';
import { epoch, members } from './council.ts';
import type { Member } from './council.ts';
import { mapReading } from './reading.ts';
import type { BlockRef, Reading } from './reading.ts';
import { flatTyped } from './typedData.ts';
import type { FlatTyped } from './typedData.ts';

export interface MemberLife extends Member {
  /** T until which it may answer; 0 while nobody asked. */
  readonly answerableUntilT: bigint;
  /** The same as wall seconds. */
  readonly answerableUntil: bigint | undefined;
  readonly isRemovable: boolean;
}

export async function livesOf(council: Contract, clock: Contract, at: BlockRef): Promise<Reading<readonly MemberLife[]>> {
  const [list, nowT] = await Promise.all([members(council, at), currentT(clock, at)]);
  if (!list.known) return list;
  if (!nowT.known) return nowT;
  const until = await Promise.all(list.value.map(async ({ account }) => view<bigint>(council, at, 'answerableUntil', account)));
  const bad = until.find((one) => !one.known);
  if (bad?.known === false) return bad;
  return { ...list, value: list.value.map((member, index) => {
    const read = until[index];
    const answerableUntilT = read?.known === true ? read.value : 0n;
    return { ...member, answerableUntilT, answerableUntil: answerableUntilT === 0n ? undefined : at.timestamp + answerableUntilT - nowT.value, isRemovable: answerableUntilT !== 0n && nowT.value > answerableUntilT };
  }) };
}

export interface Alive { readonly typed: FlatTyped; readonly member: Hex }

/** What a challenged member signs; the digest that the contract computes must be the same. */
export async function aliveOf(council: Contract, at: BlockRef, chainId: number, member: Hex): Promise<Reading<Alive>> {
  const [until, version, digest] = await Promise.all([view<bigint>(council, at, 'answerableUntil', member), epoch(council, at), view<Hex>(council, at, 'aliveDigest', member)]);
  if (!until.known) return until;
  if (!version.known) return version;
  return mapReading(digest, (claimed) => {
    const typed = typedAlive(council.address, chainId, member, until.value, version.value);
    if (typed.digest !== claimed) throw new Error('the council computes another digest than this page');
    return { typed, member };
  });
}

const ALIVE_FIELDS = [{ name: 'member', type: 'address' }, { name: 'answerableUntil', type: 'uint256' }, { name: 'epoch', type: 'uint256' }] as const;

export function typedAlive(council: Hex, chainId: number, member: Hex, answerableUntilT: bigint, listEpoch: bigint): FlatTyped {
  return flatTyped({ name: 'Keyfall SecurityCouncil', chainId, contract: council, primaryType: 'Alive', fields: ALIVE_FIELDS, message: { member, answerableUntil: answerableUntilT, epoch: listEpoch }, sentence: `Say that ${member}, a challenged member of the council, is alive. It answers this one challenge and nothing else.` });
}
