/**
 * Decodes proof bytes into a typed proof: exact length, canonical elements (and digests of the key's hash), one bounded pass.
 *
 * Owns: PROTOCOL.md section 6. Does not own: what the values must satisfy.
 * Invariant: after decode() every element is < p, every digest one of the key's suite, and every list has the length the key dictates.
 */
import type { Ext } from "../field/ext4.ts";
import { P, isFelt } from "../field/koalabear.ts";
import { suiteOf } from "../hash/suite.ts";
import type { VerifyingKey } from "../protocol/key.ts";
import { PHASES } from "./layout.ts";
import type { Layout, Phase } from "./layout.ts";
import { reject } from "./verdict.ts";
import type { Rejection } from "./verdict.ts";

export type DecodedDigest = readonly number[];
/** Values per chip and phase: one extension element per opened base column. */
export type Openings = readonly Readonly<Record<Phase, readonly Ext[]>>[];
export type TreeOpening = { readonly rows: readonly (readonly number[])[]; readonly siblings: readonly DecodedDigest[] };
export type FoldOpening = { readonly others: readonly Ext[]; readonly siblings: readonly DecodedDigest[] };
export type QueryOpening = { readonly trees: readonly TreeOpening[]; readonly folds: readonly FoldOpening[] };

export type Proof = {
  readonly mainRoot: DecodedDigest;
  readonly permutationRoot: DecodedDigest;
  readonly quotientRoot: DecodedDigest;
  /** A nonce of a site with 0 bits is absent from the bytes and 0 here. */
  readonly lookupNonce: number;
  readonly lookupSums: readonly Ext[];
  readonly openingsHere: Openings;
  readonly openingsNext: Openings;
  readonly batchNonce: number;
  readonly folds: readonly { readonly root: DecodedDigest; readonly nonce: number }[];
  readonly finalPolynomial: readonly Ext[];
  readonly queryNonce: number;
  readonly queries: readonly QueryOpening[];
};

/** Walks the words in order. Callers know the total beforehand, so it cannot run past the end. */
class WordReader {
  readonly #words: Uint32Array;
  readonly #isDigestWord: (word: number) => boolean;
  #position = 0;
  #stray: number | undefined;

  constructor(words: Uint32Array, isDigestWord: (word: number) => boolean) {
    this.#words = words;
    this.#isDigestWord = isDigestWord;
  }

  /** Position of the first word that may not stand where it stands. */
  get stray(): number | undefined {
    return this.#stray;
  }

  #take(count: number, isAllowed: (word: number) => boolean): number[] {
    const taken = [...this.#words.subarray(this.#position, this.#position + count)];
    const wrong = taken.findIndex((word) => !isAllowed(word));
    if (wrong !== -1) this.#stray ??= this.#position + wrong;
    this.#position += count;
    return taken;
  }

  felts(count: number): number[] {
    return this.#take(count, isFelt);
  }

  felt(): number {
    return this.felts(1)[0] ?? 0;
  }

  exts(count: number): Ext[] {
    return Array.from({ length: count }, (): Ext => {
      const [a = 0, b = 0, c = 0, d = 0] = this.felts(4);
      return [a, b, c, d];
    });
  }

  digests(count: number): number[][] {
    return Array.from({ length: count }, () => this.digest());
  }

  digest(): number[] {
    return this.#take(8, this.#isDigestWord);
  }
}

const wordsOf = (bytes: Uint8Array): Uint32Array => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Uint32Array.from({ length: Math.floor(bytes.length / 4) }, (_, i) => view.getUint32(4 * i, true));
};

/** Decodes a proof, or says why it is not one. */
export const decodeProof = (key: VerifyingKey, layout: Layout, bytes: Uint8Array): Proof | Rejection => {
  const expectedLength = 4 * layout.wordCount;
  if (bytes.length !== expectedLength) return reject("PROOF_LENGTH", `${expectedLength} bytes`, `${bytes.length} bytes`);
  const words = wordsOf(bytes);
  const reader = new WordReader(words, suiteOf(key.profile.hash).isDigestWord);
  const { grindingBits, queryCount } = key.profile;
  const nonce = (bits: number): number => (bits > 0 ? reader.felt() : 0);
  const mainRoot = reader.digest();
  const permutationRoot = layout.hasLookup ? reader.digest() : [];
  const quotientRoot = reader.digest();
  const lookupNonce = layout.hasLookup ? nonce(grindingBits.lookup) : 0;
  const sumCount = layout.hasLookup ? layout.widths.filter(({ permutation }) => permutation > 0).length : 0;
  const proof = {
    mainRoot, permutationRoot, quotientRoot, lookupNonce,
    lookupSums: reader.exts(sumCount),
    openingsHere: readOpenings(reader, layout, (chip, phase) => layout.widths[chip]?.[phase] ?? 0),
    openingsNext: readOpenings(reader, layout, (chip, phase) => layout.nextColumns[chip]?.[phase].length ?? 0),
    batchNonce: nonce(grindingBits.batch),
    folds: layout.folds.map(() => ({ root: reader.digest(), nonce: nonce(grindingBits.fold) })),
    finalPolynomial: reader.exts(layout.finalLength),
    queryNonce: nonce(grindingBits.query),
    queries: Array.from({ length: queryCount }, () => readQuery(reader, layout)),
  };
  const { stray } = reader;
  if (stray !== undefined) return reject("PROOF_NOT_CANONICAL", `word ${stray} below ${P}`, String(words[stray]));
  return proof;
};

/** Openings come phase by phase, chip by chip; they are handed on chip by chip. */
const readOpenings = (reader: WordReader, layout: Layout, count: (chip: number, phase: Phase) => number): Openings => {
  const chips = layout.widths.map((): Record<Phase, Ext[]> => ({ preprocessed: [], main: [], permutation: [], quotient: [] }));
  for (const phase of PHASES) {
    for (const [index, chip] of chips.entries()) chip[phase] = reader.exts(count(index, phase));
  }
  return chips;
};

const readQuery = (reader: WordReader, layout: Layout): QueryOpening => ({
  trees: layout.trees.map(({ matrices, tallest }) => ({
    rows: matrices.map(({ width }) => reader.felts(width)),
    siblings: reader.digests(tallest),
  })),
  folds: layout.folds.map(({ step, logSize }) => ({
    others: reader.exts(2 ** step - 1),
    siblings: reader.digests(logSize - step),
  })),
});
