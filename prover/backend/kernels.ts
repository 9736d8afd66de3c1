// The kernels' module as seen from TypeScript: loading, task lists, and running a share of a task list.
// Owns: the task format that crosses threads. Does not own: threads (thread-pool.ts) or memory (arena.ts).
// Invariant: a task's result depends on its arguments and memory only, never on the thread that runs it;
// per-thread scratch is the only thread-dependent argument and holds nothing between tasks.

import assert from "node:assert/strict";

/** A number, or the running thread's own block: base + thread * stride. */
export type KernelArgument = number | { readonly base: number; readonly stride: number };
/** One call of one exported kernel. */
export type KernelTask = { readonly kernel: string; readonly args: readonly KernelArgument[] };
/** What a thread needs to start. Structured-clonable. */
export type KernelStart = {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** Round constants in Montgomery form. */
  readonly poseidonConstants: number;
  /** 24 round constants of keccak-f, two little-endian words each. */
  readonly keccakConstants: number;
  /** Two words: next task index of the current list, spare. */
  readonly counter: number;
};

type Kernel = (...args: number[]) => number | undefined;
export type Kernels = Readonly<Record<string, Kernel>>;

/** Instantiates the module over the shared memory for one thread. */
export async function instantiateKernels(start: KernelStart): Promise<Kernels> {
  const instance = await WebAssembly.instantiate(start.module, { env: { memory: start.memory } });
  const kernels = instance.exports as unknown as Kernels;
  kernels["setPoseidonConstants"]?.(start.poseidonConstants);
  kernels["setKeccakConstants"]?.(start.keccakConstants);
  return kernels;
}

/** Runs tasks until the shared counter passes the end; returns [task index, result] of this thread's share. */
export function runShare(
  kernels: Kernels, memory: WebAssembly.Memory, counter: number, thread: number, tasks: readonly KernelTask[],
): [number, number][] {
  const next = new Int32Array(memory.buffer, counter, 1);
  const results: [number, number][] = [];
  for (let index = Atomics.add(next, 0, 1); index < tasks.length; index = Atomics.add(next, 0, 1)) {
    const task = tasks[index] as KernelTask;
    const kernel = kernels[task.kernel];
    assert(kernel !== undefined, `no kernel ${task.kernel}`);
    const args = task.args.map((arg) => (typeof arg === "number" ? arg : arg.base + thread * arg.stride));
    results.push([index, kernel(...args) ?? 0]);
  }
  return results;
}
