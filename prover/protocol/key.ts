// The verifying key: its contents, validity, canonical bytes and digests.
// Owns: PROTOCOL.md section 4. Does not own: the chip IR (air/ir.ts) or what security a key has (security/).
// Source: review section 4 (what the digest covers), P4 and P8 (root apart from shape), P9 (schedule).
// Invariant: two keys with one digest accept the same proofs; a key that exists is valid (makeKey throws).

import { keccak_256 } from "@noble/hashes/sha3.js";
import type { Bus } from "../air/chip.ts";
import type { CompiledChip } from "../air/ir.ts";
import { EXT_W } from "../field/ext4.ts";
import { GENERATOR, P, TWO_ADICITY, isFelt, twoAdicRoot } from "../field/koalabear.ts";
import type { Felt } from "../field/koalabear.ts";
import type { Digest } from "../hash/poseidon2.ts";
import { suiteOf, wordsToBytes } from "../hash/suite.ts";
import { EXTERNAL_FINAL, EXTERNAL_INITIAL, INTERNAL, INTERNAL_DIAGONAL } from "../hash/poseidon2-constants.ts";
import { Transcript } from "../transcript/transcript.ts";
import type { Profile } from "./profile.ts";

export const PROTOCOL_VERSION = 1;
/** Chunks of H coefficients the quotient splits into: degree-3 constraints. */
export const QUOTIENT_CHUNKS = 2;
/** Base columns of a chip's quotient matrix. */
export const QUOTIENT_WIDTH = 4 * QUOTIENT_CHUNKS;
const MAX_FOLD_ARITY_LOG = 3;
const MAX_GRINDING_BITS = 22;
const MAX_QUERIES = 1024;
export const KEY_DOMAIN = "KF-KEY-1";
/** Names of the hashing rules of PROTOCOL.md section 2 in the key. */
const HASH_RULES = { poseidon2: "overwrite-8 compress-16 inject-right", keccak256: "keccak256-be-28 pruned-halves" } as const;

/** One chip at its fixed height. */
export type KeyChip = { readonly chip: CompiledChip; readonly logHeight: number };
/** An element of a public term's tuple. */
export type PublicEntry =
  | { readonly kind: "constant"; readonly value: Felt }
  | { readonly kind: "public"; readonly chipIndex: number; readonly publicIndex: number };
/** A tuple the verifier itself adds to a bus, `multiplicity` times. */
export type PublicTerm = { readonly bus: Bus; readonly multiplicity: Felt; readonly tuple: readonly PublicEntry[] };

export type KeyShape = {
  readonly profile: Profile;
  readonly chips: readonly KeyChip[];
  readonly publicTerms: readonly PublicTerm[];
  /** log2 length of the final polynomial. */
  readonly logFinalLength: number;
  /** log2 arity of each fold, largest codeword first. */
  readonly foldSchedule: readonly number[];
};

export type VerifyingKey = KeyShape & {
  readonly shapeDigest: Digest;
  /** Root of the preprocessed columns; undefined exactly when no chip has any. */
  readonly preprocessedRoot: Digest | undefined;
  /** The key's name everywhere outside. */
  readonly digest: Digest;
};

/** A key that breaks a validity rule of PROTOCOL.md section 4. */
export class InvalidKey extends Error {
  readonly code = "INVALID_KEY";
}

/** log2 of the largest codeword, L. */
export function largestLog(shape: Pick<KeyShape, "profile" | "chips">): number {
  return Math.max(...shape.chips.map(({ logHeight }) => logHeight)) + shape.profile.logBlowup;
}

/** Widest tuple of the machine, the W of every fingerprint (0 when no chip uses a bus). */
export function widestTuple(shape: Pick<KeyShape, "chips">): number {
  return Math.max(0, ...shape.chips.map(({ chip }) => chip.maxTupleWidth));
}

/** Every bus of the machine, ascending by id. */
export function busesOf(shape: Pick<KeyShape, "chips" | "publicTerms">): Bus[] {
  const all = [
    ...shape.chips.flatMap(({ chip }) => chip.interactions.map(({ bus }) => bus)),
    ...shape.publicTerms.map(({ bus }) => bus),
  ];
  return [...new Map(all.map((bus) => [bus.id, bus])).values()].sort((a, b) => a.id - b.id);
}

