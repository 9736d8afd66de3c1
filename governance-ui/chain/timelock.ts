// UpgradeTimelock: what may change, and when. Owns its typed reads and the way from its times in T to wall time.
//   Scheduled -> Executable [eta, expiry] -> Executed | Expired | Vetoed
// Invariant: a wall time computed from T is the earliest it can be: a stop of the clock only moves it later.

import type { Hex } from 'viem';
import { currentT } from './clock.ts';
import { view } from './contract.ts';
import type { Contract } from './contract.ts';
import { events } from './logs.ts';
import { mapReading } from './reading.ts';
import type { BlockRef, Reading } from './reading.ts';
import type { Upgrade } from './upgradeWords.ts';

export const UPGRADE_STATES = ['Unknown', 'Scheduled', 'Executable', 'Executed', 'Expired', 'Vetoed'] as const;
export type UpgradeState = (typeof UPGRADE_STATES)[number];

export interface ScheduledUpgrade {
  readonly id: Hex;
  readonly upgrade: Upgrade;
  readonly state: UpgradeState;
  readonly scheduledBlock: bigint;
  /** Wall seconds, as the clock runs now. */
  readonly scheduledAt: bigint;
  readonly executableAt: bigint;
  readonly expiresAt: bigint;
}

interface Schedule { readonly scheduledT: number; readonly eta: number; readonly expiry: number }
interface Scheduled { readonly id: Hex; readonly upgrade: Upgrade }

export interface Guard { readonly isFrozen: boolean; readonly isDisputed: boolean; readonly exitsGoFirst: boolean; readonly firstUnsettled: bigint }

export const exitWindow = async (timelock: Contract, at: BlockRef): Promise<Reading<bigint>> => view(timelock, at, 'exitWindow');
export const delayOf = async (timelock: Contract, at: BlockRef, kind: number): Promise<Reading<bigint>> => view(timelock, at, 'delayOf', kind);

export async function scheduleState(timelock: Contract, at: BlockRef, id: Hex): Promise<Reading<UpgradeState>> {
  return mapReading(await view<number>(timelock, at, 'state', id), (state) => UPGRADE_STATES[state] ?? 'Unknown');
}

/** Wall time of the only veto of a content, seconds; 0 = none yet. */
export const vetoedTimeOf = async (timelock: Contract, at: BlockRef, content: Hex): Promise<Reading<bigint>> => view(timelock, at, 'vetoedTimeOf', content);
/** Whether the council may veto upgrades of this kind; the kinds that it may expedite in Training are the same. */
export const isVetoable = async (timelock: Contract, at: BlockRef, kind: number): Promise<Reading<boolean>> => view(timelock, at, 'isVetoable', kind);

export async function guard(timelock: Contract, at: BlockRef): Promise<Reading<Guard>> {
  const read = await view<readonly [boolean, boolean, boolean, bigint]>(timelock, at, 'guard');
  if (!read.known) return read;
  const [isFrozen, isDisputed, exitsGoFirst, firstUnsettled] = read.value;
  return { ...read, value: { isFrozen, isDisputed, exitsGoFirst, firstUnsettled } };
}

/** Every upgrade that was ever scheduled, newest first, with its state now. */
export async function scheduledUpgrades(timelock: Contract, clock: Contract, at: BlockRef, fromBlock: bigint): Promise<Reading<readonly ScheduledUpgrade[]>> {
  const [found, nowT] = await Promise.all([events<Scheduled>(timelock, at, 'UpgradeScheduled', fromBlock), currentT(clock, at)]);
  if (!found.known) return found;
  if (!nowT.known) return nowT;
  const wall = (t: number): bigint => at.timestamp + BigInt(t) - nowT.value;
  const upgrades: ScheduledUpgrade[] = [];
  for (const { args: { id, upgrade }, blockNumber: scheduledBlock } of found.value.toReversed()) {
    const [state, schedule] = await Promise.all([view<number>(timelock, at, 'state', id), view<Schedule>(timelock, at, 'scheduleOf', id)]);
    if (!state.known) return state;
    if (!schedule.known) return schedule;
    upgrades.push({ id, upgrade, scheduledBlock, state: UPGRADE_STATES[state.value] ?? 'Unknown', scheduledAt: wall(schedule.value.scheduledT), executableAt: wall(schedule.value.eta), expiresAt: wall(schedule.value.expiry) });
  }
  return { ...found, value: upgrades };
}

export function isPending({ state }: ScheduledUpgrade): boolean {
  return state === 'Scheduled' || state === 'Executable';
}
