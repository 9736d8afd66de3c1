// The degree-4 extension of KoalaBear: F_p[X] / (X^4 - 3), about 2^123.95 elements.
// Owns: extension arithmetic on 4-tuples, coefficient of X^0 first. Challenges live here.
// Does not own: the base field (koalabear.ts) or any encoding (proof codec, transcript).
// Source: Plonky3 `BinomialExtensionField<KoalaBear, 4>` with W = 3.
// Invariant: four canonical coefficients in, four canonical coefficients out.

import { P, add, inv, isFelt, mul, neg, pow, sub } from "./koalabear.ts";
import type { Felt } from "./koalabear.ts";

/** An element c0 + c1*X + c2*X^2 + c3*X^3 with X^4 = 3. */
export type Ext = readonly [Felt, Felt, Felt, Felt];

/** X^4 = EXT_W. */
export const EXT_W: Felt = 3;
/** Degree of the extension over the base field. */
export const EXT_DEGREE = 4;
export const EXT_ZERO: Ext = [0, 0, 0, 0];
export const EXT_ONE: Ext = [1, 0, 0, 0];

/** 3^((p-1)/4): the Frobenius map multiplies the coefficient of X^i by this to the i-th. */
const FROBENIUS_ROOT: Felt = pow(EXT_W, (P - 1) / 4);
const FROBENIUS_POWERS: Ext = [
  1,
  FROBENIUS_ROOT,
  mul(FROBENIUS_ROOT, FROBENIUS_ROOT),
  pow(FROBENIUS_ROOT, 3),
];

/** True exactly for arrays of four canonical base elements. */
export function isExt(x: unknown): x is Ext {
  return Array.isArray(x) && x.length === EXT_DEGREE && x.every(isFelt);
}

/** The base element a as an extension element. */
export function extFromFelt(a: Felt): Ext {
  return [a, 0, 0, 0];
}

export function extEquals(a: Ext, b: Ext): boolean {
  return a[0] === b[0] && a[1] === b[1] && a[2] === b[2] && a[3] === b[3];
}

export function extIsZero(a: Ext): boolean {
  return a[0] === 0 && a[1] === 0 && a[2] === 0 && a[3] === 0;
}

export function extAdd(a: Ext, b: Ext): Ext {
  return [add(a[0], b[0]), add(a[1], b[1]), add(a[2], b[2]), add(a[3], b[3])];
}

export function extSub(a: Ext, b: Ext): Ext {
  return [sub(a[0], b[0]), sub(a[1], b[1]), sub(a[2], b[2]), sub(a[3], b[3])];
}

export function extNeg(a: Ext): Ext {
  return [neg(a[0]), neg(a[1]), neg(a[2]), neg(a[3])];
}

function times3(a: Felt): Felt {
  return add(add(a, a), a);
}

/** a * b, schoolbook, reduced by X^4 = 3. */
export function extMul(a: Ext, b: Ext): Ext {
  const [a0, a1, a2, a3] = a;
  const [b0, b1, b2, b3] = b;
  return [
    add(mul(a0, b0), times3(add(add(mul(a1, b3), mul(a2, b2)), mul(a3, b1)))),
    add(add(mul(a0, b1), mul(a1, b0)), times3(add(mul(a2, b3), mul(a3, b2)))),
    add(add(mul(a0, b2), mul(a1, b1)), add(mul(a2, b0), times3(mul(a3, b3)))),
    add(add(mul(a0, b3), mul(a1, b2)), add(mul(a2, b1), mul(a3, b0))),
  ];
}

export function extSquare(a: Ext): Ext {
  return extMul(a, a);
}

/** a * s for a base-field scalar s. */
export function extScale(a: Ext, s: Felt): Ext {
  return [mul(a[0], s), mul(a[1], s), mul(a[2], s), mul(a[3], s)];
}

/** a + s for a base-field scalar s. */
export function extAddFelt(a: Ext, s: Felt): Ext {
  return [add(a[0], s), a[1], a[2], a[3]];
}

/** a^p, the Frobenius automorphism over the base field. */
export function extFrobenius(a: Ext): Ext {
  const f = FROBENIUS_POWERS;
  return [a[0], mul(a[1], f[1]), mul(a[2], f[2]), mul(a[3], f[3])];
}

/** 1/a by the norm: a^(p + p^2 + p^3) / N(a). Throws RangeError on zero. */
export function extInv(a: Ext): Ext {
  if (extIsZero(a)) throw new RangeError("inverse: expected a non-zero extension element, got 0");
  const a1 = extFrobenius(a);
  const a2 = extFrobenius(a1);
  const a3 = extFrobenius(a2);
  const conjugates = extMul(extMul(a1, a2), a3);
  const norm = extMul(a, conjugates)[0];
  return extScale(conjugates, inv(norm));
}

/** All inverses at the price of one. Throws RangeError if any element is zero. */
export function extBatchInv(values: readonly Ext[]): Ext[] {
  const prefix: Ext[] = [];
  let product = EXT_ONE;
  for (const value of values) {
    prefix.push(product);
    product = extMul(product, value);
  }
  let suffix = extInv(product);
  for (let i = values.length - 1; i >= 0; i--) {
    const inverse = extMul(suffix, prefix[i] as Ext);
    suffix = extMul(suffix, values[i] as Ext);
    prefix[i] = inverse;
  }
  return prefix;
}

/** base^exponent for an integer exponent in [0, 2^53). */
export function extPow(base: Ext, exponent: number): Ext {
  if (!Number.isSafeInteger(exponent) || exponent < 0) {
    throw new RangeError(`exponent: expected a safe integer >= 0, got ${exponent}`);
  }
  let result = EXT_ONE;
  let square = base;
  let rest = exponent;
  while (rest > 0) {
    if (rest % 2 === 1) result = extMul(result, square);
    rest = Math.floor(rest / 2);
    if (rest > 0) square = extSquare(square);
  }
  return result;
}

/** a^(2^bits): repeated squaring, for vanishing polynomials of two-adic domains. */
export function extPowTwo(a: Ext, bits: number): Ext {
  let result = a;
  for (let i = 0; i < bits; i++) result = extSquare(result);
  return result;
}
