/**
 * Hashing inside a circuit: the transcript's duplex sponge, row hashes with the fused accumulator, Merkle paths.
 *
 * Owns: which permutation rows and links these take. Does not own: what is absorbed or opened.
 * Source: PROTOCOL.md sections 2 and 3; hash/poseidon2.ts and transcript/transcript.ts are the reference.
 * Invariant: for equal inputs a gadget's wires carry what the reference computes.
 */
import assert from "node:assert/strict";
import { LABEL } from "../transcript/labels.ts";
import type { Label } from "../transcript/labels.ts";
import type { Circuit, FeltWire, Wire } from "./circuit.ts";
import { canonicalBits } from "./gadgets.ts";
import type { LinkName } from "../air/chips/r1.ts";

const RATE = 8;
const HEADER_SHIFT = 2 ** 24;
const ZERO_STATE: readonly number[] = Array.from({ length: 16 }, () => 0);
const ALL_KEPT: readonly LinkName[] = ["keep0", "keep1", "keep2", "keep3", "keep4", "keep5", "keep6", "keep7"];

/** A digest as two extension wires. */
export type DigestWires = readonly [Wire, Wire];

const coordinates = (wires: readonly Wire[]): number[] => wires.flatMap((wire) => [...wire.value]);

/** The transcript of a proof, as a chain of permutation rows. */
export class TranscriptCircuit {
  readonly #circuit: Circuit;
  #pending: FeltWire[] = [];
  #state: readonly number[] = Array.from({ length: 16 }, () => 0);
  #hasStarted = false;
  /** Elements of the last permutation's rate not yet given out. */
  #available: FeltWire[] = [];

  constructor(circuit: Circuit, domain: string) {
    this.#circuit = circuit;
    const bytes = new TextEncoder().encode(domain);
    const felts: number[] = [];
    for (let i = 0; i < bytes.length; i += 3) felts.push((bytes[i] ?? 0) | ((bytes[i + 1] ?? 0) << 8) | ((bytes[i + 2] ?? 0) << 16));
    this.#header("domain", bytes.length);
    for (const felt of felts) this.#push(circuit.constant(felt));
  }

  absorbFelts(label: Label, felts: readonly FeltWire[]): void {
    this.#header(label, felts.length);
    for (const felt of felts) this.#push(felt);
  }


  sampleFelt(): FeltWire {
    if (this.#pending.length > 0) {
      while (this.#pending.length < RATE) this.#pending.push(this.#circuit.constant(0));
      this.#absorbBlock();
    } else if (this.#available.length === 0) {
      this.#squeeze();
    }
    const felt = this.#available.shift();
    assert(felt !== undefined, "a permutation gives eight elements");
    return felt;
  }

  sampleExt(): Wire {
    return this.#circuit.pack([this.sampleFelt(), this.sampleFelt(), this.sampleFelt(), this.sampleFelt()]);
  }

  /** The `count` low bits of one sample, least significant first. */
  sampleBits(count: number): FeltWire[] {
    return canonicalBits(this.#circuit, this.sampleFelt()).slice(0, count);
  }

  /** Absorbs a nonce and requires `bits` zero bits; a site with 0 bits does not exist. */
  grind(label: Label, nonce: FeltWire | undefined, bits: number): void {
    if (bits === 0) return;
    assert(nonce !== undefined, `${label} needs a nonce`);
    this.absorbFelts(label, [nonce]);
    for (const bit of this.sampleBits(bits)) this.#circuit.assertEqual(bit, this.#circuit.constant(0));
  }

  #header(label: Label, length: number): void {
    this.#push(this.#circuit.constant(LABEL[label] * HEADER_SHIFT + length));
  }

  #push(felt: FeltWire): void {
    this.#pending.push(felt);
    this.#available = [];
    if (this.#pending.length === RATE) this.#absorbBlock();
  }

  #absorbBlock(): void {
    const groups = [this.#circuit.pack(this.#pending.slice(0, 4)), this.#circuit.pack(this.#pending.slice(4))];
    this.#pending = [];
    const zero = this.#circuit.constant(0);
    const input = [...coordinates(groups), ...this.#state.slice(RATE)];
    this.#permute(input, this.#hasStarted ? groups : [...groups, zero, zero], this.#hasStarted ? ["capacity"] : []);
  }

  #squeeze(): void {
    this.#permute([...this.#state], [], ["capacity", ...ALL_KEPT]);
  }

  #permute(input: readonly number[], groups: readonly Wire[], links: readonly LinkName[]): void {
    const { output } = this.#circuit.permutation({ input, groups, links, writesOutput: true });
    assert(output !== undefined);
    this.#state = this.#circuit.lastOutput;
    this.#hasStarted = true;
    this.#available = [...this.#circuit.unpack(output[0]), ...this.#circuit.unpack(output[1])];
  }
}

