// FINAL over the stored JOIN of the production recursion, and a node that verifies under a stored key but was made under another
// list of keys: the command must not trust it.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { brotliDecompressSync } from "node:zlib";
import { WasmBackend } from "../../../prover/backend/wasm-backend.ts";
import { PRODUCTION_R1 } from "../../../prover/protocol/profile.ts";
import { prove } from "../../../prover/prove/prove.ts";
import { buildFamily, setupNode } from "../../../prover/recursion/family.ts";
import { liftProgram } from "../../../prover/recursion/node-programs.ts";
import { KECCAK_INTERVAL, NODE_PROFILES, segmentKey } from "../../../prover/recursion/production.ts";
import { childOf, proveFinal } from "../../../prover/recursion/prove-tree.ts";
import { proveSegment } from "../../../prover/recursion/store-chain.ts";
import { keyOf } from "../../../prover/verify/known-key.ts";
import { run } from "../../../prover/verify/main.ts";
import { decodeProofFile, encodeProofFile } from "../../../prover/verify/proof-file.ts";
import type { ProofFile } from "../../../prover/verify/proof-file.ts";
import { verifyProof } from "../../../prover/verify/verify.ts";

const CHAIN = fileURLToPath(new URL("./chain/", import.meta.url));
const storedFile = (name: string): ProofFile => {
  const file = decodeProofFile(brotliDecompressSync(readFileSync(join(CHAIN, name))).toString("utf8"));
  assert(!("ok" in file), `${name} is a proof file`);
  return file;
};

test("FINAL of the stored JOIN verifies; a LIFT made under another list verifies too and is not trusted", { timeout: 1_800_000 }, async (context) => {
  const backend = await WasmBackend.create({ threadCount: 2, maxLogSize: 19 });
  context.after(() => backend.stop());
  const family = await buildFamily(backend, { key: segmentKey(), interval: KECCAK_INTERVAL }, NODE_PROFILES);
  const stored = storedFile("join.json.br");
  const key = keyOf(stored.machine, stored.profile, stored.logHeights);
  assert(!("ok" in key));
  const final = await proveFinal(backend, family, { key, publics: stored.publics, bytes: stored.proof });
  assert.deepEqual(verifyProof(family.final, final.publics, final.bytes), { ok: true });
  assert.deepEqual(final.publics, stored.publics);
  context.diagnostic(`FINAL: ${JSON.stringify(final.times)}`);
  const zeros = Array.from({ length: 8 }, () => 0);
  const program = liftProgram(childOf(await proveSegment(backend, 0)), KECCAK_INTERVAL, zeros, family.lift.chips[0]?.logHeight);
  const provingKey = await setupNode(backend, PRODUCTION_R1, program.preprocessed);
  assert.deepEqual(provingKey.key.digest, family.lift.digest);
  const { publicValues, bytes } = await prove(backend, provingKey, [program]);
  assert.deepEqual(verifyProof(family.lift, publicValues, bytes), { ok: true });
  const path = join(mkdtempSync(join(tmpdir(), "keyfall-list-")), "other-list.json");
  writeFileSync(path, encodeProofFile({ ...storedFile("lift.json.br"), publics: publicValues, proof: bytes }));
  const { outcome } = run(["verify", path, "--json"]);
  rmSync(dirname(path), { recursive: true, force: true });
  assert.deepEqual([outcome.exit, outcome.report["code"]], [1, "OTHER_ALLOW_ROOT"]);
});