/** The generator's schedule: arity 8, or less where that would jump over an occupied size. */
export function scheduleFolds(logSizes: readonly number[], logFinalSize: number): number[] {
  const schedule: number[] = [];
  for (let log = Math.max(...logSizes); log > logFinalSize;) {
    const next = Math.max(logFinalSize, ...logSizes.filter((size) => size < log));
    const step = Math.min(MAX_FOLD_ARITY_LOG, log - next);
    schedule.push(step);
    log -= step;
  }
  return schedule;
}

const MAX_JOHNSON_M = 1024;
const isCount = (x: number, least: number, most: number): boolean => Number.isInteger(x) && x >= least && x <= most;

function profileDefect({ hash, logBlowup, queryCount, grindingBits, regime, johnsonM }: Profile): string | undefined {
  if (!Object.hasOwn(HASH_RULES, hash)) return `hash: expected one of ${Object.keys(HASH_RULES).join(", ")}, got ${String(hash)}`;
  if (!isCount(logBlowup, 1, 8)) return `log blowup: expected 1..8, got ${logBlowup}`;
  if (!isCount(queryCount, 1, MAX_QUERIES)) return `queries: expected 1..${MAX_QUERIES}, got ${queryCount}`;
  for (const [site, bits] of Object.entries(grindingBits)) {
    if (!isCount(bits, 0, MAX_GRINDING_BITS)) return `grinding ${site}: expected 0..${MAX_GRINDING_BITS} bits, got ${bits}`;
  }
  const [least, most] = regime === "johnson" ? [1, MAX_JOHNSON_M] : [0, 0];
  if (!isCount(johnsonM, least, most)) return `johnson m: expected ${least}..${most} in the regime ${regime}, got ${johnsonM}`;
  return undefined;
}

function scheduleDefect(shape: KeyShape): string | undefined {
  const sizes = new Set(shape.chips.map(({ logHeight }) => logHeight + shape.profile.logBlowup));
  let log = largestLog(shape);
  for (const step of shape.foldSchedule) {
    if (!Number.isInteger(step) || step < 1 || step > MAX_FOLD_ARITY_LOG) return `fold: expected log arity 1..3, got ${step}`;
    sizes.delete(log);
    log -= step;
  }
  sizes.delete(log);
  const end = shape.logFinalLength + shape.profile.logBlowup;
  if (log !== end) return `fold schedule: expected to end at log size ${end}, got ${log}`;
  return sizes.size === 0 ? undefined : `fold schedule: jumps over log sizes ${[...sizes].join(", ")}`;
}

function busDefect(shape: KeyShape): string | undefined {
  const known = new Map<number, Bus>();
  const terms = new Map<number, number>();
  const note = (bus: Bus, count: number): string | undefined => {
    // id + 1 is a canonical coefficient of the fingerprint: ids that are equal mod p would be one bus.
    if (!isCount(bus.id, 0, P - 2)) return `bus ${bus.name}: expected an id in 0..${P - 2}, got ${bus.id}`;
    const first = known.get(bus.id) ?? bus;
    known.set(bus.id, first);
    terms.set(bus.id, (terms.get(bus.id) ?? 0) + count);
    const isSame = first.name === bus.name && first.width === bus.width;
    return isSame ? undefined : `bus ${bus.id}: declared as ${first.name}/${first.width} and ${bus.name}/${bus.width}`;
  };
  for (const { chip, logHeight } of shape.chips) {
    for (const { bus } of chip.interactions) {
      const defect = note(bus, 2 ** logHeight);
      if (defect !== undefined) return defect;
    }
    if (chip.interactions.length > 0 && chip.maxTupleWidth !== widestTuple(shape)) {
      return `chip ${chip.name}: compiled for tuples of ${chip.maxTupleWidth}, the machine has ${widestTuple(shape)}`;
    }
  }
  for (const term of shape.publicTerms) {
    // Added p - m times is taken away m times.
    const defect = publicTermDefect(shape, term) ?? note(term.bus, Math.min(term.multiplicity, P - term.multiplicity));
    if (defect !== undefined) return defect;
  }
  const full = [...terms].find(([, count]) => count >= P);
  return full === undefined ? undefined : `bus ${full[0]}: ${full[1]} terms reach p, a sum could wrap`;
}

