/**
 * The query phase: openings of all trees, folds and the final polynomial.
 *
 * Owns: PROTOCOL.md sections 5.9 and 5.10 as checked at one position. Does not own: how positions are drawn, the DEEP
 * codewords that enter (deep.ts).
 * Invariant: the value carried from fold to fold is computed here, never read from the proof; every occupied height's
 * codeword enters exactly once (a valid key's schedule lands on every height).
 */
import { EXT_ZERO, extAdd, extEquals, extFromFelt, extMul, extPow, extScale, extSub } from "../field/ext4.ts";
import type { Ext } from "../field/ext4.ts";
import { inv, mul, pow, twoAdicRoot } from "../field/koalabear.ts";
import { suiteOf } from "../hash/suite.ts";
import type { HashSuite } from "../hash/suite.ts";
import { openingGroups, prunedPaths } from "../merkle/pruned.ts";
import type { PrunedPath } from "../merkle/pruned.ts";
import type { VerifyingKey } from "../protocol/key.ts";
import type { Challenges } from "./challenges.ts";
import { deepValue, heightClaims, reverse } from "./deep.ts";
import type { HeightClaim } from "./deep.ts";
import type { FoldOpening, ProofHeader, QueryOpening, TreeOpening } from "./decode.ts";
import type { Fold, Layout, Phase, Tree } from "./layout.ts";
import { reject } from "./verdict.ts";
import type { Rejection, RejectionCode } from "./verdict.ts";

const OPENING_CODES: Record<Phase, RejectionCode> = {
  preprocessed: "PREPROCESSED_OPENING", main: "MAIN_OPENING", permutation: "PERMUTATION_OPENING", quotient: "QUOTIENT_OPENING",
};

const HALF = inv(2);

const isSameDigest = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((element, i) => element === b[i]);

/** Digests that wait for a later query of the group, lowest last. */
type Waiting = (readonly number[])[];
/** One leaf: its path in the group, whether the leaf before is the same, and the rows injected on the way up. */
type Leaf = {
  readonly index: number; readonly path: PrunedPath; readonly isRepeated: boolean;
  readonly digestAt: (level: number) => readonly number[] | undefined;
};

/**
 * Climbs from a leaf with the siblings shown and those that wait. Returns the root after the last leaf of the group, "waiting" before, and
 * "mismatch" where a repeated leaf is not the one before it. Never a leaf's digest: a proof chooses its rows and could have it equal the root.
 */
const climb = (suite: HashSuite, { index, path, isRepeated, digestAt }: Leaf, siblings: readonly (readonly number[])[], waiting: Waiting, isLast: boolean): readonly number[] | "waiting" | "mismatch" => {
  let node = digestAt(0) ?? [];
  if (isRepeated && !isSameDigest(node, waiting.pop() ?? [])) return "mismatch";
  let taken = 0;
  path.shown.forEach((isShown, level) => {
    const sibling = isShown ? (siblings[taken] ?? []) : (waiting.pop() ?? []);
    if (isShown) taken += 1;
    const isRight = Math.floor(index / 2 ** level) % 2 === 1;
    node = isRight ? suite.compress(sibling, node) : suite.compress(node, sibling);
    const injected = digestAt(level + 1);
    if (injected !== undefined) node = suite.compress(node, injected);
  });
  if (isLast) return node;
  waiting.push(node);
  return "waiting";
};

const isOpenedAt = (root: readonly number[], top: readonly number[] | "waiting" | "mismatch", isLast: boolean): boolean =>
  isLast ? typeof top !== "string" && isSameDigest(top, root) : top === "waiting";

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

/** What a group of queries shares: positions ascending, per tree its leaves' paths and the digests that wait. */
type GroupTree = { readonly leaves: readonly number[]; readonly paths: readonly PrunedPath[]; readonly waiting: Waiting };

const groupTree = (positions: readonly number[], shift: number, depth: number): GroupTree => {
  const leaves = positions.map((position) => Math.floor(position / 2 ** shift));
  return { leaves, paths: prunedPaths(leaves, depth), waiting: [] };
};

const leafAt = ({ leaves, paths }: GroupTree, i: number, digestAt: Leaf["digestAt"]): Leaf =>
  ({ index: leaves[i] ?? 0, path: paths[i] ?? { end: 0, shown: [] }, isRepeated: i > 0 && leaves[i] === leaves[i - 1], digestAt });

type Context = {
  readonly key: VerifyingKey; readonly layout: Layout; readonly proof: ProofHeader; readonly challenges: Challenges;
  readonly claims: ReadonlyMap<number, HeightClaim>; readonly suite: HashSuite; readonly roots: Readonly<Record<Phase, readonly number[]>>;
};

/** Row hash of the matrices of a tree that join `level` levels above the leaves. */
const digestOfRows = (suite: HashSuite, { matrices, tallest }: Tree, rows: TreeOpening["rows"]) => (level: number): readonly number[] | undefined => {
  const elements = matrices.flatMap((matrix, i) => (matrix.logSize === tallest - level ? (rows[i] ?? []) : []));
  return elements.length === 0 ? undefined : suite.hashRow(elements);
};

const checkTrees = ({ layout, suite, roots }: Context, trees: readonly GroupTree[], query: QueryOpening, i: number, isLast: boolean): Rejection | undefined => {
  for (const [t, tree] of layout.trees.entries()) {
    const group = trees[t];
    if (group === undefined) continue;
    const opening = query.trees[t] ?? { rows: [], siblings: [] };
    const top = climb(suite, leafAt(group, i, digestOfRows(suite, tree, opening.rows)), opening.siblings, group.waiting, isLast);
    const root = roots[tree.phase];
    const isOpened = isOpenedAt(root, top, isLast);
    if (!isOpened) return reject(OPENING_CODES[tree.phase], root.join(), `${String(top)} at leaf ${group.leaves[i]}`);
  }
  return undefined;
};

