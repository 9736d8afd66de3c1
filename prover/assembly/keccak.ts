// keccak-256 over rows and digests, and its nonce search: the hash suite of proofs that L1 reads.
// Owns: the WASM twin of KECCAK_SUITE (hash/suite.ts). Does not own: tree shapes (backend/).
// Source: FIPS 202, Ethereum's padding (0x01). Elements enter as big-endian words.
// Invariant: equal to the reference, digest for digest (the last four bytes of every digest are zero). Two sponges run at once, one in
// either half of 25 vectors: that is twice the scalar rate. The round constants are uploaded, because the module has no data segment.

import { isOpen, report, takeShare } from "./nonce-search";
import { P, vCanonical } from "./montgomery";

/** Bytes absorbed per permutation, in lanes. */
const RATE_LANES: u32 = 17;
/** Two states: lane x + 5y of both at byte 16(x + 5y). */
const STATE_BYTES: usize = 400;
const ROUND_CONSTANT_BYTES: usize = 192;
let roundConstants: usize = 0;

export function setKeccakConstants(base: usize): void {
  roundConstants = base;
}

// @ts-ignore: decorator
@inline
function vRotl(a: v128, n: i32): v128 {
  return v128.or(i64x2.shl(a, n), i64x2.shr_u(a, 64 - n));
}

// @ts-ignore: decorator
@inline
function columnParity(state: usize, x: usize): v128 {
  return v128.xor(
    v128.xor(v128.xor(v128.load(state + 16 * x), v128.load(state + 16 * (x + 5))), v128.xor(v128.load(state + 16 * (x + 10)), v128.load(state + 16 * (x + 15)))),
    v128.load(state + 16 * (x + 20)));
}

/** Theta and rho of a lane: what theta adds to its column, then the rotation. */
// @ts-ignore: decorator
@inline
function moved(state: usize, lane: usize, added: v128, n: i32): v128 {
  return vRotl(v128.xor(v128.load(state + 16 * lane), added), n);
}

// @ts-ignore: decorator
@inline
function chi(a: v128, b: v128, c: v128): v128 {
  return v128.xor(a, v128.andnot(c, b));
}

// @ts-ignore: decorator
@inline
function stored(state: usize, lane: usize, value: v128): v128 {
  v128.store(state + 16 * lane, value);
  return value;
}

/**
 * Keccak-f[1600] on the two states at `source`, into `state` (which may be the same), with the 400 bytes after it for scratch. Lanes live
 * in memory, because they are more than there are registers; the columns' parities are carried from round to round.
 */
