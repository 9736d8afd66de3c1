// The kernel differentials on a million inputs each, and transforms at production heights.
// Owns the long run; kernels.test.ts is its quick subset.

import { test } from "node:test";
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
