/**
 * One round of Keccak-f[1600] with the intermediate bits the keccak chip commits to.
 *
 * Owns: round constants and rotations (computed from FIPS 202's definitions, not pasted) and the honest witness of a
 * round. Does not own: constraints (keccak.ts).
 * Invariant: `after` of 24 rounds in a row is keccak-f; checked against @noble/hashes in the tests.
 */
import assert from "node:assert/strict";

/** 25 lanes of 64 bits, lane x + 5y. */
export type State = readonly bigint[];

export const ROUNDS = 24;
export const STATE_BITS = 1600;
/** The most bits a field element holds whatever they are: 2^30 <= p < 2^31. */
export const LIMB_BITS = 30;
export const LIMB_COUNT = Math.ceil(STATE_BITS / LIMB_BITS);
/** Bit positions round constants can have: 2^j - 1. */
export const RC_BITS: readonly number[] = [0, 1, 3, 7, 15, 31, 63];

const MASK = 2n ** 64n - 1n;
const rotateLeft = (lane: bigint, by: number): bigint => ((lane << BigInt(by)) | (lane >> BigInt(64 - by))) & MASK;

/** FIPS 202 section 3.2.5: bit j of constant r at 2^j - 1 is rc(j + 7r), rc an LFSR with polynomial x^8+x^6+x^5+x^4+1. */
const roundConstants = (): bigint[] => {
  const output: number[] = [];
  let register = 1;
  for (let t = 0; t < 7 * ROUNDS; t += 1) {
    output.push(register & 1);
    register <<= 1;
    if ((register & 0x100) !== 0) register ^= 0x171;
  }
  return Array.from({ length: ROUNDS }, (_, r) =>
    RC_BITS.reduce((constant, position, j) => constant | (BigInt(output[7 * r + j] ?? 0) << BigInt(position)), 0n));
};
export const ROUND_CONSTANTS: readonly bigint[] = roundConstants();

/** FIPS 202 section 3.2.2: offsets of rho along the path (x, y) -> (y, 2x + 3y). */
const rotations = (): number[] => {
  const offsets = Array.from({ length: 25 }, () => 0);
  let [x, y] = [1, 0];
  for (let t = 0; t < 24; t += 1) {
    offsets[x + 5 * y] = (((t + 1) * (t + 2)) / 2) % 64;
    [x, y] = [y, (2 * x + 3 * y) % 5];
  }
  return offsets;
};
const ROTATIONS = rotations();

const laneAt = (state: State, lane: number): bigint => {
  const value = state[lane];
  assert(value !== undefined, `no lane ${lane}`);
  return value;
};

/** pi: lane (x, y) after rho and pi is lane (x + 3y, x) before, rotated by its rho offset. */
export const rotationSource = (x: number, y: number): { readonly lane: number; readonly rotation: number } => {
  const lane = ((x + 3 * y) % 5) + 5 * x;
  return { lane, rotation: ROTATIONS[lane] ?? 0 };
};

/** The state's bits, lane after lane, in limbs, least significant first. */
export const stateLimbs = (state: State): number[] => {
  const whole = state.reduceRight((total, lane) => (total << 64n) | lane, 0n);
  return Array.from({ length: LIMB_COUNT }, (_, i) => Number((whole >> BigInt(LIMB_BITS * i)) & (2n ** BigInt(LIMB_BITS) - 1n)));
};

const bitsOf = (lanes: readonly bigint[]): number[] =>
  lanes.flatMap((lane) => Array.from({ length: 64 }, (_, z) => Number((lane >> BigInt(z)) & 1n)));

export type RoundWitness = {
  readonly theta: readonly number[];
  readonly parity: readonly number[];
  readonly parityAfter: readonly number[];
  readonly touched: readonly number[];
  readonly after: State;
};

/** One round and the bits it commits to. */
export const keccakRound = (state: State, roundIndex: number): RoundWitness => {
  const five = [0, 1, 2, 3, 4];
  const parity = five.map((x) => five.reduce((total, y) => total ^ laneAt(state, x + 5 * y), 0n));
  const effect = five.map((x) => laneAt(parity, (x + 4) % 5) ^ rotateLeft(laneAt(parity, (x + 1) % 5), 1));
  const theta = state.map((lane, i) => lane ^ laneAt(effect, i % 5));
  const parityAfter = five.map((x) => laneAt(parity, x) ^ laneAt(effect, x));
  const moved = Array.from({ length: 25 }, (_, lane) => {
    const source = rotationSource(lane % 5, Math.floor(lane / 5));
    return rotateLeft(laneAt(theta, source.lane), source.rotation);
  });
  const chi = moved.map((lane, i) => {
    const [x, row] = [i % 5, i - (i % 5)];
    return lane ^ (~laneAt(moved, row + ((x + 1) % 5)) & MASK & laneAt(moved, row + ((x + 2) % 5)));
  });
  const touched = RC_BITS.map((z) => Number((laneAt(chi, 0) >> BigInt(z)) & 1n));
  const constant = ROUND_CONSTANTS[roundIndex];
  assert(constant !== undefined, `round ${roundIndex} of ${ROUNDS}`);
  const after = chi.map((lane, i) => (i === 0 ? lane ^ constant : lane));
  return { theta: bitsOf(theta), parity: bitsOf(parity), parityAfter: bitsOf(parityAfter), touched, after };
};

/** keccak-f[1600]. */
export const keccakPermutation = (state: State): State => {
  let current = state;
  for (let round = 0; round < ROUNDS; round += 1) current = keccakRound(current, round).after;
  return current;
};
