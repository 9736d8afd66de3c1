// Differential cases of the kernels against the TypeScript reference, of any size and seed.
// Owns: the comparison loops, run small by kernels.test.ts and on 10^6 inputs by kernels.full.test.ts.
// Invariant: inputs mix uniform elements with edges (0, 1, p-1, 2^24 multiples) at every position.

import assert from "node:assert/strict";
import { MONTGOMERY_ONE, fromMontgomery, toMontgomery } from "../../../prover/backend/montgomery-form.ts";
import type { Engine } from "../../../prover/backend/engine.ts";
import { extendTiles } from "../../../prover/backend/extend.ts";
import { extMul } from "../../../prover/field/ext4.ts";
import type { Ext } from "../../../prover/field/ext4.ts";
import { GENERATOR, P, mul } from "../../../prover/field/koalabear.ts";
import { permute } from "../../../prover/hash/poseidon2.ts";
import { evaluateOnCoset, inverseNtt } from "../../../prover/ntt/ntt.ts";

/** A small deterministic generator (xorshift32); prints nothing, the seed is in the test's title. */
export function elements(seed: number, count: number): Uint32Array {
  const edges = [0, 1, 2, P - 1, P - 2, 1 << 24, 127 << 24, 0x7effffff, (P - 1) / 2];
  let state = seed | 1;
  return Uint32Array.from({ length: count }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    const word = state >>> 0;
    return word % 16 === 0 ? (edges[(word >>> 4) % edges.length] as number) : word % P;
  });
}

/** Kernel products equal reference products, `count` of them. */
export async function compareProducts(engine: Engine, seed: number, count: number): Promise<void> {
  const [a, b] = [elements(seed, count), elements(seed + 1, count)];
  const mark = engine.arena.mark;
  const [left, right, out] = [engine.arena.allocateWords(a.map(toMontgomery)), engine.arena.allocateWords(b.map(toMontgomery)), engine.arena.allocate(4 * count)];
  await engine.pool.run([{ kernel: "multiplyVectors", args: [left, right, out, count] }]);
  const words = engine.arena.words(out, count);
  for (let i = 0; i < count; i++) {
    const expected = mul(a[i] as number, b[i] as number);
    if (fromMontgomery(words[i] as number) !== expected) assert.fail(`product ${i}: ${a[i]} * ${b[i]}`);
  }
  engine.arena.release(mark);
}

/** Kernel products in E equal reference products, `count` of them. */
export async function compareExtProducts(engine: Engine, seed: number, count: number): Promise<void> {
  const [a, b] = [elements(seed, 4 * count), elements(seed + 1, 4 * count)];
  const mark = engine.arena.mark;
  const [left, right, out] = [engine.arena.allocateWords(a.map(toMontgomery)), engine.arena.allocateWords(b.map(toMontgomery)), engine.arena.allocate(16 * count)];
  await engine.pool.run([{ kernel: "multiplyExts", args: [left, right, out, count] }]);
  const at = (words: Uint32Array, i: number): Ext => [...words.subarray(4 * i, 4 * i + 4)] as unknown as Ext;
  for (let i = 0; i < count; i++) assert.deepEqual(engine.readExt(out + 16 * i), extMul(at(a, i), at(b, i)));
  engine.arena.release(mark);
}

/** Kernel permutations equal reference permutations, `count` (a multiple of 4) of them. */
export async function comparePermutations(engine: Engine, seed: number, count: number): Promise<void> {
  const inputs = elements(seed, 16 * count);
  const interleaved = new Uint32Array(16 * count);
  inputs.forEach((x, i) => (interleaved[64 * Math.floor(i / 64) + 4 * (i % 16) + (Math.floor(i / 16) % 4)] = toMontgomery(x)));
  const mark = engine.arena.mark;
  const states = engine.arena.allocateWords(interleaved);
  await engine.pool.run([{ kernel: "permuteMany", args: [states, count / 4] }]);
  const words = engine.arena.words(states, 16 * count);
  for (let k = 0; k < count; k++) {
    const expected = inputs.slice(16 * k, 16 * k + 16);
    permute(expected);
    for (let i = 0; i < 16; i++) {
      const got = fromMontgomery(words[64 * Math.floor(k / 4) + 4 * i + (k % 4)] as number);
      if (got !== expected[i]) assert.fail(`permutation ${k}, element ${i}: expected ${expected[i]}, got ${got}`);
    }
  }
  engine.arena.release(mark);
}

/** A tile's low-degree extension equals the reference column by column, from values and from coefficients. */
export async function compareExtension(engine: Engine, seed: number, log: number, logBlowup: number): Promise<void> {
  const rows = 2 ** log;
  const source = elements(seed, 8 * rows);
  for (const isValues of [true, false]) {
    const mark = engine.arena.mark;
    const tile = engine.arena.allocate(32 * rows * 2 ** logBlowup);
    const staging = engine.arena.allocateWords(source);
    const rSquared = mul(MONTGOMERY_ONE, MONTGOMERY_ONE);
    await engine.pool.run([{ kernel: "loadTile", args: [staging, 8, 8, tile, log, isValues ? 1 : 0, 0, rows, rSquared] }]);
    const tiles = { base: tile, tileStride: 0, tileCount: 1, logHeight: log, logSize: log + logBlowup };
    await extendTiles(engine, tiles, isValues ? "values" : "coefficients", GENERATOR);
    const words = engine.arena.words(tile, 8 * rows * 2 ** logBlowup);
    for (let c = 0; c < 8; c++) {
      const column = Uint32Array.from({ length: rows }, (_, r) => source[8 * r + c] as number);
      if (isValues) inverseNtt(column);
      evaluateOnCoset(column, log + logBlowup, GENERATOR).forEach((expected, r) => {
        if (fromMontgomery(words[8 * r + c] as number) !== expected) assert.fail(`row ${r}, column ${c}, values ${isValues}`);
      });
    }
    engine.arena.release(mark);
  }
}
