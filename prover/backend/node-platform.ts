// The kernel engine's surroundings in Node: the built module on disk, threads of worker_threads.
// Owns: reading build/kernels.wasm, making workers. Does not own: their message loop (kernel-worker.ts).
// Invariant: an idle thread never keeps the process alive: a forgotten stop() must not hang it.

import { readFile } from "node:fs/promises";
import { Worker } from "node:worker_threads";
import type { FromWorker } from "./kernel-worker.ts";
import { KernelsMissing } from "./platform.ts";
import type { KernelPort, Platform } from "./platform.ts";

const MODULE_URL = new URL("../build/kernels.wasm", import.meta.url);

export const nodePlatform: Platform = {
  async loadModule(): Promise<WebAssembly.Module> {
    let bytes: Uint8Array<ArrayBuffer>;
    try {
      bytes = new Uint8Array(await readFile(MODULE_URL));
    } catch (error) {
      throw new KernelsMissing(`prover/build/kernels.wasm is not there: run \`npm run build -w prover\` (${String(error)})`);
    }
    return WebAssembly.compile(bytes);
  },
  startThread(): KernelPort {
    // Flags of the parent (--eval, --test, --input-type) are not for a kernel thread.
    const worker = new Worker(new URL("./node-thread.ts", import.meta.url), { execArgv: [] });
    return {
      post: (message) => worker.postMessage(message),
      onMessage: (receive) => worker.on("message", (message: FromWorker) => receive(message)),
      onFailure: (fail) => {
        worker.on("error", (error) => fail(String(error)));
        worker.on("exit", (exitCode) => fail(`exited with ${exitCode}`));
      },
      setBusy: (isBusy) => { if (isBusy) worker.ref(); else worker.unref(); },
      stop: async () => { await worker.terminate(); },
    };
  },
};
