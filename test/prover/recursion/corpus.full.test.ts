// The whole hostile corpus of segments on wires: R1's verdict (constraints and wire bus of the witness) equals the verifier's on every
// proof that decodes. Proofs that do not decode never become a witness. R1's own proofs: corpus-r1.full.test.ts.
import assert from "node:assert/strict";
import { test } from "node:test";
import { TEST_FAST } from "../../../prover/protocol/profile.ts";
import { hostileProofs, wordMutations } from "../verify/corpus.ts";
import { movedProofs } from "../verify/corpus-moves.ts";
import { fibonacciInstance, shuffleInstance } from "../verify/machines.ts";
import { referenceProof } from "../verify/reference-prover.ts";
import { assertEach, judgeBoth } from "./judge.ts";

test("TypeScript and R1 give the same verdict on every hostile proof of a segment, at least five for each check", { timeout: 3_600_000 }, (context) => {
  const perCheck = new Map<string, number>();
  let refused = 0;
  for (const proof of hostileProofs()) {
    if (proof.key.profile.hash !== "poseidon2") continue;
    if (judgeBoth(proof)) perCheck.set(proof.code, (perCheck.get(proof.code) ?? 0) + 1);
    else refused += 1;
  }
  assert.equal(perCheck.size, 12);
  assertEach(perCheck, 5);
  context.diagnostic(`${[...perCheck.values()].reduce((a, b) => a + b, 0)} on wires, ${refused} that do not decode; ${JSON.stringify(Object.fromEntries(perCheck))}`);
});

test("and on proofs whose own parts were moved", { timeout: 3_600_000 }, (context) => {
  let judged = 0;
  for (const [label, { key, traces }] of [["fibonacci", fibonacciInstance(TEST_FAST, 4)], ["shuffle", shuffleInstance(TEST_FAST)]] as const) {
    for (const proof of movedProofs(label, key, referenceProof(key, traces), 8)) judged += judgeBoth(proof) ? 1 : 0;
  }
  context.diagnostic(`${judged} judged`);
  assert(judged >= 200, `only ${judged} judged`);
});

test("and on proofs with one changed word", { timeout: 3_600_000 }, (context) => {
  let judged = 0;
  for (const proof of wordMutations(31)) if (proof.key.profile.hash === "poseidon2" && judgeBoth(proof)) judged += 1;
  context.diagnostic(`${judged} judged`);
  assert(judged >= 90, `only ${judged} judged`);
});
