/**
 * Emits the verifier of one key as an R1 program, with the witness of one proof: verify/ once more, on wires.
 *
 * Owns: the order and the checks of PROTOCOL.md sections 5 and 7 inside a circuit. Does not own: decoding (exact length
 * and canonical words are checked by verify/decode.ts before; a witness is made of field elements by nature).
 * Public inputs 0..7 of the program: the statement digest, the row hash of the child's public values and preprocessed
 * root (if it has one), filled up with zeros to whole blocks; the lengths are the child key's.
 * Source: prover review section 3; PROTOCOL.md.
 * Invariant: the program depends on the key's shape alone; the witness satisfies R1 exactly when verify/ accepts.
 */
import assert from "node:assert/strict";
import { evaluateNodes, foldConstraints, powersOf } from "../air/evaluate.ts";
import type { Ext } from "../field/ext4.ts";
import { GENERATOR, P, inv, twoAdicRoot } from "../field/koalabear.ts";
import { hashFixedLength } from "../hash/poseidon2.ts";
import { widestTuple } from "../protocol/key.ts";
import type { KeyChip, VerifyingKey } from "../protocol/key.ts";
import type { Proof } from "../verify/decode.ts";
import { PHASES, layoutOf } from "../verify/layout.ts";
import type { Layout, Phase } from "../verify/layout.ts";
import { Circuit } from "./circuit.ts";
import type { FeltWire, R1Program, Wire } from "./circuit.ts";
import { fixedPower, horner, powerOfTwo, wireRing } from "./gadgets.ts";
import { checkQueries } from "./query-circuit.ts";
import type { HeightWires } from "./query-circuit.ts";
import { TranscriptCircuit, hashWires } from "./sponge-circuit.ts";
import type { DigestWires } from "./sponge-circuit.ts";

type ExtHint = { readonly wire: Wire; readonly felts: readonly FeltWire[] };
type OpeningWires = readonly Readonly<Record<Phase, readonly ExtHint[]>>[];

/** Challenges and hinted values of one proof. */
type Replay = {
  readonly publics: readonly FeltWire[];
  /** The child's preprocessed root; empty when it has none. */
  readonly rootFelts: readonly FeltWire[];
  readonly alpha: Wire; readonly beta: Wire; readonly constraint: Wire; readonly zeta: Wire; readonly batch: Wire;
  readonly folds: readonly Wire[];
  readonly sums: readonly ExtHint[];
  readonly here: OpeningWires; readonly next: OpeningWires;
  readonly finalPolynomial: readonly Wire[];
  readonly indexBits: readonly (readonly FeltWire[])[];
  readonly roots: Readonly<Record<Phase, DigestWires | undefined>>;
  readonly foldRoots: readonly DigestWires[];
};

const hintOpenings = (circuit: Circuit, openings: Proof["openingsHere"]): OpeningWires =>
  openings.map((chip) => Object.fromEntries(PHASES.map((phase) =>
    [phase, chip[phase].map((value: Ext) => circuit.hintExt(value))])) as Record<Phase, ExtHint[]>);

const flatten = (openings: OpeningWires): ExtHint[] => PHASES.flatMap((phase) => openings.flatMap((chip) => chip[phase]));
const feltsOf = (hints: readonly ExtHint[]): FeltWire[] => hints.flatMap(({ felts }) => felts);
const wiresOf = (hints: readonly ExtHint[] | undefined): Wire[] => (hints ?? []).map(({ wire }) => wire);
const digestOf = (circuit: Circuit, felts: readonly FeltWire[]): DigestWires => [circuit.pack(felts.slice(0, 4)), circuit.pack(felts.slice(4))];

/** The transcript of one proof while it is replayed. */
class Replayer {
  readonly circuit: Circuit;
  readonly transcript: TranscriptCircuit;

  constructor(circuit: Circuit) {
    this.circuit = circuit;
    this.transcript = new TranscriptCircuit(circuit, "KF-STARK-1");
  }

  commit(label: "mainRoot" | "permutationRoot" | "quotientRoot" | "foldRoot", root: readonly number[]): DigestWires {
    const felts = this.circuit.hintFelts(root);
    this.transcript.absorbFelts(label, felts);
    return digestOf(this.circuit, felts);
  }

