// Clock: protocol time T. Owns its typed reads. A duration of the protocol becomes this deployment's by `scaled`, which is asked of
// the contract and not computed here.
// Invariant: no duration is written down; the generated constants name them, the contract scales them.

import { view } from './contract.ts';
import type { Contract } from './contract.ts';
import type { BlockRef, Reading } from './reading.ts';

export const STOPS = { pause: 0, dispute: 1 } as const;

export const currentT = async (clock: Contract, at: BlockRef): Promise<Reading<bigint>> => view(clock, at, 'current');
/** T of a wall time that has come. */
export const timeAt = async (clock: Contract, at: BlockRef, wallSeconds: bigint): Promise<Reading<bigint>> => view(clock, at, 'timeAt', wallSeconds);
export const isBlocked = async (clock: Contract, at: BlockRef): Promise<Reading<boolean>> => view(clock, at, 'isBlocked');
export const stoppedUntil = async (clock: Contract, at: BlockRef, stop: keyof typeof STOPS): Promise<Reading<bigint>> => view(clock, at, 'stoppedUntil', STOPS[stop]);
export const stopBudget = async (clock: Contract, at: BlockRef): Promise<Reading<bigint>> => view(clock, at, 'budget');
export const timeScale = async (clock: Contract, at: BlockRef): Promise<Reading<bigint>> => view(clock, at, 'TIME_SCALE');
export const pauser = async (clock: Contract, at: BlockRef): Promise<Reading<`0x${string}`>> => view(clock, at, 'PAUSER');
/** A protocol duration in this deployment's seconds. */
export const scaled = async (clock: Contract, at: BlockRef, durationSeconds: bigint): Promise<Reading<bigint>> => view(clock, at, 'scaled', durationSeconds);
