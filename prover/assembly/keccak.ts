// keccak-256 over rows and digests, and its nonce search: the hash suite of proofs that L1 reads.
// Owns: the WASM twin of KECCAK_SUITE (hash/suite.ts). Does not own: tree shapes (backend/).
// Source: FIPS 202, Ethereum's padding (0x01). Elements enter as big-endian words.
// Invariant: equal to the reference, digest for digest (the last four bytes of every digest are zero). A round is written out over 25 locals; the
// round constants are uploaded, because the module has no data segment.

import { P, vMul } from "./montgomery";

/** Bytes absorbed per permutation, in lanes. */
const RATE_LANES: u32 = 17;
let roundConstants: usize = 0;

export function setKeccakConstants(base: usize): void {
  roundConstants = base;
}

/** Keccak-f[1600] on the 25 lanes at `state`, lane x + 5y at byte 8(x + 5y). */
function keccakF(state: usize): void {
  let a0 = load<u64>(state, 0);
  let a1 = load<u64>(state, 8);
  let a2 = load<u64>(state, 16);
  let a3 = load<u64>(state, 24);
  let a4 = load<u64>(state, 32);
  let a5 = load<u64>(state, 40);
  let a6 = load<u64>(state, 48);
  let a7 = load<u64>(state, 56);
  let a8 = load<u64>(state, 64);
  let a9 = load<u64>(state, 72);
  let a10 = load<u64>(state, 80);
  let a11 = load<u64>(state, 88);
  let a12 = load<u64>(state, 96);
  let a13 = load<u64>(state, 104);
  let a14 = load<u64>(state, 112);
  let a15 = load<u64>(state, 120);
  let a16 = load<u64>(state, 128);
  let a17 = load<u64>(state, 136);
  let a18 = load<u64>(state, 144);
  let a19 = load<u64>(state, 152);
  let a20 = load<u64>(state, 160);
  let a21 = load<u64>(state, 168);
  let a22 = load<u64>(state, 176);
  let a23 = load<u64>(state, 184);
  let a24 = load<u64>(state, 192);
  for (let rc = roundConstants, end = roundConstants + 192; rc < end; rc += 8) {
    const c0 = a0 ^ a5 ^ a10 ^ a15 ^ a20;
    const c1 = a1 ^ a6 ^ a11 ^ a16 ^ a21;
    const c2 = a2 ^ a7 ^ a12 ^ a17 ^ a22;
    const c3 = a3 ^ a8 ^ a13 ^ a18 ^ a23;
    const c4 = a4 ^ a9 ^ a14 ^ a19 ^ a24;
    const d0 = c4 ^ rotl<u64>(c1, 1);
    const d1 = c0 ^ rotl<u64>(c2, 1);
    const d2 = c1 ^ rotl<u64>(c3, 1);
    const d3 = c2 ^ rotl<u64>(c4, 1);
    const d4 = c3 ^ rotl<u64>(c0, 1);
    const b0 = a0 ^ d0;
    const b10 = rotl<u64>(a1 ^ d1, 1);
    const b20 = rotl<u64>(a2 ^ d2, 62);
    const b5 = rotl<u64>(a3 ^ d3, 28);
    const b15 = rotl<u64>(a4 ^ d4, 27);
    const b16 = rotl<u64>(a5 ^ d0, 36);
    const b1 = rotl<u64>(a6 ^ d1, 44);
    const b11 = rotl<u64>(a7 ^ d2, 6);
    const b21 = rotl<u64>(a8 ^ d3, 55);
    const b6 = rotl<u64>(a9 ^ d4, 20);
    const b7 = rotl<u64>(a10 ^ d0, 3);
    const b17 = rotl<u64>(a11 ^ d1, 10);
    const b2 = rotl<u64>(a12 ^ d2, 43);
    const b12 = rotl<u64>(a13 ^ d3, 25);
    const b22 = rotl<u64>(a14 ^ d4, 39);
    const b23 = rotl<u64>(a15 ^ d0, 41);
    const b8 = rotl<u64>(a16 ^ d1, 45);
    const b18 = rotl<u64>(a17 ^ d2, 15);
    const b3 = rotl<u64>(a18 ^ d3, 21);
    const b13 = rotl<u64>(a19 ^ d4, 8);
    const b14 = rotl<u64>(a20 ^ d0, 18);
    const b24 = rotl<u64>(a21 ^ d1, 2);
    const b9 = rotl<u64>(a22 ^ d2, 61);
    const b19 = rotl<u64>(a23 ^ d3, 56);
    const b4 = rotl<u64>(a24 ^ d4, 14);
    a0 = b0 ^ (~b1 & b2) ^ load<u64>(rc);
    a1 = b1 ^ (~b2 & b3);
    a2 = b2 ^ (~b3 & b4);
    a3 = b3 ^ (~b4 & b0);
    a4 = b4 ^ (~b0 & b1);
    a5 = b5 ^ (~b6 & b7);
    a6 = b6 ^ (~b7 & b8);
    a7 = b7 ^ (~b8 & b9);
    a8 = b8 ^ (~b9 & b5);
    a9 = b9 ^ (~b5 & b6);
    a10 = b10 ^ (~b11 & b12);
    a11 = b11 ^ (~b12 & b13);
    a12 = b12 ^ (~b13 & b14);
    a13 = b13 ^ (~b14 & b10);
    a14 = b14 ^ (~b10 & b11);
    a15 = b15 ^ (~b16 & b17);
    a16 = b16 ^ (~b17 & b18);
    a17 = b17 ^ (~b18 & b19);
    a18 = b18 ^ (~b19 & b15);
    a19 = b19 ^ (~b15 & b16);
    a20 = b20 ^ (~b21 & b22);
    a21 = b21 ^ (~b22 & b23);
    a22 = b22 ^ (~b23 & b24);
    a23 = b23 ^ (~b24 & b20);
    a24 = b24 ^ (~b20 & b21);
  }
  store<u64>(state, a0, 0);
  store<u64>(state, a1, 8);
  store<u64>(state, a2, 16);
  store<u64>(state, a3, 24);
  store<u64>(state, a4, 32);
  store<u64>(state, a5, 40);
  store<u64>(state, a6, 48);
  store<u64>(state, a7, 56);
  store<u64>(state, a8, 64);
  store<u64>(state, a9, 72);
  store<u64>(state, a10, 80);
  store<u64>(state, a11, 88);
  store<u64>(state, a12, 96);
  store<u64>(state, a13, 104);
  store<u64>(state, a14, 112);
  store<u64>(state, a15, 120);
  store<u64>(state, a16, 128);
  store<u64>(state, a17, 136);
  store<u64>(state, a18, 144);
  store<u64>(state, a19, 152);
  store<u64>(state, a20, 160);
  store<u64>(state, a21, 168);
  store<u64>(state, a22, 176);
  store<u64>(state, a23, 184);
  store<u64>(state, a24, 192);
}

