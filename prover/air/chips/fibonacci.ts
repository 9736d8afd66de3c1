/**
 * The Fibonacci chip: a machine of one table without buses, for the single-AIR path of prover and verifier.
 *
 * Statement: the sequence starting with public (start0, start1) has public `result` as second entry of its last row.
 */
import { add } from "../../field/koalabear.ts";
import { defineChip } from "../chip.ts";
import { emptyTrace } from "../trace.ts";
import type { ChipTrace } from "../trace.ts";

export const FIBONACCI = defineChip("fibonacci", (b) => {
  const [left, right] = [b.main("left"), b.main("right")];
  const [start0, start1, result] = [b.publicInput("start0"), b.publicInput("start1"), b.publicInput("result")];
  b.assertEqual("left starts at start0", left, start0, "first");
  b.assertEqual("right starts at start1", right, start1, "first");
  b.assertEqual("left takes right", b.next(left), right, "transition");
  b.assertEqual("right takes the sum", b.next(right), left.add(right), "transition");
  b.assertEqual("right ends at result", right, result, "last");
});

/** Honest trace of 2^logHeight rows starting at (start0, start1). */
export const fibonacciTrace = (logHeight: number, start0: number, start1: number): ChipTrace => {
  const height = 2 ** logHeight;
  const main = emptyTrace(2, height);
  let [left, right] = [start0, start1];
  for (let row = 0; row < height; row += 1) {
    main.values.set([left, right], 2 * row);
    if (row < height - 1) [left, right] = [right, add(left, right)];
  }
  return { preprocessed: emptyTrace(0, height), main, publics: [start0, start1, right] };
};
