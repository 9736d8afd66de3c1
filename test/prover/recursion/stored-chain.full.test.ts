// The stored production chain made anew: three keccak-f segments folded to FINAL, byte for byte what is stored. And what production
// programs refuse: neighbours out of order or left out, a node that no list holds, a LIFT of another list (the command's part).
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { brotliDecompressSync } from "node:zlib";
import { WasmBackend } from "../../../prover/backend/wasm-backend.ts";
import { PRODUCTION_R1 } from "../../../prover/protocol/profile.ts";
import { prove } from "../../../prover/prove/prove.ts";
import { setupNode } from "../../../prover/recursion/family.ts";
import { finalProgram, liftProgram } from "../../../prover/recursion/node-programs.ts";
import { KECCAK_INTERVAL, storedFamily } from "../../../prover/recursion/production.ts";
import { childOf, proveFinal, proveJoin, proveTree } from "../../../prover/recursion/prove-tree.ts";
import type { Layer } from "../../../prover/recursion/prove-tree.ts";
import { proveForeignNode, proveSegment } from "../../../prover/recursion/store-chain.ts";
import { run } from "../../../prover/verify/main.ts";
import { decodeProofFile, encodeProofFile } from "../../../prover/verify/proof-file.ts";
import type { ProofFile } from "../../../prover/verify/proof-file.ts";
import { verifyProof } from "../../../prover/verify/verify.ts";
import { checkProgram } from "./r1-check.ts";

const CHAIN = fileURLToPath(new URL("./chain/", import.meta.url));
const storedFile = (name: string): ProofFile => {
  const file = decodeProofFile(brotliDecompressSync(readFileSync(join(CHAIN, name))).toString("utf8"));
  assert(!("ok" in file), `${name} is a proof file`);
  return file;
};

const family = storedFamily();
const nodes = new Map<string, Layer>();
let backend: WasmBackend;
before(async () => { backend = await WasmBackend.create({ threadCount: 2, maxLogSize: 19 }); });
after(() => backend.stop());

const node = (name: string): Layer => {
  const layer = nodes.get(name);
  assert(layer !== undefined, `no node ${name}`);
  return layer;
};
const assertStored = (file: string, { publics, bytes }: Pick<Layer, "publics" | "bytes">): void => {
  const stored = storedFile(file);
  assert.deepEqual(publics, stored.publics, file);
  assert(Buffer.compare(bytes, stored.proof) === 0, `${file}: other bytes; node prover/recursion/store-chain.ts stores the chain anew`);
};

test("three production segments fold to the stored LIFT, JOIN and FINAL, byte for byte", { timeout: 3_600_000 }, async (context) => {
  const segments: Layer[] = [];
  for (const index of [0, 1, 2]) segments.push(await proveSegment(backend, index));
  for await (const { name, layer } of proveTree(backend, family, segments)) {
    assert.deepEqual(verifyProof(layer.key, layer.publics, layer.bytes), { ok: true }, name);
    context.diagnostic(`${name}: ${JSON.stringify(layer.times)}`);
    nodes.set(name, layer);
  }
  assertStored("lift.json.br", node("lift 0"));
  assertStored("join.json.br", node("join 2"));
  assertStored("final.json.br", node("final"));
});

test("production segments out of order, or with one left out, have no JOIN", { timeout: 3_600_000 }, async () => {
  for (const [left, right] of [["lift 1", "lift 0"], ["lift 0", "lift 2"]] as const) {
    await assert.rejects(proveJoin(backend, family, node(left), node(right)), { code: /^(UNSATISFIED_CONSTRAINT|UNBALANCED_BUS)$/ }, `${left}, ${right}`);
  }
});

test("a node of a foreign list is listed nowhere in ours; FINAL of its own list is the stored one", { timeout: 3_600_000 }, async () => {
  const { node: foreign, allowList } = await proveForeignNode(backend, family);
  await assert.rejects(proveFinal(backend, family, foreign), /not in the allow-list/);
  assert(checkProgram(finalProgram({ ...childOf(foreign), path: family.allowList.pathAt(0) })).length > 0, "an unlisted key at a listed place");
  assertStored("foreign.json.br", await proveFinal(backend, { ...family, allowList }, foreign));
});

test("a LIFT made under another list verifies and is not trusted", { timeout: 3_600_000 }, async () => {
  const zeros = Array.from({ length: 8 }, () => 0);
  const program = liftProgram(childOf(await proveSegment(backend, 0)), KECCAK_INTERVAL, zeros, family.lift.chips[0]?.logHeight);
  const provingKey = await setupNode(backend, PRODUCTION_R1, program.preprocessed);
  assert.deepEqual(provingKey.key.digest, family.lift.digest);
  const { publicValues, bytes } = await prove(backend, provingKey, [program]);
  assert.deepEqual(verifyProof(family.lift, publicValues, bytes), { ok: true });
  const folder = mkdtempSync(join(tmpdir(), "keyfall-list-"));
  const path = join(folder, "other-list.json");
  writeFileSync(path, encodeProofFile({ ...storedFile("lift.json.br"), publics: publicValues, proof: bytes }));
  const { outcome } = run(["verify", path, "--json"]);
  rmSync(folder, { recursive: true, force: true });
  assert.deepEqual([outcome.exit, outcome.report["code"]], [1, "OTHER_ALLOW_ROOT"]);
});
