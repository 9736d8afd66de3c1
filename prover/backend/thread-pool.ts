// Runs lists of kernel tasks on this thread or on worker threads over the shared memory.
// Owns: starting, feeding and stopping threads. Does not own: what the tasks mean.
// Invariant: `run` resolves when every task has run, with results in task order whatever thread ran them.

import { Worker } from "node:worker_threads";
import { instantiateKernels, runShare } from "./kernels.ts";
import type { KernelStart, KernelTask, Kernels } from "./kernels.ts";
import type { FromWorker, ToWorker } from "./kernel-worker.ts";

/** A kernel thread failed or died; the proof in progress is lost, the inputs are not. */
export class KernelThreadFailure extends Error {
  readonly code = "KERNEL_THREAD_FAILURE";
}

class KernelThread {
  readonly #worker: Worker;
  #settle: { resolve: (results: [number, number][]) => void; reject: (error: Error) => void } | undefined;

  constructor() {
    // Flags of the parent (--eval, --test, --input-type) are not for a kernel thread.
    this.#worker = new Worker(new URL("./node-thread.ts", import.meta.url), { execArgv: [] });
    this.#worker.on("message", (message: FromWorker) => this.#receive(message));
    this.#worker.on("error", (error) => this.#fail(String(error)));
    this.#worker.on("exit", (exitCode) => this.#fail(`exited with ${exitCode}`));
  }

  ask(message: ToWorker): Promise<[number, number][]> {
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      // Only a thread that owes an answer keeps the process alive: a forgotten stop() must not hang it.
      this.#worker.ref();
      this.#worker.postMessage(message);
    });
  }

  async stop(): Promise<void> {
    this.#settle = undefined;
    await this.#worker.terminate();
  }

  #receive(message: FromWorker): void {
    if (message.kind === "failed") {
      this.#fail(message.message);
      return;
    }
    const settle = this.#settle;
    this.#settle = undefined;
    this.#worker.unref();
    settle?.resolve(message.kind === "done" ? message.results : []);
  }

  #fail(reason: string): void {
    const settle = this.#settle;
    this.#settle = undefined;
    this.#worker.unref();
    settle?.reject(new KernelThreadFailure(`kernel thread: ${reason}`));
  }
}

export class ThreadPool {
  readonly threadCount: number;
  readonly #start: KernelStart;
  readonly #own: Kernels;
  readonly #threads: readonly KernelThread[];

  private constructor(threadCount: number, start: KernelStart, own: Kernels, threads: readonly KernelThread[]) {
    this.threadCount = threadCount;
    this.#start = start;
    this.#own = own;
    this.#threads = threads;
  }

  /** With one thread, kernels run on the caller's thread and no worker is made. */
  static async create(threadCount: number, start: KernelStart): Promise<ThreadPool> {
    if (!Number.isInteger(threadCount) || threadCount < 1) throw new RangeError(`threads: expected at least 1, got ${threadCount}`);
    const own = await instantiateKernels(start);
    const threads = threadCount === 1 ? [] : Array.from({ length: threadCount }, () => new KernelThread());
    await Promise.all(threads.map((thread, i) => thread.ask({ kind: "start", thread: i, start })));
    return new ThreadPool(threadCount, start, own, threads);
  }

  /** Runs all tasks, in any order and at the same time; they must not depend on each other. */
  async run(tasks: readonly KernelTask[]): Promise<number[]> {
    const { memory, counter } = this.#start;
    Atomics.store(new Int32Array(memory.buffer, counter, 1), 0, 0);
    const shares = this.#threads.length === 0
      ? [runShare(this.#own, memory, counter, 0, tasks)]
      : await Promise.all(this.#threads.map((thread) => thread.ask({ kind: "run", tasks })));
    const results = Array.from({ length: tasks.length }, () => 0);
    for (const share of shares) for (const [index, result] of share) results[index] = result;
    return results;
  }

  async stop(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.stop()));
  }
}
