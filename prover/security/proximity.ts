/**
 * Proximity-gap and list-size bounds for Reed-Solomon codes, in bits (log2).
 *
 * Owns: the published formulas. Does not own: where a protocol pays them (rounds.ts).
 * Sources: BCIKS20 (eprint 2020/654) unique decoding; BCHKS25 (eprint 2025/2055) Theorem 1.5 at an explicit m and
 * Corollary 1.4; DKT26 (eprint 2026/2056) Theorem 5.12; Haboeck (eprint 2022/1216) for DEEP with combos.
 * Invariant: every function is a bound that holds without conjecture; none uses decoding up to capacity.
 *
 * A word of n values is tested against degree < k, rho = k / n = 2^-logBlowup. `m` is the Guruswami-Sudan multiplicity
 * of the Johnson regime: agreement alpha = (1 + 1/(2m)) sqrt(rho). Exceptional counts are for a line; a curve of
 * degree d pays d times as much.
 */
import assert from "node:assert/strict";

export type Regime =
  | { readonly name: "unique-decoding" }
  | { readonly name: "johnson"; readonly m: number };

/** Points opened per column: zeta and g*zeta enlarge the effective degree by this many. */
export const OPENING_POINTS = 2;

const rateOf = (logBlowup: number): number => 2 ** -logBlowup;

/** Agreement alpha: a word further than 1 - alpha from the code is what one query catches with probability 1 - alpha. */
export const agreement = (regime: Regime, logDegree: number, logBlowup: number): number => {
  const rho = rateOf(logBlowup);
  // The enlarged rate only for unique decoding, where it sits on the radius itself; `listSizeAt` pays it elsewhere.
  if (regime.name === "unique-decoding") return (1 + rho * (1 + OPENING_POINTS * 2 ** -logDegree)) / 2;
  return (1 + 0.5 / regime.m) * Math.sqrt(rho);
};

/**
 * List size L+ of trace polynomials at agreement alpha: 1 inside the unique decoding radius of the enlarged code
 * (degree k + OPENING_POINTS), else Guruswami-Sudan (m + 1/2) / sqrt(rho+) with the smallest integer m reaching alpha,
 * else Infinity: a table too short for the regime has no claim.
 */
export const listSizeAt = (alpha: number, logDegree: number, logBlowup: number): number => {
  const rhoPlus = rateOf(logBlowup) * (1 + OPENING_POINTS * 2 ** -logDegree);
  if (alpha >= (1 + rhoPlus) / 2) return 1;
  const root = Math.sqrt(rhoPlus);
  if (alpha <= root) return Number.POSITIVE_INFINITY;
  const m = Math.ceil(1 / (2 * (alpha / root - 1)));
  return (m + 0.5) / root;
};

/** log2 of the number of exceptional points of a line over a word of 2^logSize values. */
export type LineBound = (regime: Regime, logSize: number, logBlowup: number) => number;

/** The bound this project claims. */
export const exceptionalLog2: LineBound = (regime, logSize, logBlowup) =>
  regime.name === "unique-decoding" ? Math.log2(2 ** logSize + 1) : johnsonBchks25(logSize, logBlowup, regime.m);

/** DKT26 in the Johnson regime. Newer: reported beside the claim, never used for it. */
export const newerExceptionalLog2: LineBound = (regime, logSize, logBlowup) =>
  regime.name === "unique-decoding" ? exceptionalLog2(regime, logSize, logBlowup) : exceptionalLog2Dkt26(logSize - logBlowup, logBlowup, regime.m);

/**
 * BCHKS25 Theorem 1.5, equation (1): (2 m'^5 + 3 m' gamma rho) n / (3 rho^1.5) + m' / sqrt(rho), m' = m + 1/2, where
 * m = max(ceil(sqrt(rho) / (2 eta)), 3) and eta = 1 - sqrt(rho) - gamma. The same number stands in Theorem 4.2 for curves of
 * degree d (d times it), whose printed m lacks the 2 of that denominator: a misprint that its authors confirmed to the EF calculator.
 * Their k is the greatest degree: rho = (2^logDegree - 1) / n, a trifle below the rate.
 */
const johnsonBchks25 = (logSize: number, logBlowup: number, m: number): number => {
  assert(m >= 3, `the Johnson bound needs m >= 3, got ${m}`);
  const rho = rateOf(logBlowup) * (1 - 2 ** (logBlowup - logSize));
  const shifted = m + 0.5;
  const gamma = 1 - (1 + 0.5 / m) * Math.sqrt(rateOf(logBlowup));
  assert(gamma > 0, `rate 2^-${logBlowup} leaves no Johnson radius at m = ${m}`);
  const main = ((2 * shifted ** 5 + 3 * shifted * gamma * rho) * 2 ** logSize) / (3 * rho ** 1.5);
  return Math.log2(main + shifted / Math.sqrt(rho));
};

/** DKT26 Theorem 5.12: 8 n m'^3 / (3 rho-), rho- = (k - 1) / n. */
export const exceptionalLog2Dkt26 = (logDegree: number, logBlowup: number, m: number): number => {
  assert(m >= 3 && logBlowup >= 1 && logDegree >= 1, `DKT26 needs m >= 3, rate < 1, degree > 0; got ${m}, ${logBlowup}, ${logDegree}`);
  const logRhoMinus = Math.log2(1 - 2 ** -logDegree) - logBlowup;
  return 3 + logDegree + logBlowup + 3 * Math.log2(m + 0.5) - Math.log2(3) - logRhoMinus;
};

/** BCHKS25 Corollary 1.4, unique decoding: gamma n + 1. What the EF calculator uses; tighter than the claim by ~2 bits at rate 1/2. */
export const exceptionalLog2UniqueTight = (logSize: number, logBlowup: number): number =>
  Math.log2(((1 - rateOf(logBlowup)) / 2) * 2 ** logSize + 1);

/** -log2(alpha^queries). */
export const queryBits = (alpha: number, queries: number): number => {
  assert(alpha > 0 && alpha < 1, `agreement must lie in (0, 1), got ${alpha}`);
  return -queries * Math.log2(alpha);
};

/** log2 of DEEP's bad points over the field: L+ (d (k + c - 1) + (k - 1)), c = OPENING_POINTS. */
export const deepLog2 = (list: number, maxDegree: number, logDegree: number): number => {
  const k = 2 ** logDegree;
  return Math.log2(list * (maxDegree * (k + OPENING_POINTS - 1) + (k - 1)));
};

/** log2 of LogUp's bad challenge pairs: N (W + 2), N fractions of tuples of at most W entries (Plonky3 p3-security). */
export const lookupLog2 = (fractions: number, maxTupleWidth: number): number =>
  Math.log2(fractions) + Math.log2(maxTupleWidth + 2);