function publicTermDefect(shape: KeyShape, { bus, multiplicity, tuple }: PublicTerm): string | undefined {
  if (!isFelt(multiplicity)) return `public term: expected a canonical multiplicity, got ${multiplicity}`;
  if (tuple.length !== bus.width || bus.width > widestTuple(shape)) return `public term on ${bus.name}: expected ${bus.width} entries, got ${tuple.length}`;
  for (const entry of tuple) {
    if (entry.kind === "constant") {
      if (!isFelt(entry.value)) return `public term on ${bus.name}: expected a canonical constant, got ${entry.value}`;
    } else if (!isCount(entry.publicIndex, 0, (shape.chips[entry.chipIndex]?.chip.publicCount ?? 0) - 1)) {
      return `public term on ${bus.name}: no public input ${entry.publicIndex} of chip ${entry.chipIndex}`;
    }
  }
  return undefined;
}

/** Columns opened on the next row: existing ones, ascending. */
function columnsDefect({ chip }: KeyShape["chips"][number]): string | undefined {
  const widths = { preprocessed: chip.preprocessedWidth, main: chip.mainWidth, permutation: chip.permutationWidth };
  for (const phase of ["preprocessed", "main", "permutation"] as const) {
    const columns = chip.nextColumns[phase];
    const isAscending = columns.every((column, i) => isCount(column, (columns[i - 1] ?? -1) + 1, widths[phase] - 1));
    if (!isAscending) return `chip ${chip.name}: expected ascending ${phase} columns below ${widths[phase]}, got ${columns.join()}`;
  }
  return undefined;
}

/**
 * Why a shape is not a valid key, or undefined if it is. A chip is taken as the compiler made it: its digest is the digest of its constraints,
 * which nothing here computes again.
 */
export function keyDefect(shape: KeyShape): string | undefined {
  if (shape.chips.length === 0) return "chips: expected at least one, got none";
  const profile = profileDefect(shape.profile);
  if (profile !== undefined) return profile;
  if (!Number.isInteger(shape.logFinalLength) || shape.logFinalLength < 0) return `log final length: got ${shape.logFinalLength}`;
  for (const { chip, logHeight } of shape.chips) {
    const least = Math.max(2, shape.logFinalLength);
    if (!Number.isInteger(logHeight) || logHeight < least) return `chip ${chip.name}: expected log height >= ${least}, got ${logHeight}`;
  }
  for (const entry of shape.chips) {
    const columns = columnsDefect(entry);
    if (columns !== undefined) return columns;
  }
  if (largestLog(shape) > TWO_ADICITY) return `largest codeword: expected at most 2^${TWO_ADICITY}, got 2^${largestLog(shape)}`;
  const logHeights = new Set(shape.chips.map(({ logHeight }) => logHeight));
  // Pruned paths share nodes between queries; rows injected on the way up would have to be shared too.
  if (suiteOf(shape.profile.hash).paths === "pruned" && logHeights.size > 1) return `heights: expected one under ${shape.profile.hash}, got 2^${[...logHeights].join(", 2^")}`;
  return scheduleDefect(shape) ?? busDefect(shape);
}

/** Fills in schedule and final length. Throws InvalidKey. */
export function makeShape(
  profile: Profile, chips: readonly KeyChip[], publicTerms: readonly PublicTerm[] = [],
): KeyShape {
  const logHeights = chips.map(({ logHeight }) => logHeight);
  const logFinalLength = Math.min(profile.logFinalLength, ...logHeights);
  const logSizes = logHeights.map((logHeight) => logHeight + profile.logBlowup);
  const foldSchedule = chips.length === 0 ? [] : scheduleFolds(logSizes, logFinalLength + profile.logBlowup);
  const shape = { profile, chips, publicTerms, logFinalLength, foldSchedule };
  const defect = keyDefect(shape);
  if (defect !== undefined) throw new InvalidKey(defect);
  return shape;
}

class WordWriter {
  readonly #bytes: number[] = [...new TextEncoder().encode(KEY_DOMAIN)];
  word(value: number): void {
    for (let shift = 0; shift < 32; shift += 8) this.#bytes.push((value >>> shift) & 0xff);
  }
  words(values: readonly number[]): void {
    for (const value of values) this.word(value);
  }
  string(value: string | Uint8Array): void {
    const bytes = typeof value === "string" ? new TextEncoder().encode(value) : value;
    this.word(bytes.length);
    for (const byte of bytes) this.#bytes.push(byte);
  }
  finish(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }
}

