// Matrices as tiles of eight columns: upload, transforms, low-degree extension, scaling.
// Owns: the WASM twin of ntt/ntt.ts on tiles (row r of a tile = 8 elements, 32 bytes, Montgomery form).
// Does not own: which tile goes to which thread (backend/). Source: Cooley-Tukey, radix 4; remainder trees (Borodin and Moenck).
// Invariant: twiddle table of log size k starts at element 2^(k-1) and holds w_k^i for i < 2^(k-1); table of nodes: see evaluateNode.

import { P, sMul, vAdd, vMul, vSub } from "./montgomery";

// @ts-ignore: decorator
@inline
function reverse(index: u32, bits: u32): u32 {
  let x = index;
  x = ((x >> 1) & 0x55555555) | ((x & 0x55555555) << 1);
  x = ((x >> 2) & 0x33333333) | ((x & 0x33333333) << 2);
  x = ((x >> 4) & 0x0f0f0f0f) | ((x & 0x0f0f0f0f) << 4);
  x = bswap<u32>(x);
  return bits == 0 ? 0 : x >> (32 - bits);
}

/**
 * Copies columns of canonical row-major rows [start, end) into a tile in Montgomery form, row r going
 * to row rev(r) if `isReversed`. `source` points at the first wanted element of row `start`; `tile` at
 * the first column written. Fewer than 8 columns leave the others of the tile as they are.
 */
export function loadTile(
  source: usize, sourceWidth: u32, columnCount: u32, tile: usize, logRows: u32, isReversed: bool, start: u32, end: u32, rSquared: u32,
): void {
  const factor = i32x4.splat(rSquared);
  for (let row = start; row < end; row++) {
    const from = source + (<usize>(row - start) * sourceWidth << 2);
    const to = tile + (<usize>(isReversed ? reverse(row, logRows) : row) << 5);
    if (columnCount == 8) {
      v128.store(to, vMul(v128.load(from), factor));
      v128.store(to, vMul(v128.load(from, 16), factor), 16);
    } else {
      for (let c: u32 = 0; c < columnCount; c++) store<u32>(to + (c << 2), sMul(load<u32>(from + (c << 2)), rSquared));
    }
  }
}

/** out[i] = in[i] * factor for `count` elements (a multiple of 4): conversions and scalings. */
export function scaleVector(from: usize, to: usize, count: u32, factor: u32): void {
  const f = i32x4.splat(factor);
  for (let i: usize = 0; i < count; i += 4) v128.store(to + (i << 2), vMul(v128.load(from + (i << 2)), f));
}

/** Row i of `to` = row i of `from` times first * ratio^i. The tiles may be the same. */
export function scaleRows(from: usize, to: usize, rows: u32, first: u32, ratio: u32): void {
  let power = first;
  for (let row: usize = 0; row < rows; row++) {
    const f = i32x4.splat(power);
    const at = row << 5;
    v128.store(to + at, vMul(v128.load(from + at), f));
    v128.store(to + at, vMul(v128.load(from + at, 16), f), 16);
    power = sMul(power, ratio);
  }
}

// Evaluation goes down a tree of remainders. The whole domain s * <w_L> is the root, node 1: p mod x^(2^L) - s^(2^L). Node h of 2^l points holds
// p mod x^(2^l) - m, and its halves, nodes 2h and 2h + 1, are p mod x^(2^(l-1)) - c and + c with c^2 = m: word h of the table `nodes`. So one
// product by a constant of the node serves a whole half, and a coset needs no scaling of its own.

function splitInto2(from: usize, to: usize, log: u32, node: u32, nodes: usize): void {
  const step: usize = <usize>32 << (log - 1);
  const c = v128.load32_splat(nodes + (<usize>node << 2));
  for (let k: usize = 0; k < step; k += 16) {
    const a0 = v128.load(from + k);
    const x1 = vMul(v128.load(from + k + step), c);
    v128.store(to + k, vAdd(a0, x1));
    v128.store(to + k + step, vSub(a0, x1));
  }
}

function splitInto4(from: usize, to: usize, log: u32, node: u32, nodes: usize): void {
  const step: usize = <usize>32 << (log - 2);
  const c = v128.load32_splat(nodes + (<usize>node << 2));
  const left = v128.load32_splat(nodes + (<usize>node << 3));
  const right = v128.load32_splat(nodes + (<usize>node << 3), 4);
  for (let k: usize = 0; k < step; k += 16) {
    const a0 = v128.load(from + k);
    const a1 = v128.load(from + k + step);
    const x2 = vMul(v128.load(from + k + 2 * step), c);
    const x3 = vMul(v128.load(from + k + 3 * step), c);
    const b0 = vAdd(a0, x2);
    const b2 = vSub(a0, x2);
    // Factors of a product may be any 32-bit number, as long as the other is below p: these two stay below 2p.
    const y1 = vMul(i32x4.add(a1, x3), left);
    const y3 = vMul(i32x4.sub(i32x4.add(a1, i32x4.splat(P)), x3), right);
    v128.store(to + k, vAdd(b0, y1));
    v128.store(to + k + step, vSub(b0, y1));
    v128.store(to + k + 2 * step, vAdd(b2, y3));
    v128.store(to + k + 3 * step, vSub(b2, y3));
  }
}

