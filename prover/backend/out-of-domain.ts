// Evaluation outside the domain, DEEP codewords and folding with the kernels.
// Owns: barycentric weights, inverse differences and their cache, task lists of `evaluate`, `deep`, `fold`.
// Does not own: which values are claimed (prove/openings.ts). Source: PROTOCOL.md 5.6, 5.8, 5.9.
// Invariant: 1/(x_j - z) depends on j alone, not on the size of the word, so one table serves all sizes.

import assert from "node:assert/strict";
import { EXT_ZERO, extAdd, extFromFelt, extMul, extPowTwo, extScale, extSquare, extSub } from "../field/ext4.ts";
import type { Ext } from "../field/ext4.ts";
import { GENERATOR, inv, mul, pow } from "../field/koalabear.ts";
import type { Codeword, Commitment, DeepRequest } from "../prove/backend.ts";
import { KernelCodeword, KernelCommitment } from "./committed.ts";
import type { Group, Placement } from "./committed.ts";
import type { Engine } from "./engine.ts";
import { extendTiles } from "./extend.ts";
import type { KernelTask } from "./kernels.ts";
import { MONTGOMERY_ONE, toMontgomery } from "./montgomery-form.ts";

const ROW_GRAIN = 1024;

/** The commitment as this backend's, with the placement asked for. */
export function placed(commitment: Commitment, matrix: number): { owner: KernelCommitment; placement: Placement } {
  assert(commitment instanceof KernelCommitment, "a commitment of another backend");
  const placement = commitment.placements[matrix];
  assert(placement !== undefined, `no matrix ${matrix}`);
  return { owner: commitment, placement };
}

export function kernelWord(codeword: Codeword): KernelCodeword {
  assert(codeword instanceof KernelCodeword, "a codeword of another backend");
  return codeword;
}

type Inverses = { readonly address: number; readonly logSize: number };

/** Per-proof tables for the points of one proof; forgotten with `clear` when memory is released. */
export class OutOfDomain {
  readonly #engine: Engine;
  readonly #inverses = new Map<string, Inverses>();
  readonly #evaluations = new Map<Group, Map<string, Ext[]>>();
  #largestSeen = 0;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  clear(): void {
    this.#inverses.clear();
    this.#evaluations.clear();
    this.#largestSeen = 0;
  }

  /** Tells the largest word of this proof, so that a shared table is made large enough at once. */
  note(logSize: number): void {
    this.#largestSeen = Math.max(this.#largestSeen, logSize);
  }

  /** Address of 1/(x_j - z) for j < 2^logSize. */
  async #inverseTable(z: Ext, logSize: number): Promise<number> {
    const known = this.#inverses.get(z.join());
    if (known !== undefined && known.logSize >= logSize) return known.address;
    const { arena, pool, tables } = this.#engine;
    const size = Math.max(logSize, this.#largestSeen);
    const address = arena.allocate(16 * 2 ** size);
    const point = this.#engine.allocateExt(z);
    await pool.run(this.#engine.split(2 ** size, ROW_GRAIN, (start, end) => ({
      kernel: "invertDifferences", args: [tables.points, point, start, end, address, MONTGOMERY_ONE],
    })));
    this.#inverses.set(z.join(), { address, logSize: size });
    return address;
  }

  /** Values of a matrix's columns at z; a group is evaluated once per point. */
  async evaluate(commitment: Commitment, matrix: number, z: Ext): Promise<Ext[]> {
    const { placement: { group, offset, width } } = placed(commitment, matrix);
    const byPoint = this.#evaluations.get(group) ?? new Map<string, Ext[]>();
    this.#evaluations.set(group, byPoint);
    const values = byPoint.get(z.join()) ?? await this.#evaluateGroup(group, z);
    byPoint.set(z.join(), values);
    return values.slice(offset, offset + width);
  }

  async #evaluateGroup(group: Group, z: Ext): Promise<Ext[]> {
    const { arena, pool, tables } = this.#engine;
    const inverses = await this.#inverseTable(z, group.logSize);
    const mark = arena.mark;
    const height = 2 ** group.logHeight;
    const weights = arena.allocate(16 * height);
    await pool.run(this.#engine.split(height, ROW_GRAIN, (start, end) => ({
      kernel: "scaleByPoints", args: [inverses, tables.points, start, end, weights],
    })));
    const segments = Math.max(1, Math.min(Math.floor(height / 512), Math.ceil((4 * pool.threadCount) / group.tileCount)));
    const rows = Math.ceil(height / segments / 4) * 4;
    const sums = arena.allocate(128 * group.tileCount * segments);
    const tasks: KernelTask[] = [];
    for (let tile = 0; tile < group.tileCount; tile++) {
      for (let segment = 0; segment < segments; segment++) {
        tasks.push({ kernel: "weighTile", args: [
          group.base + tile * group.tileStride, weights, segment * rows, Math.min(height, (segment + 1) * rows),
          sums + 128 * (tile * segments + segment),
        ] });
      }
    }
    await pool.run(tasks);
    // p(z) = (s^N - z^N) / (N s^N) * sum over x of p(x) x / (x - z).
    const shiftPower = pow(GENERATOR, height);
    const factor = extScale(extSub(extFromFelt(shiftPower), extPowTwo(z, group.logHeight)), inv(mul(height, shiftPower)));
    const values = Array.from({ length: group.width }, (_, column) => {
      let sum: Ext = EXT_ZERO;
      for (let segment = 0; segment < segments; segment++) {
        sum = extAdd(sum, this.#engine.readExt(sums + 128 * (Math.floor(column / 8) * segments + segment) + 16 * (column % 8)));
      }
      return extMul(sum, factor);
    });
    arena.release(mark);
    return values;
  }

  /** The backend's `deep`. The sums have the columns' degree: they are made on the trace's own coset and extended, not made everywhere. */
  async deep(request: DeepRequest): Promise<KernelCodeword> {
    const engine = this.#engine;
    const { arena, pool } = engine;
    const { logSize } = request;
    const hereInverse = await this.#inverseTable(request.herePoint, logSize);
    const hasNext = request.terms.some(({ next }) => next.length > 0);
    const nextInverse = hasNext ? await this.#inverseTable(request.nextPoint, logSize) : 0;
    const word = arena.allocate(16 * 2 ** logSize);
    const mark = arena.mark;
    const groups = weightsByGroup(request);
    const [first] = groups.keys();
    assert(first !== undefined, "a DEEP word has columns");
    const { logHeight } = first;
    const sums = { logHeight, logSize, base: arena.allocate(32 * 2 ** logSize), tileStride: 32 * 2 ** logSize, tileCount: 1 };
    arena.words(sums.base, 8 * 2 ** logHeight).fill(0);
    for (const [group, { here, next }] of groups) {
      await this.#accumulate(group, here, sums.base);
      if (hasNext) await this.#accumulate(group, next, sums.base + 16);
    }
    await extendTiles(engine, sums, "values", 1);
    const values = arena.allocateWords([...request.hereValue, ...request.nextValue].map(toMontgomery));
    await pool.run(engine.split(2 ** logSize, ROW_GRAIN, (start, end) => ({
      kernel: "divideSums", args: [sums.base, values, hereInverse, nextInverse, start, end, word],
    })));
    arena.release(mark);
    return new KernelCodeword(logSize, word);
  }

  /** sums += weights * columns on the trace's coset, over the runs of tiles that have a non-zero weight. */
  async #accumulate(group: Group, weights: readonly Ext[], sums: number): Promise<void> {
    const { arena, pool } = this.#engine;
    const isUsed = Array.from({ length: group.tileCount }, (_, tile) =>
      weights.slice(8 * tile, 8 * tile + 8).some((weight) => weight.some((coefficient) => coefficient !== 0)));
    const address = arena.allocateWords(weights.flat().map(toMontgomery));
    for (let tile = 0; tile < group.tileCount;) {
      if (isUsed[tile] !== true) {
        tile += 1;
        continue;
      }
      let end = tile;
      while (isUsed[end] === true) end += 1;
      const first = tile;
      await pool.run(this.#engine.split(2 ** group.logHeight, 256, (from, to) => ({
        kernel: "accumulateTiles",
        args: [group.base + first * group.tileStride, group.tileStride, end - first, address + 128 * first, from, to, sums],
      })));
      tile = end;
    }
  }
}

