/**
 * The range table: a preprocessed column 0..height-1 and how often each value is looked up.
 *
 * Owns: the table side of a range bus. Does not own: who looks up (they send (value) on the bus).
 * Invariant: a tuple received here lies in [0, height); the multiplicity is free, as LogUp allows for a table.
 */
import assert from "node:assert/strict";
import { defineChip } from "../chip.ts";
import type { Bus, ChipDefinition } from "../chip.ts";
import { emptyTrace } from "../trace.ts";
import type { ChipTrace, Trace } from "../trace.ts";

/** A range table chip serving `bus` (tuples of one element). Its height fixes the range. */
export const rangeChip = (bus: Bus): ChipDefinition =>
  defineChip(`range:${bus.name}`, (b) => {
    const value = b.preprocessed("value");
    const multiplicity = b.main("multiplicity");
    b.receive(bus, "value in range", [value], multiplicity);
  });

/** The preprocessed column 0 .. 2^bits - 1. */
export const rangePreprocessed = (bits: number): Trace => {
  const preprocessed = emptyTrace(1, 2 ** bits);
  for (let value = 0; value < preprocessed.height; value += 1) preprocessed.values[value] = value;
  return preprocessed;
};

/** Honest table of 2^bits rows for the given looked-up values. Asserts that each is in range. */
export const rangeTrace = (bits: number, looked: Iterable<number>): ChipTrace => {
  const main = emptyTrace(1, 2 ** bits);
  for (const value of looked) {
    const count = main.values[value];
    assert(count !== undefined, `looked-up value ${value} is not below 2^${bits}`);
    main.values[value] = count + 1;
  }
  return { preprocessed: rangePreprocessed(bits), main, publics: [] };
};
