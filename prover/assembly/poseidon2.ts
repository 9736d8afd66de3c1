// Poseidon2-16 on four permutations at once (one per lane), leaf hashing, tree levels and grinding.
// Owns: the WASM twin of hash/poseidon2.ts. Does not own: tree shapes (backend/) or constants (uploaded).
// Source: eprint 2023/323; diagonal and constants of hash/poseidon2-constants.ts in Montgomery form.
// Invariant: equal to the reference, lane by lane. Rounds are written out over sixteen locals because
// a state in memory would cost more loads and stores than arithmetic.

import { isOpen, report, takeShare } from "./nonce-search";
import { P, sMul, vAdd, vDouble, vHalve, vMul, vShiftDown, vSub } from "./montgomery";

/** Address of the round constants: 4 x 16 initial, 20 internal, 4 x 16 final, u32 Montgomery form. */
let constantsBase: usize = 0;

export function setPoseidonConstants(base: usize): void {
  constantsBase = base;
}

// @ts-ignore: decorator
@inline
function cubeAfter(x: v128, constant: usize): v128 {
  const y = vAdd(x, v128.load32_splat(constant));
  return vMul(vMul(y, y), y);
}

/** Applies the permutation to the 16 vectors at `state`. */
export function permute4(state: usize): void {
  let s0 = v128.load(state, 0);
  let s1 = v128.load(state, 16);
  let s2 = v128.load(state, 32);
  let s3 = v128.load(state, 48);
  let s4 = v128.load(state, 64);
  let s5 = v128.load(state, 80);
  let s6 = v128.load(state, 96);
  let s7 = v128.load(state, 112);
  let s8 = v128.load(state, 128);
  let s9 = v128.load(state, 144);
  let s10 = v128.load(state, 160);
  let s11 = v128.load(state, 176);
  let s12 = v128.load(state, 192);
  let s13 = v128.load(state, 208);
  let s14 = v128.load(state, 224);
  let s15 = v128.load(state, 240);
  let constants = constantsBase;
  for (let round = 0; ; round++) {
    const p0 = vAdd(s0, s1);
    const q0 = vAdd(s2, s3);
    const t0 = vAdd(p0, q0);
    const u0 = vAdd(t0, s1);
    const v0 = vAdd(t0, s3);
    s3 = vAdd(v0, vDouble(s0));
    s1 = vAdd(u0, vDouble(s2));
    s0 = vAdd(u0, p0);
    s2 = vAdd(v0, q0);
    const p4 = vAdd(s4, s5);
    const q4 = vAdd(s6, s7);
    const t4 = vAdd(p4, q4);
    const u4 = vAdd(t4, s5);
    const v4 = vAdd(t4, s7);
    s7 = vAdd(v4, vDouble(s4));
    s5 = vAdd(u4, vDouble(s6));
    s4 = vAdd(u4, p4);
    s6 = vAdd(v4, q4);
    const p8 = vAdd(s8, s9);
    const q8 = vAdd(s10, s11);
    const t8 = vAdd(p8, q8);
    const u8 = vAdd(t8, s9);
    const v8 = vAdd(t8, s11);
    s11 = vAdd(v8, vDouble(s8));
    s9 = vAdd(u8, vDouble(s10));
    s8 = vAdd(u8, p8);
    s10 = vAdd(v8, q8);
    const p12 = vAdd(s12, s13);
    const q12 = vAdd(s14, s15);
    const t12 = vAdd(p12, q12);
    const u12 = vAdd(t12, s13);
    const v12 = vAdd(t12, s15);
    s15 = vAdd(v12, vDouble(s12));
    s13 = vAdd(u12, vDouble(s14));
    s12 = vAdd(u12, p12);
    s14 = vAdd(v12, q12);
    const c0 = vAdd(vAdd(s0, s4), vAdd(s8, s12));
    const c1 = vAdd(vAdd(s1, s5), vAdd(s9, s13));
    const c2 = vAdd(vAdd(s2, s6), vAdd(s10, s14));
    const c3 = vAdd(vAdd(s3, s7), vAdd(s11, s15));
    s0 = vAdd(s0, c0);
    s1 = vAdd(s1, c1);
    s2 = vAdd(s2, c2);
    s3 = vAdd(s3, c3);
    s4 = vAdd(s4, c0);
    s5 = vAdd(s5, c1);
    s6 = vAdd(s6, c2);
    s7 = vAdd(s7, c3);
    s8 = vAdd(s8, c0);
    s9 = vAdd(s9, c1);
    s10 = vAdd(s10, c2);
    s11 = vAdd(s11, c3);
    s12 = vAdd(s12, c0);
    s13 = vAdd(s13, c1);
    s14 = vAdd(s14, c2);
    s15 = vAdd(s15, c3);
    if (round == 4) {
      for (let end = constants + 80; constants < end; constants += 4) {
        s0 = cubeAfter(s0, constants);
        const rest = vAdd(
          vAdd(vAdd(vAdd(s1, s2), vAdd(s3, s4)), vAdd(vAdd(s5, s6), vAdd(s7, s8))),
          vAdd(vAdd(vAdd(s9, s10), vAdd(s11, s12)), vAdd(vAdd(s13, s14), s15)));
        const sum = vAdd(rest, s0);
        s0 = vSub(rest, s0);
        s1 = vAdd(sum, s1);
        s2 = vAdd(sum, vDouble(s2));
        s3 = vAdd(sum, vHalve(s3));
        s4 = vAdd(sum, vAdd(vDouble(s4), s4));
        s5 = vAdd(sum, vDouble(vDouble(s5)));
        s6 = vSub(sum, vHalve(s6));
        s7 = vSub(sum, vAdd(vDouble(s7), s7));
        s8 = vSub(sum, vDouble(vDouble(s8)));
        s9 = vAdd(sum, vShiftDown(s9, 8));
        s10 = vAdd(sum, vShiftDown(s10, 3));
        s11 = vAdd(sum, vShiftDown(s11, 24));
        s12 = vSub(sum, vShiftDown(s12, 8));
        s13 = vSub(sum, vShiftDown(s13, 3));
        s14 = vSub(sum, vShiftDown(s14, 4));
        s15 = vSub(sum, vShiftDown(s15, 24));
      }
    }
    if (round == 8) break;
    s0 = cubeAfter(s0, constants + 0);
    s1 = cubeAfter(s1, constants + 4);
    s2 = cubeAfter(s2, constants + 8);
    s3 = cubeAfter(s3, constants + 12);
    s4 = cubeAfter(s4, constants + 16);
    s5 = cubeAfter(s5, constants + 20);
    s6 = cubeAfter(s6, constants + 24);
    s7 = cubeAfter(s7, constants + 28);
    s8 = cubeAfter(s8, constants + 32);
    s9 = cubeAfter(s9, constants + 36);
    s10 = cubeAfter(s10, constants + 40);
    s11 = cubeAfter(s11, constants + 44);
    s12 = cubeAfter(s12, constants + 48);
    s13 = cubeAfter(s13, constants + 52);
    s14 = cubeAfter(s14, constants + 56);
    s15 = cubeAfter(s15, constants + 60);
    constants += 64;
  }
  v128.store(state, s0, 0);
  v128.store(state, s1, 16);
  v128.store(state, s2, 32);
  v128.store(state, s3, 48);
  v128.store(state, s4, 64);
  v128.store(state, s5, 80);
  v128.store(state, s6, 96);
  v128.store(state, s7, 112);
  v128.store(state, s8, 128);
  v128.store(state, s9, 144);
  v128.store(state, s10, 160);
  v128.store(state, s11, 176);
  v128.store(state, s12, 192);
  v128.store(state, s13, 208);
  v128.store(state, s14, 224);
  v128.store(state, s15, 240);
}

