/**
 * Generates what L1 verifies with: a verifying key as the code of an account, and proofs as calldata of two parts.
 *
 * Owns: the derivation of every field of StarkKey.sol from a valid key, the order of words in a part. Does not own: the
 * checks (Stark*.sol) or the constraint program's encoding (constraint-program.ts).
 * Source: PROTOCOL.md sections 3 to 6; prover review section 3 (two transactions with one header).
 * Invariant: every field is a function of the key alone; parts hold exactly the words of the proof, big-endian.
 */
import assert from "node:assert/strict";
import { AbiCoder, concat, hexlify } from "ethers";
import { inv, twoAdicRoot } from "../field/koalabear.ts";
import { suiteOf, wordsToBytes } from "../hash/suite.ts";
import { widestTuple } from "../protocol/key.ts";
import type { PublicTerm, VerifyingKey } from "../protocol/key.ts";
import { LABEL } from "../transcript/labels.ts";
import { replayTranscript } from "../verify/challenges.ts";
import type { Challenges } from "../verify/challenges.ts";
import { decodeHeader, groupBytes } from "../verify/decode.ts";
import type { ProofHeader } from "../verify/decode.ts";
import { layoutOf, PHASES } from "../verify/layout.ts";
import type { Layout } from "../verify/layout.ts";
import { heightClaims } from "../verify/deep.ts";
import { isRejection } from "../verify/verdict.ts";
import { solidityProgram } from "./constraint-program.ts";
import type { LeafNode } from "./constraint-program.ts";

/** EIP-170: the most bytes an account's code may have. */
export const MAX_CODE_BYTES = 24_576;
const DOMAIN = "KF-STARK-1";
const MAX_LOG_SIZE = 24;
const RECORD = 2 ** 24;
/** A key that the L1 verifier does not serve: more than one chip, another hash, no grinding, or too large for an account. */
export class UnsupportedKey extends Error {
  readonly code = "UNSUPPORTED_KEY";
}

const STARK_KEY_TYPE =
  "tuple(bytes32 digest, uint256 publicCount, uint256 logHeight, uint256 largest, uint256 hasLookup, uint256[4] grindingBits, " +
  "uint256 queryCount, uint256[4] widths, bytes32 preprocessedRoot, uint256 hereCount, uint256 nextCount, uint256[] foldSteps, " +
  "uint256 finalLength, uint256 headerBytes, uint256 rowBytes, uint256 traceRoot, uint256 traceRootInverse, uint256 heightInverse, " +
  "bytes roots, bytes transcriptPrefix, bytes nextRuns, uint256[4] nextRunCounts, bytes extensionsHere, bytes extensionsNext, bytes constants, bytes program, uint256 slotCount, bytes publicTerms, uint256 widestTuple)";

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
/** @throws UnsupportedKey if it does not fit: cut off, it would be another statement on L1 */
const bigEndian = (value: number, byteCount: number): number[] => {
  if (!Number.isInteger(value) || value < 0 || value >= 256 ** byteCount) throw new UnsupportedKey(`number: expected one of ${byteCount} bytes, got ${value}`);
  return Array.from({ length: byteCount }, (_, i) => Math.floor(value / 256 ** (byteCount - 1 - i)) % 256);
};

const defectOf = (key: VerifyingKey): string | undefined => {
  if (key.profile.hash !== "keccak256") return `hash: expected keccak256, got ${key.profile.hash}`;
  if (key.chips.length !== 1) return `chips: expected 1, got ${key.chips.length}`;
  const missing = Object.entries(key.profile.grindingBits).find(([, bits]) => bits === 0);
  if (missing !== undefined) return `grinding ${missing[0]}: expected at least 1 bit, got 0`;
  return key.foldSchedule.length === 0 ? "folds: expected at least one, got none" : undefined;
};

/** Bytes of the rows of one query and of everything before the queries. */
const sizesOf = (layout: Layout): { headerBytes: number; rowBytes: number } => {
  const trees = sum(layout.trees.map(({ matrices }) => 4 * sum(matrices.map(({ width }) => width))));
  const folds = sum(layout.folds.map(({ step }) => 16 * (2 ** step - 1)));
  return { rowBytes: trees + folds, headerBytes: 4 * layout.headerWords };
};

type Widths = Layout["widths"][number];
type Columns = Layout["nextColumns"][number];

/** Index among all opened base columns of the first one of a phase. */
const phaseStart = (counts: (phase: keyof Widths) => number, phase: keyof Widths): number =>
  sum(PHASES.slice(0, PHASES.indexOf(phase)).map(counts));

