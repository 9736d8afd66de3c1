/**
 * Generates JavaScript that evaluates a compiled chip over many rows: the readable fast path of the prover.
 *
 * Owns: the source text, its chunking, and the two row programs (quotient numerator, lookup fractions).
 * Does not own: domains, divisions by Z, commitments, and the WASM twin.
 * Source: design 04 decision 6; conventions in README.md of this folder.
 * Invariant: for every row the result equals foldConstraints(evaluateNodes(...)) of evaluate.ts.
 *
 * Values live in one scratch array (1 slot per base node, 4 per extension node) and statements are split into
 * functions of bounded size, because V8 does not optimise functions whose bytecode exceeds about 60 KB.
 */
import assert from "node:assert/strict";
import { EXT_ZERO, extMul } from "../field/ext4.ts";
import type { Ext } from "../field/ext4.ts";
import { add, mul, sub } from "../field/koalabear.ts";
import type { CompiledChip } from "./ir.ts";
import { reachable } from "./chip.ts";
import type { ColumnPhase } from "./expression.ts";

const STATEMENTS_PER_FUNCTION = 400;

/** Matrices over an evaluation domain, row-major; an absent phase is an empty array of width 0. */
export type RowMatrices = {
  readonly rowCount: number;
  /** Rows from the point x to the point g * x, in the order of the rows (cyclic). */
  readonly nextStep: number;
  readonly preprocessed: Uint32Array;
  readonly main: Uint32Array;
  /** 4 * permutationWidth base columns. */
  readonly permutation: Uint32Array;
};

export type Challenges = { readonly alpha: Ext; readonly beta: Ext; readonly sumShare: Ext };

export type QuotientInputs = RowMatrices & Challenges & {
  readonly publics: readonly number[];
  /** Selector values per row (base field), not normalised: see README. */
  readonly first: Uint32Array;
  readonly last: Uint32Array;
  readonly transition: Uint32Array;
  /** The fold challenge a_c. */
  readonly foldChallenge: Ext;
};

type RowFunction = (
  s: Uint32Array, pre: Uint32Array, po: number, pn: number, main: Uint32Array, mo: number, mn: number,
  perm: Uint32Array, ro: number, rn: number, pub: Uint32Array, ch: Uint32Array, fold: Uint32Array, sel: Uint32Array,
  out: Uint32Array, oo: number,
) => void;

const PARAMETERS = "s, pre, po, pn, main, mo, mn, perm, ro, rn, pub, ch, fold, sel, out, oo";

/** Layout of the challenge array: alpha, sumShare, then beta^0.. ; four words each. */
const BETA_BASE = 8;

/** Source text for the value of each coordinate of a node. */
class RowSource {
  readonly #chip: CompiledChip;
  readonly #slots = new Map<number, number>();
  readonly statements: string[] = [];
  slotCount = 0;

  constructor(chip: CompiledChip, roots: readonly number[]) {
    this.#chip = chip;
    this.#emitNodes(roots);
  }

  /** Coordinate text of a node: one string for a base value, four for an extension value. */
  text(id: number): string[] {
    const node = this.#chip.nodes[id];
    assert(node !== undefined);
    switch (node.op) {
      case "constant": return [String(node.value)];
      case "public": return [`pub[${node.index}]`];
      case "alpha": return coordinates("ch", 0);
      case "sumShare": return coordinates("ch", 4);
      case "betaPower": return coordinates("ch", BETA_BASE + 4 * node.power);
      case "column": return columnText(node.phase, node.index, node.isNext);
      default: {
        const slot = this.#slots.get(id);
        assert(slot !== undefined, `node ${id} has no slot yet`);
        return this.#chip.isExtension[id] === true ? coordinates("s", slot) : [`s[${slot}]`];
      }
    }
  }

  #emitNodes(roots: readonly number[]): void {
    for (const id of reachable(this.#chip.nodes, roots)) {
      const node = this.#chip.nodes[id];
      assert(node !== undefined);
      if (node.op !== "add" && node.op !== "sub" && node.op !== "mul") continue;
      const [left, right] = [this.text(node.left), this.text(node.right)];
      const isExtension = this.#chip.isExtension[id] === true;
      const slot = this.slotCount;
      this.slotCount += isExtension ? 4 : 1;
      this.#slots.set(id, slot);
      const values = isExtension ? extensionText(node.op, left, right) : [`${node.op}(${left[0]}, ${right[0]})`];
      values.forEach((value, i) => this.statements.push(`s[${slot + i}] = ${value};`));
    }
  }
}

