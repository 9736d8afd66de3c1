// The transcript against a second, array-based reading of PROTOCOL.md section 3, its separation
// properties, and the grinding check.
// Owns the tests of prover/transcript/.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { P } from "../../../prover/field/koalabear.ts";
import { permute } from "../../../prover/hash/poseidon2.ts";
import { findNonce } from "../../../prover/transcript/grind.ts";
import { LABEL } from "../../../prover/transcript/labels.ts";
import type { Label } from "../../../prover/transcript/labels.ts";
import { Transcript } from "../../../prover/transcript/transcript.ts";

const felt = fc.integer({ min: 0, max: P - 1 });
const labels = Object.keys(LABEL) as Label[];
type Step = { readonly kind: "absorb"; readonly label: Label; readonly values: number[] } | { readonly kind: "sample"; readonly count: number };
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant("absorb" as const), label: fc.constantFrom(...labels), values: fc.array(felt, { maxLength: 20 }) }),
  fc.record({ kind: fc.constant("sample" as const), count: fc.integer({ min: 1, max: 20 }) }),
);

/** PROTOCOL.md section 3 read literally: gather the elements between samples, then chunk them. */
function literalRun(domain: string, steps: readonly Step[]): number[] {
  let state = new Uint32Array(16);
  const bytes = new TextEncoder().encode(domain);
  let queue = [1 * 2 ** 24 + bytes.length];
  for (let i = 0; i < bytes.length; i += 3) {
    queue.push([0, 1, 2].reduce((sum, k) => sum + (bytes[i + k] ?? 0) * 256 ** k, 0));
  }
  let outputs: number[] = [];
  const sampled: number[] = [];
  const apply = (block: readonly number[] | undefined): void => {
    if (block !== undefined) state = Uint32Array.from([...block, ...state.slice(8)]);
    permute(state);
    outputs = Array.from(state.subarray(0, 8));
  };
  for (const current of steps) {
    if (current.kind === "absorb") {
      queue.push(LABEL[current.label] * 2 ** 24 + current.values.length, ...current.values);
      outputs = [];
      continue;
    }
    for (let i = 0; i < current.count; i++) {
      // A block permutes as soon as it is full; when the queue ends on a block edge its outputs are live.
      while (queue.length > 0) {
        const block = queue.slice(0, 8);
        queue = queue.slice(8);
        while (block.length < 8) block.push(0);
        apply(block);
      }
      if (outputs.length === 0) apply(undefined);
      sampled.push(outputs.shift() as number);
    }
  }
  return sampled;
}

function run(domain: string, steps: readonly Step[]): number[] {
  const transcript = new Transcript(domain);
  return steps.flatMap((current) => {
    if (current.kind === "sample") return Array.from({ length: current.count }, () => transcript.sampleFelt());
    transcript.absorbFelts(current.label, current.values);
    return [];
  });
}

test("the transcript equals a literal reading of its specification on random scripts", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      const script: Step[] = [...steps, { kind: "sample", count: 3 }];
      assert.deepEqual(run("KF-TEST", script), literalRun("KF-TEST", script));
    }),
    { numRuns: 200 },
  );
});

test("samples change with the domain, the label, any value and the way values are cut into records", () => {
  const sample = (domain: string, records: readonly (readonly [Label, number[]])[]): string =>
    run(domain, [...records.map(([label, values]) => ({ kind: "absorb" as const, label, values })), { kind: "sample", count: 4 }]).join();
  const variants = [
    sample("KF-A", [["mainRoot", [1, 2]]]),
    sample("KF-B", [["mainRoot", [1, 2]]]),
    sample("KF-A", [["quotientRoot", [1, 2]]]),
    sample("KF-A", [["mainRoot", [1, 3]]]),
    sample("KF-A", [["mainRoot", [1, 2, 0]]]),
    sample("KF-A", [["mainRoot", [1]], ["mainRoot", [2]]]),
    sample("KF-A", [["mainRoot", [1, 2]], ["mainRoot", []]]),
    sample("KF-A", []),
  ];
  assert.equal(new Set(variants).size, variants.length);
});

test("a sample drawn between two records separates them from the same records without it", () => {
  const record: Step = { kind: "absorb", label: "foldRoot", values: [5, 6, 7, 8, 9, 10, 11, 12] };
  const [, ...withSample] = run("KF", [record, { kind: "sample", count: 1 }, record, { kind: "sample", count: 2 }]);
  const without = run("KF", [record, record, { kind: "sample", count: 2 }]);
  assert.notDeepEqual(withSample, without);
});

test("bytes are bound with their exact count", () => {
  const digest = (bytes: number[]): string => {
    const transcript = new Transcript("KF");
    transcript.absorbBytes("keyBytes", Uint8Array.from(bytes));
    return transcript.sampleDigest().join();
  };
  const all = [[], [0], [0, 0], [0, 0, 0], [0, 0, 0, 0], [1], [0, 1]].map(digest);
  assert.equal(new Set(all).size, all.length);
});

test("extension elements are absorbed and sampled coefficient by coefficient", () => {
  const [a, b] = [new Transcript("KF"), new Transcript("KF")];
  a.absorbExts("lookupSums", [[1, 2, 3, 4], [5, 6, 7, 8]]);
  b.absorbFelts("lookupSums", [1, 2, 3, 4, 5, 6, 7, 8]);
  assert.deepEqual(a.sampleExt(), [b.sampleFelt(), b.sampleFelt(), b.sampleFelt(), b.sampleFelt()]);
});

test("a clone continues alike and does not disturb its origin", () => {
  const origin = new Transcript("KF");
  origin.absorbFelts("mainRoot", [1, 2, 3]);
  const copy = origin.clone();
  const ahead = [copy.sampleFelt(), copy.sampleFelt()];
  assert.deepEqual([origin.sampleFelt(), origin.sampleFelt()], ahead);
});

test("grinding finds the smallest nonce, checks it, and a zero-bit site leaves no trace", () => {
  fc.assert(
    fc.property(fc.array(felt, { maxLength: 9 }), fc.integer({ min: 1, max: 8 }), (values, bits) => {
      const transcript = new Transcript("KF");
      transcript.absorbFelts("mainRoot", values);
      const nonce = findNonce(transcript, "queryNonce", bits);
      for (let smaller = 0; smaller < Math.min(nonce, 20); smaller++) {
        assert.ok(!transcript.clone().checkGrind("queryNonce", smaller, bits));
      }
      const before = transcript.clone();
      assert.ok(transcript.checkGrind("queryNonce", nonce, bits));
      assert.ok(before.clone().checkGrind("queryNonce", 0, 0));
      const untouched = before.clone();
      untouched.checkGrind("queryNonce", 0, 0);
      assert.equal(untouched.sampleFelt(), before.sampleFelt());
    }),
    { numRuns: 20 },
  );
});

test("non-canonical elements and too wide bit requests trip assertions", () => {
  const transcript = new Transcript("KF");
  assert.throws(() => transcript.absorbFelts("mainRoot", [P]), assert.AssertionError);
  assert.throws(() => transcript.absorbFelts("mainRoot", [-1]), assert.AssertionError);
  assert.throws(() => transcript.sampleBits(25), assert.AssertionError);
  assert.throws(() => new Transcript(""), assert.AssertionError);
});
