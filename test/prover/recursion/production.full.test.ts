// The stored keys, built anew. And the production chain: a segment proof under production-segment, verified by R1 under production-r1, and that proof
// verified by R1 again; every layer claims at least 100 bits and verifies in the TypeScript verifier.
import assert from "node:assert/strict";
import { test } from "node:test";
import { compileMachine } from "../../../prover/air/ir.ts";
import { SHUFFLE_MACHINE, shuffleTraces } from "../../../prover/air/chips/shuffle.ts";
import type { ShuffleHeights } from "../../../prover/air/chips/shuffle.ts";
import { WasmBackend } from "../../../prover/backend/wasm-backend.ts";
import { PRODUCTION_R1, PRODUCTION_SEGMENT } from "../../../prover/protocol/profile.ts";
import type { VerifyingKey } from "../../../prover/protocol/key.ts";
import { prove } from "../../../prover/prove/prove.ts";
import { setup } from "../../../prover/prove/setup.ts";
import { buildFamily } from "../../../prover/recursion/family.ts";
import { storedKeys } from "../../../prover/protocol/node-keys.ts";
import { KECCAK_INTERVAL, NODE_PROFILES, segmentKey } from "../../../prover/recursion/production.ts";
import { R1_PUBLIC_TERMS } from "../../../prover/air/chips/r1.ts";
import { storedKeysOf } from "../../../prover/recursion/store-chain.ts";
import { statementDigest, verifierProgram } from "../../../prover/recursion/verifier-circuit.ts";
import { REQUIRED_BITS, securityOfKey } from "../../../prover/security/key.ts";
import { decodeProof } from "../../../prover/verify/decode.ts";
import { layoutOf } from "../../../prover/verify/layout.ts";
import { isRejection } from "../../../prover/verify/verdict.ts";
import { verifyProof } from "../../../prover/verify/verify.ts";
import { R1_CHIPS } from "./r1-check.ts";

test("the stored keys are those that the source makes", { timeout: 1_200_000 }, async (context) => {
  const backend = await WasmBackend.create({ threadCount: 2, maxLogSize: 19 });
  context.after(() => backend.stop());
  assert.deepEqual(storedKeysOf(await buildFamily(backend, { key: segmentKey(), interval: KECCAK_INTERVAL }, NODE_PROFILES)), storedKeys());
});

const HEIGHTS: ShuffleHeights = [10, 12, 8];
type Layer = { readonly key: VerifyingKey; readonly publics: readonly number[]; readonly bytes: Uint8Array };

test("a production segment proof is lifted by R1 and that proof by R1, each layer at 100 bits or more", { timeout: 600_000 }, async (context) => {
  const backend = await WasmBackend.create({ threadCount: 2, maxLogSize: 18 });
  context.after(() => backend.stop());
  const traces = shuffleTraces([{ key: 5, value: 7 }, { key: 3, value: 15 }], HEIGHTS);
  const chips = compileMachine(SHUFFLE_MACHINE).map((chip, i) => ({ chip, logHeight: HEIGHTS[i] ?? 0 }));
  const segment = await setup(backend, PRODUCTION_SEGMENT, chips, traces.map((trace) => trace.preprocessed));
  const proof = await prove(backend, segment, traces);
  let layer: Layer = { key: segment.key, publics: proof.publicValues, bytes: proof.bytes };
  const [chip] = R1_CHIPS;
  assert(chip !== undefined);
  const logHeights: number[] = [];
  for (let depth = 0; depth < 3; depth += 1) {
    assert.deepEqual(verifyProof(layer.key, layer.publics, layer.bytes), { ok: true }, `depth ${depth}`);
    const { bits } = securityOfKey(layer.key);
    assert(bits >= REQUIRED_BITS, `depth ${depth}: ${bits} bits`);
    if (depth === 2) break;
    const decoded = decodeProof(layer.key, layoutOf(layer.key), layer.bytes);
    assert(!isRejection(decoded));
    const program = verifierProgram(layer.key, layer.publics, decoded);
    const logHeight = Math.log2(program.main.height);
    logHeights.push(logHeight);
    context.diagnostic(`depth ${depth}: 2^${logHeight} rows, ${JSON.stringify(program.counts)}`);
    const lifted = await setup(backend, PRODUCTION_R1, [{ chip, logHeight }], [program.preprocessed], R1_PUBLIC_TERMS);
    const { publicValues, bytes } = await prove(backend, lifted, [{ preprocessed: program.preprocessed, main: program.main, publics: program.publics }]);
    assert.deepEqual(publicValues.slice(0, 8), statementDigest(layer.key, layer.publics));
    layer = { key: lifted.key, publics: publicValues, bytes };
  }
  assert.deepEqual(logHeights, [15, 14]);
});
