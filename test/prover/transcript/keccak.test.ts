// The keccak-256 transcript against a byte-string reading of PROTOCOL.md section 3, and its grinding.
// Owns the tests of prover/transcript/keccak-chain.ts and of the keccak suite's definition.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { keccak256 } from "ethers";
import { P } from "../../../prover/field/koalabear.ts";
import { KECCAK_SUITE, suiteOf } from "../../../prover/hash/suite.ts";
import { findNonce } from "../../../prover/transcript/grind.ts";
import { LABEL } from "../../../prover/transcript/labels.ts";
import type { Label } from "../../../prover/transcript/labels.ts";
import { Transcript } from "../../../prover/transcript/transcript.ts";

const felt = fc.integer({ min: 0, max: P - 1 });
const word = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const hex8 = (x: number): string => x.toString(16).padStart(8, "0");
const hash = (hexBytes: string): string => keccak256(`0x${hexBytes}`).slice(2);
const wordsOf = (digest: string): number[] => Array.from({ length: 8 }, (_, i) => Number.parseInt(digest.slice(8 * i, 8 * i + 8), 16));

/** 28 bytes are kept. */
const kept = (digest: string): number[] => [...wordsOf(digest).slice(0, 7), 0];

test("row and node hashes are keccak-256 of big-endian words cut to 28 bytes, as an independent library computes them", () => {
  fc.assert(
    fc.property(fc.array(felt, { minLength: 1, maxLength: 90 }), fc.array(word, { minLength: 16, maxLength: 16 }), (row, pair) => {
      assert.deepEqual(KECCAK_SUITE.hashRow(row), kept(hash(row.map(hex8).join(""))));
      assert.deepEqual(KECCAK_SUITE.compress(pair.slice(0, 8), pair.slice(8)), kept(hash(pair.map(hex8).join(""))));
    }),
    { numRuns: 60 },
  );
});

test("only Poseidon2 digests must be canonical elements", () => {
  assert.ok(suiteOf("keccak256").isDigestWord(2 ** 32 - 1) && !suiteOf("poseidon2").isDigestWord(P));
  for (const bad of [-1, 2 ** 32, 0.5, "1", undefined]) assert.ok(!KECCAK_SUITE.isDigestWord(bad));
});

type Step =
  | { readonly kind: "felts"; readonly label: Label; readonly values: number[] }
  | { readonly kind: "digest"; readonly words: number[] }
  | { readonly kind: "nonce"; readonly nonce: number }
  | { readonly kind: "felt" } | { readonly kind: "ext" };
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant("felts" as const), label: fc.constantFrom<Label>("publicValues", "lookupSums"), values: fc.array(felt, { maxLength: 12 }) }),
  fc.record({ kind: fc.constant("digest" as const), words: fc.array(word, { minLength: 8, maxLength: 8 }) }),
  fc.record({ kind: fc.constant("nonce" as const), nonce: felt }),
  fc.record({ kind: fc.constant("felt" as const) }), fc.record({ kind: fc.constant("ext" as const) }),
);

/** The specification on hexadecimal strings. */
function literalRun(steps: readonly Step[]): (number | number[] | boolean)[] {
  const header = (label: Label, length: number): string => hex8(LABEL[label] * 2 ** 24 + length);
  let [chain, pending] = ["00".repeat(32), header("domain", 2) + Buffer.from("KF").toString("hex")];
  let samples: number[] = [];
  const close = (): void => {
    [chain, pending] = [hash(chain + pending), ""];
    samples = [];
  };
  const next = (): number => {
    if (pending !== "" || samples.length === 0) {
      close();
      samples = [0, 1, 2, 3].map((i) => Number(BigInt(`0x${chain.slice(16 * i, 16 * i + 16)}`) % BigInt(P)));
    }
    return samples.shift() as number;
  };
  return steps.map((current) => {
    if (current.kind === "felt") return next();
    if (current.kind === "ext") {
      samples = [];
      return [next(), next(), next(), next()];
    }
    if (current.kind === "felts") pending += header(current.label, current.values.length) + current.values.map(hex8).join("");
    if (current.kind === "digest") pending += header("mainRoot", 8) + current.words.map(hex8).join("");
    if (current.kind === "nonce") {
      close();
      pending = header("foldNonce", 1) + hex8(current.nonce);
      return next() % 2 === 0;
    }
    samples = [];
    return true;
  });
}

test("the keccak transcript equals a reading of its specification on byte strings", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 10 }), (steps) => {
      const script: Step[] = [...steps, { kind: "ext" }];
      const transcript = new Transcript("KF", "keccak256");
      const got = script.map((current) => {
        switch (current.kind) {
          case "felt": return transcript.sampleFelt();
          case "ext": return [...transcript.sampleExt()];
          case "felts": transcript.absorbFelts(current.label, current.values); return true;
          case "digest": transcript.absorbDigest("mainRoot", current.words); return true;
          case "nonce": return transcript.checkGrind("foldNonce", current.nonce, 1);
        }
      });
      assert.deepEqual(got, literalRun(script));
    }),
    { numRuns: 200 },
  );
});

test("grinding under keccak finds the smallest nonce and its check accepts no smaller one", () => {
  fc.assert(
    fc.property(fc.array(felt, { maxLength: 20 }), (values) => {
      const transcript = new Transcript("KF", "keccak256");
      transcript.absorbFelts("publicValues", values);
      const nonce = findNonce(transcript, "queryNonce", 5);
      for (let smaller = 0; smaller < nonce; smaller++) assert.ok(!transcript.clone().checkGrind("queryNonce", smaller, 5));
      assert.ok(transcript.checkGrind("queryNonce", nonce, 5));
    }),
    { numRuns: 20 },
  );
});

test("an element that is not canonical trips an assertion under keccak too", () => {
  assert.throws(() => new Transcript("KF", "keccak256").absorbFelts("publicValues", [P]), assert.AssertionError);
});
