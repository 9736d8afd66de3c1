// Hostile proofs, built per check of the verifier: each lies at one place and is consistent everywhere else, so that it
// must be stopped by exactly the check it is named for. Word mutations (every word of a proof) come on top.
import assert from "node:assert/strict";
import { TEST_FAST, TEST_KECCAK } from "../../../prover/protocol/profile.ts";
import type { VerifyingKey } from "../../../prover/protocol/key.ts";
import { EXT_ONE, EXT_ZERO, extAdd, extMul } from "../../../prover/field/ext4.ts";
import type { Ext } from "../../../prover/field/ext4.ts";
import { P, add } from "../../../prover/field/koalabear.ts";
import type { ChipTrace } from "../../../prover/air/trace.ts";
import type { Label } from "../../../prover/transcript/labels.ts";
import { layoutOf } from "../../../prover/verify/layout.ts";
import type { RejectionCode } from "../../../prover/verify/verdict.ts";
import { fibonacciInstance, shuffleInstance } from "./machines.ts";
import type { Instance } from "./machines.ts";
import { referenceProof, wordsToBytes } from "./reference-prover.ts";
import type { ProofParts, Tampering } from "./reference-prover.ts";

export type HostileProof = {
  readonly name: string;
  readonly code: RejectionCode;
  readonly key: VerifyingKey;
  readonly publics: readonly number[];
  readonly bytes: Uint8Array;
};

const FIBONACCI = fibonacciInstance(TEST_FAST, 4);
const SHUFFLE = shuffleInstance(TEST_FAST);
const OTHER_PAIRS = [{ key: 1, value: 2 }, { key: 4, value: 4 }, { key: 13, value: 9 }, { key: 14, value: 1 }];

const copyTraces = (traces: readonly ChipTrace[]): ChipTrace[] =>
  traces.map((trace) => ({ ...trace, main: { ...trace.main, values: trace.main.values.slice() }, publics: [...trace.publics] }));

/** Traces with some main cells set. */
const withCells = ({ traces }: Instance, cells: readonly { chip: number; row: number; column: number; value: number }[]): ChipTrace[] => {
  const copies = copyTraces(traces);
  for (const { chip, row, column, value } of cells) {
    const main = copies[chip]?.main;
    assert(main !== undefined && row < main.height && column < main.width);
    main.values[row * main.width + column] = value;
  }
  return copies;
};

const lie = (name: string, code: RejectionCode, instance: Instance, tampering: Tampering, traces = instance.traces): HostileProof => {
  const { publics, bytes } = referenceProof(instance.key, traces, tampering);
  return { name, code, key: instance.key, publics, bytes };
};

/** The same two machines as L1 reads them: keccak trees and transcript. */
const FIBONACCI_KECCAK = fibonacciInstance(TEST_KECCAK, 4);
const SHUFFLE_KECCAK = shuffleInstance(TEST_KECCAK, [4, 4, 4]);

const both = [{ label: "fibonacci", instance: FIBONACCI }, { label: "shuffle", instance: SHUFFLE }];

/** Word ranges of a proof, in the order of PROTOCOL.md section 6; one range per tree or fold of every query. */
export const queryRanges = (key: VerifyingKey): { query: number; part: string; rows: [number, number]; path: [number, number] }[] => {
  const layout = layoutOf(key);
  const perQuery = [
    ...layout.trees.map(({ phase, matrices, tallest }) => ({ part: phase as string, rowWords: matrices.reduce((t, m) => t + m.width, 0), pathWords: 8 * tallest })),
    ...layout.folds.map(({ step, logSize }, i) => ({ part: `fold ${i}`, rowWords: 4 * (2 ** step - 1), pathWords: 8 * (logSize - step) })),
  ];
  const total = perQuery.reduce((t, p) => t + p.rowWords + p.pathWords, 0);
  let position = layout.wordCount - key.profile.queryCount * total;
  const ranges: { query: number; part: string; rows: [number, number]; path: [number, number] }[] = [];
  for (let query = 0; query < key.profile.queryCount; query += 1) {
    for (const { part, rowWords, pathWords } of perQuery) {
      ranges.push({ query, part, rows: [position, position + rowWords], path: [position + rowWords, position + rowWords + pathWords] });
      position += rowWords + pathWords;
    }
  }
  assert.equal(position, layout.wordCount);
  return ranges;
};

const withWord = ({ words }: ProofParts, position: number, value: number): Uint8Array =>
  wordsToBytes(words.map((word, i) => (i === position ? value : word)));