function keccakF2(source: usize, state: usize): void {
  const places = state + state + STATE_BYTES;
  let from = source;
  let to = state + STATE_BYTES;
  let c0 = columnParity(source, 0);
  let c1 = columnParity(source, 1);
  let c2 = columnParity(source, 2);
  let c3 = columnParity(source, 3);
  let c4 = columnParity(source, 4);
  for (let at = roundConstants, end = roundConstants + ROUND_CONSTANT_BYTES; at < end; at += 8) {
    const d0 = v128.xor(c4, vRotl(c1, 1));
    const d1 = v128.xor(c0, vRotl(c2, 1));
    const d2 = v128.xor(c1, vRotl(c3, 1));
    const d3 = v128.xor(c2, vRotl(c4, 1));
    const d4 = v128.xor(c3, vRotl(c0, 1));
    let b0 = v128.xor(v128.load(from), d0);
    let b1 = moved(from, 6, d1, 44);
    let b2 = moved(from, 12, d2, 43);
    let b3 = moved(from, 18, d3, 21);
    let b4 = moved(from, 24, d4, 14);
    c0 = stored(to, 0, v128.xor(chi(b0, b1, b2), v128.load64_splat(at)));
    c1 = stored(to, 1, chi(b1, b2, b3));
    c2 = stored(to, 2, chi(b2, b3, b4));
    c3 = stored(to, 3, chi(b3, b4, b0));
    c4 = stored(to, 4, chi(b4, b0, b1));
    b0 = moved(from, 3, d3, 28);
    b1 = moved(from, 9, d4, 20);
    b2 = moved(from, 10, d0, 3);
    b3 = moved(from, 16, d1, 45);
    b4 = moved(from, 22, d2, 61);
    c0 = v128.xor(c0, stored(to, 5, chi(b0, b1, b2)));
    c1 = v128.xor(c1, stored(to, 6, chi(b1, b2, b3)));
    c2 = v128.xor(c2, stored(to, 7, chi(b2, b3, b4)));
    c3 = v128.xor(c3, stored(to, 8, chi(b3, b4, b0)));
    c4 = v128.xor(c4, stored(to, 9, chi(b4, b0, b1)));
    b0 = moved(from, 1, d1, 1);
    b1 = moved(from, 7, d2, 6);
    b2 = moved(from, 13, d3, 25);
    b3 = moved(from, 19, d4, 8);
    b4 = moved(from, 20, d0, 18);
    c0 = v128.xor(c0, stored(to, 10, chi(b0, b1, b2)));
    c1 = v128.xor(c1, stored(to, 11, chi(b1, b2, b3)));
    c2 = v128.xor(c2, stored(to, 12, chi(b2, b3, b4)));
    c3 = v128.xor(c3, stored(to, 13, chi(b3, b4, b0)));
    c4 = v128.xor(c4, stored(to, 14, chi(b4, b0, b1)));
    b0 = moved(from, 4, d4, 27);
    b1 = moved(from, 5, d0, 36);
    b2 = moved(from, 11, d1, 10);
    b3 = moved(from, 17, d2, 15);
    b4 = moved(from, 23, d3, 56);
    c0 = v128.xor(c0, stored(to, 15, chi(b0, b1, b2)));
    c1 = v128.xor(c1, stored(to, 16, chi(b1, b2, b3)));
    c2 = v128.xor(c2, stored(to, 17, chi(b2, b3, b4)));
    c3 = v128.xor(c3, stored(to, 18, chi(b3, b4, b0)));
    c4 = v128.xor(c4, stored(to, 19, chi(b4, b0, b1)));
    b0 = moved(from, 2, d2, 62);
    b1 = moved(from, 8, d3, 55);
    b2 = moved(from, 14, d4, 39);
    b3 = moved(from, 15, d0, 41);
    b4 = moved(from, 21, d1, 2);
    c0 = v128.xor(c0, stored(to, 20, chi(b0, b1, b2)));
    c1 = v128.xor(c1, stored(to, 21, chi(b1, b2, b3)));
    c2 = v128.xor(c2, stored(to, 22, chi(b2, b3, b4)));
    c3 = v128.xor(c3, stored(to, 23, chi(b3, b4, b0)));
    c4 = v128.xor(c4, stored(to, 24, chi(b4, b0, b1)));
    from = to;
    to = places - to;
  }
}

/** Four elements from Montgomery form to big-endian words. */
// @ts-ignore: decorator
@inline
function bigEndian(elements: v128): v128 {
  const canonical = vCanonical(elements);
  return v128.shuffle<i8>(canonical, canonical, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);
}

/** Eight bytes at either address, as one lane of both states. */
// @ts-ignore: decorator
@inline
function loadLanes(first: usize, second: usize): v128 {
  return v128.load64_lane(second, v128.load64_zero(first), 1);
}

// @ts-ignore: decorator
@inline
function xorLane(state: usize, position: u32, lanes: v128): void {
  const at = state + (<usize>position << 4);
  v128.store(at, v128.xor(v128.load(at), lanes));
}

/** Writes the digests of both states: 28 bytes and four of zero. */
// @ts-ignore: decorator
@inline
function storeDigests(state: usize, first: usize, second: usize): void {
  const mask = v128(-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0);
  const l0 = v128.load(state);
  const l1 = v128.load(state, 16);
  const l2 = v128.load(state, 32);
  const l3 = v128.load(state, 48);
  v128.store(first, v128.shuffle<i64>(l0, l1, 0, 2));
  v128.store(first, v128.and(v128.shuffle<i64>(l2, l3, 0, 2), mask), 16);
  v128.store(second, v128.shuffle<i64>(l0, l1, 1, 3));
  v128.store(second, v128.and(v128.shuffle<i64>(l2, l3, 1, 3), mask), 16);
}

/** Lane `lane` of the rows at `row` and `rowStride` after it, eight words to a block. */
// @ts-ignore: decorator
@inline
function rowLanes(row: usize, blockStride: usize, rowStride: usize, lane: u32): v128 {
  const at = row + (lane >> 2) * blockStride + (<usize>(lane & 3) << 3);
  return bigEndian(loadLanes(at, at + rowStride));
}

