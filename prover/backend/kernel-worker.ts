// The body of one kernel thread, for any port with messages: Node's parentPort or a browser worker's self.
// Owns: the message loop. Does not own: how the thread was made (node-thread.ts).
// Invariant: answers every message with exactly one message, an error included.

import { instantiateKernels, runShare } from "./kernels.ts";
import type { KernelStart, KernelTask, Kernels } from "./kernels.ts";

export type ToWorker =
  | { readonly kind: "start"; readonly thread: number; readonly start: KernelStart }
  | { readonly kind: "run"; readonly tasks: readonly KernelTask[] };
export type FromWorker =
  | { readonly kind: "ready" }
  | { readonly kind: "done"; readonly results: [number, number][] }
  | { readonly kind: "failed"; readonly message: string };

/** Returns the handler of incoming messages; `answer` sends one back. */
export function kernelWorker(answer: (message: FromWorker) => void): (message: ToWorker) => Promise<void> {
  let running: { kernels: Kernels; start: KernelStart; thread: number } | undefined;
  return async (message) => {
    try {
      if (message.kind === "start") {
        running = { kernels: await instantiateKernels(message.start), start: message.start, thread: message.thread };
        answer({ kind: "ready" });
      } else if (running === undefined) {
        answer({ kind: "failed", message: "kernel thread: expected a start message first" });
      } else {
        const { kernels, start, thread } = running;
        answer({ kind: "done", results: runShare(kernels, start.memory, start.counter, thread, message.tasks) });
      }
    } catch (error) {
      answer({ kind: "failed", message: String(error) });
    }
  };
}
