// Hostile submissions to L1, built for each check of prover/solidity/checks.ts: a prover that lies at one place and is
// consistent everywhere else, so that the check it is named for is all that stops it.
// Owns: submissions and what they claim. Does not own: verdicts (pairs.ts, simulate.ts), lies without a check (variations.ts).
import assert from "node:assert/strict";
import type { ChipTrace } from "../../../prover/air/trace.ts";
import { EXT_ONE, EXT_ZERO, extAdd } from "../../../prover/field/ext4.ts";
import type { Ext } from "../../../prover/field/ext4.ts";
import { P } from "../../../prover/field/koalabear.ts";
import { wordsToBytes } from "../../../prover/hash/suite.ts";
import type { VerifyingKey } from "../../../prover/protocol/key.ts";
import { keyCode } from "../../../prover/solidity/key-data.ts";
import type { Label } from "../../../prover/transcript/labels.ts";
import { Transcript } from "../../../prover/transcript/transcript.ts";
import { fibonacciInstance } from "../verify/machines.ts";
import type { Instance } from "../verify/machines.ts";
import { referenceProof } from "../verify/reference-prover.ts";
import type { ProofParts, Tampering } from "../verify/reference-prover.ts";
import { AliasingTranscript, findNthNonce } from "./aliasing-transcript.ts";
import type { Alias } from "./aliasing-transcript.ts";
import { FIBONACCI, LOG_HEIGHT, PROFILE, SITES, lotteryInstance, shiftRoot } from "./l1-machines.ts";
import { partLayout, statementOf } from "./pairs.ts";

export type Submission = { readonly part: number; readonly statement: string; readonly data: Uint8Array };
export type Attack = {
  readonly name: string;
  /** Name in prover/solidity/checks.ts; undefined for variations that any check may stop. */
  readonly check?: string;
  readonly key: VerifyingKey;
  readonly submissions: readonly Submission[];
  /** The statement that is to end up accepted. */
  readonly claim: string;
  /** Code of a key account that no generator made, or made for another key. */
  readonly holder?: (honest: Uint8Array) => Uint8Array;
  /** The account had the honest code when the verifier was deployed over it; otherwise it had `holder`'s from the first. */
  readonly isChangedLater?: true;
  /** The harm is that an honest proof no longer completes. */
  readonly isBlocking?: true;
};

export const foreignStatement = (seed: number): string => statementOf(wordsToBytes([seed, 1, 2, 3]));
const [FIBONACCI_2, LOTTERY, LOTTERY_2] = [fibonacciInstance(PROFILE, LOG_HEIGHT, 3, 4), lotteryInstance(11), lotteryInstance(20)];
export const INSTANCES: readonly { readonly label: string; readonly instance: Instance }[] = [
  { label: "fibonacci", instance: FIBONACCI }, { label: "fibonacci of 3 and 4", instance: FIBONACCI_2 },
  { label: "lottery", instance: LOTTERY }, { label: "lottery without 20", instance: LOTTERY_2 },
];

const statementIn = ({ publics }: ProofParts): string => statementOf(wordsToBytes(publics));

/** Both parts of a proof, claiming its statement. */
export const submitted = (name: string, check: string | undefined, key: VerifyingKey, first: Uint8Array, second: Uint8Array): Attack => {
  const claim = statementOf(first.subarray(0, 4 * partLayout(key).publics));
  return { name, ...(check === undefined ? {} : { check }), key, claim, submissions: [{ part: 0, statement: claim, data: first }, { part: 1, statement: claim, data: second }] };
};

export const lie = (name: string, check: string, { key, traces }: Instance, tampering: Tampering, lying: readonly ChipTrace[] = traces): Attack => {
  const [first, second] = referenceProof(key, lying, tampering).l1Parts;
  return submitted(name, check, key, first, second);
};

const withCell = ({ traces }: Instance, column: number, row: number, value: number): ChipTrace[] =>
  traces.map((trace) => {
    const values = trace.main.values.slice();
    values[row * trace.main.width + column] = value;
    return { ...trace, main: { ...trace.main, values } };
  });

/** The honest proof with another query nonce that does the work: another valid proof of the same statement. */
export const proofNumber = ({ key, traces }: Instance, rank: number, more: Tampering = {}): ProofParts => {
  const transcript = new Transcript("KF-STARK-1", "keccak256");
  const bits = key.profile.grindingBits.query;
  return referenceProof(key, traces, { ...more, transcript, nonce: (label, honest) => (label === "queryNonce" ? findNthNonce(transcript, label, bits, rank) : honest) });
};

