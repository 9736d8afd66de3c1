// Hostile proofs of R1, judged by TypeScript and by R1: what a JOIN or FINAL verifies is refused by both, check by check.
import assert from "node:assert/strict";
import { test } from "node:test";
import { verifyProof } from "../../../prover/verify/verify.ts";
import { honestR1, hostileR1 } from "../verify/corpus-r1.ts";
import { movedProofs } from "../verify/corpus-moves.ts";
import { assertEach, judgeBoth } from "./judge.ts";

test("TypeScript and R1 give the same verdict on hostile proofs of R1, five for each check, by the check they attack", { timeout: 3_600_000 }, (context) => {
  const perCheck = new Map<string, number>();
  for (const proof of hostileR1()) {
    const verdict = verifyProof(proof.key, proof.publics, proof.bytes);
    assert(!verdict.ok && verdict.code === proof.code, `${proof.name}: expected ${proof.code}, got ${verdict.ok ? "acceptance" : verdict.code}`);
    assert(judgeBoth(proof), `${proof.name}: does not decode`);
    perCheck.set(proof.code, (perCheck.get(proof.code) ?? 0) + 1);
  }
  assert.equal(perCheck.size, 12);
  assertEach(perCheck, 5);
  context.diagnostic(JSON.stringify(Object.fromEntries(perCheck)));
});

test("both accept the honest proof, and refuse it with its parts moved", { timeout: 3_600_000 }, (context) => {
  const { instance, proof } = honestR1();
  judgeBoth({ name: "honest", key: instance.key, ...proof }, true);
  let judged = 0;
  for (const moved of movedProofs("r1", instance.key, proof, 1)) judged += judgeBoth(moved) ? 1 : 0;
  context.diagnostic(`${judged} judged`);
  assert(judged >= 30, `only ${judged} judged`);
});
