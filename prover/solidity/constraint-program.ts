/**
 * The Solidity backend of the AIR: a chip's folded constraints at one point as a byte program for ConstraintMachine.sol.
 *
 * Owns: order and encoding of nodes and folds. Does not own: the machine (ConstraintMachine.sol, the same for every chip), how
 * given values come about (openings, challenges), or which contract holds the program.
 * Source: design 04 decision 6. A program instead of straight-line Solidity because R1's 3,500 nodes would be about 90 KB
 * of code (EIP-170 allows 24 KB) and are 13 KB as a program.
 * Invariant: running the program over canonical given values gives foldConstraints(evaluateNodes(...)) of air/evaluate.ts; no
 * lane of any slot ever reaches 2^64, no lane of a factor 2^62, none of a subtrahend passes p * 2^20.
 *
 * The machine reduces lanes only in products. This compiler keeps the exact bound of every slot's lanes and emits a reduction
 * where a bound would pass the limit; multiples by constants are one EVM multiplication where their bound allows it.
 *
 * Slots: the given values in the caller's order, then the constants, then results in the order of the runs. A run is
 * opcode (u8), count (u16), operands; an operand is a slot (u16, big-endian).
 *
 *   0 add  2 scale  3 sub     count words of eight pairs (left, right): left op right; a short last word is filled with slot 0
 *   1 mul                     count pairs          4 reduce   count slots: canonical lanes
 *   5 fold  6 fold*first  7 fold*last  8 fold*transition    count slots: acc = acc * challenge + [selector *] slot
 *   9 sum                     quads (u8), then count sums of 4 * quads slots each; the slot of constant 0 fills up
 */
import assert from "node:assert/strict";
import type { CompiledChip } from "../air/ir.ts";
import type { Node } from "../air/expression.ts";

export type LeafNode = Exclude<Node, { op: "constant" | "add" | "sub" | "mul" }>;
export type ConstraintProgram = {
  /** Values of the slots after the given ones. */
  readonly constants: readonly number[];
  /** Slots in all. */
  readonly slotCount: number;
  readonly code: Uint8Array;
};

type Opcode = "add" | "mul" | "scale" | "sub" | "reduce" | "sum";
const OPCODES: Record<Opcode, number> = { add: 0, mul: 1, scale: 2, sub: 3, reduce: 4, sum: 9 };
/** Operations that the machine runs by words of eight. */
const OCTETS: ReadonlySet<Opcode> = new Set(["add", "scale", "sub"]);
const FOLDS = { every: 5, first: 6, last: 7, transition: 8 } as const;
const OCTET = 8;
const QUAD = 4;
/** Sums of fewer terms are single additions. */
const LEAST_SUM = 3;
const MOST_SUM = 255 * QUAD;
const P = 0x7f000001n;
/** The machine adds this to every lane before it subtracts. */
const LIFT = P << 20n;
const LANE = 1n << 64n;
const FACTOR = 1n << 62n;

const isLeaf = (node: Node): node is LeafNode => node.op !== "constant" && node.op !== "add" && node.op !== "sub" && node.op !== "mul";

/** One computed value: operands are values, given ones first. */
type Operation = { readonly opcode: Opcode; readonly operands: readonly number[] };

/** Values with exact lane bounds; reductions enter where a bound asks for one. */
class Values {
  readonly constants: number[] = [];
  readonly operations: Operation[] = [];
  readonly #given: number;
  /** Largest lane of each value; constants are numbered after the given values, operations from `firstOperation` on. */
  readonly #bounds = new Map<number, bigint>();
  readonly #reduced = new Map<number, number>();
  readonly #constantIds = new Map<number, number>();
  readonly #firstOperation: number;

  constructor(given: number, constants: readonly number[]) {
    this.#given = given;
    for (const value of new Set([0, ...constants])) {
      this.#constantIds.set(value, given + this.constants.length);
      this.#bounds.set(given + this.constants.length, BigInt(value));
      this.constants.push(value);
    }
    this.#firstOperation = given + this.constants.length;
  }

  constant(value: number): number {
    const id = this.#constantIds.get(value);
    assert(id !== undefined);
    return id;
  }