function* shapeAttacks(): Generator<HostileProof> {
  for (const { label, instance } of both) {
    const honest = referenceProof(instance.key, instance.traces);
    const base = { key: instance.key, publics: honest.publics };
    for (const extra of [1, 2, 3, 4, 32]) {
      const bytes = Uint8Array.from([...honest.bytes, ...Array.from({ length: extra }, () => 0)]);
      yield { name: `${label}: ${extra} bytes after the end`, code: "PROOF_LENGTH", ...base, bytes };
    }
    yield { name: `${label}: last byte missing`, code: "PROOF_LENGTH", ...base, bytes: honest.bytes.slice(0, -1) };
    yield { name: `${label}: nothing`, code: "PROOF_LENGTH", ...base, bytes: new Uint8Array(0) };
    // v + p is the same element to anything that reduces: in a sibling, in a row.
    const aliases = queryRanges(instance.key).filter(({ query }) => query < 2).flatMap(({ part, path }) => [{ part, position: path[0] }, { part, position: path[1] - 1 }]);
    for (const { part, position } of aliases) {
      const value = (honest.words[position] ?? 0) + P;
      yield { name: `${label}: sibling of ${part} aliased by p`, code: "PROOF_NOT_CANONICAL", ...base, bytes: withWord(honest, position, value) };
    }
    for (const extra of [[0], [1], [0, 0], [5, 6], [7, 7, 7]]) {
      yield lie(`${label}: ${extra.length} public values too many`, "PUBLIC_COUNT", instance, { publics: (publics) => [...publics, ...extra] });
    }
    yield { name: `${label}: no public value`, code: "PUBLIC_COUNT", ...base, publics: [], bytes: honest.bytes };
    for (const stray of [P, P + 1, -1, 0.5, Number.NaN, 2 ** 40]) {
      const publics = honest.publics.map((value, i) => (i === 0 ? stray : value));
      yield { name: `${label}: public value ${stray}`, code: "PUBLIC_NOT_CANONICAL", ...base, publics, bytes: honest.bytes };
    }
  }
}

const SITES: readonly { site: Label; code: RejectionCode }[] = [
  { site: "lookupNonce", code: "LOOKUP_GRIND" }, { site: "batchNonce", code: "BATCH_GRIND" },
  { site: "foldNonce", code: "FOLD_GRIND" }, { site: "queryNonce", code: "QUERY_GRIND" },
];

/** A nonce that does no work: not counted as an attack when it happens to meet the difficulty. */
function* grindAttacks(): Generator<HostileProof> {
  const hard = { ...TEST_FAST, name: "test-ground", grindingBits: { lookup: 8, batch: 8, fold: 8, query: 8 } };
  const instance = shuffleInstance(hard);
  for (const { site, code } of SITES) {
    for (const offset of [1, 2, 3, 4, 5, 6]) {
      const nonce = (label: Label, honest: number): number => (label === site ? honest + offset : honest);
      yield lie(`${site} off by ${offset}`, code, instance, { nonce });
    }
  }
}

function* statementAttacks(): Generator<HostileProof> {
  const fibonacci = FIBONACCI.traces[0];
  assert(fibonacci !== undefined);
  for (const index of [0, 1, 2]) {
    const publics = fibonacci.publics.map((value, i) => (i === index ? add(value, 1) : value));
    yield lie(`fibonacci: public ${index} is a lie`, "CONSTRAINTS", FIBONACCI, {}, [{ ...fibonacci, publics }]);
  }
  for (const row of [0, 7, 15]) {
    yield lie(`fibonacci: row ${row} is wrong`, "CONSTRAINTS", FIBONACCI, {}, withCells(FIBONACCI, [{ chip: 0, row, column: 0, value: 12_345 }]));
  }
  const sorted = SHUFFLE.traces[1];
  assert(sorted !== undefined);
  yield lie("shuffle: total is a lie", "CONSTRAINTS", SHUFFLE, {}, SHUFFLE.traces.map((trace, i) => (i === 1 ? { ...trace, publics: [99] } : trace)));
  yield lie("shuffle: isReal is 2 on both sides", "CONSTRAINTS", SHUFFLE, {}, withCells(SHUFFLE, [
    { chip: 0, row: 4, column: 2, value: 2 }, { chip: 1, row: 4, column: 2, value: 2 }, { chip: 2, row: 0, column: 0, value: 6 },
  ]));
  yield lie("shuffle: running sum shifted on one row", "CONSTRAINTS", SHUFFLE, {
    permutation: (chip, columns) => (chip === 0 ? { ...columns, values: columns.values.map((v, i) => (i === 4 ? add(v, 1) : v)) } : columns),
  });
  yield lie("shuffle: a chip's sum is shifted and another's takes it back", "CONSTRAINTS", SHUFFLE, {
    sums: ([first = EXT_ZERO, second = EXT_ZERO, ...rest]) => [extAdd(first, EXT_ONE), extAdd(second, [P - 1, 0, 0, 0]), ...rest],
  });
  for (const [column, coefficient] of [[0, 0], [3, 5], [7, 15]] as const) {
    yield lie(`fibonacci: quotient column ${column} changed`, "CONSTRAINTS", FIBONACCI, {
      quotient: (_, coefficients) => coefficients.map((c, i): Ext => (i === coefficient + 16 * Math.floor(column / 4) ? extAdd(c, [1, 2, 3, 4]) : c)),
    });
  }
}

