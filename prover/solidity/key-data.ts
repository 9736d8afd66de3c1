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
import { wordsToBytes } from "../hash/suite.ts";
import { widestTuple } from "../protocol/key.ts";
import type { PublicTerm, VerifyingKey } from "../protocol/key.ts";
import { LABEL } from "../transcript/labels.ts";
import { layoutOf, PHASES } from "../verify/layout.ts";
import type { Layout } from "../verify/layout.ts";
import { solidityProgram } from "./constraint-program.ts";
import type { LeafNode } from "./constraint-program.ts";

/** EIP-170: the most bytes an account's code may have. */
export const MAX_CODE_BYTES = 24_576;
const DOMAIN = "KF-STARK-1";
const MAX_LOG_SIZE = 24;
const RECORD = 2 ** 24;
/** Kinds of leaves in StarkConstraints.sol; the index counts opened base columns, public values or powers. */
const LEAF = { here: 0, next: 1, extensionHere: 2, extensionNext: 3, publicValue: 4, alpha: 5, betaPower: 6, sumShare: 7 } as const;

/** A key that the L1 verifier does not serve: more than one chip, another hash, no grinding, or too large for an account. */
export class UnsupportedKey extends Error {
  readonly code = "UNSUPPORTED_KEY";
}

const STARK_KEY_TYPE =
  "tuple(bytes32 digest, uint256 publicCount, uint256 logHeight, uint256 largest, uint256 hasLookup, uint256[4] grindingBits, " +
  "uint256 queryCount, uint256[4] widths, bytes32 preprocessedRoot, uint256 hereCount, uint256 nextCount, uint256[] foldSteps, " +
  "uint256 finalLength, uint256 headerBytes, uint256 queryBytes, uint256 traceRoot, uint256 traceRootInverse, uint256 heightInverse, " +
  "bytes roots, bytes transcriptPrefix, bytes nextOffsets, bytes leaves, bytes program, uint256 slotCount, bytes publicTerms, uint256 widestTuple)";

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const bigEndian = (value: number, byteCount: number): number[] =>
  Array.from({ length: byteCount }, (_, i) => Math.floor(value / 256 ** (byteCount - 1 - i)) % 256);

const defectOf = (key: VerifyingKey): string | undefined => {
  if (key.profile.hash !== "keccak256") return `hash: expected keccak256, got ${key.profile.hash}`;
  if (key.chips.length !== 1) return `chips: expected 1, got ${key.chips.length}`;
  const missing = Object.entries(key.profile.grindingBits).find(([, bits]) => bits === 0);
  if (missing !== undefined) return `grinding ${missing[0]}: expected at least 1 bit, got 0`;
  return key.foldSchedule.length === 0 ? "folds: expected at least one, got none" : undefined;
};

/** Bytes of one query and of everything before the queries. */
const sizesOf = (key: VerifyingKey, layout: Layout): { headerBytes: number; queryBytes: number } => {
  const trees = sum(layout.trees.map(({ matrices, tallest }) => 4 * sum(matrices.map(({ width }) => width)) + 32 * tallest));
  const folds = sum(layout.folds.map(({ step, logSize }) => 16 * (2 ** step - 1) + 32 * (logSize - step)));
  const queryBytes = trees + folds;
  return { queryBytes, headerBytes: 4 * layout.wordCount - key.profile.queryCount * queryBytes };
};

type Widths = Layout["widths"][number];

/** Index among all opened base columns of the first one of a phase. */
const phaseStart = (counts: (phase: keyof Widths) => number, phase: keyof Widths): number =>
  sum(PHASES.slice(0, PHASES.indexOf(phase)).map(counts));

const leafEntry = (leaf: LeafNode, layout: Layout): readonly [kind: number, index: number] => {
  const [widths, columns] = [layout.widths[0], layout.nextColumns[0]];
  assert(widths !== undefined && columns !== undefined);
  switch (leaf.op) {
    case "alpha": return [LEAF.alpha, 0];
    case "betaPower": return [LEAF.betaPower, leaf.power];
    case "sumShare": return [LEAF.sumShare, 0];
    case "public": return [LEAF.publicValue, leaf.index];
    case "column": {
      const isExtension = leaf.phase === "permutation";
      const column = isExtension ? 4 * leaf.index : leaf.index;
      if (!leaf.isNext) return [isExtension ? LEAF.extensionHere : LEAF.here, phaseStart((phase) => widths[phase], leaf.phase) + column];
      const place = columns[leaf.phase].indexOf(column);
      assert(place !== -1, `column ${column} of ${leaf.phase} is read on the next row but not opened there`);
      return [isExtension ? LEAF.extensionNext : LEAF.next, phaseStart((phase) => columns[phase].length, leaf.phase) + place];
    }
  }
};

