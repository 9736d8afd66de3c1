// The constraint evaluator: runs a chip's straight-line program on batches of 32 rows.
// Owns: execution. Does not own: the program, which backend/constraint-program.ts compiles from the chip's IR.
// Source: design 04 decision 6 (one definition; this is its WASM backend).
// Invariant: slot s is 128 bytes at scratch + 128 s (32 rows); an element of E takes four slots in a row.

import { sInv, sMul, sSub, vAdd, vMul, vSub } from "./montgomery";

const SLOT: usize = 128;

/** Fills slot after slot with constants: slot first + i holds values[i] in all rows. */
export function fillConstants(scratch: usize, first: u32, count: u32, values: usize): void {
  for (let i: usize = 0; i < count; i++) {
    const value = v128.load32_splat(values + (i << 2));
    const slot = scratch + (first + i) * SLOT;
    for (let k: usize = 0; k < SLOT; k += 16) v128.store(slot + k, value);
  }
}

/** Position of the next row: exponent rev(j) + 2 on a domain of 2^log points, two points to a trace step. */
// @ts-ignore: decorator
@inline
function nextPosition(j: u32, log: u32): u32 {
  // Adding 2 to the reversed index: carry runs from the second-highest bit of j downwards.
  let bit: u32 = 1 << (log - 2);
  while (bit != 0 && (j & bit) != 0) {
    j ^= bit;
    bit >>= 1;
  }
  return j | bit;
}

/** Columns 0..7 of rows j0..j3 of a tile become four values in each of 8 slots (column c at `to` + 128 c). */
// @ts-ignore: decorator
@inline
function transposeRows(tile: usize, j0: u32, j1: u32, j2: u32, j3: u32, to: usize): void {
  for (let half: usize = 0; half < 2; half++) {
    const a = v128.load(tile + (<usize>j0 << 5) + 16 * half);
    const b = v128.load(tile + (<usize>j1 << 5) + 16 * half);
    const c = v128.load(tile + (<usize>j2 << 5) + 16 * half);
    const d = v128.load(tile + (<usize>j3 << 5) + 16 * half);
    const ab0 = v128.shuffle<i32>(a, b, 0, 4, 1, 5);
    const ab1 = v128.shuffle<i32>(a, b, 2, 6, 3, 7);
    const cd0 = v128.shuffle<i32>(c, d, 0, 4, 1, 5);
    const cd1 = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
    const at = to + 4 * half * SLOT;
    v128.store(at, v128.shuffle<i64>(ab0, cd0, 0, 2));
    v128.store(at + SLOT, v128.shuffle<i64>(ab0, cd0, 1, 3));
    v128.store(at + 2 * SLOT, v128.shuffle<i64>(ab1, cd1, 0, 2));
    v128.store(at + 3 * SLOT, v128.shuffle<i64>(ab1, cd1, 1, 3));
  }
}

/** Gathers 8 columns of 32 rows of a tile in bit-reversed order into 8 slots (column c to slots + 128 c). */
function gatherTile(tile: usize, first: u32, log: u32, isNext: bool, slots: usize, limit: u32): void {
  for (let i: u32 = 0; i < 32; i += 4) {
    let j0 = (first + i) & limit;
    let j1 = (first + i + 1) & limit;
    let j2 = (first + i + 2) & limit;
    let j3 = (first + i + 3) & limit;
    if (isNext) {
      j0 = nextPosition(j0, log);
      j1 = nextPosition(j1, log);
      j2 = nextPosition(j2, log);
      j3 = nextPosition(j3, log);
    }
    transposeRows(tile, j0, j1, j2, j3, slots + 4 * i);
  }
}

/** The same for a tile in trace order, `ahead` rows on. */
export function gatherRows(tile: usize, first: u32, ahead: u32, slots: usize, limit: u32): void {
  for (let i: u32 = 0; i < 32; i += 4) {
    const j = first + ahead + i;
    transposeRows(tile, j & limit, (j + 1) & limit, (j + 2) & limit, (j + 3) & limit, slots + 4 * i);
  }
}

// Operation codes; the compiler in backend/constraint-program.ts has the same table.
// base: 0 add, 1 sub, 2 mul; E: 3 add, 4 sub, 5 mul; mixed: 6 E+b, 7 E-b, 8 b-E, 9 E*b;
// fold: 10 acc += weight * base, 11 acc += weight * E, the second operand being an index of a weight.

// @ts-ignore: decorator
@inline
function baseOperation(op: u32, to: usize, a: usize, b: usize): void {
  for (let k: usize = 0; k < SLOT; k += 16) {
    const x = v128.load(a + k);
    const y = v128.load(b + k);
    v128.store(to + k, op == 0 ? vAdd(x, y) : op == 1 ? vSub(x, y) : vMul(x, y));
  }
}

