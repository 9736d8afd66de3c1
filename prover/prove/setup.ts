// From a machine to a proving key: commits the preprocessed columns and makes the verifying key.
// Owns: the binding of chips, heights and preprocessed traces. Does not own: key validity (protocol/key.ts).
// Source: PROTOCOL.md section 4; review P4 (the preprocessed root is apart from the shape).
// Invariant: the proving key's preprocessed commitment is the one whose root the key names.

import assert from "node:assert/strict";
import type { Trace } from "../air/trace.ts";
import { hasPreprocessed, makeKey, makeShape } from "../protocol/key.ts";
import type { KeyChip, PublicTerm, VerifyingKey } from "../protocol/key.ts";
import type { Profile } from "../protocol/profile.ts";
import type { CommitMatrix, Commitment, ProverBackend } from "./backend.ts";

export type ProvingKey = {
  readonly key: VerifyingKey;
  readonly preprocessed: Commitment | undefined;
  /** One per chip, width 0 where the chip has no preprocessed column. */
  readonly preprocessedTraces: readonly Trace[];
};

/** A trace as a matrix of values to commit. */
export function traceMatrix(trace: Trace): CommitMatrix {
  return { logHeight: Math.log2(trace.height), width: trace.width, values: trace.values, form: "values" };
}

/** Makes the key of a machine. Throws InvalidKey if profile, heights or buses break a rule. */
export async function setup(
  backend: ProverBackend, profile: Profile, chips: readonly KeyChip[], preprocessedTraces: readonly Trace[],
  publicTerms: readonly PublicTerm[] = [],
): Promise<ProvingKey> {
  assert.equal(preprocessedTraces.length, chips.length, "preprocessed traces");
  chips.forEach(({ chip, logHeight }, i) => {
    const trace = preprocessedTraces[i];
    assert.equal(trace?.width, chip.preprocessedWidth, `chip ${chip.name}: preprocessed width`);
    assert.equal(trace?.height, 2 ** logHeight, `chip ${chip.name}: preprocessed height`);
  });
  const shape = makeShape(profile, chips, publicTerms);
  const preprocessed = hasPreprocessed(shape)
    ? await backend.commit(preprocessedTraces.filter(({ width }) => width > 0).map(traceMatrix), profile.logBlowup, profile.hash)
    : undefined;
  return { key: makeKey(shape, preprocessed?.root), preprocessed, preprocessedTraces };
}
