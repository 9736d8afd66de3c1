// One production chain through the verifiers: a keccak-f segment proven here and now, and stored proofs made from it and its two
// neighbours: its LIFT, the JOIN of all three, FINAL. And a FINAL made under a list that nobody should trust.
// `node prover/recursion/store-chain.ts` makes them; stored-chain-l1.test.ts gives both FINALs to the contracts.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { brotliDecompressSync } from "node:zlib";
import { keccakP } from "@noble/hashes/sha3.js";
import { stateLimbs } from "../../../prover/air/chips/keccak-round.ts";
import { WasmBackend } from "../../../prover/backend/wasm-backend.ts";
import { liftedValues } from "../../../prover/recursion/node-programs.ts";
import { splitNodeValues, stateDigest } from "../../../prover/protocol/node-values.ts";
import { storedKeys } from "../../../prover/protocol/node-keys.ts";
import { KECCAK_INTERVAL } from "../../../prover/recursion/production.ts";
import { childOf } from "../../../prover/recursion/prove-tree.ts";
import { CHAIN_START, proveSegment } from "../../../prover/recursion/store-chain.ts";
import { keyOf } from "../../../prover/verify/known-key.ts";
import { run } from "../../../prover/verify/main.ts";
import { decodeProofFile, encodeProofFile } from "../../../prover/verify/proof-file.ts";
import type { ProofFile } from "../../../prover/verify/proof-file.ts";
import { verifyProof } from "../../../prover/verify/verify.ts";

const CHAIN = fileURLToPath(new URL("./chain/", import.meta.url));
const FILES = ["lift.json.br", "join.json.br", "final.json.br"] as const;
const FOLDER = mkdtempSync(join(tmpdir(), "keyfall-chain-"));
after(() => rmSync(FOLDER, { recursive: true, force: true }));

const fileOf = (name: string): ProofFile => {
  const file = decodeProofFile(brotliDecompressSync(readFileSync(join(CHAIN, name))).toString("utf8"));
  assert(!("ok" in file), `${name} is a proof file`);
  return file;
};

test("every stored proof verifies, and the command says so with exit code 0", () => {
  for (const name of FILES) {
    const file = fileOf(name);
    const key = keyOf(file.machine, file.profile, file.logHeights);
    assert(!("ok" in key), name);
    assert.deepEqual(verifyProof(key, file.publics, file.proof), { ok: true }, name);
    assert.equal(run(["verify", join(CHAIN, name)]).outcome.exit, 0, name);
  }
});

test("the JOIN says that keccak-f applied 126 times leads from the chain's start to its end", () => {
  const words = new Uint32Array(50);
  CHAIN_START.forEach((lane, i) => words.set([Number(lane & 0xffffffffn), Number(lane >> 32n)], 2 * i));
  for (let i = 0; i < 126; i += 1) keccakP(words);
  const end = CHAIN_START.map((_, i) => (BigInt(words[2 * i + 1] ?? 0) << 32n) | BigInt(words[2 * i] ?? 0));
  const values = splitNodeValues(fileOf("join.json.br").publics);
  assert.deepEqual(values.start, stateDigest(stateLimbs(CHAIN_START)));
  assert.deepEqual(values.end, stateDigest(stateLimbs(end)));
  assert.deepEqual([...values.count, ...values.segments], [126, 3]);
  assert.deepEqual(values.allowRoot, storedKeys().allowRoot);
});

test("FINAL says what the JOIN says, in a third of its bytes, under a key that no list holds", () => {
  const [joined, final] = [fileOf("join.json.br"), fileOf("final.json.br")];
  assert.deepEqual(final.publics, joined.publics);
  assert.deepEqual([final.machine, final.profile, final.logHeights], ["keccak-final", "production-final", [14]]);
  assert(3 * final.proof.length < 1.2 * joined.proof.length, `${final.proof.length} and ${joined.proof.length} bytes`);
  assert(storedKeys().keys.every(({ name }) => name !== final.machine));
});

