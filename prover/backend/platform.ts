// What the kernel engine asks of its surroundings: the module, and threads that take messages.
// Owns: the interface. Implementations: node-platform.ts (worker_threads, file system) and
// ../browser/browser-platform.ts (Web Workers, fetch). Does not own: what messages mean.
// Invariant: nothing above this interface knows where it runs, so proofs are byte-identical everywhere.

import type { FromWorker, ToWorker } from "./kernel-worker.ts";

/** The kernels have not been built, or cannot be had from here. */
export class KernelsMissing extends Error {
  readonly code = "KERNELS_MISSING";
}

/** One kernel thread as its owner sees it. */
export interface KernelPort {
  post(message: ToWorker): void;
  /** Called for every answer. */
  onMessage(receive: (message: FromWorker) => void): void;
  /** Called when the thread has died, with the reason. */
  onFailure(fail: (reason: string) => void): void;
  /** Whether the thread owes an answer and must keep the process alive. */
  setBusy(isBusy: boolean): void;
  stop(): Promise<void>;
}

export interface Platform {
  /** The compiled kernels. Throws KernelsMissing. */
  loadModule(): Promise<WebAssembly.Module>;
  startThread(): KernelPort;
}
