// Out-of-domain evaluation, DEEP codewords and their folding: everything that mixes E with committed columns.
// Owns: the WASM twins of evaluate, deep and fold of the reference backend.
// Does not own: weights and claimed values (prove/openings.ts). One element of E is one vector.
// Invariant: exact arithmetic mod p, so sums may be split over threads in any way.

import { extInv, extMul, mulRows, timesX, vAdd, vHalve, vMul, vReduce, vSub } from "./montgomery";

const CHUNK: u32 = 256;

/** out[j] = 1/(points[j] - z) for j in [start, end), by batches. `z` points at one element of E. */
export function invertDifferences(points: usize, z: usize, start: u32, end: u32, out: usize, one: u32): void {
  const target = v128.load(z);
  for (let from = start; from < end; from += CHUNK) {
    const to = min(from + CHUNK, end);
    let product = i32x4.replace_lane(i32x4.splat(0), 0, one);
    for (let j = from; j < to; j++) {
      v128.store(out + (<usize>j << 4), product);
      product = extMul(product, difference(points, j, target));
    }
    let suffix = extInv(product, one);
    for (let j = to; j > from; j--) {
      const at = out + (<usize>(j - 1) << 4);
      v128.store(at, extMul(suffix, v128.load(at)));
      suffix = extMul(suffix, difference(points, j - 1, target));
    }
  }
}

// @ts-ignore: decorator
@inline
function difference(points: usize, j: u32, target: v128): v128 {
  const x = i32x4.replace_lane(i32x4.splat(0), 0, load<i32>(points + (<usize>j << 2)));
  return vSub(x, target);
}

/** out[j] = factors[j] * points[j]: an element of E times a base element, j in [start, end). */
export function scaleByPoints(factors: usize, points: usize, start: u32, end: u32, out: usize): void {
  for (let j: usize = start; j < end; j++) {
    v128.store(out + (j << 4), vMul(v128.load(factors + (j << 4)), v128.load32_splat(points + (j << 2))));
  }
}

/** out[c] = sum over rows [start, end) of weights[row] * tile[row][c], c < 8; rows a multiple of 4. */
export function weighTile(tile: usize, weights: usize, start: u32, end: u32, out: usize): void {
  for (let c: usize = 0; c < 8; c++) v128.store(out + (c << 4), i32x4.splat(0));
  for (let from = start; from < end; from += 512) {
    const to = min(from + 512, end);
    for (let c: usize = 0; c < 8; c++) {
      let sum = v128.load(out + (c << 4));
      for (let row = from; row < to; row += 4) {
        const cells = tile + (<usize>row << 5) + (c << 2);
        const w = weights + (<usize>row << 4);
        sum = vAdd(sum, dot4(
          v128.load32_splat(cells), v128.load32_splat(cells, 32), v128.load32_splat(cells, 64), v128.load32_splat(cells, 96),
          v128.load(w), v128.load(w, 16), v128.load(w, 32), v128.load(w, 48)));
      }
      v128.store(out + (c << 4), sum);
    }
  }
}

// @ts-ignore: decorator
@inline
function dot4(a0: v128, a1: v128, a2: v128, a3: v128, m0: v128, m1: v128, m2: v128, m3: v128): v128 {
  const low = i64x2.add(
    i64x2.add(i64x2.extmul_low_i32x4_u(a0, m0), i64x2.extmul_low_i32x4_u(a1, m1)),
    i64x2.add(i64x2.extmul_low_i32x4_u(a2, m2), i64x2.extmul_low_i32x4_u(a3, m3)));
  const high = i64x2.add(
    i64x2.add(i64x2.extmul_high_i32x4_u(a0, m0), i64x2.extmul_high_i32x4_u(a1, m1)),
    i64x2.add(i64x2.extmul_high_i32x4_u(a2, m2), i64x2.extmul_high_i32x4_u(a3, m3)));
  return vReduce(low, high);
}

/** accumulateTile over consecutive tiles, 8 weights each. Sums lie 32 bytes apart: half a tile. */
export function accumulateTiles(
  tiles: usize, tileStride: usize, tileCount: u32, weights: usize, start: u32, end: u32, sums: usize,
): void {
  for (let from = start; from < end; from += 1024) {
    const to = min(from + 1024, end);
    for (let t: usize = 0; t < tileCount; t++) accumulateTile(tiles + t * tileStride, weights + (t << 7), from, to, sums);
  }
}

/** sums[row] += sum over c < 8 of weights[c] * tile[row][c], rows [start, end). */
function accumulateTile(tile: usize, weights: usize, start: u32, end: u32, sums: usize): void {
  const w0 = v128.load(weights);
  const w1 = v128.load(weights, 16);
  const w2 = v128.load(weights, 32);
  const w3 = v128.load(weights, 48);
  const w4 = v128.load(weights, 64);
  const w5 = v128.load(weights, 80);
  const w6 = v128.load(weights, 96);
  const w7 = v128.load(weights, 112);
  for (let row: usize = start; row < end; row++) {
    const cells = tile + (row << 5);
    const at = sums + (row << 5);
    const first = mulRows(v128.load(cells), w0, w1, w2, w3);
    const second = mulRows(v128.load(cells, 16), w4, w5, w6, w7);
    v128.store(at, vAdd(v128.load(at), vAdd(first, second)));
  }
}

/**
 * out[row] = (here[row] - values[0]) * hereInverses[row] + (next[row] - values[1]) * nextInverses[row], rows [start, end) of a tile whose
 * halves are here and next; without the second term if nextInverses is 0.
 */
export function divideSums(tile: usize, values: usize, hereInverses: usize, nextInverses: usize, start: u32, end: u32, out: usize): void {
  const here = v128.load(values);
  const next = v128.load(values, 16);
  for (let row: usize = start; row < end; row++) {
    const sums = tile + (row << 5);
    let quotient = extMul(vSub(v128.load(sums), here), v128.load(hereInverses + (row << 4)));
    if (nextInverses != 0) quotient = vAdd(quotient, extMul(vSub(v128.load(sums, 16), next), v128.load(nextInverses + (row << 4))));
    v128.store(out + (row << 4), quotient);
  }
}

/** Folds by two: out[i] = (a + b)/2 + challenge * (a - b)/2 * inversePoints[i], i in [start, end). */
export function foldHalf(word: usize, inversePoints: usize, challenge: usize, start: u32, end: u32, out: usize): void {
  const m0 = v128.load(challenge);
  const m1 = timesX(m0);
  const m2 = timesX(m1);
  const m3 = timesX(m2);
  for (let i: usize = start; i < end; i++) {
    const a = v128.load(word + (i << 5));
    const b = v128.load(word + (i << 5), 16);
    const odd = vMul(vHalve(vSub(a, b)), v128.load32_splat(inversePoints + (i << 2)));
    v128.store(out + (i << 4), vAdd(vHalve(vAdd(a, b)), mulRows(odd, m0, m1, m2, m3)));
  }
}

/** word[i] += factor * added[i], i in [start, end). */
export function addScaled(word: usize, added: usize, factor: usize, start: u32, end: u32): void {
  const m0 = v128.load(factor);
  const m1 = timesX(m0);
  const m2 = timesX(m1);
  const m3 = timesX(m2);
  for (let i: usize = start; i < end; i++) {
    const at = word + (i << 4);
    v128.store(at, vAdd(v128.load(at), mulRows(v128.load(added + (i << 4)), m0, m1, m2, m3)));
  }
}