/** Row hash of wires, filled up with zeros to whole blocks. */
export const hashWires = (circuit: Circuit, felts: readonly FeltWire[]): DigestWires => {
  const zero = circuit.constant(0);
  const padded = [...felts];
  while (padded.length === 0 || padded.length % RATE !== 0) padded.push(zero);
  let output: DigestWires | undefined;
  for (let start = 0; start < padded.length; start += RATE) {
    const isFirst = start === 0;
    const groups = [circuit.pack(padded.slice(start, start + 4)), circuit.pack(padded.slice(start + 4, start + 8))];
    output = circuit.permutation({
      input: [...coordinates(groups), ...(isFirst ? ZERO_STATE : circuit.lastOutput).slice(RATE)],
      groups: isFirst ? [...groups, zero, zero] : groups, links: isFirst ? [] : ["capacity"],
      writesOutput: start + RATE === padded.length,
    }).output;
  }
  assert(output !== undefined, "at least one block is hashed");
  return output;
};

/** An accumulator over the elements of rows: acc = acc * gamma + element. */
export type Accumulator = { readonly acc: Wire; readonly gamma: Wire };

export type RowRequest = {
  readonly felts: readonly number[];
  readonly accumulator?: Accumulator;
  /** Positions of elements wanted as base wires. */
  readonly wanted?: ReadonlySet<number>;
  /** All groups of four as extension wires; only for rows of whole groups. */
  readonly wantsGroups?: boolean;
  /** The next row appended is the first step of this row's Merkle path (else a digest is written). */
  readonly startsPath: boolean;
};
export type RowResult = {
  /** Undefined when the row starts a path. */
  readonly digest: DigestWires | undefined;
  readonly felts: ReadonlyMap<number, FeltWire>;
  readonly groups: readonly Wire[];
  /** The accumulator after the row; undefined when the first path step has to write it. */
  readonly acc: Wire | undefined;
};

/** Hashes a row of free elements: full blocks first, then the short one. */
export const hashRow = (circuit: Circuit, request: RowRequest): RowResult => {
  const { felts } = request;
  const run: RowRun = { circuit, request, found: new Map(), groups: [], acc: request.accumulator?.acc, digest: undefined };
  const blockCount = Math.ceil(felts.length / RATE);
  for (let block = 0; block < blockCount; block += 1) {
    const isLast = block === blockCount - 1;
    if (felts.length - block * RATE >= RATE) fullBlock(run, block, isLast);
    else shortBlock(run, block, isLast);
  }
  const endsFull = felts.length % RATE === 0;
  if (endsFull && request.accumulator !== undefined) {
    run.acc = request.startsPath ? undefined : circuit.permutation({ input: ZERO_STATE, links: STEP, acc: "write" }).acc;
  }
  return { digest: run.digest, felts: run.found, groups: run.groups, acc: run.acc };
};

const STEP: readonly LinkName[] = ["accStep", "gammaKeep"];

type RowRun = {
  readonly circuit: Circuit;
  readonly request: RowRequest;
  readonly found: Map<number, FeltWire>;
  readonly groups: Wire[];
  acc: Wire | undefined;
  digest: DigestWires | undefined;
};

const note = (run: RowRun, block: number, group: number, wire: Wire, limit: number): FeltWire[] => {
  const felts = run.circuit.unpack(wire);
  felts.forEach((felt, i) => {
    const position = 4 * group + i;
    if (position < limit) run.found.set(RATE * block + position, felt);
  });
  return felts;
};

