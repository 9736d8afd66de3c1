/**
 * Decodes proof bytes into a typed proof: exact length, canonical elements (and digests of the key's hash), bounded passes.
 *
 * Owns: PROTOCOL.md section 6. Does not own: what the values must satisfy.
 * Invariant: after decode() every element is < p, every digest one of the key's suite, and every list has the length the key dictates.
 */
import type { Ext } from "../field/ext4.ts";
import { P, isFelt } from "../field/koalabear.ts";
import { DIGEST_LENGTH } from "../hash/poseidon2.ts";
import { suiteOf } from "../hash/suite.ts";
import type { HashSuite } from "../hash/suite.ts";
import { openingGroups, prunedPaths } from "../merkle/pruned.ts";
import type { VerifyingKey } from "../protocol/key.ts";
import { PHASES } from "./layout.ts";
import type { Layout, Phase } from "./layout.ts";
import { isRejection, reject } from "./verdict.ts";
import type { Rejection } from "./verdict.ts";

export type DecodedDigest = readonly number[];
/** Values per chip and phase: one extension element per opened base column. */
export type Openings = readonly Readonly<Record<Phase, readonly Ext[]>>[];
export type TreeOpening = { readonly rows: readonly (readonly number[])[]; readonly siblings: readonly DecodedDigest[] };
export type FoldOpening = { readonly others: readonly Ext[]; readonly siblings: readonly DecodedDigest[] };
export type QueryOpening = { readonly trees: readonly TreeOpening[]; readonly folds: readonly FoldOpening[] };

/** Everything before the queries. */
export type ProofHeader = {
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
};

/** A whole proof; queries in the order in which their positions were drawn. */
export type Proof = ProofHeader & { readonly queries: readonly QueryOpening[] };

/** Walks the words in order. Callers know the total beforehand, so it cannot run past the end. */
class WordReader {
  readonly #words: Uint32Array;
  readonly #suite: HashSuite;
  #position: number;
  #stray: number | undefined;

  constructor(words: Uint32Array, suite: HashSuite, position: number) {
    this.#words = words;
    this.#suite = suite;
    this.#position = position;
  }

  /** Position of the first word that may not stand where it stands. */
  get stray(): number | undefined {
    return this.#stray;
  }

  /** The next word; remembers the first that is not allowed. */
  #next(isAllowed: (word: number) => boolean): number {
    const word = this.#words[this.#position] ?? 0;
    if (!isAllowed(word)) this.#stray ??= this.#position;
    this.#position += 1;
    return word;
  }

  felt(): number {
    return this.#next(isFelt);
  }

  // Loops, not Array.from: a proof has half a million words.
  felts(count: number): number[] {
    const felts: number[] = [];
    for (let i = 0; i < count; i += 1) felts.push(this.felt());
    return felts;
  }

  exts(count: number): Ext[] {
    const exts: Ext[] = [];
    for (let i = 0; i < count; i += 1) exts.push([this.felt(), this.felt(), this.felt(), this.felt()]);
    return exts;
  }

  digests(count: number): number[][] {
    return Array.from({ length: count }, () => this.digest());
  }

  digest(): number[] {
    const { shownWords, isDigestWord } = this.#suite;
    const digest: number[] = [];
    for (let i = 0; i < DIGEST_LENGTH; i += 1) digest.push(i < shownWords ? this.#next(isDigestWord) : 0);
    return digest;
  }
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

const wordsOf = (bytes: Uint8Array): Uint32Array => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const words = new Uint32Array(Math.floor(bytes.length / 4));
  for (let i = 0; i < words.length; i += 1) words[i] = view.getUint32(4 * i, true);
  return words;
};

const checkLength = (bytes: Uint8Array, least: number, most: number): Rejection | undefined => {
  if (bytes.length >= least && bytes.length <= most) return undefined;
  return reject("PROOF_LENGTH", least === most ? `${least} bytes` : `${least} to ${most} bytes`, `${bytes.length} bytes`);
};

const checkCanonical = ({ stray }: WordReader, words: Uint32Array): Rejection | undefined => {
  if (stray === undefined) return undefined;
  return reject("PROOF_NOT_CANONICAL", `word ${stray} below ${P}`, String(words[stray]));
};

