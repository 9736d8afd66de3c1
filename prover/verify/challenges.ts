/**
 * Replays the transcript: turns commitments into challenges and checks every proof of work on the way.
 *
 * Owns: the order of PROTOCOL.md section 5 as the verifier sees it. Does not own: the sponge (transcript/).
 * Invariant: every value of the proof outside the query openings is absorbed before a challenge that depends on it.
 */
import type { Ext } from "../field/ext4.ts";
import { EXT_ZERO } from "../field/ext4.ts";
import type { VerifyingKey } from "../protocol/key.ts";
import { Transcript } from "../transcript/transcript.ts";
import type { Openings, ProofHeader } from "./decode.ts";
import { PHASES } from "./layout.ts";
import type { Layout } from "./layout.ts";
import { reject } from "./verdict.ts";
import type { Rejection } from "./verdict.ts";

const DOMAIN = "KF-STARK-1";

export type Challenges = {
  /** Zero when the machine has no lookup. */
  readonly alpha: Ext;
  readonly beta: Ext;
  readonly constraint: Ext;
  readonly zeta: Ext;
  readonly batch: Ext;
  /** The chain value that gave `batch`: all a verifier of queries needs of the transcript before. Empty under Poseidon2. */
  readonly chain: Uint8Array;
  readonly folds: readonly Ext[];
  /** Positions in the largest codeword; repeats are allowed. */
  readonly indices: readonly number[];
};

/** Openings back in their order on the wire: phase by phase, chip by chip. */
const flatten = (openings: Openings): Ext[] => PHASES.flatMap((phase) => openings.flatMap((chip) => chip[phase]));

/** All challenges of a proof, or the first failed check. */
export const replayTranscript = (
  key: VerifyingKey, layout: Layout, publics: readonly number[], proof: ProofHeader,
): Challenges | Rejection => {
  const { grindingBits, queryCount } = key.profile;
  const transcript = new Transcript(DOMAIN, key.profile.hash);
  transcript.absorbDigest("shapeDigest", key.shapeDigest);
  if (key.preprocessedRoot !== undefined) transcript.absorbDigest("preprocessedRoot", key.preprocessedRoot);
  transcript.absorbFelts("publicValues", publics);
  transcript.absorbDigest("mainRoot", proof.mainRoot);
  let alpha = EXT_ZERO;
  let beta = EXT_ZERO;
  if (layout.hasLookup) {
    const isGround = transcript.checkGrind("lookupNonce", proof.lookupNonce, grindingBits.lookup);
    if (!isGround) return reject("LOOKUP_GRIND", `${grindingBits.lookup} zero bits`, `nonce ${proof.lookupNonce}`);
    alpha = transcript.sampleExt();
    beta = transcript.sampleExt();
    transcript.absorbDigest("permutationRoot", proof.permutationRoot);
    transcript.absorbExts("lookupSums", proof.lookupSums);
  }
  const constraint = transcript.sampleExt();
  transcript.absorbDigest("quotientRoot", proof.quotientRoot);
  const zeta = transcript.sampleExt();
  if (isInBaseField(zeta)) return reject("POINT_IN_BASE_FIELD", "a point outside the base field", zeta.join());
  transcript.absorbExts("openingsHere", flatten(proof.openingsHere));
  transcript.absorbExts("openingsNext", flatten(proof.openingsNext));
  const isBatchGround = transcript.checkGrind("batchNonce", proof.batchNonce, grindingBits.batch);
  if (!isBatchGround) return reject("BATCH_GRIND", `${grindingBits.batch} zero bits`, `nonce ${proof.batchNonce}`);
  const batch = transcript.sampleExt();
  const chain = transcript.chainValue;
  const folds: Ext[] = [];
  for (const { root, nonce } of proof.folds) {
    transcript.absorbDigest("foldRoot", root);
    const isFoldGround = transcript.checkGrind("foldNonce", nonce, grindingBits.fold);
    if (!isFoldGround) return reject("FOLD_GRIND", `${grindingBits.fold} zero bits`, `nonce ${nonce} of fold ${folds.length}`);
    folds.push(transcript.sampleExt());
  }
  transcript.absorbExts("finalPolynomial", proof.finalPolynomial);
  const isQueryGround = transcript.checkGrind("queryNonce", proof.queryNonce, grindingBits.query);
  if (!isQueryGround) return reject("QUERY_GRIND", `${grindingBits.query} zero bits`, `nonce ${proof.queryNonce}`);
  const indices = Array.from({ length: queryCount }, () => transcript.sampleBits(layout.largest));
  return { alpha, beta, constraint, zeta, batch, chain, folds, indices };
};

/** Every trace domain and every evaluation coset lies in the base field, so one rule keeps zeta off all of them. */
export const isInBaseField = (point: Ext): boolean => point[1] === 0 && point[2] === 0 && point[3] === 0;
