// Verifying keys: golden digests, what the digest binds, validity rules and fold schedules.
// Owns the tests of prover/protocol/.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { FIBONACCI } from "../../../prover/air/chips/fibonacci.ts";
import { SHUFFLE_MACHINE, PAIR_BUS } from "../../../prover/air/chips/shuffle.ts";
import { compileMachine } from "../../../prover/air/ir.ts";
import { P } from "../../../prover/field/koalabear.ts";
import { encodeShape, keyDefect, makeKey, makeShape, scheduleFolds } from "../../../prover/protocol/key.ts";
import type { KeyShape, PublicTerm } from "../../../prover/protocol/key.ts";
import { PRODUCTION_FINAL, PRODUCTION_R1, PRODUCTION_SEGMENT, TEST_FAST, TEST_NO_GRINDING } from "../../../prover/protocol/profile.ts";
import type { Profile } from "../../../prover/protocol/profile.ts";

const ROOT = [1, 2, 3, 4, 5, 6, 7, 8];
const shuffleShape = (profile: Profile, heights: readonly number[] = [6, 4, 8], terms: readonly PublicTerm[] = []): KeyShape =>
  makeShape(profile, compileMachine(SHUFFLE_MACHINE).map((chip, i) => ({ chip, logHeight: heights[i] ?? 0 })), terms);
const fibonacciShape = (profile: Profile, logHeight = 10): KeyShape =>
  makeShape(profile, compileMachine([FIBONACCI]).map((chip) => ({ chip, logHeight })));
const term = (multiplicity: number, value: number): PublicTerm => ({
  bus: PAIR_BUS, multiplicity, tuple: [{ kind: "constant", value }, { kind: "public", chipIndex: 1, publicIndex: 0 }],
});

/** Recorded when protocol version 1 was written; a change here is a change of every deployed key. */
const GOLDEN = {
  fibonacciSegment: [2029530494, 1658568069, 665344499, 1661697055, 1701031703, 1960213900, 1630546173, 733244189],
  fibonacciR1: [1379570469, 1110456452, 2042379853, 865602148, 191313564, 2005001257, 1343673037, 1758653889],
  fibonacciFinal: [1655742918, 95345215, 1662466057, 1444935219, 1271133462, 705200530, 274544535, 300764043],
  shuffleFast: [1354113639, 393014905, 684674310, 135399418, 779930175, 1918875476, 529463449, 531842810],
  shuffleTerm: [463450331, 348546380, 1365745582, 118848206, 1346288274, 863783636, 742852000, 584220355],
};

test("the golden digests of five keys have not moved", () => {
  const digests = {
    fibonacciSegment: makeKey(fibonacciShape(PRODUCTION_SEGMENT), undefined).digest,
    fibonacciR1: makeKey(fibonacciShape(PRODUCTION_R1), undefined).digest,
    shuffleFast: makeKey(shuffleShape(TEST_FAST), ROOT).digest,
    fibonacciFinal: makeKey(fibonacciShape(PRODUCTION_FINAL), undefined).digest,
    shuffleTerm: makeKey(shuffleShape(TEST_FAST, [6, 4, 8], [term(1, 5)]), ROOT).digest,
  };
  assert.deepEqual(digests, GOLDEN);
});

test("every change of a key changes its digest", () => {
  const grinding = (bits: Partial<Profile["grindingBits"]>): Profile => ({ ...TEST_FAST, grindingBits: { ...TEST_FAST.grindingBits, ...bits } });
  const shapes = [
    shuffleShape(TEST_FAST), shuffleShape({ ...TEST_FAST, name: "test-other" }), shuffleShape({ ...TEST_FAST, queryCount: 9 }),
    shuffleShape({ ...TEST_FAST, logBlowup: 2 }), shuffleShape({ ...TEST_FAST, logFinalLength: 2 }), shuffleShape(grinding({ lookup: 3 })),
    shuffleShape(grinding({ batch: 3 })), shuffleShape(grinding({ fold: 3 })), shuffleShape(grinding({ query: 3 })),
    shuffleShape(TEST_FAST, [6, 6, 6]), shuffleShape({ ...TEST_FAST, hash: "keccak256" }, [6, 6, 6]), shuffleShape({ ...TEST_FAST, regime: "johnson", johnsonM: 3 }), shuffleShape({ ...TEST_FAST, regime: "johnson", johnsonM: 4 }),
    shuffleShape(TEST_FAST, [6, 5, 8]), shuffleShape(TEST_FAST, [4, 6, 8]), shuffleShape(TEST_FAST, [6, 4, 8], [term(1, 5)]),
    shuffleShape(TEST_FAST, [6, 4, 8], [term(2, 5)]), shuffleShape(TEST_FAST, [6, 4, 8], [term(1, 6)]),
    shuffleShape(TEST_FAST, [6, 4, 8], [term(1, 5), term(1, 5)]),
  ];
  const keys = [...shapes.map((shape) => makeKey(shape, ROOT)), makeKey(shapes[0] as KeyShape, [...ROOT].reverse())];
  assert.equal(new Set(keys.map(({ digest }) => digest.join())).size, keys.length);
  assert.equal(new Set(shapes.map((shape) => Buffer.from(encodeShape(shape)).toString("hex"))).size, shapes.length);
});