/** Natural-order coefficients at `from` (2^log rows) to bit-reversed values at `to`, which may be the same. Depth first, so that parts end up in cache. */
function evaluateNode(from: usize, to: usize, log: u32, node: u32, nodes: usize): void {
  if (log & 1) {
    splitInto2(from, to, log, node, nodes);
    if (log == 1) return;
    evaluateNode(to, to, log - 1, 2 * node, nodes);
    evaluateNode(to + (<usize>32 << (log - 1)), to + (<usize>32 << (log - 1)), log - 1, 2 * node + 1, nodes);
    return;
  }
  splitInto4(from, to, log, node, nodes);
  if (log == 2) return;
  for (let q: u32 = 0; q < 4; q++) {
    const part = to + (<usize>q << (log + 3));
    evaluateNode(part, part, log - 2, 4 * node + q, nodes);
  }
}

function inverseStep4(tile: usize, log: u32, twiddles: usize): void {
  const quarter: usize = 1 << (log - 2);
  const outer = twiddles + (quarter << 3);
  const inner = twiddles + (quarter << 2);
  const step = quarter << 5;
  for (let i: usize = 0; i < quarter; i++) {
    const w0 = v128.load32_splat(outer + (i << 2));
    const w1 = v128.load32_splat(outer + ((i + quarter) << 2));
    const v = v128.load32_splat(inner + (i << 2));
    for (let k: usize = 0; k < 32; k += 16) {
      const at = tile + (i << 5) + k;
      const c0 = v128.load(at);
      const c1 = vMul(v128.load(at + step), v);
      const c2 = v128.load(at + 2 * step);
      const c3 = vMul(v128.load(at + 3 * step), v);
      const b0 = vAdd(c0, c1);
      const b1 = vSub(c0, c1);
      const b2 = vMul(vAdd(c2, c3), w0);
      const b3 = vMul(vSub(c2, c3), w1);
      v128.store(at, vAdd(b0, b2));
      v128.store(at + step, vAdd(b1, b3));
      v128.store(at + 2 * step, vSub(b0, b2));
      v128.store(at + 3 * step, vSub(b1, b3));
    }
  }
}

function inverseStep2(tile: usize, log: u32, twiddles: usize): void {
  const half: usize = 1 << (log - 1);
  const w = twiddles + (half << 2);
  for (let i: usize = 0; i < half; i++) {
    const factor = v128.load32_splat(w + (i << 2));
    const a = tile + (i << 5);
    const b = a + (half << 5);
    for (let k: usize = 0; k < 32; k += 16) {
      const x = v128.load(a + k);
      const y = vMul(v128.load(b + k), factor);
      v128.store(a + k, vAdd(x, y));
      v128.store(b + k, vSub(x, y));
    }
  }
}

/** Bit-reversed values to natural-order coefficients times 2^log; `twiddles` of the inverse roots. */
export function inverseTile(tile: usize, log: u32, twiddles: usize): void {
  if (log == 0) return;
  if (log == 1) {
    inverseStep2(tile, 1, twiddles);
    return;
  }
  if (log & 1) {
    inverseTile(tile, log - 1, twiddles);
    inverseTile(tile + (<usize>32 << (log - 1)), log - 1, twiddles);
    inverseStep2(tile, log, twiddles);
    return;
  }
  if (log > 2) {
    for (let q: usize = 0; q < 4; q++) inverseTile(tile + (q << (log + 3)), log - 2, twiddles);
  }
  inverseStep4(tile, log, twiddles);
}

/** Bit-reversed values to natural-order coefficients; `scale` = 1 / 2^log. */
export function interpolateTile(tile: usize, log: u32, twiddles: usize, scale: u32): void {
  inverseTile(tile, log, twiddles);
  scaleVector(tile, tile, 8 << log, scale);
}

/**
 * Blocks first..last-1 of the extension of the coefficients in rows [0, 2^log) of a tile (log > 0): block c, rows c 2^log on, holds the
 * values of node 2^logBlowup + c. Block 0 overwrites the coefficients, so it is made when all others are.
 */
export function extendBlocks(tile: usize, log: u32, logBlowup: u32, first: u32, last: u32, nodes: usize): void {
  for (let c = first; c < last; c++) evaluateNode(tile, tile + (<usize>c << (log + 5)), log, (1 << logBlowup) + c, nodes);
}

/** Fills the tables of powers: for k = 1..maxLog, element 2^(k-1) + i = roots[k]^i. `one` = 2^32 mod p. */
export function fillTwiddles(table: usize, maxLog: u32, roots: usize, one: u32): void {
  for (let k: u32 = 1; k <= maxLog; k++) {
    const root = load<u32>(roots + (k << 2));
    const half: usize = 1 << (k - 1);
    let power = one;
    for (let i: usize = 0; i < half; i++) {
      store<u32>(table + ((half + i) << 2), power);
      power = sMul(power, root);
    }
  }
}

/** Points in bit-reversed order: out[0] = first, out[2^m + r] = out[r] * steps[m]. */
export function fillPoints(out: usize, log: u32, first: u32, steps: usize): void {
  store<u32>(out, first);
  for (let m: u32 = 0; m < log; m++) {
    const step = load<u32>(steps + (m << 2));
    const size: usize = 1 << m;
    for (let r: usize = 0; r < size; r++) store<u32>(out + ((size + r) << 2), sMul(load<u32>(out + (r << 2)), step));
  }
}
