// The page of `serve.ts`: proves a keccak-f segment in this browser, verifies it, says so on the page and to the server.
// Owns: the statement proven and its report. Does not own: anything of the proof; Node makes the same bytes.

import { KECCAK_CHAIN, keccakCapacity, keccakChainTrace } from "../air/chips/keccak.ts";
import { compileMachine } from "../air/ir.ts";
import { WasmBackend } from "../backend/wasm-backend.ts";
import { TEST_FAST } from "../protocol/profile.ts";
import type { VerifyingKey } from "../protocol/key.ts";
import { prove } from "../prove/prove.ts";
import type { Proof } from "../prove/prove.ts";
import { setup } from "../prove/setup.ts";
import { verifyProof } from "../verify/verify.ts";
import { browserPlatform } from "./browser-platform.ts";
import { page } from "./web.ts";

const LOG_HEIGHT = 6;

/** The page's proof on any backend. */
export const demoProof = async (backend: WasmBackend): Promise<Proof & { readonly key: VerifyingKey }> => {
  const trace = keccakChainTrace(LOG_HEIGHT, Array.from({ length: 25 }, (_, i) => BigInt(i)), keccakCapacity(LOG_HEIGHT));
  const provingKey = await setup(backend, TEST_FAST, compileMachine([KECCAK_CHAIN]).map((chip) => ({ chip, logHeight: LOG_HEIGHT })), [trace.preprocessed]);
  const { publicValues, bytes } = await prove(backend, provingKey, [trace]);
  return { key: provingKey.key, publicValues, bytes };
};

const runInPage = async (): Promise<void> => {
  const report = async (outcome: Record<string, unknown>): Promise<void> => {
    if (page.document !== undefined) page.document.body.textContent = JSON.stringify(outcome);
    await fetch("/report", { method: "POST", body: JSON.stringify(outcome) });
  };
  try {
    const backend = await WasmBackend.create({ threadCount: 2, maxLogSize: LOG_HEIGHT + 1, platform: browserPlatform() });
    const start = performance.now();
    const { key, publicValues, bytes } = await demoProof(backend);
    const proveMs = performance.now() - start;
    const verdict = verifyProof(key, publicValues, bytes);
    await report({ verdict, proveMs, isIsolated: page.crossOriginIsolated, proof: [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("") });
  } catch (error) {
    await report({ error: String(error) });
  }
};

if (page.document !== undefined) await runInPage();