/** Decodes what comes before the queries. Where paths are whole, the length of all bytes is exact from the start. */
export const decodeHeader = (key: VerifyingKey, layout: Layout, bytes: Uint8Array): ProofHeader | Rejection => {
  const suite = suiteOf(key.profile.hash);
  const most = 4 * layout.wordCount;
  const lengthDefect = checkLength(bytes, suite.paths === "whole" ? most : 4 * layout.headerWords, most);
  if (lengthDefect !== undefined) return lengthDefect;
  const words = wordsOf(bytes);
  const reader = new WordReader(words, suite, 0);
  const { grindingBits } = key.profile;
  const nonce = (bits: number): number => (bits > 0 ? reader.felt() : 0);
  const mainRoot = reader.digest();
  const permutationRoot = layout.hasLookup ? reader.digest() : [];
  const quotientRoot = reader.digest();
  const lookupNonce = layout.hasLookup ? nonce(grindingBits.lookup) : 0;
  const sumCount = layout.hasLookup ? layout.widths.filter(({ permutation }) => permutation > 0).length : 0;
  const header = {
    mainRoot, permutationRoot, quotientRoot, lookupNonce,
    lookupSums: reader.exts(sumCount),
    openingsHere: readOpenings(reader, layout, (chip, phase) => layout.widths[chip]?.[phase] ?? 0),
    openingsNext: readOpenings(reader, layout, (chip, phase) => layout.nextColumns[chip]?.[phase].length ?? 0),
    batchNonce: nonce(grindingBits.batch),
    folds: layout.folds.map(() => ({ root: reader.digest(), nonce: nonce(grindingBits.fold) })),
    finalPolynomial: reader.exts(layout.finalLength),
    queryNonce: nonce(grindingBits.query),
  };
  return checkCanonical(reader, words) ?? header;
};

/** Levels whose sibling is shown, for each query of a group and each tree, trees of folds last. */
const shownLevels = (layout: Layout, positions: readonly number[]): number[][] => {
  let folded = 0;
  const depths = [...layout.trees.map(({ tallest }) => tallest), ...layout.folds.map(({ logSize, step }) => logSize - step)];
  const shifts = [...layout.trees.map(({ tallest }) => layout.largest - tallest), ...layout.folds.map(({ step }) => { folded += step; return folded; })];
  const byTree = depths.map((depth, t) => prunedPaths(positions.map((position) => Math.floor(position / 2 ** (shifts[t] ?? 0))), depth));
  return positions.map((_, i) => byTree.map((paths) => paths[i]?.shown.filter((isShown) => isShown).length ?? 0));
};

/** The queries of each group and how many siblings each shows of each tree. */
const groupsOf = (suite: HashSuite, layout: Layout, positions: readonly number[]): { queries: readonly number[]; shown: readonly (readonly number[])[] }[] =>
  openingGroups(suite.paths, positions).map((queries) => ({ queries, shown: shownLevels(layout, queries.map((query) => positions[query] ?? 0)) }));

/** Bytes of each group of queries. */
export const groupBytes = (key: VerifyingKey, layout: Layout, positions: readonly number[]): number[] => {
  const suite = suiteOf(key.profile.hash);
  const rowWords = sum(layout.trees.flatMap(({ matrices }) => matrices.map(({ width }) => width))) + sum(layout.folds.map(({ step }) => 4 * (2 ** step - 1)));
  return groupsOf(suite, layout, positions).map(({ queries, shown }) => 4 * (queries.length * rowWords + suite.shownWords * sum(shown.flat())));
};

/** Decodes the openings at the positions drawn, in the order of sampling. The length is exact. */
export const decodeQueries = (key: VerifyingKey, layout: Layout, positions: readonly number[], bytes: Uint8Array): readonly QueryOpening[] | Rejection => {
  const suite = suiteOf(key.profile.hash);
  const expected = 4 * layout.headerWords + sum(groupBytes(key, layout, positions));
  const lengthDefect = checkLength(bytes, expected, expected);
  if (lengthDefect !== undefined) return lengthDefect;
  const words = wordsOf(bytes);
  const reader = new WordReader(words, suite, layout.headerWords);
  const openings: QueryOpening[] = [];
  for (const { queries, shown } of groupsOf(suite, layout, positions)) {
    for (const [i, query] of queries.entries()) openings[query] = readQuery(reader, layout, shown[i] ?? []);
  }
  return checkCanonical(reader, words) ?? openings;
};

/** Decodes a proof whose paths are whole, or says why it is not one: its positions need not be known. Pruned proofs do not decode here. */
export const decodeProof = (key: VerifyingKey, layout: Layout, bytes: Uint8Array): Proof | Rejection => {
  const header = decodeHeader(key, layout, bytes);
  if (isRejection(header)) return header;
  const queries = decodeQueries(key, layout, Array.from({ length: key.profile.queryCount }, () => 0), bytes);
  return isRejection(queries) ? queries : { ...header, queries };
};

/** Openings come phase by phase, chip by chip; they are handed on chip by chip. */
const readOpenings = (reader: WordReader, layout: Layout, count: (chip: number, phase: Phase) => number): Openings => {
  const chips = layout.widths.map((): Record<Phase, Ext[]> => ({ preprocessed: [], main: [], permutation: [], quotient: [] }));
  for (const phase of PHASES) {
    for (const [index, chip] of chips.entries()) chip[phase] = reader.exts(count(index, phase));
  }
  return chips;
};

const readQuery = (reader: WordReader, layout: Layout, shown: readonly number[]): QueryOpening => ({
  trees: layout.trees.map(({ matrices }, t) => ({
    rows: matrices.map(({ width }) => reader.felts(width)),
    siblings: reader.digests(shown[t] ?? 0),
  })),
  folds: layout.folds.map(({ step }, i) => ({
    others: reader.exts(2 ** step - 1),
    siblings: reader.digests(shown[layout.trees.length + i] ?? 0),
  })),
});
