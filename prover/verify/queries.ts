/**
 * The query phase: openings of all trees, the DEEP codewords at the queried positions, folds and the final polynomial.
 *
 * Owns: PROTOCOL.md sections 5.8 to 5.10 as checked at one position. Does not own: how positions are drawn.
 * Invariant: the value carried from fold to fold is computed here, never read from the proof; every occupied height's
 * codeword enters exactly once (a valid key's schedule lands on every height).
 */
import { EXT_ZERO, extAdd, extAddFelt, extEquals, extFromFelt, extInv, extMul, extPow, extScale, extSub } from "../field/ext4.ts";
import type { Ext } from "../field/ext4.ts";
import { GENERATOR, inv, mul, pow, twoAdicRoot } from "../field/koalabear.ts";
import { suiteOf } from "../hash/suite.ts";
import type { HashSuite } from "../hash/suite.ts";
import type { VerifyingKey } from "../protocol/key.ts";
import type { Challenges } from "./challenges.ts";
import type { FoldOpening, Proof, QueryOpening, TreeOpening } from "./decode.ts";
import { PHASES } from "./layout.ts";
import type { Fold, Layout, Phase, Tree } from "./layout.ts";
import { reject } from "./verdict.ts";
import type { Rejection, RejectionCode } from "./verdict.ts";

const OPENING_CODES: Record<Phase, RejectionCode> = {
  preprocessed: "PREPROCESSED_OPENING", main: "MAIN_OPENING", permutation: "PERMUTATION_OPENING", quotient: "QUOTIENT_OPENING",
};

const HALF = inv(2);

/** The `bitCount` low bits of `index`, reversed. */
const reverse = (index: number, bitCount: number): number => {
  let reversed = 0;
  for (let bit = 0; bit < bitCount; bit += 1) reversed = 2 * reversed + (Math.floor(index / 2 ** bit) % 2);
  return reversed;
};

const isSameDigest = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((element, i) => element === b[i]);

/** The root a mixed-height opening leads to: rows of shorter matrices are injected at their level. */
const rootOfOpening = (suite: HashSuite, tree: Tree, leaf: number, opening: TreeOpening): readonly number[] => {
  const rowDigestAt = (logSize: number): readonly number[] | undefined => {
    const elements = tree.matrices.flatMap((matrix, i) => (matrix.logSize === logSize ? (opening.rows[i] ?? []) : []));
    return elements.length === 0 ? undefined : suite.hashRow(elements);
  };
  let node = rowDigestAt(tree.tallest) ?? [];
  opening.siblings.forEach((sibling, level) => {
    const isRight = Math.floor(leaf / 2 ** level) % 2 === 1;
    node = isRight ? suite.compress(sibling, node) : suite.compress(node, sibling);
    const injected = rowDigestAt(tree.tallest - level - 1);
    if (injected !== undefined) node = suite.compress(node, injected);
  });
  return node;
};

/** What is claimed at zeta and g*zeta about all columns of one height, folded by gamma once for all queries. */
type HeightClaim = {
  readonly logSize: number;
  readonly chips: readonly number[];
  readonly valueHere: Ext;
  readonly valueNext: Ext;
  readonly nextCount: number;
  /** gamma^nextCount */
  readonly shiftHere: Ext;
  readonly zetaNext: Ext;
};

const horner = (values: readonly Ext[], gamma: Ext): Ext =>
  values.reduce((folded, value) => extAdd(extMul(folded, gamma), value), EXT_ZERO);

/** Claims by occupied log size. */
export const heightClaims = (key: VerifyingKey, proof: Proof, challenges: Challenges): Map<number, HeightClaim> => {
  const claims = new Map<number, HeightClaim>();
  for (const { logHeight } of key.chips) {
    const logSize = logHeight + key.profile.logBlowup;
    if (claims.has(logSize)) continue;
    const chips = [...key.chips.keys()].filter((index) => key.chips[index]?.logHeight === logHeight);
    const list = (openings: Proof["openingsHere"]): Ext[] =>
      PHASES.flatMap((phase) => chips.flatMap((index) => openings[index]?.[phase] ?? []));
    const next = list(proof.openingsNext);
    claims.set(logSize, {
      logSize, chips,
      valueHere: horner(list(proof.openingsHere), challenges.batch),
      valueNext: horner(next, challenges.batch),
      nextCount: next.length,
      shiftHere: extPow(challenges.batch, next.length),
      zetaNext: extScale(challenges.zeta, twoAdicRoot(logHeight)),
    });
  }
  return claims;
};

/** ro_h at one position: the DEEP quotient of all columns of that height, from the opened rows. */
const deepValue = (
  claim: HeightClaim, layout: Layout, rowOf: (phase: Phase, chip: number) => readonly number[], index: number, challenges: Challenges,
): Ext => {
  const position = Math.floor(index / 2 ** (layout.largest - claim.logSize));
  const point = mul(GENERATOR, pow(twoAdicRoot(claim.logSize), reverse(position, claim.logSize)));
  let here = EXT_ZERO;
  let next = EXT_ZERO;
  for (const phase of PHASES) {
    for (const chip of claim.chips) {
      const row = rowOf(phase, chip);
      for (const value of row) here = extAddFelt(extMul(here, challenges.batch), value);
      for (const column of layout.nextColumns[chip]?.[phase] ?? []) {
        next = extAddFelt(extMul(next, challenges.batch), row[column] ?? 0);
      }
    }
  }
  // x lies in the base field and zeta does not, so neither denominator is zero.
  const quotientHere = extMul(extSub(here, claim.valueHere), extInv(extSub(extFromFelt(point), challenges.zeta)));
  if (claim.nextCount === 0) return extMul(claim.shiftHere, quotientHere);
  const quotientNext = extMul(extSub(next, claim.valueNext), extInv(extSub(extFromFelt(point), claim.zetaNext)));
  return extAdd(extMul(claim.shiftHere, quotientHere), quotientNext);
};

