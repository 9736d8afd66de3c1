/**
 * Exact checkers of a trace against its chips: every constraint on every row, and every bus by multiset balance.
 *
 * Owns: the verdict on a witness, with the first violations named. Does not own: any randomness; no challenge is
 * drawn, so a pass means the statement holds for this trace (buses as exact multisets mod p).
 * Source: prover review section 5 step 4; appendix A5 method.
 * Invariant: checkMachine returns [] exactly when an honest prover could prove the trace.
 */
import { add, mul, sub } from "../field/koalabear.ts";
import type { Bus, Constraint } from "./chip.ts";
import { evaluateNodes } from "./evaluate.ts";
import type { LeafValues, RingOperations } from "./evaluate.ts";
import { baseNodeValues } from "./codegen.ts";
import type { CompiledChip } from "./ir.ts";
import { rowOf } from "./trace.ts";
import type { ChipTrace } from "./trace.ts";

export const BASE_RING: RingOperations<number> = { constant: (value) => value, add, sub, mul };

export type Violation =
  | { readonly kind: "shape"; readonly chip: string; readonly expected: string; readonly got: string }
  | { readonly kind: "constraint"; readonly chip: string; readonly row: number; readonly label: string; readonly value: number }
  | { readonly kind: "bus"; readonly bus: string; readonly tuple: string; readonly multiplicity: number };

/** At most this many violations are reported. */
const MAX_VIOLATIONS = 20;

/** Nodes needed for row checks only: extension nodes and what depends on them are skipped by giving them zero leaves. */
const rowLeaves = (chip: CompiledChip, trace: ChipTrace, row: number): LeafValues<number> => {
  const next = (row + 1) % trace.main.height;
  const zeros = Array.from({ length: chip.permutationWidth }, () => 0);
  return {
    preprocessed: rowOf(trace.preprocessed, row),
    preprocessedNext: rowOf(trace.preprocessed, next),
    main: rowOf(trace.main, row),
    mainNext: rowOf(trace.main, next),
    permutation: zeros,
    permutationNext: zeros,
    publics: trace.publics,
    alpha: 0,
    betaPowers: Array.from({ length: chip.maxTupleWidth + 1 }, () => 0),
    sumShare: 0,
  };
};

const holdsOn = (scope: Constraint["scope"], row: number, height: number): boolean => {
  switch (scope) {
    case "every": return true;
    case "first": return row === 0;
    case "last": return row === height - 1;
    case "transition": return row < height - 1;
  }
};

/** Expected and actual shape of a trace; undefined when they agree. */
const shapeViolation = (chip: CompiledChip, trace: ChipTrace): Violation | undefined => {
  const { height } = trace.main;
  const expected = `main ${chip.mainWidth}, preprocessed ${chip.preprocessedWidth} x ${height}, publics ${chip.publicCount}, height 2^k >= 4`;
  const isFine =
    trace.main.width === chip.mainWidth && trace.preprocessed.width === chip.preprocessedWidth &&
    (chip.preprocessedWidth === 0 || trace.preprocessed.height === height) &&
    trace.publics.length === chip.publicCount && height >= 4 && (height & (height - 1)) === 0;
  if (isFine) return undefined;
  const got = `main ${trace.main.width}, preprocessed ${trace.preprocessed.width} x ${trace.preprocessed.height}, publics ${trace.publics.length}, height ${height}`;
  return { kind: "shape", chip: chip.name, expected, got };
};

/** A tuple with its multiplicity, outside any table. */
export type BusTuple = { readonly bus: Bus; readonly tuple: readonly number[]; readonly multiplicity: number };

/** Exact balance of buses: tuple -> total multiplicity mod p. */
export class BusLedger {
  readonly #totals = new Map<string, { bus: string; tuple: string; multiplicity: number }>();

  record(chip: CompiledChip, nodeValues: readonly number[], sign: 1 | -1 = 1): void {
    for (const { bus, tuple, multiplicity } of chip.interactions) {
      const amount = nodeValues[multiplicity] ?? 0;
      if (amount === 0) continue;
      this.#add(bus, tuple.map((id) => nodeValues[id]).join(","), sign === 1 ? amount : sub(0, amount));
    }
  }

