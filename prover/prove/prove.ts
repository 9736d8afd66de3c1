// The STARK prover: runs PROTOCOL.md sections 5 and 6 over any backend.
// Owns: the order of commitments, challenges and bytes. Does not own: arithmetic (backend), chips (air/).
// Source: PROTOCOL.md; multi-table STARK with LogUp (eprint 2022/1530) and DEEP-FRI.
// Invariant: the proof is a function of (key, traces): no randomness, no clock, no thread count enters it.

import assert from "node:assert/strict";
import { buildPermutation } from "../air/permutation.ts";
import type { ChipTrace } from "../air/trace.ts";
import { EXT_ZERO, extScale } from "../field/ext4.ts";
import type { Ext } from "../field/ext4.ts";
import { inv } from "../field/koalabear.ts";
import type { Felt } from "../field/koalabear.ts";
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
  const built = await run.stage("lookup columns", async () => key.chips.map(({ chip }, i) => buildPermutation(chip, traces[i] as ChipTrace, alpha, beta)));
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

function writeQueries(
  key: VerifyingKey, transcript: Transcript, phases: readonly OpenedMatrix[][], folds: readonly Commitment[], writer: ProofWriter,
): void {
  const logLargest = largestLog(key);
  for (let query = 0; query < key.profile.queryCount; query++) {
    const index = transcript.sampleBits(logLargest);
    for (const matrices of phases) {
      const [first] = matrices;
      if (first === undefined) continue;
      const tallest = Math.max(...matrices.map(({ chipIndex }) => key.chips[chipIndex]?.logHeight ?? 0)) + key.profile.logBlowup;
      const opening = first.commitment.open(Math.floor(index / 2 ** (logLargest - tallest)));
      for (const row of opening.rows) writer.felts(row);
      for (const sibling of opening.siblings) writer.digest(sibling);
    }
    let position = index;
    key.foldSchedule.forEach((logArity, layer) => {
      const own = position % 2 ** logArity;
      position = Math.floor(position / 2 ** logArity);
      const { rows, siblings } = (folds[layer] as Commitment).open(position);
      const row = rows[0] as readonly Felt[];
      writer.felts([...row.slice(0, 4 * own), ...row.slice(4 * own + 4)]);
      for (const sibling of siblings) writer.digest(sibling);
    });
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
  const writer = new ProofWriter();
  const mainCommitment = await stage("commit main", () => backend.commit(traces.map(({ main }) => traceMatrix(main)), logBlowup, hash));
  transcript.absorbDigest("mainRoot", mainCommitment.root);
  writer.digest(mainCommitment.root);
  const lookupWriter = new ProofWriter();
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
