/**
 * The out-of-domain checks: each chip's constraints against its quotient at zeta, and the balance of all lookup sums.
 *
 * Owns: PROTOCOL.md section 7 for everything at zeta. Does not own: whether the claimed openings are true (queries.ts).
 * Invariant: a chip's identity uses only its own openings, public inputs and lookup sum; the balance uses all sums.
 */
import { EXT_ONE, EXT_ZERO, extAdd, extFromFelt, extInv, extIsZero, extMul, extPowTwo, extScale, extSub } from "../field/ext4.ts";
import type { Ext } from "../field/ext4.ts";
import { inv, twoAdicRoot } from "../field/koalabear.ts";
import { evaluateNodes, foldConstraints, powersOf } from "../air/evaluate.ts";
import type { LeafValues, RingOperations } from "../air/evaluate.ts";
import { widestTuple } from "../protocol/key.ts";
import type { KeyChip, PublicEntry, VerifyingKey } from "../protocol/key.ts";
import type { Challenges } from "./challenges.ts";
import type { ProofHeader } from "./decode.ts";
import type { Layout, Phase } from "./layout.ts";
import { reject } from "./verdict.ts";
import type { Rejection } from "./verdict.ts";

const EXTENSION_RING: RingOperations<Ext> = { constant: extFromFelt, add: extAdd, sub: extSub, mul: extMul };
/** 1, X, X^2, X^3: weights that put a committed extension column back together. */
const BASIS: readonly Ext[] = [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]];

/** Values at a point of extension columns, from the values of their four base columns. */
const recombine = (columns: readonly Ext[]): Ext[] =>
  Array.from({ length: columns.length / 4 }, (_, column) =>
    BASIS.reduce((total, weight, k) => extAdd(total, extMul(weight, columns[4 * column + k] ?? EXT_ZERO)), EXT_ZERO));

/** Spreads the opened next-row columns to their indices; columns no constraint reads stay zero. */
const spread = (width: number, indices: readonly number[], values: readonly Ext[]): Ext[] => {
  const columns = Array.from({ length: width }, () => EXT_ZERO);
  indices.forEach((index, i) => { columns[index] = values[i] ?? EXT_ZERO; });
  return columns;
};

/** Public inputs of each chip, cut from the concatenated list. */
export const splitPublics = (key: VerifyingKey, publics: readonly number[]): number[][] => {
  let start = 0;
  return key.chips.map(({ chip }) => {
    const own = publics.slice(start, start + chip.publicCount);
    start += chip.publicCount;
    return own;
  });
};

type ChipContext = { readonly entry: KeyChip; readonly index: number; readonly publics: readonly number[]; readonly sumOfChip: Ext };

const leavesOf = (
  { entry, index, publics, sumOfChip }: ChipContext, key: VerifyingKey, layout: Layout, proof: ProofHeader, challenges: Challenges,
): LeafValues<Ext> => {
  const here = (phase: Phase): readonly Ext[] => proof.openingsHere[index]?.[phase] ?? [];
  const next = (phase: Phase): Ext[] =>
    spread(layout.widths[index]?.[phase] ?? 0, layout.nextColumns[index]?.[phase] ?? [], proof.openingsNext[index]?.[phase] ?? []);
  return {
    preprocessed: here("preprocessed"), preprocessedNext: next("preprocessed"),
    main: here("main"), mainNext: next("main"),
    permutation: recombine(here("permutation")), permutationNext: recombine(next("permutation")),
    publics: publics.map(extFromFelt),
    alpha: challenges.alpha,
    betaPowers: powersOf(EXTENSION_RING, challenges.beta, widestTuple(key)),
    sumShare: extScale(sumOfChip, inv(2 ** entry.logHeight)),
  };
};

/** Lookup sums by chip index; chips without permutation columns have none and count as zero. */
const sumsByChip = (key: VerifyingKey, sums: readonly Ext[]): Ext[] => {
  let taken = 0;
  return key.chips.map(({ chip }) => {
    if (chip.permutationWidth === 0) return EXT_ZERO;
    taken += 1;
    return sums[taken - 1] ?? EXT_ZERO;
  });
};

/** fold(zeta) = Z(zeta) (q_0(zeta) + zeta^H q_1(zeta)) for every chip. Undefined when all hold. */
export const checkConstraints = (
  key: VerifyingKey, layout: Layout, publics: readonly number[], proof: ProofHeader, challenges: Challenges,
): Rejection | undefined => {
  const publicsOf = splitPublics(key, publics);
  const sums = sumsByChip(key, proof.lookupSums);
  const { zeta } = challenges;
  for (const [index, entry] of key.chips.entries()) {
    const context = { entry, index, publics: publicsOf[index] ?? [], sumOfChip: sums[index] ?? EXT_ZERO };
    const zetaToHeight = extPowTwo(zeta, entry.logHeight);
    const vanishing = extSub(zetaToHeight, EXT_ONE);
    const lastPoint = extFromFelt(inv(twoAdicRoot(entry.logHeight)));
    // zeta is outside the base field, so neither difference is zero.
    const selectors = {
      first: extMul(vanishing, extInv(extSub(zeta, EXT_ONE))),
      last: extMul(vanishing, extInv(extSub(zeta, lastPoint))),
      transition: extSub(zeta, lastPoint),
    };
    const values = evaluateNodes(entry.chip, EXTENSION_RING, leavesOf(context, key, layout, proof, challenges));
    const folded = foldConstraints(entry.chip, EXTENSION_RING, values, selectors, challenges.constraint);
    const [low = EXT_ZERO, high = EXT_ZERO] = recombine(proof.openingsHere[index]?.quotient ?? []);
    const claimed = extMul(vanishing, extAdd(low, extMul(zetaToHeight, high)));
    const isEqual = extIsZero(extSub(folded, claimed));
    if (!isEqual) return reject("CONSTRAINTS", `chip ${entry.chip.name}: ${claimed.join()}`, folded.join());
  }
  return undefined;
};

/** Sum of all chips' lookup sums and of the public terms is zero. Undefined when it is. */
export const checkLookupBalance = (
  key: VerifyingKey, publics: readonly number[], proof: ProofHeader, challenges: Challenges,
): Rejection | undefined => {
  const publicsOf = splitPublics(key, publics);
  const powers = powersOf(EXTENSION_RING, challenges.beta, widestTuple(key));
  const valueOf = (entry: PublicEntry): number =>
    entry.kind === "constant" ? entry.value : (publicsOf[entry.chipIndex]?.[entry.publicIndex] ?? 0);
  let total = proof.lookupSums.reduce(extAdd, EXT_ZERO);
  for (const { bus, multiplicity, tuple } of key.publicTerms) {
    const offset = extScale(powers[widestTuple(key)] ?? EXT_ZERO, bus.id + 1);
    const fingerprint = tuple.reduce(
      (left, entry, j) => extSub(left, extScale(powers[j] ?? EXT_ZERO, valueOf(entry))), extAdd(challenges.alpha, offset));
    if (extIsZero(fingerprint)) return reject("ZERO_FINGERPRINT", `a non-zero fingerprint on bus ${bus.name}`, "0");
    total = extAdd(total, extScale(extInv(fingerprint), multiplicity));
  }
  if (!extIsZero(total)) return reject("LOOKUP_SUM", "sums that cancel", total.join());
  return undefined;
};
