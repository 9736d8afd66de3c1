/**
 * LIFT, JOIN and FINAL: R1 programs that verify one or two children and tie their public values to the node's own.
 *
 * Owns: the rules between a node and its children. Does not own: verifying a proof (verifier-circuit.ts), the layout of
 * values (protocol/node-values.ts), which keys exist (family.ts).
 * Source: prover review section 3 ("MEM/SYS sum belongs in recursion"), P8.
 * Invariant: a program depends on its children's key shapes alone; for a JOIN or FINAL the child's preprocessed root is
 * data, and its key must be listed under the allowRoot that the node itself exports.
 */
import assert from "node:assert/strict";
import { EXT_ZERO } from "../field/ext4.ts";
import { P, add } from "../field/koalabear.ts";
import type { Felt } from "../field/koalabear.ts";
import type { VerifyingKey } from "../protocol/key.ts";
import type { Proof } from "../verify/decode.ts";
import { assertListed } from "./allow-list.ts";
import type { AllowPath } from "./allow-list.ts";
import { Circuit } from "./circuit.ts";
import type { FeltWire, R1Program, Wire } from "./circuit.ts";
import { assertBits } from "./gadgets.ts";
import {
  JOIN_DOMAIN, MAX_SEGMENTS_LOG, NODE_FIELD_NAMES, NODE_OFFSETS, SEGMENT_DOMAIN, joinCommitment, joinNodeValues, segmentCommitment, splitNodeValues, stateDigest,
} from "../protocol/node-values.ts";
import type { IntervalLayout, NodeField, NodeValues } from "../protocol/node-values.ts";
import { R1_PUBLIC_COUNT } from "../air/chips/r1.ts";
import { TranscriptCircuit, hashWires } from "./sponge-circuit.ts";
import type { DigestWires } from "./sponge-circuit.ts";
import { verifyInCircuit } from "./verifier-circuit.ts";

/** A decoded proof with its key and public values. */
export type Child = { readonly key: VerifyingKey; readonly publics: readonly Felt[]; readonly proof: Proof };
/** A child that is a node itself, with the place of its key in the allow-list. */
export type NodeChild = Child & { readonly path: AllowPath };
type NodeWires = Record<NodeField, readonly FeltWire[]>;

/** What a segment's proof says as a node of one segment. */
export const liftedValues = ({ key, publics, proof }: Child, interval: IntervalLayout, allowRoot: readonly Felt[]): NodeValues => {
  const at = (index: number): Felt => publics[index] ?? 0;
  const zeros = (count: number): number[] => Array.from({ length: count }, () => 0);
  return {
    allowRoot, programId: zeros(8), challenges: zeros(8), commitment: segmentCommitment(key.shapeDigest, publics, proof.mainRoot),
    start: stateDigest(interval.start.map(at)), end: stateDigest(interval.end.map(at)),
    busSum: [...EXT_ZERO], count: ["index" in interval.count ? at(interval.count.index) : interval.count.steps], segments: [1],
  };
};

/** What two neighbours say together. */
export const joinedValues = (left: NodeValues, right: NodeValues): NodeValues => {
  const sum = (field: NodeField): Felt[] => left[field].map((felt, i) => add(felt, right[field][i] ?? 0));
  return {
    ...left, end: right.end, commitment: joinCommitment(left.commitment, right.commitment),
    busSum: sum("busSum"), count: sum("count"), segments: sum("segments"),
  };
};

/** The node's own values on wires; those no field uses are required to be zero. */
const ownWires = (circuit: Circuit): NodeWires => {
  const publics = Array.from({ length: R1_PUBLIC_COUNT }, (_, i) => circuit.publicInput(i));
  for (const unused of publics.slice(NODE_OFFSETS.unused)) circuit.assertEqual(unused, circuit.constant(0));
  return splitNodeValues(publics);
};

const assertSame = (circuit: Circuit, left: readonly FeltWire[], right: readonly FeltWire[]): void => {
  assert.equal(left.length, right.length);
  left.forEach((wire, i) => circuit.assertEqual(wire, right[i] as FeltWire));
};

const assertZeros = (circuit: Circuit, wires: readonly Wire[]): void => {
  for (const wire of wires) circuit.assertEqual(wire, circuit.constant(0));
};

const assertDigest = (circuit: Circuit, digest: DigestWires, felts: readonly FeltWire[]): void => {
  circuit.assertEqual(digest[0], circuit.pack(felts.slice(0, 4)));
  circuit.assertEqual(digest[1], circuit.pack(felts.slice(4)));
};

/** A commitment is what its transcript gives out. */
const assertSampled = (circuit: Circuit, transcript: TranscriptCircuit, felts: readonly FeltWire[]): void =>
  felts.forEach((felt) => circuit.assertEqual(transcript.sampleFelt(), felt));

/**
 * LIFT: one segment becomes a node. The segment's preprocessed root, when it has one, is a constant of the program: a
 * machine's fixed tables are no prover's choice. allowRoot is whatever the node exports; its parent ties it down.
 */
