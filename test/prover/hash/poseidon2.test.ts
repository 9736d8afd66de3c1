// Poseidon2-16: Plonky3's published output, the constants regenerated from the Grain LFSR of the
// Poseidon paper, an independent matrix-form permutation, and the sponge's definition.
// Owns the tests of prover/hash/.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { P } from "../../../prover/field/koalabear.ts";
import { compress, hashFixedLength, permute } from "../../../prover/hash/poseidon2.ts";
import * as C from "../../../prover/hash/poseidon2-constants.ts";

const bigP = BigInt(P);
const felt = fc.integer({ min: 0, max: P - 1 });
const state16 = fc.array(felt, { minLength: 16, maxLength: 16 });

function permuted(input: readonly number[]): number[] {
  const state = Uint32Array.from(input);
  permute(state);
  return Array.from(state);
}

test("the permutation reproduces the vector of Plonky3's default width-16 KoalaBear instance", () => {
  const input = [
    894848333, 1437655012, 1200606629, 1690012884, 71131202, 1749206695, 1717947831, 120589055, 19776022,
    42382981, 1831865506, 724844064, 171220207, 1299207443, 227047920, 1783754913,
  ];
  // Plonky3 koala-bear/src/poseidon2.rs, test_default_koalabear_poseidon2_width_16.
  const expected = [
    1934285469, 604889435, 133449501, 1026180808, 1830659359, 176667110, 1391183747, 351743874, 1238264085,
    1292768839, 2023573270, 1201586780, 1360691759, 1230682461, 748270449, 651545025,
  ];
  assert.deepEqual(permuted(input), expected);
});

/** The self-shrinking Grain LFSR of the Poseidon paper, appendix F, as a generator of kept bits. */
function* grainBits(): Generator<number> {
  const field = (value: number, bits: number): number[] =>
    Array.from({ length: bits }, (_, i) => (value >> (bits - 1 - i)) & 1);
  const register = [
    ...field(1, 2), ...field(0, 4), ...field(31, 12), ...field(16, 12), ...field(8, 10), ...field(20, 10),
    ...Array.from({ length: 30 }, () => 1),
  ];
  const step = (): number => {
    const bit = [62, 51, 38, 23, 13, 0].reduce((x, tap) => x ^ (register[tap] as number), 0);
    register.shift();
    register.push(bit);
    return bit;
  };
  for (let i = 0; i < 160; i++) step();
  for (;;) {
    const keep = step();
    const bit = step();
    if (keep === 1) yield bit;
  }
}

test("the round constants are the output of the Grain LFSR for (KoalaBear, x^3, t=16, 8+20 rounds)", () => {
  const bits = grainBits();
  const nextElement = (): number => {
    for (;;) {
      let value = 0;
      for (let i = 0; i < 31; i++) value = value * 2 + (bits.next().value as number);
      if (value < P) return value;
    }
  };
  const nextRow = (): number[] => Array.from({ length: 16 }, nextElement);
  assert.deepEqual(Array.from({ length: 4 }, nextRow), C.EXTERNAL_INITIAL);
  assert.deepEqual(Array.from({ length: 20 }, nextElement), C.INTERNAL);
  assert.deepEqual(Array.from({ length: 4 }, nextRow), C.EXTERNAL_FINAL);
});

/** The permutation written with explicit 16x16 matrices over BigInt, sharing only the constants. */
function matrixPermutation(input: readonly number[]): number[] {
  const m4 = [[2n, 3n, 1n, 1n], [1n, 2n, 3n, 1n], [1n, 1n, 2n, 3n], [3n, 1n, 1n, 2n]];
  const external = Array.from({ length: 16 }, (_, r) =>
    Array.from({ length: 16 }, (_unused, c) =>
      ((m4[r % 4] as bigint[])[c % 4] as bigint) * (Math.floor(r / 4) === Math.floor(c / 4) ? 2n : 1n)));
  const internal = Array.from({ length: 16 }, (_, r) =>
    Array.from({ length: 16 }, (_unused, c) => (r === c ? 1n + BigInt(C.INTERNAL_DIAGONAL[r] as number) : 1n)));
  const apply = (matrix: bigint[][], v: bigint[]): bigint[] =>
    matrix.map((row) => row.reduce((sum, m, i) => sum + m * (v[i] as bigint), 0n) % bigP);
  let state = apply(external, input.map(BigInt));
  const full = (constants: readonly number[]): void => {
    state = apply(external, state.map((x, i) => (x + BigInt(constants[i] as number)) ** 3n % bigP));
  };
  C.EXTERNAL_INITIAL.forEach(full);
  for (const c of C.INTERNAL) {
    state = apply(internal, [((state[0] as bigint) + BigInt(c)) ** 3n % bigP, ...state.slice(1)]);
  }
  C.EXTERNAL_FINAL.forEach(full);
  return state.map(Number);
}

test("the permutation equals its definition by explicit matrices over BigInt", () => {
  fc.assert(fc.property(state16, (input) => assert.deepEqual(permuted(input), matrixPermutation(input))), {
    numRuns: 100,
    examples: [[Array.from({ length: 16 }, () => 0)], [Array.from({ length: 16 }, () => P - 1)]],
  });
});

test("the sponge overwrites eight elements a block and keeps the rest of a short last block", () => {
  fc.assert(
    fc.property(fc.array(felt, { minLength: 1, maxLength: 40 }), (values) => {
      let state = Array.from({ length: 16 }, () => 0);
      for (let i = 0; i < values.length; i += 8) {
        const block = values.slice(i, i + 8);
        state = matrixPermutation([...block, ...state.slice(block.length)]);
      }
      assert.deepEqual(hashFixedLength(values), state.slice(0, 8));
    }),
    { numRuns: 50 },
  );
  assert.throws(() => hashFixedLength([]), RangeError);
});

test("compression is the truncated permutation of the two digests in order", () => {
  fc.assert(
    fc.property(state16, (input) => {
      const [left, right] = [input.slice(0, 8), input.slice(8)];
      assert.deepEqual(compress(left, right), matrixPermutation(input).slice(0, 8));
    }),
    { numRuns: 30 },
  );
  assert.throws(() => compress([1, 2], Array.from({ length: 8 }, () => 0)), RangeError);
  assert.throws(() => permute(new Uint32Array(15)), RangeError);
});
