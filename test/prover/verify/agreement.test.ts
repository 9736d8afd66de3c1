// Two provers written apart produce the same bytes, and the verifier accepts them, over machines, heights and profiles.
import assert from "node:assert/strict";
import { test } from "node:test";
import { prove } from "../../../prover/prove/prove.ts";
import { ReferenceBackend } from "../../../prover/prove/reference-backend.ts";
import { setup } from "../../../prover/prove/setup.ts";
import { TEST_FAST, TEST_KECCAK, TEST_NO_GRINDING } from "../../../prover/protocol/profile.ts";
import type { Profile } from "../../../prover/protocol/profile.ts";
import { layoutOf } from "../../../prover/verify/layout.ts";
import { verifyProof } from "../../../prover/verify/verify.ts";
import { fibonacciInstance, shuffleInstance } from "./machines.ts";
import type { Instance } from "./machines.ts";
import { referenceProof } from "./reference-prover.ts";

const instances: { name: string; make: (profile: Profile) => Instance }[] = [
  { name: "fibonacci 2^2", make: (profile) => fibonacciInstance(profile, 2) },
  { name: "fibonacci 2^6", make: (profile) => fibonacciInstance(profile, 6, 3, 5) },
  { name: "shuffle 3/5/4", make: (profile) => shuffleInstance(profile) },
  { name: "shuffle 6/3/6 (two tables of one height)", make: (profile) => shuffleInstance(profile, [6, 3, 6]) },
  { name: "shuffle 4/7/4 (gap of three)", make: (profile) => shuffleInstance(profile, [4, 7, 4]) },
];

/** Under pruned paths every table has one height; 40 queries of 2^6 positions repeat some, and one group may hold one query. */
const oneHeight: typeof instances = [
  ...instances.slice(0, 2), { name: "shuffle 4/4/4", make: (profile) => shuffleInstance(profile, [4, 4, 4]) },
  { name: "fibonacci 2^4, 40 queries", make: (profile) => fibonacciInstance({ ...profile, queryCount: 40 }, 4) },
  { name: "fibonacci 2^4, 2 queries", make: (profile) => fibonacciInstance({ ...profile, queryCount: 2 }, 4) },
  { name: "fibonacci 2^4, 1 query", make: (profile) => fibonacciInstance({ ...profile, queryCount: 1 }, 4) },
];

for (const profile of [TEST_FAST, TEST_NO_GRINDING, TEST_KECCAK]) {
  for (const { name, make } of profile.hash === "keccak256" ? oneHeight : instances) {
    test(`${name} under ${profile.name}: both provers give the same bytes and the verifier accepts them`, async () => {
      const { shape, key, traces } = make(profile);
      const naive = referenceProof(key, traces);
      assert.deepEqual(verifyProof(key, naive.publics, naive.bytes), { ok: true });
      const backend = new ReferenceBackend();
      const provingKey = await setup(backend, shape.profile, shape.chips, traces.map((trace) => trace.preprocessed));
      assert.deepEqual(provingKey.key.digest, key.digest);
      const proof = await prove(backend, provingKey, traces);
      assert.deepEqual([...proof.publicValues], [...naive.publics]);
      assert(Buffer.compare(proof.bytes, naive.bytes) === 0, "the two provers' bytes differ");
      const most = 4 * layoutOf(key).wordCount;
      assert(profile.hash === "keccak256" ? proof.bytes.length <= most : proof.bytes.length === most);
    });
  }
}

test("a proof for one set of public values is rejected for another", () => {
  const { key, traces } = fibonacciInstance(TEST_FAST, 4);
  const { bytes, publics } = referenceProof(key, traces);
  const verdict = verifyProof(key, publics.map((value, i) => (i === 2 ? value + 1 : value)), bytes);
  assert.equal(verdict.ok, false);
});

test("a proof under one key is rejected under a key that differs in height, profile or preprocessed root", () => {
  const { key, traces, shape } = shuffleInstance(TEST_FAST);
  const { bytes, publics } = referenceProof(key, traces);
  const others = [
    shuffleInstance({ ...TEST_FAST, name: "test-renamed" }).key,
    shuffleInstance({ ...TEST_FAST, grindingBits: { ...TEST_FAST.grindingBits, query: 3 } }).key,
    { ...key, preprocessedRoot: (key.preprocessedRoot ?? []).map((felt, i) => (i === 0 ? (felt + 1) % 0x7f000001 : felt)) },
  ];
  assert.equal(shape.chips.length, 3);
  for (const other of others) assert.equal(verifyProof(other, publics, bytes).ok, false);
});
