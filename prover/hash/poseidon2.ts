// Poseidon2-16 over KoalaBear: the permutation, the padding-free sponge and the 2-to-1 compression.
// Owns: the reference semantics that WASM kernels, recursion AIR and transcript must equal.
// Does not own: constants (poseidon2-constants.ts), Fiat-Shamir rules (transcript/), trees (merkle/).
// Source: Poseidon2 (eprint 2023/323), parameters and KAT of Plonky3 `koala-bear`.
// Invariant: 16 canonical elements in, 16 canonical elements out; 8 external and 20 internal rounds.

import { P } from "../field/koalabear.ts";
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

// Inside a permutation elements are signed and reduced as late as doubles and int32 allow: a verifier of wide tables does little
// else. "Short" means |x| < p + 2^11, which an int32 holds (2^31 - p = 2^24).

/** The state being permuted. A constant of the module, which is what makes it fast; nothing here is re-entrant. */
const STATE = new Float64Array(POSEIDON2_WIDTH);

/** The representative nearest to zero: |x| <= p/2. */
const centred = (x: Felt): number => (x > P / 2 ? x - P : x);

/**
 * x * y mod p, short, for integers with |x y| < p (p + 2^23). The quotient is estimated in doubles, where it is off by
 * less than 2^-20, so its truncation leaves a remainder below p + 2^11; the remainder is exact in 32-bit wrap-around arithmetic.
 */
function product(x: number, y: number): number {
  return (Math.imul(x, y) - Math.imul((x * y * P_INVERSE_APPROX) | 0, P)) | 0;
}

/** x mod p, |residue| <= p, for an integer |x| < 2^51. */
function residue(x: number): number {
  return x - ((x * P_INVERSE_APPROX) | 0) * P;
}

/** The canonical element of an integer |x| < 2^51. */
function canonical(x: number): Felt {
  const rest = residue(x);
  if (rest < 0) return rest + P;
  return rest >= P ? rest - P : rest;
}

const EXTERNAL_INITIAL_FLAT = Float64Array.from(EXTERNAL_INITIAL.flat(), centred);
const EXTERNAL_FINAL_FLAT = Float64Array.from(EXTERNAL_FINAL.flat(), centred);
const INTERNAL_FLAT = Float64Array.from(INTERNAL, centred);
const DIAGONAL = Float64Array.from(INTERNAL_DIAGONAL, centred);

/**
 * The external matrix: circ(2*M4, M4, M4, M4) with M4 = circ(2, 3, 1, 1), in place and unreduced: a row of M4 sums to 7, a
 * column of four plus itself to 35, so short elements leave |x| < 2^37.
 */
function externalLinear(state: Float64Array): void {
  for (let block = 0; block < POSEIDON2_WIDTH; block += 4) {
    const a = state[block] as number;
    const b = state[block + 1] as number;
    const c = state[block + 2] as number;
    const d = state[block + 3] as number;
    const sum = a + b + c + d;
    state[block] = sum + a + b + b;
    state[block + 1] = sum + b + c + c;
    state[block + 2] = sum + c + d + d;
    state[block + 3] = sum + d + a + a;
  }
  for (let i = 0; i < 4; i++) {
    const a = state[i] as number;
    const b = state[i + 4] as number;
    const c = state[i + 8] as number;
    const d = state[i + 12] as number;
    const sum = a + b + c + d;
    state[i] = sum + a;
    state[i + 4] = sum + b;
    state[i + 8] = sum + c;
    state[i + 12] = sum + d;
  }
}

/** Four external rounds: unreduced elements in, unreduced out. */
function externalRounds(state: Float64Array, constants: Float64Array, boxes: BoxRecord | undefined): void {
  for (let round = 0; round < constants.length; round += POSEIDON2_WIDTH) {
    for (let i = 0; i < POSEIDON2_WIDTH; i++) {
      const x = residue((state[i] as number) + (constants[round + i] as number));
      state[i] = product(product(x, x), x);
    }
    if (boxes !== undefined) for (let i = 0; i < POSEIDON2_WIDTH; i++) recordBox(boxes, state[i] as number);
    externalLinear(state);
  }
}

/**
 * One internal round on elements with |x| < 2p + 2^12, which it keeps: a residue plus a short product. Such an element times a
 * centred diagonal entry is what product() takes.
 */