const GRIND_CHECKS: Partial<Record<Label, string>> = { lookupNonce: "LookupGrind", batchNonce: "BatchGrind", foldNonce: "FoldGrind", queryNonce: "QueryGrind" };

function* grinds(): Generator<Attack> {
  for (const { label, instance } of INSTANCES.filter((_, i) => i % 2 === 0)) {
    for (const site of SITES) {
      if (site === "lookupNonce" && label === "fibonacci") continue;
      for (const by of [1, 2, 3, 4, 5, 6]) {
        yield lie(`${label}: ${site} off by ${by}`, GRIND_CHECKS[site] ?? "", instance, { nonce: (at, honest) => (at === site ? honest + by : honest) });
      }
    }
  }
}

/** A proof whose prover gives one element plus p, in the transcript and in both parts. */
const aliased = (name: string, check: string, { key, traces }: Instance, alias: Alias): Attack => {
  const transcript = new AliasingTranscript(alias);
  const bits = key.profile.grindingBits;
  const difficulty: Partial<Record<Label, number>> = { lookupNonce: bits.lookup, batchNonce: bits.batch, foldNonce: bits.fold, queryNonce: bits.query };
  const proof = referenceProof(key, traces, {
    transcript, nonce: (label, honest) => (transcript.isNext(label) ? findNthNonce(transcript, label, difficulty[label] ?? 0, 0, P) : honest),
  });
  const { records, publics, header, tail, queries } = partLayout(key);
  const word = (records[alias.label] ?? 0) + alias.index + 8 * alias.occurrence;
  const inTail = word - (publics + header - tail);
  const [first, second] = proof.l1Parts.map((part) => part.slice()) as [Uint8Array, Uint8Array];
  const plusP = (part: Uint8Array, at: number): void => {
    const view = new DataView(part.buffer, part.byteOffset);
    view.setUint32(4 * at, view.getUint32(4 * at) + P);
  };
  plusP(first, word);
  if (inTail >= 0) plusP(second, queries[1] - tail + inTail);
  return submitted(name, check, key, first, second);
};

function* aliases(): Generator<Attack> {
  const cases: readonly [string, Label, readonly number[], readonly number[]][] = [
    ["NotCanonical, public values", "publicValues", [0, 1, 2], [0]], ["NotCanonical, openings", "lookupNonce", [], [0]], ["NotCanonical, openings", "lookupSums", [], [1]],
    ["NotCanonical, openings", "openingsHere", [0, 9], [3]], ["NotCanonical, openings", "openingsNext", [2], [1]], ["NotCanonical, openings", "batchNonce", [0], []],
    ["NotCanonical, fold nonces", "foldNonce", [0], [0]], ["NotCanonical, final polynomial", "finalPolynomial", [0, 5], [7]], ["NotCanonical, final polynomial", "queryNonce", [0], [0]],
  ];
  for (const { label, instance } of INSTANCES) {
    for (const [check, record, plain, lookup] of cases) {
      for (const index of label.startsWith("lottery") ? lookup : plain) {
        for (const occurrence of record === "foldNonce" ? [0, 1] : [0]) yield aliased(`${label}: ${record} ${index} of ${occurrence} plus p`, check, instance, { label: record, index, occurrence });
      }
    }
    for (const [tree, index] of [["main", 0], ["quotient", 0], ["quotient", 5], ...(label.startsWith("lottery") ? [["permutation", 2] as const] : [])] as const) {
      const row: Tampering["row"] = (at, values) => (at === tree ? values.map((v, i) => (i === index ? v + P : v)) : values);
      yield lie(`${label}: element ${index} of every ${tree} row plus p`, "NotCanonical, rows", instance, { row });
    }
    for (const index of [0, 5, 13, 22, 31]) {
      const row: Tampering["row"] = (at, values) => (at === "fold 0" ? values.map((v, i) => (i === index ? v + P : v)) : values);
      yield lie(`${label}: element ${index} of every row of fold 0 plus p`, "NotCanonical, folds", instance, { row });
    }
  }
  // Zeta and the openings folded by gamma stand in part 1 alone.
  for (const at of [0, 3, 4, 7, 11]) {
    const { key, traces } = LOTTERY;
    const [first, second] = referenceProof(key, traces).l1Parts;
    const changed = second.slice();
    const view = new DataView(changed.buffer);
    const word = 4 * (partLayout(key).roots + at);
    view.setUint32(word, view.getUint32(word) + P);
    yield submitted(`lottery: word ${at} of the summary plus p`, "NotCanonical, summary", key, first, changed);
  }
}