/** The weights of every column of the groups that a DEEP word mixes. */
function weightsByGroup({ terms, logSize }: DeepRequest): Map<Group, { here: Ext[]; next: Ext[] }> {
  const groups = new Map<Group, { here: Ext[]; next: Ext[] }>();
  for (const term of terms) {
    const { placement: { group, offset } } = placed(term.commitment, term.matrix);
    assert.equal(group.logSize, logSize, "a DEEP word mixes matrices of one size");
    const blank = (): Ext[] => Array.from({ length: 8 * group.tileCount }, () => EXT_ZERO);
    const weights = groups.get(group) ?? { here: blank(), next: blank() };
    groups.set(group, weights);
    term.here.forEach((weight, c) => (weights.here[offset + c] = weight));
    for (const { column, weight } of term.next) weights.next[offset + column] = weight;
  }
  return groups;
}

/** The backend's `fold`. */
export async function foldCodeword(
  engine: Engine, codeword: KernelCodeword, logArity: number, challenge: Ext, rollIn: KernelCodeword | undefined,
): Promise<KernelCodeword> {
  const { arena, pool, tables } = engine;
  const logSize = codeword.logSize - logArity;
  const result = arena.allocate(16 * 2 ** logSize);
  const mark = arena.mark;
  let [word, power] = [codeword.base, challenge];
  for (let step = 1; step <= logArity; step++) {
    const size = 2 ** (codeword.logSize - step);
    const out = step === logArity ? result : arena.allocate(16 * size);
    const point = engine.allocateExt(power);
    const from = word;
    await pool.run(engine.split(size, ROW_GRAIN, (start, end) => ({
      kernel: "foldHalf", args: [from, tables.inversePoints, point, start, end, out],
    })));
    [word, power] = [out, extSquare(power)];
  }
  if (rollIn !== undefined) {
    const factor = engine.allocateExt(power);
    await pool.run(engine.split(2 ** logSize, ROW_GRAIN, (start, end) => ({
      kernel: "addScaled", args: [result, rollIn.base, factor, start, end],
    })));
  }
  arena.release(mark);
  return new KernelCodeword(logSize, result);
}