export const liftProgram = (child: Child, interval: IntervalLayout, allowRoot: readonly Felt[], logHeight?: number, claimed?: NodeValues): R1Program => {
  const circuit = new Circuit(joinNodeValues(claimed ?? liftedValues(child, interval, allowRoot)));
  const own = ownWires(circuit);
  const segment = verifyInCircuit(circuit, child.key, child.publics, child.proof);
  segment.rootFelts.forEach((felt, i) => circuit.assertEqual(felt, circuit.constant(child.key.preprocessedRoot?.[i] ?? 0)));
  const wireAt = (index: number): FeltWire => {
    const wire = segment.publics[index];
    assert(wire !== undefined, `public value ${index} of a segment`);
    return wire;
  };
  const transcript = new TranscriptCircuit(circuit, SEGMENT_DOMAIN);
  transcript.absorbFelts("shapeDigest", child.key.shapeDigest.map((felt) => circuit.constant(felt)));
  transcript.absorbFelts("publicValues", segment.publics);
  transcript.absorbFelts("mainRoot", segment.mainRoot.flatMap((wire) => circuit.unpack(wire)));
  assertSampled(circuit, transcript, own.commitment);
  assertDigest(circuit, hashWires(circuit, interval.start.map(wireAt)), own.start);
  assertDigest(circuit, hashWires(circuit, interval.end.map(wireAt)), own.end);
  assertSame(circuit, own.count, ["index" in interval.count ? wireAt(interval.count.index) : circuit.constant(interval.count.steps)]);
  assertSame(circuit, own.segments, [circuit.constant(1)]);
  assertZeros(circuit, [...own.programId, ...own.challenges, ...own.busSum]);
  return circuit.finish(logHeight);
};

/** Verifies a node and that its key is listed; returns its values. */
const verifyNode = (circuit: Circuit, child: NodeChild, own: NodeWires): NodeWires => {
  const verified = verifyInCircuit(circuit, child.key, child.publics, child.proof);
  const values = splitNodeValues(verified.publics);
  assertSame(circuit, values.allowRoot, own.allowRoot);
  const root: DigestWires = [circuit.pack(own.allowRoot.slice(0, 4)), circuit.pack(own.allowRoot.slice(4))];
  assertListed(circuit, child.key.shapeDigest, verified.rootFelts, child.path, root);
  return values;
};

/** JOIN: two neighbours, the left one first, become one node. */
export const joinProgram = (left: NodeChild, right: NodeChild, logHeight?: number, claimed?: NodeValues): R1Program => {
  const values = claimed ?? joinedValues(splitNodeValues(left.publics), splitNodeValues(right.publics));
  const circuit = new Circuit(joinNodeValues(values));
  const own = ownWires(circuit);
  const [first, second] = [verifyNode(circuit, left, own), verifyNode(circuit, right, own)];
  for (const field of ["programId", "challenges"] as const) {
    assertSame(circuit, first[field], own[field]);
    assertSame(circuit, second[field], own[field]);
  }
  assertSame(circuit, second.start, first.end);
  assertSame(circuit, own.start, first.start);
  assertSame(circuit, own.end, second.end);
  for (const field of ["busSum", "count", "segments"] as const) {
    own[field].forEach((felt, i) => circuit.assertEqual(circuit.add(first[field][i] as FeltWire, second[field][i] as FeltWire), felt));
  }
  assertSegments(circuit, own);
  const transcript = new TranscriptCircuit(circuit, JOIN_DOMAIN);
  transcript.absorbFelts("commitment", first.commitment);
  transcript.absorbFelts("commitment", second.commitment);
  assertSampled(circuit, transcript, own.commitment);
  return circuit.finish(logHeight);
};

/** 1 <= segments <= 2^MAX_SEGMENTS_LOG: sums of global buses cannot wrap around p. */
const assertSegments = (circuit: Circuit, own: NodeWires): void => {
  const [segments] = own.segments;
  assert(segments !== undefined);
  assertBits(circuit, circuit.lane({ left: 1, constant: P - 1 }, segments), MAX_SEGMENTS_LOG);
};

/**
 * FINAL: one node, complete. Its values are the child's; the buses that span segments are balanced. While no bus does,
 * their challenges are zero; no key of such segments exists yet that could draw others.
 */
export const finalProgram = (child: NodeChild, logHeight?: number, claimed?: NodeValues): R1Program => {
  const circuit = new Circuit(joinNodeValues(claimed ?? splitNodeValues(child.publics)));
  const own = ownWires(circuit);
  const node = verifyNode(circuit, child, own);
  for (const field of NODE_FIELD_NAMES) assertSame(circuit, node[field], own[field]);
  assertZeros(circuit, [...own.busSum, ...own.challenges]);
  assertSegments(circuit, own);
  return circuit.finish(logHeight);
};
