// Proofs under the keccak-256 suite: accepted as made, refused with any word changed, aliased or moved.
// Owns the verifier's tests for that suite; the corpus built per check runs under Poseidon2.

import assert from "node:assert/strict";
import { test } from "node:test";
import { compileMachine } from "../../../prover/air/ir.ts";
import { SHUFFLE_MACHINE, shuffleTraces } from "../../../prover/air/chips/shuffle.ts";
import { P } from "../../../prover/field/koalabear.ts";
import { TEST_KECCAK } from "../../../prover/protocol/profile.ts";
import { prove } from "../../../prover/prove/prove.ts";
import { ReferenceBackend } from "../../../prover/prove/reference-backend.ts";
import { setup } from "../../../prover/prove/setup.ts";
import { verifyProof } from "../../../prover/verify/verify.ts";

const heights = [4, 4, 4] as const;
const traces = shuffleTraces([{ key: 5, value: 7 }, { key: 3, value: 15 }, { key: 9, value: 2 }], heights);
const chips = compileMachine(SHUFFLE_MACHINE).map((chip, i) => ({ chip, logHeight: heights[i] ?? 0 }));
const backend = new ReferenceBackend();
const { key, preprocessed, preprocessedTraces } = await setup(backend, { ...TEST_KECCAK, queryCount: 3 }, chips, traces.map((trace) => trace.preprocessed));
const honest = await prove(backend, { key, preprocessed, preprocessedTraces }, traces);

const withWord = (index: number, change: (word: number) => number): Uint8Array => {
  const bytes = honest.bytes.slice();
  const view = new DataView(bytes.buffer);
  view.setUint32(4 * index, change(view.getUint32(4 * index, true)), true);
  return bytes;
};

test("an honest keccak proof is accepted, and some of its digest words are not canonical elements", () => {
  assert.deepEqual(verifyProof(key, honest.publicValues, honest.bytes), { ok: true });
  const words = Array.from({ length: honest.bytes.length / 4 }, (_, i) => new DataView(honest.bytes.buffer).getUint32(4 * i, true));
  assert.ok(words.some((word) => word >= P), "else this suite would not be exercised");
});

test("every word of a keccak proof matters: one changed bit, or an alias by p, is refused", () => {
  for (let index = 0; index < honest.bytes.length / 4; index++) {
    const bit = 2 ** (index % 31);
    assert.equal(verifyProof(key, honest.publicValues, withWord(index, (word) => (word ^ bit) >>> 0)).ok, false, `word ${index}, bit ${bit}`);
    if (index % 5 === 0) {
      const alias = withWord(index, (word) => (word + P < 2 ** 32 ? word + P : word - P));
      assert.equal(verifyProof(key, honest.publicValues, alias).ok, false, `word ${index} aliased`);
    }
  }
});

test("an opened value that is not canonical is refused as such, not hashed", () => {
  // Main, permutation and quotient roots, the lookup nonce and three sums come first.
  const firstOpening = 3 * 7 + 1 + 3 * 4;
  const verdict = verifyProof(key, honest.publicValues, withWord(firstOpening, () => P));
  assert.ok(!verdict.ok && verdict.code === "PROOF_NOT_CANONICAL", JSON.stringify(verdict));
});

test("a key that differs in the hash alone refuses the proof", async () => {
  const other = await setup(backend, { ...key.profile, hash: "poseidon2" }, chips, traces.map((trace) => trace.preprocessed));
  assert.equal(verifyProof(other.key, honest.publicValues, honest.bytes).ok, false);
});
