/**
 * The public values of a recursion node: what a proof of LIFT, JOIN or FINAL says about the segments under it.
 *
 * Owns: the layout and the digests of interval ends and commitments. Does not own: the rules that tie a node to its
 * children (recursion/node-programs.ts) or where the values come from.
 * Source: prover review section 3 ("each proof exports"), P3, P8.
 * Invariant: every one of R1's public values is either a field below or zero, in every node.
 */
import assert from "node:assert/strict";
import type { Felt } from "../field/koalabear.ts";
import { hashFixedLength } from "../hash/poseidon2.ts";
import type { Digest } from "../hash/poseidon2.ts";
import { Transcript } from "../transcript/transcript.ts";
import { R1_PUBLIC_COUNT } from "../air/chips/r1.ts";

/** Fields in the order of the public values, with their widths. */
const NODE_FIELDS = [
  /** Root of the list of node keys this proof was made under; a constant nowhere but on L1. */
  ["allowRoot", 8],
  /** The guest program; zero where a segment runs none. */
  ["programId", 8],
  /** alpha and beta of the buses that span segments; zero where no bus does. */
  ["challenges", 8],
  /** Binds every segment below: key shape, public values and main root, as a tree of joins. */
  ["commitment", 8],
  /** Digests of the states at the interval's two ends. */
  ["start", 8],
  ["end", 8],
  /** What the buses that span segments sum up to. */
  ["busSum", 4],
  /** Steps of the computation in the interval, and segments that carry them. */
  ["count", 1],
  ["segments", 1],
] as const;

export type NodeField = (typeof NODE_FIELDS)[number][0];
export type NodeValues = Readonly<Record<NodeField, readonly Felt[]>>;
export const NODE_FIELD_NAMES: readonly NodeField[] = NODE_FIELDS.map(([name]) => name);

/** Most segments under one FINAL: 512 segments of 2^20 rows keep every bus sum below p and the lookup term above 100 bits. */
export const MAX_SEGMENTS_LOG = 9;

/** Where each field starts, and where the zeros begin. */
export const NODE_OFFSETS: Readonly<Record<NodeField, number>> & { readonly unused: number } = (() => {
  let start = 0;
  const offsets: Record<string, number> = {};
  for (const [name, width] of NODE_FIELDS) {
    offsets[name] = start;
    start += width;
  }
  assert(start <= R1_PUBLIC_COUNT, "a node's values fit R1's public values");
  return { ...(offsets as Record<NodeField, number>), unused: start };
})();

/** Each field's part of a list of R1's public values or of their wires. */
export const splitNodeValues = <T>(publics: readonly T[]): Record<NodeField, readonly T[]> => {
  assert.equal(publics.length, R1_PUBLIC_COUNT, "a node's public values");
  const fields: Partial<Record<NodeField, readonly T[]>> = {};
  for (const [name, width] of NODE_FIELDS) fields[name] = publics.slice(NODE_OFFSETS[name], NODE_OFFSETS[name] + width);
  return fields as Record<NodeField, readonly T[]>;
};

/** The public values of a node. */
export const joinNodeValues = (values: NodeValues): Felt[] => {
  const publics = NODE_FIELDS.flatMap(([name, width]) => {
    assert.equal(values[name].length, width, `node field ${name}`);
    return values[name];
  });
  return [...publics, ...Array.from({ length: R1_PUBLIC_COUNT - publics.length }, () => 0)];
};

/** Where a segment's public values hold its interval; `steps` instead of an index when every segment takes as many. */
export type IntervalLayout = {
  readonly count: { readonly index: number } | { readonly steps: Felt };
  readonly start: readonly number[];
  readonly end: readonly number[];
};

/** Digest of a state at an end of an interval: its row hash, filled up with zeros to whole blocks. */
export const stateDigest = (felts: readonly Felt[]): Digest => {
  const padded = [...felts];
  while (padded.length === 0 || padded.length % 8 !== 0) padded.push(0);
  return hashFixedLength(padded);
};

export const SEGMENT_DOMAIN = "KF-SEG-1";
export const JOIN_DOMAIN = "KF-JOIN-1";

/** Commitment to one segment: its key's shape, its public values, its main root. */
export const segmentCommitment = (shapeDigest: Digest, publics: readonly Felt[], mainRoot: readonly Felt[]): Digest => {
  const transcript = new Transcript(SEGMENT_DOMAIN);
  transcript.absorbDigest("shapeDigest", shapeDigest);
  transcript.absorbFelts("publicValues", publics);
  transcript.absorbFelts("mainRoot", mainRoot);
  return transcript.sampleDigest();
};

/** Commitment to two neighbours, the left one first. */
export const joinCommitment = (left: readonly Felt[], right: readonly Felt[]): Digest => {
  const transcript = new Transcript(JOIN_DOMAIN);
  transcript.absorbFelts("commitment", left);
  transcript.absorbFelts("commitment", right);
  return transcript.sampleDigest();
};