function internalRound(state: Float64Array, constant: number, boxes: BoxRecord | undefined): void {
  const x = residue((state[0] as number) + constant);
  state[0] = product(product(x, x), x);
  if (boxes !== undefined) recordBox(boxes, state[0]);
  // Four chains of additions: one of sixteen would wait for each.
  let [a, b, c, d] = [0, 0, 0, 0];
  for (let i = 0; i < POSEIDON2_WIDTH; i += 4) {
    a += state[i] as number;
    b += state[i + 1] as number;
    c += state[i + 2] as number;
    d += state[i + 3] as number;
  }
  const sum = residue(a + b + (c + d));
  for (let i = 0; i < POSEIDON2_WIDTH; i++) state[i] = sum + product(state[i] as number, DIAGONAL[i] as number);
}

/** S-box outputs of one permutation in the order they are computed; `length` is how many are there. */
type BoxRecord = { readonly values: Uint32Array; length: number };
/** S-boxes of one permutation. */
export const BOX_COUNT = POSEIDON2_WIDTH * (EXTERNAL_INITIAL.length + EXTERNAL_FINAL.length) + INTERNAL.length;

function recordBox(boxes: BoxRecord, value: number): void {
  boxes.values[boxes.length++] = canonical(value);
}

/** The permutation of STATE, canonical elements in and out. */
function permuteState(boxes?: BoxRecord): void {
  externalLinear(STATE);
  externalRounds(STATE, EXTERNAL_INITIAL_FLAT, boxes);
  for (let i = 0; i < POSEIDON2_WIDTH; i++) STATE[i] = residue(STATE[i] as number);
  for (let round = 0; round < INTERNAL_FLAT.length; round++) internalRound(STATE, INTERNAL_FLAT[round] as number, boxes);
  externalRounds(STATE, EXTERNAL_FINAL_FLAT, boxes);
  for (let i = 0; i < POSEIDON2_WIDTH; i++) STATE[i] = canonical(STATE[i] as number);
}

/** Applies the permutation to 16 canonical elements in place; `boxValues`, if given, takes the BOX_COUNT S-box outputs. */
export function permute(state: Uint32Array, boxValues?: Uint32Array): void {
  if (state.length !== POSEIDON2_WIDTH) {
    throw new RangeError(`poseidon2 state: expected ${POSEIDON2_WIDTH} elements, got ${state.length}`);
  }
  for (let i = 0; i < POSEIDON2_WIDTH; i++) STATE[i] = state[i] as Felt;
  permuteState(boxValues === undefined ? undefined : { values: boxValues, length: 0 });
  for (let i = 0; i < POSEIDON2_WIDTH; i++) state[i] = STATE[i] as Felt;
}

function digestOfState(): Felt[] {
  const digest: Felt[] = [];
  for (let i = 0; i < DIGEST_LENGTH; i++) digest.push(STATE[i] as Felt);
  return digest;
}

/**
 * Hash of a sequence whose length both sides know beforehand (a matrix row): overwrite-mode sponge
 * from the zero state, one permutation per started block of 8, a short last block overwriting only
 * its own elements. Equal to Plonky3's PaddingFreeSponge<_, 16, 8, 8>. NOT injective over different
 * lengths: the row width is verifying-key data, never the prover's choice.
 */
export function hashFixedLength(values: ArrayLike<Felt>): Felt[] {
  if (values.length === 0) throw new RangeError("hash of a row: expected at least one element, got none");
  STATE.fill(0);
  for (let start = 0; start < values.length; start += SPONGE_RATE) {
    const count = Math.min(SPONGE_RATE, values.length - start);
    for (let i = 0; i < count; i++) STATE[i] = values[start + i] as Felt;
    permuteState();
  }
  return digestOfState();
}

/** 2-to-1 compression: the first 8 elements of permute(left || right) (truncated permutation). */
export function compress(left: Digest, right: Digest): Felt[] {
  if (left.length !== DIGEST_LENGTH || right.length !== DIGEST_LENGTH) {
    throw new RangeError(`compress: expected two digests of 8, got ${left.length} and ${right.length}`);
  }
  for (let i = 0; i < DIGEST_LENGTH; i++) {
    STATE[i] = left[i] as Felt;
    STATE[DIGEST_LENGTH + i] = right[i] as Felt;
  }
  permuteState();
  return digestOfState();
}
