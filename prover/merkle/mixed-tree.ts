// Mixed-height Merkle commitment to several matrices at once, over either hash suite.
// Owns: the tree of PROTOCOL.md section 2, its openings and their check against given dimensions.
// Does not own: byte encodings, or where rows come from (a row reader is passed in).
// Source: the MMCS idea of Plonky3 merkle-tree; injection as compress(node, row hash).
// Invariant: dimensions are the verifier's own data; an opening of any other shape is refused.

import { isFelt } from "../field/koalabear.ts";
import { DIGEST_LENGTH } from "../hash/poseidon2.ts";
import type { Digest } from "../hash/poseidon2.ts";
import { POSEIDON2_SUITE } from "../hash/suite.ts";
import type { HashSuite } from "../hash/suite.ts";
import type { Felt } from "../field/koalabear.ts";

/** Size of one committed matrix: 2^logHeight rows of `width` elements. */
export type MatrixSize = { readonly logHeight: number; readonly width: number };
/** A matrix to commit; rows in the (bit-reversed) order of the protocol. */
export type TreeMatrix = MatrixSize & { readonly row: (index: number) => ArrayLike<Felt> };
/** What is revealed at one leaf: each matrix's row, then siblings from the leaf upwards. */
export type TreeOpening = { readonly rows: readonly (readonly Felt[])[]; readonly siblings: readonly Digest[] };

export type OpeningVerdict =
  | { readonly ok: true }
  | { readonly ok: false; readonly code: "INDEX" | "SHAPE" | "ROOT"; readonly expected: string; readonly got: string };

/** Log height of the tallest matrix. Throws RangeError on an empty list. */
export function tallestLog(sizes: readonly MatrixSize[]): number {
  if (sizes.length === 0) throw new RangeError("mixed tree: expected at least one matrix, got none");
  return Math.max(...sizes.map((size) => size.logHeight));
}

function hashRows(matrices: readonly TreeMatrix[], index: number, suite: HashSuite): Digest {
  return suite.hashRow(matrices.flatMap((matrix) => Array.from(matrix.row(index))));
}

/** A committed tree with all its levels: levels[k] holds 2^k digests. */
export class MixedTree {
  readonly #matrices: readonly TreeMatrix[];
  readonly #levels: Digest[][];
  readonly #tallest: number;
  readonly #suite: HashSuite;

  constructor(matrices: readonly TreeMatrix[], suite: HashSuite = POSEIDON2_SUITE) {
    this.#suite = suite;
    this.#matrices = matrices;
    this.#tallest = tallestLog(matrices);
    this.#levels = [];
    for (let log = this.#tallest; log >= 0; log--) this.#levels[log] = this.#buildLevel(log);
  }

  #buildLevel(log: number): Digest[] {
    const here = this.#matrices.filter((matrix) => matrix.logHeight === log);
    const below = this.#levels[log + 1];
    return Array.from({ length: 2 ** log }, (_, j) => {
      const rowDigest = here.length === 0 ? undefined : hashRows(here, j, this.#suite);
      if (below === undefined) return rowDigest as Digest;
      const node = this.#suite.compress(below[2 * j] as Digest, below[2 * j + 1] as Digest);
      return rowDigest === undefined ? node : this.#suite.compress(node, rowDigest);
    });
  }

  /** The digest both sides absorb. */
  get root(): Digest {
    return this.#levels[0]?.[0] as Digest;
  }

  /** Opens leaf `index` of the tallest matrix and the matching row of every shorter one. */
  open(index: number): TreeOpening {
    if (!Number.isInteger(index) || index < 0 || index >= 2 ** this.#tallest) {
      throw new RangeError(`leaf index: expected 0..${2 ** this.#tallest - 1}, got ${index}`);
    }
    const rows = this.#matrices.map((matrix) =>
      Array.from(matrix.row(Math.floor(index / 2 ** (this.#tallest - matrix.logHeight)))));
    const siblings: Digest[] = [];
    for (let log = this.#tallest, node = index; log > 0; log--, node = Math.floor(node / 2)) {
      siblings.push(this.#levels[log]?.[node % 2 === 0 ? node + 1 : node - 1] as Digest);
    }
    return { rows, siblings };
  }
}

/**
 * Checks one opening against a root. `sizes` and `index` are the caller's, never the proof's; wrong
 * widths, counts, path lengths, indices or non-canonical elements are refused before any hashing.
 */
export function checkOpening(
  root: Digest, sizes: readonly MatrixSize[], index: number, opening: TreeOpening,
  suite: HashSuite = POSEIDON2_SUITE,
): OpeningVerdict {
  const tallest = tallestLog(sizes);
  if (!Number.isInteger(index) || index < 0 || index >= 2 ** tallest) {
    return { ok: false, code: "INDEX", expected: `0..${2 ** tallest - 1}`, got: String(index) };
  }
  const expectedShape = `${sizes.map((size) => size.width).join(",")};${tallest}x${DIGEST_LENGTH}`;
  const gotShape = `${opening.rows.map((row) => row.length).join(",")};${opening.siblings.length}x${
    opening.siblings.find((sibling) => sibling.length !== DIGEST_LENGTH)?.length ?? DIGEST_LENGTH}`;
  if (gotShape !== expectedShape) return { ok: false, code: "SHAPE", expected: expectedShape, got: gotShape };
  const stray = opening.rows.flat().find((element) => !isFelt(element)) ?? opening.siblings.flat().find((word) => !suite.isDigestWord(word));
  if (stray !== undefined) return { ok: false, code: "SHAPE", expected: "canonical elements", got: String(stray) };
  const rowDigestAt = (log: number): Digest | undefined => {
    const elements = sizes.flatMap((size, i) => (size.logHeight === log ? (opening.rows[i] ?? []) : []));
    return elements.length === 0 ? undefined : suite.hashRow(elements);
  };
  let node = rowDigestAt(tallest) as Digest;
  for (let step = 0; step < tallest; step++) {
    const sibling = opening.siblings[step] as Digest;
    node = Math.floor(index / 2 ** step) % 2 === 0 ? suite.compress(node, sibling) : suite.compress(sibling, node);
    const rowDigest = rowDigestAt(tallest - step - 1);
    if (rowDigest !== undefined) node = suite.compress(node, rowDigest);
  }
  return node.every((element, i) => element === root[i])
    ? { ok: true }
    : { ok: false, code: "ROOT", expected: root.join(), got: node.join() };
}