/** Writes four rows of four elements as four lane vectors. */
// @ts-ignore: decorator
@inline
function transposeIn(state: usize, r0: usize, r1: usize, r2: usize, r3: usize): void {
  const a = v128.load(r0);
  const b = v128.load(r1);
  const c = v128.load(r2);
  const d = v128.load(r3);
  const ab0 = v128.shuffle<i32>(a, b, 0, 4, 1, 5);
  const ab1 = v128.shuffle<i32>(a, b, 2, 6, 3, 7);
  const cd0 = v128.shuffle<i32>(c, d, 0, 4, 1, 5);
  const cd1 = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
  v128.store(state, v128.shuffle<i64>(ab0, cd0, 0, 2));
  v128.store(state, v128.shuffle<i64>(ab0, cd0, 1, 3), 16);
  v128.store(state, v128.shuffle<i64>(ab1, cd1, 0, 2), 32);
  v128.store(state, v128.shuffle<i64>(ab1, cd1, 1, 3), 48);
}

/** Writes the first eight elements of four states as four digests. */
// @ts-ignore: decorator
@inline
function storeDigests(state: usize, out: usize): void {
  for (let half: usize = 0; half < 2; half++) {
    const from = state + 64 * half;
    const a = v128.load(from);
    const b = v128.load(from, 16);
    const c = v128.load(from, 32);
    const d = v128.load(from, 48);
    const ab0 = v128.shuffle<i32>(a, b, 0, 4, 1, 5);
    const ab1 = v128.shuffle<i32>(a, b, 2, 6, 3, 7);
    const cd0 = v128.shuffle<i32>(c, d, 0, 4, 1, 5);
    const cd1 = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
    const to = out + 16 * half;
    v128.store(to, v128.shuffle<i64>(ab0, cd0, 0, 2));
    v128.store(to + 32, v128.shuffle<i64>(ab0, cd0, 1, 3));
    v128.store(to + 64, v128.shuffle<i64>(ab1, cd1, 0, 2));
    v128.store(to + 96, v128.shuffle<i64>(ab1, cd1, 1, 3));
  }
}

