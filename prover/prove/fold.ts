// DEEP codewords and their folding: the low-degree test's prover side.
// Owns: PROTOCOL.md 5.8 to 5.10. Does not own: query openings (prove.ts) or arithmetic (backend).
// Source: DEEP-FRI with key-defined arities and roll-in factor beta^arity (review P9, GHSA-f69f).
// Invariant: every occupied size is rolled in exactly once; the final word is a polynomial of the key's length.

import assert from "node:assert/strict";
import { extIsZero } from "../field/ext4.ts";
import type { Ext } from "../field/ext4.ts";
import { interpolateExtBitReversed } from "../ntt/ntt.ts";
import { largestLog } from "../protocol/key.ts";
import type { VerifyingKey } from "../protocol/key.ts";
import type { Transcript } from "../transcript/transcript.ts";
import type { Codeword, Commitment, ProverBackend } from "./backend.ts";
import { grindSite } from "./grind-site.ts";
import { deepRequest } from "./openings.ts";
import type { Openings } from "./openings.ts";
import type { ProofWriter } from "./proof-writer.ts";

/** The folded word is no low-degree polynomial: a fault of the backend, since honest openings always fold to one. */
export class NotLowDegree extends Error {
  readonly code = "NOT_LOW_DEGREE";
}

/** Commits and folds down to the final polynomial; returns the commitment of each fold. */
export async function foldToFinal(
  backend: ProverBackend, key: VerifyingKey, openings: Openings, gamma: Ext, transcript: Transcript, writer: ProofWriter,
): Promise<Commitment[]> {
  const occupied = new Set(key.chips.map(({ logHeight }) => logHeight + key.profile.logBlowup));
  const build = (logSize: number): Promise<Codeword> =>
    backend.deep(deepRequest(key, openings, logSize - key.profile.logBlowup, gamma));
  let logSize = largestLog(key);
  let word = await build(logSize);
  const commitments: Commitment[] = [];
  for (const logArity of key.foldSchedule) {
    const commitment = await backend.commitFold(word, logArity, key.profile.hash);
    commitments.push(commitment);
    transcript.absorbDigest("foldRoot", commitment.root);
    writer.digest(commitment.root);
    await grindSite(backend, transcript, writer, "foldNonce", key.profile.grindingBits.fold);
    const challenge = transcript.sampleExt();
    logSize -= logArity;
    word = await backend.fold(word, logArity, challenge, occupied.has(logSize) ? await build(logSize) : undefined);
  }
  const coefficients = interpolateExtBitReversed(await backend.read(word));
  const length = 2 ** key.logFinalLength;
  assert.equal(coefficients.length, length * 2 ** key.profile.logBlowup);
  if (!coefficients.slice(length).every(extIsZero)) {
    throw new NotLowDegree("the folded word is not a polynomial of the final length: the backend computed something wrong");
  }
  const final = coefficients.slice(0, length);
  transcript.absorbExts("finalPolynomial", final);
  writer.exts(final);
  return commitments;
}
