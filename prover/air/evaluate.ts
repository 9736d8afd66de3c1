/**
 * Reference evaluation of a compiled chip over any ring the caller brings: the one interpreter the verifier uses.
 *
 * Owns: walking the nodes and folding constraints. Does not own: domains, selectors' formulas, field arithmetic.
 * Source: prover review section 4 (fold by a_c); README.md of this folder states the fold order.
 * Invariant: work is linear in nodes + constraints; no input of the right lengths makes it throw.
 */
import type { CompiledChip } from "./ir.ts";

/** The ring operations of one representation (base field, extension field, symbolic source text, ...). */
export type RingOperations<T> = {
  readonly constant: (value: number) => T;
  readonly add: (a: T, b: T) => T;
  readonly sub: (a: T, b: T) => T;
  readonly mul: (a: T, b: T) => T;
};

/** Leaf values at one point. Arrays are indexed by column (or public input); `betaPowers[j]` is beta^j. */
export type LeafValues<T> = {
  readonly preprocessed: readonly T[];
  readonly preprocessedNext: readonly T[];
  readonly main: readonly T[];
  readonly mainNext: readonly T[];
  readonly permutation: readonly T[];
  readonly permutationNext: readonly T[];
  readonly publics: readonly T[];
  readonly alpha: T;
  readonly betaPowers: readonly T[];
  readonly sumShare: T;
};

export type SelectorValues<T> = { readonly first: T; readonly last: T; readonly transition: T };

/** A leaf the caller did not supply. A bug of the caller, never of a proof: lengths are checked before evaluation. */
export class MissingLeaf extends Error {
  readonly code = "missing-leaf";
  constructor(what: string) {
    super(`evaluation needs ${what}, which was not supplied`);
    this.name = "MissingLeaf";
  }
}

const take = <T>(list: readonly T[], index: number, what: string): T => {
  const value = list[index];
  if (value === undefined) throw new MissingLeaf(`${what}[${index}] of ${list.length}`);
  return value;
};

/** Values of all nodes, indexed by node id. */
export const evaluateNodes = <T>(chip: CompiledChip, ring: RingOperations<T>, leaves: LeafValues<T>): T[] => {
  const values: T[] = [];
  for (const node of chip.nodes) {
    switch (node.op) {
      case "constant": values.push(ring.constant(node.value)); break;
      case "column": values.push(columnValue(leaves, node.phase, node.index, node.isNext)); break;
      case "public": values.push(take(leaves.publics, node.index, "publics")); break;
      case "alpha": values.push(leaves.alpha); break;
      case "betaPower": values.push(take(leaves.betaPowers, node.power, "betaPowers")); break;
      case "sumShare": values.push(leaves.sumShare); break;
      case "add": values.push(ring.add(take(values, node.left, "node"), take(values, node.right, "node"))); break;
      case "sub": values.push(ring.sub(take(values, node.left, "node"), take(values, node.right, "node"))); break;
      case "mul": values.push(ring.mul(take(values, node.left, "node"), take(values, node.right, "node"))); break;
    }
  }
  return values;
};

const columnValue = <T>(leaves: LeafValues<T>, phase: "preprocessed" | "main" | "permutation", index: number, isNext: boolean): T => {
  switch (phase) {
    case "preprocessed": return take(isNext ? leaves.preprocessedNext : leaves.preprocessed, index, phase);
    case "main": return take(isNext ? leaves.mainNext : leaves.main, index, phase);
    case "permutation": return take(isNext ? leaves.permutationNext : leaves.permutation, index, phase);
  }
};

/** sum over i of challenge^i * selector_i * constraint_i, by Horner from the last constraint. `zero` when there is none. */
export const foldConstraints = <T>(
  chip: CompiledChip, ring: RingOperations<T>, nodeValues: readonly T[], selectors: SelectorValues<T>, challenge: T,
): T => {
  let folded = ring.constant(0);
  for (let i = chip.constraints.length - 1; i >= 0; i -= 1) {
    const constraint = chip.constraints[i];
    if (constraint === undefined) throw new MissingLeaf(`constraint ${i}`);
    const plain = take(nodeValues, constraint.root, "node");
    const value = constraint.scope === "every" ? plain : ring.mul(selectors[constraint.scope], plain);
    folded = ring.add(ring.mul(folded, challenge), value);
  }
  return folded;
};

/** The powers beta^0 .. beta^maxPower. */
export const powersOf = <T>(ring: RingOperations<T>, base: T, maxPower: number): T[] => {
  const powers = [ring.constant(1)];
  for (let i = 1; i <= maxPower; i += 1) powers.push(ring.mul(take(powers, i - 1, "power"), base));
  return powers;
};