test("a fold schedule lands on every occupied size with arities up to eight and ends at the final one", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 3, max: 24 }), { minLength: 1, maxLength: 6 }), (sizes) => {
      const final = 3;
      const schedule = scheduleFolds(sizes, final);
      let log = Math.max(...sizes);
      const visited = new Set([log]);
      for (const step of schedule) {
        assert.ok(step >= 1 && step <= 3);
        log -= step;
        visited.add(log);
      }
      assert.equal(log, final);
      for (const size of sizes) assert.ok(visited.has(size));
    }),
    { numRuns: 300 },
  );
});

test("shapes that break a validity rule are named, not accepted", () => {
  const good = shuffleShape(TEST_FAST);
  assert.equal(keyDefect(good), undefined);
  const withProfile = (change: Partial<Profile>): KeyShape => ({ ...good, profile: { ...good.profile, ...change } });
  const broken: [string, KeyShape][] = [
    ["no chips", { ...good, chips: [] }],
    ["a schedule that jumps over a size", { ...good, foldSchedule: [3, 2] }],
    ["a schedule that ends too early", { ...good, foldSchedule: [2, 2] }],
    ["a schedule that goes on", { ...good, foldSchedule: [2, 2, 1, 1] }],
    ["arity 16", { ...good, foldSchedule: [4, 1] }],
    ["a chip below the final length", { ...good, logFinalLength: 5, foldSchedule: [2, 1] }],
    ["a chip of two rows", { ...good, chips: good.chips.map((entry, i) => (i === 1 ? { ...entry, logHeight: 1 } : entry)) }],
    ["a domain beyond 2^24", { ...good, chips: good.chips.map((entry, i) => (i === 2 ? { ...entry, logHeight: 24 } : entry)) }],
    ["no blowup", withProfile({ logBlowup: 0 })],
    ["no queries", withProfile({ queryCount: 0 })],
    ["too many queries", withProfile({ queryCount: 1025 })],
    ["too much grinding", withProfile({ grindingBits: { ...TEST_FAST.grindingBits, query: 23 } })],
    ["m outside the Johnson regime", withProfile({ johnsonM: 3 })],
    ["a non-canonical multiplicity", { ...good, publicTerms: [term(2 ** 31, 5)] }],
    ["a public input that does not exist", { ...good, publicTerms: [{ ...term(1, 5), tuple: [{ kind: "public", chipIndex: 0, publicIndex: 0 }, { kind: "constant", value: 1 }] }] }],
    ["a tuple of the wrong width", { ...good, publicTerms: [{ ...term(1, 5), tuple: [{ kind: "constant", value: 1 }] }] }],
    ["half a public input", { ...good, publicTerms: [{ ...term(1, 5), tuple: [{ kind: "public", chipIndex: 1, publicIndex: 0.5 }, { kind: "constant", value: 1 }] }] }],
    ...[-1, 0.5, P - 1, P, 2 ** 32].map((id): [string, KeyShape] => [`bus ${id}`, { ...good, publicTerms: [{ ...term(1, 5), bus: { ...PAIR_BUS, id, name: `bus ${id}` } }] }]),
    ["public terms that add up to p", { ...good, publicTerms: [term((P - 1) / 2, 5), term((P - 1) / 2, 5), term(1, 5)] }],
    ["half an m", withProfile({ regime: "johnson", johnsonM: 3.5 })],
    ["an m beyond all use", withProfile({ regime: "johnson", johnsonM: 2 ** 32 + 3 })],
    ...[[99], [1, 1], [1, 0]].map((main): [string, KeyShape] => [`next columns ${main.join()}`, { ...good, chips: good.chips.map((entry, i) => (i === 0 ? { ...entry, chip: { ...entry.chip, nextColumns: { ...entry.chip.nextColumns, main } } } : entry)) }]),
    ["one bus id under two names", { ...good, publicTerms: [{ ...term(1, 5), bus: { ...PAIR_BUS, name: "other" } }] }],
  ];
  for (const [name, shape] of broken) assert.notEqual(keyDefect(shape), undefined, name);
});

test("a preprocessed root is required exactly when some chip has preprocessed columns", () => {
  assert.throws(() => makeKey(shuffleShape(TEST_FAST), undefined), { code: "INVALID_KEY" });
  assert.throws(() => makeKey(fibonacciShape(TEST_NO_GRINDING), ROOT), { code: "INVALID_KEY" });
});
