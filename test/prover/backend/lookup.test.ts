// Lookup columns by the kernels equal their definition, with any number of threads, for chips of every shape of interaction; a zero
// fingerprint is refused by both. Owns the differential of backend/lookup.ts.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { defineChip } from "../../../prover/air/chip.ts";
import type { Bus } from "../../../prover/air/chip.ts";
import { SHUFFLE_MACHINE, shuffleTraces } from "../../../prover/air/chips/shuffle.ts";
import { R1 } from "../../../prover/air/chips/r1.ts";
import { FIBONACCI, fibonacciTrace } from "../../../prover/air/chips/fibonacci.ts";
import { compileMachine } from "../../../prover/air/ir.ts";
import type { CompiledChip } from "../../../prover/air/ir.ts";
import { ZeroFingerprint, buildPermutation } from "../../../prover/air/permutation.ts";
import type { ChipTrace } from "../../../prover/air/trace.ts";
import { WasmBackend } from "../../../prover/backend/wasm-backend.ts";
import type { Ext } from "../../../prover/field/ext4.ts";
import { P } from "../../../prover/field/koalabear.ts";
import { Circuit } from "../../../prover/recursion/circuit.ts";

const engines: WasmBackend[] = [];
before(async () => { for (const threadCount of [1, 3]) engines.push(await WasmBackend.create({ threadCount, maxLogSize: 10 })); });
after(async () => { for (const engine of engines) await engine.stop(); });

const CHALLENGES: readonly [alpha: Ext, beta: Ext][] = [[[5, 7, 11, 13], [17, 19, 23, 29]], [[P - 1, 1, 0, P - 2], [0, 0, 1, P - 1]]];

const compare = async (chip: CompiledChip, trace: ChipTrace, name: string): Promise<void> => {
  for (const [alpha, beta] of CHALLENGES) {
    const expected = buildPermutation(chip, trace, alpha, beta);
    for (const engine of engines) assert.deepEqual(await engine.lookup({ chip, trace, alpha, beta }), expected, name);
  }
};

/** Random cells: the columns are defined for any trace, satisfied or not. */
const randomTrace = (chip: CompiledChip, height: number, seed: number): ChipTrace => {
  let state = seed;
  const next = (): number => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state % P;
  };
  const matrix = (width: number): ChipTrace["main"] => ({ width, height, values: Uint32Array.from({ length: width * height }, next) });
  return { preprocessed: matrix(chip.preprocessedWidth), main: matrix(chip.mainWidth), publics: Array.from({ length: chip.publicCount }, next) };
};

const BUS: Bus = { id: 2, name: "mixed", width: 3 };
/** Constants, public inputs, next rows, multiplicities of degree 2, an odd number of interactions. */
const MIXED = defineChip("mixed", (b) => {
  const [a, c] = [b.main("a"), b.main("c")];
  const shown = b.publicInput("shown");
  b.assertBoolean("c is boolean", c);
  b.send(BUS, "constant", [a, 4, 9], 1);
  b.receive(BUS, "next", [b.next(a), c, shown], c.mul(c));
  b.send(BUS, "public", [shown, 0, a.mul(c)], shown);
});

test("the shuffle machine, a chip without lookups and R1's own programs", async () => {
  for (const heights of [[2, 3, 2], [6, 9, 4]] as const) {
    const traces = shuffleTraces([{ key: 1, value: 2 }], heights);
    for (const [i, chip] of compileMachine(SHUFFLE_MACHINE).entries()) await compare(chip, traces[i] as ChipTrace, `${chip.name} 2^${heights[i]}`);
  }
  const [fibonacci] = compileMachine([FIBONACCI]);
  await compare(fibonacci as CompiledChip, fibonacciTrace(4, 1, 1), "fibonacci");
  const { preprocessed, main, publics } = new Circuit([1, 2, 3]).finish();
  const [r1] = compileMachine([R1]);
  await compare(r1 as CompiledChip, { preprocessed, main, publics }, "r1");
});

test("random cells in R1 and in a chip with constants, public inputs and next rows", async () => {
  for (const chip of [...compileMachine([R1]), ...compileMachine([MIXED])]) {
    for (const height of [4, 32, 256]) await compare(chip, randomTrace(chip, height, height + 1), `${chip.name}, ${height} rows`);
  }
});

test("challenges that hit a fingerprint are refused by both, wherever the row is", async () => {
  const [chip] = compileMachine([MIXED]) as [CompiledChip];
  const trace = randomTrace(chip, 64, 9);
  for (const row of [0, 33, 63]) {
    // alpha + 3 beta^3 - a - 4 beta - 9 beta^2 = 0 with beta = 1.
    const alpha: Ext = [((trace.main.values[2 * row] ?? 0) + 10) % P, 0, 0, 0];
    const request = { chip, trace, alpha, beta: [1, 0, 0, 0] as Ext };
    assert.throws(() => buildPermutation(chip, trace, request.alpha, request.beta), ZeroFingerprint);
    for (const engine of engines) await assert.rejects(engine.lookup(request), ZeroFingerprint);
  }
});