function extProduct(to: usize, a: usize, b: usize): void {
  for (let k: usize = 0; k < SLOT; k += 16) {
    const a0 = v128.load(a + k);
    const a1 = v128.load(a + k + SLOT);
    const a2 = v128.load(a + k + 2 * SLOT);
    const a3 = v128.load(a + k + 3 * SLOT);
    const b0 = v128.load(b + k);
    const b1 = v128.load(b + k + SLOT);
    const b2 = v128.load(b + k + 2 * SLOT);
    const b3 = v128.load(b + k + 3 * SLOT);
    const h0 = vAdd(vAdd(vMul(a1, b3), vMul(a2, b2)), vMul(a3, b1));
    const h1 = vAdd(vMul(a2, b3), vMul(a3, b2));
    const h2 = vMul(a3, b3);
    v128.store(to + k, vAdd(vMul(a0, b0), vAdd(vAdd(h0, h0), h0)));
    v128.store(to + k + SLOT, vAdd(vAdd(vMul(a0, b1), vMul(a1, b0)), vAdd(vAdd(h1, h1), h1)));
    v128.store(to + k + 2 * SLOT, vAdd(vAdd(vMul(a0, b2), vMul(a1, b1)), vAdd(vMul(a2, b0), vAdd(vAdd(h2, h2), h2))));
    v128.store(to + k + 3 * SLOT, vAdd(vAdd(vMul(a0, b3), vMul(a1, b2)), vAdd(vMul(a2, b1), vMul(a3, b0))));
  }
}

function mixedOperation(op: u32, to: usize, a: usize, b: usize): void {
  for (let part: usize = 0; part < 4 * SLOT; part += SLOT) {
    for (let k: usize = 0; k < SLOT; k += 16) {
      const at = part + k;
      if (op == 3) v128.store(to + at, vAdd(v128.load(a + at), v128.load(b + at)));
      else if (op == 4) v128.store(to + at, vSub(v128.load(a + at), v128.load(b + at)));
      else if (op == 9) v128.store(to + at, vMul(v128.load(a + at), v128.load(b + k)));
      else if (op == 8) v128.store(to + at, vSub(part == 0 ? v128.load(a + k) : i32x4.splat(0), v128.load(b + at)));
      else if (part != 0) v128.store(to + at, v128.load(a + at));
      else v128.store(to + at, op == 6 ? vAdd(v128.load(a + at), v128.load(b + k)) : vSub(v128.load(a + at), v128.load(b + k)));
    }
  }
}

function foldBase(acc: usize, value: usize, weight: usize): void {
  const w0 = v128.load32_splat(weight);
  const w1 = v128.load32_splat(weight, 4);
  const w2 = v128.load32_splat(weight, 8);
  const w3 = v128.load32_splat(weight, 12);
  for (let k: usize = 0; k < SLOT; k += 16) {
    const x = v128.load(value + k);
    const at = acc + k;
    v128.store(at, vAdd(v128.load(at), vMul(x, w0)));
    v128.store(at + SLOT, vAdd(v128.load(at + SLOT), vMul(x, w1)));
    v128.store(at + 2 * SLOT, vAdd(v128.load(at + 2 * SLOT), vMul(x, w2)));
    v128.store(at + 3 * SLOT, vAdd(v128.load(at + 3 * SLOT), vMul(x, w3)));
  }
}

function foldExt(acc: usize, value: usize, weight: usize): void {
  const w0 = v128.load32_splat(weight);
  const w1 = v128.load32_splat(weight, 4);
  const w2 = v128.load32_splat(weight, 8);
  const w3 = v128.load32_splat(weight, 12);
  for (let k: usize = 0; k < SLOT; k += 16) {
    const x0 = v128.load(value + k);
    const x1 = v128.load(value + k + SLOT);
    const x2 = v128.load(value + k + 2 * SLOT);
    const x3 = v128.load(value + k + 3 * SLOT);
    const h0 = vAdd(vAdd(vMul(x1, w3), vMul(x2, w2)), vMul(x3, w1));
    const h1 = vAdd(vMul(x2, w3), vMul(x3, w2));
    const h2 = vMul(x3, w3);
    const at = acc + k;
    v128.store(at, vAdd(v128.load(at), vAdd(vMul(x0, w0), vAdd(vAdd(h0, h0), h0))));
    v128.store(at + SLOT, vAdd(v128.load(at + SLOT), vAdd(vAdd(vMul(x0, w1), vMul(x1, w0)), vAdd(vAdd(h1, h1), h1))));
    v128.store(at + 2 * SLOT, vAdd(v128.load(at + 2 * SLOT),
      vAdd(vAdd(vMul(x0, w2), vMul(x1, w1)), vAdd(vMul(x2, w0), vAdd(vAdd(h2, h2), h2)))));
    v128.store(at + 3 * SLOT, vAdd(v128.load(at + 3 * SLOT),
      vAdd(vAdd(vMul(x0, w3), vMul(x1, w2)), vAdd(vMul(x2, w1), vMul(x3, w0)))));
  }
}