  grind(label: "lookupNonce" | "batchNonce" | "foldNonce" | "queryNonce", nonce: number, bits: number): void {
    const [wire] = bits === 0 ? [] : this.circuit.hintFelts([nonce]);
    this.transcript.grind(label, wire, bits);
  }

  /** Hints values and absorbs their coordinates in the order of the list. */
  absorbHints(label: "lookupSums" | "openingsHere" | "openingsNext" | "finalPolynomial", hints: readonly ExtHint[]): void {
    this.transcript.absorbFelts(label, feltsOf(hints));
  }
}

/** The transcript, with every check of work; all its rows are consecutive. */
const replay = (circuit: Circuit, key: VerifyingKey, layout: Layout, publicValues: readonly number[], proof: Proof): Replay => {
  const { grindingBits, queryCount } = key.profile;
  const run = new Replayer(circuit);
  const { transcript } = run;
  const zero = circuit.constant(0);
  transcript.absorbFelts("shapeDigest", key.shapeDigest.map((element) => circuit.constant(element)));
  const publics = circuit.hintFelts(publicValues);
  const rootFelts = key.preprocessedRoot === undefined ? undefined : circuit.hintFelts(key.preprocessedRoot);
  if (rootFelts !== undefined) transcript.absorbFelts("preprocessedRoot", rootFelts);
  transcript.absorbFelts("publicValues", publics);
  const main = run.commit("mainRoot", proof.mainRoot);
  let [alpha, beta]: [Wire, Wire] = [zero, zero];
  let permutation: DigestWires | undefined;
  const sums = layout.hasLookup ? proof.lookupSums.map((sum) => circuit.hintExt(sum)) : [];
  if (layout.hasLookup) {
    run.grind("lookupNonce", proof.lookupNonce, grindingBits.lookup);
    alpha = transcript.sampleExt();
    beta = transcript.sampleExt();
    permutation = run.commit("permutationRoot", proof.permutationRoot);
    run.absorbHints("lookupSums", sums);
  }
  const constraint = transcript.sampleExt();
  const quotient = run.commit("quotientRoot", proof.quotientRoot);
  const zeta = transcript.sampleExt();
  const [here, next] = [hintOpenings(circuit, proof.openingsHere), hintOpenings(circuit, proof.openingsNext)];
  run.absorbHints("openingsHere", flatten(here));
  run.absorbHints("openingsNext", flatten(next));
  run.grind("batchNonce", proof.batchNonce, grindingBits.batch);
  const batch = transcript.sampleExt();
  const foldRoots: DigestWires[] = [];
  const folds = proof.folds.map((fold) => {
    foldRoots.push(run.commit("foldRoot", fold.root));
    run.grind("foldNonce", fold.nonce, grindingBits.fold);
    return transcript.sampleExt();
  });
  const finalHints = proof.finalPolynomial.map((coefficient) => circuit.hintExt(coefficient));
  run.absorbHints("finalPolynomial", finalHints);
  run.grind("queryNonce", proof.queryNonce, grindingBits.query);
  const indexBits = Array.from({ length: queryCount }, () => transcript.sampleBits(layout.largest));
  return {
    publics, rootFelts: rootFelts ?? [], alpha, beta, constraint, zeta, batch, folds, sums, here, next, indexBits, foldRoots,
    finalPolynomial: wiresOf(finalHints),
    roots: { preprocessed: rootFelts === undefined ? undefined : digestOf(circuit, rootFelts), main, permutation, quotient },
  };
};

/** Values of extension columns from their four base columns: Horner in X. */
const recombine = (circuit: Circuit, columns: readonly Wire[], x: Wire): Wire[] =>
  Array.from({ length: columns.length / 4 }, (_, column) => {
    const [first, ...rest] = columns.slice(4 * column, 4 * column + 4).toReversed();
    return horner(circuit, rest, x, first);
  });

