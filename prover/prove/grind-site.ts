// One grinding site on the prover's side: search, absorb, write.
// Owns: PROTOCOL.md `grind`. Does not own: the search itself (backend) or which sites exist (key).
// Invariant: a site of zero bits leaves no trace in transcript or proof.

import assert from "node:assert/strict";
import type { Label } from "../transcript/labels.ts";
import type { Transcript } from "../transcript/transcript.ts";
import type { ProverBackend } from "./backend.ts";
import type { ProofWriter } from "./proof-writer.ts";

export async function grindSite(
  backend: ProverBackend, transcript: Transcript, writer: ProofWriter, label: Label, bitCount: number,
): Promise<void> {
  if (bitCount === 0) return;
  const nonce = await backend.grind(transcript, label, bitCount);
  assert(transcript.checkGrind(label, nonce, bitCount), `${label}: the nonce found does not meet ${bitCount} bits`);
  writer.felts([nonce]);
}
