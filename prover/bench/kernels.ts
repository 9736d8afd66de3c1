// Speed of single kernels on one core: products, permutations, leaf hashing, transforms.
// Owns: what is timed and how (best of three runs). Does not own: whole proofs (proofs.ts) or printing (main.ts).
// Invariant: the timed kernels are the ones proofs run, on data of production shape.

import { GENERATOR } from "../field/koalabear.ts";
import { Engine } from "../backend/engine.ts";
import type { KernelTask } from "../backend/kernels.ts";

/** One measured rate. */
export type Rate = { readonly name: string; readonly value: number; readonly unit: string };

async function bestRate(engine: Engine, work: number, task: KernelTask): Promise<number> {
  let best = 0;
  for (let run = 0; run < 4; run++) {
    const start = performance.now();
    await engine.pool.run([task]);
    best = Math.max(best, work / ((performance.now() - start) / 1000));
  }
  return best;
}

/** Rates of one core, in millions a second. */
export async function kernelRates(): Promise<Rate[]> {
  const engine = await Engine.create({ threadCount: 1, maxLogSize: 18 });
  const { arena, hashScratch } = engine;
  const rates: Rate[] = [];
  const note = async (name: string, unit: string, work: number, task: KernelTask): Promise<void> => {
    const value = (await bestRate(engine, work, task)) / 1e6;
    rates.push({ name, unit, value });
  };
  const data = engine.allocateZero(32 * 2 ** 18);
  arena.words(data, 8 * 2 ** 18).forEach((_, i, words) => (words[i] = (i * 2654435761) % 0x7f000001));
  const out = arena.allocate(32 * 2 ** 18);
  await note("Montgomery product", "M/s", 2 ** 21, { kernel: "multiplyVectors", args: [data, data, out, 2 ** 21] });
  await note("extension product", "M/s", 2 ** 19, { kernel: "multiplyExts", args: [data, data, out, 2 ** 19] });
  await note("Poseidon2-16", "M permutations/s", 2 ** 17, { kernel: "permuteMany", args: [data, 2 ** 15] });
  await note("leaf hashing, 64 columns", "M permutations/s", 2 ** 15 * 8, {
    kernel: "hashRows", args: [hashScratch, data, 32 * 2 ** 15, 32, 8, 8, 0, 2 ** 15, out],
  });
  await note("leaf hashing, keccak, 64 columns", "M permutations/s", 2 ** 15 * 2, {
    kernel: "hashRowsKeccak", args: [hashScratch, data, 32 * 2 ** 15, 32, 8, 8, 0, 2 ** 15, out],
  });
  for (const log of [16, 18]) {
    const nodes = await engine.cosetNodes(log, GENERATOR);
    await note(`transform of 2^${log} rows`, "M elements/s", 8 * 2 ** log, { kernel: "extendBlocks", args: [data, log, 0, 0, 1, nodes] });
  }
  await engine.pool.stop();
  return rates;
}