const coordinates = (array: string, base: number): string[] => [0, 1, 2, 3].map((i) => `${array}[${base + i}]`);

const columnText = (phase: ColumnPhase, index: number, isNext: boolean): string[] => {
  switch (phase) {
    case "preprocessed": return [`pre[${isNext ? "pn" : "po"} + ${index}]`];
    case "main": return [`main[${isNext ? "mn" : "mo"} + ${index}]`];
    case "permutation": return [0, 1, 2, 3].map((i) => `perm[${isNext ? "rn" : "ro"} + ${4 * index + i}]`);
  }
};

/** Four coordinate expressions of left (op) right where at least one side is an extension value; X^4 = 3. */
const extensionText = (op: "add" | "sub" | "mul", left: string[], right: string[]): string[] => {
  if (op === "mul") {
    if (left.length === 1) return right.map((b) => `mul(${left[0]}, ${b})`);
    if (right.length === 1) return left.map((a) => `mul(${a}, ${right[0]})`);
    return productText(left, right);
  }
  return [0, 1, 2, 3].map((i) => {
    const [a, b] = [left[i], right[i]];
    if (a !== undefined && b !== undefined) return `${op}(${a}, ${b})`;
    if (a !== undefined) return a;
    return op === "add" ? String(b) : `sub(0, ${b})`;
  });
};

const productText = (a: string[], b: string[]): string[] =>
  [0, 1, 2, 3].map((k) => {
    const low: string[] = [];
    const high: string[] = [];
    for (let i = 0; i < 4; i += 1) {
      for (let j = 0; j < 4; j += 1) {
        if (i + j === k) low.push(`mul(${a[i]}, ${b[j]})`);
        if (i + j === k + 4) high.push(`mul(${a[i]}, ${b[j]})`);
      }
    }
    const chain = (terms: string[]): string => terms.reduce((left, right) => `add(${left}, ${right})`);
    return high.length === 0 ? chain(low) : `add(${chain(low)}, mul(3, ${chain(high)}))`;
  });

/** The functions of one row program plus its scratch size. */
type RowProgram = { readonly functions: readonly RowFunction[]; readonly slotCount: number };

const buildFunctions = (statements: readonly string[]): RowFunction[] => {
  const functions: RowFunction[] = [];
  for (let start = 0; start < statements.length; start += STATEMENTS_PER_FUNCTION) {
    const body = statements.slice(start, start + STATEMENTS_PER_FUNCTION).join("\n");
    // oxlint-disable-next-line typescript/no-implied-eval -- the text is built from node kinds and integers only
    const make = new Function("add", "sub", "mul", `"use strict"; return function row(${PARAMETERS}) {\n${body}\n};`);
    functions.push((make as (...operations: unknown[]) => RowFunction)(add, sub, mul));
  }
  return functions;
};

const runRows = (
  chip: CompiledChip, program: RowProgram, rows: RowMatrices, publics: readonly number[], challenges: Uint32Array,
  fold: Uint32Array, selectors: { first: Uint32Array; last: Uint32Array; transition: Uint32Array } | undefined,
  out: Uint32Array, outWidth: number,
): void => {
  const scratch = new Uint32Array(Math.max(1, program.slotCount));
  const publicValues = Uint32Array.from(publics);
  const selector = new Uint32Array(3);
  const permutationWidth = 4 * chip.permutationWidth;
  for (let row = 0; row < rows.rowCount; row += 1) {
    const next = (row + rows.nextStep) % rows.rowCount;
    if (selectors !== undefined) {
      selector[0] = selectors.first[row] ?? 0;
      selector[1] = selectors.last[row] ?? 0;
      selector[2] = selectors.transition[row] ?? 0;
    }
    for (const evaluate of program.functions) {
      evaluate(
        scratch, rows.preprocessed, row * chip.preprocessedWidth, next * chip.preprocessedWidth,
        rows.main, row * chip.mainWidth, next * chip.mainWidth, rows.permutation, row * permutationWidth,
        next * permutationWidth, publicValues, challenges, fold, selector, out, row * outWidth,
      );
    }
  }
};

const checkShapes = (chip: CompiledChip, rows: RowMatrices, publics: readonly number[]): void => {
  assert.equal(rows.preprocessed.length, rows.rowCount * chip.preprocessedWidth, `${chip.name}: preprocessed size`);
  assert.equal(rows.main.length, rows.rowCount * chip.mainWidth, `${chip.name}: main size`);
  assert.equal(publics.length, chip.publicCount, `${chip.name}: public inputs`);
};

