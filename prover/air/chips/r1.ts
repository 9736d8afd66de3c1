// R1, the one recursion chip: a Poseidon2 permutation, links to the row before, a DEEP accumulator, a
// packing unit and two arithmetic lanes over E in every row, joined by a bus of numbered wires.
// Owns: its columns and constraints. Does not own: what a program computes (recursion/): a program is only
// preprocessed columns. Source: review section 3; changes are listed in recursion/README.md.
// Invariant: degree <= 3; every freedom of a prover is a value that no port binds, and a program leaves
// unbound only what it means to be free (hinted wires, hashed elements, siblings, unused cells).

import assert from "node:assert/strict";
import { defineChip } from "../chip.ts";
import type { Bus, ChipBuilder } from "../chip.ts";
import { POSEIDON2_BLOCK_WIDTH, poseidon2Block } from "./poseidon2.ts";
import type { Expression } from "../expression.ts";
import type { PublicTerm } from "../../protocol/key.ts";
import { extDifference, extPlusBase, extProduct, extScaled, extSum } from "./ext-expressions.ts";
import type { ExtExpression } from "./ext-expressions.ts";

/** Wires: (id, v0, v1, v2, v3). */
export const WIRE_BUS: Bus = { id: 0, name: "wire", width: 5 };
/** Arithmetic lanes in a row. */
export const LANES = 2;
/** Public values of every R1 proof; wire i carries public value i. */
export const R1_PUBLIC_COUNT = 64;

/** Ports in bus order. Each has two preprocessed columns: wire id and multiplicity (fan-out, or -1 to read). */
export const PORTS = [
  "in0", "in1", "in2", "in3", "out0", "out1", "bit", "gamma", "acc", "pack", "felt0", "felt1", "felt2", "felt3",
  "a0", "b0", "c0", "r0", "a1", "b1", "c1", "r1",
] as const;
export type PortName = (typeof PORTS)[number];

/**
 * Links, one preprocessed boolean each, on the row before the row they bind: `capacity` and `keep<i>`
 * carry sponge state over, `merkle` enters the output as one half of the next input, `accStep` carries
 * the accumulator over the eight elements of this row's rate, `gammaKeep` keeps its challenge.
 */
export const LINKS = [
  "capacity", "keep0", "keep1", "keep2", "keep3", "keep4", "keep5", "keep6", "keep7", "merkle", "accStep", "gammaKeep",
] as const;
export type LinkName = (typeof LINKS)[number];

/** Preprocessed coefficients of a lane: product * a * b + left * a + addend * c + constant = r. */
export const LANE_SCALARS = ["product", "left", "addend", "constant"] as const;
export type LaneScalar = (typeof LANE_SCALARS)[number];

const GROUPS: readonly (readonly [name: string, width: number])[] = [
  ["in", 16], ["boxes", POSEIDON2_BLOCK_WIDTH], ["gamma", 4], ["gamma2", 4], ["gamma4", 4], ["gamma8", 4], ["high", 4], ["low", 4],
  ["acc", 4], ["bit", 1], ["pack", 4], ["a0", 4], ["b0", 4], ["c0", 4], ["r0", 4], ["a1", 4], ["b1", 4], ["c1", 4], ["r1", 4],
];

/** First main column of a group. */
export function columnOf(group: string): number {
  let start = 0;
  for (const [name, width] of GROUPS) {
    if (name === group) return start;
    start += width;
  }
  throw new RangeError(`no column group ${group}`);
}

function four(list: readonly Expression[], start = 0): ExtExpression {
  const [a, b, c, d] = list.slice(start, start + 4);
  assert(a !== undefined && b !== undefined && c !== undefined && d !== undefined);
  return [a, b, c, d];
}

function nextOf(b: ChipBuilder, columns: ExtExpression): ExtExpression {
  return four(columns.map((column) => b.next(column)));
}

function assertExtEqual(b: ChipBuilder, label: string, left: ExtExpression, right: ExtExpression, selector?: Expression): void {
  extDifference(left, right).forEach((difference, k) =>
    b.assertZero(`${label}[${k}]`, selector === undefined ? difference : selector.mul(difference)));
}

type Links = Readonly<Record<LinkName, Expression>>;

function constrainState(b: ChipBuilder, input: readonly Expression[], output: readonly Expression[], bit: Expression, links: Links): void {
  const next = input.map((column) => b.next(column));
  const nextBit = b.next(bit);
  for (let i = 0; i < 8; i++) {
    const [left, right, out, capacity] = [next[i], next[8 + i], output[i], output[8 + i]];
    assert(left !== undefined && right !== undefined && out !== undefined && capacity !== undefined);
    b.assertZero(`capacity ${i} goes on`, links.capacity.mul(right.sub(capacity)));
    b.assertZero(`rate ${i} is kept`, links[`keep${i}` as LinkName].mul(left.sub(out)));
    // bit 0: the node is the left child, bit 1: the right one; the other half is a free sibling.
    b.assertZero(`node ${i} enters the next step`, links.merkle.mul(left.sub(out).add(nextBit.mul(right.sub(left)))));
  }
}

