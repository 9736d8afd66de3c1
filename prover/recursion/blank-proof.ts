/**
 * A proof of zeros in the shape of a key: the input with which a program is built when no proof is at hand.
 *
 * Owns: its shape. Does not own: anything about validity: no verifier accepts it.
 * Invariant: a program depends on the key's shape alone (circuit.ts), so the blank proof gives the program of every proof.
 */
import type { Ext } from "../field/ext4.ts";
import { EXT_ZERO } from "../field/ext4.ts";
import type { VerifyingKey } from "../protocol/key.ts";
import type { Openings, Proof } from "../verify/decode.ts";
import { layoutOf } from "../verify/layout.ts";
import type { Phase } from "../verify/layout.ts";

const zeros = (count: number): number[] => Array.from({ length: count }, () => 0);
const extZeros = (count: number): Ext[] => Array.from({ length: count }, () => EXT_ZERO);
const digests = (count: number): number[][] => Array.from({ length: count }, () => zeros(8));

/** The all-zero proof under a key. */
export const blankProof = (key: VerifyingKey): Proof => {
  const layout = layoutOf(key);
  const openings = (count: (chip: number, phase: Phase) => number): Openings => layout.widths.map((_, chip) => ({
    preprocessed: extZeros(count(chip, "preprocessed")), main: extZeros(count(chip, "main")),
    permutation: extZeros(count(chip, "permutation")), quotient: extZeros(count(chip, "quotient")),
  }));
  return {
    mainRoot: zeros(8), permutationRoot: layout.hasLookup ? zeros(8) : [], quotientRoot: zeros(8),
    lookupNonce: 0, lookupSums: extZeros(layout.widths.filter(({ permutation }) => permutation > 0).length),
    openingsHere: openings((chip, phase) => layout.widths[chip]?.[phase] ?? 0),
    openingsNext: openings((chip, phase) => layout.nextColumns[chip]?.[phase].length ?? 0),
    batchNonce: 0, folds: layout.folds.map(() => ({ root: zeros(8), nonce: 0 })),
    finalPolynomial: extZeros(layout.finalLength), queryNonce: 0,
    queries: Array.from({ length: key.profile.queryCount }, () => ({
      trees: layout.trees.map(({ matrices, tallest }) => ({ rows: matrices.map(({ width }) => zeros(width)), siblings: digests(tallest) })),
      folds: layout.folds.map(({ step, logSize }) => ({ others: extZeros(2 ** step - 1), siblings: digests(logSize - step) })),
    })),
  };
};
