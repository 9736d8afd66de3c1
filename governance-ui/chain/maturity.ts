// Maturity: how far the keys have fallen. Owns its typed reads.
// Invariant: a stage is what the contract says; where no contract stands the chain is in Training, because nothing has fallen.

import { view } from './contract.ts';
import type { Contract } from './contract.ts';
import type { BlockRef, Reading } from './reading.ts';

export const STAGES = ['Training', 'Mature', 'Ossified'] as const;
export interface Progress { readonly valueSeconds: bigint; readonly batchDays: bigint }
export interface Requirement { readonly capWei: bigint; readonly valueSeconds: bigint; readonly batchDays: bigint; readonly laneAgeSeconds: bigint }

export async function stage(maturity: Contract, at: BlockRef): Promise<Reading<(typeof STAGES)[number]>> {
  const read = await view<number>(maturity, at, 'stage');
  if (!read.known) return read;
  const name = STAGES[read.value];
  return name === undefined ? { known: false, why: `stage ${read.value} is none` } : { ...read, value: name };
}

export const progress = async (maturity: Contract, at: BlockRef): Promise<Reading<Progress>> => view(maturity, at, 'progress');
export const requirement = async (maturity: Contract, at: BlockRef, next: (typeof STAGES)[number]): Promise<Reading<Requirement>> => view(maturity, at, 'requirement', STAGES.indexOf(next));