/** Row digests of rows [start, end), two at a time; the arguments are those of hashRows in poseidon2.ts. */
export function hashRowsKeccak(
  state: usize, base: usize, blockStride: usize, rowStride: usize, blockCount: u32, lastCount: u32,
  start: u32, end: u32, out: usize,
): void {
  const wordCount: u32 = 8 * (blockCount - 1) + lastCount;
  const laneCount: u32 = wordCount >> 1;
  for (let row: usize = start; row < end; row += 2) {
    const from = base + row * rowStride;
    memory.fill(state, 0, STATE_BYTES);
    let lane: u32 = 0;
    for (; lane + RATE_LANES <= laneCount; lane += RATE_LANES) {
      for (let i: u32 = 0; i < RATE_LANES; i++) xorLane(state, i, rowLanes(from, blockStride, rowStride, lane + i));
      keccakF2(state, state);
    }
    const rest = laneCount - lane;
    for (let i: u32 = 0; i < rest; i++) xorLane(state, i, rowLanes(from, blockStride, rowStride, lane + i));
    if (wordCount & 1) {
      // An odd element shares its lane with the padding.
      const words = v128.and(rowLanes(from, blockStride, rowStride, laneCount), i64x2.splat(0xffffffff));
      xorLane(state, rest, v128.or(words, i64x2.splat(1 << 32)));
    } else xorLane(state, rest, i64x2.splat(1));
    xorLane(state, RATE_LANES - 1, i64x2.splat(0x80 << 56));
    keccakF2(state, state);
    storeDigests(state, out + (row << 5), out + (row << 5) + 32);
  }
}

/** out[j] = keccak256(left[j] || right[j]) truncated, j in [start, end), two at a time, digests `stride` bytes apart. */
export function compressPairsKeccak(
  state: usize, left: usize, right: usize, stride: usize, start: u32, end: u32, out: usize,
): void {
  for (let j: usize = start; j < end; j += 2) {
    memory.fill(state, 0, STATE_BYTES);
    const l = left + j * stride;
    const r = right + j * stride;
    for (let i: usize = 0; i < 32; i += 8) {
      v128.store(state + 2 * i, loadLanes(l + i, l + i + stride));
      v128.store(state + 2 * i, loadLanes(r + i, r + i + stride), 64);
    }
    v128.store(state, i64x2.splat(1), 128);
    v128.store(state, i64x2.splat(0x80 << 56), 256);
    keccakF2(state, state);
    storeDigests(state, out + (j << 5), out + (j << 5) + 32);
  }
}

// @ts-ignore: decorator
@inline
function meets(lane: u64, mask: u32): bool {
  return (<u32>(bswap<u64>(lane) % <u64>P) & mask) == 0;
}

/**
 * The smallest nonce in [first, last) for which keccak256(prefix || nonce), its first u64 taken mod p,
 * has `mask` clear, or -1. The prefix is 36 bytes, the nonce a big-endian word.
 */
function searchKeccak(state: usize, start: usize, first: u32, last: u32, mask: u32): i32 {
  for (let nonce = first; nonce < last; nonce += 2) {
    store<u32>(start, bswap<u32>(nonce), 68);
    store<u32>(start, bswap<u32>(nonce + 1), 76);
    keccakF2(start, state);
    if (meets(load<u64>(state), mask)) return <i32>nonce;
    if (nonce + 1 < last && meets(load<u64>(state, 8), mask)) return <i32>(nonce + 1);
  }
  return -1;
}

/** Searches shares of the nonces (nonce-search.ts) for one with which keccak256(prefix || nonce), its first u64 taken mod p, has `mask` clear. */
export function grindKeccak(state: usize, prefix: usize, search: usize, share: u32, mask: u32): void {
  const start = state + 2 * STATE_BYTES;
  memory.fill(start, 0, STATE_BYTES);
  for (let i: usize = 0; i < 32; i += 8) v128.store(start + 2 * i, v128.load64_splat(prefix + i));
  v128.store(start, i64x2.splat(load<u32>(prefix, 32)), 64);
  v128.store(start, i64x2.splat(1), 80);
  v128.store(start, i64x2.splat(0x80 << 56), 256);
  for (let first = takeShare(search, share); isOpen(search, first); first = takeShare(search, share)) {
    const nonce = searchKeccak(state, start, first, min(first + share, P), mask);
    if (nonce >= 0) report(search, <u32>nonce);
  }
}
