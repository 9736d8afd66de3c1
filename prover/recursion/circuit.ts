/**
 * Builds R1 programs together with their witness: wires, lanes, packing units and permutation rows.
 *
 * Owns: wire ids and fan-outs, placement of operations in rows, the two traces. Does not own: the chip (air/chips/r1.ts) or
 * what is computed (gadgets and verifier-circuit.ts). Values are computed while building, but no method branches on a
 * value: the program depends on the calls alone.
 * Source: prover review section 3 ("the builder asserts this; the prover has no freedom").
 * Invariant: a finished program writes every wire exactly once with its fan-out and reads only written wires.
 */
import assert from "node:assert/strict";
import { EXT_ZERO, extAdd, extAddFelt, extFromFelt, extInv, extIsZero, extMul, extScale } from "../field/ext4.ts";
import type { Ext } from "../field/ext4.ts";
import { P } from "../field/koalabear.ts";
import { emptyTrace } from "../air/trace.ts";
import type { Trace } from "../air/trace.ts";
import { poseidon2Row } from "../air/chips/poseidon2.ts";
import { LANES, LANE_SCALARS, LINKS, PORTS, R1_PUBLIC_COUNT, columnOf } from "../air/chips/r1.ts";
import type { LaneScalar, LinkName, PortName } from "../air/chips/r1.ts";

/** A value that exists once and may be read any number of times. */
export type Wire = { readonly id: number; readonly value: Ext };
/** A wire whose coordinates 1..3 are zero by construction (public value, packing unit, constant, bit). */
export type FeltWire = Wire & { readonly isFelt: true };

/** A wire was written twice, or read and never written. */
export class WiringError extends Error {
  readonly code = "WIRING";
}

type PortUse = { readonly wire: Wire; readonly isWrite: boolean };
type Ports = Partial<Record<PortName, PortUse>>;

export type LaneEquation = Partial<Record<LaneScalar, number>>;
type LaneOperation = {
  readonly scalars: Record<LaneScalar, number>;
  readonly ports: Partial<Record<"a" | "b" | "c" | "r", PortUse>>;
};
type PackOperation = { readonly value: Ext; readonly pack: PortUse | undefined; readonly felts: readonly (PortUse | undefined)[] };

/** One permutation row. `links` say what this row takes from the row before it. */
export type PermutationRow = {
  readonly input: readonly number[];
  readonly output: readonly number[];
  /** S-box columns. */
  readonly boxes: Uint32Array;
  readonly ports: Ports;
  readonly links: ReadonlySet<LinkName>;
  readonly bit: number;
  readonly gamma: Ext;
  readonly acc: Ext;
};

export type R1Program = {
  readonly preprocessed: Trace;
  readonly main: Trace;
  readonly publics: readonly number[];
  readonly counts: { readonly permutations: number; readonly lanes: number; readonly packs: number; readonly wires: number };
};

const toFelt = (value: number): number => ((value % P) + P) % P;

export class Circuit {
  readonly #permutations: PermutationRow[] = [];
  readonly #lanes: LaneOperation[] = [];
  readonly #packs: PackOperation[] = [];
  readonly #publics: FeltWire[] = [];
  readonly #reads: number[] = [];
  readonly #isWritten: boolean[] = [];
  readonly #constants = new Map<number, FeltWire>();

