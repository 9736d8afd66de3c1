/**
 * The list of node keys a recursion tree may be made of: a Merkle tree over key digests, and membership on wires.
 *
 * Owns: root, paths and the membership gadget. Does not own: which keys are listed (family.ts) or who pins the root (L1).
 * Source: prover review P8: a self-verifying JOIN cannot hold its own key, so the list's root travels as a public value.
 * Invariant: a leaf is a key digest, hence shape and preprocessed root; the depth is fixed, so a node is never a leaf.
 */
import assert from "node:assert/strict";
import type { Felt } from "../field/koalabear.ts";
import { compress } from "../hash/poseidon2.ts";
import type { Digest } from "../hash/poseidon2.ts";
import { KEY_DOMAIN } from "../protocol/key.ts";
import type { VerifyingKey } from "../protocol/key.ts";
import type { Circuit, FeltWire } from "./circuit.ts";
import { hintBits } from "./gadgets.ts";
import { TranscriptCircuit, climbPath } from "./sponge-circuit.ts";
import type { DigestWires } from "./sponge-circuit.ts";

/** log2 of the list's length; unused places hold zeros, the digest of no key. */
const ALLOW_LIST_LOG = 4;

/** Where a key stands in the list, and what is needed to show it. */
export type AllowPath = { readonly position: number; readonly siblings: readonly (readonly Felt[])[] };

export class AllowList {
  readonly keys: readonly VerifyingKey[];
  /** Levels from the leaves to the root. */
  readonly #levels: readonly (readonly Digest[])[];

  constructor(keys: readonly VerifyingKey[]) {
    assert(keys.length > 0 && keys.length <= 2 ** ALLOW_LIST_LOG, `an allow-list has 1..${2 ** ALLOW_LIST_LOG} keys, got ${keys.length}`);
    this.keys = keys;
    const empty: Digest = Array.from({ length: 8 }, () => 0);
    let level: Digest[] = Array.from({ length: 2 ** ALLOW_LIST_LOG }, (_, i) => keys[i]?.digest ?? empty);
    const levels = [level];
    while (level.length > 1) {
      level = Array.from({ length: level.length / 2 }, (_, i) => compress(level[2 * i] ?? empty, level[2 * i + 1] ?? empty));
      levels.push(level);
    }
    this.#levels = levels;
  }

  get root(): Digest {
    const root = this.#levels.at(-1)?.[0];
    assert(root !== undefined, "a tree has a root");
    return root;
  }

  /** The path of a listed key; undefined when it is not listed. */
  pathOf(key: VerifyingKey): AllowPath | undefined {
    const position = this.keys.findIndex(({ digest }) => digest.every((felt, i) => felt === key.digest[i]));
    return position === -1 ? undefined : this.pathAt(position);
  }

  /** The path of a place. */
  pathAt(position: number): AllowPath {
    const siblings = this.#levels.slice(0, -1).map((level, height) => {
      const sibling = level[Math.floor(position / 2 ** height) ^ 1];
      assert(sibling !== undefined, `place ${position} of the allow-list`);
      return sibling;
    });
    return { position, siblings };
  }
}

/** Requires that the key of this shape (a constant of the program) and preprocessed root is in the list under `root`. */
export const assertListed = (circuit: Circuit, shapeDigest: Digest, preprocessedRoot: readonly FeltWire[], path: AllowPath, root: DigestWires): void => {
  assert.equal(preprocessedRoot.length, 8, "a node key has a preprocessed root");
  assert.equal(path.siblings.length, ALLOW_LIST_LOG, "an allow-list's path");
  const transcript = new TranscriptCircuit(circuit, KEY_DOMAIN);
  transcript.absorbFelts("shapeDigest", shapeDigest.map((felt) => circuit.constant(felt)));
  transcript.absorbFelts("preprocessedRoot", preprocessedRoot);
  // The eight samples of a key digest are the output of the row this leaves last: the path goes on from it.
  transcript.sampleFelt();
  const climbed = climbPath(circuit, { siblings: path.siblings, bits: hintBits(circuit, path.position, ALLOW_LIST_LOG), writesAcc: false });
  circuit.assertEqual(climbed.root[0], root[0]);
  circuit.assertEqual(climbed.root[1], root[1]);
};