/** Checks one fold's row against its root and returns the folded value. */
const foldOnce = (
  { proof, challenges, suite }: Context, layer: number, fold: Fold, group: GroupTree, opening: FoldOpening, at: { i: number; isLast: boolean; position: number; value: Ext },
): Ext | Rejection => {
  const arity = 2 ** fold.step;
  const rowIndex = group.leaves[at.i] ?? 0;
  const own = at.position % arity;
  const row = [...opening.others.slice(0, own), at.value, ...opening.others.slice(own)];
  const root = proof.folds[layer]?.root ?? [];
  const top = climb(suite, leafAt(group, at.i, (level) => (level === 0 ? suite.hashRow(row.flat()) : undefined)), opening.siblings, group.waiting, at.isLast);
  const isOpened = isOpenedAt(root, top, at.isLast);
  if (!isOpened) return reject("FOLD_OPENING", root.join(), `${String(top)} at row ${rowIndex} of size 2^${fold.logSize}`);
  return foldRow(row, rowIndex, fold, challenges.folds[layer] ?? EXT_ZERO);
};

/** What a query's folds end in: its value and where the final polynomial must take it. */
type End = { readonly value: Ext; readonly position: number; readonly logSize: number };

/** Follows one query from the opened rows through all folds. */
const followQuery = (context: Context, groups: { trees: readonly GroupTree[]; folds: readonly GroupTree[] }, query: QueryOpening, at: { i: number; isLast: boolean; index: number }): End | Rejection => {
  const { layout, challenges, claims } = context;
  const opened = checkTrees(context, groups.trees, query, at.i, at.isLast);
  if (opened !== undefined) return opened;
  const rows = new Map<string, readonly number[]>();
  layout.trees.forEach((tree, t) =>
    tree.matrices.forEach(({ chipIndex }, m) => rows.set(`${tree.phase} ${chipIndex}`, query.trees[t]?.rows[m] ?? [])));
  const rowOf = (phase: Phase, chip: number): readonly number[] => rows.get(`${phase} ${chip}`) ?? [];
  const rollIn = (logSize: number): Ext | undefined => {
    const claim = claims.get(logSize);
    return claim === undefined ? undefined : deepValue(claim, layout, rowOf, at.index, challenges);
  };
  let value = rollIn(layout.largest) ?? EXT_ZERO;
  let position = at.index;
  let logSize = layout.largest;
  for (const [layer, fold] of layout.folds.entries()) {
    const group = groups.folds[layer] ?? { leaves: [], paths: [], waiting: [] };
    const folded = foldOnce(context, layer, fold, group, query.folds[layer] ?? { others: [], siblings: [] }, { i: at.i, isLast: at.isLast, position, value });
    if ("ok" in folded) return folded;
    logSize -= fold.step;
    position = Math.floor(position / 2 ** fold.step);
    const entering = rollIn(logSize);
    value = entering === undefined ? folded : extAdd(folded, extMul(extPow(challenges.folds[layer] ?? EXT_ZERO, 2 ** fold.step), entering));
  }
  return { value, position, logSize };
};

/** Checks a group of queries: every tree against its root, then every folded value against the final polynomial. */
const checkGroup = (context: Context, queries: readonly QueryOpening[], group: readonly number[]): Rejection | undefined => {
  const { layout, challenges, proof } = context;
  const positions = group.map((query) => challenges.indices[query] ?? 0);
  let folded = 0;
  const trees = layout.trees.map(({ tallest }) => groupTree(positions, layout.largest - tallest, tallest));
  const folds = layout.folds.map(({ step, logSize }) => {
    folded += step;
    return groupTree(positions, folded, logSize - step);
  });
  const ends: End[] = [];
  for (const [i, query] of group.entries()) {
    const at = { i, isLast: i === group.length - 1, index: positions[i] ?? 0 };
    const end = followQuery(context, { trees, folds }, queries[query] ?? { trees: [], folds: [] }, at);
    if ("ok" in end) return end;
    ends.push(end);
  }
  for (const { value, position, logSize } of ends) {
    const point = extFromFelt(pow(twoAdicRoot(logSize), reverse(position, logSize)));
    const expected = proof.finalPolynomial.reduceRight((sum, coefficient) => extAdd(extMul(sum, point), coefficient), EXT_ZERO);
    if (!extEquals(value, expected)) return reject("FINAL_POLYNOMIAL", expected.join(), `${value.join()} at position ${position}`);
  }
  return undefined;
};

/** Checks all queries. Undefined when they hold. */
export const checkQueries = (key: VerifyingKey, layout: Layout, proof: ProofHeader, queries: readonly QueryOpening[], challenges: Challenges): Rejection | undefined => {
  const suite = suiteOf(key.profile.hash);
  const roots = { preprocessed: key.preprocessedRoot ?? [], main: proof.mainRoot, permutation: proof.permutationRoot, quotient: proof.quotientRoot };
  const context = { key, layout, proof, challenges, claims: heightClaims(key, layout, proof, challenges), suite, roots };
  for (const group of openingGroups(suite.paths, challenges.indices)) {
    const rejected = checkGroup(context, queries, group);
    if (rejected !== undefined) return rejected;
  }
  return undefined;
};