/** Every constraint holds, some bus does not balance. */
function* busAttacks(): Generator<HostileProof> {
  const cases: { name: string; cells: Parameters<typeof withCells>[1] }[] = [
    { name: "a pair of the unsorted table is another pair", cells: [{ chip: 0, row: 1, column: 0, value: 6 }] },
    { name: "an unsorted pair is dropped", cells: [{ chip: 0, row: 0, column: 2, value: 0 }] },
    { name: "an unsorted pair is sent twice", cells: [{ chip: 0, row: 5, column: 0, value: 5 }, { chip: 0, row: 5, column: 1, value: 7 }, { chip: 0, row: 5, column: 2, value: 1 }] },
    { name: "a value out of range is looked up", cells: [{ chip: 0, row: 2, column: 1, value: 16 }] },
    { name: "a table multiplicity is one short", cells: [{ chip: 2, row: 7, column: 0, value: 1 }] },
    { name: "a table multiplicity is p - 1 too high", cells: [{ chip: 2, row: 3, column: 0, value: P - 1 }] },
    { name: "keys swapped between two pairs", cells: [{ chip: 0, row: 0, column: 0, value: 3 }, { chip: 0, row: 1, column: 0, value: 5 }] },
  ];
  for (const { name, cells } of cases) yield lie(`shuffle: ${name}`, "LOOKUP_SUM", SHUFFLE, {}, withCells(SHUFFLE, cells));
}

function* openingAttacks(): Generator<HostileProof> {
  const codes: Record<string, RejectionCode> = {
    preprocessed: "PREPROCESSED_OPENING", main: "MAIN_OPENING", permutation: "PERMUTATION_OPENING", quotient: "QUOTIENT_OPENING",
  };
  const honest = referenceProof(SHUFFLE.key, SHUFFLE.traces);
  const base = { key: SHUFFLE.key, publics: honest.publics };
  const ranges = queryRanges(SHUFFLE.key);
  for (const { query, part, path } of ranges) {
    if (query > 3) continue;
    const code = codes[part] ?? "FOLD_OPENING";
    for (const position of [path[0], path[1] - 8]) {
      const value = add(honest.words[position] ?? 0, 1);
      yield { name: `shuffle: sibling word ${position - path[0]} of ${part} in query ${query}`, code, ...base, bytes: withWord(honest, position, value) };
    }
  }
  const shift = (root: readonly number[], by: number): number[] => root.map((element, i) => (i === by ? add(element, 1) : element));
  for (const tree of ["main", "permutation", "quotient", "fold 0", "fold 1"]) {
    for (const by of [0, 3, 7]) {
      yield lie(`shuffle: announced root of ${tree} differs in element ${by}`, codes[tree] ?? "FOLD_OPENING", SHUFFLE, {
        root: (name, root) => (name === tree ? shift(root, by) : root),
      });
    }
  }
  const otherKey = { ...SHUFFLE.key, preprocessedRoot: shift(SHUFFLE.key.preprocessedRoot ?? [], 0) };
  for (const seed of [0, 1]) {
    const traces = seed === 0 ? SHUFFLE.traces : shuffleInstance(TEST_FAST, [3, 5, 4], OTHER_PAIRS).traces;
    const { publics, bytes } = referenceProof(otherKey, traces);
    yield { name: `shuffle: table ${seed} of another key`, code: "PREPROCESSED_OPENING", key: otherKey, publics, bytes };
  }
}