/** Runs the program once, on the 32 rows its slots hold. */
export function execute(scratch: usize, code: usize, operationCount: u32, weights: usize): void {
  for (let i: u32 = 0; i < operationCount; i++) {
    const op = load<u32>(code);
    const to = scratch + load<u32>(code, 4) * SLOT;
    const a = scratch + load<u32>(code, 8) * SLOT;
    const b = scratch + load<u32>(code, 12) * SLOT;
    if (op == 0) baseOperation(0, to, a, b);
    else if (op == 1) baseOperation(1, to, a, b);
    else if (op == 2) baseOperation(2, to, a, b);
    else if (op == 5) extProduct(to, a, b);
    else if (op == 10) foldBase(to, a, weights + 16 * load<u32>(code, 12));
    else if (op == 11) foldExt(to, a, weights + 16 * load<u32>(code, 12));
    else mixedOperation(op, to, a, b);
    code += 16;
  }
}

/**
 * Evaluates the program on positions [start, end) of the bit-reversed domain of 2^log points.
 * `loads`: per entry (tile address, slot of its first column, 1 if the next row); then selectors
 * (first, last, transition: u32 per position) go to selectorSlot..+2; the element of E at resultSlot,
 * times inverseVanishing[half the position lies in], goes to row j of `out` (a tile; columns 4..7 are 0).
 */
export function evaluateRows(
  scratch: usize, code: usize, operationCount: u32, weights: usize, loads: usize, loadCount: u32, selectors: usize, selectorSlot: u32,
  resultSlot: u32, inverseVanishing: usize, log: u32, start: u32, end: u32, out: usize,
): void {
  const size: u32 = 1 << log;
  for (let first = start; first < end; first += 32) {
    for (let i: u32 = 0; i < loadCount; i++) {
      const entry = loads + 12 * i;
      gatherTile(load<u32>(entry), first, log, load<u32>(entry, 8) != 0, scratch + load<u32>(entry, 4) * SLOT, size - 1);
    }
    for (let k: u32 = 0; k < 3; k++) {
      memory.copy(scratch + (selectorSlot + k) * SLOT, selectors + ((<usize>k * size + first) << 2), min<u32>(128, size << 2));
    }
    memory.fill(scratch + resultSlot * SLOT, 0, 4 * SLOT);
    execute(scratch, code, operationCount, weights);
    const result = scratch + resultSlot * SLOT;
    const count = min<u32>(32, end - first);
    for (let i: u32 = 0; i < count; i++) {
      const j = first + i;
      let value = i32x4.splat(0);
      value = i32x4.replace_lane(value, 0, load<i32>(result + 4 * i));
      value = i32x4.replace_lane(value, 1, load<i32>(result + SLOT + 4 * i));
      value = i32x4.replace_lane(value, 2, load<i32>(result + 2 * SLOT + 4 * i));
      value = i32x4.replace_lane(value, 3, load<i32>(result + 3 * SLOT + 4 * i));
      const scaled = vMul(value, v128.load32_splat(inverseVanishing + (j < (size >> 1) ? 0 : 4)));
      v128.store(out + (<usize>j << 5), scaled);
      v128.store(out + (<usize>j << 5), i32x4.splat(0), 16);
    }
  }
}

/**
 * Selector values at positions [start, end) of the bit-reversed domain of 2^log points: first, last and
 * transition, each in its own array of 2^log. `constants`: g^-1, Z on the first half, Z on the second.
 */
export function fillSelectors(points: usize, log: u32, constants: usize, start: u32, end: u32, out: usize, one: u32): void {
  const size: usize = 1 << log;
  const lastPoint = load<u32>(constants);
  const last = out + (size << 2);
  const transition = last + (size << 2);
  for (let from = start; from < end; from += 256) {
    const to = min(from + 256, end);
    let product = one;
    for (let j: usize = from; j < to; j++) {
      const x = load<u32>(points + (j << 2));
      const t = sSub(x, lastPoint);
      store<u32>(transition + (j << 2), t);
      store<u32>(out + (j << 2), product);
      product = sMul(product, sMul(t, sSub(x, one)));
    }
    let suffix = sInv(product, one);
    for (let i = to; i > from; i--) {
      const j: usize = i - 1;
      const x = load<u32>(points + (j << 2));
      const t = load<u32>(transition + (j << 2));
      const both = sMul(suffix, load<u32>(out + (j << 2)));
      suffix = sMul(suffix, sMul(t, sSub(x, one)));
      const scaled = sMul(both, load<u32>(constants + (j < (size >> 1) ? 4 : 8)));
      store<u32>(out + (j << 2), sMul(scaled, t));
      store<u32>(last + (j << 2), sMul(scaled, sSub(x, one)));
    }
  }
}

/** Splits 2^(log+1) coefficients (4 per row of `from`) into rows of q_0 and q_1. */
export function splitQuotient(from: usize, log: u32, out: usize): void {
  const height: usize = 1 << log;
  for (let i: usize = 0; i < height; i++) {
    v128.store(out + (i << 5), v128.load(from + (i << 5)));
    v128.store(out + (i << 5), v128.load(from + ((i + height) << 5)), 16);
  }
}
