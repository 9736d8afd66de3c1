/**
 * Fills the lookup columns of a trace: phi per group and the cyclic running sum, and computes the exported sum C.
 *
 * Owns: the honest permutation trace. Does not own: its constraints (logup.ts) or its commitment.
 * Source: logup.ts and README.md, "Lookup argument".
 * Invariant: S is 0 on the first row and S(next) - S + C/H = sum of all fractions of the row, on every row.
 */
import assert from "node:assert/strict";
import { EXT_ZERO, extAdd, extBatchInv, extMul, extScale, extSub } from "../field/ext4.ts";
import type { Ext } from "../field/ext4.ts";
import { inv } from "../field/koalabear.ts";
import { lookupFractions } from "./codegen.ts";
import type { CompiledChip } from "./ir.ts";
import { emptyTrace } from "./trace.ts";
import type { ChipTrace, Trace } from "./trace.ts";

export type PermutationTrace = {
  /** 4 * permutationWidth base columns. */
  readonly columns: Trace;
  /** C: sum over rows and interactions of multiplicity / fingerprint. */
  readonly sum: Ext;
};

/** A fingerprint is zero on the trace: no permutation column exists for these challenges (probability < 2^-90). */
export class ZeroFingerprint extends Error {
  readonly code = "zero-fingerprint";
  constructor(chipName: string) {
    super(`chip ${chipName}: a lookup fingerprint is zero for these challenges, expected all non-zero`);
    this.name = "ZeroFingerprint";
  }
}

const extAt = (words: Uint32Array, offset: number): Ext => {
  const [a, b, c, d] = words.subarray(offset, offset + 4);
  assert(a !== undefined && b !== undefined && c !== undefined && d !== undefined, `no extension element at ${offset}`);
  return [a, b, c, d];
};

/** Builds the permutation columns of one chip. Throws ZeroFingerprint when the challenges hit a fingerprint. */
export const buildPermutation = (chip: CompiledChip, trace: ChipTrace, alpha: Ext, beta: Ext): PermutationTrace => {
  const { height } = trace.main;
  const groupCount = chip.lookupGroups.length;
  const columns = emptyTrace(4 * groupCount, height);
  if (groupCount === 0) return { columns, sum: EXT_ZERO };
  const rows = {
    rowCount: height, nextStep: 1, preprocessed: trace.preprocessed.values, main: trace.main.values,
    permutation: new Uint32Array(0),
  };
  const words = lookupFractions(chip)(rows, trace.publics, alpha, beta);
  const denominators = Array.from({ length: height * groupCount }, (_, i) => extAt(words, 8 * i + 4));
  if (denominators.some((d) => d.every((coordinate) => coordinate === 0))) throw new ZeroFingerprint(chip.name);
  const inverses = extBatchInv(denominators);
  const rowSums: Ext[] = [];
  for (let row = 0; row < height; row += 1) {
    let rowSum: Ext = EXT_ZERO;
    for (let g = 0; g < groupCount; g += 1) {
      const inverse = inverses[row * groupCount + g];
      assert(inverse !== undefined);
      const phi = extMul(extAt(words, 8 * (row * groupCount + g)), inverse);
      if (g < groupCount - 1) columns.values.set(phi, row * columns.width + 4 * g);
      rowSum = extAdd(rowSum, phi);
    }
    rowSums.push(rowSum);
  }
  const total = rowSums.reduce(extAdd, EXT_ZERO);
  const share = extScale(total, inv(height));
  let running: Ext = EXT_ZERO;
  rowSums.forEach((rowSum, row) => {
    columns.values.set(running, row * columns.width + 4 * (groupCount - 1));
    running = extSub(extAdd(running, rowSum), share);
  });
  return { columns, sum: total };
};
