// Compiles a chip's IR to the straight-line programs that the kernels run on rows: the fold of its constraints, and any of its nodes.
// Owns: operation choice, slot allocation by last use, the fold. Does not own: execution (assembly/constraints.ts, lookup.ts).
// Source: design 04 decision 6: generated from the canonical IR, no constraint is written here.
// Invariant: a fold's result on a row equals foldConstraints(evaluateNodes(...)) of air/evaluate.ts, a node's its value there.

import assert from "node:assert/strict";
import { reachable } from "../air/chip.ts";
import type { ColumnPhase, Node } from "../air/expression.ts";
import type { CompiledChip } from "../air/ir.ts";
import type { Ext } from "../field/ext4.ts";
import type { Felt } from "../field/koalabear.ts";
import { extPowers } from "../ntt/ntt.ts";
import { toMontgomery } from "./montgomery-form.ts";

/** Operation codes of assembly/constraints.ts. */
const OP = { add: 0, sub: 1, mul: 2, extAdd: 3, extSub: 4, extMul: 5, extPlusBase: 6, extMinusBase: 7, baseMinusExt: 8, extTimesBase: 9, foldBase: 10, foldExt: 11 } as const;

/** Where constants come from when the program is loaded. */
export type ConstantSource =
  | { readonly kind: "constant"; readonly value: number }
  | { readonly kind: "public"; readonly index: number }
  | { readonly kind: "alpha" } | { readonly kind: "sumShare" }
  | { readonly kind: "betaPower"; readonly power: number };

export type ConstraintProgram = {
  /** Four words an operation: code, target slot, left slot, right slot or weight index. */
  readonly code: Uint32Array;
  readonly operationCount: number;
  readonly slotCount: number;
  /** First slots: constants in this order, one slot or four (elements of E). */
  readonly constants: readonly ConstantSource[];
  /** First slot of a phase's columns on this or the next row; undefined where unused. Whole tiles of eight. */
  readonly columnSlots: Readonly<Record<ColumnPhase, { readonly here: number; readonly next: number }>>;
  readonly selectorSlot: number;
  readonly resultSlot: number;
  /** Where the values of the nodes asked for lie; none in a fold. */
  readonly roots: readonly { readonly slot: number; readonly isExtension: boolean }[];
};

/** Base columns and, from the placement, the first column's position in its tile. */
export type PhaseLayout = Readonly<Record<ColumnPhase, { readonly width: number; readonly lead: number }>>;

const SELECTOR_INDEX = { first: 0, last: 1, transition: 2 } as const;

/** How many slots whole tiles need for `width` columns beginning `lead` into a tile. */
export function slotsOf({ width, lead }: { width: number; lead: number }): number {
  return width === 0 ? 0 : 8 * Math.ceil((lead + width) / 8);
}

/** Hands out slots for intermediate values and takes them back after their last use. */
class SlotPool {
  readonly #free: Record<1 | 4, number[]> = { 1: [], 4: [] };
  #next: number;
  constructor(first: number) {
    this.#next = first;
  }
  get end(): number {
    return this.#next;
  }
  take(size: 1 | 4): number {
    const reused = this.#free[size].pop();
    if (reused !== undefined) return reused;
    const slot = this.#next;
    this.#next += size;
    return slot;
  }
  give(size: 1 | 4, slot: number): void {
    this.#free[size].push(slot);
  }
}

class ProgramBuilder {
  readonly #chip: CompiledChip;
  readonly #words: number[] = [];
  readonly #slotOf = new Map<number, number>();
  readonly #lastUse = new Map<number, number>();
  readonly #pool: SlotPool;
  readonly #scratch: number;
  readonly constants: ConstantSource[] = [];
  readonly columnSlots: ConstraintProgram["columnSlots"];
  readonly selectorSlot: number;
  readonly resultSlot: number;
  /** Nodes whose values are kept to the end; without them the constraints are folded. */
  readonly #kept: readonly number[] | undefined;

