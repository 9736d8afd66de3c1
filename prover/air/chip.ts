/**
 * The chip definition language: columns, public inputs, constraints and bus interactions of one table.
 *
 * Owns: what may be declared and the rules every declaration must keep (degrees, widths, bus arity).
 * Does not own: the lookup argument derived from the interactions (logup.ts), the canonical bytes (ir.ts),
 * how a trace is made (each chip's own generator).
 * Source: design 04 decisions 3-6; prover review P10 (cyclic sum, degree 3) and section 4 (vk contents).
 * Invariant: a finished ChipDefinition has constraints of total degree <= MAX_DEGREE, selectors included.
 */
import assert from "node:assert/strict";
import { ExpressionPool } from "./expression.ts";
import type { Expression, Node, Operand } from "./expression.ts";

/** Constraint degree bound of the whole system: the quotient of a chip of height H has degree < 2H. */
export const MAX_DEGREE = 3;

/**
 * Rows on which a constraint holds.
 * every: all rows, "next" of the last row being the first (cyclic). transition: all rows but the last.
 */
export type RowScope = "every" | "first" | "last" | "transition";

/** Degree that the row selector adds: first/last are Lagrange numerators of degree H - 1; transition is x - g^-1. */
export const scopeDegree = (scope: RowScope): number => (scope === "first" || scope === "last" ? 1 : 0);

export type Constraint = { readonly scope: RowScope; readonly root: number; readonly label: string };

/** A bus all chips of a machine agree on. `id` separates buses inside the fingerprint, `width` is its tuple length. */
export type Bus = { readonly id: number; readonly name: string; readonly width: number };

/** One tuple added to a bus on every row with a multiplicity (negative = received). Roots are node ids. */
export type Interaction = {
  readonly bus: Bus;
  readonly tuple: readonly number[];
  readonly multiplicity: number;
  readonly label: string;
};

export type ChipDefinition = {
  readonly name: string;
  readonly preprocessedColumns: readonly string[];
  readonly mainColumns: readonly string[];
  readonly publicInputs: readonly string[];
  readonly pool: ExpressionPool;
  readonly constraints: readonly Constraint[];
  readonly interactions: readonly Interaction[];
};

/** What a definition function receives to declare a chip. */
export class ChipBuilder {
  readonly #pool = new ExpressionPool();
  readonly #preprocessed: string[] = [];
  readonly #main: string[] = [];
  readonly #publics: string[] = [];
  readonly #constraints: Constraint[] = [];
  readonly #interactions: Interaction[] = [];

  constant(value: number): Expression {
    return this.#pool.constant(value);
  }

  preprocessed(name: string): Expression {
    this.#preprocessed.push(name);
    return this.#pool.column("preprocessed", this.#preprocessed.length - 1, false);
  }

  main(name: string): Expression {
    this.#main.push(name);
    return this.#pool.column("main", this.#main.length - 1, false);
  }

  /** `count` main columns called name[0], name[1], ... */
  mainArray(name: string, count: number): Expression[] {
    return Array.from({ length: count }, (_, i) => this.main(`${name}[${i}]`));
  }

  preprocessedArray(name: string, count: number): Expression[] {
    return Array.from({ length: count }, (_, i) => this.preprocessed(`${name}[${i}]`));
  }

  publicInput(name: string): Expression {
    this.#publics.push(name);
    return this.#pool.publicInput(this.#publics.length - 1);
  }

  /** The same column one row later; the row after the last is the first. */
  next(column: Expression): Expression {
    const node = this.#pool.nodes[this.#pool.lift(column).id];
    assert(node?.op === "column" && !node.isNext, "next() takes a column of the current row");
    return this.#pool.column(node.phase, node.index, true);
  }

  /** Requires `expression` = 0 on the rows of `scope`. */
  assertZero(label: string, expression: Operand, scope: RowScope = "every"): void {
    const root = this.#pool.lift(expression);
    const degree = root.degree + scopeDegree(scope);
    assert(degree <= MAX_DEGREE, `constraint "${label}": degree ${degree} exceeds ${MAX_DEGREE}`);
    assert(root.constantValue === undefined, `constraint "${label}" is the constant ${root.constantValue}`);
    this.#constraints.push({ scope, root: root.id, label });
  }

  assertEqual(label: string, left: Expression, right: Operand, scope: RowScope = "every"): void {
    this.assertZero(label, left.sub(right), scope);
  }

  assertBoolean(label: string, expression: Expression, scope: RowScope = "every"): void {
    this.assertZero(label, expression.mul(expression.sub(1)), scope);
  }

  /** Adds `tuple` to `bus` `multiplicity` times on each row. */
  send(bus: Bus, label: string, tuple: readonly Operand[], multiplicity: Operand): void {
    this.#interact(bus, label, tuple, this.#pool.lift(multiplicity));
  }

  /** Removes `tuple` from `bus` `multiplicity` times on each row. */
  receive(bus: Bus, label: string, tuple: readonly Operand[], multiplicity: Operand): void {
    this.#interact(bus, label, tuple, this.#pool.lift(multiplicity).neg());
  }

  #interact(bus: Bus, label: string, tuple: readonly Operand[], multiplicity: Expression): void {
    assert.equal(tuple.length, bus.width, `interaction "${label}": bus ${bus.name} has tuples of ${bus.width}`);
    const parts = tuple.map((part) => this.#pool.lift(part));
    const widest = Math.max(...parts.map((part) => part.degree));
    assert(
      1 + widest <= MAX_DEGREE && multiplicity.degree <= MAX_DEGREE,
      `interaction "${label}": tuple degree ${widest} (limit ${MAX_DEGREE - 1}), multiplicity degree ${multiplicity.degree}`,
    );
    this.#interactions.push({ bus, tuple: parts.map((part) => part.id), multiplicity: multiplicity.id, label });
  }

  finish(name: string): ChipDefinition {
    return {
      name,
      preprocessedColumns: this.#preprocessed,
      mainColumns: this.#main,
      publicInputs: this.#publics,
      pool: this.#pool,
      constraints: this.#constraints,
      interactions: this.#interactions,
    };
  }
}

/** Declares a chip. The definition function runs once; its order of calls is the order of columns and constraints. */
export const defineChip = (name: string, define: (builder: ChipBuilder) => void): ChipDefinition => {
  const builder = new ChipBuilder();
  define(builder);
  const chip = builder.finish(name);
  assert(chip.mainColumns.length > 0, `chip ${name} has no main column`);
  const names = [...chip.preprocessedColumns, ...chip.mainColumns, ...chip.publicInputs];
  assert.equal(new Set(names).size, names.length, `chip ${name} declares two columns of one name`);
  return chip;
};

/** Node ids reachable from `roots`, ascending (an evaluation order). */
export const reachable = (nodes: readonly Node[], roots: readonly number[]): number[] => {
  const seen = new Set<number>();
  const stack = [...roots];
  for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
    if (seen.has(id)) continue;
    seen.add(id);
    const node = nodes[id];
    assert(node !== undefined, `node ${id} of ${nodes.length}`);
    if (node.op === "add" || node.op === "sub" || node.op === "mul") stack.push(node.left, node.right);
  }
  return [...seen].sort((a, b) => a - b);
};
