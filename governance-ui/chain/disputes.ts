// Disputes: two lanes that answered one batch differently, while nobody has decided. Owns finding the open ones and their typed reads.
// Invariant: open is what the Lanes contract calls open at the block; the search is bounded and says so when it ends early.

import type { Hex } from 'viem';
import { view } from './contract.ts';
import type { Contract } from './contract.ts';
import { unknown } from './reading.ts';
import type { BlockRef, Reading } from './reading.ts';

export interface Dispute { readonly id: bigint; readonly batch: bigint; readonly lanes: readonly [Hex, Hex]; readonly endWall: bigint }

interface DisputeRecord { readonly batch: bigint; readonly laneA: Hex; readonly laneB: Hex; readonly endWall: bigint | number }

/** Closed ones are forgotten by the contract from the newest on, so there are hardly ever more. */
const MAX_DISPUTES = 64n;

export async function openDisputes(council: Contract, at: BlockRef): Promise<Reading<readonly Dispute[]>> {
  const lanesAt = await view<Hex>(council, at, 'LANES');
  if (!lanesAt.known) return lanesAt;
  const lanes: Contract = { name: 'Lanes', address: lanesAt.value, chain: council.chain };
  const last = await view<bigint>(lanes, at, 'latestOpenDispute');
  if (!last.known) return last;
  const found: Dispute[] = [];
  for (let id = last.value; id > 0n; id -= 1n) {
    if (last.value - id >= MAX_DISPUTES) return unknown(`more than ${MAX_DISPUTES} disputes: the command line takes their numbers`);
    const [isOpen, record] = await Promise.all([view<boolean>(lanes, at, 'isOpen', id), view<DisputeRecord>(lanes, at, 'dispute', id)]);
    if (!isOpen.known) return isOpen;
    if (!record.known) return record;
    const { batch, laneA, laneB, endWall } = record.value;
    if (isOpen.value) found.push({ id, batch: BigInt(batch), lanes: [laneA, laneB], endWall: BigInt(endWall) });
  }
  return { ...last, value: found };
}
