/**
 * The machines this build knows by name: their chips in key order and the preprocessed columns for given heights.
 *
 * Owns: the names a proof file may carry. Does not own: heights, profiles or keys.
 * Invariant: a machine's preprocessed columns depend on nothing but the heights, so anyone can recompute its key.
 */
import { FIBONACCI } from "./chips/fibonacci.ts";
import { KECCAK_CHAIN } from "./chips/keccak.ts";
import { POSEIDON2_CHAIN } from "./chips/poseidon2.ts";
import { rangePreprocessed } from "./chips/range.ts";
import { SHUFFLE_MACHINE } from "./chips/shuffle.ts";
import type { ChipDefinition } from "./chip.ts";
import { emptyTrace } from "./trace.ts";
import type { Trace } from "./trace.ts";

export type Machine = {
  readonly name: string;
  readonly chips: readonly ChipDefinition[];
  /** Preprocessed columns of the chip at `index` with 2^logHeight rows. */
  readonly preprocessed: (index: number, logHeight: number) => Trace;
};

const withoutPreprocessed = (_: number, logHeight: number): Trace => emptyTrace(0, 2 ** logHeight);

export const MACHINES: readonly Machine[] = [
  { name: "fibonacci", chips: [FIBONACCI], preprocessed: withoutPreprocessed },
  {
    name: "shuffle", chips: SHUFFLE_MACHINE,
    preprocessed: (index, logHeight) => (index === 2 ? rangePreprocessed(logHeight) : emptyTrace(0, 2 ** logHeight)),
  },
  { name: "poseidon2-chain", chips: [POSEIDON2_CHAIN], preprocessed: withoutPreprocessed },
  { name: "keccak-chain", chips: [KECCAK_CHAIN], preprocessed: withoutPreprocessed },
];