/**
 * Evaluates at `challenge` the polynomial through a row of 2^step values, by halving: neighbours sit at y and -y, and
 * (a + b)/2 + challenge (a - b)/(2y) is the value at challenge^2 of the polynomial on the squares.
 */
const foldRow = (row: readonly Ext[], rowIndex: number, fold: Fold, challenge: Ext): Ext => {
  let values = [...row];
  let power = challenge;
  for (let level = 0; level < fold.step; level += 1) {
    const logSize = fold.logSize - level;
    const first = rowIndex * values.length;
    values = Array.from({ length: values.length / 2 }, (_, pair) => {
      const [a = EXT_ZERO, b = EXT_ZERO] = [values[2 * pair], values[2 * pair + 1]];
      const y = pow(twoAdicRoot(logSize), reverse(first + 2 * pair, logSize));
      const even = extScale(extAdd(a, b), HALF);
      const odd = extScale(extSub(a, b), mul(HALF, inv(y)));
      return extAdd(even, extMul(power, odd));
    });
    power = extMul(power, power);
  }
  return values[0] ?? EXT_ZERO;
};

const checkTrees = (key: VerifyingKey, layout: Layout, proof: Proof, query: QueryOpening, index: number): Rejection | undefined => {
  const roots: Record<Phase, readonly number[]> = {
    preprocessed: key.preprocessedRoot ?? [], main: proof.mainRoot, permutation: proof.permutationRoot, quotient: proof.quotientRoot,
  };
  for (const [i, tree] of layout.trees.entries()) {
    const leaf = Math.floor(index / 2 ** (layout.largest - tree.tallest));
    const root = rootOfOpening(suiteOf(key.profile.hash), tree, leaf, query.trees[i] ?? { rows: [], siblings: [] });
    const isOpened = isSameDigest(root, roots[tree.phase]);
    if (!isOpened) return reject(OPENING_CODES[tree.phase], roots[tree.phase].join(), `${root.join()} at leaf ${leaf}`);
  }
  return undefined;
};

/** Checks one fold's row against its root and returns the folded value. */
const foldOnce = (
  suite: HashSuite, fold: Fold, root: readonly number[], opening: FoldOpening, position: number, value: Ext, challenge: Ext,
): Ext | Rejection => {
  const arity = 2 ** fold.step;
  const rowIndex = Math.floor(position / arity);
  const row = [...opening.others.slice(0, position % arity), value, ...opening.others.slice(position % arity)];
  let node = suite.hashRow(row.flat());
  opening.siblings.forEach((sibling, level) => {
    const isRight = Math.floor(rowIndex / 2 ** level) % 2 === 1;
    node = isRight ? suite.compress(sibling, node) : suite.compress(node, sibling);
  });
  if (!isSameDigest(node, root)) return reject("FOLD_OPENING", root.join(), `${node.join()} at row ${rowIndex} of size 2^${fold.logSize}`);
  return foldRow(row, rowIndex, fold, challenge);
};

/** Checks one query from the opened rows down to the final polynomial. Undefined when it holds. */
export const checkQuery = (
  key: VerifyingKey, layout: Layout, proof: Proof, challenges: Challenges, claims: ReadonlyMap<number, HeightClaim>, queryIndex: number,
): Rejection | undefined => {
  const query = proof.queries[queryIndex] ?? { trees: [], folds: [] };
  const index = challenges.indices[queryIndex] ?? 0;
  const opened = checkTrees(key, layout, proof, query, index);
  if (opened !== undefined) return opened;
  const rows = new Map<string, readonly number[]>();
  layout.trees.forEach((tree, t) =>
    tree.matrices.forEach(({ chipIndex }, m) => rows.set(`${tree.phase} ${chipIndex}`, query.trees[t]?.rows[m] ?? [])));
  const rowOf = (phase: Phase, chip: number): readonly number[] => rows.get(`${phase} ${chip}`) ?? [];
  const rollIn = (logSize: number): Ext | undefined => {
    const claim = claims.get(logSize);
    return claim === undefined ? undefined : deepValue(claim, layout, rowOf, index, challenges);
  };
  let value = rollIn(layout.largest) ?? EXT_ZERO;
  let position = index;
  let logSize = layout.largest;
  for (const [i, fold] of layout.folds.entries()) {
    const challenge = challenges.folds[i] ?? EXT_ZERO;
    const folded = foldOnce(suiteOf(key.profile.hash), fold, proof.folds[i]?.root ?? [], query.folds[i] ?? { others: [], siblings: [] }, position, value, challenge);
    if ("ok" in folded) return folded;
    logSize -= fold.step;
    position = Math.floor(position / 2 ** fold.step);
    const entering = rollIn(logSize);
    value = entering === undefined ? folded : extAdd(folded, extMul(extPow(challenge, 2 ** fold.step), entering));
  }
  const point = extFromFelt(pow(twoAdicRoot(logSize), reverse(position, logSize)));
  const expected = proof.finalPolynomial.reduceRight((folded, coefficient) => extAdd(extMul(folded, point), coefficient), EXT_ZERO);
  if (!extEquals(value, expected)) return reject("FINAL_POLYNOMIAL", expected.join(), `${value.join()} at position ${position}`);
  return undefined;
};