const challengeWords = (chip: CompiledChip, { alpha, beta, sumShare }: Challenges): Uint32Array => {
  const words: number[] = [...alpha, ...sumShare];
  let power: Ext = [1, 0, 0, 0];
  for (let i = 0; i <= chip.maxTupleWidth; i += 1) {
    words.push(...power);
    power = extMul(power, beta);
  }
  return Uint32Array.from(words);
};

/** Statements adding selector * constraint * a_c^i to the accumulator out[oo..oo+3]. */
const foldStatements = (chip: CompiledChip, source: RowSource): string[] => {
  const selectorIndex = { every: undefined, first: 0, last: 1, transition: 2 };
  const statements = [0, 1, 2, 3].map((i) => `out[oo + ${i}] = 0;`);
  chip.constraints.forEach((constraint, c) => {
    const index = selectorIndex[constraint.scope];
    const plain = source.text(constraint.root);
    const value = index === undefined ? plain : plain.map((text) => `mul(sel[${index}], ${text})`);
    const weight = coordinates("fold", 4 * c);
    const product = extensionText("mul", value, weight);
    product.forEach((text, i) => statements.push(`out[oo + ${i}] = add(out[oo + ${i}], ${text});`));
  });
  return statements;
};

/**
 * Compiles the quotient numerator of a chip: sum of a_c^i * selector * constraint_i for every row of a domain.
 * The result has 4 words per row (coefficients of X^0..X^3); the caller divides by Z.
 */
export const quotientNumerator = (chip: CompiledChip): ((inputs: QuotientInputs) => Uint32Array) => {
  const source = new RowSource(chip, chip.constraints.map((constraint) => constraint.root));
  const program: RowProgram = {
    functions: buildFunctions([...source.statements, ...foldStatements(chip, source)]),
    slotCount: source.slotCount,
  };
  return (inputs) => {
    checkShapes(chip, inputs, inputs.publics);
    assert.equal(inputs.permutation.length, inputs.rowCount * 4 * chip.permutationWidth, `${chip.name}: permutation size`);
    const fold = new Uint32Array(4 * chip.constraints.length);
    let power: Ext = [1, 0, 0, 0];
    for (let c = 0; c < chip.constraints.length; c += 1) {
      fold.set(power, 4 * c);
      power = extMul(power, inputs.foldChallenge);
    }
    const out = new Uint32Array(4 * inputs.rowCount);
    runRows(chip, program, inputs, inputs.publics, challengeWords(chip, inputs), fold, inputs, out, 4);
    return out;
  };
};

/** Per row: the values of base-field nodes, in the order of `roots`. */
export const baseNodeValues = (
  chip: CompiledChip, roots: readonly number[],
): ((rows: RowMatrices, publics: readonly number[]) => Uint32Array) => {
  const source = new RowSource(chip, roots);
  const statements = [...source.statements];
  roots.forEach((root, r) => {
    const text = source.text(root);
    assert.equal(text.length, 1, `node ${root} of ${chip.name} is a base value`);
    statements.push(`out[oo + ${r}] = ${text[0]};`);
  });
  const program: RowProgram = { functions: buildFunctions(statements), slotCount: source.slotCount };
  return (rows, publics) => {
    checkShapes(chip, rows, publics);
    const out = new Uint32Array(roots.length * rows.rowCount);
    runRows(chip, program, rows, publics, new Uint32Array(0), new Uint32Array(0), undefined, out, roots.length);
    return out;
  };
};

/** Per row and lookup group: numerator (4 words) then denominator (4 words). */
export const lookupFractions = (
  chip: CompiledChip,
): ((rows: RowMatrices, publics: readonly number[], alpha: Ext, beta: Ext) => Uint32Array) => {
  const roots = chip.lookupGroups.flatMap((group) => [group.numerator, group.denominator]);
  const source = new RowSource(chip, roots);
  const statements = [...source.statements];
  roots.forEach((root, r) => {
    const text = source.text(root);
    for (let i = 0; i < 4; i += 1) statements.push(`out[oo + ${4 * r + i}] = ${text[i] ?? "0"};`);
  });
  const program: RowProgram = { functions: buildFunctions(statements), slotCount: source.slotCount };
  return (rows, publics, alpha, beta) => {
    checkShapes(chip, rows, publics);
    const out = new Uint32Array(4 * roots.length * rows.rowCount);
    const challenges = challengeWords(chip, { alpha, beta, sumShare: EXT_ZERO });
    runRows(chip, program, rows, publics, challenges, new Uint32Array(0), undefined, out, 4 * roots.length);
    return out;
  };
};