/** Four elements from Montgomery form to big-endian words. */
// @ts-ignore: decorator
@inline
function bigEndian(elements: v128): v128 {
  const canonical = vMul(elements, i32x4.splat(1));
  return v128.shuffle<i8>(canonical, canonical, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);
}

/** Xors a lane in at `position` and permutes when the rate is full; returns the next position. */
// @ts-ignore: decorator
@inline
function absorbLane(state: usize, position: u32, lane: u64): u32 {
  const at = state + (position << 3);
  store<u64>(at, load<u64>(at) ^ lane);
  if (position + 1 < RATE_LANES) return position + 1;
  keccakF(state);
  return 0;
}

// @ts-ignore: decorator
@inline
function storeDigest(state: usize, out: usize): void {
  v128.store(out, v128.load(state));
  store<u64>(out, load<u64>(state, 16), 16);
  store<u64>(out, load<u64>(state, 24) & 0xffffffff, 24);
}

/** Row digests of rows [start, end); the arguments are those of hashRows in poseidon2.ts. */
export function hashRowsKeccak(
  state: usize, base: usize, blockStride: usize, rowStride: usize, blockCount: u32, lastCount: u32,
  start: u32, end: u32, out: usize,
): void {
  const words = state + 256;
  for (let row: usize = start; row < end; row++) {
    memory.fill(state, 0, 200);
    let position: u32 = 0;
    for (let block: usize = 0; block < blockCount; block++) {
      const from = base + block * blockStride + row * rowStride;
      const count: u32 = block + 1 < blockCount ? 8 : lastCount;
      v128.store(words, bigEndian(v128.load(from)));
      v128.store(words, bigEndian(v128.load(from, 16)), 16);
      for (let i: u32 = 0; i + 1 < count; i += 2) position = absorbLane(state, position, load<u64>(words + (i << 2)));
      if (count & 1) {
        // An odd element can only be the row's last: it shares its lane with the padding.
        const lane = <u64>load<u32>(words + ((count - 1) << 2)) | (<u64>1 << 32);
        const at = state + (position << 3);
        store<u64>(at, load<u64>(at) ^ lane);
      }
    }
    if ((lastCount & 1) == 0) {
      const at = state + (position << 3);
      store<u64>(at, load<u64>(at) ^ 1);
    }
    store<u64>(state, load<u64>(state, 128) ^ (<u64>0x80 << 56), 128);
    keccakF(state);
    storeDigest(state, out + (row << 5));
  }
}

/** out[j] = keccak256(left[j] || right[j]) truncated, j in [start, end), digests `stride` bytes apart. */
export function compressPairsKeccak(
  state: usize, left: usize, right: usize, stride: usize, start: u32, end: u32, out: usize,
): void {
  for (let j: usize = start; j < end; j++) {
    memory.fill(state, 0, 200);
    memory.copy(state, left + j * stride, 32);
    memory.copy(state + 32, right + j * stride, 32);
    store<u64>(state, 1, 64);
    store<u64>(state, <u64>0x80 << 56, 128);
    keccakF(state);
    storeDigest(state, out + (j << 5));
  }
}

/**
 * The smallest nonce in [first, last) for which keccak256(prefix || nonce), its first u64 taken mod p,
 * has `mask` clear, or -1. The prefix is 36 bytes, the nonce a big-endian word.
 */
export function grindKeccak(state: usize, prefix: usize, first: u32, last: u32, mask: u32): i32 {
  for (let nonce = first; nonce < last; nonce++) {
    memory.fill(state, 0, 200);
    memory.copy(state, prefix, 36);
    store<u32>(state, bswap<u32>(nonce), 36);
    store<u64>(state, 1, 40);
    store<u64>(state, <u64>0x80 << 56, 128);
    keccakF(state);
    if ((<u32>(bswap<u64>(load<u64>(state)) % <u64>P) & mask) == 0) return <i32>nonce;
  }
  return -1;
}
