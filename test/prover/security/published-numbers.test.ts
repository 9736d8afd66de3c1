// The security formulas against numbers published by others: Plonky3's regression, the EF calculator's reports for
// OpenVM and SP1, query counts in use, and the figures of the design review. Each expectation names its source.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  agreement, deepLog2, exceptionalLog2, exceptionalLog2Dkt26, exceptionalLog2UniqueTight, lookupLog2, queryBits,
} from "../../../prover/security/proximity.ts";
import type { Regime } from "../../../prover/security/proximity.ts";
import { EXTENSION_BITS } from "../../../prover/security/rounds.ts";

const UNIQUE: Regime = { name: "unique-decoding" };
const johnson = (m: number): Regime => ({ name: "johnson", m });
const near = (got: number, expected: number, tolerance = 0.051): void => {
  assert(Math.abs(got - expected) <= tolerance, `expected ${expected} +- ${tolerance}, got ${got}`);
};
const queryPhase = (regime: Regime, logDegree: number, logBlowup: number, queries: number, grinding: number): number =>
  queryBits(agreement(regime, logDegree, logBlowup), queries) + grinding;
/** Commit round as Plonky3 counts it: arity 8, whole initial word, no roll-in. */
const commitPhase = (regime: Regime, logDegree: number, logBlowup: number, grinding: number): number =>
  EXTENSION_BITS - exceptionalLog2(regime, logDegree + logBlowup, logBlowup) - Math.log2(7) + grinding;

test("the quartic extension of KoalaBear has 123.95 bits", () => {
  assert.equal(EXTENSION_BITS.toFixed(2), "123.95");
});

test("193 queries at rate 1/2 give 100.1 bits in both query and commit phase at 2^20 rows, and 99.1 at 2^21", () => {
  near(queryPhase(UNIQUE, 20, 1, 193, 20), 100.1);
  near(commitPhase(UNIQUE, 20, 1, 0), 100.1);
  near(commitPhase(UNIQUE, 21, 1, 0), 99.1);
});

test("118 queries at rate 1/4 give 100.0 in queries but 99.1 in the commit phase without grinding", () => {
  near(queryPhase(UNIQUE, 20, 2, 118, 20), 100.0);
  near(commitPhase(UNIQUE, 20, 2, 0), 99.1);
  near(commitPhase(UNIQUE, 20, 2, 1), 100.1);
});

test("34 queries at rate 1/32 fail: 99.2 in queries at m = 4, 98.3 in batching at m = 5; DKT26 would give 100.3", () => {
  near(queryPhase(johnson(4), 13, 5, 34, 20), 99.2);
  // The final AIR of the review: 321 columns, 25 of them opened twice.
  const batching = (badLog2: number): number => EXTENSION_BITS - badLog2 - Math.log2(321 + 25 - 1) + 20;
  near(batching(exceptionalLog2(johnson(5), 18, 5)), 98.3, 0.1);
  near(Math.min(queryPhase(johnson(5), 13, 5, 34, 20), batching(exceptionalLog2Dkt26(13, 5, 5))), 100.3);
});

test("512 segments of 22 interactions a row give 103 lookup bits with 16 ground", () => {
  near(EXTENSION_BITS - lookupLog2(512 * 22 * 2 ** 20, 9) + 16, 103.03);
});

test("the query counts of the design table are the smallest that reach 100 bits", () => {
  const cases: { regime: Regime; logDegree: number; logBlowup: number; queries: number }[] = [
    { regime: UNIQUE, logDegree: 20, logBlowup: 1, queries: 193 },
    { regime: UNIQUE, logDegree: 20, logBlowup: 2, queries: 118 },
    { regime: UNIQUE, logDegree: 17, logBlowup: 3, queries: 97 },
    { regime: UNIQUE, logDegree: 13, logBlowup: 4, queries: 88 },
    { regime: johnson(3), logDegree: 17, logBlowup: 3, queries: 63 },
    { regime: johnson(5), logDegree: 13, logBlowup: 4, queries: 43 },
  ];
  for (const { regime, logDegree, logBlowup, queries } of cases) {
    assert(queryPhase(regime, logDegree, logBlowup, queries, 20) >= 100, `${queries} at 2^-${logBlowup}`);
    assert(queryPhase(regime, logDegree, logBlowup, queries - 1, 20) < 100, `${queries - 1} at 2^-${logBlowup}`);
  }
});

