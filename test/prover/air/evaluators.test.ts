// All evaluators of one chip give the same values on the same random rows; the lookup columns satisfy their constraints.
import assert from "node:assert/strict";
import { test } from "node:test";
import { quotientNumerator } from "../../../prover/air/codegen.ts";
import { evaluateNodes, foldConstraints, powersOf } from "../../../prover/air/evaluate.ts";
import type { RingOperations } from "../../../prover/air/evaluate.ts";
import { compileMachine } from "../../../prover/air/ir.ts";
import type { CompiledChip } from "../../../prover/air/ir.ts";
import { buildPermutation } from "../../../prover/air/permutation.ts";
import { FIBONACCI } from "../../../prover/air/chips/fibonacci.ts";
import { KECCAK_CHAIN } from "../../../prover/air/chips/keccak.ts";
import { POSEIDON2_CHAIN } from "../../../prover/air/chips/poseidon2.ts";
import { SHUFFLE_MACHINE, shuffleTraces } from "../../../prover/air/chips/shuffle.ts";
import { extAdd, extFromFelt, extInv, extIsZero, extMul, extScale, extSub } from "../../../prover/field/ext4.ts";
import type { Ext } from "../../../prover/field/ext4.ts";
import { P, inv } from "../../../prover/field/koalabear.ts";

const EXTENSION: RingOperations<Ext> = { constant: extFromFelt, add: extAdd, sub: extSub, mul: extMul };

/** A small generator with a printed seed (SplitMix-like on 32 bits). */
const randomFelts = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return ((z ^ (z >>> 16)) >>> 0) % P;
  };
};

const matrix = (next: () => number, rows: number, width: number): Uint32Array => Uint32Array.from({ length: rows * width }, next);
const exts = (row: Uint32Array): Ext[] =>
  Array.from({ length: row.length / 4 }, (_, i): Ext => [row[4 * i] ?? 0, row[4 * i + 1] ?? 0, row[4 * i + 2] ?? 0, row[4 * i + 3] ?? 0]);

const compareOnRandomRows = (chip: CompiledChip, seed: number): void => {
  const next = randomFelts(seed);
  const ext = (): Ext => [next(), next(), next(), next()];
  const [rowCount, nextStep] = [8, 2];
  const inputs = {
    rowCount, nextStep, preprocessed: matrix(next, rowCount, chip.preprocessedWidth), main: matrix(next, rowCount, chip.mainWidth),
    permutation: matrix(next, rowCount, 4 * chip.permutationWidth), publics: Array.from({ length: chip.publicCount }, next),
    first: matrix(next, rowCount, 1), last: matrix(next, rowCount, 1), transition: matrix(next, rowCount, 1),
    alpha: ext(), beta: ext(), sumShare: ext(), foldChallenge: ext(),
  };
  const generated = quotientNumerator(chip)(inputs);
  for (let row = 0; row < rowCount; row += 1) {
    const after = (row + nextStep) % rowCount;
    const rowAt = (values: Uint32Array, width: number, r: number): Uint32Array => values.subarray(r * width, (r + 1) * width);
    const base = (values: Uint32Array, width: number, r: number): Ext[] => [...rowAt(values, width, r)].map(extFromFelt);
    const nodes = evaluateNodes(chip, EXTENSION, {
      preprocessed: base(inputs.preprocessed, chip.preprocessedWidth, row),
      preprocessedNext: base(inputs.preprocessed, chip.preprocessedWidth, after),
      main: base(inputs.main, chip.mainWidth, row), mainNext: base(inputs.main, chip.mainWidth, after),
      permutation: exts(rowAt(inputs.permutation, 4 * chip.permutationWidth, row)),
      permutationNext: exts(rowAt(inputs.permutation, 4 * chip.permutationWidth, after)),
      publics: inputs.publics.map(extFromFelt), alpha: inputs.alpha,
      betaPowers: powersOf(EXTENSION, inputs.beta, chip.maxTupleWidth), sumShare: inputs.sumShare,
    });
    const selector = (values: Uint32Array): Ext => extFromFelt(values[row] ?? 0);
    const selectors = { first: selector(inputs.first), last: selector(inputs.last), transition: selector(inputs.transition) };
    const expected = foldConstraints(chip, EXTENSION, nodes, selectors, inputs.foldChallenge);
    assert.deepEqual([...generated.subarray(4 * row, 4 * row + 4)], [...expected], `${chip.name}, row ${row}, seed ${seed}`);
  }
};

