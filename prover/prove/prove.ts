// The STARK prover: runs PROTOCOL.md sections 5 and 6 over any backend.
// Owns: the order of commitments, challenges and bytes. Does not own: arithmetic (backend), chips (air/).
// Source: PROTOCOL.md; multi-table STARK with LogUp (eprint 2022/1530) and DEEP-FRI.
// Invariant: the proof is a function of (key, traces): no randomness, no clock, no thread count enters it.

import assert from "node:assert/strict";
import type { PermutationTrace } from "../air/permutation.ts";
import type { ChipTrace } from "../air/trace.ts";
import { EXT_ZERO, extScale } from "../field/ext4.ts";
import type { Ext } from "../field/ext4.ts";
import { inv } from "../field/koalabear.ts";
import type { Felt } from "../field/koalabear.ts";
import type { Digest } from "../hash/poseidon2.ts";
import { suiteOf } from "../hash/suite.ts";
import type { TreeOpening } from "../merkle/mixed-tree.ts";
import { openingGroups, prunedPaths } from "../merkle/pruned.ts";
import { QUOTIENT_WIDTH, hasLookup, largestLog } from "../protocol/key.ts";
import type { VerifyingKey } from "../protocol/key.ts";
import { Transcript } from "../transcript/transcript.ts";
import type { CommitMatrix, Commitment, ProverBackend } from "./backend.ts";
import { foldToFinal } from "./fold.ts";
import { grindSite } from "./grind-site.ts";
import { openAll, phaseMatrices } from "./openings.ts";
import type { OpenedMatrix } from "./openings.ts";
import { ProofWriter } from "./proof-writer.ts";
import { checkBalance, checkIdentity } from "./self-check.ts";
import { traceMatrix } from "./setup.ts";
import type { ProvingKey } from "./setup.ts";

/** What a verifier receives: public inputs of all chips in key order, and the proof bytes. */
export type Proof = { readonly publicValues: readonly Felt[]; readonly bytes: Uint8Array };
/** The milliseconds each stage of a proof took; names are for people. */
export type StageTimes = Record<string, number>;

/** zeta fell into the base field (probability 2^-93): prove again with any changed public value. */
export class UnluckyChallenge extends Error {
  readonly code = "UNLUCKY_CHALLENGE";
}

type Lookup = { alpha: Ext; beta: Ext; sums: Ext[]; commitment: Commitment | undefined };
type Run = {
  readonly backend: ProverBackend;
  readonly provingKey: ProvingKey;
  readonly key: VerifyingKey;
  readonly traces: readonly ChipTrace[];
  readonly transcript: Transcript;
  readonly stage: <T>(name: string, work: () => Promise<T>) => Promise<T>;
};

function checkTraces(key: VerifyingKey, traces: readonly ChipTrace[]): void {
  assert.equal(traces.length, key.chips.length, "one trace per chip");
  key.chips.forEach(({ chip, logHeight }, i) => {
    const { main, publics } = traces[i] as ChipTrace;
    assert.equal(main.width, chip.mainWidth, `chip ${chip.name}: main width`);
    assert.equal(main.height, 2 ** logHeight, `chip ${chip.name}: height`);
    assert.equal(publics.length, chip.publicCount, `chip ${chip.name}: public inputs`);
  });
}

/** Step 3: challenges, permutation columns and sums. Sums are zero for chips without interactions. */
async function commitLookup(run: Run, lookupWriter: ProofWriter): Promise<Lookup> {
  const { backend, key, transcript, traces } = run;
  if (!hasLookup(key)) return { alpha: EXT_ZERO, beta: EXT_ZERO, sums: key.chips.map(() => EXT_ZERO), commitment: undefined };
  await grindSite(backend, transcript, lookupWriter, "lookupNonce", key.profile.grindingBits.lookup);
  const alpha = transcript.sampleExt();
  const beta = transcript.sampleExt();
  const built: PermutationTrace[] = [];
  for (const [i, { chip }] of key.chips.entries()) {
    built.push(await run.stage("lookup columns", () => backend.lookup({ chip, trace: traces[i] as ChipTrace, alpha, beta })));
  }
  const present = built.filter(({ columns }) => columns.width > 0);
  const commitment = await run.stage("commit lookup", () => backend.commit(present.map(({ columns }) => traceMatrix(columns)), key.profile.logBlowup, key.profile.hash));
  const presentSums = present.map(({ sum }) => sum);
  transcript.absorbDigest("permutationRoot", commitment.root);
  transcript.absorbExts("lookupSums", presentSums);
  lookupWriter.exts(presentSums);
  return { alpha, beta, sums: built.map(({ sum }) => sum), commitment };
}

