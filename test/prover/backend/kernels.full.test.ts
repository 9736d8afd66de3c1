// The kernel differentials on a million inputs each, and transforms at production heights.
// Also: building the kernels again gives the bytes in use. Owns the long run; kernels.test.ts is its quick subset.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Engine } from "../../../prover/backend/engine.ts";
import { compareExtProducts, compareExtension, comparePermutations, compareProducts } from "./kernel-cases.ts";

const engine = await Engine.create({ threadCount: 1, maxLogSize: 18 });

test("10^6 vector products equal the reference (seed 101)", () => compareProducts(engine, 101, 1_000_000));
test("10^6 extension products equal the reference (seeds 102 to 141)", async () => {
  for (let i = 0; i < 40; i++) await compareExtProducts(engine, 102 + i, 25_000);
});
test("10^6 permutations equal the reference (seeds 201 to 250)", async () => {
  for (let i = 0; i < 50; i++) await comparePermutations(engine, 201 + i, 20_000);
});
for (const log of [15, 16, 17]) test(`the extension of 2^${log} rows by 2 equals the reference`, () => compareExtension(engine, log, log, 1));

test("building the kernels again gives the bytes in use", (context) => {
  const prover = fileURLToPath(new URL("../../../prover/", import.meta.url));
  const { scripts } = JSON.parse(readFileSync(join(prover, "package.json"), "utf8")) as { scripts: { build: string } };
  const words = (scripts.build.split("&& asc ")[1] ?? "").split(" ");
  const folder = mkdtempSync(join(tmpdir(), "kernels-"));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const output = join(folder, "kernels.wasm");
  const compiler = join(dirname(createRequire(join(prover, "package.json")).resolve("assemblyscript/package.json")), "bin/asc.js");
  execFileSync(process.execPath, [compiler, ...words.map((word) => (word === "build/kernels.wasm" ? output : word))], { cwd: prover });
  assert.ok(readFileSync(output).equals(readFileSync(join(prover, "build/kernels.wasm"))));
});