function* parts(): Generator<Attack> {
  for (const [n, { label, instance: { key, traces } }] of INSTANCES.entries()) {
    const proof = referenceProof(key, traces);
    const [first, second] = proof.l1Parts;
    const claim = statementIn(proof);
    const submission = (part: number, statement = claim): Submission => ({ part, statement, data: part === 0 ? first : second });
    const long = (data: Uint8Array, extra: number): Uint8Array => Uint8Array.from([...data, ...new Uint8Array(extra).fill(extra)]);
    for (const extra of [1, 4, 28, 32]) {
      yield submitted(`${label}: part 0 with ${extra} bytes more`, "PartLength", key, long(first, extra), second);
      yield submitted(`${label}: part 1 with ${extra} bytes more`, "PartLength", key, first, long(second, extra));
    }
    for (const left of [0, 3, 200]) {
      yield submitted(`${label}: ${left} bytes of part 0`, "PartLength, before the queries", key, first.slice(0, left), second);
      yield submitted(`${label}: ${left} bytes of part 1`, "PartLength, before the queries", key, first, second.slice(0, left));
    }
    for (const part of [2, 3 + n, 7, 255]) {
      yield { name: `${label}: part 1 as part ${part} before both`, check: "UnknownPart", key, claim, isBlocking: true, submissions: [submission(part), submission(0), submission(1)] };
    }
    for (const order of [[0], [1], [0, 0], [1, 1]]) {
      yield { name: `${label}: only parts ${order.join(", ")}`, check: "every part", key, claim, submissions: order.map((part) => submission(part)) };
    }
    for (const seed of [n, n + 100]) {
      const foreign = foreignStatement(seed);
      yield { name: `${label}: for foreign statement ${seed}`, check: "OtherStatement", key, claim: foreign, submissions: [submission(0, foreign), submission(1, foreign)] };
      yield { name: `${label}: part 1 for foreign statement ${seed}`, check: "one statement", key, claim: foreign, submissions: [submission(0), submission(1, foreign)] };
    }
    const others = [1, 2].map((rank) => proofNumber({ key, traces, shape: key }, rank).l1Parts);
    for (const [rank, [otherFirst, otherSecond]] of others.entries()) {
      yield submitted(`${label}: part 0 with part 1 of proof ${rank + 1} of the same`, "one summary", key, first, otherSecond);
      yield submitted(`${label}: part 1 with part 0 of proof ${rank + 1} of the same`, "one summary", key, otherFirst, second);
    }
  }
}

function* statements(): Generator<Attack> {
  for (const { label, instance } of INSTANCES) {
    const [trace] = instance.traces;
    assert(trace !== undefined);
    if (label.startsWith("fibonacci")) {
      for (const index of [0, 1, 2]) {
        const publics = trace.publics.map((value, i) => (i === index ? (value + 1) % P : value));
        yield lie(`${label}: public value ${index} is a lie`, "Constraints", instance, {}, [{ ...trace, publics }]);
        yield lie(`${label}: public value ${index} is a lie, openings forged`, "FinalPolynomial", instance, { forgesIdentity: true }, [{ ...trace, publics }]);
      }
      for (const row of [0, 7]) yield lie(`${label}: row ${row} is wrong`, "Constraints", instance, {}, withCell(instance, 0, row, 12_345));
    } else {
      for (const kept of [1, 2, 3]) yield lie(`${label}: keeps ${kept} in public`, "LookupSum", instance, {}, [{ ...trace, publics: [kept] }]);
      for (const row of [2, 9]) yield lie(`${label}: row ${row} draws what row ${row + 1} does`, "LookupSum", instance, {}, withCell(instance, 1, row, trace.main.values[3 * row + 4] ?? 0));
      yield lie(`${label}: isDrawn is 2`, "Constraints", instance, {}, withCell(instance, 2, 3, 2));
      yield lie(`${label}: lookup sum shifted`, "Constraints", instance, { sums: (sums) => sums.map((s) => extAdd(s, EXT_ONE)) });
    }
    for (const column of [0, 3, 7]) {
      yield lie(`${label}: coefficient ${column} of the quotient`, "Constraints", instance, { quotient: (_, q) => q.map((c, i): Ext => (i === column ? extAdd(c, [1, 2, 3, 4]) : c)) });
    }
    for (const at of [0, 1]) {
      yield lie(`${label}: final coefficient ${at}`, "FinalPolynomial", instance, { finalPolynomial: (c) => c.map((v, i) => (i === at ? extAdd(v, EXT_ONE) : v)) });
    }
    yield lie(`${label}: the last word shifted`, "FinalPolynomial", instance, { folded: (at, word) => (at === 1 ? word.map((v) => extAdd(v, EXT_ONE)) : word) });
  }
}

