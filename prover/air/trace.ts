/**
 * A trace matrix and the values of public inputs, as exchanged between generators, checkers and the prover.
 *
 * Owns: the row-major layout. Does not own: commitments or domains.
 * Source: README.md of this folder, "Rows".
 * Invariant: values.length = width * height; every value is a canonical field element.
 */
import assert from "node:assert/strict";

export type Trace = {
  readonly width: number;
  readonly height: number;
  /** values[row * width + column] */
  readonly values: Uint32Array;
};

/** A zero trace. */
export const emptyTrace = (width: number, height: number): Trace => ({ width, height, values: new Uint32Array(width * height) });

/** The cell at (row, column); asserts that it exists. */
export const cellAt = (trace: Trace, row: number, column: number): number => {
  const value = trace.values[row * trace.width + column];
  assert(value !== undefined && column < trace.width, `no cell (${row}, ${column}) in ${trace.height} x ${trace.width}`);
  return value;
};

export const rowOf = (trace: Trace, row: number): number[] => [
  ...trace.values.subarray(row * trace.width, (row + 1) * trace.width),
];

/** One table of a machine with everything the checkers and the prover need. */
export type ChipTrace = {
  readonly preprocessed: Trace;
  readonly main: Trace;
  readonly publics: readonly number[];
};
