// Laws of the base field, differential against BigInt, and Plonky3's published facts.
// Owns the tests of prover/field/koalabear.ts.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import * as F from "../../../prover/field/koalabear.ts";

const felt = fc.oneof(
  fc.integer({ min: 0, max: F.P - 1 }),
  fc.constantFrom(0, 1, 2, F.P - 1, F.P - 2, (F.P - 1) / 2, 0x7effffff, 1 << 24, 0x10000, 0xffff),
);
const bigP = BigInt(F.P);

test("the base field obeys the ring laws and agrees with BigInt arithmetic", () => {
  fc.assert(
    fc.property(felt, felt, felt, (a, b, c) => {
      const [A, B] = [BigInt(a), BigInt(b)];
      assert.equal(F.add(a, b), Number((A + B) % bigP));
      assert.equal(F.sub(a, b), Number((A - B + bigP) % bigP));
      assert.equal(F.mul(a, b), Number((A * B) % bigP));
      assert.equal(F.add(a, F.neg(a)), 0);
      assert.equal(F.mul(a, F.add(b, c)), F.add(F.mul(a, b), F.mul(a, c)));
      assert.equal(F.mul(F.mul(a, b), c), F.mul(a, F.mul(b, c)));
      assert.equal(F.mul(a, b), F.mul(b, a));
      assert.equal(F.mul(a, 1), a);
    }),
    { numRuns: 5000 },
  );
});

test("multiplication is exact where the double-precision quotient estimate sits on an integer", () => {
  // Products a*b = k*p + r with r near 0 or near p-1 are where an off-by-one quotient would show.
  let seed = 20260101;
  for (let i = 0; i < 200000; i++) {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    const a = (seed % (F.P - 1)) + 1;
    const target = [0, 1, 2, F.P - 1, F.P - 2][i % 5] as number;
    if (i % 50 !== 0) {
      const product = BigInt(a) * BigInt(F.P - 1 - (i % 7));
      assert.equal(F.mul(a, F.P - 1 - (i % 7)), Number(product % bigP));
    } else {
      const b = F.mul(F.inv(a), target);
      assert.equal(F.mul(a, b), target, `a=${a} b=${b}`);
    }
  }
});

test("every non-zero element has an inverse and batch inversion equals single inversion", () => {
  const nonZero = felt.filter((x) => x !== 0);
  fc.assert(
    fc.property(fc.array(nonZero, { minLength: 1, maxLength: 20 }), (values) => {
      const inverses = F.batchInv(values);
      values.forEach((value, i) => {
        assert.equal(F.mul(value, inverses[i] as number), 1);
        assert.equal(inverses[i], F.inv(value));
      });
    }),
    { numRuns: 300 },
  );
  assert.throws(() => F.inv(0), RangeError);
  assert.throws(() => F.batchInv([1, 0, 2]), RangeError);
});

test("powers agree with BigInt and reject exponents that are not integers", () => {
  fc.assert(
    fc.property(felt, fc.integer({ min: 0, max: 5000 }), (a, e) => {
      assert.equal(F.pow(a, e), Number(BigInt(a) ** BigInt(e) % bigP));
    }),
    { numRuns: 100 },
  );
  for (const bad of [-1, 1.5, Number.NaN, 2 ** 53]) assert.throws(() => F.pow(2, bad), RangeError);
});

test("cubing is a permutation, inverted by the exponent 1420470955 Plonky3 publishes", () => {
  fc.assert(fc.property(felt, (a) => assert.equal(F.pow(F.pow(a, 3), 1420470955), a)), { numRuns: 300 });
});

test("the two-adic roots are Plonky3's tower and have exact order", () => {
  // TWO_ADIC_GENERATORS of Plonky3 koala-bear/src/koala_bear.rs.
  const published = [
    0x1, 0x7f000000, 0x7e010002, 0x6832fe4a, 0x8dbd69c, 0xa28f031, 0x5c4a5b99, 0x29b75a80, 0x17668b8a,
    0x27ad539b, 0x334d48c7, 0x7744959c, 0x768fc6fa, 0x303964b2, 0x3e687d4d, 0x45a60e61, 0x6e2f4d7a,
    0x163bd499, 0x6c4a8a45, 0x143ef899, 0x514ddcad, 0x484ef19b, 0x205d63c3, 0x68e7dd49, 0x6ac49f88,
  ];
  published.forEach((root, bits) => {
    assert.equal(F.twoAdicRoot(bits), root);
    assert.equal(F.pow(root, 2 ** bits), 1);
    if (bits > 0) assert.equal(F.pow(root, 2 ** (bits - 1)), F.P - 1);
  });
  assert.equal(F.twoAdicRoot(24), F.pow(F.GENERATOR, 127));
  for (const bad of [-1, 25, 0.5]) assert.throws(() => F.twoAdicRoot(bad), RangeError);
});

test("3 generates the multiplicative group, whose order is 2^24 * 127", () => {
  assert.equal(F.P - 1, 2 ** 24 * 127);
  assert.notEqual(F.pow(F.GENERATOR, (F.P - 1) / 2), 1);
  assert.notEqual(F.pow(F.GENERATOR, (F.P - 1) / 127), 1);
});

test("the product Plonky3 publishes for two fixed elements is reproduced", () => {
  assert.equal(F.mul(0x34167c58, 0x61f3207b), 0x54b46b81);
});

test("only canonical integers are field elements", () => {
  for (const good of [0, 1, F.P - 1]) assert.ok(F.isFelt(good));
  for (const bad of [F.P, -1, -0, 0.5, Number.NaN, Infinity, 2 ** 32, "1", 1n, null, undefined, [1]]) {
    assert.ok(!F.isFelt(bad), String(bad));
  }
  assert.equal(F.feltFromBigInt(-1n), F.P - 1);
  assert.equal(F.feltFromBigInt(bigP * 5n + 7n), 7);
});
