// Laws of the quartic extension and its differential against BigInt polynomial arithmetic.
// Owns the tests of prover/field/ext4.ts.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import * as F from "../../../prover/field/koalabear.ts";
import * as E from "../../../prover/field/ext4.ts";
import type { Ext } from "../../../prover/field/ext4.ts";

const felt = fc.oneof(fc.integer({ min: 0, max: F.P - 1 }), fc.constantFrom(0, 1, F.P - 1));
const ext: fc.Arbitrary<Ext> = fc.tuple(felt, felt, felt, felt);
const bigP = BigInt(F.P);

function bigMul(a: Ext, b: Ext): Ext {
  const product = Array.from({ length: 7 }, () => 0n);
  a.forEach((x, i) => b.forEach((y, j) => (product[i + j] = (product[i + j] as bigint) + BigInt(x) * BigInt(y))));
  const at = (i: number): number => Number(((product[i] as bigint) + 3n * (product[i + 4] ?? 0n)) % bigP);
  return [at(0), at(1), at(2), at(3)];
}

test("the extension obeys the ring laws and agrees with BigInt polynomials modulo X^4 - 3", () => {
  fc.assert(
    fc.property(ext, ext, ext, (a, b, c) => {
      assert.deepEqual(E.extMul(a, b), bigMul(a, b));
      assert.deepEqual(E.extMul(a, b), E.extMul(b, a));
      assert.deepEqual(E.extMul(E.extMul(a, b), c), E.extMul(a, E.extMul(b, c)));
      assert.deepEqual(E.extMul(a, E.extAdd(b, c)), E.extAdd(E.extMul(a, b), E.extMul(a, c)));
      assert.deepEqual(E.extSub(a, b), E.extAdd(a, E.extNeg(b)));
      assert.deepEqual(E.extSub(a, a), E.EXT_ZERO);
      assert.deepEqual(E.extScale(a, b[0]), E.extMul(a, E.extFromFelt(b[0])));
      assert.deepEqual(E.extAddFelt(a, b[0]), E.extAdd(a, E.extFromFelt(b[0])));
      assert.deepEqual(E.extSquare(a), E.extMul(a, a));
    }),
    { numRuns: 1000 },
  );
});

test("X^4 - 3 is irreducible: 3 is a non-residue, so every non-zero element is invertible", () => {
  // X^4 - w is irreducible over F_p with p = 1 mod 4 exactly when w is not a square (Lang, VI.9.1).
  assert.equal(F.P % 4, 1);
  assert.equal(F.pow(E.EXT_W, (F.P - 1) / 2), F.P - 1);
  fc.assert(
    fc.property(fc.array(ext.filter((x) => !E.extIsZero(x)), { minLength: 1, maxLength: 8 }), (values) => {
      const inverses = E.extBatchInv(values);
      values.forEach((value, i) => {
        assert.deepEqual(E.extMul(value, inverses[i] as Ext), E.EXT_ONE);
        assert.deepEqual(E.extInv(value), inverses[i]);
      });
    }),
    { numRuns: 300 },
  );
  assert.throws(() => E.extInv(E.EXT_ZERO), RangeError);
});

test("the Frobenius map is the p-th power, a ring homomorphism of order four fixing the base field", () => {
  fc.assert(
    fc.property(ext, ext, (a, b) => {
      assert.deepEqual(E.extFrobenius(a), E.extPow(a, F.P));
      assert.deepEqual(E.extFrobenius(E.extMul(a, b)), E.extMul(E.extFrobenius(a), E.extFrobenius(b)));
      let x = a;
      for (let i = 0; i < 4; i++) x = E.extFrobenius(x);
      assert.deepEqual(x, a);
      assert.deepEqual(E.extFrobenius(E.extFromFelt(a[0])), E.extFromFelt(a[0]));
    }),
    { numRuns: 50 },
  );
});

test("Plonky3's extension roots square into the base field's two-adic tower", () => {
  // TWO_ADIC_EXTENSION_GENERATORS: order 2^25 at 1759267465*X^2, order 2^26 at 777715144*X^3.
  const order25: Ext = [0, 0, 1759267465, 0];
  const order26: Ext = [0, 0, 0, 777715144];
  assert.deepEqual(E.extSquare(order25), E.extFromFelt(F.twoAdicRoot(24)));
  assert.deepEqual(E.extSquare(order26), order25);
  assert.deepEqual(E.extPowTwo(order26, 26), E.EXT_ONE);
});

test("powers by repeated squaring agree with repeated multiplication", () => {
  fc.assert(
    fc.property(ext, fc.integer({ min: 0, max: 40 }), (a, e) => {
      let expected = E.EXT_ONE;
      for (let i = 0; i < e; i++) expected = E.extMul(expected, a);
      assert.deepEqual(E.extPow(a, e), expected);
    }),
    { numRuns: 100 },
  );
});

test("only arrays of four canonical elements are extension elements", () => {
  assert.ok(E.isExt([0, 1, 2, F.P - 1]));
  for (const bad of [[0, 1, 2], [0, 1, 2, 3, 4], [0, 0, 0, F.P], [0, 0, 0, -1], "0000", null, { length: 4 }]) {
    assert.ok(!E.isExt(bad));
  }
});