  /**
   * Wires 0..R1_PUBLIC_COUNT-1 are the public inputs, written by the verifier once each (R1_PUBLIC_TERMS); unused ones
   * are 0. Each is copied at once, so that every program reads every public wire exactly once.
   */
  constructor(publicValues: readonly number[]) {
    assert(publicValues.length <= R1_PUBLIC_COUNT, `R1 has ${R1_PUBLIC_COUNT} public values, got ${publicValues.length}`);
    const wires = Array.from({ length: R1_PUBLIC_COUNT }, (_, i) => this.#newFelt(publicValues[i] ?? 0));
    for (const wire of wires) {
      this.#markWritten(wire);
      const copy = this.#newFelt(wire.value[0]);
      this.#lanes.push({ scalars: scalarsOf({ left: 1 }), ports: { a: this.#read(wire), r: this.#write(copy) } });
      this.#publics.push(copy);
    }
  }

  #newWire(value: Ext): Wire {
    this.#reads.push(0);
    this.#isWritten.push(false);
    return { id: this.#reads.length - 1, value };
  }

  #newFelt(value: number): FeltWire {
    return { ...this.#newWire(extFromFelt(value)), isFelt: true };
  }

  #markWritten(wire: Wire): void {
    if (this.#isWritten[wire.id] !== false) throw new WiringError(`wire ${wire.id}: expected one writer, got a second`);
    this.#isWritten[wire.id] = true;
  }

  #read(wire: Wire): PortUse {
    const count = this.#reads[wire.id];
    if (count === undefined) throw new WiringError(`wire ${wire.id}: expected a wire of this circuit`);
    this.#reads[wire.id] = count + 1;
    return { wire, isWrite: false };
  }

