/**
 * The query phase on wires: openings with the fused accumulator, DEEP quotients, folds, the final polynomial.
 *
 * Owns: PROTOCOL.md sections 5.8 to 5.10 at one position, in a circuit. Does not own: challenges or claims.
 * Invariant: row elements enter only through hashed rows; the value carried through the folds is computed on wires.
 */
import assert from "node:assert/strict";
import { twoAdicRoot } from "../field/koalabear.ts";
import type { Proof } from "../verify/decode.ts";
import { PHASES } from "../verify/layout.ts";
import type { Layout, Phase, Tree } from "../verify/layout.ts";
import type { Circuit, FeltWire, Wire } from "./circuit.ts";
import { foldValues, horner, inverseRootTable, powerByBits, selectByBits } from "./gadgets.ts";
import { climbPath, hashRow } from "./sponge-circuit.ts";
import type { DigestWires } from "./sponge-circuit.ts";

export type HeightWires = {
  readonly chips: readonly number[];
  readonly valueHere: Wire; readonly valueNext: Wire;
  readonly shiftHere: Wire; readonly nextCount: number;
  readonly zetaNext: Wire;
};

type QueryContext = {
  readonly circuit: Circuit; readonly layout: Layout; readonly proof: Proof;
  readonly heights: ReadonlyMap<number, HeightWires>;
  readonly roots: Readonly<Record<Phase, DigestWires | undefined>>;
  readonly foldRoots: readonly DigestWires[];
  readonly zeta: Wire; readonly batch: Wire;
  readonly folds: readonly Wire[];
  /** Each fold's challenge to the power of its arity: the weight of the word rolled in after it. */
  readonly foldPowers: readonly Wire[];
  readonly finalPolynomial: readonly Wire[];
  readonly generator: number;
};

/** Accumulators by log size and next-row elements by "phase chip column", gathered from one query's rows. */
type Gathered = { readonly acc: Map<number, Wire>; readonly felts: Map<string, FeltWire> };

const assertDigest = (circuit: Circuit, digest: DigestWires, expected: DigestWires | undefined): void => {
  assert(expected !== undefined, "a tree that is opened has a root");
  circuit.assertEqual(digest[0], expected[0]);
  circuit.assertEqual(digest[1], expected[1]);
};

/** Elements of one size's concatenated row, and the names of those wanted as wires. */
const rowOfSize = ({ layout, proof }: QueryContext, tree: Tree, treeIndex: number, query: number, logSize: number): { felts: number[]; names: Map<number, string> } => {
  const felts: number[] = [];
  const names = new Map<number, string>();
  for (const [m, { chipIndex, logSize: own }] of tree.matrices.entries()) {
    if (own !== logSize) continue;
    for (const column of layout.nextColumns[chipIndex]?.[tree.phase] ?? []) names.set(felts.length + column, `${tree.phase} ${chipIndex} ${column}`);
    felts.push(...(proof.queries[query]?.trees[treeIndex]?.rows[m] ?? []));
  }
  return { felts, names };
};

/** Opens one tree: shorter matrices' rows first, then the tallest row and its path. */
const openTree = (context: QueryContext, tree: Tree, treeIndex: number, query: number, index: readonly FeltWire[], gathered: Gathered): void => {
  const { circuit, layout, proof, batch } = context;
  const sizes = [...new Set(tree.matrices.map(({ logSize }) => logSize))].sort((a, b) => a - b);
  const injected = new Map<number, DigestWires>();
  let writesAcc = false;
  for (const logSize of sizes) {
    const { felts, names } = rowOfSize(context, tree, treeIndex, query, logSize);
    const acc = gathered.acc.get(logSize) ?? circuit.constant(0);
    const row = hashRow(circuit, { felts, wanted: new Set(names.keys()), startsPath: logSize === tree.tallest, accumulator: { acc, gamma: batch } });
    for (const [position, name] of names) {
      const felt = row.felts.get(position);
      assert(felt !== undefined, `element ${position} was asked for`);
      gathered.felts.set(name, felt);
    }
    if (row.acc === undefined) writesAcc = true;
    else gathered.acc.set(logSize, row.acc);
    if (row.digest !== undefined) injected.set(tree.tallest - logSize, row.digest);
  }
  const siblings = proof.queries[query]?.trees[treeIndex]?.siblings ?? [];
  const path = climbPath(circuit, { siblings, bits: index.slice(layout.largest - tree.tallest), injected, writesAcc });
  if (path.acc !== undefined) gathered.acc.set(tree.tallest, path.acc);
  assertDigest(circuit, path.root, context.roots[tree.phase]);
};

/**
 * The query's place in a word of 2^logSize values that is folded by 2^step next: y = w^rev(row) of its row, and the
 * point s * w^rev(position) = s * y * (the low bits' part). One chain of lanes serves the DEEP quotient and the fold.
 */
