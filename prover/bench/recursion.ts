// The whole chain under production profiles: a keccak-f segment, R1 that verifies it, R1 that verifies
// that, and the final keccak-hashed proof that L1 would read.
// Owns: what each layer is timed on. Does not own: single proofs (proofs.ts) or printing (main.ts).
// Invariant: every layer's proof is verified before its figures are reported.

import assert from "node:assert/strict";
import { compileMachine } from "../air/ir.ts";
import type { ChipTrace } from "../air/trace.ts";
import { WasmBackend } from "../backend/wasm-backend.ts";
import type { KeyChip, PublicTerm, VerifyingKey } from "../protocol/key.ts";
import { PRODUCTION_FINAL, PRODUCTION_R1 } from "../protocol/profile.ts";
import type { Profile } from "../protocol/profile.ts";
import { prove } from "../prove/prove.ts";
import type { StageTimes } from "../prove/prove.ts";
import { setup } from "../prove/setup.ts";
import { R1, R1_PUBLIC_TERMS } from "../recursion/r1-chip.ts";
import { verifierProgram } from "../recursion/verifier-circuit.ts";
import { decodeProof } from "../verify/decode.ts";
import { layoutOf } from "../verify/layout.ts";
import { isRejection } from "../verify/verdict.ts";
import { verifyProof } from "../verify/verify.ts";
import { keccakInstance } from "./proofs.ts";

export type LayerFigures = {
  readonly name: string;
  readonly profile: string;
  readonly logHeight: number;
  readonly permutations: number | undefined;
  readonly witnessMs: number;
  readonly proveMs: number;
  /** Processor time of all threads during `proveMs`. */
  readonly processorMs: number;
  readonly verifyMs: number;
  readonly proofBytes: number;
  readonly peakBytes: number;
  readonly times: StageTimes;
};
type Layer = { readonly key: VerifyingKey; readonly publics: readonly number[]; readonly bytes: Uint8Array };

async function proveLayer(
  name: string, profile: Profile, chips: readonly KeyChip[], trace: ChipTrace, terms: readonly PublicTerm[], threadCount: number,
  about: { readonly witnessMs: number; readonly permutations: number | undefined },
): Promise<{ layer: Layer; figures: LayerFigures }> {
  const logHeight = Math.log2(trace.main.height);
  const backend = await WasmBackend.create({ threadCount, maxLogSize: logHeight + profile.logBlowup });
  try {
    const provingKey = await setup(backend, profile, chips, [trace.preprocessed], terms);
    const before = process.cpuUsage();
    const start = performance.now();
    const proof = await prove(backend, provingKey, [trace]);
    const proveMs = performance.now() - start;
    const used = process.cpuUsage(before);
    const verifyStart = performance.now();
    assert.deepEqual(verifyProof(provingKey.key, proof.publicValues, proof.bytes), { ok: true }, `${name} does not verify`);
    const verifyMs = performance.now() - verifyStart;
    return {
      layer: { key: provingKey.key, publics: proof.publicValues, bytes: proof.bytes },
      figures: {
        name, profile: profile.name, logHeight, ...about, proveMs, processorMs: (used.user + used.system) / 1000, verifyMs, proofBytes: proof.bytes.length,
        peakBytes: backend.peakBytes, times: proof.times,
      },
    };
  } finally {
    await backend.stop();
  }
}

async function recurse(name: string, profile: Profile, child: Layer, threadCount: number): Promise<{ layer: Layer; figures: LayerFigures }> {
  const start = performance.now();
  const proof = decodeProof(child.key, layoutOf(child.key), child.bytes);
  assert(!isRejection(proof), "the child's proof decodes");
  const program = verifierProgram(child.key, child.publics, proof);
  const about = { witnessMs: performance.now() - start, permutations: program.counts.permutations };
  const chips = compileMachine([R1]).map((chip) => ({ chip, logHeight: Math.log2(program.main.height) }));
  return proveLayer(name, profile, chips, program, R1_PUBLIC_TERMS, threadCount, about);
}

/** Proves the chain from a keccak segment of 2^logHeight rows; yields each layer as it is done. */
export async function* recursionChain(logHeight: number, threadCount: number): AsyncGenerator<LayerFigures> {
  const instance = keccakInstance(logHeight);
  const traceStart = performance.now();
  const trace = instance.trace();
  const about = { witnessMs: performance.now() - traceStart, permutations: undefined };
  const chips = compileMachine([instance.chip]).map((chip) => ({ chip, logHeight }));
  const segment = await proveLayer("segment", instance.profile, chips, trace, [], threadCount, about);
  yield segment.figures;
  const lift = await recurse("R1 of segment", PRODUCTION_R1, segment.layer, threadCount);
  yield lift.figures;
  const again = await recurse("R1 of R1", PRODUCTION_R1, lift.layer, threadCount);
  yield again.figures;
  yield (await recurse("final", PRODUCTION_FINAL, again.layer, threadCount)).figures;
}