for (const chip of [...compileMachine(SHUFFLE_MACHINE), ...compileMachine([FIBONACCI, POSEIDON2_CHAIN, KECCAK_CHAIN])]) {
  test(`generated code and interpreter agree on random rows of ${chip.name}`, () => compareOnRandomRows(chip, 20_251));
}

test("lookup columns of an honest trace satisfy every lookup constraint on every row, and all sums cancel", () => {
  const next = randomFelts(7);
  const [alpha, beta]: [Ext, Ext] = [[next(), next(), next(), next()], [next(), next(), next(), next()]];
  const traces = shuffleTraces([{ key: 9, value: 1 }, { key: 2, value: 3 }, { key: 20, value: 3 }], [3, 2, 5]);
  let total: Ext = [0, 0, 0, 0];
  compileMachine(SHUFFLE_MACHINE).forEach((chip, i) => {
    const trace = traces[i];
    assert(trace !== undefined);
    const { columns, sum } = buildPermutation(chip, trace, alpha, beta);
    total = extAdd(total, sum);
    const { height } = trace.main;
    for (let row = 0; row < height; row += 1) {
      const after = (row + 1) % height;
      const part = (values: Uint32Array, width: number, r: number): Uint32Array => values.subarray(r * width, (r + 1) * width);
      const base = (values: Uint32Array, width: number, r: number): Ext[] => [...part(values, width, r)].map(extFromFelt);
      const nodes = evaluateNodes(chip, EXTENSION, {
        preprocessed: base(trace.preprocessed.values, chip.preprocessedWidth, row), preprocessedNext: base(trace.preprocessed.values, chip.preprocessedWidth, after),
        main: base(trace.main.values, chip.mainWidth, row), mainNext: base(trace.main.values, chip.mainWidth, after),
        permutation: exts(part(columns.values, columns.width, row)), permutationNext: exts(part(columns.values, columns.width, after)),
        publics: trace.publics.map(extFromFelt), alpha, betaPowers: powersOf(EXTENSION, beta, chip.maxTupleWidth),
        sumShare: extScale(sum, inv(height)),
      });
      for (const { root, label } of chip.constraints.slice(chip.ownConstraintCount)) {
        assert(extIsZero(nodes[root] ?? [1, 0, 0, 0]), `${chip.name}: ${label} on row ${row}`);
      }
    }
  });
  assert(extIsZero(total));
});

test("the exported sum is the sum of multiplicity / fingerprint, computed by the formula of the paper", () => {
  const [alpha, beta]: [Ext, Ext] = [[3, 1, 4, 1], [5, 9, 2, 6]];
  const [chip] = compileMachine(SHUFFLE_MACHINE);
  const trace = shuffleTraces([{ key: 9, value: 1 }, { key: 2, value: 3 }], [2, 2, 3])[0];
  assert(chip !== undefined && trace !== undefined);
  const powers = powersOf(EXTENSION, beta, 2);
  const at = (power: number): Ext => powers[power] ?? [0, 0, 0, 0];
  const fraction = (busId: number, tuple: number[]): Ext =>
    extInv(tuple.reduce((left, m, j) => extSub(left, extScale(at(j), m)), extAdd(alpha, extScale(at(2), busId + 1))));
  const expected = [[9, 1], [2, 3]].flatMap(([key = 0, value = 0]) => [fraction(0, [key, value]), fraction(1, [value])]).reduce(extAdd);
  assert.deepEqual(buildPermutation(chip, trace, alpha, beta).sum, expected);
});