  #bound(id: number): bigint {
    return id < this.#given ? P - 1n : (this.#bounds.get(id) ?? P - 1n);
  }

  #emit(opcode: Opcode, operands: readonly number[], bound: bigint): number {
    assert(bound < LANE, `a lane of ${opcode} may reach ${bound}`);
    const id = this.#firstOperation + this.operations.push({ opcode, operands }) - 1;
    this.#bounds.set(id, bound);
    return id;
  }

  /** The value with lanes of at most `limit`. */
  within(id: number, limit: bigint): number {
    if (this.#bound(id) <= limit) return id;
    const known = this.#reduced.get(id) ?? this.#emit("reduce", [id], P - 1n);
    this.#reduced.set(id, known);
    return known;
  }

  /** The sum of some values; the largest are reduced first while it may not fit. */
  sum(terms: readonly number[]): number {
    assert(terms.length <= MOST_SUM, `a sum of ${terms.length} terms`);
    const operands = [...terms];
    const total = (): bigint => operands.reduce((sum, id) => sum + this.#bound(id), 0n);
    while (total() >= LANE) {
      const largest = operands.reduce((best, id, i) => (this.#bound(id) > this.#bound(operands[best] ?? 0) ? i : best), 0);
      operands[largest] = this.within(operands[largest] ?? 0, P - 1n);
    }
    return this.#emit(operands.length < LEAST_SUM ? "add" : "sum", operands, total());
  }

  sub(left: number, right: number): number {
    const [a, b] = [this.within(left, LANE - 1n - LIFT), this.within(right, LIFT)];
    return this.#emit("sub", [a, b], this.#bound(a) + LIFT);
  }

  scale(value: number, constant: number): number {
    const factor = this.#bound(this.constant(constant));
    const a = this.within(value, (LANE - 1n) / (factor > 0n ? factor : 1n));
    return this.#emit("scale", [a, this.constant(constant)], this.#bound(a) * factor);
  }

  mul(left: number, right: number): number {
    return this.#emit("mul", [this.within(left, FACTOR - 1n), this.within(right, FACTOR - 1n)], P - 1n);
  }
}

/** Ids of the nodes that constraints depend on, ascending. Nodes that only lookup bookkeeping uses are left out. */
const liveNodes = (chip: CompiledChip): number[] => {
  const live = new Set<number>(chip.constraints.map(({ root }) => root));
  for (let id = chip.nodes.length - 1; id >= 0; id -= 1) {
    const node = chip.nodes[id];
    assert(node !== undefined);
    if (live.has(id) && "left" in node) {
      live.add(node.left);
      live.add(node.right);
    }
  }
  return [...live].sort((a, b) => a - b);
};

/** What runs together: the opcode, for sums with the number of quads. */
const kindOf = ({ opcode, operands }: Operation): string => (opcode === "sum" ? `sum ${Math.ceil(operands.length / QUAD)}` : opcode);

/** Runs of one opcode in an order that respects operands, whole octets as long as there are any. */
class Scheduler {
  readonly code: number[] = [];
  readonly #operations: readonly Operation[];
  readonly #slots: Map<number, number>;
  readonly #firstOperation: number;
  readonly #users = new Map<number, number[]>();
  readonly #missing: number[];
  /** By kind: opcode, and for sums how many quads of terms. */
  readonly #ready = new Map<string, number[]>();
  readonly #zero: number;
  slotCount: number;

  constructor(operations: readonly Operation[], firstOperation: number, zero: number) {
    this.#zero = zero;
    this.#operations = operations;
    this.#firstOperation = firstOperation;
    this.slotCount = firstOperation;
    this.#slots = new Map(Array.from({ length: firstOperation }, (_, id) => [id, id]));
    this.#missing = operations.map(({ operands }, index) => {
      const needed = [...new Set(operands)].filter((id) => id >= firstOperation);
      for (const id of needed) this.#users.set(id, [...(this.#users.get(id) ?? []), index]);
      if (needed.length === 0) this.#markReady(index);
      return needed.length;
    });
  }

  slot(id: number): number {
    const slot = this.#slots.get(id);
    assert(slot !== undefined, `value ${id} has no slot yet`);
    assert(slot < 2 ** 16, `slot ${slot} exceeds 16 bits`);
    return slot;
  }

  run(): void {
    for (;;) {
      const counts = [...this.#ready].map(([kind, list]) => ({ kind, isOctet: this.#isOctet(kind), count: list.length }));
      const whole = counts.filter(({ isOctet, count }) => isOctet && count >= OCTET);
      const single = counts.filter(({ isOctet, count }) => !isOctet && count > 0);
      const rest = counts.filter(({ count }) => count > 0);
      const pick = [whole, single, rest].find((list) => list.length > 0)?.toSorted((a, b) => b.count - a.count)[0];
      if (pick === undefined) return;
      this.#emit(pick.kind, whole.length > 0 ? OCTET * Math.floor(pick.count / OCTET) : pick.count);
    }
  }

  header(opcode: number, count: number): void {
    assert(count < 2 ** 16, `a run of ${count}`);
    this.code.push(opcode, count >> 8, count & 0xff);
  }

  operand(slot: number): void {
    this.code.push(slot >> 8, slot & 0xff);
  }

  #markReady(index: number): void {
    const operation = this.#operations[index];
    assert(operation !== undefined);
    const kind = kindOf(operation);
    const list = this.#ready.get(kind) ?? [];
    list.push(index);
    this.#ready.set(kind, list);
  }

  #isOctet(kind: string): boolean {
    return OCTETS.has(kind as Opcode);
  }

  #emit(kind: string, count: number): void {
    const taken = (this.#ready.get(kind)?.splice(0, count) ?? []).map((index) => ({ index, operation: this.#operations[index] }));
    const [opcode = "", quads] = kind.split(" ");
    const isOctet = this.#isOctet(kind);
    const filler = isOctet ? (OCTET - (count % OCTET)) % OCTET : 0;
    this.header(OPCODES[opcode as Opcode], isOctet ? (count + filler) / OCTET : count);
    if (quads !== undefined) this.code.push(Number(quads));
    for (const { operation } of taken) {
      assert(operation !== undefined);
      for (const operand of operation.operands) this.operand(this.slot(operand));
      const terms = quads === undefined ? 0 : QUAD * Number(quads);
      for (let i = operation.operands.length; i < terms; i += 1) this.operand(this.#zero);
    }
    for (let i = 0; i < 2 * filler; i += 1) this.operand(0);
    taken.forEach(({ index }, i) => this.#slots.set(this.#firstOperation + index, this.slotCount + i));
    this.slotCount += count + filler;
    for (const { index } of taken) {
      for (const user of this.#users.get(this.#firstOperation + index) ?? []) {
        this.#missing[user] = (this.#missing[user] ?? 0) - 1;
        if (this.#missing[user] === 0) this.#markReady(user);
      }
    }
  }
}

/** How often each live node is used, and whether its only users are additions. */
const useCounts = (chip: CompiledChip, ids: readonly number[]): Map<number, { count: number; isTerm: boolean }> => {
  const uses = new Map<number, { count: number; isTerm: boolean }>();
  const note = (id: number, isTerm: boolean): void => {
    const { count, isTerm: before } = uses.get(id) ?? { count: 0, isTerm: true };
    uses.set(id, { count: count + 1, isTerm: before && isTerm });
  };
  for (const id of ids) {
    const node = chip.nodes[id];
    if (node === undefined || !("left" in node)) continue;
    note(node.left, node.op === "add");
    note(node.right, node.op === "add");
  }
  for (const { root } of chip.constraints) note(root, false);
  return uses;
};

/** Compiles a chip; `slotOf` names the given slot of each leaf, `given` counts them. */
export const solidityProgram = (chip: CompiledChip, given: number, slotOf: (leaf: LeafNode) => number): ConstraintProgram => {
  const ids = liveNodes(chip);
  const nodeOf = (id: number): Node => {
    const node = chip.nodes[id];
    assert(node !== undefined);
    return node;
  };
  const values = new Values(given, ids.flatMap((id) => { const node = nodeOf(id); return node.op === "constant" ? [node.value] : []; }));
  const byNode = new Map<number, number>();
  const valueOf = (id: number): number => {
    const value = byNode.get(id);
    assert(value !== undefined, `node ${id} has no value yet`);
    return value;
  };
  const uses = useCounts(chip, ids);
  const isInner = (id: number): boolean => nodeOf(id).op === "add" && uses.get(id)?.count === 1 && uses.get(id)?.isTerm === true;
  /** Terms of a sum, through additions that nothing else uses. */
  const termsOf = (id: number): number[] => {
    const node = nodeOf(id);
    assert(node.op === "add");
    return [node.left, node.right].flatMap((operand) => (isInner(operand) ? termsOf(operand) : [valueOf(operand)]));
  };
  for (const id of ids) {
    const node = nodeOf(id);
    if (isInner(id)) continue;
    if (isLeaf(node)) byNode.set(id, slotOf(node));
    else if (node.op === "constant") byNode.set(id, values.constant(node.value));
    else {
      const [left, right] = [nodeOf(node.left), nodeOf(node.right)];
      if (node.op === "mul" && right.op === "constant") byNode.set(id, values.scale(valueOf(node.left), right.value));
      else if (node.op === "mul" && left.op === "constant") byNode.set(id, values.scale(valueOf(node.right), left.value));
      else if (node.op === "add") byNode.set(id, values.sum(termsOf(id)));
      else byNode.set(id, values[node.op](valueOf(node.left), valueOf(node.right)));
    }
  }
  // Horner from the last constraint, so that constraint i gets the challenge's i-th power. A fold adds a canonical product.
  const roots = chip.constraints.toReversed().map(({ scope, root }) => ({ opcode: FOLDS[scope], value: values.within(valueOf(root), FACTOR - 1n - P) }));
  const scheduler = new Scheduler(values.operations, given + values.constants.length, values.constant(0));
  scheduler.run();
  for (let start = 0; start < roots.length;) {
    const opcode = roots[start]?.opcode ?? FOLDS.every;
    const length = roots.slice(start).findIndex((root) => root.opcode !== opcode);
    const run = roots.slice(start, length === -1 ? roots.length : start + length);
    scheduler.header(opcode, run.length);
    for (const { value } of run) scheduler.operand(scheduler.slot(value));
    start += run.length;
  }
  return { constants: values.constants, slotCount: scheduler.slotCount, code: Uint8Array.from(scheduler.code) };
};
