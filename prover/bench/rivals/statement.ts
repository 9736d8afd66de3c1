// The statement that every prover is asked for: keccak-f applied `permutations` times leads from one public state to another.
// Owns: the start, the end, the options and the answer of a rival's process. Does not own: any prover (sibling files).
// Invariant: a process prints one JSON object, and only after its own verifier accepted the proof of this statement.

import { parseArgs } from "node:util";
import { keccakPermutation } from "../../air/chips/keccak-round.ts";
import type { State } from "../../air/chips/keccak-round.ts";

/** What a process measured; `setupMs` is what is done once for a circuit, outside the rate. */
export type RivalFigures = {
  readonly permutations: number; readonly proveMs: number; readonly processorMs: number; readonly setupMs: number; readonly verifyMs: number; readonly proofBytes: number;
  readonly peakBytes: number; readonly note: string;
};

export type RivalRequest = { readonly folder: string; readonly permutations: number; readonly threads: number; readonly start: State; readonly end: State };

export const CHAIN_START: State = Array.from({ length: 25 }, (_, i) => (BigInt(i) * 0x9e3779b97f4a7c15n) % 2n ** 64n);

/** A proof with the wall and processor time (of all threads of the process) that it took. */
export async function timed<T>(prove: () => Promise<T>): Promise<{ readonly value: T; readonly proveMs: number; readonly processorMs: number }> {
  const [start, used] = [performance.now(), process.cpuUsage()];
  const value = await prove();
  const { user, system } = process.cpuUsage(used);
  return { value, proveMs: performance.now() - start, processorMs: (user + system) / 1000 };
}

/** The state after `permutations` steps. */
export function chainEnd(start: State, permutations: number): State {
  let state = start;
  for (let i = 0; i < permutations; i++) state = keccakPermutation(state);
  return state;
}

/** Runs a rival's process: options in, figures out. */
export async function answer(measure: (request: RivalRequest) => Promise<Omit<RivalFigures, "peakBytes">>): Promise<void> {
  const { values } = parseArgs({ options: { folder: { type: "string" }, permutations: { type: "string" }, threads: { type: "string" } } });
  const [permutations, threads] = [Number(values.permutations), Number(values.threads)];
  if (values.folder === undefined || !(permutations > 0) || !(threads > 0)) throw new RangeError("expected --folder, --permutations and --threads");
  const figures = await measure({ folder: values.folder, permutations, threads, start: CHAIN_START, end: chainEnd(CHAIN_START, permutations) });
  process.stdout.write(`${JSON.stringify({ ...figures, peakBytes: 1024 * process.resourceUsage().maxRSS })}\n`);
  // Their worker pools keep a process alive.
  process.exit(0);
}