  #add(bus: Bus, text: string, amount: number): void {
    const key = `${bus.id}:${text}`;
    const entry = this.#totals.get(key) ?? { bus: bus.name, tuple: text, multiplicity: 0 };
    entry.multiplicity = add(entry.multiplicity, amount);
    if (entry.multiplicity === 0) this.#totals.delete(key);
    else this.#totals.set(key, entry);
  }

  /** Adds a tuple the verifier itself sends. */
  recordTuple({ bus, tuple, multiplicity }: BusTuple): void {
    this.#add(bus, tuple.join(","), multiplicity);
  }

  get isBalanced(): boolean {
    return this.#totals.size === 0;
  }

  violations(): Violation[] {
    return [...this.#totals.values()].slice(0, MAX_VIOLATIONS).map((entry) => ({ kind: "bus", ...entry }));
  }
}

/** Values of all nodes on one row, extension nodes excluded (their entries are meaningless). */
export const rowNodeValues = (chip: CompiledChip, trace: ChipTrace, row: number): number[] =>
  evaluateNodes(chip, BASE_RING, rowLeaves(chip, trace, row));

/** The chip's own constraints that fail on one row. */
export const rowViolations = (chip: CompiledChip, nodeValues: readonly number[], row: number, height: number): Violation[] => {
  const found: Violation[] = [];
  for (const { scope, root, label } of chip.constraints.slice(0, chip.ownConstraintCount)) {
    const value = nodeValues[root] ?? 0;
    if (value !== 0 && holdsOn(scope, row, height)) found.push({ kind: "constraint", chip: chip.name, row, label, value });
  }
  return found;
};

type Judge = { readonly roots: readonly number[]; readonly evaluate: ReturnType<typeof baseNodeValues> };
const judges = new WeakMap<CompiledChip, Judge>();

/** The generated evaluator of everything a verdict on a row reads (equal to rowNodeValues: evaluators.test.ts). */
const judgeOf = (chip: CompiledChip): Judge => {
  const known = judges.get(chip);
  if (known !== undefined) return known;
  const own = chip.constraints.slice(0, chip.ownConstraintCount).map(({ root }) => root);
  const roots = [...new Set([...own, ...chip.interactions.flatMap(({ tuple, multiplicity }) => [...tuple, multiplicity])])];
  const judge = { roots, evaluate: baseNodeValues(chip, roots) };
  judges.set(chip, judge);
  return judge;
};

/**
 * All violations of a machine's trace (up to a bound); [] means the trace satisfies chips and buses. `publicTuples` are
 * those the verifier adds from public values.
 */
export const checkMachine = (
  chips: readonly CompiledChip[], traces: readonly ChipTrace[], publicTuples: readonly BusTuple[] = [],
): Violation[] => {
  const ledger = new BusLedger();
  for (const tuple of publicTuples) ledger.recordTuple(tuple);
  const found: Violation[] = [];
  for (const [index, chip] of chips.entries()) {
    const trace = traces[index];
    if (trace === undefined) {
      found.push({ kind: "shape", chip: chip.name, expected: "a trace", got: "none" });
      continue;
    }
    const shape = shapeViolation(chip, trace);
    if (shape !== undefined) {
      found.push(shape);
      continue;
    }
    const { roots, evaluate } = judgeOf(chip);
    const { height } = trace.main;
    const all = evaluate({
      rowCount: height, nextStep: 1, preprocessed: trace.preprocessed.values, main: trace.main.values, permutation: new Uint32Array(0),
    }, trace.publics);
    // The rules below read values by node id; other nodes are not theirs.
    const values: number[] = [];
    for (let row = 0; row < height && found.length < MAX_VIOLATIONS; row += 1) {
      roots.forEach((root, r) => { values[root] = all[row * roots.length + r] ?? 0; });
      found.push(...rowViolations(chip, values, row, height));
      ledger.record(chip, values);
    }
  }
  return [...found, ...ledger.violations()].slice(0, MAX_VIOLATIONS);
};
