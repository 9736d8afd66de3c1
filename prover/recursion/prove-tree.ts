/**
 * Proves the nodes of a recursion tree: lifts segments, joins neighbours, makes the final proof.
 *
 * Owns: choosing the program, building the witness, proving under the family's key. Does not own: the keys (family.ts).
 * Invariant: a proof is returned only under the key the family names; children are verified before they are recursed.
 */
import assert from "node:assert/strict";
import type { Felt } from "../field/koalabear.ts";
import type { VerifyingKey } from "../protocol/key.ts";
import type { ProverBackend } from "../prove/backend.ts";
import { prove } from "../prove/prove.ts";
import type { StageTimes } from "../prove/prove.ts";
import { decodeProof } from "../verify/decode.ts";
import { layoutOf } from "../verify/layout.ts";
import { isRejection } from "../verify/verdict.ts";
import { verifyProof } from "../verify/verify.ts";
import type { R1Program } from "./circuit.ts";
import { RecursionRefused, setupNode } from "./family.ts";
import type { Family } from "./family.ts";
import { finalProgram, joinProgram, liftProgram } from "./node-programs.ts";
import type { Child, NodeChild } from "./node-programs.ts";

/** A proof with its key: a segment, or a node of the tree. */
export type Layer = { readonly key: VerifyingKey; readonly publics: readonly Felt[]; readonly bytes: Uint8Array };
/** What proving one node took. */
export type NodeTimes = { readonly witnessMs: number; readonly proveMs: number; readonly stages: StageTimes; readonly counts: R1Program["counts"] };
export type ProvenLayer = Layer & { readonly times: NodeTimes };

/** Decodes a proof that verifies; the circuit would only say that no witness exists. */
export const childOf = ({ key, publics, bytes }: Layer): Child => {
  const verdict = verifyProof(key, publics, bytes);
  if (!verdict.ok) throw new RecursionRefused(`the child's proof does not verify: ${verdict.code}, expected ${verdict.expected}, got ${verdict.got}`);
  const proof = decodeProof(key, layoutOf(key), bytes);
  assert(!isRejection(proof), "a proof that verifies decodes");
  return { key, publics, proof };
};

const nodeChildOf = (family: Pick<Family, "allowList">, layer: Layer): NodeChild => {
  const path = family.allowList.pathOf(layer.key);
  if (path === undefined) throw new RecursionRefused(`the child's key is not in the allow-list (profile ${layer.key.profile.name})`);
  return { ...childOf(layer), path };
};

const proveProgram = async (backend: ProverBackend, key: VerifyingKey, build: () => R1Program): Promise<ProvenLayer> => {
  const start = performance.now();
  const program = build();
  const provingStart = performance.now();
  const provingKey = await setupNode(backend, key.profile, program.preprocessed);
  assert.deepEqual(provingKey.key.digest, key.digest, "the program is not the one its key names");
  const { publicValues, bytes, times } = await prove(backend, provingKey, [program]);
  backend.release([]);
  const end = performance.now();
  return {
    key, publics: publicValues, bytes,
    times: { witnessMs: provingStart - start, proveMs: end - provingStart, stages: times, counts: program.counts },
  };
};

const logHeightOfKey = (key: VerifyingKey): number => {
  const [chip] = key.chips;
  assert(chip !== undefined, "a key has a chip");
  return chip.logHeight;
};

/** Lifts a segment's proof into the tree. Throws RecursionRefused when it does not verify or is of another key. */
export const proveLift = async (backend: ProverBackend, family: Family, segment: Layer): Promise<ProvenLayer> => {
  if (segment.key.digest.some((felt, i) => felt !== family.segment.key.digest[i])) {
    throw new RecursionRefused(`LIFT takes proofs of its segment key, got one under ${segment.key.profile.name}`);
  }
  const child = childOf(segment);
  return proveProgram(backend, family.lift, () => liftProgram(child, family.segment.interval, family.allowList.root, logHeightOfKey(family.lift)));
};

/** Joins two neighbours, the left one first. */
export const proveJoin = async (backend: ProverBackend, family: Family, left: Layer, right: Layer): Promise<ProvenLayer> => {
  const [first, second] = [nodeChildOf(family, left), nodeChildOf(family, right)];
  const [leftHeight, rightHeight] = [logHeightOfKey(left.key), logHeightOfKey(right.key)];
  const join = family.joins.find((entry) => entry.left === leftHeight && entry.right === rightHeight);
  if (join === undefined) throw new RecursionRefused(`no JOIN for children of 2^${leftHeight} and 2^${rightHeight} rows`);
  return proveProgram(backend, join.key, () => joinProgram(first, second, logHeightOfKey(join.key)));
};

/** The final proof over a JOIN. */
export const proveFinal = async (backend: ProverBackend, family: Family, node: Layer): Promise<ProvenLayer> => {
  const child = nodeChildOf(family, node);
  const height = family.joins[0]?.key.chips[0]?.logHeight;
  if (logHeightOfKey(node.key) !== height) throw new RecursionRefused(`FINAL takes a JOIN of 2^${height} rows: lone segments are joined with an empty one first`);
  return proveProgram(backend, family.final, () => finalProgram(child, logHeightOfKey(family.final)));
};

/** Lifts all segments and joins them from the left; yields every node as it is proven, the final one last. */
export async function* proveTree(backend: ProverBackend, family: Family, segments: readonly Layer[]): AsyncGenerator<{ name: string; layer: ProvenLayer }> {
  if (segments.length < 2) throw new RecursionRefused(`a tree has at least two segments, got ${segments.length}: an empty segment may be the second`);
  let node: ProvenLayer | undefined;
  for (const [i, segment] of segments.entries()) {
    const lift = await proveLift(backend, family, segment);
    yield { name: `lift ${i}`, layer: lift };
    if (node === undefined) node = lift;
    else {
      node = await proveJoin(backend, family, node, lift);
      yield { name: `join ${i}`, layer: node };
    }
  }
  assert(node !== undefined);
  yield { name: "final", layer: await proveFinal(backend, family, node) };
}
