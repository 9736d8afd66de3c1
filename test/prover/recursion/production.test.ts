// The stored keys of the production recursion, and the command that verifies proofs under them.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { AllowList } from "../../../prover/recursion/allow-list.ts";
import type { VerifyingKey } from "../../../prover/protocol/key.ts";
import { nodeKey, storedKeys } from "../../../prover/protocol/node-keys.ts";
import type { StoredKey } from "../../../prover/protocol/node-keys.ts";
import { REQUIRED_BITS, securityOfKey } from "../../../prover/security/key.ts";
import { keyOf } from "../../../prover/verify/known-key.ts";

test("the stored keys are one list: its root is theirs, every key claims 100 bits or more", () => {
  const { allowRoot, final } = storedKeys();
  const whole = ({ name, profile, logHeight }: StoredKey): { name: string; key: VerifyingKey } => {
    const key = nodeKey(name, profile, [logHeight]);
    assert(key !== undefined, name);
    assert(securityOfKey(key).bits >= REQUIRED_BITS, name);
    return { name, key };
  };
  const made = storedKeys().keys.map(whole);
  const list = new AllowList(made.map(({ key }) => key));
  assert.deepEqual(list.root, allowRoot);
  const { key: finalKey } = whole(final);
  assert.equal(finalKey.profile.name, "production-final");
  assert.equal(list.pathOf(finalKey), undefined, "FINAL is no node of a tree: L1 names it");
  assert.deepEqual(made.map(({ name }) => name), ["keccak-lift", "keccak-join-16-16", "keccak-join-16-15", "keccak-join-15-16", "keccak-join-15-15"]);
});

test("a node key is known by its name, profile and height together", () => {
  const [lift] = storedKeys().keys;
  assert(lift !== undefined);
  const key = keyOf(lift.name, lift.profile, [lift.logHeight]);
  assert(!("ok" in key));
  assert.deepEqual(key.digest, lift.digest);
  for (const [name, profile, heights] of [["keccak-lift", lift.profile, [15]], ["keccak-lift", "production-final", [16]], ["keccak-final", "production-final", [15]], ["keccak-final", "production-r1", [14]], ["keccak-lift", lift.profile, [16, 16]], ["keccak-lif", lift.profile, [16]]] as const) {
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