/** The given slots of the constraint program, as StarkConstraints.sol fills them. */
type Slots = { readonly count: number; readonly extensionsHere: readonly number[]; readonly extensionsNext: readonly number[]; readonly slotOf: (leaf: LeafNode) => number };

const slotsOf = (key: VerifyingKey, layout: Layout, widths: Widths, columns: Columns): Slots => {
  const [hereCount, nextCount] = [sum(PHASES.map((phase) => widths[phase])), sum(PHASES.map((phase) => columns[phase].length))];
  const firsts = (count: number, start: number): number[] => Array.from({ length: count / 4 }, (_, i) => start + 4 * i);
  const extensionsHere = firsts(widths.permutation, phaseStart((phase) => widths[phase], "permutation"));
  const extensionsNext = firsts(columns.permutation.length, phaseStart((phase) => columns[phase].length, "permutation"));
  const extensions = hereCount + nextCount;
  const publics = extensions + extensionsHere.length + extensionsNext.length;
  const alpha = publics + layout.publicCount;
  const column = ({ phase, index, isNext }: Extract<LeafNode, { op: "column" }>): number => {
    const base = phase === "permutation" ? 4 * index : index;
    const place = isNext ? columns[phase].indexOf(base) : base;
    assert(place !== -1, `column ${index} of ${phase} is read on the next row but not opened there`);
    if (phase === "permutation") return extensions + (isNext ? extensionsHere.length : 0) + place / 4;
    return isNext ? hereCount + phaseStart((name) => columns[name].length, phase) + place : phaseStart((name) => widths[name], phase) + place;
  };
  const slotOf = (leaf: LeafNode): number => {
    switch (leaf.op) {
      case "alpha": return alpha;
      case "sumShare": return alpha + 1;
      case "betaPower": return alpha + 2 + leaf.power;
      case "public": return publics + leaf.index;
      case "column": return column(leaf);
    }
  };
  return { count: alpha + 3 + widestTuple(key), extensionsHere, extensionsNext, slotOf };
};

/** Byte offset and length in its row of each run of columns opened at g*zeta. */
const runsOf = (columns: readonly number[]): { offset: number; length: number }[] => {
  const runs: { offset: number; length: number }[] = [];
  for (const column of columns) {
    const last = runs.at(-1);
    if (last !== undefined && last.offset + last.length === 4 * column) last.length += 4;
    else runs.push({ offset: 4 * column, length: 4 });
  }
  return runs;
};

/** Zero entries add nothing to a fingerprint and are left out. */
const termBytes = ({ bus, multiplicity, tuple }: PublicTerm): number[] => {
  const entries = [...tuple.entries()].filter(([, entry]) => entry.kind === "public" || entry.value !== 0);
  return [
    ...bigEndian(bus.id + 1, 2), ...bigEndian(multiplicity, 4), ...bigEndian(entries.length, 1),
    ...entries.flatMap(([place, entry]) => (entry.kind === "constant"
      ? [...bigEndian(place, 1), 0, ...bigEndian(entry.value, 4)] : [...bigEndian(place, 1), 1, ...bigEndian(entry.publicIndex, 4)])),
  ];
};

const transcriptPrefix = (key: VerifyingKey, publicCount: number): Uint8Array => {
  const header = (label: number, length: number): Uint8Array => wordsToBytes([label * RECORD + length]);
  const root = key.preprocessedRoot;
  return Uint8Array.from([
    ...header(LABEL.domain, DOMAIN.length), ...new TextEncoder().encode(DOMAIN),
    ...header(LABEL.shapeDigest, 8), ...wordsToBytes(key.shapeDigest),
    ...(root === undefined ? [] : [...header(LABEL.preprocessedRoot, 8), ...wordsToBytes(root)]),
    ...header(LABEL.publicValues, publicCount),
  ]);
};