  constructor(chip: CompiledChip, layout: PhaseLayout, kept?: readonly number[]) {
    this.#chip = chip;
    this.#kept = kept;
    const live = reachable(chip.nodes, kept ?? chip.constraints.map(({ root }) => root));
    let next = 0;
    for (const id of live) {
      const source = constantOf(this.#node(id));
      if (source === undefined) continue;
      this.constants.push(source);
      this.#slotOf.set(id, next);
      next += this.#size(id);
    }
    const place = (phase: ColumnPhase): { here: number; next: number } => {
      const here = next;
      next += slotsOf(layout[phase]);
      const nextRow = next;
      if (chip.nextColumns[phase].length > 0) next += slotsOf(layout[phase]);
      return { here: here + layout[phase].lead, next: nextRow + layout[phase].lead };
    };
    this.columnSlots = { preprocessed: place("preprocessed"), main: place("main"), permutation: place("permutation") };
    this.selectorSlot = next;
    this.resultSlot = next + 3;
    this.#scratch = next + 7;
    this.#pool = new SlotPool(next + 11);
    this.#markUses(live);
    this.#emitAll(live);
  }

  finish(): ConstraintProgram {
    return {
      code: Uint32Array.from(this.#words), operationCount: this.#words.length / 4, slotCount: this.#pool.end, constants: this.constants,
      columnSlots: this.columnSlots, selectorSlot: this.selectorSlot, resultSlot: this.resultSlot,
      roots: (this.#kept ?? []).map((id) => ({ slot: this.#slot(id), isExtension: this.#size(id) === 4 })),
    };
  }

  #node(id: number): Node {
    const node = this.#chip.nodes[id];
    assert(node !== undefined);
    return node;
  }

  #size(id: number): 1 | 4 {
    return this.#chip.isExtension[id] === true ? 4 : 1;
  }

  #markUses(live: readonly number[]): void {
    for (const id of live) {
      const node = this.#node(id);
      if ("left" in node) {
        this.#lastUse.set(node.left, id);
        this.#lastUse.set(node.right, id);
      }
    }
    for (const id of this.#kept ?? []) this.#lastUse.set(id, Number.POSITIVE_INFINITY);
    // A root is folded right after it is computed; other users come later and extend its life.
    if (this.#kept === undefined) for (const { root } of this.#chip.constraints) this.#lastUse.set(root, Math.max(root, this.#lastUse.get(root) ?? 0));
  }

  #slot(id: number): number {
    const node = this.#node(id);
    if (node.op === "column") {
      const base = this.columnSlots[node.phase][node.isNext ? "next" : "here"];
      return base + (node.phase === "permutation" ? 4 : 1) * node.index;
    }
    const slot = this.#slotOf.get(id);
    assert(slot !== undefined, `node ${id} has no slot`);
    return slot;
  }

  #emitAll(live: readonly number[]): void {
    for (const id of live) {
      const node = this.#node(id);
      const isComputed = "left" in node;
      if (isComputed) {
        const target = this.#pool.take(this.#size(id));
        this.#slotOf.set(id, target);
        this.#emitBinary(node, target);
      }
      if (this.#kept === undefined) this.#chip.constraints.forEach(({ root, scope }, index) => {
        if (root === id) this.#emitFold(id, scope, index);
      });
      const dying = isComputed ? new Set([node.left, node.right, id]) : new Set<number>();
      for (const operand of dying) {
        if (this.#lastUse.get(operand) === id && "left" in this.#node(operand)) this.#pool.give(this.#size(operand), this.#slot(operand));
      }
    }
  }

  #emitBinary(node: Extract<Node, { left: number }>, target: number): void {
    const [left, right] = [this.#slot(node.left), this.#slot(node.right)];
    const [isLeftExt, isRightExt] = [this.#size(node.left) === 4, this.#size(node.right) === 4];
    if (!isLeftExt && !isRightExt) this.#words.push(OP[node.op], target, left, right);
    else if (isLeftExt && isRightExt) {
      this.#words.push(node.op === "add" ? OP.extAdd : node.op === "sub" ? OP.extSub : OP.extMul, target, left, right);
    } else if (node.op === "sub") this.#words.push(isLeftExt ? OP.extMinusBase : OP.baseMinusExt, target, left, right);
    else {
      const [wide, narrow] = isLeftExt ? [left, right] : [right, left];
      this.#words.push(node.op === "add" ? OP.extPlusBase : OP.extTimesBase, target, wide, narrow);
    }
  }

  #emitFold(root: number, scope: CompiledChip["constraints"][number]["scope"], index: number): void {
    const isExt = this.#size(root) === 4;
    let value = this.#slot(root);
    if (scope !== "every") {
      this.#words.push(isExt ? OP.extTimesBase : OP.mul, this.#scratch, value, this.selectorSlot + SELECTOR_INDEX[scope]);
      value = this.#scratch;
    }
    this.#words.push(isExt ? OP.foldExt : OP.foldBase, this.resultSlot, value, index);
  }
}

function constantOf(node: Node): ConstantSource | undefined {
  switch (node.op) {
    case "constant": return { kind: "constant", value: node.value };
    case "public": return { kind: "public", index: node.index };
    case "alpha": return { kind: "alpha" };
    case "sumShare": return { kind: "sumShare" };
    case "betaPower": return { kind: "betaPower", power: node.power };
    default: return undefined;
  }
}

/** Compiles a chip whose columns lie in tiles as `layout` says. */
export function compileConstraints(chip: CompiledChip, layout: PhaseLayout): ConstraintProgram {
  return new ProgramBuilder(chip, layout).finish();
}

/** Compiles the program that leaves the values of `nodes` in its root slots. */
export function compileNodes(chip: CompiledChip, layout: PhaseLayout, nodes: readonly number[]): ConstraintProgram {
  return new ProgramBuilder(chip, layout, nodes).finish();
}

/** What constants stand for in one proof. */
type ConstantValues = { readonly publics: readonly Felt[]; readonly alpha: Ext; readonly beta: Ext; readonly sumShare: Ext };

/** The words of a program's constants, in the order of its first slots. */
export function constantWords(program: ConstraintProgram, chip: CompiledChip, { publics, alpha, beta, sumShare }: ConstantValues): Felt[] {
  const betaPowers = extPowers(beta, chip.maxTupleWidth + 1);
  const value = (source: ConstantSource): readonly Felt[] => {
    switch (source.kind) {
      case "constant": return [source.value];
      case "public": return [publics[source.index] as Felt];
      case "alpha": return alpha;
      case "sumShare": return sumShare;
      case "betaPower": return betaPowers[source.power] as Ext;
    }
  };
  return program.constants.flatMap((source) => [...value(source)].map(toMontgomery));
}
