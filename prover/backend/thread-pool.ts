// Runs lists of kernel tasks on this thread or on worker threads over the shared memory.
// Owns: starting, feeding and stopping threads. Does not own: what the tasks mean.
// Invariant: `run` resolves when every task has run, with results in task order whatever thread ran them.

import { instantiateKernels, runShare } from "./kernels.ts";
import type { KernelStart, KernelTask, Kernels } from "./kernels.ts";
import type { FromWorker, ToWorker } from "./kernel-worker.ts";
import type { KernelPort, Platform } from "./platform.ts";

/** A kernel thread failed or died; the proof in progress is lost, the inputs are not. */
export class KernelThreadFailure extends Error {
  readonly code = "KERNEL_THREAD_FAILURE";
}

class KernelThread {
  readonly #port: KernelPort;
  #settle: { resolve: (results: [number, number][]) => void; reject: (error: Error) => void } | undefined;

  constructor(port: KernelPort) {
    this.#port = port;
    port.onMessage((message) => this.#receive(message));
    port.onFailure((reason) => this.#fail(reason));
  }

  ask(message: ToWorker): Promise<[number, number][]> {
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      this.#port.setBusy(true);
      this.#port.post(message);
    });
  }

  async stop(): Promise<void> {
    this.#settle = undefined;
    await this.#port.stop();
  }

  #receive(message: FromWorker): void {
    if (message.kind === "failed") {
      this.#fail(message.message);
      return;
    }
    const settle = this.#settle;
    this.#settle = undefined;
    this.#port.setBusy(false);
    settle?.resolve(message.kind === "done" ? message.results : []);
  }

  #fail(reason: string): void {
    const settle = this.#settle;
    this.#settle = undefined;
    this.#port.setBusy(false);
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
  static async create(platform: Platform, threadCount: number, start: KernelStart): Promise<ThreadPool> {
    if (!Number.isInteger(threadCount) || threadCount < 1) throw new RangeError(`threads: expected at least 1, got ${threadCount}`);
    const own = await instantiateKernels(start);
    const threads = threadCount === 1 ? [] : Array.from({ length: threadCount }, () => new KernelThread(platform.startThread()));
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
