/**
 * The Solidity backend of the AIR: a chip's folded constraints at one point as a byte program for ConstraintMachine.sol.
 *
 * Owns: the encoding of nodes and folds. Does not own: the machine (ConstraintMachine.sol, the same for every chip), how
 * leaf values come about (openings, challenges), or which contract holds the program.
 * Source: design 04 decision 6. A program instead of straight-line Solidity because R1's 3,500 nodes would be about 90 KB
 * of code (EIP-170 allows 24 KB) and are 17 KB as a program.
 * Invariant: running the program over canonical leaves gives foldConstraints(evaluateNodes(...)) of air/evaluate.ts, and
 * no lane of any slot ever reaches 2^63.
 *
 * The machine reduces lanes only in products: sums and differences are one or two EVM additions. This compiler keeps a
 * bound on every slot's lanes and emits a reduction where a bound would pass the limit.
 *
 * An instruction is 5 bytes: opcode, then two big-endian u16 slots (or one u32 constant). Slots 0..leaves-1 are given;
 * arithmetic instructions write the next slot in order.
 *
 *   0 add  1 sub  2 mul   slot[left] op slot[right]      3 constant        the u32
 *   4 fold  5 fold*first  6 fold*last  7 fold*transition   acc = acc * challenge + [selector *] slot[left]
 *   8 reduce   slot[left] with canonical lanes
 */
import assert from "node:assert/strict";
import type { CompiledChip } from "../air/ir.ts";
import type { Node } from "../air/expression.ts";

export type LeafNode = Exclude<Node, { op: "constant" | "add" | "sub" | "mul" }>;
export type ConstraintProgram = {
  /** Leaves in slot order: what the caller has to supply. */
  readonly leaves: readonly LeafNode[];
  /** Slots in all, leaves included. */
  readonly slotCount: number;
  readonly code: Uint8Array;
};

const ARITHMETIC = { add: 0, sub: 1, mul: 2 } as const;
const CONSTANT = 3;
const FOLDS = { every: 4, first: 5, last: 6, transition: 7 } as const;
const REDUCE = 8;
const INSTRUCTION_BYTES = 5;
/** Lanes of canonical elements and of products are below 2^31. */
const CANONICAL_BITS = 31;
/** The machine adds p * 2^20 > 2^50 to every lane before it subtracts. */
const SUBTRAHEND_BITS = 50;
const OFFSET_BITS = 51;
const LIMIT_BITS = 63;

const isLeaf = (node: Node): node is LeafNode => node.op !== "constant" && node.op !== "add" && node.op !== "sub" && node.op !== "mul";

class ProgramWriter {
  readonly #bytes: number[] = [];

  slots(opcode: number, left: number, right: number): void {
    assert(left < 2 ** 16 && right < 2 ** 16, `slots ${left} and ${right} exceed 16 bits`);
    this.#bytes.push(opcode, left >> 8, left & 0xff, right >> 8, right & 0xff);
  }

  constant(value: number): void {
    this.#bytes.push(CONSTANT, value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff);
  }

  finish(): Uint8Array {
    assert.equal(this.#bytes.length % INSTRUCTION_BYTES, 0);
    return Uint8Array.from(this.#bytes);
  }
}

/** Compiles a chip. Nodes that only lookup bookkeeping uses are left out. */
export const solidityProgram = (chip: CompiledChip): ConstraintProgram => {
  const live = new Set<number>();
  for (let id = chip.nodes.length - 1; id >= 0; id -= 1) {
    const node = chip.nodes[id];
    assert(node !== undefined);
    if (chip.constraints.some(({ root }) => root === id)) live.add(id);
    if (live.has(id) && "left" in node) {
      live.add(node.left);
      live.add(node.right);
    }
  }
  const ids = [...live].sort((a, b) => a - b);
  const leaves: LeafNode[] = [];
  const emitter = new SlotEmitter();
  for (const id of ids) {
    const node = chip.nodes[id];
    if (node === undefined || !isLeaf(node)) continue;
    emitter.define(id, CANONICAL_BITS);
    leaves.push(node);
  }
  for (const id of ids) {
    const node = chip.nodes[id];
    if (node === undefined || isLeaf(node)) continue;
    if (node.op === "constant") emitter.constant(id, node.value);
    else emitter.arithmetic(id, node.op, node.left, node.right);
  }
  // Horner from the last constraint, so that constraint i gets the challenge's i-th power.
  for (const { scope, root } of chip.constraints.toReversed()) emitter.fold(FOLDS[scope], root);
  return { leaves, slotCount: emitter.slotCount, code: emitter.finish() };
};

/** Places nodes in slots and keeps the bound of each. */
class SlotEmitter {
  readonly #writer = new ProgramWriter();
  readonly #slots = new Map<number, { slot: number; bits: number }>();
  slotCount = 0;

  define(id: number, bits: number): void {
    this.#slots.set(id, { slot: this.slotCount, bits });
    this.slotCount += 1;
  }

  constant(id: number, value: number): void {
    this.#writer.constant(value);
    this.define(id, CANONICAL_BITS);
  }

  arithmetic(id: number, op: "add" | "sub" | "mul", left: number, right: number): void {
    // A sum may have one bit more than its larger operand; products start again at canonical lanes.
    const a = this.#within(left, LIMIT_BITS - 1);
    const b = this.#within(right, op === "sub" ? SUBTRAHEND_BITS : LIMIT_BITS - 1);
    this.#writer.slots(ARITHMETIC[op], a.slot, b.slot);
    const bits = op === "mul" ? CANONICAL_BITS : 1 + Math.max(a.bits, op === "sub" ? OFFSET_BITS : b.bits);
    this.define(id, bits);
  }

  fold(opcode: number, root: number): void {
    this.#writer.slots(opcode, this.#within(root, LIMIT_BITS - 1).slot, 0);
  }

  finish(): Uint8Array {
    return this.#writer.finish();
  }

  /** The slot of a node, reduced first if its lanes may exceed `limit` bits. */
  #within(id: number, limit: number): { slot: number; bits: number } {
    const found = this.#slots.get(id);
    assert(found !== undefined, `node ${id} has no slot yet`);
    if (found.bits <= limit) return found;
    this.#writer.slots(REDUCE, found.slot, 0);
    this.define(id, CANONICAL_BITS);
    return this.#within(id, limit);
  }
}