/** The columns of one chip at zeta and g*zeta; columns no constraint reads on the next row are zero. */
const openedColumns = (circuit: Circuit, layout: Layout, run: Replay, chipIndex: number): { here: (phase: Phase) => Wire[]; next: (phase: Phase) => Wire[] } => ({
  here: (phase) => wiresOf(run.here[chipIndex]?.[phase]),
  next: (phase) => {
    const columns = Array.from({ length: layout.widths[chipIndex]?.[phase] ?? 0 }, (): Wire => circuit.constant(0));
    const opened = wiresOf(run.next[chipIndex]?.[phase]);
    for (const [i, column] of (layout.nextColumns[chipIndex]?.[phase] ?? []).entries()) columns[column] = opened[i] ?? circuit.constant(0);
    return columns;
  },
});

/** fold(zeta) = Z(zeta) (q_0 + zeta^H q_1) for one chip. */
const checkChip = (circuit: Circuit, key: VerifyingKey, layout: Layout, run: Replay, chipIndex: number, publics: readonly Wire[], sumShare: Wire): void => {
  const { chip, logHeight } = key.chips[chipIndex] as KeyChip;
  const [one, zero] = [circuit.constant(1), circuit.constant(0)];
  const x = circuit.pack([zero, one, zero, zero]);
  const { here, next } = openedColumns(circuit, layout, run, chipIndex);
  const ring = wireRing(circuit);
  const zetaToHeight = powerOfTwo(circuit, run.zeta, logHeight);
  const vanishing = circuit.lane({ left: 1, constant: P - 1 }, zetaToHeight);
  const transition = circuit.lane({ left: 1, constant: P - inv(twoAdicRoot(logHeight)) }, run.zeta);
  const selectors = {
    first: circuit.divide(vanishing, circuit.lane({ left: 1, constant: P - 1 }, run.zeta)),
    last: circuit.divide(vanishing, transition), transition,
  };
  const nodes = evaluateNodes(chip, ring, {
    preprocessed: here("preprocessed"), preprocessedNext: next("preprocessed"), main: here("main"), mainNext: next("main"),
    permutation: recombine(circuit, here("permutation"), x), permutationNext: recombine(circuit, next("permutation"), x),
    publics, alpha: run.alpha, betaPowers: powersOf(ring, run.beta, widestTuple(key)), sumShare,
  });
  const folded = foldConstraints(chip, ring, nodes, selectors, run.constraint);
  const [low, high] = recombine(circuit, here("quotient"), x);
  assert(low !== undefined && high !== undefined);
  circuit.assertEqual(circuit.mul(vanishing, circuit.mulAdd(zetaToHeight, high, low)), folded);
};

/** All chips' identities, then the balance of lookup sums with the public terms. */
const checkAtZeta = (circuit: Circuit, key: VerifyingKey, layout: Layout, run: Replay): void => {
  const zero = circuit.constant(0);
  let [taken, publicStart] = [0, 0];
  const publicStarts: number[] = [];
  key.chips.forEach(({ chip, logHeight }, index) => {
    const own = run.publics.slice(publicStart, publicStart + chip.publicCount);
    publicStarts.push(publicStart);
    publicStart += chip.publicCount;
    const sum = chip.permutationWidth > 0 ? run.sums[taken]?.wire : undefined;
    if (chip.permutationWidth > 0) taken += 1;
    checkChip(circuit, key, layout, run, index, own, sum === undefined ? zero : circuit.scale(sum, inv(2 ** logHeight)));
  });
  if (layout.hasLookup) checkBalance(circuit, key, run, publicStarts);
};

const checkBalance = (circuit: Circuit, key: VerifyingKey, run: Replay, publicStarts: readonly number[]): void => {
  const zero = circuit.constant(0);
  const width = widestTuple(key);
  const powers = powersOf(wireRing(circuit), run.beta, width);
  let total: Wire = run.sums.reduce<Wire>((sum, { wire }) => circuit.add(sum, wire), zero);
  for (const { bus, multiplicity, tuple } of key.publicTerms) {
    let fingerprint = circuit.lane({ left: bus.id + 1, addend: 1 }, powers[width], undefined, run.alpha);
    for (const [j, entry] of tuple.entries()) {
      const power = powers[j] ?? zero;
      if (entry.kind === "constant") {
        if (entry.value !== 0) fingerprint = circuit.lane({ left: P - entry.value, addend: 1 }, power, undefined, fingerprint);
      } else {
        const value = run.publics[(publicStarts[entry.chipIndex] ?? 0) + entry.publicIndex];
        fingerprint = circuit.lane({ product: P - 1, addend: 1 }, power, value, fingerprint);
      }
    }
    total = circuit.add(total, circuit.divide(circuit.constant(multiplicity), fingerprint));
  }
  circuit.assertEqual(total, zero);
};