/** Eight elements at once: the accumulator takes them on the row itself. */
const fullBlock = (run: RowRun, block: number, isLast: boolean): void => {
  const { circuit, request } = run;
  const zero = circuit.constant(0);
  const isFirst = block === 0;
  const own = request.felts.slice(RATE * block, RATE * (block + 1));
  const isWanted = (group: number): boolean => request.wantsGroups === true ||
    [0, 1, 2, 3].some((i) => request.wanted?.has(RATE * block + 4 * group + i) === true);
  const groups = [0, 1].map((group) => (isWanted(group) ? "write" as const : undefined));
  const { accumulator } = request;
  const result = circuit.permutation({
    input: [...own, ...(isFirst ? ZERO_STATE : circuit.lastOutput).slice(RATE)],
    groups: isFirst ? [...groups, zero, zero] : groups,
    links: isFirst ? [] : ["capacity", ...(accumulator === undefined ? [] : STEP)],
    writesOutput: isLast && !request.startsPath,
    ...(accumulator !== undefined && isFirst ? { gamma: accumulator.gamma, acc: accumulator.acc } : {}),
  });
  run.digest = result.output;
  result.groups.slice(0, 2).forEach((wire, group) => {
    if (wire === undefined) return;
    if (request.wantsGroups === true) run.groups.push(wire);
    else note(run, block, group, wire, RATE);
  });
};

/** Fewer than eight elements: they are unpacked and join the accumulator by lanes. */
const shortBlock = (run: RowRun, block: number, isLast: boolean): void => {
  const { circuit, request } = run;
  const zero = circuit.constant(0);
  const isFirst = block === 0;
  const own = request.felts.slice(RATE * block);
  const rest = isFirst ? ZERO_STATE : circuit.lastOutput;
  const { accumulator } = request;
  const result = circuit.permutation({
    input: [...own, ...rest.slice(own.length)],
    groups: isFirst ? ["write", "write", zero, zero] : ["write", own.length > 4 ? "write" : undefined],
    links: isFirst ? [] : ["capacity", ...ALL_KEPT.slice(own.length), ...(accumulator === undefined ? [] : STEP)],
    writesOutput: isLast && !request.startsPath,
    ...(accumulator !== undefined && !isFirst ? { acc: "write" as const } : {}),
  });
  run.digest = result.output;
  if (result.acc !== undefined) run.acc = result.acc;
  const elements = result.groups.slice(0, 2).flatMap((wire, group) => (wire === undefined ? [] : note(run, block, group, wire, own.length)));
  for (const [position, felt] of elements.entries()) {
    if (position >= own.length) {
      // Nothing before a first block fixes the unused places, so they are required to be zero.
      if (isFirst) circuit.assertEqual(felt, zero);
    } else if (accumulator !== undefined && run.acc !== undefined) {
      run.acc = circuit.mulAdd(run.acc, accumulator.gamma, felt);
    }
  }
};

export type PathRequest = {
  /** Siblings from the leaf upwards and the leaf's bits, least significant first. */
  readonly siblings: readonly (readonly number[])[];
  readonly bits: readonly FeltWire[];
  /** Digest to inject after a given number of steps. */
  readonly injected?: ReadonlyMap<number, DigestWires>;
  /** The row before left its accumulator to be written by the first step. */
  readonly writesAcc: boolean;
};

/** Climbs from the digest in the last row's output to the root. */
export const climbPath = (circuit: Circuit, { siblings, bits, injected, writesAcc }: PathRequest): { root: DigestWires; acc: Wire | undefined } => {
  let acc: Wire | undefined;
  let root: DigestWires | undefined;
  siblings.forEach((sibling, level) => {
    const bit = bits[level];
    assert(bit !== undefined, "a path has one bit per level");
    const injection = injected?.get(level + 1);
    const isLastStep = level === siblings.length - 1;
    const node = circuit.lastOutput.slice(0, RATE);
    const takesAcc = writesAcc && level === 0;
    const step = circuit.permutation({
      input: bit.value[0] === 1 ? [...sibling, ...node] : [...node, ...sibling],
      links: ["merkle", ...(takesAcc ? STEP : [])], bit, writesOutput: isLastStep && injection === undefined,
      ...(takesAcc ? { acc: "write" as const } : {}),
    });
    if (takesAcc) acc = step.acc;
    root = step.output;
    if (injection === undefined) return;
    root = circuit.permutation({
      input: [...circuit.lastOutput.slice(0, RATE), ...coordinates(injection)],
      groups: [undefined, undefined, injection[0], injection[1]], links: ["merkle"], bit: circuit.constant(0), writesOutput: isLastStep,
    }).output;
  });
  assert(root !== undefined, "a path has at least one step");
  return { root, acc };
};
