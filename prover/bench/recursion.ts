// A tree of recursion under production profiles: keccak-f segments, LIFT of each, JOINs, and the final
// keccak-hashed proof that L1 reads.
// Owns: what each layer is timed on. Does not own: the aims (aims.ts), single proofs
// (proofs.ts), the tree (recursion/prove-tree.ts) or printing (main.ts).
// Invariant: every layer's proof is verified before its figures are reported.

import assert from "node:assert/strict";
import { keccakPermutation } from "../air/chips/keccak-round.ts";
import { keccakCapacity, keccakChainTrace } from "../air/chips/keccak.ts";
import { WasmBackend } from "../backend/wasm-backend.ts";
import { prove } from "../prove/prove.ts";
import type { StageTimes } from "../prove/prove.ts";
import { setup } from "../prove/setup.ts";
import { SEGMENT_LOG_HEIGHT, SEGMENT_PROFILE, segmentChips, storedFamily } from "../recursion/production.ts";
import { proveFinal, proveLift, proveTree } from "../recursion/prove-tree.ts";
import type { Layer, ProvenLayer } from "../recursion/prove-tree.ts";
import { proveSegment } from "../recursion/store-chain.ts";
import { verifyProof } from "../verify/verify.ts";
import { storedProof } from "./l1.ts";

/** log2 of the largest codeword of the tree: a LIFT of 2^16 rows at rate 1/8, a FINAL of 2^14 at 1/32. */
const LARGEST_LOG = 19;

export type LayerFigures = {
  readonly name: string;
  readonly profile: string;
  readonly logHeight: number;
  readonly permutations: number | undefined;
  readonly witnessMs: number;
  readonly proveMs: number;
  /** Processor time of all threads over witness and proof. */
  readonly processorMs: number;
  readonly verifyMs: number;
  readonly proofBytes: number;
  /** Largest kernel memory so far. */
  readonly peakBytes: number;
  readonly times: StageTimes;
};

const timeVerify = (name: string, layer: Layer): number => {
  const start = performance.now();
  assert.deepEqual(verifyProof(layer.key, layer.publics, layer.bytes), { ok: true }, `${name} does not verify`);
  return performance.now() - start;
};

/** The aims that speak of one layer: a LIFT of 2^16 rows, and FINAL. */
export const aimedLayers = async function* (threadCount: number): AsyncGenerator<LayerFigures> {
  const backend = await WasmBackend.create({ threadCount, maxLogSize: LARGEST_LOG });
  try {
    const family = storedFamily();
    const before = process.cpuUsage();
    const segment = await proveSegment(backend, 0);
    const lift = await proveLift(backend, family, segment);
    yield figuresOf("lift 0", lift, processorMsSince(before), backend);
    const { publics, proof, logHeights } = storedProof("join");
    const joined = family.joins.find(({ key }) => verifyProof(key, publics, proof).ok)?.key;
    assert(joined !== undefined, `the stored JOIN of 2^${logHeights.join()} rows is of no stored key`);
    const start = process.cpuUsage();
    yield figuresOf("final", await proveFinal(backend, family, { key: joined, publics, bytes: proof }), processorMsSince(start), backend);
  } finally {
    await backend.stop();
  }
};

const figuresOf = (name: string, { times, ...layer }: ProvenLayer, processorMs: number, backend: WasmBackend): LayerFigures => ({
  name, profile: layer.key.profile.name, logHeight: layer.key.chips[0]?.logHeight ?? 0, permutations: times.counts.permutations,
  witnessMs: times.witnessMs, proveMs: times.proveMs, processorMs,
  verifyMs: timeVerify(name, layer), proofBytes: layer.bytes.length, peakBytes: backend.peakBytes, times: times.stages,
});

const processorMsSince = (before: NodeJS.CpuUsage): number => {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
};

/** Proves `count` segments that follow one another and the tree over them; yields each layer as it is done. */
export async function* recursionTree(count: number, threadCount: number): AsyncGenerator<LayerFigures> {
  const backend = await WasmBackend.create({ threadCount, maxLogSize: LARGEST_LOG });
  try {
    const segments: Layer[] = [];
    const steps = keccakCapacity(SEGMENT_LOG_HEIGHT);
    let state: readonly bigint[] = Array.from({ length: 25 }, (_, i) => BigInt(i));
    for (let i = 0; i < count; i++) {
      const [before, start] = [process.cpuUsage(), performance.now()];
      const trace = keccakChainTrace(SEGMENT_LOG_HEIGHT, state, steps);
      const provingStart = performance.now();
      const provingKey = await setup(backend, SEGMENT_PROFILE, segmentChips(), [trace.preprocessed]);
      const { publicValues, bytes, times } = await prove(backend, provingKey, [trace]);
      const proveMs = performance.now() - provingStart;
      backend.release([]);
      const layer = { key: provingKey.key, publics: publicValues, bytes };
      segments.push(layer);
      const processorMs = processorMsSince(before);
      yield {
        name: `segment ${i}`, profile: SEGMENT_PROFILE.name, logHeight: SEGMENT_LOG_HEIGHT, permutations: undefined, witnessMs: provingStart - start, proveMs,
        processorMs, verifyMs: timeVerify(`segment ${i}`, layer), proofBytes: bytes.length, peakBytes: backend.peakBytes, times,
      };
      for (let step = 0; step < steps; step++) state = keccakPermutation(state);
    }
    const family = storedFamily();
    let before = process.cpuUsage();
    for await (const { name, layer } of proveTree(backend, family, segments)) {
      yield figuresOf(name, layer, processorMsSince(before), backend);
      before = process.cpuUsage();
    }
  } finally {
    await backend.stop();
  }
}
