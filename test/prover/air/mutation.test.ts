// The mutation harness: honest cells cannot be changed unnoticed, and a planted missing constraint is found.
import assert from "node:assert/strict";
import { test } from "node:test";
import { checkMachine } from "../../../prover/air/check.ts";
import { defineChip } from "../../../prover/air/chip.ts";
import { compileChip, compileMachine } from "../../../prover/air/ir.ts";
import type { CompiledChip } from "../../../prover/air/ir.ts";
import { mutateRows } from "../../../prover/air/mutate.ts";
import { emptyTrace } from "../../../prover/air/trace.ts";
import type { ChipTrace } from "../../../prover/air/trace.ts";
import { FIBONACCI, fibonacciTrace } from "../../../prover/air/chips/fibonacci.ts";
import { POSEIDON2_CHAIN, poseidon2ChainTrace } from "../../../prover/air/chips/poseidon2.ts";
import { SHUFFLE_MACHINE, shuffleTraces } from "../../../prover/air/chips/shuffle.ts";

const one = <T>(list: readonly T[], index = 0): T => {
  const value = list[index];
  assert(value !== undefined);
  return value;
};
const allRows = (trace: ChipTrace): number[] => Array.from({ length: trace.main.height }, (_, row) => row);

test("no cell of an honest Fibonacci trace can change", () => {
  const chip = one(compileMachine([FIBONACCI]));
  const trace = fibonacciTrace(4, 1, 1);
  assert.deepEqual(checkMachine([chip], [trace]), []);
  const report = mutateRows(chip, trace, allRows(trace));
  assert(report.tried > 60);
  assert.deepEqual(report.survivors, []);
});

test("no cell of an honest Poseidon2 row can change", () => {
  const chip = one(compileMachine([POSEIDON2_CHAIN]));
  const trace = poseidon2ChainTrace(2, Array.from({ length: 16 }, (_, i) => i));
  assert.deepEqual(checkMachine([chip], [trace]), []);
  assert.deepEqual(mutateRows(chip, trace, allRows(trace)).survivors, []);
});

test("in the shuffle machine only unsent padding cells are free", () => {
  const chips = compileMachine(SHUFFLE_MACHINE);
  const traces = shuffleTraces([{ key: 5, value: 7 }, { key: 3, value: 15 }, { key: 10, value: 0 }], [2, 3, 4]);
  assert.deepEqual(checkMachine(chips, traces), []);
  const survivors = chips.flatMap((chip, i) => mutateRows(chip, one(traces, i), allRows(one(traces, i))).survivors);
  // Free: key and value of rows with isReal = 0 (row 3 of 4 unsorted; rows 3..7 sorted). They are sent nowhere and the
  // running total multiplies them by isReal.
  const free = new Set(survivors.map(({ chip, row, column }) => `${chip} ${row} ${column}`));
  const expected = [
    ...["key", "value"].map((column) => `unsorted 3 ${column}`),
    ...[3, 4, 5, 6, 7].flatMap((row) => ["key", "value"].map((column) => `sorted ${row} ${column}`)),
  ];
  assert.deepEqual([...free].sort(), expected.sort());
});

/** Three independent rules; `drop` leaves one out by label. */
const planted = (drop: string): { chip: CompiledChip; trace: ChipTrace } => {
  const chip = defineChip("planted", (b) => {
    const [x, square, flag, counter] = [b.main("x"), b.main("square"), b.main("flag"), b.main("counter")];
    const rules: [string, () => void][] = [
      ["square is x^2", () => b.assertEqual("square is x^2", square, x.mul(x))],
      ["flag is boolean", () => b.assertBoolean("flag is boolean", flag)],
      ["counter counts up", () => b.assertEqual("counter counts up", b.next(counter), counter.add(1), "transition")],
    ];
    for (const [label, declare] of rules) if (label !== drop) declare();
  });
  const main = emptyTrace(4, 4);
  for (let row = 0; row < 4; row += 1) main.values.set([row + 2, (row + 2) ** 2, row % 2, row], 4 * row);
  return { chip: compileChip(chip, 0), trace: { preprocessed: emptyTrace(0, 4), main, publics: [] } };
};

test("the harness finds a planted missing constraint: each dropped rule leaves survivors in the column it pinned", () => {
  const survivorsWithout = (drop: string): Set<string> => {
    const { chip, trace } = planted(drop);
    assert.deepEqual(checkMachine([chip], [trace]), []);
    return new Set(mutateRows(chip, trace, [0, 1, 2, 3]).survivors.map(({ column, became }) => `${column}=${became > 1 ? "other" : became}`));
  };
  assert.deepEqual([...survivorsWithout("")].sort(), ["flag=0", "flag=1"]);
  assert(survivorsWithout("square is x^2").has("square=other"));
  assert(survivorsWithout("flag is boolean").has("flag=other"));
  assert(survivorsWithout("counter counts up").has("counter=other"));
});

test("a receive that is not sent, a multiplicity off by one and a wrong shape are named by the checkers", () => {
  const chips = compileMachine(SHUFFLE_MACHINE);
  const traces = shuffleTraces([{ key: 5, value: 7 }], [2, 2, 4]);
  one(traces, 2).main.values[7] = 3;
  assert.deepEqual(checkMachine(chips, traces).map(({ kind }) => kind), ["bus"]);
  const short = shuffleTraces([{ key: 5, value: 7 }], [2, 2, 4]).slice(0, 2);
  assert(checkMachine(chips, short).some(({ kind }) => kind === "shape"));
});