  #write(wire: Wire): PortUse {
    this.#markWritten(wire);
    return { wire, isWrite: true };
  }

  /** A port that writes an existing wire: only for tests of the double-write rule. */
  writeAgain(wire: Wire): void {
    this.#packs.push({ value: wire.value, pack: this.#write(wire), felts: [] });
  }

  /** Public input i. */
  publicInput(index: number): FeltWire {
    const wire = this.#publics[index];
    if (wire === undefined) throw new WiringError(`public input ${index} of ${R1_PUBLIC_COUNT}`);
    return wire;
  }

  /** product * a * b + left * a + addend * c + constant, on a new wire. */
  lane(equation: LaneEquation, a?: Wire, b?: Wire, c?: Wire): Wire {
    const scalars = scalarsOf(equation);
    assertInputs(scalars, a, b, c);
    const result = this.#newWire(laneValue(scalars, a?.value ?? EXT_ZERO, b?.value ?? EXT_ZERO, c?.value ?? EXT_ZERO));
    this.#lanes.push({ scalars, ports: { ...this.#laneInputs(a, b, c), r: this.#write(result) } });
    return result;
  }

  #laneInputs(a?: Wire, b?: Wire, c?: Wire): LaneOperation["ports"] {
    return {
      ...(a === undefined ? {} : { a: this.#read(a) }), ...(b === undefined ? {} : { b: this.#read(b) }),
      ...(c === undefined ? {} : { c: this.#read(c) }),
    };
  }

  add(a: Wire, b: Wire): Wire { return this.lane({ left: 1, addend: 1 }, a, undefined, b); }
  sub(a: Wire, b: Wire): Wire { return this.lane({ left: 1, addend: P - 1 }, a, undefined, b); }
  mul(a: Wire, b: Wire): Wire { return this.lane({ product: 1 }, a, b); }
  scale(a: Wire, factor: number): Wire { return this.lane({ left: toFelt(factor) }, a); }
  /** a * b + c */
  mulAdd(a: Wire, b: Wire, c: Wire): Wire { return this.lane({ product: 1, addend: 1 }, a, b, c); }

  /** A base constant; one wire per value. */
  constant(value: number): FeltWire {
    const felt = toFelt(value);
    const known = this.#constants.get(felt);
    if (known !== undefined) return known;
    const wire = this.#newFelt(felt);
    this.#lanes.push({ scalars: scalarsOf({ constant: felt }), ports: { r: this.#write(wire) } });
    this.#constants.set(felt, wire);
    return wire;
  }

  /** numerator / denominator with the quotient hinted: q * denominator = numerator. A zero denominator hints 0. */
  divide(numerator: Wire, denominator: Wire): Wire {
    const value = extIsZero(denominator.value) ? EXT_ZERO : extMul(numerator.value, extInv(denominator.value));
    const quotient = this.#newWire(value);
    this.#lanes.push({
      scalars: scalarsOf({ product: 1 }),
      ports: { a: this.#write(quotient), b: this.#read(denominator), r: this.#read(numerator) },
    });
    return quotient;
  }

  assertEqual(a: Wire, b: Wire): void {
    this.#lanes.push({ scalars: scalarsOf({ left: 1 }), ports: { a: this.#read(a), r: this.#read(b) } });
  }

  /** product * a * b + left * a + constant = 0: the result port reads the constant wire 0. */
  assertLaneZero(equation: LaneEquation, a: Wire, b?: Wire): void {
    const scalars = scalarsOf(equation);
    assertInputs(scalars, a, b, undefined);
    this.#lanes.push({ scalars, ports: { ...this.#laneInputs(a, b), r: this.#read(this.constant(0)) } });
  }

  /** Free base elements: nothing but their being base elements is constrained. */
  hintFelts(values: readonly number[]): FeltWire[] {
    const wires = values.map((value) => this.#newFelt(value));
    for (let start = 0; start < wires.length; start += 4) {
      const own = wires.slice(start, start + 4);
      this.#packs.push({ value: extAt(values, start), pack: undefined, felts: own.map((wire) => this.#write(wire)) });
    }
    return wires;
  }

  /** A free extension element, with its coordinates. */
  hintExt(value: Ext): { readonly wire: Wire; readonly felts: readonly FeltWire[] } {
    const wire = this.#newWire(value);
    const felts = value.map((coordinate) => this.#newFelt(coordinate));
    this.#packs.push({ value, pack: this.#write(wire), felts: felts.map((felt) => this.#write(felt)) });
    return { wire, felts };
  }

  /** Four base wires as the coordinates of one extension wire. */
  pack(felts: readonly FeltWire[]): Wire {
    assert.equal(felts.length, 4, "a packing unit takes four base wires");
    const [a = 0, b = 0, c = 0, d = 0] = felts.map((felt) => felt.value[0]);
    const wire = this.#newWire([a, b, c, d]);
    this.#packs.push({ value: wire.value, pack: this.#write(wire), felts: felts.map((felt) => this.#read(felt)) });
    return wire;
  }

  /** The four coordinates of a wire. */
  unpack(wire: Wire): FeltWire[] {
    const felts = wire.value.map((coordinate) => this.#newFelt(coordinate));
    this.#packs.push({ value: wire.value, pack: this.#read(wire), felts: felts.map((felt) => this.#write(felt)) });
    return felts;
  }

  /**
   * Appends a permutation row. `groups[i]`: a wire to read into in[4i..4i+3], "write" to get those inputs as a new wire,
   * or undefined to leave them unwired. Returns the wires asked for.
   */
  permutation(request: {
    readonly input: readonly number[]; readonly groups?: readonly (Wire | "write" | undefined)[]; readonly writesOutput?: boolean;
    readonly links?: readonly LinkName[]; readonly bit?: FeltWire; readonly gamma?: Wire; readonly acc?: Wire | "write";
  }): { groups: (Wire | undefined)[]; output: [Wire, Wire] | undefined; acc: Wire | undefined } {
    const ports: Ports = {};
    const { columns: boxes, output: state } = poseidon2Row(request.input);
    const links = new Set(request.links ?? []);
    const previous = this.#permutations.at(-1);
    const acc = this.#accOf(links, previous, request.acc);
    const gamma = request.gamma?.value ?? (links.has("gammaKeep") ? (previous?.gamma ?? EXT_ZERO) : EXT_ZERO);
    const groups = (request.groups ?? []).map((group, i): Wire | undefined => {
      if (group === undefined) return undefined;
      const name = `in${i}` as PortName;
      const wire = group === "write" ? this.#newWire(extAt(request.input, 4 * i)) : group;
      ports[name] = group === "write" ? this.#write(wire) : this.#read(wire);
      return wire;
    });
    let output: [Wire, Wire] | undefined;
    if (request.writesOutput === true) {
      output = [this.#newWire(extAt(state, 0)), this.#newWire(extAt(state, 4))];
      ports.out0 = this.#write(output[0]);
      ports.out1 = this.#write(output[1]);
    }
    if (request.bit !== undefined) ports.bit = this.#read(request.bit);
    if (request.gamma !== undefined) ports.gamma = this.#read(request.gamma);
    let accWire: Wire | undefined;
    if (request.acc === "write") {
      accWire = this.#newWire(acc);
      ports.acc = this.#write(accWire);
    } else if (request.acc !== undefined) ports.acc = this.#read(request.acc);
    const bit = request.bit?.value[0] ?? 0;
    this.#permutations.push({ input: request.input, output: state, boxes, ports, links, bit, gamma, acc });
    return { groups, output, acc: accWire };
  }

  #accOf(links: ReadonlySet<LinkName>, previous: PermutationRow | undefined, request: Wire | "write" | undefined): Ext {
    if (request !== undefined && request !== "write") return request.value;
    if (!links.has("accStep") || previous === undefined) return EXT_ZERO;
    const felts = previous.input.slice(0, 8);
    return felts.reduce<Ext>((acc, felt) => extAddFelt(extMul(acc, previous.gamma), felt), previous.acc);
  }

  /** Output state of the last permutation row. */
  get lastOutput(): readonly number[] {
    const last = this.#permutations.at(-1);
    assert(last !== undefined, "no permutation row yet");
    return last.output;
  }

  /** Lays all operations out in the fewest rows (a power of two, at least 4, or `logHeight` when given). */
  finish(logHeight?: number): R1Program {
    this.#reads.forEach((count, id) => {
      if (id < R1_PUBLIC_COUNT && count !== 1) throw new WiringError(`public wire ${id}: expected one read, got ${count}`);
      if (count > 0 && this.#isWritten[id] !== true) throw new WiringError(`wire ${id}: expected a writer, got ${count} reads only`);
    });
    const needed = Math.max(4, this.#permutations.length + 1, Math.ceil(this.#lanes.length / LANES), this.#packs.length);
    const height = 2 ** (logHeight ?? Math.ceil(Math.log2(needed)));
    if (height < needed) throw new RangeError(`R1 program: expected at most ${height} rows, got ${needed}`);
    const layout = new TraceLayout(height, this.#reads);
    for (let row = 0; row < height; row += 1) {
      layout.permutation(row, this.#permutations[row], this.#permutations[row + 1]);
      layout.packing(row, this.#packs[row]);
      for (let lane = 0; lane < LANES; lane += 1) layout.lane(row, lane, this.#lanes[LANES * row + lane]);
    }
    return {
      preprocessed: layout.preprocessed, main: layout.main, publics: this.#publics.map((wire) => wire.value[0]),
      counts: { permutations: this.#permutations.length, lanes: this.#lanes.length, packs: this.#packs.length, wires: this.#reads.length },
    };
  }
}

const scalarsOf = (equation: LaneEquation): Record<LaneScalar, number> => ({
  product: equation.product ?? 0, left: equation.left ?? 0, addend: equation.addend ?? 0, constant: equation.constant ?? 0,
});

/** A scalar on an operand that is not wired would leave that operand to the prover. */
const assertInputs = (scalars: Record<LaneScalar, number>, a?: Wire, b?: Wire, c?: Wire): void => {
  assert(scalars.product === 0 || (a !== undefined && b !== undefined), "a product needs both factors wired");
  assert(scalars.left === 0 || a !== undefined, "a scaled left operand must be wired");
  assert(scalars.addend === 0 || c !== undefined, "an addend must be wired");
};

const laneValue = (scalars: Record<LaneScalar, number>, a: Ext, b: Ext, c: Ext): Ext =>
  extAddFelt(extAdd(extAdd(extScale(extMul(a, b), scalars.product), extScale(a, scalars.left)), extScale(c, scalars.addend)), scalars.constant);

const extAt = (values: ArrayLike<number>, start: number): Ext =>
  [values[start] ?? 0, values[start + 1] ?? 0, values[start + 2] ?? 0, values[start + 3] ?? 0];

/** Column arithmetic of the two traces. */
class TraceLayout {
  readonly preprocessed: Trace;
  readonly main: Trace;
  readonly #fanOut: readonly number[];
  /** S-boxes of the permutation of zeros, for rows without one. */
  readonly #idleBoxes = poseidon2Row(Array.from({ length: 16 }, () => 0)).columns;

  constructor(height: number, fanOut: readonly number[]) {
    this.preprocessed = emptyTrace(2 * PORTS.length + LINKS.length + LANES * LANE_SCALARS.length, height);
    this.main = emptyTrace(columnOf(`r${LANES - 1}`) + 4, height);
    this.#fanOut = fanOut;
  }

  #set(row: number, group: string, values: ArrayLike<number>): void {
    this.main.values.set(values, row * this.main.width + columnOf(group));
  }

  #port(row: number, name: PortName, use: PortUse | undefined): void {
    if (use === undefined) return;
    const multiplicity = use.isWrite ? (this.#fanOut[use.wire.id] ?? 0) : P - 1;
    this.preprocessed.values.set([use.wire.id, multiplicity], row * this.preprocessed.width + 2 * PORTS.indexOf(name));
  }

  permutation(row: number, here: PermutationRow | undefined, next: PermutationRow | undefined): void {
    const input = here?.input ?? Array.from({ length: 16 }, () => 0);
    this.#set(row, "in", input);
    this.#set(row, "boxes", here?.boxes ?? this.#idleBoxes);
    const gamma = here?.gamma ?? EXT_ZERO;
    const gamma2 = extMul(gamma, gamma);
    const gamma4 = extMul(gamma2, gamma2);
    this.#set(row, "gamma", gamma);
    this.#set(row, "gamma2", gamma2);
    this.#set(row, "gamma4", gamma4);
    this.#set(row, "gamma8", extMul(gamma4, gamma4));
    const horner = (felts: readonly number[]): Ext => felts.reduce<Ext>((acc, felt) => extAddFelt(extMul(acc, gamma), felt), EXT_ZERO);
    this.#set(row, "high", horner(input.slice(0, 4)));
    this.#set(row, "low", horner(input.slice(4, 8)));
    this.#set(row, "acc", here?.acc ?? EXT_ZERO);
    this.#set(row, "bit", [here?.bit ?? 0]);
    for (const [name, use] of Object.entries(here?.ports ?? {})) this.#port(row, name as PortName, use);
    const start = row * this.preprocessed.width + 2 * PORTS.length;
    LINKS.forEach((name, i) => { this.preprocessed.values[start + i] = next?.links.has(name) === true ? 1 : 0; });
  }

  packing(row: number, operation: PackOperation | undefined): void {
    if (operation === undefined) return;
    this.#set(row, "pack", operation.value);
    this.#port(row, "pack", operation.pack);
    operation.felts.forEach((use, i) => this.#port(row, `felt${i}` as PortName, use));
  }

  lane(row: number, lane: number, operation: LaneOperation | undefined): void {
    if (operation === undefined) return;
    for (const name of ["a", "b", "c", "r"] as const) {
      const use = operation.ports[name];
      if (use === undefined) continue;
      this.#set(row, `${name}${lane}`, use.wire.value);
      this.#port(row, `${name}${lane}` as PortName, use);
    }
    const start = row * this.preprocessed.width + 2 * PORTS.length + LINKS.length + lane * LANE_SCALARS.length;
    LANE_SCALARS.forEach((name, i) => { this.preprocessed.values[start + i] = operation.scalars[name]; });
  }
}
