// KoalaBear in Montgomery form (x * 2^32 mod p), four lanes at a time and one at a time.
// Owns: add, sub, mul, multiplication by inverse powers of two, extension products on one vector.
// Does not own: conversion policy (matrix.ts converts at the edges). Source: Montgomery 1985, subtractive form.
// Invariant: canonical representatives in and out (0 <= x < p) unless a comment says otherwise.

export const P: u32 = 0x7f000001;
/** p^-1 mod 2^32. */
export const MU: u32 = 0x81000001;

// @ts-ignore: decorator
@inline
export function vAdd(a: v128, b: v128): v128 {
  const sum = i32x4.add(a, b);
  return i32x4.min_u(sum, i32x4.sub(sum, i32x4.splat(P)));
}

// @ts-ignore: decorator
@inline
export function vSub(a: v128, b: v128): v128 {
  const difference = i32x4.sub(a, b);
  return i32x4.min_u(difference, i32x4.add(difference, i32x4.splat(P)));
}

// @ts-ignore: decorator
@inline
export function vDouble(a: v128): v128 {
  return vAdd(a, a);
}

// @ts-ignore: decorator
@inline
export function vMul(a: v128, b: v128): v128 {
  const low = i64x2.extmul_low_i32x4_u(a, b);
  const high = i64x2.extmul_high_i32x4_u(a, b);
  const m = i32x4.mul(i32x4.mul(a, b), i32x4.splat(MU));
  const mLow = i64x2.extmul_low_i32x4_u(m, i32x4.splat(P));
  const mHigh = i64x2.extmul_high_i32x4_u(m, i32x4.splat(P));
  // The low words of both products agree, so the high words subtract without borrow.
  const top = v128.shuffle<i32>(low, high, 1, 3, 5, 7);
  const mTop = v128.shuffle<i32>(mLow, mHigh, 1, 3, 5, 7);
  return vSub(top, mTop);
}

/** Four elements out of Montgomery form: vMul by the integer 1, of whose products the high words are zero. */
// @ts-ignore: decorator
@inline
export function vCanonical(a: v128): v128 {
  const m = i32x4.mul(a, i32x4.splat(MU));
  const mLow = i64x2.extmul_low_i32x4_u(m, i32x4.splat(P));
  const mHigh = i64x2.extmul_high_i32x4_u(m, i32x4.splat(P));
  return vSub(i32x4.splat(0), v128.shuffle<i32>(mLow, mHigh, 1, 3, 5, 7));
}

/** Reduces four 64-bit sums of at most four products each (< 4 p^2 < 2 p 2^32). */
// @ts-ignore: decorator
@inline
export function vReduce(low: v128, high: v128): v128 {
  const bottom = v128.shuffle<i32>(low, high, 0, 2, 4, 6);
  const top = v128.shuffle<i32>(low, high, 1, 3, 5, 7);
  const m = i32x4.mul(bottom, i32x4.splat(MU));
  const mLow = i64x2.extmul_low_i32x4_u(m, i32x4.splat(P));
  const mHigh = i64x2.extmul_high_i32x4_u(m, i32x4.splat(P));
  const mTop = v128.shuffle<i32>(mLow, mHigh, 1, 3, 5, 7);
  // top < 2p: bring it below p, then subtract.
  return vSub(i32x4.min_u(top, i32x4.sub(top, i32x4.splat(P))), mTop);
}

/** a / 2. */
// @ts-ignore: decorator
@inline
export function vHalve(a: v128): v128 {
  const odd = i32x4.neg(v128.and(a, i32x4.splat(1)));
  return i32x4.add(i32x4.shr_u(a, 1), v128.and(odd, i32x4.splat((P + 1) >> 1)));
}

/** a / 2^k, 3 <= k <= 24: p = 127 * 2^24 + 1, so a/2^k = (a >> k) - low * 127 * 2^(24-k). */
// @ts-ignore: decorator
@inline
export function vShiftDown(a: v128, k: i32): v128 {
  const low = i32x4.shr_u(i32x4.shl(a, 32 - k), 1);
  const r = i32x4.sub(i32x4.add(i32x4.shr_u(a, k), i32x4.shr_u(low, 7)), low);
  return i32x4.min_u(r, i32x4.add(r, i32x4.splat(P)));
}

// @ts-ignore: decorator
@inline
export function sMul(a: u32, b: u32): u32 {
  const t: u64 = <u64>a * <u64>b;
  const m: u32 = <u32>t * MU;
  const top = <u32>(t >> 32);
  const mTop = <u32>((<u64>m * <u64>P) >> 32);
  const r = top - mTop;
  return top < mTop ? r + P : r;
}