/** Byte offsets inside a query of the columns opened at g*zeta, in their order. */
const nextOffsets = (layout: Layout): number[] => {
  const offsets: number[] = [];
  let start = 0;
  for (const { phase, matrices, tallest } of layout.trees) {
    for (const column of layout.nextColumns[0]?.[phase] ?? []) offsets.push(start + 4 * column);
    start += 4 * sum(matrices.map(({ width }) => width)) + 32 * tallest;
  }
  return offsets;
};

/** Zero entries add nothing to a fingerprint and are left out. */
const termBytes = ({ bus, multiplicity, tuple }: PublicTerm): number[] => {
  const entries = [...tuple.entries()].filter(([, entry]) => entry.kind === "public" || entry.value !== 0);
  return [
    ...bigEndian(bus.id + 1, 2), ...bigEndian(multiplicity, 4), entries.length,
    ...entries.flatMap(([place, entry]) => (entry.kind === "constant"
      ? [place, 0, ...bigEndian(entry.value, 4)] : [place, 1, ...bigEndian(entry.publicIndex, 4)])),
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
  const program = solidityProgram(entry.chip);
  const root = twoAdicRoot(entry.logHeight);
  const roots = Array.from({ length: MAX_LOG_SIZE }, (_, i) => twoAdicRoot(i + 1));
  const encoded = AbiCoder.defaultAbiCoder().encode([STARK_KEY_TYPE], [{
    digest: wordsToBytes(key.digest), publicCount: layout.publicCount, logHeight: entry.logHeight, largest: layout.largest,
    hasLookup: layout.hasLookup ? 1 : 0, grindingBits: [lookup, batch, fold, query], queryCount: key.profile.queryCount,
    widths: PHASES.map((phase) => widths[phase]),
    preprocessedRoot: key.preprocessedRoot === undefined ? new Uint8Array(32) : wordsToBytes(key.preprocessedRoot),
    hereCount: sum(PHASES.map((phase) => widths[phase])), nextCount: sum(PHASES.map((phase) => columns[phase].length)),
    foldSteps: layout.folds.map(({ step }) => step), finalLength: layout.finalLength, ...sizesOf(key, layout),
    traceRoot: root, traceRootInverse: inv(root), heightInverse: inv(2 ** entry.logHeight),
    roots: wordsToBytes([...roots, ...roots.map(inv)]), transcriptPrefix: transcriptPrefix(key, layout.publicCount),
    nextOffsets: Uint8Array.from(nextOffsets(layout).flatMap((offset) => bigEndian(offset, 2))),
    leaves: Uint8Array.from(program.leaves.flatMap((leaf) => {
      const [kind, index] = leafEntry(leaf, layout);
      return [kind, ...bigEndian(index, 2)];
    })),
    program: program.code, slotCount: program.slotCount,
    publicTerms: Uint8Array.from(key.publicTerms.flatMap(termBytes)), widestTuple: widestTuple(key),
  }]);
  const code = Uint8Array.from([0, ...Buffer.from(encoded.slice(2), "hex")]);
  if (code.length > MAX_CODE_BYTES) throw new UnsupportedKey(`key: expected at most ${MAX_CODE_BYTES} bytes, got ${code.length}`);
  return code;
};

/** Init code that deploys `code` as it is: copies all after its own ten bytes and returns it. */
export const holderInitCode = (code: Uint8Array): string =>
  hexlify(concat([Uint8Array.from([0x61, ...bigEndian(code.length, 2), 0x80, 0x60, 0x0a, 0x3d, 0x39, 0x3d, 0xf3]), code]));

/** A proof as calldata: for each part, public values, header and the part's queries. Any bytes are passed on as they are. */
export const proofParts = (key: VerifyingKey, publics: readonly number[], proof: Uint8Array): readonly [Uint8Array, Uint8Array] => {
  const layout = layoutOf(key);
  const { headerBytes, queryBytes } = sizesOf(key, layout);
  const swapped = proof.slice();
  for (let i = 0; i + 4 <= swapped.length; i += 4) swapped.subarray(i, i + 4).reverse();
  const split = headerBytes + Math.ceil(key.profile.queryCount / 2) * queryBytes;
  const prelude = [...wordsToBytes(publics), ...swapped.subarray(0, headerBytes)];
  return [
    Uint8Array.from([...prelude, ...swapped.subarray(headerBytes, split)]),
    Uint8Array.from([...prelude, ...swapped.subarray(split)]),
  ];
};
