// The process entry: exit codes, JSON, keys that must match, weak keys and files that are not proofs.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { WasmBackend } from "../../../prover/backend/wasm-backend.ts";
import { prove } from "../../../prover/prove/prove.ts";
import { setup } from "../../../prover/prove/setup.ts";
import { PRODUCTION_SEGMENT, TEST_FAST } from "../../../prover/protocol/profile.ts";
import { digestHex, run as runRequest } from "../../../prover/verify/main.ts";
import { keyOf } from "../../../prover/verify/known-key.ts";
import { decodeProofFile, encodeProofFile } from "../../../prover/verify/proof-file.ts";
import { verifyProof } from "../../../prover/verify/verify.ts";
import { fibonacciInstance, shuffleInstance } from "./machines.ts";
import { referenceProof } from "./reference-prover.ts";

const MAIN = fileURLToPath(new URL("../../../prover/verify/main.ts", import.meta.url));
const FOLDER = mkdtempSync(join(tmpdir(), "keyfall-proof-"));
after(() => rmSync(FOLDER, { recursive: true, force: true }));

const INSTANCE = shuffleInstance(TEST_FAST);
const PROOF = referenceProof(INSTANCE.key, INSTANCE.traces);
const FILE = { machine: "shuffle", profile: TEST_FAST.name, logHeights: [3, 5, 4], publics: PROOF.publics, proof: PROOF.bytes };

const save = (name: string, text: string): string => {
  const path = join(FOLDER, name);
  writeFileSync(path, text);
  return path;
};
const GOOD = save("good.json", encodeProofFile(FILE));
const spawn = (...args: string[]): { status: number | null; stdout: string; stderr: string } => spawnSync(process.execPath, [MAIN, ...args], { encoding: "utf8" });
/** The same request in this process. */
const run = (...args: string[]): { status: number; stdout: string } => {
  const { outcome } = runRequest(args);
  return { status: outcome.exit, stdout: outcome.lines.join("\n") };
};
const json = (...args: string[]): { status: number; report: Readonly<Record<string, unknown>> } => {
  const { outcome } = runRequest([...args, "--json"]);
  return { status: outcome.exit, report: outcome.report };
};

test("the key recomputed from names and heights is the key the proof was made under", () => {
  const key = keyOf("shuffle", TEST_FAST.name, [3, 5, 4]);
  assert(!("ok" in key));
  assert.deepEqual(key.digest, INSTANCE.key.digest);
});

test("a good proof under a test profile passes only when the caller allows test profiles", () => {
  assert.equal(run("verify", GOOD, "--allow-test-profile").status, 0);
  const { status, report } = json("verify", GOOD);
  assert.equal(status, 1);
  assert.equal(report["code"], "WEAK_KEY");
});

test("the expected key must match", () => {
  const hex = digestHex(INSTANCE.key.digest);
  assert.equal(run("verify", GOOD, "--allow-test-profile", "--key", hex).status, 0);
  const { status, report } = json("verify", GOOD, "--allow-test-profile", "--key", "0".repeat(64));
  assert.deepEqual([status, report["code"]], [1, "OTHER_KEY"]);
});

test("a false statement and a damaged proof fail with exit code 1 and the check's code", () => {
  const lying = save("lying.json", encodeProofFile({ ...FILE, publics: [1] }));
  assert.equal(json("verify", lying, "--allow-test-profile").status, 1);
  const short = save("short.json", encodeProofFile({ ...FILE, proof: FILE.proof.slice(4) }));
  const { status, report } = json("verify", short, "--allow-test-profile");
  assert.deepEqual([status, report["code"]], [1, "PROOF_LENGTH"]);
});

