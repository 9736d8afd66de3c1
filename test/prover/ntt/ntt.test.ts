// The reference transform against the definition of the discrete Fourier transform, and the
// low-degree extension, folding and evaluation laws of PROTOCOL.md.
// Owns the tests of prover/ntt/.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { extEquals, extFromFelt, extMul, extPow, extAdd, extScale } from "../../../prover/field/ext4.ts";
import type { Ext } from "../../../prover/field/ext4.ts";
import { GENERATOR, P, add, mul, pow, twoAdicRoot } from "../../../prover/field/koalabear.ts";
import * as N from "../../../prover/ntt/ntt.ts";

const felt = fc.integer({ min: 0, max: P - 1 });
const ext: fc.Arbitrary<Ext> = fc.tuple(felt, felt, felt, felt);
const vector = (maxLog: number): fc.Arbitrary<Uint32Array> =>
  fc.integer({ min: 0, max: maxLog }).chain((log) =>
    fc.array(felt, { minLength: 2 ** log, maxLength: 2 ** log }).map((values) => Uint32Array.from(values)));

/** Sum of c_i x^i term by term: the definition, sharing no code with the transform. */
function naiveEvaluate(coefficients: ArrayLike<number>, point: number): number {
  let sum = 0;
  for (let i = 0; i < coefficients.length; i++) sum = add(sum, mul(coefficients[i] as number, pow(point, i)));
  return sum;
}

test("the transform equals the naive discrete Fourier transform and the inverse undoes it", () => {
  fc.assert(
    fc.property(vector(6), (coefficients) => {
      const values = Uint32Array.from(coefficients);
      N.ntt(values);
      const root = twoAdicRoot(Math.log2(coefficients.length));
      values.forEach((value, i) => assert.equal(value, naiveEvaluate(coefficients, pow(root, i))));
      N.inverseNtt(values);
      assert.deepEqual(values, coefficients);
    }),
    { numRuns: 60 },
  );
});

test("coset evaluation gives, at position j, the value at shift * w^rev(j)", () => {
  fc.assert(
    fc.property(vector(4), fc.integer({ min: 0, max: 2 }), (coefficients, blowup) => {
      const log = Math.log2(coefficients.length) + blowup;
      const values = N.evaluateOnCoset(coefficients, log, GENERATOR);
      values.forEach((value, j) => {
        const point = mul(GENERATOR, pow(twoAdicRoot(log), N.reverseBits(j, log)));
        assert.equal(value, naiveEvaluate(coefficients, point));
      });
    }),
    { numRuns: 60 },
  );
  assert.throws(() => N.evaluateOnCoset(new Uint32Array(8), 2, GENERATOR), RangeError);
});

test("bit reversal is an involution that agrees with reversing the binary string", () => {
  for (let log = 0; log <= 10; log++) {
    for (let i = 0; i < 2 ** log; i++) {
      const text = i.toString(2).padStart(log, "0");
      const expected = log === 0 ? 0 : Number.parseInt([...text].reverse().join(""), 2);
      assert.equal(N.reverseBits(i, log), expected);
    }
  }
});

test("evaluation in the extension agrees with the base field on embedded points and with powers elsewhere", () => {
  fc.assert(
    fc.property(vector(4), felt, ext, (coefficients, x, z) => {
      assert.deepEqual(N.evaluateAt(coefficients, extFromFelt(x)), extFromFelt(naiveEvaluate(coefficients, x)));
      const termByTerm = [...coefficients].reduce<Ext>((sum, c, i) => extAdd(sum, extScale(extPow(z, i), c)), [0, 0, 0, 0]);
      assert.deepEqual(N.evaluateAt(coefficients, z), termByTerm);
      assert.deepEqual(N.evaluateExtAt([...coefficients].map(extFromFelt), z), termByTerm);
      assert.deepEqual(N.extPowers(z, 4), [0, 1, 2, 3].map((e) => extPow(z, e)));
    }),
    { numRuns: 40 },
  );
});

test("folding a codeword by eight equals folding it by two with challenge, square and fourth power", () => {
  fc.assert(
    fc.property(fc.array(ext, { minLength: 8, maxLength: 8 }), ext, felt.filter((x) => x !== 0), (row, challenge, shift) => {
      const atOnce = N.foldRow(row, shift, challenge);
      let [values, point, power] = [row as readonly Ext[], challenge, shift];
      for (let log = 3; log > 0; log--) {
        values = Array.from({ length: 2 ** (log - 1) }, (_, i) => {
          const pairShift = mul(power, pow(twoAdicRoot(log), N.reverseBits(i, log - 1)));
          return N.foldRow([values[2 * i] as Ext, values[2 * i + 1] as Ext], pairShift, point);
        });
        [point, power] = [extMul(point, point), mul(power, power)];
      }
      assert.ok(extEquals(values[0] as Ext, atOnce));
    }),
    { numRuns: 40 },
  );
});

test("folding the codeword of f = sum x^i f_i(x^4) gives the codeword of sum challenge^i f_i", () => {
  fc.assert(
    fc.property(fc.array(ext, { minLength: 16, maxLength: 16 }), ext, (coefficients, challenge) => {
      const at = (log: number, j: number): Ext => extFromFelt(pow(twoAdicRoot(log), N.reverseBits(j, log)));
      const word = Array.from({ length: 32 }, (_, j) => N.evaluateExtAt(coefficients, at(5, j)));
      const parts = Array.from({ length: 4 }, (_, k) =>
        N.evaluateExtAt([0, 1, 2, 3].map((i) => coefficients[4 * k + i] as Ext), challenge));
      for (let row = 0; row < 8; row++) {
        const shift = pow(twoAdicRoot(5), N.reverseBits(row, 3));
        const folded = N.foldRow(word.slice(4 * row, 4 * row + 4), shift, challenge);
        assert.deepEqual(folded, N.evaluateExtAt(parts, at(3, row)));
      }
    }),
    { numRuns: 10 },
  );
});

test("lengths that are not powers of two are refused", () => {
  for (const length of [0, 3, 12]) assert.throws(() => N.ntt(new Uint32Array(length)), RangeError);
});
