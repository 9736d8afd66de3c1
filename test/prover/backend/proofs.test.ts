// Proofs are a function of key and trace: the same bytes from the reference backend and from the
// kernels with one, two and three threads, and the verifier accepts them.
// Owns the whole-proof differential of prover/backend/.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { FIBONACCI, fibonacciTrace } from "../../../prover/air/chips/fibonacci.ts";
import { POSEIDON2_CHAIN, poseidon2ChainTrace } from "../../../prover/air/chips/poseidon2.ts";
import { SHUFFLE_MACHINE, shuffleTraces } from "../../../prover/air/chips/shuffle.ts";
import type { ChipDefinition } from "../../../prover/air/chip.ts";
import { compileMachine } from "../../../prover/air/ir.ts";
import type { ChipTrace } from "../../../prover/air/trace.ts";
import { WasmBackend } from "../../../prover/backend/wasm-backend.ts";
import { TEST_FAST, TEST_KECCAK, TEST_NO_GRINDING } from "../../../prover/protocol/profile.ts";
import type { Profile } from "../../../prover/protocol/profile.ts";
import type { ProverBackend } from "../../../prover/prove/backend.ts";
import { prove } from "../../../prover/prove/prove.ts";
import { ReferenceBackend } from "../../../prover/prove/reference-backend.ts";
import { setup } from "../../../prover/prove/setup.ts";
import { verifyProof } from "../../../prover/verify/verify.ts";

type Case = { readonly name: string; readonly machine: readonly ChipDefinition[]; readonly traces: ChipTrace[] };
const pairs = [{ key: 5, value: 7 }, { key: 3, value: 15 }, { key: 10, value: 0 }];
const cases: readonly Case[] = [
  { name: "fibonacci 2^2", machine: [FIBONACCI], traces: [fibonacciTrace(2, 1, 1)] },
  { name: "fibonacci 2^9", machine: [FIBONACCI], traces: [fibonacciTrace(9, 3, 4)] },
  { name: "shuffle 6/3/8", machine: SHUFFLE_MACHINE, traces: shuffleTraces(pairs, [6, 3, 8]) },
  { name: "shuffle 5/5/5, one height", machine: SHUFFLE_MACHINE, traces: shuffleTraces(pairs, [5, 5, 5]) },
  { name: "poseidon2 2^4", machine: [POSEIDON2_CHAIN], traces: [poseidon2ChainTrace(4, Array.from({ length: 16 }, (_, i) => i))] },
];

async function proofOf(backend: ProverBackend, profile: Profile, { machine, traces }: Case): Promise<Uint8Array> {
  const chips = compileMachine(machine).map((chip, i) => ({ chip, logHeight: Math.log2(traces[i]?.main.height ?? 0) }));
  const provingKey = await setup(backend, profile, chips, traces.map(({ preprocessed }) => preprocessed));
  const proof = await prove(backend, provingKey, traces);
  assert.deepEqual(verifyProof(provingKey.key, proof.publicValues, proof.bytes), { ok: true });
  backend.release([]);
  return proof.bytes;
}

test("every backend and thread count gives the same accepted bytes", async (context) => {
  const engines = await Promise.all([1, 2, 3].map((threadCount) => WasmBackend.create({ threadCount, maxLogSize: 12 })));
  context.after(() => Promise.all(engines.map((engine) => engine.stop())));
  for (const profile of [TEST_FAST, TEST_NO_GRINDING, TEST_KECCAK]) {
    for (const instance of cases) {
      const heights = new Set(instance.traces.map(({ main }) => main.height));
      if (profile.hash === "keccak256" && heights.size > 1) continue;
      const reference = Buffer.from(await proofOf(new ReferenceBackend(), profile, instance));
      for (const [i, engine] of engines.entries()) {
        const bytes = await proofOf(engine, profile, instance);
        assert.ok(reference.equals(bytes), `${instance.name}, ${profile.name}, ${i + 1} threads`);
      }
    }
  }
});

test("a process that forgets to stop its threads still ends", () => {
  const script = `
    import { WasmBackend } from ${JSON.stringify(new URL("../../../prover/backend/wasm-backend.ts", import.meta.url).href)};
    const backend = await WasmBackend.create({ threadCount: 2, maxLogSize: 8 });
    const values = Uint32Array.from({ length: 64 }, (_, i) => i);
    const { root } = await backend.commit([{ logHeight: 4, width: 4, values, form: "values" }], 1, "poseidon2");
    console.log(root.length);`;
  const output = execFileSync(process.execPath, ["--input-type=module", "--eval", script], { timeout: 30_000, encoding: "utf8" });
  assert.equal(output.trim(), "8");
});

test("a proving key serves proof after proof: what it keeps survives the release of each proof's memory", async (context) => {
  const engine = await WasmBackend.create({ threadCount: 1, maxLogSize: 10 });
  context.after(() => engine.stop());
  const { machine, traces } = cases[2] as Case;
  const chips = compileMachine(machine).map((chip, i) => ({ chip, logHeight: Math.log2(traces[i]?.main.height ?? 0) }));
  const provingKey = await setup(engine, TEST_FAST, chips, traces.map(({ preprocessed }) => preprocessed));
  const first = await prove(engine, provingKey, traces);
  const peak = engine.peakBytes;
  for (let i = 0; i < 3; i++) assert.deepEqual((await prove(engine, provingKey, traces)).bytes, first.bytes);
  assert.equal(engine.peakBytes, peak, "memory of earlier proofs was not given back");
});
