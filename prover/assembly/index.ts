// The kernels' module: what backend/ calls. One instance per thread over one shared memory.
// Owns: the export list and the raw multiplication used by the differential test.
// Invariant: no data segment and no allocation; every address comes from the caller.

import { extMul, vMul } from "./montgomery";
import { permute4 } from "./poseidon2";

export * from "./poseidon2";
export * from "./keccak";
export * from "./matrix";
export * from "./deep";
export * from "./constraints";
export * from "./lookup";

/** out[i] = a[i] * b[i] in Montgomery form, `count` a multiple of 4. */
export function multiplyVectors(a: usize, b: usize, out: usize, count: u32): void {
  for (let i: usize = 0; i < count; i += 4) {
    v128.store(out + (i << 2), vMul(v128.load(a + (i << 2)), v128.load(b + (i << 2))));
  }
}

/** out[i] = a[i] * b[i] in E, one element per vector. */
export function multiplyExts(a: usize, b: usize, out: usize, count: u32): void {
  for (let i: usize = 0; i < count; i++) {
    v128.store(out + (i << 4), extMul(v128.load(a + (i << 4)), v128.load(b + (i << 4))));
  }
}

/** Permutes `count` groups of four interleaved states (256 bytes each) in place. */
export function permuteMany(states: usize, count: u32): void {
  for (let i: usize = 0; i < count; i++) permute4(states + (i << 8));
}
