// Golden digests: every verifying key this build makes or stores is the recorded one. The keys of the tests' recursion are compared
// where they are built (recursion/tree.test.ts), the stored programs are built anew in recursion/production.full.test.ts.
import assert from "node:assert/strict";
import { test } from "node:test";
import { storedKeys } from "../../../prover/protocol/node-keys.ts";
import { PROFILES } from "../../../prover/verify/known-key.ts";
import { digestHex } from "../../../prover/verify/main.ts";
import { finalAccount, machineKeys, productionKeys, recorded } from "./golden-keys.ts";

const MOVED = "a key moved: if that is meant, node test/prover/protocol/golden-keys.ts records it, and what was made under the old key is void";

test("every known machine under every profile has its recorded digest", () => {
  const { machines } = recorded();
  assert.deepEqual(machineKeys(), machines, MOVED);
  for (const { name } of PROFILES) assert(Object.keys(machines).filter((key) => key.includes(` ${name} `)).length >= 5, name);
});

test("segment, LIFT, every JOIN and FINAL of the production recursion have their recorded digests, and so have the list's root and FINAL's account on L1", () => {
  const { nodes, allowRoot, finalAccount: account } = recorded();
  assert.equal(finalAccount(), account, MOVED);
  assert.deepEqual(productionKeys(), nodes, MOVED);
  assert.equal(digestHex(storedKeys().allowRoot), allowRoot, MOVED);
  assert.deepEqual(Object.keys(nodes).map((name) => name.split(" ").slice(0, 2).join(" ")), [
    "keccak-segment production-segment-wide", "keccak-lift production-r1", "keccak-join-16-16 production-r1", "keccak-join-16-15 production-r1",
    "keccak-join-15-16 production-r1", "keccak-join-15-15 production-r1", "keccak-final production-final",
  ]);
});

test("no two recorded keys share a digest", () => {
  const { machines, nodes, testNodes } = recorded();
  const digests = [machines, nodes, testNodes].flatMap((keys) => Object.values(keys));
  assert.equal(new Set(digests).size, digests.length);
});