// @ts-ignore: decorator
@inline
export function sAdd(a: u32, b: u32): u32 {
  const s = a + b;
  return s >= P ? s - P : s;
}

// @ts-ignore: decorator
@inline
export function sSub(a: u32, b: u32): u32 {
  return a < b ? a - b + P : a - b;
}

/** 1/a by Fermat; one is 2^32 mod p. */
export function sInv(a: u32, one: u32): u32 {
  let result = one;
  let square = a;
  let exponent = P - 2;
  while (exponent != 0) {
    if (exponent & 1) result = sMul(result, square);
    square = sMul(square, square);
    exponent >>= 1;
  }
  return result;
}

/** X * (a0, a1, a2, a3) = (3 a3, a0, a1, a2) in E. */
// @ts-ignore: decorator
@inline
export function timesX(a: v128): v128 {
  const rotated = v128.shuffle<i32>(a, a, 3, 0, 1, 2);
  const first = v128.and(rotated, v128(-1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
  return vAdd(rotated, vDouble(first));
}

/** a0 m0 + a1 m1 + a2 m2 + a3 m3 with a_i the lanes of a: E times E when m_i = X^i b. */
// @ts-ignore: decorator
@inline
export function mulRows(a: v128, m0: v128, m1: v128, m2: v128, m3: v128): v128 {
  const a0 = v128.shuffle<i32>(a, a, 0, 0, 0, 0);
  const a1 = v128.shuffle<i32>(a, a, 1, 1, 1, 1);
  const a2 = v128.shuffle<i32>(a, a, 2, 2, 2, 2);
  const a3 = v128.shuffle<i32>(a, a, 3, 3, 3, 3);
  const low = i64x2.add(
    i64x2.add(i64x2.extmul_low_i32x4_u(a0, m0), i64x2.extmul_low_i32x4_u(a1, m1)),
    i64x2.add(i64x2.extmul_low_i32x4_u(a2, m2), i64x2.extmul_low_i32x4_u(a3, m3)));
  const high = i64x2.add(
    i64x2.add(i64x2.extmul_high_i32x4_u(a0, m0), i64x2.extmul_high_i32x4_u(a1, m1)),
    i64x2.add(i64x2.extmul_high_i32x4_u(a2, m2), i64x2.extmul_high_i32x4_u(a3, m3)));
  return vReduce(low, high);
}

/** Product in E of two vectors holding one element each. */
// @ts-ignore: decorator
@inline
export function extMul(a: v128, b: v128): v128 {
  const b1 = timesX(b);
  const b2 = timesX(b1);
  return mulRows(a, b, b1, b2, timesX(b2));
}

/** 1/a in E: with Y = X^2, a = A + X B, 1/a = (A - X B) / (A^2 - Y B^2), then down once more. */
export function extInv(a: v128, one: u32): v128 {
  const a0 = <u32>i32x4.extract_lane(a, 0);
  const a1 = <u32>i32x4.extract_lane(a, 1);
  const a2 = <u32>i32x4.extract_lane(a, 2);
  const a3 = <u32>i32x4.extract_lane(a, 3);
  // A = a0 + a2 Y, B = a1 + a3 Y, Y^2 = 3.
  const b11 = sMul(a1, a1);
  const b33 = sMul(a3, a3);
  const cross = sMul(a1, a3);
  const a02 = sMul(a0, a2);
  const a22 = sMul(a2, a2);
  // A^2 = a0^2 + 3 a2^2 + 2 a0 a2 Y; Y B^2 = 6 a1 a3 + (a1^2 + 3 a3^2) Y.
  const cross2 = sAdd(cross, cross);
  const d0 = sSub(sAdd(sMul(a0, a0), sAdd(sAdd(a22, a22), a22)), sAdd(sAdd(cross2, cross2), cross2));
  const d1 = sSub(sAdd(a02, a02), sAdd(b11, sAdd(sAdd(b33, b33), b33)));
  const d11 = sMul(d1, d1);
  const norm = sInv(sSub(sMul(d0, d0), sAdd(sAdd(d11, d11), d11)), one);
  const e0 = sMul(d0, norm);
  const e1 = sSub(0, sMul(d1, norm));
  let conjugate = i32x4.splat(0);
  conjugate = i32x4.replace_lane(conjugate, 0, a0);
  conjugate = i32x4.replace_lane(conjugate, 1, sSub(0, a1));
  conjugate = i32x4.replace_lane(conjugate, 2, a2);
  conjugate = i32x4.replace_lane(conjugate, 3, sSub(0, a3));
  let inverse = i32x4.splat(0);
  inverse = i32x4.replace_lane(inverse, 0, e0);
  inverse = i32x4.replace_lane(inverse, 2, e1);
  return extMul(conjugate, inverse);
}
