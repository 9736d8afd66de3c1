/**
 * Decodes proof bytes into a typed proof: exact length, canonical elements, one bounded pass.
 *
 * Owns: PROTOCOL.md section 6. Does not own: what the values must satisfy.
 * Invariant: after decode() every element is < p and every list has the length the key dictates.
 */
import type { Ext } from "../field/ext4.ts";
import { P } from "../field/koalabear.ts";
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
  #position = 0;

  constructor(words: Uint32Array) {
    this.#words = words;
  }

  felts(count: number): number[] {
    const felts = [...this.#words.subarray(this.#position, this.#position + count)];
    this.#position += count;
    return felts;
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
    return Array.from({ length: count }, () => this.felts(8));
  }

  digest(): number[] {
    return this.felts(8);
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
  const stray = words.findIndex((word) => word >= P);
  if (stray !== -1) return reject("PROOF_NOT_CANONICAL", `word ${stray} below ${P}`, String(words[stray]));
  const reader = new WordReader(words);
  const { grindingBits, queryCount } = key.profile;
  const nonce = (bits: number): number => (bits > 0 ? reader.felt() : 0);
  const mainRoot = reader.digest();
  const permutationRoot = layout.hasLookup ? reader.digest() : [];
  const quotientRoot = reader.digest();
  const lookupNonce = layout.hasLookup ? nonce(grindingBits.lookup) : 0;
  const sumCount = layout.hasLookup ? layout.widths.filter(({ permutation }) => permutation > 0).length : 0;
  return {
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