/** Where a chip's matrix sits in a phase's commitment, if it has one. */
function locate(matrices: readonly OpenedMatrix[], chipIndex: number): OpenedMatrix | undefined {
  return matrices.find((matrix) => matrix.chipIndex === chipIndex);
}

async function commitQuotient(run: Run, lookup: Lookup, phases: readonly OpenedMatrix[][], challenge: Ext): Promise<Commitment> {
  const { backend, key, traces } = run;
  const [preprocessed, main, permutation] = phases as [OpenedMatrix[], OpenedMatrix[], OpenedMatrix[]];
  const matrices: CommitMatrix[] = [];
  for (const [i, { chip, logHeight }] of key.chips.entries()) {
    matrices.push(await run.stage("quotient", () => backend.quotient({
      chip, logHeight, publics: (traces[i] as ChipTrace).publics, alpha: lookup.alpha, beta: lookup.beta,
      sumShare: extScale(lookup.sums[i] as Ext, inv(2 ** logHeight)), foldChallenge: challenge,
      preprocessed: locate(preprocessed, i), main: locate(main, i) as OpenedMatrix, permutation: locate(permutation, i),
    })));
  }
  return run.stage("commit quotient", () => backend.commit(matrices, key.profile.logBlowup, key.profile.hash));
}

/** What one tree shows of a group of positions: rows by `writeRow`, then the siblings of the leaf's path. */
type OpenedTree = {
  readonly commitment: Commitment;
  /** Position in the largest word -> leaf. */
  readonly logRowsPerLeaf: number;
  readonly depth: number;
  readonly writeRows: (rows: TreeOpening["rows"], position: number) => void;
};

/** Every tree of a query, in the order of the wire. */
function openedTrees(key: VerifyingKey, phases: readonly OpenedMatrix[][], folds: readonly Commitment[], writer: ProofWriter): OpenedTree[] {
  const logLargest = largestLog(key);
  const ofPhases = phases.filter((matrices) => matrices.length > 0).map((matrices): OpenedTree => {
    const depth = Math.max(...matrices.map(({ chipIndex }) => key.chips[chipIndex]?.logHeight ?? 0)) + key.profile.logBlowup;
    return {
      commitment: (matrices[0] as OpenedMatrix).commitment, depth, logRowsPerLeaf: logLargest - depth,
      writeRows: (rows) => { for (const row of rows) writer.felts(row); },
    };
  });
  let folded = 0;
  const ofFolds = key.foldSchedule.map((logArity, layer): OpenedTree => {
    const logBefore = folded;
    folded += logArity;
    return {
      commitment: folds[layer] as Commitment, depth: logLargest - folded, logRowsPerLeaf: folded,
      writeRows: ([row], position) => {
        const own = Math.floor(position / 2 ** logBefore) % 2 ** logArity;
        assert(row !== undefined);
        writer.felts([...row.slice(0, 4 * own), ...row.slice(4 * own + 4)]);
      },
    };
  });
  return [...ofPhases, ...ofFolds];
}

function writeQueries(
  key: VerifyingKey, transcript: Transcript, phases: readonly OpenedMatrix[][], folds: readonly Commitment[], writer: ProofWriter,
): void {
  const positions = Array.from({ length: key.profile.queryCount }, () => transcript.sampleBits(largestLog(key)));
  const trees = openedTrees(key, phases, folds, writer);
  for (const group of openingGroups(suiteOf(key.profile.hash).paths, positions)) {
    const inOrder = group.map((query) => positions[query] as number);
    const leavesOf = ({ logRowsPerLeaf }: OpenedTree): number[] => inOrder.map((position) => Math.floor(position / 2 ** logRowsPerLeaf));
    const paths = trees.map((tree) => prunedPaths(leavesOf(tree), tree.depth));
    inOrder.forEach((position, i) => trees.forEach((tree, t) => {
      const { rows, siblings } = tree.commitment.open(Math.floor(position / 2 ** tree.logRowsPerLeaf));
      tree.writeRows(rows, position);
      (paths[t]?.[i]?.shown ?? []).forEach((isShown, level) => { if (isShown) writer.digest(siblings[level] as Digest); });
    }));
  }
}

