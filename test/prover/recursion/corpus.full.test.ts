// The whole hostile corpus on wires: R1's verdict (constraints and wire bus of the witness) equals the verifier's on
// every proof that decodes. Proofs that do not decode never become a witness.
import assert from "node:assert/strict";
import { test } from "node:test";
import { verifierProgram } from "../../../prover/recursion/verifier-circuit.ts";
import { decodeProof } from "../../../prover/verify/decode.ts";
import { layoutOf } from "../../../prover/verify/layout.ts";
import { isRejection } from "../../../prover/verify/verdict.ts";
import { verifyProof } from "../../../prover/verify/verify.ts";
import { hostileProofs, wordMutations } from "../verify/corpus.ts";
import { checkProgram } from "./r1-check.ts";

test("TypeScript and R1 give the same verdict on the whole hostile corpus", { timeout: 1_200_000 }, () => {
  let judged = 0;
  for (const { name, key, publics, bytes } of [...hostileProofs(), ...wordMutations(31)]) {
    if (key.profile.hash !== "poseidon2") continue;
    const layout = layoutOf(key);
    const proof = decodeProof(key, layout, bytes);
    const isDecodable = !isRejection(proof) && publics.length === layout.publicCount && publics.every((value) => Number.isInteger(value) && value >= 0 && value < 0x7f000001);
    if (!isDecodable) continue;
    const isAccepted = checkProgram(verifierProgram(key, publics, proof)).length === 0;
    assert.equal(isAccepted, verifyProof(key, publics, bytes).ok, name);
    judged += 1;
  }
  assert(judged > 200, `only ${judged} judged`);
});