test("a FINAL of another list verifies under FINAL's own key, claims what nobody computed, and is not trusted", () => {
  const foreign = fileOf("foreign.json.br");
  const key = keyOf(foreign.machine, foreign.profile, foreign.logHeights);
  assert(!("ok" in key));
  assert.deepEqual(verifyProof(key, foreign.publics, foreign.proof), { ok: true });
  assert.deepEqual(splitNodeValues(foreign.publics).count, [2 ** 30]);
  const { outcome } = run(["verify", join(CHAIN, "foreign.json.br"), "--json"]);
  assert.deepEqual([outcome.exit, outcome.report["code"]], [1, "OTHER_ALLOW_ROOT"]);
  // Naming the trusted list does not help: allowRoot is part of what was proven.
  const path = join(FOLDER, "renamed.json");
  writeFileSync(path, encodeProofFile({ ...foreign, publics: [...storedKeys().allowRoot, ...foreign.publics.slice(8)] }));
  assert.equal(run(["verify", path]).outcome.exit, 1);
});

test("the segment proven on this machine is the one that the stored LIFT verified", { timeout: 300_000 }, async (context) => {
  const backend = await WasmBackend.create({ threadCount: 2, maxLogSize: 12 });
  context.after(() => backend.stop());
  const segment = childOf(await proveSegment(backend, 0));
  assert.deepEqual(splitNodeValues(fileOf("lift.json.br").publics), liftedValues(segment, KECCAK_INTERVAL, storedKeys().allowRoot));
});

test("a stored proof under another stored key, or saying anything else, is refused", () => {
  const [lift, joined, final] = [fileOf("lift.json.br"), fileOf("join.json.br"), fileOf("final.json.br")];
  const attempts: [string, ProofFile, number][] = [
    ["another count", { ...joined, publics: joined.publics.map((felt, i) => (i === 52 ? felt + 1 : felt)) }, 1],
    ["another list", { ...joined, publics: joined.publics.map((felt, i) => (i === 0 ? felt ^ 1 : felt)) }, 1],
    ["a value that no field uses", { ...joined, publics: joined.publics.map((felt, i) => (i === 63 ? 1 : felt)) }, 1],
    ["the LIFT's words under the JOIN's key", { ...joined, proof: lift.proof }, 1],
    ["another height", { ...joined, logHeights: [16] }, 4],
    ["a LIFT under the name of a JOIN", { ...lift, machine: "keccak-join-16-16" }, 4],
    ["a JOIN under another JOIN's key", { ...joined, machine: joined.machine === "keccak-join-16-15" ? "keccak-join-16-16" : "keccak-join-16-15" }, 1],
    ["FINAL with another count", { ...final, publics: final.publics.map((felt, i) => (i === 52 ? felt + 1 : felt)) }, 1],
    ["FINAL under its child's key", { ...final, machine: joined.machine, profile: joined.profile, logHeights: joined.logHeights }, 1],
    ["FINAL with a word more", { ...final, proof: Uint8Array.from([...final.proof, 0, 0, 0, 0]) }, 1],
  ];
  for (const [name, file, exit] of attempts) {
    const path = join(FOLDER, "attempt.json");
    writeFileSync(path, encodeProofFile(file));
    assert.equal(run(["verify", path]).outcome.exit, exit, name);
  }
});

test("keyfall proof verifies and inspects stored proofs", () => {
  const keyfall = (...args: string[]): { status: number | null; stdout: string; stderr: string } =>
    spawnSync(process.execPath, [fileURLToPath(new URL("../../../node/cli/main.ts", import.meta.url)), "proof", ...args], { encoding: "utf8" });
  const verified = keyfall("verify", join(CHAIN, "final.json.br"), "--json");
  assert.equal(verified.status, 0, verified.stderr);
  const { ok, count, segments, profile } = JSON.parse(verified.stdout) as Record<string, unknown>;
  assert.deepEqual([ok, count, segments, profile], [true, 126, 3, "production-final"]);
  const inspected = keyfall("inspect", join(CHAIN, "final.json.br"));
  assert.equal(inspected.status, 0);
  assert.match(inspected.stdout, /allowRoot: [0-9a-f]{64}/);
  assert.match(inspected.stdout, /expected bytes: at most \d+/);
});
