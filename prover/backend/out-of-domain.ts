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

  /** The backend's `deep`. */
  async deep(request: DeepRequest): Promise<KernelCodeword> {
    const engine = this.#engine;
    const { arena, pool } = engine;
    const size = 2 ** request.logSize;
    const hereInverse = await this.#inverseTable(request.herePoint, request.logSize);
    const hasNext = request.terms.some(({ next }) => next.length > 0);
    const nextInverse = hasNext ? await this.#inverseTable(request.nextPoint, request.logSize) : 0;
    const here = engine.allocateZero(16 * size);
    const mark = arena.mark;
    const next = hasNext ? engine.allocateZero(16 * size) : 0;
    const groups = new Map<Group, { here: Ext[]; next: Ext[] }>();
    for (const term of request.terms) {
      const { placement: { group, offset } } = placed(term.commitment, term.matrix);
      assert.equal(group.logSize, request.logSize, "a DEEP word mixes matrices of one size");
      const blank = (): Ext[] => Array.from({ length: 8 * group.tileCount }, () => EXT_ZERO);
      const weights = groups.get(group) ?? { here: blank(), next: blank() };
      groups.set(group, weights);
      term.here.forEach((weight, c) => (weights.here[offset + c] = weight));
      for (const { column, weight } of term.next) weights.next[offset + column] = weight;
    }
    for (const [group, weights] of groups) {
      await this.#accumulate(group, weights.here, here);
      if (hasNext) await this.#accumulate(group, weights.next, next);
    }
    const values = [engine.allocateExt(request.hereValue), engine.allocateExt(request.nextValue)];
    const divide = (sums: number, value: number | undefined, inverses: number, previous: number): Promise<number[]> =>
      pool.run(engine.split(size, 4, (start, end) => ({
        kernel: "divideSums", args: [sums, value as number, inverses, previous, start, end],
      })));
    if (hasNext) await divide(next, values[1], nextInverse, 0);
    await divide(here, values[0], hereInverse, next);
    arena.release(mark);
    return new KernelCodeword(request.logSize, here);
  }

  /** sums += weights * columns, over the runs of tiles that have a non-zero weight. */
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
      await pool.run(this.#engine.split(2 ** group.logSize, 256, (from, to) => ({
        kernel: "accumulateTiles",
        args: [group.base + first * group.tileStride, group.tileStride, end - first, address + 128 * first, from, to, sums],
      })));
      tile = end;
    }
  }
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
