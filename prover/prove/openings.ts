// Out-of-domain openings and the weights of the DEEP codewords built from them.
// Owns: the column order of PROTOCOL.md 5.6 and 5.8 on the prover's side.
// Does not own: evaluation (backend) or folding (fold.ts).
// Invariant: `here` and `next` lists follow phase, chip, column order; weights restart per size.

import assert from "node:assert/strict";
import { EXT_ZERO, extAdd, extMul, extScale } from "../field/ext4.ts";
import type { Ext } from "../field/ext4.ts";
import { twoAdicRoot } from "../field/koalabear.ts";
import { extPowers } from "../ntt/ntt.ts";
import type { VerifyingKey } from "../protocol/key.ts";
import type { Commitment, DeepRequest, DeepTerm, ProverBackend } from "./backend.ts";

/** One committed matrix of one chip in one phase. */
export type OpenedMatrix = {
  readonly chipIndex: number;
  readonly commitment: Commitment;
  readonly matrix: number;
  /** Base columns also opened one row later, ascending. */
  readonly nextColumns: readonly number[];
};

export type Openings = {
  readonly matrices: readonly OpenedMatrix[];
  readonly zeta: Ext;
  /** Values at zeta of every column, per matrix. */
  readonly here: readonly (readonly Ext[])[];
  /** Values at w_n * zeta of the next columns, per matrix. */
  readonly next: readonly (readonly Ext[])[];
};

/** The matrices of one phase: chips of non-zero width in key order, as committed. */
export function phaseMatrices(
  commitment: Commitment | undefined, widths: readonly number[], nextColumns: readonly (readonly number[])[],
): OpenedMatrix[] {
  const present = widths.flatMap((width, chipIndex) => (width > 0 ? [chipIndex] : []));
  assert(present.length === 0 || commitment !== undefined, "a phase with columns has a commitment");
  return present.map((chipIndex, matrix) => ({
    chipIndex, commitment: commitment as Commitment, matrix, nextColumns: nextColumns[chipIndex] ?? [],
  }));
}

function logHeightOf(key: VerifyingKey, matrix: OpenedMatrix): number {
  const entry = key.chips[matrix.chipIndex];
  assert(entry !== undefined);
  return entry.logHeight;
}

/** zeta one row later for a chip of 2^logHeight rows. */
export function nextPoint(zeta: Ext, logHeight: number): Ext {
  return extScale(zeta, twoAdicRoot(logHeight));
}

/** Evaluates everything that is opened. */
export async function openAll(
  backend: ProverBackend, key: VerifyingKey, matrices: readonly OpenedMatrix[], zeta: Ext,
): Promise<Openings> {
  const here: Ext[][] = [];
  const next: Ext[][] = [];
  for (const opened of matrices) {
    here.push(await backend.evaluate(opened.commitment, opened.matrix, zeta));
    if (opened.nextColumns.length === 0) {
      next.push([]);
      continue;
    }
    const all = await backend.evaluate(opened.commitment, opened.matrix, nextPoint(zeta, logHeightOf(key, opened)));
    next.push(opened.nextColumns.map((column) => all[column] as Ext));
  }
  return { matrices, zeta, here, next };
}

/** sum of weight_i * value_i. */
function weighted(weights: readonly Ext[], values: readonly Ext[]): Ext {
  return weights.reduce<Ext>((sum, weight, i) => extAdd(sum, extMul(weight, values[i] as Ext)), EXT_ZERO);
}

/** The request for ro_h of PROTOCOL.md 5.8; `logHeight` = h - log blowup. */
export function deepRequest(key: VerifyingKey, openings: Openings, logHeight: number, gamma: Ext): DeepRequest {
  const picked = openings.matrices.flatMap((matrix, i) => (logHeightOf(key, matrix) === logHeight ? [i] : []));
  const hereValues = picked.flatMap((i) => openings.here[i] as readonly Ext[]);
  const nextValues = picked.flatMap((i) => openings.next[i] as readonly Ext[]);
  // Horner: the last of a list weighs 1; the whole `here` list is lifted above the `next` list.
  const powers = extPowers(gamma, hereValues.length + nextValues.length).reverse();
  const hereWeights = powers.slice(0, hereValues.length);
  const nextWeights = powers.slice(hereValues.length);
  let [hereStart, nextStart] = [0, 0];
  const terms = picked.map((i): DeepTerm => {
    const { commitment, matrix, nextColumns } = openings.matrices[i] as OpenedMatrix;
    const here = hereWeights.slice(hereStart, hereStart + (openings.here[i] as readonly Ext[]).length);
    hereStart += here.length;
    const next = nextColumns.map((column, k) => ({ column, weight: nextWeights[nextStart + k] as Ext }));
    nextStart += next.length;
    return { commitment, matrix, here, next };
  });
  return {
    logSize: logHeight + key.profile.logBlowup, terms,
    herePoint: openings.zeta, hereValue: weighted(hereWeights, hereValues),
    nextPoint: nextPoint(openings.zeta, logHeight), nextValue: weighted(nextWeights, nextValues),
  };
}
