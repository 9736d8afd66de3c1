// The two hash suites of the protocol: Poseidon2 for proofs that recursion reads, keccak-256 for proofs
// that L1 reads. Owns: row hash, node hash and the form of a digest in each suite.
// Does not own: the transcript built on them (transcript/) or the trees (merkle/).
// Source: PROTOCOL.md section 2; FIPS 202 with Ethereum's original padding for keccak-256.
// Invariant: a digest is eight u32 words. Poseidon2's are canonical elements, keccak's are big-endian words of which the
// last is zero: 28 bytes are kept (112 bits against collisions), because L1 pays for every byte of a path.

import { keccak_256 } from "@noble/hashes/sha3.js";
import { isFelt } from "../field/koalabear.ts";
import type { Felt } from "../field/koalabear.ts";
import { DIGEST_LENGTH, compress, hashFixedLength } from "./poseidon2.ts";
import type { Digest } from "./poseidon2.ts";

const KECCAK_SHOWN_WORDS = 7;

export type HashName = "poseidon2" | "keccak256";

export type HashSuite = {
  readonly name: HashName;
  /** Digest of a row whose length both sides know. */
  readonly hashRow: (values: ArrayLike<Felt>) => Digest;
  /** Digest of two digests in order. */
  readonly compress: (left: Digest, right: Digest) => Digest;
  /** Words of a digest that a proof shows; the others are zero. */
  readonly shownWords: number;
  /** How the paths of a proof are shown: whole for every query, or pruned within two groups of queries. */
  readonly paths: "whole" | "pruned";
  /** Whether a word may stand in a digest of this suite. */
  readonly isDigestWord: (word: unknown) => boolean;
};

/** Words as big-endian bytes, the order L1 reads calldata in. */
export function wordsToBytes(words: ArrayLike<number>): Uint8Array {
  const bytes = new Uint8Array(4 * words.length);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < words.length; i++) view.setUint32(4 * i, words[i] as number);
  return bytes;
}

/** The eight big-endian words of a 32-byte digest. */
export function digestWords(digest: Uint8Array): number[] {
  const view = new DataView(digest.buffer, digest.byteOffset, digest.byteLength);
  return Array.from({ length: DIGEST_LENGTH }, (_, i) => view.getUint32(4 * i));
}

/** The digest of a node or row: the first 28 bytes, then zero. */
function truncated(hash: Uint8Array): number[] {
  return [...digestWords(hash).slice(0, KECCAK_SHOWN_WORDS), 0];
}

function keccakCompress(left: Digest, right: Digest): Digest {
  if (left.length !== DIGEST_LENGTH || right.length !== DIGEST_LENGTH) {
    throw new RangeError(`compress: expected two digests of 8, got ${left.length} and ${right.length}`);
  }
  return truncated(keccak_256(wordsToBytes([...left, ...right])));
}

function keccakRow(values: ArrayLike<Felt>): Digest {
  if (values.length === 0) throw new RangeError("hash of a row: expected at least one element, got none");
  return truncated(keccak_256(wordsToBytes(values)));
}

export const POSEIDON2_SUITE: HashSuite = {
  name: "poseidon2", shownWords: DIGEST_LENGTH, paths: "whole", hashRow: hashFixedLength, compress, isDigestWord: isFelt,
};
export const KECCAK_SUITE: HashSuite = {
  name: "keccak256", shownWords: KECCAK_SHOWN_WORDS, paths: "pruned", hashRow: keccakRow, compress: keccakCompress,
  isDigestWord: (word) => typeof word === "number" && Number.isInteger(word) && word >= 0 && word < 2 ** 32,
};

export function suiteOf(name: HashName): HashSuite {
  return name === "poseidon2" ? POSEIDON2_SUITE : KECCAK_SUITE;
}
