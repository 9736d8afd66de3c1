// The claim read from real verifying keys: production profiles keep 100 bits at the heights they are made for, test
// profiles never do, and what a key holds (columns, interactions, folds, roll-ins) is what the claim counts.
import assert from "node:assert/strict";
import { test } from "node:test";
import { MACHINES } from "../../../prover/air/machines.ts";
import { compileMachine } from "../../../prover/air/ir.ts";
import type { CompiledChip } from "../../../prover/air/ir.ts";
import { R1, R1_PUBLIC_TERMS } from "../../../prover/air/chips/r1.ts";
import { makeShape } from "../../../prover/protocol/key.ts";
import type { KeyShape } from "../../../prover/protocol/key.ts";
import { PRODUCTION_FINAL, PRODUCTION_R1, PRODUCTION_SEGMENT, PRODUCTION_SEGMENT_WIDE, TEST_FAST, TEST_NO_GRINDING } from "../../../prover/protocol/profile.ts";
import type { Profile } from "../../../prover/protocol/profile.ts";
import { REQUIRED_BITS, instanceOf, securityOfKey } from "../../../prover/security/key.ts";
import { exceptionalLog2, newerExceptionalLog2 } from "../../../prover/security/proximity.ts";
import type { LineBound } from "../../../prover/security/proximity.ts";
import { securityClaim } from "../../../prover/security/rounds.ts";

const shapeOf = (name: string, profile: Profile, logHeights: readonly number[]): KeyShape => {
  const machine = MACHINES.find((entry) => entry.name === name);
  assert(machine !== undefined);
  return makeShape(profile, compileMachine(machine.chips).map((chip, i) => ({ chip, logHeight: logHeights[i] ?? 0 })));
};

const PRODUCTION: [string, Profile, number[]][] = [
  ["fibonacci", PRODUCTION_SEGMENT, [20]], ["poseidon2-chain", PRODUCTION_SEGMENT, [20]], ["keccak-chain", PRODUCTION_SEGMENT, [16]],
  ["shuffle", PRODUCTION_SEGMENT, [16, 18, 16]], ["shuffle", PRODUCTION_SEGMENT, [10, 12, 8]], ["shuffle", PRODUCTION_SEGMENT, [19, 19, 16]],
  ["keccak-chain", PRODUCTION_SEGMENT_WIDE, [10]], ["keccak-chain", PRODUCTION_SEGMENT_WIDE, [16]], ["fibonacci", PRODUCTION_SEGMENT_WIDE, [20]],
  ["poseidon2-chain", PRODUCTION_R1, [17]], ["keccak-chain", PRODUCTION_R1, [16]], ["shuffle", PRODUCTION_R1, [10, 12, 8]],
];

for (const [name, profile, logHeights] of PRODUCTION) {
  test(`${name} at 2^${logHeights.join("/2^")} under ${profile.name} claims at least ${REQUIRED_BITS} bits`, () => {
    const claim = securityOfKey(shapeOf(name, profile, logHeights));
    assert(claim.bits >= REQUIRED_BITS, `${claim.bits} bits, bound by ${claim.bindingSite}`);
  });
}

test("no test profile claims as much as 40 bits", () => {
  for (const profile of [TEST_FAST, TEST_NO_GRINDING]) {
    assert(securityOfKey(shapeOf("fibonacci", profile, [10])).bits < 40);
  }
});

test("a production segment holds 100 bits to 2^21 rows; without its bit of fold grinding only to 2^20 and no early roll-in", () => {
  assert(securityOfKey(shapeOf("fibonacci", PRODUCTION_SEGMENT, [21])).bits >= REQUIRED_BITS);
  assert(securityOfKey(shapeOf("fibonacci", PRODUCTION_SEGMENT, [22])).bits < REQUIRED_BITS);
  assert(securityOfKey(shapeOf("shuffle", PRODUCTION_SEGMENT, [17, 20, 17])).bits >= REQUIRED_BITS);
  const bare = { ...PRODUCTION_SEGMENT, grindingBits: { ...PRODUCTION_SEGMENT.grindingBits, fold: 0 } };
  assert(securityOfKey(shapeOf("fibonacci", bare, [20])).bits >= REQUIRED_BITS);
  assert(securityOfKey(shapeOf("fibonacci", bare, [21])).bits < REQUIRED_BITS);
  assert.equal(securityOfKey(shapeOf("shuffle", bare, [17, 20, 17])).bits.toFixed(2), "99.95");
});

