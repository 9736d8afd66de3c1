/**
 * The DEEP codewords at the queried positions: all columns of one height against what is claimed of them at zeta and g*zeta.
 *
 * Owns: PROTOCOL.md section 5.8 as checked at one position. Does not own: whether the rows are those committed (queries.ts).
 * Invariant: a column's weight depends on the key and gamma alone, so the weights are computed once for all queries; a row is
 * a list whose length the key dictates.
 */
import { EXT_ONE, EXT_ZERO, extAdd, extFromFelt, extInv, extMul, extPow, extScale, extSub } from "../field/ext4.ts";
import type { Ext } from "../field/ext4.ts";
import { GENERATOR, P, mul, pow, twoAdicRoot } from "../field/koalabear.ts";
import type { VerifyingKey } from "../protocol/key.ts";
import type { Challenges } from "./challenges.ts";
import type { ProofHeader } from "./decode.ts";
import { PHASES } from "./layout.ts";
import type { Layout, Phase } from "./layout.ts";

/** The `bitCount` low bits of `index`, reversed. */
export const reverse = (index: number, bitCount: number): number => {
  let reversed = 0;
  for (let bit = 0; bit < bitCount; bit += 1) reversed = 2 * reversed + (Math.floor(index / 2 ** bit) % 2);
  return reversed;
};

/** One matrix in the two lists of its height: the power of gamma before each column, and before each column of the next row. */
type MatrixWeights = {
  readonly phase: Phase; readonly chip: number;
  readonly here: readonly Ext[]; readonly nextColumns: readonly number[]; readonly next: readonly Ext[];
};

/** What is claimed at zeta and g*zeta about all columns of one height, folded by gamma once for all queries. */
export type HeightClaim = {
  readonly logSize: number;
  readonly matrices: readonly MatrixWeights[];
  readonly valueHere: Ext;
  readonly valueNext: Ext;
  readonly nextCount: number;
  /** gamma^nextCount */
  readonly shiftHere: Ext;
  readonly zetaNext: Ext;
};

/** gamma^(count - 1) down to 1: what Horner's rule over `count` values multiplies each by. */
const hornerWeights = (gamma: Ext, count: number): Ext[] => {
  const weights: Ext[] = [];
  for (let power = EXT_ONE; weights.length < count; power = extMul(power, gamma)) weights.push(power);
  return weights.reverse();
};

const heightClaim = (key: VerifyingKey, layout: Layout, proof: ProofHeader, challenges: Challenges, logHeight: number): HeightClaim => {
  const members = PHASES.flatMap((phase) => [...key.chips.keys()].filter((chip) => key.chips[chip]?.logHeight === logHeight).map((chip) => ({ phase, chip })));
  const claimed = (openings: ProofHeader["openingsHere"]): Ext[] => members.flatMap(({ phase, chip }) => openings[chip]?.[phase] ?? []);
  const [listHere, listNext] = [claimed(proof.openingsHere), claimed(proof.openingsNext)];
  const [weightsHere, weightsNext] = [hornerWeights(challenges.batch, listHere.length), hornerWeights(challenges.batch, listNext.length)];
  let [takenHere, takenNext] = [0, 0];
  const matrices = members.map(({ phase, chip }): MatrixWeights => {
    const nextColumns = layout.nextColumns[chip]?.[phase] ?? [];
    const [startHere, startNext] = [takenHere, takenNext];
    takenHere += layout.widths[chip]?.[phase] ?? 0;
    takenNext += nextColumns.length;
    return { phase, chip, here: weightsHere.slice(startHere, takenHere), nextColumns, next: weightsNext.slice(startNext, takenNext) };
  });
  return {
    logSize: logHeight + key.profile.logBlowup, matrices,
    valueHere: dotExts(listHere, weightsHere), valueNext: dotExts(listNext, weightsNext), nextCount: listNext.length,
    shiftHere: extPow(challenges.batch, listNext.length), zetaNext: extScale(challenges.zeta, twoAdicRoot(logHeight)),
  };
};

const dotExts = (values: readonly Ext[], weights: readonly Ext[]): Ext =>
  values.reduce((total, value, i) => extAdd(total, extMul(value, weights[i] ?? EXT_ZERO)), EXT_ZERO);

/** One claim per occupied log size. */
export const heightClaims = (key: VerifyingKey, layout: Layout, proof: ProofHeader, challenges: Challenges): ReadonlyMap<number, HeightClaim> =>
  new Map([...new Set(key.chips.map(({ logHeight }) => logHeight))].map((logHeight) => {
    const claim = heightClaim(key, layout, proof, challenges, logHeight);
    return [claim.logSize, claim];
  }));

/** Adds sum over i of row[columns[i]] * weights[i] (of row[i] without columns) to `sums`, which stay exact: columns are far fewer than 2^22. */
const addWeighted = (sums: Float64Array, row: readonly number[], weights: readonly Ext[], columns?: readonly number[]): void => {
  let [c0, c1, c2, c3] = [0, 0, 0, 0];
  for (let i = 0; i < weights.length; i += 1) {
    const value = row[columns === undefined ? i : (columns[i] ?? 0)] ?? 0;
    const weight = weights[i] ?? EXT_ZERO;
    c0 += mul(value, weight[0]);
    c1 += mul(value, weight[1]);
    c2 += mul(value, weight[2]);
    c3 += mul(value, weight[3]);
  }
  [c0, c1, c2, c3].forEach((sum, k) => { sums[k] = (sums[k] ?? 0) + sum; });
};

const reducedSums = (sums: Float64Array): Ext => [(sums[0] ?? 0) % P, (sums[1] ?? 0) % P, (sums[2] ?? 0) % P, (sums[3] ?? 0) % P];

/** ro_h at one position: the DEEP quotient of all columns of that height, from the opened rows. */
export const deepValue = (
  claim: HeightClaim, layout: Layout, rowOf: (phase: Phase, chip: number) => readonly number[], index: number, { zeta }: Challenges,
): Ext => {
  const position = Math.floor(index / 2 ** (layout.largest - claim.logSize));
  const point = extFromFelt(mul(GENERATOR, pow(twoAdicRoot(claim.logSize), reverse(position, claim.logSize))));
  const [here, next] = [new Float64Array(4), new Float64Array(4)];
  for (const matrix of claim.matrices) {
    const row = rowOf(matrix.phase, matrix.chip);
    addWeighted(here, row, matrix.here);
    addWeighted(next, row, matrix.next, matrix.nextColumns);
  }
  // x lies in the base field and zeta does not, so neither denominator is zero.
  const quotientHere = extMul(extSub(reducedSums(here), claim.valueHere), extInv(extSub(point, zeta)));
  if (claim.nextCount === 0) return extMul(claim.shiftHere, quotientHere);
  const quotientNext = extMul(extSub(reducedSums(next), claim.valueNext), extInv(extSub(point, claim.zetaNext)));
  return extAdd(extMul(claim.shiftHere, quotientHere), quotientNext);
};
