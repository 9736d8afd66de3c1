// The stored keys of the production recursion, and the command that verifies proofs under them.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { AllowList } from "../../../prover/recursion/allow-list.ts";
import { nodeKey, storedKeys } from "../../../prover/protocol/node-keys.ts";
import { segmentKey } from "../../../prover/recursion/production.ts";
import { REQUIRED_BITS, securityOfKey } from "../../../prover/security/key.ts";
import { digestHex } from "../../../prover/verify/main.ts";
import { keyOf } from "../../../prover/verify/known-key.ts";

/** Segment, LIFT, allowRoot. */
const GOLDEN = [
  "5562e4003c443ee174d01efe6e5ac7c24b6d22bb057eae7c525203425fd302b8", "7834aec372cba1d1233a69761831dd946481a3f3182fdfa8618565586dc83fac",
  "745303a0749f728537ff57765f77a73172eeac006cd31050042c6a260a3c9663",
];

test("the stored keys are one list: its root is theirs, every key claims 100 bits or more", () => {
  const { allowRoot, keys } = storedKeys();
  const made = keys.map(({ name, profile, logHeight }) => {
    const key = nodeKey(name, profile, [logHeight]);
    assert(key !== undefined, name);
    assert(securityOfKey(key).bits >= REQUIRED_BITS, name);
    return { name, key };
  });
  const list = new AllowList(made.map(({ key }) => key));
  assert.deepEqual(list.root, allowRoot);
  assert.deepEqual(made.map(({ name }) => name), ["keccak-lift", "keccak-join-16-16", "keccak-join-16-15", "keccak-join-15-16", "keccak-join-15-15"]);
});

test("the digests of the segment key, LIFT and of the list's root have not moved", () => {
  const digests = [segmentKey().digest, ...storedKeys().keys.filter(({ name }) => !name.includes("join")).map(({ digest }) => digest), storedKeys().allowRoot];
  assert.deepEqual(digests.map(digestHex), GOLDEN);
});

test("a node key is known by its name, profile and height together", () => {
  const [lift] = storedKeys().keys;
  assert(lift !== undefined);
  const key = keyOf(lift.name, lift.profile, [lift.logHeight]);
  assert(!("ok" in key));
  assert.deepEqual(key.digest, lift.digest);
  for (const [name, profile, heights] of [["keccak-lift", lift.profile, [15]], ["keccak-lift", "production-final", [16]], ["keccak-final", "production-final", [14]], ["keccak-lift", lift.profile, [16, 16]], ["keccak-lif", lift.profile, [16]]] as const) {
    assert("ok" in keyOf(name, profile, heights), `${name} ${profile} ${heights.join()}`);
  }
});

test("keyfall proof ends with the verifier's exit code", () => {
  const keyfall = (...args: string[]): { status: number | null; stdout: string } =>
    spawnSync(process.execPath, [fileURLToPath(new URL("../../../node/cli/main.ts", import.meta.url)), "proof", ...args], { encoding: "utf8" });
  const absent = keyfall("verify", "/nonexistent/proof.json", "--json");
  assert.equal(absent.status, 4);
  assert.equal((JSON.parse(absent.stdout) as Record<string, unknown>)["code"], "FILE_UNREADABLE");
  assert.equal(keyfall("prove").status, 2);
});