test("the design table's 82 unique-decoding queries at rate 1/32 give only 98.4: it takes 84", () => {
  near(queryPhase(UNIQUE, 13, 5, 82, 20), 98.4);
  assert(queryPhase(UNIQUE, 13, 5, 84, 20) >= 100);
  assert(queryPhase(UNIQUE, 13, 5, 83, 20) < 100);
});

test("Plonky3's regression: 100 queries at rate 1/2 with 16 ground over 252 bits are 57 unique, 65 Johnson", () => {
  const fieldBits = 252;
  const unique = Math.min(queryPhase(UNIQUE, 20, 1, 100, 16), fieldBits - exceptionalLog2(UNIQUE, 21, 1) - Math.log2(7));
  assert.equal(Math.floor(unique), 57);
  let best = 0;
  for (let m = 3; m <= 1000; m += 1) {
    const commit = fieldBits - exceptionalLog2(johnson(m), 21, 1) - Math.log2(7);
    best = Math.max(best, Math.min(commit, queryPhase(johnson(m), 20, 1, 100, 16)));
  }
  assert.equal(Math.floor(best), 65);
});

test("DKT26 line counts equal the vectors of Plonky3's p3-security", () => {
  near(exceptionalLog2Dkt26(1, 1, 3), 10.837102265451657, 1e-12);
  near(exceptionalLog2Dkt26(20, 2, 3), 30.83710364131352, 1e-12);
  near(exceptionalLog2Dkt26(20, 2, 10), 35.59199114347699, 1e-12);
});

test("every cell of the EF calculator's OpenVM 1.5 app row is reproduced in both regimes", () => {
  // soundcalc reports/openvm.md (2026-04-29): BabyBear^4, rate 1/2, 2^23 rows, 80000 batched, 15000 constraints,
  // grinding query 20, batching 20, DEEP 5, arity 2; Johnson gap rho/20, hence m = 15 and list 1/(2 gap sqrt(rho)).
  const fieldBits = 4 * Math.log2(2 ** 31 - 2 ** 27 + 1);
  const floor = Math.floor;
  assert.equal(floor(queryPhase(UNIQUE, 23, 1, 193, 20)), 100);
  assert.equal(floor(fieldBits - exceptionalLog2UniqueTight(24, 1) - Math.log2(79_999) + 20), 105);
  assert.equal(floor(fieldBits - exceptionalLog2UniqueTight(23, 1)), 102);
  assert.equal(floor(fieldBits - exceptionalLog2UniqueTight(14, 1)), 111);
  assert.equal(floor(fieldBits - deepLog2(1, 3, 23) + 5), 103);
  assert.equal(floor(fieldBits - Math.log2(15_000)), 109);
  const gap = 0.5 / 20;
  const list = 1 / (2 * gap * Math.SQRT1_2);
  assert.equal(floor(queryBits(Math.SQRT1_2 + gap, 193) + 20), 106);
  assert.equal(floor(fieldBits - exceptionalLog2(johnson(15), 24, 1) - Math.log2(79_999) + 20), 82);
  assert.equal(floor(fieldBits - exceptionalLog2(johnson(15), 23, 1)), 79);
  assert.equal(floor(fieldBits - deepLog2(list, 3, 23) + 5), 98);
  assert.equal(floor(fieldBits - Math.log2(list * 15_000)), 104);
});

test("SP1 v6 core: 124 queries at rate 1/4 with 16 ground are 100 bits", () => {
  assert.equal(Math.floor(queryPhase(UNIQUE, 21, 2, 124, 16)), 100);
});

test("the prescribed parameters of R1 and FINAL keep 101 bits in queries and folds", () => {
  near(queryPhase(johnson(3), 17, 3, 64, 20), 101.77);
  near(queryPhase(johnson(3), 14, 5, 36, 20), 101.99);
  assert(commitPhase(johnson(3), 17, 3, 16) >= 104);
  assert(commitPhase(johnson(3), 14, 5, 16) >= 101);
});
