// Whole proofs under production profiles: commitment rate, keccak-f and Poseidon2 chains, time by stage.
// Owns: the instances measured. Does not own: kernels (kernels.ts) or printing (main.ts).
// Invariant: every timed proof is verified before its figures are reported; padding, commitments and
// grinding are inside the time (review section 7: real work over wall time).

import assert from "node:assert/strict";
import { KECCAK_CHAIN, keccakCapacity, keccakChainTrace } from "../air/chips/keccak.ts";
import { POSEIDON2_CHAIN, poseidon2ChainTrace } from "../air/chips/poseidon2.ts";
import type { ChipDefinition } from "../air/chip.ts";
import { compileMachine } from "../air/ir.ts";
import type { ChipTrace } from "../air/trace.ts";
import { WasmBackend } from "../backend/wasm-backend.ts";
import { PRODUCTION_R1, PRODUCTION_SEGMENT } from "../protocol/profile.ts";
import type { Profile } from "../protocol/profile.ts";
import { prove } from "../prove/prove.ts";
import type { StageTimes } from "../prove/prove.ts";
import { setup } from "../prove/setup.ts";
import { verifyProof } from "../verify/verify.ts";

export type ProofFigures = {
  readonly name: string;
  readonly profile: string;
  readonly keyDigest: string;
  readonly rows: number;
  readonly columns: number;
  readonly work: { readonly count: number; readonly unit: string };
  readonly traceMs: number;
  readonly proveMs: number;
  /** Processor time of all threads during `proveMs`: shows when other programs held the cores. */
  readonly processorMs: number;
  readonly verifyMs: number;
  readonly proofBytes: number;
  readonly peakBytes: number;
  readonly times: StageTimes;
};

type Instance = {
  readonly name: string; readonly chip: ChipDefinition; readonly logHeight: number; readonly profile: Profile;
  readonly work: { readonly count: number; readonly unit: string }; readonly trace: () => ChipTrace;
};

/** `profile` is production-segment, or production-segment-wide as in the recursion over keccak segments. */
export function keccakInstance(logHeight: number, profile: Profile = PRODUCTION_SEGMENT): Instance {
  const count = keccakCapacity(logHeight);
  const start = Array.from({ length: 25 }, (_, i) => BigInt(i) * 0x9e3779b97f4a7c15n % 2n ** 64n);
  return {
    name: "keccak-f chain", chip: KECCAK_CHAIN, logHeight, profile,
    work: { count, unit: "keccak-f permutations" }, trace: () => keccakChainTrace(logHeight, start, count),
  };
}

export function poseidon2Instance(logHeight: number): Instance {
  const start = Array.from({ length: 16 }, (_, i) => i + 1);
  return {
    name: "Poseidon2 chain", chip: POSEIDON2_CHAIN, logHeight, profile: PRODUCTION_R1,
    work: { count: 2 ** logHeight, unit: "Poseidon2 permutations" }, trace: () => poseidon2ChainTrace(logHeight, start),
  };
}

/** Proves and verifies one instance. Throws if the proof does not verify. */
export async function measureProof(instance: Instance, threadCount: number): Promise<ProofFigures> {
  const { profile, logHeight } = instance;
  const backend = await WasmBackend.create({ threadCount, maxLogSize: logHeight + profile.logBlowup });
  try {
    const traceStart = performance.now();
    const trace = instance.trace();
    const traceMs = performance.now() - traceStart;
    const chips = compileMachine([instance.chip]).map((chip) => ({ chip, logHeight }));
    const provingKey = await setup(backend, profile, chips, [trace.preprocessed]);
    const before = process.cpuUsage();
    const start = performance.now();
    const proof = await prove(backend, provingKey, [trace]);
    const proveMs = performance.now() - start;
    const used = process.cpuUsage(before);
    const verifyStart = performance.now();
    const verdict = verifyProof(provingKey.key, proof.publicValues, proof.bytes);
    const verifyMs = performance.now() - verifyStart;
    assert.deepEqual(verdict, { ok: true }, "the measured proof does not verify");
    return {
      name: instance.name, profile: profile.name, work: instance.work, rows: 2 ** logHeight, columns: instance.chip.mainColumns.length,
      keyDigest: provingKey.key.digest.map((felt) => felt.toString(16).padStart(8, "0")).join(""), traceMs, proveMs,
      processorMs: (used.user + used.system) / 1000, verifyMs, proofBytes: proof.bytes.length, peakBytes: backend.peakBytes, times: proof.times,
    };
  } finally {
    await backend.stop();
  }
}

/** Trace cells extended by 2, hashed and committed a second. */
export async function commitRate(threadCount: number, logHeight: number, width: number): Promise<number> {
  const backend = await WasmBackend.create({ threadCount, maxLogSize: logHeight + 1 });
  const values = Uint32Array.from({ length: width * 2 ** logHeight }, (_, i) => (i * 2654435761) % 0x7f000001);
  let best = 0;
  for (let run = 0; run < 2; run++) {
    const start = performance.now();
    await backend.commit([{ logHeight, width, values, form: "values" }], 1, "poseidon2");
    best = Math.max(best, values.length / ((performance.now() - start) / 1000));
    backend.release([]);
  }
  await backend.stop();
  return best;
}
