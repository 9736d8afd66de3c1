// Number-theoretic transforms over two-adic subgroups, the low-degree extension and evaluation.
// Owns: the readable reference. The WASM kernels (assembly/) must equal it value for value.
// Does not own: commitments, or which coset is used (the shift is a parameter).
// Source: radix-2 Cooley-Tukey / Gentleman-Sande; domain conventions of PROTOCOL.md section 1.
// Invariant: natural order in and out unless a name says bit-reversed.

import { EXT_ONE, extAdd, extAddFelt, extMul, extScale } from "../field/ext4.ts";
import type { Ext } from "../field/ext4.ts";
import { add, inv, mul, pow, sub, twoAdicRoot } from "../field/koalabear.ts";
import type { Felt } from "../field/koalabear.ts";

/** The exponent k with length = 2^k. Throws RangeError if length is not a power of two. */
export function log2Exact(length: number): number {
  const log = Math.log2(length);
  if (!Number.isInteger(log) || log < 0) throw new RangeError(`length: expected a power of two, got ${length}`);
  return log;
}

/** The `bitCount` low bits of `index`, reversed. */
export function reverseBits(index: number, bitCount: number): number {
  let reversed = 0;
  for (let i = 0; i < bitCount; i++) reversed = reversed * 2 + (Math.floor(index / 2 ** i) % 2);
  return reversed;
}

/** Moves element i to position rev(i), in place. */
export function bitReversePermute(values: Uint32Array): void {
  const log = log2Exact(values.length);
  for (let i = 0; i < values.length; i++) {
    const j = reverseBits(i, log);
    if (i < j) {
      const swap = values[i] as Felt;
      values[i] = values[j] as Felt;
      values[j] = swap;
    }
  }
}

function transform(values: Uint32Array, rootOfUnity: Felt): void {
  bitReversePermute(values);
  const length = values.length;
  for (let half = 1; half < length; half *= 2) {
    const step = pow(rootOfUnity, length / (2 * half));
    for (let start = 0; start < length; start += 2 * half) {
      let twiddle = 1;
      for (let i = start; i < start + half; i++) {
        const even = values[i] as Felt;
        const odd = mul(values[i + half] as Felt, twiddle);
        values[i] = add(even, odd);
        values[i + half] = sub(even, odd);
        twiddle = mul(twiddle, step);
      }
    }
  }
}

/** Coefficients (ascending) to values at w^0, w^1, ...; in place. */
export function ntt(values: Uint32Array): void {
  transform(values, twoAdicRoot(log2Exact(values.length)));
}

/** Values at w^0, w^1, ... to coefficients; in place. */
export function inverseNtt(values: Uint32Array): void {
  transform(values, inv(twoAdicRoot(log2Exact(values.length))));
  const scale = inv(values.length);
  for (let i = 0; i < values.length; i++) values[i] = mul(values[i] as Felt, scale);
}

/** Multiplies coefficient i by shift^i, turning evaluation on H into evaluation on shift * H; in place. */
export function scaleByPowers(coefficients: Uint32Array, shift: Felt): void {
  let power = 1;
  for (let i = 0; i < coefficients.length; i++) {
    coefficients[i] = mul(coefficients[i] as Felt, power);
    power = mul(power, shift);
  }
}

/** Values, in bit-reversed order, of a polynomial (coefficients ascending) on shift * <w of 2^logSize>. */
export function evaluateOnCoset(coefficients: Uint32Array, logSize: number, shift: Felt): Uint32Array {
  if (coefficients.length > 2 ** logSize) {
    throw new RangeError(`coset of 2^${logSize} points: expected at most as many coefficients, got ${coefficients.length}`);
  }
  const values = new Uint32Array(2 ** logSize);
  values.set(coefficients);
  scaleByPowers(values, shift);
  ntt(values);
  bitReversePermute(values);
  return values;
}

/** The polynomial (coefficients ascending) at a point of the extension, by Horner's rule. */
export function evaluateAt(coefficients: ArrayLike<Felt>, point: Ext): Ext {
  let sum: Ext = [0, 0, 0, 0];
  for (let i = coefficients.length - 1; i >= 0; i--) {
    sum = extAddFelt(extMul(sum, point), coefficients[i] as Felt);
  }
  return sum;
}

/** A polynomial with extension coefficients (ascending) at a point of the extension. */
export function evaluateExtAt(coefficients: readonly Ext[], point: Ext): Ext {
  let sum: Ext = [0, 0, 0, 0];
  for (let i = coefficients.length - 1; i >= 0; i--) sum = extAdd(extMul(sum, point), coefficients[i] as Ext);
  return sum;
}

/** [1, base, base^2, ...], `count` of them. */
export function extPowers(base: Ext, count: number): Ext[] {
  const powers: Ext[] = [];
  let power = EXT_ONE;
  for (let i = 0; i < count; i++) {
    powers.push(power);
    power = extMul(power, base);
  }
  return powers;
}

/** Ascending coefficients of the polynomial whose values, bit-reversed, on <w of values.length> are given. */
export function interpolateExtBitReversed(values: readonly Ext[]): Ext[] {
  const log = log2Exact(values.length);
  const columns = [0, 1, 2, 3].map((k) => {
    const column = new Uint32Array(values.length);
    values.forEach((value, j) => (column[reverseBits(j, log)] = value[k as 0 | 1 | 2 | 3]));
    inverseNtt(column);
    return column;
  });
  return values.map((_, i) => columns.map((column) => column[i] as Felt) as unknown as Ext);
}

/** P(challenge) for the polynomial of degree < values.length through (s * w_t^rev_t(i), values[i]). */
export function foldRow(values: readonly Ext[], rowShift: Felt, challenge: Ext): Ext {
  const coefficients = interpolateExtBitReversed(values);
  const point = extScale(challenge, inv(rowShift));
  return evaluateExtAt(coefficients, point);
}