const TREE_CHECKS: Readonly<Record<string, string>> = {
  main: "TreeOpening, main", permutation: "TreeOpening, permutation", quotient: "TreeOpening, quotient", "fold 0": "FoldOpening", "fold 1": "FoldOpening",
};

function* openings(): Generator<Attack> {
  for (const { label, instance } of INSTANCES) {
    for (const [tree, check] of Object.entries(TREE_CHECKS)) {
      if (tree === "permutation" && label.startsWith("fibonacci")) continue;
      for (const word of [0, 3, 6]) {
        yield lie(`${label}: announced root of ${tree} differs in word ${word}`, check, instance, { root: (at, root) => (at === tree ? shiftRoot(root, word) : root) });
      }
    }
    yield lie(`${label}: the word after fold 0 shifted`, "FoldOpening", instance, { folded: (at, word) => (at === 0 ? word.map((v) => extAdd(v, EXT_ONE)) : word) });
  }
  // A key with another preprocessed root, whose prover knows it, but not the columns.
  const otherKey = { ...LOTTERY.key, preprocessedRoot: shiftRoot(LOTTERY.key.preprocessedRoot ?? [], 2) };
  for (const kept of [1, 5, 11, 20, 32]) {
    const { traces, shape } = lotteryInstance(kept);
    yield lie(`lottery without ${kept}: columns of another key`, "TreeOpening, preprocessed", { key: otherKey, traces, shape }, {});
  }
}

/** Key accounts that no generator made, under which a verifier without checks of the key would accept anything. */
function* keyAccounts(doctor: (honest: Uint8Array, program: Uint8Array) => Uint8Array): Generator<Attack> {
  const honest = referenceProof(LOTTERY.key, LOTTERY.traces).l1Parts;
  for (const first of [1, 0x5b, 0x60, 0xfe, 0xff]) {
    yield { ...submitted(`a key account that begins with ${first}`, "NoKeyAt", LOTTERY.key, ...honest), holder: (code) => Uint8Array.from([first, ...code.subarray(1)]) };
  }
  // No constraint is folded, so a quotient of zero satisfies them all.
  const [trace] = FIBONACCI.traces;
  assert(trace !== undefined);
  const programs: readonly [string, readonly number[]][] = [
    ...[10, 11, 100, 200, 255].map((opcode): [string, number[]] => ["BadOpcode", [opcode, 0, 1, 0, 0]]),
    ...[1, 2, 3, 4, 0].map((opcode): [string, number[]] => ["BadProgramLength", [opcode, 0, 1]]),
  ];
  for (const [i, [check, program]] of programs.entries()) {
    const publics = trace.publics.map((value, at) => (at === i % 3 ? (value + 1 + i) % P : value));
    const attack = lie(`a program of ${program.join(" ")}`, check, FIBONACCI, { quotient: (_, q) => q.map(() => EXT_ZERO) }, [{ ...trace, publics }]);
    yield { ...attack, holder: (code) => doctor(code, Uint8Array.from(program)) };
  }
}

/** The account of `key` comes to hold the key under which the other instance's valid proof stands. */
const changed = (name: string, key: VerifyingKey, other: Instance): Attack => {
  const [first, second] = referenceProof(other.key, other.traces).l1Parts;
  const { claim, submissions } = submitted(name, undefined, other.key, first, second);
  return { name, check: "KeyChanged", key, claim, submissions, holder: () => keyCode(other.key), isChangedLater: true };
};

/** Key accounts that are destroyed and made again with other code, under a verifier that still has the old key's name. */
function* changedAccounts(): Generator<Attack> {
  for (const { label, instance } of INSTANCES) {
    for (const { label: name, instance: other } of INSTANCES) {
      if (instance.key.digest.join() !== other.key.digest.join()) yield changed(`${label}: the account then holds the key of ${name}`, instance.key, other);
    }
  }
  // The same machine with less to do: one query, or no work to speak of.
  const least = { lookup: 1, batch: 1, fold: 1, query: 1 };
  for (const profile of [{ ...PROFILE, queryCount: 1 }, { ...PROFILE, grindingBits: least }, { ...PROFILE, queryCount: 1, grindingBits: least }]) {
    const weak = fibonacciInstance(profile, LOG_HEIGHT);
    yield changed(`fibonacci: the account then asks for ${profile.queryCount} queries and ${profile.grindingBits.query} bits`, FIBONACCI.key, weak);
  }
}

/** Everything built for a check, but repeated leaves (repeats.ts). */
export function* attacks(doctor: (honest: Uint8Array, program: Uint8Array) => Uint8Array): Generator<Attack> {
  yield* grinds();
  yield* aliases();
  yield* parts();
  yield* statements();
  yield* openings();
  yield* keyAccounts(doctor);
  yield* changedAccounts();
}
