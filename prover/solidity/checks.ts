/**
 * Every check of the L1 verifier as data, and the sources with each check made deletable, for tests that delete them in turn.
 *
 * Owns: the list. Does not own: the checks (Stark*.sol) or the proofs that a deletion lets through (test/prover/solidity/).
 * Invariant: each text stands in its source exactly once; a test compares the list with every way the sources have to refuse.
 *
 * A deletable check holds while the contract's storage word DELETION_SLOT + (index in the list) is zero: one compilation serves
 * every deletion. The contracts that are deployed have no such word.
 */
import assert from "node:assert/strict";

/** What is deleted. A statement goes; an expression becomes `without`. */
export type Check = {
  readonly name: string;
  readonly file: string;
  readonly text: string;
  readonly without?: string;
  /** Solidity expression: the check counts under this name only where it holds. */
  readonly where?: string;
  /** Why no proof passes once this check alone is deleted. */
  readonly redundant?: string;
};

const phases = ["Preprocessed", "Main", "Permutation", "Quotient"];

export const CHECKS: readonly Check[] = [
  { name: "NoKeyAt", file: "StarkKey.sol", text: "if (code.length < 2 || code[0] != 0) revert NoKeyAt(holder);" },
  { name: "UnknownPart", file: "StarkVerifier.sol", text: "if (part >= PART_COUNT) revert UnknownPart(part);" },
  { name: "KeyChanged", file: "StarkVerifier.sol", text: "if (keyHolder.codehash != keyCodeHash) revert KeyChanged(keyCodeHash, keyHolder.codehash);" },
  {
    name: "PartLength, before the queries", file: "StarkVerifier.sol", text: "if (data.length < prelude) revert PartLength(prelude, data.length);",
    redundant: "PartLength of the whole part: what lies past the data reads as zero until then",
  },
  { name: "PartLength", file: "StarkVerifier.sol", text: "if (data.length != expected) revert PartLength(expected, data.length);" },
  { name: "OtherStatement", file: "StarkProofParts.sol", text: "if (part == 0 && publicsHash != statement) revert OtherStatement(statement, publicsHash);" },
  { name: "one summary", file: "StarkProofParts.sol", text: "keccak256(abi.encode(summaryHash, statement))", without: "keccak256(abi.encode(bytes32(0), statement))" },
  { name: "one statement", file: "StarkProofParts.sol", text: "abi.encode(summaryHash, statement)", without: "abi.encode(summaryHash, bytes32(0))" },
  { name: "every part", file: "StarkProofParts.sol", text: "bitmap == (1 << verifier.PART_COUNT()) - 1", without: "true" },
  { name: "NotCanonical, public values", file: "StarkTranscript.sol", text: "requireCanonical(publics, key.publicCount);" },
  { name: "NotCanonical, openings", file: "StarkTranscript.sol", text: "requireCanonical(elements, (c.foldRoots - elements) / 4);" },
  { name: "NotCanonical, fold nonces", file: "StarkTranscript.sol", text: "requireCanonical(c.foldRoots + 32 * i + DIGEST_BYTES, 1);" },
  { name: "NotCanonical, final polynomial", file: "StarkTranscript.sol", text: "requireCanonical(c.finalPolynomial, 4 * key.finalLength + 1);" },
  {
    name: "NotCanonical, summary", file: "StarkTranscript.sol", text: "requireCanonical(cursor, 12);",
    redundant: "one summary: part 0 computes it of canonical elements, so an aliased one is never completed",
  },
  { name: "LookupGrind", file: "StarkTranscript.sol", text: "if (lookupNonce != type(uint256).max) revert LookupGrind(lookupNonce);" },
  {
    name: "PointInBaseField", file: "StarkTranscript.sol", text: "if (c.zeta >> 64 == 0) revert PointInBaseField(c.zeta);",
    redundant: "chance: a challenge falls there with probability 2^-93",
  },
  { name: "BatchGrind", file: "StarkTranscript.sol", text: "if (batchNonce != type(uint256).max) revert BatchGrind(batchNonce);" },
  { name: "FoldGrind", file: "StarkTranscript.sol", text: "if (nonce != type(uint256).max) revert FoldGrind(nonce);" },
  { name: "QueryGrind", file: "StarkTranscript.sol", text: "if (nonce != type(uint256).max) revert QueryGrind(nonce);" },
  { name: "Constraints", file: "StarkConstraints.sol", text: "if (folded != claimed) revert Constraints(claimed, folded);" },
  { name: "BadOpcode", file: "ConstraintMachine.sol", text: "if (badOpcode != 0) revert BadOpcode(badOpcode, position);" },
  { name: "BadProgramLength", file: "ConstraintMachine.sol", text: "if (position != 0) revert BadProgramLength(program.length);" },
  {
    name: "ZeroFingerprint", file: "StarkConstraints.sol", text: "if (denominator == 0) revert ZeroFingerprint();",
    redundant: "chance: alpha meets a fingerprint with probability 2^-124",
  },
  { name: "LookupSum", file: "StarkConstraints.sol", text: "if (numerator != 0) revert LookupSum();" },
  {
    name: "inverse", file: "QuarticExtension.sol", text: "require(isDone);",
    redundant: "gas: where the precompile cannot be paid, EIP-150 leaves less than nine gas to go on with",
  },
  { name: "NotCanonical, rows", file: "StarkQueries.sol", text: "if (isStray) revert StarkTranscript.NotCanonical(w.cursor);" },
  ...phases.map((phase, i) => ({ name: `TreeOpening, ${phase.toLowerCase()}`, file: "StarkQueries.sol", text: "if (!stands) revert TreeOpening(phase, query);", where: `phase == ${i}` })),
  { name: "a repeated leaf", file: "StarkOpenings.sol", text: "if (before != node) return (false, cursor);" },
  { name: "NotCanonical, folds", file: "StarkQueries.sol", text: "StarkTranscript.requireCanonical(w.cursor, others / 4);" },
  { name: "FoldOpening", file: "StarkQueries.sol", text: "if (!stands) revert FoldOpening(fold, query);" },
  {
    name: "FinalPolynomial", file: "StarkQueries.sol",
    text: "if (StarkFolds.finalValue(coefficients, key.finalLength, ends[2 * i + 1]) != ends[2 * i]) revert FinalPolynomial(i);",
  },
];