/**
 * Row hashes of rows [start, end), four at a time. Block t of row r is the 8 elements at
 * base + t * blockStride + r * rowStride; the last block overwrites only `lastCount` elements.
 */
export function hashRows(
  state: usize, base: usize, blockStride: usize, rowStride: usize, blockCount: u32, lastCount: u32,
  start: u32, end: u32, out: usize,
): void {
  const spare = state + 256;
  for (let row = start; row < end; row += 4) {
    memory.fill(state, 0, 256);
    for (let block: u32 = 0; block < blockCount; block++) {
      const r0 = base + block * blockStride + row * rowStride;
      const r1 = r0 + rowStride;
      const r2 = r1 + rowStride;
      const r3 = r2 + rowStride;
      if (block + 1 < blockCount || lastCount == 8) {
        transposeIn(state, r0, r1, r2, r3);
        transposeIn(state + 64, r0 + 16, r1 + 16, r2 + 16, r3 + 16);
      } else {
        transposeIn(spare, r0, r1, r2, r3);
        transposeIn(spare + 64, r0 + 16, r1 + 16, r2 + 16, r3 + 16);
        memory.copy(state, spare, lastCount * 16);
      }
      permute4(state);
    }
    storeDigests(state, out + row * 32);
  }
}

/** out[j] = compress(left[j], right[j]) for j in [start, end), four at a time, digests `stride` bytes apart. */
export function compressPairs(
  state: usize, left: usize, right: usize, stride: usize, start: u32, end: u32, out: usize,
): void {
  for (let j = start; j < end; j += 4) {
    for (let half: usize = 0; half < 2; half++) {
      const l = left + j * stride + 16 * half;
      transposeIn(state + 64 * half, l, l + stride, l + 2 * stride, l + 3 * stride);
      const r = right + j * stride + 16 * half;
      transposeIn(state + 128 + 64 * half, r, r + stride, r + 2 * stride, r + 3 * stride);
    }
    permute4(state);
    storeDigests(state, out + j * 32);
  }
}

/** The smallest nonce in [first, last) with which the permuted state's element 0 has `mask` clear, or -1. */
function searchPoseidon(state: usize, start: usize, position: u32, first: u32, last: u32, mask: u32, rSquared: u32): i32 {
  for (let nonce = first; nonce < last; nonce += 4) {
    for (let i: u32 = 0; i < 16; i++) v128.store(state + 16 * i, v128.load32_splat(start + 4 * i));
    for (let lane: u32 = 0; lane < 4; lane++) {
      const candidate = nonce + lane;
      store<u32>(state + 16 * position + 4 * lane, sMul(candidate < P ? candidate : 0, rSquared));
    }
    permute4(state);
    for (let lane: u32 = 0; lane < 4; lane++) {
      if ((sMul(load<u32>(state + 4 * lane), 1) & mask) == 0 && nonce + lane < last) return <i32>(nonce + lane);
    }
  }
  return -1;
}

/**
 * Searches shares of the nonces (nonce-search.ts) for one with which the permuted state's element 0 has `mask` clear.
 * `start` holds 16 elements in Montgomery form; `rSquared` = 2^64 mod p converts the nonce.
 */
export function grindPoseidon(state: usize, start: usize, position: u32, search: usize, share: u32, mask: u32, rSquared: u32): void {
  for (let first = takeShare(search, share); isOpen(search, first); first = takeShare(search, share)) {
    const nonce = searchPoseidon(state, start, position, first, min(first + share, P), mask, rSquared);
    if (nonce >= 0) report(search, <u32>nonce);
  }
}
