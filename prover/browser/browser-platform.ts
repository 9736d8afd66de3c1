// The kernel engine's surroundings in a cross-origin-isolated page: the module by fetch, threads of Web Workers.
// Owns: fetching, making workers, the refusal where shared memory is missing. Does not own: the message loop.
// Invariant: the module and the tasks are those of Node; only their transport differs.

import { KernelsMissing } from "../backend/platform.ts";
import type { KernelPort, Platform } from "../backend/platform.ts";
import { page } from "./web.ts";

const MODULE_URL = new URL("../build/kernels.wasm", import.meta.url);

/** The page may not use memory shared between threads. */
export class NotIsolated extends Error {
  readonly code = "NOT_CROSS_ORIGIN_ISOLATED";
}

const startThread = (): KernelPort => {
  const worker = new page.Worker(new URL("./browser-thread.ts", import.meta.url), { type: "module" });
  return {
    post: (message) => worker.postMessage(message),
    onMessage: (receive) => { worker.onmessage = (event) => receive(event.data); },
    onFailure: (fail) => { worker.onerror = (event) => fail(event.message); },
    setBusy: () => { /* A page lives as long as it is open. */ },
    stop: () => {
      worker.terminate();
      return Promise.resolve();
    },
  };
};

/** The platform of this page. Throws NotIsolated unless it is served with COOP same-origin and COEP require-corp. */
export const browserPlatform = (): Platform => {
  if (page.crossOriginIsolated !== true) {
    throw new NotIsolated("expected a cross-origin-isolated page (Cross-Origin-Opener-Policy: same-origin, Cross-Origin-Embedder-Policy: require-corp), got none");
  }
  return {
    async loadModule(): Promise<WebAssembly.Module> {
      const response = await fetch(MODULE_URL);
      if (!response.ok) throw new KernelsMissing(`${MODULE_URL.pathname}: expected the kernels, got HTTP ${response.status}`);
      return WebAssembly.compile(new Uint8Array(await response.arrayBuffer()));
    },
    startThread,
  };
};