/** keccak-256 of the Poseidon2 constants, u32 little-endian: initial, internal, final, diagonal. */
export function poseidonDigest(): Uint8Array {
  const constants = [...EXTERNAL_INITIAL.flat(), ...INTERNAL, ...EXTERNAL_FINAL.flat(), ...INTERNAL_DIAGONAL];
  const bytes = new Uint8Array(4 * constants.length);
  const view = new DataView(bytes.buffer);
  constants.forEach((constant, i) => view.setUint32(4 * i, constant, true));
  return keccak_256(bytes);
}

function writeChip(writer: WordWriter, { chip, logHeight }: KeyChip): void {
  writer.string(chip.name);
  writer.string(chip.digest);
  writer.words([chip.preprocessedWidth, chip.mainWidth, chip.permutationWidth, QUOTIENT_CHUNKS, logHeight, chip.publicCount]);
  for (const list of [chip.nextColumns.preprocessed, chip.nextColumns.main, chip.nextColumns.permutation]) {
    writer.word(list.length);
    writer.words(list);
  }
}

/** The canonical bytes of a shape. */
export function encodeShape(shape: KeyShape): Uint8Array {
  const writer = new WordWriter();
  const { profile } = shape;
  writer.words([PROTOCOL_VERSION, P, EXT_W, GENERATOR, twoAdicRoot(TWO_ADICITY)]);
  writer.string(poseidonDigest());
  writer.string(HASH_RULES[profile.hash]);
  writer.string(profile.name);
  writer.words([profile.logBlowup, profile.queryCount, shape.logFinalLength, shape.foldSchedule.length, ...shape.foldSchedule]);
  const bits = profile.grindingBits;
  writer.words([bits.lookup, bits.batch, bits.fold, bits.query, profile.regime === "johnson" ? 1 : 0, profile.johnsonM]);
  const buses = busesOf(shape);
  writer.words([widestTuple(shape), buses.length]);
  for (const bus of buses) {
    writer.word(bus.id);
    writer.string(bus.name);
    writer.word(bus.width);
  }
  writer.word(shape.chips.length);
  for (const entry of shape.chips) writeChip(writer, entry);
  writer.word(shape.publicTerms.length);
  for (const { bus, multiplicity, tuple } of shape.publicTerms) {
    writer.words([bus.id, multiplicity, tuple.length]);
    for (const entry of tuple) {
      writer.words(entry.kind === "constant" ? [0, entry.value, 0] : [1, entry.chipIndex, entry.publicIndex]);
    }
  }
  writer.word(hasPreprocessed(shape) ? 1 : 0);
  return writer.finish();
}

/** Whether any chip has preprocessed columns, hence the key a preprocessed root. */
export function hasPreprocessed(shape: Pick<KeyShape, "chips">): boolean {
  return shape.chips.some(({ chip }) => chip.preprocessedWidth > 0);
}

/** Whether the proof has the lookup parts: some chip has permutation columns. */
export function hasLookup(shape: Pick<KeyShape, "chips">): boolean {
  return shape.chips.some(({ chip }) => chip.permutationWidth > 0);
}

/** The key of a shape and its preprocessed root. Throws InvalidKey. */
export function makeKey(shape: KeyShape, preprocessedRoot: Digest | undefined): VerifyingKey {
  const defect = keyDefect(shape);
  if (defect !== undefined) throw new InvalidKey(defect);
  if (hasPreprocessed(shape) !== (preprocessedRoot !== undefined)) {
    throw new InvalidKey("preprocessed root: expected one exactly when a chip has preprocessed columns");
  }
  const shapeTranscript = new Transcript(KEY_DOMAIN);
  shapeTranscript.absorbBytes("keyBytes", encodeShape(shape));
  const shapeDigest = shapeTranscript.sampleDigest();
  const keyTranscript = new Transcript(KEY_DOMAIN);
  keyTranscript.absorbDigest("shapeDigest", shapeDigest);
  if (preprocessedRoot !== undefined) {
    // Words of a keccak root need not be canonical elements: they enter as bytes.
    if (shape.profile.hash === "poseidon2") keyTranscript.absorbDigest("preprocessedRoot", preprocessedRoot);
    else keyTranscript.absorbBytes("preprocessedRoot", wordsToBytes(preprocessedRoot));
  }
  return { ...shape, shapeDigest, preprocessedRoot, digest: keyTranscript.sampleDigest() };
}