/**
 * Proves that `traces` satisfy the machine of the key. Throws UnsatisfiedConstraint or UnbalancedBus
 * if they do not (air/check.ts names the row). Returns each stage's milliseconds beside the proof.
 */
export async function prove(
  backend: ProverBackend, provingKey: ProvingKey, traces: readonly ChipTrace[],
): Promise<Proof & { readonly times: StageTimes }> {
  const { key } = provingKey;
  checkTraces(key, traces);
  const times: StageTimes = {};
  const stage = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    const start = performance.now();
    const result = await work();
    times[name] = (times[name] ?? 0) + performance.now() - start;
    return result;
  };
  const transcript = new Transcript("KF-STARK-1", key.profile.hash);
  const run: Run = { backend, provingKey, key, traces, transcript, stage };
  const publicValues = traces.flatMap(({ publics }) => publics);
  transcript.absorbDigest("shapeDigest", key.shapeDigest);
  if (key.preprocessedRoot !== undefined) transcript.absorbDigest("preprocessedRoot", key.preprocessedRoot);
  transcript.absorbFelts("publicValues", publicValues);
  try {
    const bytes = await proveBody(run);
    return { publicValues, bytes, times };
  } finally {
    backend.release(provingKey.preprocessed === undefined ? [] : [provingKey.preprocessed]);
  }
}

async function proveBody(run: Run): Promise<Uint8Array> {
  const { backend, provingKey, key, traces, transcript, stage } = run;
  const chips = key.chips.map(({ chip }) => chip);
  const { logBlowup, grindingBits, hash } = key.profile;
  const writer = new ProofWriter(hash);
  const mainCommitment = await stage("commit main", () => backend.commit(traces.map(({ main }) => traceMatrix(main)), logBlowup, hash));
  transcript.absorbDigest("mainRoot", mainCommitment.root);
  writer.digest(mainCommitment.root);
  const lookupWriter = new ProofWriter(hash);
  const lookup = await commitLookup(run, lookupWriter);
  const expand = (columns: readonly number[]): number[] => columns.flatMap((e) => [4 * e, 4 * e + 1, 4 * e + 2, 4 * e + 3]);
  const phases = [
    phaseMatrices(provingKey.preprocessed, chips.map((c) => c.preprocessedWidth), chips.map((c) => c.nextColumns.preprocessed)),
    phaseMatrices(mainCommitment, chips.map((c) => c.mainWidth), chips.map((c) => c.nextColumns.main)),
    phaseMatrices(lookup.commitment, chips.map((c) => c.permutationWidth), chips.map((c) => expand(c.nextColumns.permutation))),
  ];
  const inputs = { ...lookup, publics: traces.map(({ publics }) => publics) };
  checkBalance(key, inputs);
  const challenge = transcript.sampleExt();
  const quotientCommitment = await commitQuotient(run, lookup, phases, challenge);
  transcript.absorbDigest("quotientRoot", quotientCommitment.root);
  if (lookup.commitment !== undefined) writer.digest(lookup.commitment.root);
  writer.digest(quotientCommitment.root);
  writer.felts(lookupWriter.words);
  phases.push(phaseMatrices(quotientCommitment, chips.map(() => QUOTIENT_WIDTH), chips.map(() => [])));
  const zeta = transcript.sampleExt();
  if (zeta[1] === 0 && zeta[2] === 0 && zeta[3] === 0) throw new UnluckyChallenge("zeta lies in the base field");
  const openings = await stage("open", () => openAll(backend, key, phases.flat(), zeta));
  checkIdentity(key, openings, phases.map((matrices) => matrices.length), { ...inputs, challenge });
  for (const [label, values] of [["openingsHere", openings.here.flat()], ["openingsNext", openings.next.flat()]] as const) {
    transcript.absorbExts(label, values);
    writer.exts(values);
  }
  await stage("grind", () => grindSite(backend, transcript, writer, "batchNonce", grindingBits.batch));
  const gamma = transcript.sampleExt();
  const folds = await stage("fold", () => foldToFinal(backend, key, openings, gamma, transcript, writer));
  await stage("grind", () => grindSite(backend, transcript, writer, "queryNonce", grindingBits.query));
  writeQueries(key, transcript, phases, folds, writer);
  return writer.finish();
}