/** The code of the account that holds a key: 00 (STOP), then the ABI encoding of StarkKey. Throws UnsupportedKey. */
export const keyCode = (key: VerifyingKey): Uint8Array => {
  const defect = defectOf(key);
  if (defect !== undefined) throw new UnsupportedKey(defect);
  const layout = layoutOf(key);
  const [entry, widths, columns] = [key.chips[0], layout.widths[0], layout.nextColumns[0]];
  assert(entry !== undefined && widths !== undefined && columns !== undefined);
  const { lookup, batch, fold, query } = key.profile.grindingBits;
  const slots = slotsOf(key, layout, widths, columns);
  const program = solidityProgram(entry.chip, slots.count, slots.slotOf);
  const runs = PHASES.map((phase) => runsOf(columns[phase]));
  const words16 = (values: readonly number[]): Uint8Array => Uint8Array.from(values.flatMap((value) => bigEndian(value, 2)));
  const root = twoAdicRoot(entry.logHeight);
  const roots = Array.from({ length: MAX_LOG_SIZE }, (_, i) => twoAdicRoot(i + 1));
  const encoded = AbiCoder.defaultAbiCoder().encode([STARK_KEY_TYPE], [{
    digest: wordsToBytes(key.digest), publicCount: layout.publicCount, logHeight: entry.logHeight, largest: layout.largest,
    hasLookup: layout.hasLookup ? 1 : 0, grindingBits: [lookup, batch, fold, query], queryCount: key.profile.queryCount,
    widths: PHASES.map((phase) => widths[phase]),
    preprocessedRoot: key.preprocessedRoot === undefined ? new Uint8Array(32) : wordsToBytes(key.preprocessedRoot),
    hereCount: sum(PHASES.map((phase) => widths[phase])), nextCount: sum(PHASES.map((phase) => columns[phase].length)),
    foldSteps: layout.folds.map(({ step }) => step), finalLength: layout.finalLength, ...sizesOf(layout),
    traceRoot: root, traceRootInverse: inv(root), heightInverse: inv(2 ** entry.logHeight),
    roots: wordsToBytes([...roots, ...roots.map(inv)]), transcriptPrefix: transcriptPrefix(key, layout.publicCount),
    nextRuns: words16(runs.flat().flatMap(({ offset, length }) => [offset, length])), nextRunCounts: runs.map(({ length }) => length),
    extensionsHere: words16(slots.extensionsHere), extensionsNext: words16(slots.extensionsNext),
    constants: wordsToBytes(program.constants), program: program.code, slotCount: program.slotCount,
    publicTerms: Uint8Array.from(key.publicTerms.flatMap(termBytes)), widestTuple: widestTuple(key),
  }]);
  const code = Uint8Array.from([0, ...Buffer.from(encoded.slice(2), "hex")]);
  if (code.length > MAX_CODE_BYTES) throw new UnsupportedKey(`key: expected at most ${MAX_CODE_BYTES} bytes, got ${code.length}`);
  return code;
};

/** Init code that deploys `code` as it is: copies all after its own ten bytes and returns it. */
export const holderInitCode = (code: Uint8Array): string =>
  hexlify(concat([Uint8Array.from([0x61, ...bigEndian(code.length, 2), 0x80, 0x60, 0x0a, 0x3d, 0x39, 0x3d, 0xf3]), code]));

const concatenate = (pieces: readonly Uint8Array[]): Uint8Array => Uint8Array.from(pieces.flatMap((piece) => [...piece]));

/** What part 1 takes from the header: StarkVerifier.sol has its meaning. */
const summaryOf = (key: VerifyingKey, layout: Layout, header: ProofHeader, challenges: Challenges, swappedHeader: Uint8Array): Uint8Array => {
  const { shownWords } = suiteOf(key.profile.hash);
  const roots = 4 * shownWords * (layout.hasLookup ? 3 : 2);
  const tail = 32 * layout.folds.length + 16 * layout.finalLength + 4;
  const [claim] = heightClaims(key, layout, header, challenges).values();
  assert(claim !== undefined);
  return concatenate([
    swappedHeader.subarray(0, roots), wordsToBytes(challenges.zeta), wordsToBytes(claim.valueHere), wordsToBytes(claim.valueNext), challenges.chain,
    swappedHeader.subarray(swappedHeader.length - tail),
  ]);
};

/**
 * A proof as calldata: part 0 is public values, header and the first group of queries; part 1 is the header's summary and the
 * second group. Any bytes whose header verifiers can follow are passed on as they are; others go into part 0 whole.
 */
export const proofParts = (key: VerifyingKey, publics: readonly number[], proof: Uint8Array): readonly [Uint8Array, Uint8Array] => {
  const layout = layoutOf(key);
  const swapped = proof.slice();
  for (let i = 0; i + 4 <= swapped.length; i += 4) swapped.subarray(i, i + 4).reverse();
  const all = concatenate([wordsToBytes(publics), swapped]);
  const header = decodeHeader(key, layout, proof);
  if (isRejection(header)) return [all, new Uint8Array(0)];
  const challenges = replayTranscript(key, layout, publics, header);
  if (isRejection(challenges)) return [all, new Uint8Array(0)];
  const headerBytes = 4 * layout.headerWords;
  const split = 4 * publics.length + headerBytes + (groupBytes(key, layout, challenges.indices)[0] ?? 0);
  return [all.subarray(0, split), concatenate([summaryOf(key, layout, header, challenges, swapped.subarray(0, headerBytes)), all.subarray(split)])];
};
