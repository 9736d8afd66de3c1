// Every hostile proof is rejected by the check it was built against, and no changed word or byte gets through.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { FIBONACCI } from "../../../prover/air/chips/fibonacci.ts";
import { compileMachine } from "../../../prover/air/ir.ts";
import { makeKey, makeShape } from "../../../prover/protocol/key.ts";
import { TEST_FAST, TEST_KECCAK } from "../../../prover/protocol/profile.ts";
import { verifyProof } from "../../../prover/verify/verify.ts";
import { hostileProofs, wordMutations } from "./corpus.ts";
import { fibonacciInstance, shuffleInstance } from "./machines.ts";
import { referenceProof } from "./reference-prover.ts";

test("each hostile proof is stopped by exactly the check it attacks, and there are at least five for each", () => {
  const perCode = new Map<string, number>();
  for (const { name, code, key, publics, bytes } of hostileProofs()) {
    const verdict = verifyProof(key, publics, bytes);
    assert(!verdict.ok, `${name}: accepted`);
    assert.equal(verdict.code, code, `${name}: expected ${code}, got ${verdict.code} (${verdict.expected} / ${verdict.got})`);
    perCode.set(code, (perCode.get(code) ?? 0) + 1);
  }
  for (const [code, count] of perCode) assert(count >= 5, `${code} has only ${count} hostile proofs`);
  assert.equal(perCode.size, 16);
});

test("at least 500 proofs with one changed word are rejected", () => {
  let tried = 0;
  for (const { name, key, publics, bytes } of wordMutations(7)) {
    assert.equal(verifyProof(key, publics, bytes).ok, false, `${name}: accepted`);
    tried += 1;
  }
  assert(tried >= 500, `only ${tried} tried`);
});

test("any flipped bit of a proof is rejected", () => {
  const { key, traces } = shuffleInstance(TEST_FAST);
  const { bytes, publics } = referenceProof(key, traces);
  fc.assert(fc.property(fc.nat(bytes.length - 1), fc.nat(7), (position, bit) => {
    const changed = bytes.slice();
    changed[position] = (changed[position] ?? 0) ^ (1 << bit);
    assert.equal(verifyProof(key, publics, changed).ok, false);
  }), { seed: 42, numRuns: 100 });
});

test("random bytes of any length never throw", () => {
  const { key } = fibonacciInstance(TEST_FAST, 3);
  fc.assert(fc.property(fc.uint8Array({ maxLength: 6000 }), fc.array(fc.double(), { maxLength: 5 }), (bytes, publics) => {
    assert.equal(verifyProof(key, publics, bytes).ok, false);
  }), { seed: 43, numRuns: 100 });
});

test("random canonical words of the right length never throw and are rejected", () => {
  const { key, traces } = shuffleInstance(TEST_FAST);
  const { bytes, publics } = referenceProof(key, traces);
  fc.assert(fc.property(fc.infiniteStream(fc.nat(0x7f000000)), (words) => {
    const random = new Uint8Array(bytes.length);
    const view = new DataView(random.buffer);
    for (let i = 0; i < bytes.length; i += 4) view.setUint32(i, words.next().value ?? 0, true);
    assert.equal(verifyProof(key, publics, random).ok, false);
  }), { seed: 44, numRuns: 10 });
});

test("a repeated last leaf whose row hashes to the root opens nothing: a forged result is refused", () => {
  // The proof was ground until the last two queries of each group fell on one leaf; the last fold's root is the hash of a bare row. A verifier
  // that took the digest of a repeated leaf that differs for a root accepted it. The true result is 34.
  const { publics, proof } = JSON.parse(readFileSync(new URL("forged-repeat.json", import.meta.url), "utf8")) as { publics: number[]; proof: string };
  const profile = { ...TEST_KECCAK, name: "test-forge", queryCount: 12, logFinalLength: 1, grindingBits: { lookup: 7, batch: 7, fold: 7, query: 7 } };
  const [chip] = compileMachine([FIBONACCI]);
  assert(chip !== undefined);
  const verdict = verifyProof(makeKey(makeShape(profile, [{ chip, logHeight: 3 }]), undefined), publics, new Uint8Array(Buffer.from(proof, "base64")));
  assert.equal(!verdict.ok && verdict.code, "FOLD_OPENING");
});