test("what cannot be checked is unknown, exit code 4: no file, no proof file, another machine, profile or heights", () => {
  const unknown = [
    join(FOLDER, "absent.json"), save("text.json", "hello"), save("array.json", "[]"),
    save("extra.json", encodeProofFile(FILE).replace("{", '{"extra":1,')),
    save("machine.json", encodeProofFile({ ...FILE, machine: "mystery" })),
    save("profile.json", encodeProofFile({ ...FILE, profile: "test-mystery" })),
    save("heights.json", encodeProofFile({ ...FILE, logHeights: [3, 5] })),
    save("tall.json", encodeProofFile({ ...FILE, logHeights: [3, 24, 4] })),
    save("wide.json", encodeProofFile({ ...FILE, logHeights: [2, 2, 23] })),
    save("format.json", encodeProofFile(FILE).replace(/"format":"[^"]*"/, '"format":{"toString":0}')),
    save("nested.json", encodeProofFile(FILE).replace(/"logHeights":\[[^\]]*\]/, `"logHeights":${"[".repeat(100_000)}${"]".repeat(100_000)}`)),
    save("stray.json", encodeProofFile({ ...FILE, publics: [0x7f000001] })),
    save("base64.json", encodeProofFile(FILE).replace('"proof":"', '"proof":" ')),
  ];
  for (const path of unknown) {
    assert.equal(run("verify", path, "--allow-test-profile").status, 4, path);
    assert.equal(run("inspect", path).status, 4, path);
  }
});

test("the process exits with the outcome's code and speaks JSON on standard output", () => {
  const good = spawn("verify", GOOD, "--allow-test-profile", "--json");
  assert.deepEqual([good.status, (JSON.parse(good.stdout) as Record<string, unknown>)["ok"]], [0, true]);
  const unknown = spawn("verify", join(FOLDER, "absent.json"));
  assert.equal(unknown.status, 4);
  assert.match(unknown.stderr, /FILE_UNREADABLE/);
});

test("wrong arguments are usage errors, exit code 2", () => {
  for (const args of [[], ["verify"], ["prove", GOOD], ["verify", GOOD, "--key", "12"], ["inspect", GOOD, "--key", "0".repeat(64)], ["verify", GOOD, "--fast"]]) {
    assert.equal(run(...args).status, 2, args.join(" "));
  }
});

test("inspect prints key, widths and every term of the security claim, and verifies nothing", () => {
  const { status, report } = json("inspect", save("lying2.json", encodeProofFile({ ...FILE, publics: [1] })));
  assert.equal(status, 0);
  assert.equal(report["key"], digestHex(INSTANCE.key.digest));
  assert.equal(report["expectedBytes"], PROOF.bytes.length);
  assert.match(run("inspect", GOOD).stdout, /inspect checks nothing/);
});

test("a production proof passes with exit code 0, in under a second of verification, and only under its own key", { timeout: 120_000 }, async (context) => {
  const { shape, traces } = fibonacciInstance(PRODUCTION_SEGMENT, 6);
  const backend = await WasmBackend.create({ threadCount: 2, maxLogSize: 8 });
  context.after(() => backend.stop());
  const provingKey = await setup(backend, PRODUCTION_SEGMENT, shape.chips, traces.map((trace) => trace.preprocessed));
  const { publicValues, bytes } = await prove(backend, provingKey, traces);
  const start = performance.now();
  assert.deepEqual(verifyProof(provingKey.key, publicValues, bytes), { ok: true });
  context.diagnostic(`verified in ${Math.round(performance.now() - start)} ms, ${bytes.length} bytes`);
  const path = save("production.json", encodeProofFile({ machine: "fibonacci", profile: PRODUCTION_SEGMENT.name, logHeights: [6], publics: publicValues, proof: bytes }));
  const { status, stdout, stderr } = spawn("verify", path, "--json", "--key", digestHex(provingKey.key.digest));
  assert.equal(status, 0, stderr);
  const report = JSON.parse(stdout) as Record<string, unknown>;
  assert(Number(report["securityBits"]) >= 100, `${String(report["securityBits"])} bits`);
});

test("a proof file round-trips", () => {
  const decoded = decodeProofFile(encodeProofFile(FILE));
  assert(!("ok" in decoded));
  assert.deepEqual(decoded, FILE);
});
