// Security profiles: the parameters of a key that decide its soundness, as named data.
// Owns: the profile type and the profiles the system uses. Does not own: their bits (security/).
// Source: review section 1 (prescribed parameters), PROTOCOL.md section 4.
// Invariant: every profile that is not for production has a name that begins with "test-".

import type { HashName } from "../hash/suite.ts";

/** Proof-of-work bits at each site; 0 = the site does not exist. */
export type GrindingBits = {
  readonly lookup: number;
  readonly batch: number;
  readonly fold: number;
  readonly query: number;
};

export type Profile = {
  readonly name: string;
  /** Hash of trees and transcript: Poseidon2 where recursion verifies, keccak-256 where L1 does. */
  readonly hash: HashName;
  /** log2 of (extension size / trace height). */
  readonly logBlowup: number;
  readonly queryCount: number;
  /** Largest log2 length of the final polynomial; a key with shorter chips uses less. */
  readonly logFinalLength: number;
  readonly grindingBits: GrindingBits;
  /** The proximity bound the claimed security rests on. */
  readonly regime: "unique-decoding" | "johnson";
  /** Multiplicity parameter of the Johnson regime; 0 for unique decoding. */
  readonly johnsonM: number;
};

/**
 * Segments: rate 1/2, unique decoding, heights up to 2^20. The fold bit keeps 100 bits where a roll-in
 * follows an arity-8 fold of the largest word (99.95 without it; security/README.md).
 */
export const PRODUCTION_SEGMENT: Profile = {
  name: "production-segment", hash: "poseidon2", logBlowup: 1, queryCount: 193, logFinalLength: 5,
  grindingBits: { lookup: 16, batch: 16, fold: 1, query: 20 }, regime: "unique-decoding", johnsonM: 0,
};

/**
 * Segments of wide tables: rate 1/4, unique decoding. Costs the prover twice the extension of PRODUCTION_SEGMENT, and asks
 * for 118 rows instead of 193: with leaves of 290 permutations that is what makes LIFT fit 2^16 rows (recursion/README.md).
 */
export const PRODUCTION_SEGMENT_WIDE: Profile = {
  name: "production-segment-wide", hash: "poseidon2", logBlowup: 2, queryCount: 118, logFinalLength: 5,
  grindingBits: { lookup: 16, batch: 16, fold: 2, query: 20 }, regime: "unique-decoding", johnsonM: 0,
};

/** Recursion proofs: rate 1/8, Johnson with m = 3, heights up to 2^17. */
export const PRODUCTION_R1: Profile = {
  name: "production-r1", hash: "poseidon2", logBlowup: 3, queryCount: 64, logFinalLength: 5,
  grindingBits: { lookup: 16, batch: 22, fold: 16, query: 20 }, regime: "johnson", johnsonM: 3,
};

/** Few queries and little grinding: for tests, never for value. */
export const TEST_FAST: Profile = {
  name: "test-fast", hash: "poseidon2", logBlowup: 1, queryCount: 8, logFinalLength: 3,
  grindingBits: { lookup: 2, batch: 2, fold: 2, query: 4 }, regime: "unique-decoding", johnsonM: 0,
};

/** Like TEST_FAST at rate 1/8 and with no grinding site at all. */
export const TEST_NO_GRINDING: Profile = {
  name: "test-no-grinding", hash: "poseidon2", logBlowup: 3, queryCount: 5, logFinalLength: 2,
  grindingBits: { lookup: 0, batch: 0, fold: 0, query: 0 }, regime: "johnson", johnsonM: 3,
};

/** Final proofs, read by L1: rate 1/32, Johnson with m = 4, at most 2^14 rows. Fewer queries are fewer bytes, which L1 pays for. */
export const PRODUCTION_FINAL: Profile = {
  name: "production-final", hash: "keccak256", logBlowup: 5, queryCount: 34, logFinalLength: 5,
  grindingBits: { lookup: 16, batch: 22, fold: 16, query: 21 }, regime: "johnson", johnsonM: 4,
};

/** Like TEST_FAST with the hash of final proofs. */
export const TEST_KECCAK: Profile = {
  name: "test-keccak", hash: "keccak256", logBlowup: 2, queryCount: 6, logFinalLength: 2,
  grindingBits: { lookup: 2, batch: 3, fold: 1, query: 4 }, regime: "unique-decoding", johnsonM: 0,
};
