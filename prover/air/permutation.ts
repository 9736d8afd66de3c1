/**
 * Fills the lookup columns of a trace: phi per group and the cyclic running sum, and computes the exported sum C.
 *
 * Owns: the honest permutation trace. Does not own: its constraints (logup.ts) or its commitment.
 * Source: logup.ts and README.md, "Lookup argument".
 * Invariant: S is 0 on the first row and S(next) - S + C/H = sum of all fractions of the row, on every row.
 */
import { EXT_W, EXT_ZERO, extInv, extScale } from "../field/ext4.ts";
import type { Ext } from "../field/ext4.ts";
import { add, inv, mul, sub } from "../field/koalabear.ts";
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

/** out[o..o+3] = a[i..i+3] * b[j..j+3] in F[X]/(X^4 - 3); out may be a or b. */
const multiplyInto = (out: Uint32Array, o: number, a: Uint32Array, i: number, b: Uint32Array, j: number): void => {
  const [a0, a1, a2, a3] = [a[i] ?? 0, a[i + 1] ?? 0, a[i + 2] ?? 0, a[i + 3] ?? 0];
  const [b0, b1, b2, b3] = [b[j] ?? 0, b[j + 1] ?? 0, b[j + 2] ?? 0, b[j + 3] ?? 0];
  out[o] = add(mul(a0, b0), mul(EXT_W, add(add(mul(a1, b3), mul(a2, b2)), mul(a3, b1))));
  out[o + 1] = add(add(mul(a0, b1), mul(a1, b0)), mul(EXT_W, add(mul(a2, b3), mul(a3, b2))));
  out[o + 2] = add(add(add(mul(a0, b2), mul(a1, b1)), mul(a2, b0)), mul(EXT_W, mul(a3, b3)));
  out[o + 3] = add(add(mul(a0, b3), mul(a1, b2)), add(mul(a2, b1), mul(a3, b0)));
};

/**
 * Fractions (numerator, denominator: 8 words each) to values (4 words each), with one inversion for all of them. Flat
 * arrays: a list of elements per row would be most of a recursion proof's memory. Undefined when a denominator is zero.
 */
const divideAll = (words: Uint32Array): Uint32Array | undefined => {
  const count = words.length / 8;
  const values = new Uint32Array(4 * count);
  const running = Uint32Array.of(1, 0, 0, 0);
  for (let f = 0; f < count; f += 1) {
    const d = 8 * f + 4;
    if (words[d] === 0 && words[d + 1] === 0 && words[d + 2] === 0 && words[d + 3] === 0) return undefined;
    // Before its own value is known, a place holds the product of all denominators before it.
    values.set(running, 4 * f);
    multiplyInto(running, 0, running, 0, words, d);
  }
  running.set(extInv([running[0] ?? 0, running[1] ?? 0, running[2] ?? 0, running[3] ?? 0]));
  for (let f = count - 1; f >= 0; f -= 1) {
    multiplyInto(values, 4 * f, values, 4 * f, running, 0);
    multiplyInto(running, 0, running, 0, words, 8 * f + 4);
    multiplyInto(values, 4 * f, values, 4 * f, words, 8 * f);
  }
  return values;
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
  const phis = divideAll(lookupFractions(chip)(rows, trace.publics, alpha, beta));
  if (phis === undefined) throw new ZeroFingerprint(chip.name);
  const total = [0, 0, 0, 0];
  for (let i = 0; i < phis.length; i += 1) total[i % 4] = add(total[i % 4] ?? 0, phis[i] ?? 0);
  const sum: Ext = [total[0] ?? 0, total[1] ?? 0, total[2] ?? 0, total[3] ?? 0];
  const share = extScale(sum, inv(height));
  const running = [0, 0, 0, 0];
  const width = 4 * groupCount;
  for (let row = 0; row < height; row += 1) {
    const start = row * width;
    // All groups but the last have a column of their own; the last one's place is the running sum before this row.
    columns.values.set(phis.subarray(start, start + width - 4), start);
    columns.values.set(running, start + width - 4);
    for (let k = 0; k < 4; k += 1) {
      let coordinate = sub(running[k] ?? 0, share[k] ?? 0);
      for (let place = start + k; place < start + width; place += 4) coordinate = add(coordinate, phis[place] ?? 0);
      running[k] = coordinate;
    }
  }
  return { columns, sum };
};
