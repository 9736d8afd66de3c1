// Lifecycle: the phases of the chain and what anyone may do about them. Owns its typed reads and which state a frozen exit is proven
// under.
//   Operating -> Enforced -> Operating ;  Enforced | Operating -> Frozen, for ever
// Invariant: whether an act is open now is asked of the contract; times named here are the contract's own.

import type { Hex } from 'viem';
import { view } from './contract.ts';
import type { Contract } from './contract.ts';
import { mapReading, unknown } from './reading.ts';
import type { BlockRef, Reading } from './reading.ts';
import { attestersFinalizeAlone, batchState, committedCount, finalHead, finalizedCount, settledIndex } from './rollup.ts';
import type { System } from './system.ts';

export const PHASES = ['None', 'Operating', 'Enforced', 'Frozen'] as const;
export type Phase = (typeof PHASES)[number];
/** In the contract's order. */
export const FREEZE_CAUSES = ['no new final batch since the operator lost its monopoly', 'messages were skipped long ago', 'a dispute that nobody resolved', 'no lane that may finalize'] as const;
const DISPUTE = 2;

export async function phase(lifecycle: Contract, at: BlockRef): Promise<Reading<Phase>> {
  return mapReading(await view<number>(lifecycle, at, 'phase'), (code) => {
    const name = PHASES[code];
    if (name === undefined) throw new Error(`phase ${code} is none`);
    return name;
  });
}

export interface FreezeOpening { readonly cause: number; readonly disputeId: bigint }

/** Which causes would freeze the chain now; the dispute's is asked with the number of the open dispute. */
export async function freezableBy(lifecycle: Contract, at: BlockRef): Promise<Reading<readonly FreezeOpening[]>> {
  const lanesAt = await view<Hex>(lifecycle, at, 'LANES');
  if (!lanesAt.known) return lanesAt;
  const dispute = await view<bigint>({ name: 'Lanes', address: lanesAt.value, chain: lifecycle.chain }, at, 'latestOpenDispute');
  if (!dispute.known) return dispute;
  const openDispute = dispute.value;
  const answers = await Promise.all(FREEZE_CAUSES.map(async (_, cause) => (cause === DISPUTE && openDispute === 0n ? { ...dispute, value: false } : view<boolean>(lifecycle, at, 'isFreezable', cause, cause === DISPUTE ? openDispute : 0n))));
  const bad = answers.find((one) => !one.known);
  if (bad?.known === false) return bad;
  const [first] = answers;
  return first?.known === true ? { ...first, value: answers.flatMap((one, cause) => (one.known && one.value ? [{ cause, disputeId: cause === DISPUTE ? openDispute : 0n }] : [])) } : unknown('no cause is known');
}

/** The first batch that nobody proved, which falls when the operator's monopoly ends; 0 for none. */
export async function firstUnproven({ rollup }: System, at: BlockRef): Promise<Reading<bigint>> {
  const [final, committed, alone] = await Promise.all([finalizedCount(rollup, at), committedCount(rollup, at), attestersFinalizeAlone(rollup, at)]);
  if (!final.known) return final;
  if (!committed.known) return committed;
  if (!alone.known) return alone;
  for (let index = final.value + 1n; index <= committed.value; index += 1n) {
    const batch = await batchState(rollup, at, index, final.value, alone.value);
    if (!batch.known) return batch;
    if (batch.value.zk === undefined && (!alone.value || batch.value.attesters === undefined)) return { ...committed, value: index };
  }
  return { ...committed, value: 0n };
}

/** The state that an exit is proven under: pinned in a frozen chain, else the last final one, which would be pinned if it froze now. */
export interface ExitState { readonly isFrozen: boolean; readonly batch: bigint; readonly root: Hex; readonly l2Block: bigint; readonly settledIndex: bigint }

export async function exitState({ rollup, exits: { lifecycle } }: System, at: BlockRef): Promise<Reading<ExitState>> {
  if (lifecycle === undefined) return unknown('no Lifecycle contract stands: this chain cannot be frozen');
  const [now, head, settled] = await Promise.all([phase(lifecycle, at), finalHead(rollup, at), settledIndex(rollup, at)]);
  if (!now.known) return now;
  if (!head.known) return head;
  if (!settled.known) return settled;
  if (now.value !== 'Frozen') return { ...head, value: { isFrozen: false, batch: head.value.index, root: head.value.stateRoot, l2Block: BigInt(head.value.lastNumber), settledIndex: BigInt(settled.value) } };
  const [root, batch, index] = await Promise.all([view<Hex>(lifecycle, at, 'pinnedRoot'), view<bigint>(lifecycle, at, 'pinnedBatch'), view<bigint>(lifecycle, at, 'pinnedSettledIndex')]);
  if (!root.known) return root;
  if (!batch.known) return batch;
  if (!index.known) return index;
  if (BigInt(batch.value) !== BigInt(head.value.index) || root.value !== head.value.stateRoot) return unknown(`the Lifecycle pinned root ${root.value} of batch ${batch.value}, the Rollup's last final batch is ${head.value.index} with ${head.value.stateRoot}`);
  return { ...root, value: { isFrozen: true, batch: BigInt(batch.value), root: root.value, l2Block: BigInt(head.value.lastNumber), settledIndex: BigInt(index.value) } };
}
