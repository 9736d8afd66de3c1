// The WASM kernels equal the TypeScript reference: products, permutations, transforms, trees, folds.
// Owns the quick subset; kernels.full.test.ts runs the same comparisons on a million inputs.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import fc from "fast-check";
import { Engine } from "../../../prover/backend/engine.ts";
import { MONTGOMERY_R_SQUARED } from "../../../prover/backend/montgomery-form.ts";
import { WasmBackend } from "../../../prover/backend/wasm-backend.ts";
import { P } from "../../../prover/field/koalabear.ts";
import type { Ext } from "../../../prover/field/ext4.ts";
import type { HashName } from "../../../prover/hash/suite.ts";
import type { CommitMatrix } from "../../../prover/prove/backend.ts";
import { ReferenceBackend } from "../../../prover/prove/reference-backend.ts";
import { Transcript } from "../../../prover/transcript/transcript.ts";
import { compareExtProducts, compareExtension, comparePermutations, compareProducts, elements } from "./kernel-cases.ts";

let engine: Engine;
let fast: WasmBackend;
const slow = new ReferenceBackend();

before(async () => {
  engine = await Engine.create({ threadCount: 1, maxLogSize: 13 });
  fast = await WasmBackend.create({ threadCount: 2, maxLogSize: 12 });
});
after(async () => fast.stop());

test("40000 vector products equal the reference (seed 1)", () => compareProducts(engine, 1, 40000));
test("4000 extension products equal the reference (seed 2)", () => compareExtProducts(engine, 2, 4000));
test("2000 permutations equal the reference (seed 3)", () => comparePermutations(engine, 3, 2000));
for (const [log, logBlowup] of [[2, 1], [3, 3], [4, 1], [5, 2], [6, 1], [9, 1], [10, 3]] as const) {
  test(`the extension of 2^${log} rows by 2^${logBlowup} equals the reference (seed ${log})`, () => compareExtension(engine, log, log, logBlowup));
}

const matrix: fc.Arbitrary<CommitMatrix> = fc.record({
  logHeight: fc.integer({ min: 2, max: 6 }), width: fc.integer({ min: 1, max: 21 }), seed: fc.integer({ min: 1, max: 1 << 30 }),
}).map(({ logHeight, width, seed }) => ({ logHeight, width, values: elements(seed, width * 2 ** logHeight), form: "values" as const }));

test("commitments to random mixed-height matrices have the reference's root, openings and evaluations", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(matrix, { minLength: 1, maxLength: 5 }), fc.integer({ min: 1, max: 3 }), fc.nat(), fc.constantFrom<HashName>("poseidon2", "keccak256"), async (matrices, logBlowup, leaf, hash) => {
      const [mine, reference] = [await fast.commit(matrices, logBlowup, hash), await slow.commit(matrices, logBlowup, hash)];
      assert.deepEqual([...mine.root], [...reference.root]);
      const index = leaf % 2 ** (Math.max(...matrices.map(({ logHeight }) => logHeight)) + logBlowup);
      assert.deepEqual(mine.open(index), reference.open(index));
      const point: Ext = [leaf % P, 5, 7, 11];
      for (const i of matrices.keys()) assert.deepEqual(await fast.evaluate(mine, i, point), await slow.evaluate(reference, i, point));
      fast.release([]);
    }),
    { numRuns: 40 },
  );
});

test("coefficient matrices commit to the same root as the values they interpolate", async () => {
  const coefficients: CommitMatrix = { logHeight: 4, width: 8, values: elements(77, 128), form: "coefficients" };
  const [mine, reference] = [await fast.commit([coefficients], 1, "poseidon2"), await slow.commit([coefficients], 1, "poseidon2")];
  assert.deepEqual([...mine.root], [...reference.root]);
  fast.release([]);
});

test("the threaded nonce search returns the reference's smallest nonce", async () => {
  for (const hash of ["poseidon2", "keccak256"] as const) for (const bits of [1, 6, 11]) {
    const transcript = new Transcript("KF-TEST", hash);
    transcript.absorbFelts("mainRoot", [bits]);
    assert.equal(await fast.grind(transcript, "queryNonce", bits), await slow.grind(transcript, "queryNonce", bits));
  }
});

test("with one, two and three threads the search gives the reference's smallest nonce, whatever the transcript", async (context) => {
  const engines = await Promise.all([1, 3].map((threadCount) => WasmBackend.create({ threadCount, maxLogSize: 4 })));
  context.after(() => Promise.all(engines.map((backend) => backend.stop())));
  for (const hash of ["poseidon2", "keccak256"] as const) for (let seed = 0; seed < 6; seed++) {
    const transcript = new Transcript("KF-TEST", hash);
    transcript.absorbFelts("mainRoot", [seed]);
    const expected = await slow.grind(transcript, "foldNonce", 8);
    for (const backend of [fast, ...engines]) assert.equal(await backend.grind(transcript, "foldNonce", 8), expected, `${hash}, seed ${seed}`);
  }
});

test("a search that finds nothing below its end reports the end, and one begun beyond a nonce does not see it", async () => {
  const { arena, hashScratch, pool } = engine;
  const mark = arena.mark;
  const [search, zeros] = [arena.allocateWords([0, 0]), arena.allocateWords(new Uint32Array(16))];
  const found = async (kernel: "grindKeccak" | "grindPoseidon", first: number, end: number, mask: number): Promise<number | undefined> => {
    arena.words(search, 2).set([first, end]);
    const own = kernel === "grindKeccak" ? [zeros, search, 64, mask] : [zeros, 1, search, 64, mask, MONTGOMERY_R_SQUARED];
    await pool.run([{ kernel, args: [hashScratch, ...own] }]);
    return arena.words(search, 2)[1];
  };
  for (const kernel of ["grindKeccak", "grindPoseidon"] as const) {
    assert.equal(await found(kernel, 0, 1000, 0x3fffffff), 1000, "30 bits in a thousand nonces");
    const nonce = await found(kernel, 0, P, 63) ?? P;
    assert.equal(await found(kernel, 0, nonce + 1, 63), nonce, "the last nonce before the end is searched");
    assert.equal(await found(kernel, 0, nonce, 63), nonce, "an end that is a nonce's place is still the end");
    assert.notEqual(await found(kernel, nonce + 1, P, 63), nonce);
  }
  arena.release(mark);
});

test("keccak rows of every width from 1 to 80 have the reference's digests: odd ends, whole and broken rates, several tiles", async () => {
  for (let width = 1; width <= 80; width++) {
    const values: CommitMatrix = { logHeight: 2, width, values: elements(1000 + width, 4 * width), form: "values" };
    const [mine, reference] = [await fast.commit([values], 1, "keccak256"), await slow.commit([values], 1, "keccak256")];
    for (let leaf = 0; leaf < 8; leaf++) assert.deepEqual(mine.open(leaf), reference.open(leaf), `width ${width}, leaf ${leaf}`);
    assert.deepEqual([...mine.root], [...reference.root], `width ${width}`);
    fast.release([]);
  }
});

test("a word larger than the engine's tables is refused by name", async () => {
  const tall: CommitMatrix = { logHeight: 12, width: 1, values: new Uint32Array(4096), form: "values" };
  await assert.rejects(fast.commit([tall], 1, "poseidon2"), { code: "DOMAIN_TOO_LARGE" });
  fast.release([]);
});