/** Claims at zeta that no low-degree word supports: only the end of the folding can tell. */
function* lowDegreeAttacks(): Generator<HostileProof> {
  const fibonacci = FIBONACCI.traces[0];
  assert(fibonacci !== undefined);
  const lying = { ...fibonacci, publics: fibonacci.publics.map((value, i) => (i === 2 ? add(value, 1) : value)) };
  yield lie("fibonacci: a false result with the quotient's opening forged", "FINAL_POLYNOMIAL", FIBONACCI, { forgesIdentity: true }, [lying]);
  yield lie("shuffle: isReal = 2 with openings forged", "FINAL_POLYNOMIAL", SHUFFLE, { forgesIdentity: true }, withCells(SHUFFLE, [
    { chip: 0, row: 4, column: 2, value: 2 }, { chip: 1, row: 4, column: 2, value: 2 }, { chip: 2, row: 0, column: 0, value: 6 },
  ]));
  yield lie("fibonacci: main opening shifted, quotient forged", "FINAL_POLYNOMIAL", FIBONACCI, {
    openingsHere: (values) => values.map((value, i) => (i === 0 ? extAdd(value, EXT_ONE) : value)), forgesIdentity: true,
  });
  yield lie("fibonacci: next-row opening shifted, quotient forged", "FINAL_POLYNOMIAL", FIBONACCI, {
    openingsNext: (values) => values.map((value, i) => (i === 1 ? extAdd(value, EXT_ONE) : value)), forgesIdentity: true,
  });
  // A roll-in before the last fold contradicts the next committed word; the last one only the final polynomial.
  for (const size of [4, 5]) {
    const code = size === 4 ? "FINAL_POLYNOMIAL" : "FOLD_OPENING";
    yield lie(`shuffle: the word of size 2^${size} is not rolled in`, code, SHUFFLE, {
      rollIn: (logSize, word) => (logSize === size ? word.map(() => EXT_ZERO) : word),
    });
    yield lie(`shuffle: the word of size 2^${size} is rolled in doubled`, code, SHUFFLE, {
      rollIn: (logSize, word) => (logSize === size ? word.map((v) => extAdd(v, v)) : word),
    });
  }
  yield lie("fibonacci: the final polynomial is scaled", "FINAL_POLYNOMIAL", FIBONACCI, {
    finalPolynomial: (coefficients) => coefficients.map((c) => extMul(c, [2, 0, 0, 0])),
  });
  for (const position of [0, 3, 7]) {
    yield lie(`fibonacci: final coefficient ${position} shifted`, "FINAL_POLYNOMIAL", FIBONACCI, {
      finalPolynomial: (coefficients) => coefficients.map((c, i) => (i === position ? extAdd(c, EXT_ONE) : c)),
    });
  }
}

/** Whole parts of one honest proof put into another of the same key. */
function* splices(): Generator<HostileProof> {
  const other = shuffleInstance(TEST_FAST, [3, 5, 4], OTHER_PAIRS);
  assert.deepEqual(other.key.digest, SHUFFLE.key.digest);
  const [a, b] = [referenceProof(SHUFFLE.key, SHUFFLE.traces), referenceProof(SHUFFLE.key, other.traces)];
  const ranges = queryRanges(SHUFFLE.key);
  for (const { query, part, rows, path } of ranges.filter(({ query: q }) => q < 5)) {
    const words = [...a.words];
    for (let i = rows[0]; i < path[1]; i += 1) words[i] = b.words[i] ?? 0;
    if (words.every((word, i) => word === a.words[i])) continue;
    const codes: Record<string, RejectionCode> = { preprocessed: "PREPROCESSED_OPENING", main: "MAIN_OPENING", permutation: "PERMUTATION_OPENING", quotient: "QUOTIENT_OPENING" };
    yield { name: `shuffle: ${part} of query ${query} taken from another run`, code: codes[part] ?? "FOLD_OPENING", key: SHUFFLE.key, publics: a.publics, bytes: wordsToBytes(words) };
  }
}

/** All hostile proofs that name the check which must stop them. */
export const hostileProofs = (): HostileProof[] => [
  ...shapeAttacks(), ...grindAttacks(), ...statementAttacks(), ...busAttacks(), ...openingAttacks(), ...lowDegreeAttacks(), ...splices(),
];

/** One changed word each, over all words of an honest proof: +1, or replaced by 0. */
export function* wordMutations(stride: number): Generator<{ name: string; key: VerifyingKey; publics: readonly number[]; bytes: Uint8Array }> {
  const keccak = [{ label: "fibonacci-keccak", instance: FIBONACCI_KECCAK }, { label: "shuffle-keccak", instance: SHUFFLE_KECCAK }];
  for (const { label, instance } of [...both, ...keccak]) {
    const honest = referenceProof(instance.key, instance.traces);
    for (let position = 0; position < honest.words.length; position += stride) {
      const word = honest.words[position] ?? 0;
      const value = position % (2 * stride) === 0 || word === 0 ? add(word, 1) : 0;
      yield { name: `${label}: word ${position} of ${honest.words.length} = ${value}`, key: instance.key, publics: honest.publics, bytes: withWord(honest, position, value) };
    }
  }
}