/** zeta is outside the base field: its coordinates above the first make an invertible element. */
const checkPoint = (circuit: Circuit, zeta: Wire): void => {
  const [, ...upper] = circuit.unpack(zeta);
  circuit.divide(circuit.constant(1), circuit.pack([...upper, circuit.constant(0)]));
};

/** What is claimed about all columns of each height, folded by gamma. */
const heightWires = (circuit: Circuit, key: VerifyingKey, run: Replay): Map<number, HeightWires> => {
  const heights = new Map<number, HeightWires>();
  for (const { logHeight } of key.chips) {
    const logSize = logHeight + key.profile.logBlowup;
    if (heights.has(logSize)) continue;
    const chips = [...key.chips.keys()].filter((index) => key.chips[index]?.logHeight === logHeight);
    const list = (openings: OpeningWires): Wire[] => PHASES.flatMap((phase) => chips.flatMap((index) => wiresOf(openings[index]?.[phase])));
    const next = list(run.next);
    heights.set(logSize, {
      chips, valueHere: horner(circuit, list(run.here), run.batch), valueNext: horner(circuit, next, run.batch),
      shiftHere: fixedPower(circuit, run.batch, next.length), nextCount: next.length,
      zetaNext: circuit.scale(run.zeta, twoAdicRoot(logHeight)),
    });
  }
  return heights;
};

/** Digest of what a proof under a key states: public input 0..7 of the program that verifies it. */
export const statementDigest = (key: VerifyingKey, publics: readonly number[]): number[] => {
  const felts = [...publics, ...(key.preprocessedRoot ?? [])];
  while (felts.length === 0 || felts.length % 8 !== 0) felts.push(0);
  return hashFixedLength(felts);
};

/** What a verified child leaves on wires. */
export type VerifiedChild = {
  readonly publics: readonly FeltWire[];
  /** Its preprocessed root; empty when its key has none. Nothing but the proof is bound to it: the caller must fix it. */
  readonly rootFelts: readonly FeltWire[];
  readonly mainRoot: DigestWires;
};

/** Verifies one proof under `key`'s shape inside a circuit: everything but which preprocessed root may be trusted. */
export const verifyInCircuit = (circuit: Circuit, key: VerifyingKey, publics: readonly number[], proof: Proof): VerifiedChild => {
  assert.equal(key.profile.hash, "poseidon2", "R1 hashes with Poseidon2: a key of another suite is for L1");
  const layout = layoutOf(key);
  assert.equal(publics.length, layout.publicCount, "public values");
  const run = replay(circuit, key, layout, publics, proof);
  checkPoint(circuit, run.zeta);
  checkAtZeta(circuit, key, layout, run);
  checkQueries({
    circuit, layout, proof, heights: heightWires(circuit, key, run), roots: run.roots, foldRoots: run.foldRoots,
    zeta: run.zeta, batch: run.batch, folds: run.folds, finalPolynomial: run.finalPolynomial,
    foldPowers: run.folds.map((challenge, i) => powerOfTwo(circuit, challenge, layout.folds[i]?.step ?? 0)),
    generator: GENERATOR,
  }, run.indexBits);
  const { main } = run.roots;
  assert(main !== undefined, "every proof has a main root");
  return { publics: run.publics, rootFelts: run.rootFelts, mainRoot: main };
};

/** The program that verifies proofs under `key`, with the witness for one proof. */
export const verifierProgram = (key: VerifyingKey, publics: readonly number[], proof: Proof, logHeight?: number): R1Program => {
  const circuit = new Circuit(statementDigest(key, publics));
  const child = verifyInCircuit(circuit, key, publics, proof);
  const stated = hashWires(circuit, [...child.publics, ...child.rootFelts]).flatMap((wire) => circuit.unpack(wire));
  for (const [i, felt] of stated.entries()) circuit.assertEqual(felt, circuit.publicInput(i));
  return circuit.finish(logHeight);
};
