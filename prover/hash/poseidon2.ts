// Poseidon2-16 over KoalaBear: the permutation, the padding-free sponge and the 2-to-1 compression.
// Owns: the reference semantics that WASM kernels, recursion AIR and transcript must equal.
// Does not own: constants (poseidon2-constants.ts), Fiat-Shamir rules (transcript/), trees (merkle/).
// Source: Poseidon2 (eprint 2023/323), parameters and KAT of Plonky3 `koala-bear`.
// Invariant: 16 canonical elements in, 16 canonical elements out; 8 external and 20 internal rounds.

import { P, add, mul } from "../field/koalabear.ts";
import type { Felt } from "../field/koalabear.ts";
import {
  EXTERNAL_FINAL,
  EXTERNAL_INITIAL,
  INTERNAL,
  INTERNAL_DIAGONAL,
  POSEIDON2_WIDTH,
} from "./poseidon2-constants.ts";

/** Elements absorbed or squeezed per permutation; the other 8 are capacity (124-bit collisions). */
export const SPONGE_RATE = 8;
/** Elements of a digest. */
export const DIGEST_LENGTH = 8;
/** Eight canonical elements. */
export type Digest = readonly Felt[];

const P_INVERSE_APPROX = 1 / P;

function cube(x: Felt): Felt {
  return mul(mul(x, x), x);
}

/** x mod p for 0 <= x < 2^40, without the slow remainder of doubles. */
function reduce(x: number): Felt {
  const rest = x - Math.floor(x * P_INVERSE_APPROX) * P;
  if (rest < 0) return rest + P;
  return rest >= P ? rest - P : rest;
}

/**
 * The external matrix: circ(2*M4, M4, M4, M4) with M4 = circ(2, 3, 1, 1), in place. Sums stay
 * unreduced until the end: each is below 7p and a column of four plus itself below 35p < 2^37.
 */
function externalLinear(state: Uint32Array, mixed: Float64Array): void {
  for (let block = 0; block < POSEIDON2_WIDTH; block += 4) {
    const a = state[block] as Felt;
    const b = state[block + 1] as Felt;
    const c = state[block + 2] as Felt;
    const d = state[block + 3] as Felt;
    const sum = a + b + c + d;
    mixed[block] = sum + a + b + b;
    mixed[block + 1] = sum + b + c + c;
    mixed[block + 2] = sum + c + d + d;
    mixed[block + 3] = sum + d + a + a;
  }
  for (let i = 0; i < 4; i++) {
    const sum = (mixed[i] as number) + (mixed[i + 4] as number) + (mixed[i + 8] as number) + (mixed[i + 12] as number);
    for (let k = i; k < POSEIDON2_WIDTH; k += 4) state[k] = reduce((mixed[k] as number) + sum);
  }
}

function externalRound(state: Uint32Array, constants: readonly Felt[], mixed: Float64Array, boxes: BoxRecord | undefined): void {
  for (let i = 0; i < POSEIDON2_WIDTH; i++) {
    state[i] = cube(add(state[i] as Felt, constants[i] as Felt));
  }
  if (boxes !== undefined) {
    boxes.values.set(state, boxes.length);
    boxes.length += POSEIDON2_WIDTH;
  }
  externalLinear(state, mixed);
}

function internalRound(state: Uint32Array, constant: Felt, boxes: BoxRecord | undefined): void {
  state[0] = cube(add(state[0] as Felt, constant));
  if (boxes !== undefined) boxes.values[boxes.length++] = state[0] as Felt;
  let sum = 0;
  for (let i = 0; i < POSEIDON2_WIDTH; i++) sum += state[i] as Felt;
  sum = reduce(sum);
  for (let i = 0; i < POSEIDON2_WIDTH; i++) {
    state[i] = add(sum, mul(state[i] as Felt, INTERNAL_DIAGONAL[i] as Felt));
  }
}

/** S-box outputs of one permutation in the order they are computed; `length` is how many are there. */
type BoxRecord = { readonly values: Uint32Array; length: number };
/** S-boxes of one permutation. */
export const BOX_COUNT = POSEIDON2_WIDTH * (EXTERNAL_INITIAL.length + EXTERNAL_FINAL.length) + INTERNAL.length;

/** Applies the permutation to 16 canonical elements in place; `boxValues`, if given, takes the BOX_COUNT S-box outputs. */
export function permute(state: Uint32Array, boxValues?: Uint32Array): void {
  if (state.length !== POSEIDON2_WIDTH) {
    throw new RangeError(`poseidon2 state: expected ${POSEIDON2_WIDTH} elements, got ${state.length}`);
  }
  const mixed = new Float64Array(POSEIDON2_WIDTH);
  const boxes = boxValues === undefined ? undefined : { values: boxValues, length: 0 };
  externalLinear(state, mixed);
  for (const constants of EXTERNAL_INITIAL) externalRound(state, constants, mixed, boxes);
  for (const constant of INTERNAL) internalRound(state, constant, boxes);
  for (const constants of EXTERNAL_FINAL) externalRound(state, constants, mixed, boxes);
}

/**
 * Hash of a sequence whose length both sides know beforehand (a matrix row): overwrite-mode sponge
 * from the zero state, one permutation per started block of 8, a short last block overwriting only
 * its own elements. Equal to Plonky3's PaddingFreeSponge<_, 16, 8, 8>. NOT injective over different
 * lengths: the row width is verifying-key data, never the prover's choice.
 */
export function hashFixedLength(values: ArrayLike<Felt>): Felt[] {
  if (values.length === 0) throw new RangeError("hash of a row: expected at least one element, got none");
  const state = new Uint32Array(POSEIDON2_WIDTH);
  for (let start = 0; start < values.length; start += SPONGE_RATE) {
    const end = Math.min(start + SPONGE_RATE, values.length);
    for (let i = start; i < end; i++) state[i - start] = values[i] as Felt;
    permute(state);
  }
  return Array.from(state.subarray(0, DIGEST_LENGTH));
}

/** 2-to-1 compression: the first 8 elements of permute(left || right) (truncated permutation). */
export function compress(left: Digest, right: Digest): Felt[] {
  if (left.length !== DIGEST_LENGTH || right.length !== DIGEST_LENGTH) {
    throw new RangeError(`compress: expected two digests of 8, got ${left.length} and ${right.length}`);
  }
  const state = new Uint32Array(POSEIDON2_WIDTH);
  state.set(left, 0);
  state.set(right, DIGEST_LENGTH);
  permute(state);
  return Array.from(state.subarray(0, DIGEST_LENGTH));
}
