/**
 * What a proof under a key consists of: trees, matrices, opening lists and word counts, all derived from the key.
 *
 * Owns: the shape side of PROTOCOL.md sections 5.6 and 6. Does not own: any value of a proof.
 * Invariant: every length used while decoding comes from here, none from the proof; with whole paths the total is known
 * beforehand, with pruned ones it is at most `wordCount` and exact once the positions are drawn (decode.ts).
 */
import type { CompiledChip } from "../air/ir.ts";
import { suiteOf } from "../hash/suite.ts";
import { QUOTIENT_WIDTH, hasLookup, largestLog } from "../protocol/key.ts";
import type { VerifyingKey } from "../protocol/key.ts";

export const PHASES = ["preprocessed", "main", "permutation", "quotient"] as const;
export type Phase = (typeof PHASES)[number];

/** A committed matrix: which chip it belongs to and how many base columns it has. */
export type Matrix = { readonly chipIndex: number; readonly logSize: number; readonly width: number };
export type Tree = { readonly phase: Phase; readonly matrices: readonly Matrix[]; readonly tallest: number };
/** One fold: arity 2^step of a word of 2^logSize values. */
export type Fold = { readonly step: number; readonly logSize: number };

export type Layout = {
  readonly hasLookup: boolean;
  /** log size of the largest codeword. */
  readonly largest: number;
  readonly trees: readonly Tree[];
  /** Base columns of each chip, by phase. */
  readonly widths: readonly Readonly<Record<Phase, number>>[];
  /** Base columns opened at g * zeta, ascending, of each chip by phase (the quotient has none). */
  readonly nextColumns: readonly Readonly<Record<Phase, readonly number[]>>[];
  readonly folds: readonly Fold[];
  readonly finalLength: number;
  readonly publicCount: number;
  /** Words of everything before the queries. */
  readonly headerWords: number;
  /** Words of a proof with whole paths: exact under a suite that shows them, else the most there can be. */
  readonly wordCount: number;
};

const widthsOf = (chip: CompiledChip): Record<Phase, number> => ({
  preprocessed: chip.preprocessedWidth, main: chip.mainWidth, permutation: 4 * chip.permutationWidth, quotient: QUOTIENT_WIDTH,
});

const nextColumnsOf = (chip: CompiledChip): Record<Phase, readonly number[]> => ({
  preprocessed: chip.nextColumns.preprocessed,
  main: chip.nextColumns.main,
  permutation: chip.nextColumns.permutation.flatMap((column) => [0, 1, 2, 3].map((k) => 4 * column + k)),
  quotient: [],
});

const treesOf = (key: VerifyingKey): Tree[] => {
  const trees: Tree[] = [];
  for (const phase of PHASES) {
    const matrices = key.chips.flatMap(({ chip, logHeight }, chipIndex) => {
      const width = widthsOf(chip)[phase];
      return width === 0 ? [] : [{ chipIndex, logSize: logHeight + key.profile.logBlowup, width }];
    });
    if (matrices.length > 0) trees.push({ phase, matrices, tallest: Math.max(...matrices.map(({ logSize }) => logSize)) });
  }
  return trees;
};

const foldsOf = (key: VerifyingKey): Fold[] => {
  let logSize = largestLog(key);
  return key.foldSchedule.map((step) => {
    const fold = { step, logSize };
    logSize -= step;
    return fold;
  });
};

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** Words of one query: rows and paths of every tree, then partial rows and paths of every fold. */
const queryWords = (trees: readonly Tree[], folds: readonly Fold[], digestWords: number): number =>
  sum(trees.map(({ matrices, tallest }) => sum(matrices.map(({ width }) => width)) + digestWords * tallest)) +
  sum(folds.map(({ step, logSize }) => 4 * (2 ** step - 1) + digestWords * (logSize - step)));

/** Derives the layout of proofs under a key. */
export const layoutOf = (key: VerifyingKey): Layout => {
  const { grindingBits, queryCount } = key.profile;
  const isLookup = hasLookup(key);
  const widths = key.chips.map(({ chip }) => widthsOf(chip));
  const nextColumns = key.chips.map(({ chip }) => nextColumnsOf(chip));
  const trees = treesOf(key);
  const folds = foldsOf(key);
  const finalLength = 2 ** key.logFinalLength;
  const sumCount = key.chips.filter(({ chip }) => chip.permutationWidth > 0).length;
  const openings = sum(widths.flatMap((width) => PHASES.map((phase) => width[phase]))) +
    sum(nextColumns.flatMap((columns) => PHASES.map((phase) => columns[phase].length)));
  const nonceWord = (bits: number): number => (bits > 0 ? 1 : 0);
  const digestWords = suiteOf(key.profile.hash).shownWords;
  const headerWords = 2 * digestWords + (isLookup ? digestWords + nonceWord(grindingBits.lookup) + 4 * sumCount : 0) + 4 * openings +
    nonceWord(grindingBits.batch) + folds.length * (digestWords + nonceWord(grindingBits.fold)) + 4 * finalLength +
    nonceWord(grindingBits.query);
  return {
    hasLookup: isLookup, largest: largestLog(key), trees, widths, nextColumns, folds, finalLength,
    publicCount: sum(key.chips.map(({ chip }) => chip.publicCount)),
    headerWords,
    wordCount: headerWords + queryCount * queryWords(trees, folds, digestWords),
  };
};
