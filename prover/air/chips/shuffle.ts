/**
 * The shuffle machine: three tables of different heights joined by two buses.
 *
 * Statement: the pairs of the `unsorted` table, in any order, are the pairs of the `sorted` table, whose keys increase
 * strictly by at most 2^rangeBits, whose values are below 2^rangeBits (the height of the range table), and whose public `total` is the sum of values.
 * It exercises everything the proof system has: preprocessed columns, public inputs, first/last/transition rows,
 * cyclic sums, pairs of interactions, a lookup table, and roll-ins of several heights.
 */
import assert from "node:assert/strict";
import { add } from "../../field/koalabear.ts";
import { defineChip } from "../chip.ts";
import type { Bus, ChipDefinition } from "../chip.ts";
import { emptyTrace } from "../trace.ts";
import type { ChipTrace } from "../trace.ts";
import { rangeChip, rangeTrace } from "./range.ts";

export const PAIR_BUS: Bus = { id: 0, name: "pair", width: 2 };
export const RANGE_BUS: Bus = { id: 1, name: "range", width: 1 };

const UNSORTED = defineChip("unsorted", (b) => {
  const [key, value, isReal] = [b.main("key"), b.main("value"), b.main("isReal")];
  b.assertBoolean("isReal is boolean", isReal);
  b.send(PAIR_BUS, "pair", [key, value], isReal);
  b.send(RANGE_BUS, "value", [value], isReal);
});

const SORTED = defineChip("sorted", (b) => {
  const [key, value, isReal, isPair, total] = [
    b.main("key"), b.main("value"), b.main("isReal"), b.main("isPair"), b.main("total"),
  ];
  const expected = b.publicInput("publicTotal");
  const [nextKey, nextReal] = [b.next(key), b.next(isReal)];
  b.assertBoolean("isReal is boolean", isReal);
  b.assertZero("real rows come first", nextReal.mul(isReal.not()), "transition");
  b.assertEqual("isPair marks two real rows in a row", isPair, isReal.mul(nextReal), "transition");
  b.assertZero("the last row starts no pair", isPair, "last");
  b.assertEqual("total starts with the first value", total, isReal.mul(value), "first");
  b.assertEqual("total adds the next value", b.next(total), total.add(nextReal.mul(b.next(value))), "transition");
  b.assertEqual("total ends at the public total", total, expected, "last");
  b.receive(PAIR_BUS, "pair", [key, value], isReal);
  b.send(RANGE_BUS, "value", [value], isReal);
  b.send(RANGE_BUS, "key step", [nextKey.sub(key).sub(1)], isPair);
});

/** Chips in verifying-key order: unsorted, sorted, range table. */
export const SHUFFLE_MACHINE: readonly ChipDefinition[] = [UNSORTED, SORTED, rangeChip(RANGE_BUS)];

export type Pair = { readonly key: number; readonly value: number };

/** Log heights of the three tables; the third is the number of bits of the range. */
export type ShuffleHeights = readonly [unsorted: number, sorted: number, rangeBits: number];

/** Honest traces. Asserts that the pairs fit the statement. */
export const shuffleTraces = (pairs: readonly Pair[], [logUnsorted, logSorted, rangeBits]: ShuffleHeights): ChipTrace[] => {
  const [unsortedHeight, sortedHeight] = [2 ** logUnsorted, 2 ** logSorted];
  assert(pairs.length <= Math.min(unsortedHeight, sortedHeight), `${pairs.length} pairs do not fit`);
  const unsorted = emptyTrace(3, unsortedHeight);
  pairs.forEach(({ key, value }, row) => unsorted.values.set([key, value, 1], 3 * row));
  const ordered = pairs.toSorted((a, b) => a.key - b.key);
  const looked: number[] = ordered.flatMap((pair) => [pair.value, pair.value]);
  const sorted = emptyTrace(5, sortedHeight);
  let total = 0;
  for (let row = 0; row < sortedHeight; row += 1) {
    const pair = ordered[row];
    const following = ordered[row + 1];
    if (pair === undefined) {
      sorted.values.set([0, 0, 0, 0, total], 5 * row);
      continue;
    }
    total = add(total, pair.value);
    sorted.values.set([pair.key, pair.value, 1, following === undefined ? 0 : 1, total], 5 * row);
    if (following !== undefined) looked.push(following.key - pair.key - 1);
  }
  return [
    { preprocessed: emptyTrace(0, unsortedHeight), main: unsorted, publics: [] },
    { preprocessed: emptyTrace(0, sortedHeight), main: sorted, publics: [total] },
    rangeTrace(rangeBits, looked),
  ];
};
