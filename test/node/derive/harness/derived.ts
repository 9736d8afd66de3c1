// Derivations over the model engine, a store that crashes on demand, and what anyone may commit in Enforced on the chain as derived.
// Owns what the tests of derivation start from. Does not own any expectation: it asserts nothing.
// Invariant: nothing is kept between two calls.

import type { StateKeyValue, StateWrite } from '../../../../node/execute/api.ts';
import { MemoryStore } from '../../../../node/execute/memory-store.ts';
import { Derivation } from '../../../../node/derive/derivation.ts';
import type { L1Record } from '../../../../node/pipeline/l1Block.ts';
import { ModelEngine } from './modelEngine.ts';
import { IDENTITY, L1World, START } from './l1World.ts';

export class Crash extends Error {}

/** Throws at a chosen write: before it is durable, or after it is but before the caller learns of it. */
export class CrashingStore implements StateKeyValue {
  readonly #inner: MemoryStore;
  writesUntilCrash = Number.POSITIVE_INFINITY;
  isDurableAtCrash = false;
  constructor(inner: MemoryStore) { this.#inner = inner; }
  get(key: Uint8Array): Uint8Array | undefined { return this.#inner.get(key); }
  first(from: Uint8Array, before: Uint8Array): { key: Uint8Array; value: Uint8Array } | undefined { return this.#inner.first(from, before); }
  async write(operations: readonly StateWrite[]): Promise<void> {
    this.writesUntilCrash -= 1;
    if (this.writesUntilCrash > 0) return await this.#inner.write(operations);
    if (this.isDurableAtCrash) await this.#inner.write(operations);
    throw new Crash();
  }
}

export async function open(store: StateKeyValue): Promise<Derivation> {
  return await Derivation.open({ store, engine: new ModelEngine(store), identity: IDENTITY, timestampLagSeconds: 259_200n, start: START });
}

export async function deriveAll(derivation: Derivation): Promise<void> {
  while ((await derivation.deriveNext()).kind === 'derived');
}

export async function fresh(world: L1World): Promise<{ derivation: Derivation; store: MemoryStore }> {
  const store = new MemoryStore();
  const derivation = await open(store);
  for (const event of world.eventsFrom(new L1World(), 1000)) await derivation.apply(event);
  await deriveAll(derivation);
  return { derivation, store };
}

/** What anyone commits in Enforced: whole blocks of the queue on the chain as derived, or nothing when no interval is closed. */
export async function enforcedRecords(world: L1World, blocks: number): Promise<readonly L1Record[]> {
  const { derivation } = await fresh(world);
  const { derived, progress } = derivation.head;
  if (world.phase() !== 'enforced' || derived.batchIndex !== progress.committedBatch) return [];
  const record = world.enforcedCommit({ parentHash: derived.hash, blocks }, []);
  return record === undefined ? [] : [record];
}