type Place = { readonly y: Wire; readonly point: Wire };

const placeOf = ({ circuit, layout, generator }: QueryContext, logSize: number, step: number, index: readonly FeltWire[]): Place => {
  const bits = index.slice(layout.largest - logSize);
  const roots = bits.map((_, j) => twoAdicRoot(j + 1));
  const y = powerByBits(circuit, circuit.constant(1), roots.slice(step), bits.slice(step));
  return { y, point: powerByBits(circuit, circuit.scale(y, generator), roots.slice(0, step), bits.slice(0, step)) };
};

/** ro_h at the query's position. */
const deepValue = (context: QueryContext, logSize: number, height: HeightWires, point: Wire, gathered: Gathered): Wire => {
  const { circuit, layout, zeta, batch } = context;
  const acc = gathered.acc.get(logSize);
  assert(acc !== undefined, `no row of size 2^${logSize} was opened`);
  const here = circuit.divide(circuit.sub(acc, height.valueHere), circuit.sub(point, zeta));
  if (height.nextCount === 0) return circuit.mul(here, height.shiftHere);
  const names = PHASES.flatMap((phase) => height.chips.flatMap((chip) => (layout.nextColumns[chip]?.[phase] ?? []).map((column) => `${phase} ${chip} ${column}`)));
  const elements = names.map((name) => {
    const element = gathered.felts.get(name);
    assert(element !== undefined, `${name} was opened`);
    return element;
  });
  const next = circuit.divide(circuit.sub(horner(circuit, elements, batch), height.valueNext), circuit.sub(point, height.zetaNext));
  return circuit.mulAdd(here, height.shiftHere, next);
};

/** One fold: the row holds the carried value at its place, hashes to the root, and folds at the challenge. */
const foldOnce = (context: QueryContext, fold: number, query: number, position: readonly FeltWire[], y: Wire, value: Wire): Wire => {
  const { circuit, layout, proof } = context;
  const { step, logSize } = layout.folds[fold] ?? { step: 0, logSize: 0 };
  const opening = proof.queries[query]?.folds[fold];
  const challenge = context.folds[fold];
  assert(opening !== undefined && challenge !== undefined && position.length === logSize);
  const [slotBits, rowBits] = [position.slice(0, step), position.slice(step)];
  const slot = slotBits.reduce((total, bit, i) => total + bit.value[0] * 2 ** i, 0);
  const elements = [...opening.others.slice(0, slot), value.value, ...opening.others.slice(slot)];
  const row = hashRow(circuit, { felts: elements.flat(), wantsGroups: true, startsPath: true });
  const path = climbPath(circuit, { siblings: opening.siblings, bits: rowBits, writesAcc: false });
  assertDigest(circuit, path.root, context.foldRoots[fold]);
  circuit.assertEqual(selectByBits(circuit, row.groups, slotBits), value);
  const inverseY = circuit.divide(circuit.constant(1), y);
  return foldValues(circuit, row.groups, inverseY, challenge, inverseRootTable(step, twoAdicRoot));
};

const checkQuery = (context: QueryContext, query: number, index: readonly FeltWire[]): void => {
  const { circuit, layout, heights } = context;
  const gathered: Gathered = { acc: new Map(), felts: new Map() };
  for (const [t, tree] of layout.trees.entries()) openTree(context, tree, t, query, index, gathered);
  const rollIn = (logSize: number, place: Place): Wire | undefined => {
    const height = heights.get(logSize);
    return height === undefined ? undefined : deepValue(context, logSize, height, place.point, gathered);
  };
  const stepAt = (fold: number): number => layout.folds[fold]?.step ?? 0;
  let logSize = layout.largest;
  let place = placeOf(context, logSize, stepAt(0), index);
  let value = rollIn(logSize, place);
  assert(value !== undefined, "the largest size is occupied");
  for (const [i, fold] of layout.folds.entries()) {
    const folded: Wire = foldOnce(context, i, query, index.slice(layout.largest - logSize), place.y, value);
    logSize -= fold.step;
    place = placeOf(context, logSize, stepAt(i + 1), index);
    const entering = rollIn(logSize, place);
    const weight = context.foldPowers[i];
    assert(weight !== undefined);
    value = entering === undefined ? folded : circuit.mulAdd(weight, entering, folded);
  }
  // Past the last fold the step is 0, so y is the unshifted point itself.
  circuit.assertEqual(horner(circuit, context.finalPolynomial.toReversed(), place.y), value);
};

/** Checks every query; each index is given by its bits, least significant first. */
export const checkQueries = (context: QueryContext, indices: readonly (readonly FeltWire[])[]): void => {
  for (const [query, index] of indices.entries()) checkQuery(context, query, index);
};