/** Where deletions are noted in storage. */
export const DELETION_SLOT = 2n ** 200n;

const LIBRARY = `// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;
library Deletions {
    function hold(uint256 check) internal view returns (bool holds) {
        assembly ("memory-safe") { holds := iszero(sload(add(${DELETION_SLOT}, check))) }
    }
}`;

export type Sources = Readonly<Record<string, { readonly content: string }>>;

const deletable = (source: string, text: string): string => {
  const mine = [...CHECKS.entries()].filter(([, check]) => check.text === text);
  assert.equal(source.split(text).length, 2, `exactly once: ${text}`);
  const holds = (index: number): string => `Deletions.hold(${index})`;
  const [first] = mine;
  assert(first !== undefined);
  const { without } = first[1];
  if (without !== undefined) return source.replace(text, () => `(${holds(first[0])} ? ${text} : ${without})`);
  const condition = mine.map(([index, { where }]) => (where === undefined ? holds(index) : `(${where} && ${holds(index)})`)).join(" || ");
  return source.replace(text, () => `if (${condition}) { ${text} }`);
};

/** The sources with every check deletable. */
export const deletableSources = (sources: Sources): Sources => {
  const rewritten = Object.entries(sources).map(([file, { content }]) => {
    const texts = [...new Set(CHECKS.filter((check) => check.file === file).map(({ text }) => text))];
    const body = texts.reduce(deletable, content);
    const [head = "", ...rest] = body.split("pragma solidity ^0.8.28;\n");
    // A check that reads storage is no longer pure.
    const reading = rest.join("pragma solidity ^0.8.28;\n").replace(/\bpure\b/g, "view");
    return [file, { content: `${head}pragma solidity ^0.8.28;\nimport {Deletions} from "./Deletions.sol";\n${reading}` }] as const;
  });
  return { ...Object.fromEntries(rewritten), "Deletions.sol": { content: LIBRARY } };
};