test("the instance counts what the key holds", () => {
  const instance = instanceOf(shapeOf("shuffle", TEST_FAST, [3, 5, 4]));
  assert.equal(instance.lookupFractions, 2 * 8 + 3 * 32 + 1 * 16);
  assert.equal(instance.maxTupleWidth, 2);
  assert.equal(instance.maxLogHeight, 5);
  // sorted: 5 main + 8 lookup + 8 quotient columns at zeta; key, isReal, value, total and the running sum (4) again.
  assert.deepEqual(instance.batches.find(({ logHeight }) => logHeight === 5), { logHeight: 5, values: 21 + 8 });
  assert.deepEqual(instance.folds, [{ logArity: 1, hasRollIn: true }, { logArity: 1, hasRollIn: true }]);
});

test("the recursion chip claims at least 100 bits under production-r1 to 2^17 rows and under production-final to 2^14", () => {
  const chips = (logHeight: number): { chip: CompiledChip; logHeight: number }[] => compileMachine([R1]).map((chip) => ({ chip, logHeight }));
  for (const [profile, logHeight] of [[PRODUCTION_R1, 15], [PRODUCTION_R1, 17], [PRODUCTION_FINAL, 14]] as const) {
    const claim = securityOfKey(makeShape(profile, chips(logHeight), R1_PUBLIC_TERMS));
    assert(claim.bits >= REQUIRED_BITS, `${profile.name} at 2^${logHeight}: ${claim.bits} bits, bound by ${claim.bindingSite}`);
  }
});

/** Keys of every production profile at the greatest height each is made for. */
const tallest = (): KeyShape[] => {
  const r1 = (logHeight: number): { chip: CompiledChip; logHeight: number }[] => compileMachine([R1]).map((chip) => ({ chip, logHeight }));
  return [
    shapeOf("fibonacci", PRODUCTION_SEGMENT, [20]), shapeOf("fibonacci", PRODUCTION_SEGMENT_WIDE, [20]),
    makeShape(PRODUCTION_R1, r1(17), R1_PUBLIC_TERMS), makeShape(PRODUCTION_FINAL, r1(14), R1_PUBLIC_TERMS),
  ];
};

test("every production profile keeps 100 bits under DKT26's line count too, and no term of the claim is above what DKT26 gives", () => {
  const folds = tallest().map((key) => securityClaim(instanceOf(key), newerExceptionalLog2).terms.find(({ site }) => site === "fold 0")?.bits.toFixed(1));
  assert.deepEqual(folds, ["101.1", "101.1", "107.3", "105.2"]);
  for (const key of tallest()) {
    const [claim, newer] = [securityOfKey(key), securityClaim(instanceOf(key), newerExceptionalLog2)];
    assert(newer.bits >= REQUIRED_BITS, `${key.profile.name}: ${newer.bits} bits, bound by ${newer.bindingSite}`);
    claim.terms.forEach((term, i) => { assert(term.bits <= newer.terms[i]!.bits, `${key.profile.name}, ${term.site}`); });
  }
});

test("read as Theorem 4.2 of BCHKS25 is misprinted, with m doubled, R1 would hold 99.7 bits and FINAL 95.8", () => {
  const misprinted: LineBound = (regime, ...sizes) => exceptionalLog2(regime.name === "johnson" ? { ...regime, m: 2 * regime.m } : regime, ...sizes);
  const bits = tallest().slice(-2).map((key) => securityClaim(instanceOf(key), misprinted).bits.toFixed(1));
  assert.deepEqual(bits, ["99.7", "95.8"]);
});