/** gamma's powers, the rate's eight elements as two Horner halves, and the accumulator's step. */
function constrainAccumulator(b: ChipBuilder, input: readonly Expression[], links: Links): { gamma: ExtExpression; acc: ExtExpression } {
  const columns = (name: string): ExtExpression => four(b.mainArray(name, 4));
  const [gamma, gamma2, gamma4, gamma8] = [columns("gamma"), columns("gamma2"), columns("gamma4"), columns("gamma8")];
  const [high, low, acc] = [columns("high"), columns("low"), columns("acc")];
  assertExtEqual(b, "gamma2 is gamma squared", gamma2, extProduct(gamma, gamma));
  assertExtEqual(b, "gamma4 is gamma2 squared", gamma4, extProduct(gamma2, gamma2));
  assertExtEqual(b, "gamma8 is gamma4 squared", gamma8, extProduct(gamma4, gamma4));
  // f0 g^3 + f1 g^2 + f2 g + f3 = g^2 (f0 g + f1) + (f2 g + f3).
  const half = (start: number): ExtExpression => {
    const [f0, f1, f2, f3] = four(input, start);
    return extSum(extProduct(gamma2, extPlusBase(extScaled(gamma, f0), f1)), extPlusBase(extScaled(gamma, f2), f3));
  };
  assertExtEqual(b, "high holds elements 0 to 3", high, half(0));
  assertExtEqual(b, "low holds elements 4 to 7", low, half(4));
  const stepped = extSum(extProduct(acc, gamma8), extSum(extProduct(high, gamma4), low));
  assertExtEqual(b, "acc takes the step", nextOf(b, acc), stepped, links.accStep);
  assertExtEqual(b, "gamma is kept", nextOf(b, gamma), gamma, links.gammaKeep);
  return { gamma, acc };
}

type LaneColumns = { a: ExtExpression; b: ExtExpression; c: ExtExpression; r: ExtExpression };

function constrainLane(builder: ChipBuilder, lane: number, scalars: Readonly<Record<LaneScalar, Expression>>): LaneColumns {
  const columns = (name: string): ExtExpression => four(builder.mainArray(`${name}${lane}`, 4));
  const [a, b, c, r] = [columns("a"), columns("b"), columns("c"), columns("r")];
  const linear = extPlusBase(extSum(extScaled(a, scalars.left), extScaled(c, scalars.addend)), scalars.constant);
  assertExtEqual(builder, `lane ${lane}`, r, extSum(extScaled(extProduct(a, b), scalars.product), linear));
  return { a, b, c, r };
}

/** The recursion chip. */
export const R1 = defineChip("r1", (b) => {
  const ports = PORTS.map((port) => ({ id: b.preprocessed(`${port}.id`), multiplicity: b.preprocessed(`${port}.multiplicity`) }));
  const links = Object.fromEntries(LINKS.map((link) => [link, b.preprocessed(link)])) as Links;
  const scalars = Array.from({ length: LANES }, (_, lane) =>
    Object.fromEntries(LANE_SCALARS.map((scalar) => [scalar, b.preprocessed(`${scalar}${lane}`)])) as Record<LaneScalar, Expression>);
  const input = b.mainArray("in", 16);
  const output = poseidon2Block(b, input);
  const { gamma, acc } = constrainAccumulator(b, input, links);
  const bit = b.main("bit");
  constrainState(b, input, output, bit, links);
  const pack = four(b.mainArray("pack", 4));
  const lanes = scalars.map((own, lane) => constrainLane(b, lane, own));
  for (let i = 0; i < R1_PUBLIC_COUNT; i++) b.publicInput(`public[${i}]`);
  const zero = b.constant(0);
  const base = (value: Expression): ExtExpression => [value, zero, zero, zero];
  const [lane0, lane1] = lanes;
  assert(lane0 !== undefined && lane1 !== undefined);
  const values: Record<PortName, ExtExpression> = {
    in0: four(input, 0), in1: four(input, 4), in2: four(input, 8), in3: four(input, 12), out0: four(output, 0), out1: four(output, 4),
    bit: base(bit), gamma, acc, pack, felt0: base(pack[0]), felt1: base(pack[1]), felt2: base(pack[2]), felt3: base(pack[3]),
    a0: lane0.a, b0: lane0.b, c0: lane0.c, r0: lane0.r, a1: lane1.a, b1: lane1.b, c1: lane1.c, r1: lane1.r,
  };
  ports.forEach(({ id, multiplicity }, i) => {
    const port = PORTS[i] as PortName;
    b.send(WIRE_BUS, port, [id, ...values[port]], multiplicity);
  });
});

/** The verifier writes public value i once on wire i, alike for every program. */
export const R1_PUBLIC_TERMS: readonly PublicTerm[] = Array.from({ length: R1_PUBLIC_COUNT }, (_, i) => ({
  bus: WIRE_BUS, multiplicity: 1,
  tuple: [
    { kind: "constant" as const, value: i }, { kind: "public" as const, chipIndex: 0, publicIndex: i },
    { kind: "constant" as const, value: 0 }, { kind: "constant" as const, value: 0 }, { kind: "constant" as const, value: 0 },
  ],
}));
