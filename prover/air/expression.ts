/**
 * Expressions of an AIR: a hash-consed DAG over the columns, public inputs and lookup challenges of one chip.
 *
 * Owns: node kinds, structural sharing, degrees, constant folding. Does not own: what a chip is (chip.ts), the
 * canonical bytes (ir.ts), or any field beyond reducing constants (prover/field does arithmetic on values).
 * Source: design 04, decision 6 ("constraints are written once, in a DSL with a canonical IR and digest").
 * Invariant: two structurally equal expressions of one pool are the same node id, and every operand's id is
 * smaller than the id of the node using it, so ascending id order is an evaluation order.
 */
import assert from "node:assert/strict";
import { P } from "../field/koalabear.ts";

/** Which committed matrix a column belongs to. */
export type ColumnPhase = "preprocessed" | "main" | "permutation";

export type Node =
  | { readonly op: "constant"; readonly value: number }
  | { readonly op: "column"; readonly phase: ColumnPhase; readonly index: number; readonly isNext: boolean }
  | { readonly op: "public"; readonly index: number }
  /** Lookup challenge alpha (extension). */
  | { readonly op: "alpha" }
  /** beta^power (extension), power >= 1. */
  | { readonly op: "betaPower"; readonly power: number }
  /** The chip's exported lookup sum divided by its height: C / H (extension). */
  | { readonly op: "sumShare" }
  | { readonly op: "add" | "sub" | "mul"; readonly left: number; readonly right: number };

/** A number stands for the base-field constant congruent to it. */
export type Operand = Expression | number;

const keyOf = (node: Node): string => {
  switch (node.op) {
    case "constant": return `k${node.value}`;
    case "column": return `c:${node.phase}:${node.index}${node.isNext ? "n" : ""}`;
    case "public": return `p${node.index}`;
    case "alpha": return "a";
    case "betaPower": return `b${node.power}`;
    case "sumShare": return "s";
    case "add": return `+${node.left},${node.right}`;
    case "sub": return `-${node.left},${node.right}`;
    case "mul": return `*${node.left},${node.right}`;
  }
};

/** Canonical representative of an integer in [0, p); exact for |value| < 2^53. */
export const toFieldConstant = (value: number): number => {
  assert(Number.isSafeInteger(value), `a constant must be a safe integer, got ${value}`);
  const reduced = value % P;
  return reduced < 0 ? reduced + P : reduced;
};

/** The nodes of one chip. Append-only. */
export class ExpressionPool {
  readonly #nodes: Node[] = [];
  readonly #expressions: Expression[] = [];
  readonly #byKey = new Map<string, Expression>();

  get nodes(): readonly Node[] {
    return this.#nodes;
  }

  constant(value: number): Expression {
    return this.#intern({ op: "constant", value: toFieldConstant(value) }, 0, false);
  }

  column(phase: ColumnPhase, index: number, isNext: boolean): Expression {
    return this.#intern({ op: "column", phase, index, isNext }, 1, phase === "permutation");
  }

  publicInput(index: number): Expression {
    return this.#intern({ op: "public", index }, 0, false);
  }

  alpha(): Expression {
    return this.#intern({ op: "alpha" }, 0, true);
  }

  betaPower(power: number): Expression {
    if (power === 0) return this.constant(1);
    return this.#intern({ op: "betaPower", power }, 0, true);
  }

  sumShare(): Expression {
    return this.#intern({ op: "sumShare" }, 0, true);
  }

  /** The expression standing for a node id of this pool. */
  at(id: number): Expression {
    const found = this.#expressions[id];
    assert(found !== undefined, `no expression ${id} in a pool of ${this.#expressions.length}`);
    return found;
  }

  lift(operand: Operand): Expression {
    if (typeof operand === "number") return this.constant(operand);
    assert(operand.pool === this, "an expression of another chip was used here");
    return operand;
  }

  /** left (op) right with constant folding and neutral elements removed; commutative operands are ordered by id. */
  combine(op: "add" | "sub" | "mul", a: Expression, b: Expression): Expression {
    const folded = this.#fold(op, a, b);
    if (folded !== undefined) return folded;
    const isSwapped = op !== "sub" && a.id > b.id;
    const [left, right] = isSwapped ? [b, a] : [a, b];
    const degree = op === "mul" ? a.degree + b.degree : Math.max(a.degree, b.degree);
    return this.#intern({ op, left: left.id, right: right.id }, degree, a.isExtension || b.isExtension);
  }

  #fold(op: "add" | "sub" | "mul", a: Expression, b: Expression): Expression | undefined {
    const x = a.constantValue;
    const y = b.constantValue;
    if (x !== undefined && y !== undefined) {
      if (op === "add") return this.constant(x + y);
      if (op === "sub") return this.constant(x - y);
      return this.constant(Number((BigInt(x) * BigInt(y)) % BigInt(P)));
    }
    if (op === "add") {
      if (x === 0) return b;
      if (y === 0) return a;
    } else if (op === "sub") {
      if (y === 0) return a;
      if (a === b) return this.constant(0);
    } else {
      if (x === 0 || y === 0) return this.constant(0);
      if (x === 1) return b;
      if (y === 1) return a;
    }
    return undefined;
  }

  #intern(node: Node, degree: number, isExtension: boolean): Expression {
    const key = keyOf(node);
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    const made = new Expression(this, this.#nodes.length, degree, isExtension);
    this.#nodes.push(node);
    this.#expressions.push(made);
    this.#byKey.set(key, made);
    return made;
  }
}

/** A handle on one node. Degree counts columns (a column of any phase is 1; publics and challenges are 0). */
export class Expression {
  readonly pool: ExpressionPool;
  readonly id: number;
  readonly degree: number;
  readonly isExtension: boolean;

  constructor(pool: ExpressionPool, id: number, degree: number, isExtension: boolean) {
    this.pool = pool;
    this.id = id;
    this.degree = degree;
    this.isExtension = isExtension;
  }

  /** The value if this is a constant node. */
  get constantValue(): number | undefined {
    const node = this.pool.nodes[this.id];
    return node?.op === "constant" ? node.value : undefined;
  }

  add(other: Operand): Expression {
    return this.pool.combine("add", this, this.pool.lift(other));
  }

  sub(other: Operand): Expression {
    return this.pool.combine("sub", this, this.pool.lift(other));
  }

  mul(other: Operand): Expression {
    return this.pool.combine("mul", this, this.pool.lift(other));
  }

  neg(): Expression {
    return this.pool.combine("sub", this.pool.constant(0), this);
  }

  square(): Expression {
    return this.mul(this);
  }

  /** 1 - this: the complement of a boolean. */
  not(): Expression {
    return this.pool.combine("sub", this.pool.constant(1), this);
  }
}

/** Sum of expressions of one pool; the list must not be empty. */
export const sum = (terms: readonly Expression[]): Expression => {
  const [first, ...rest] = terms;
  assert(first !== undefined, "sum of no terms");
  return rest.reduce((accumulated, term) => accumulated.add(term), first);
};

/** Sum of bits[i] * 2^i: the integer a little-endian list of booleans stands for. */
export const packLittleEndian = (bits: readonly Expression[]): Expression =>
  sum(bits.map((bit, i) => bit.mul(2 ** i)));
