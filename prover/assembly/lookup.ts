// Lookup columns: fractions of all rows and groups, their division, sums and the running sum.
// Owns: the WASM twin of air/permutation.ts on rows in trace order. Does not own: the fractions' program
// (backend/constraint-program.ts) or how rows are cut into tasks. One element of E is one vector.
// Invariant: exact arithmetic mod p, so rows may be split over threads in any way.

import { extInv, extMul, vAdd, vCanonical, vSub } from "./montgomery";
import { execute, gatherRows } from "./constraints";

const SLOT: usize = 128;
const BATCH: u32 = 32;
const CHUNK: usize = 256;

// @ts-ignore: decorator
@inline
function slotElement(slot: usize, i: u32, isExt: bool): v128 {
  let value = i32x4.replace_lane(i32x4.splat(0), 0, load<i32>(slot + 4 * i));
  if (!isExt) return value;
  value = i32x4.replace_lane(value, 1, load<i32>(slot + SLOT + 4 * i));
  value = i32x4.replace_lane(value, 2, load<i32>(slot + 2 * SLOT + 4 * i));
  return i32x4.replace_lane(value, 3, load<i32>(slot + 3 * SLOT + 4 * i));
}

/**
 * Runs the program on trace rows [start, end) of 2^log; the row after the last is the first. `loads` as in evaluateRows, `roots`
 * lists (slot, 1 if an element of E) of every value to store: value r of row j goes to out + 16 (j rootCount + r).
 */
export function evaluateRoots(
  scratch: usize, code: usize, operationCount: u32, loads: usize, loadCount: u32, log: u32, roots: usize, rootCount: u32,
  start: u32, end: u32, out: usize,
): void {
  const limit: u32 = (1 << log) - 1;
  for (let first = start; first < end; first += BATCH) {
    for (let i: u32 = 0; i < loadCount; i++) {
      const entry = loads + 12 * i;
      gatherRows(load<u32>(entry), first, load<u32>(entry, 8), scratch + load<u32>(entry, 4) * SLOT, limit);
    }
    execute(scratch, code, operationCount, 0);
    const count = min<u32>(BATCH, end - first);
    for (let r: u32 = 0; r < rootCount; r++) {
      const slot = scratch + load<u32>(roots + 8 * r) * SLOT;
      const isExt = load<u32>(roots + 8 * r, 4) != 0;
      for (let i: u32 = 0; i < count; i++) {
        v128.store(out + ((<usize>(first + i) * rootCount + r) << 4), slotElement(slot, i, isExt));
      }
    }
  }
}

/** out[f] = numerator / denominator, 32 bytes a fraction, f in [start, end). Returns 1, and nothing of use, if a denominator is zero. */
export function divideFractions(fractions: usize, start: u32, end: u32, out: usize, one: u32): u32 {
  for (let from: usize = start; from < end; from += CHUNK) {
    const to: usize = min(from + CHUNK, <usize>end);
    let product = i32x4.replace_lane(i32x4.splat(0), 0, one);
    for (let f = from; f < to; f++) {
      const denominator = v128.load(fractions + (f << 5), 16);
      if (!v128.any_true(denominator)) return 1;
      v128.store(out + (f << 4), product);
      product = extMul(product, denominator);
    }
    let suffix = extInv(product, one);
    for (let f = to; f > from; f--) {
      const at = out + ((f - 1) << 4);
      const fraction = fractions + ((f - 1) << 5);
      v128.store(at, extMul(extMul(suffix, v128.load(at)), v128.load(fraction)));
      suffix = extMul(suffix, v128.load(fraction, 16));
    }
  }
  return 0;
}

/** out = sum of values[i], i in [start, end). */
export function sumExts(values: usize, start: u32, end: u32, out: usize): void {
  let sum = i32x4.splat(0);
  for (let i: usize = start; i < end; i++) sum = vAdd(sum, v128.load(values + (i << 4)));
  v128.store(out, sum);
}

/**
 * Columns of rows [start, end): every group's value but the last one's, then the running sum before the row, which begins at `running`
 * and gains the row's values less `share`. Canonical words, as commit takes them.
 */
export function fillRunning(values: usize, groupCount: u32, start: u32, end: u32, running: usize, share: usize, out: usize): void {
  const each = v128.load(share);
  let sum = v128.load(running);
  for (let row: usize = start; row < end; row++) {
    const from = values + ((row * groupCount) << 4);
    const to = out + ((row * groupCount) << 4);
    let gain = vSub(v128.load(from + (<usize>(groupCount - 1) << 4)), each);
    for (let g: usize = 0; g < groupCount - 1; g++) {
      const value = v128.load(from + (g << 4));
      gain = vAdd(gain, value);
      v128.store(to + (g << 4), vCanonical(value));
    }
    v128.store(to + (<usize>(groupCount - 1) << 4), vCanonical(sum));
    sum = vAdd(sum, gain);
  }
}
