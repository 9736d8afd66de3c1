// Small machines with honest traces and keys, shared by the verifier's tests: one table without buses, and three tables
// of chosen heights joined by two buses.
import { compileMachine } from "../../../prover/air/ir.ts";
import { FIBONACCI, fibonacciTrace } from "../../../prover/air/chips/fibonacci.ts";
import { SHUFFLE_MACHINE, shuffleTraces } from "../../../prover/air/chips/shuffle.ts";
import type { Pair, ShuffleHeights } from "../../../prover/air/chips/shuffle.ts";
import type { ChipTrace } from "../../../prover/air/trace.ts";
import { makeShape } from "../../../prover/protocol/key.ts";
import type { KeyShape, VerifyingKey } from "../../../prover/protocol/key.ts";
import type { Profile } from "../../../prover/protocol/profile.ts";
import { referenceKey } from "./reference-prover.ts";

export type Instance = { readonly shape: KeyShape; readonly key: VerifyingKey; readonly traces: readonly ChipTrace[] };

export const fibonacciInstance = (profile: Profile, logHeight: number, start0 = 1, start1 = 1): Instance => {
  const chips = compileMachine([FIBONACCI]).map((chip) => ({ chip, logHeight }));
  const shape = makeShape(profile, chips);
  const traces = [fibonacciTrace(logHeight, start0, start1)];
  return { shape, key: referenceKey(shape, traces), traces };
};

export const PAIRS: readonly Pair[] = [{ key: 5, value: 7 }, { key: 3, value: 15 }, { key: 10, value: 0 }];

export const shuffleInstance = (profile: Profile, heights: ShuffleHeights = [3, 5, 4], pairs: readonly Pair[] = PAIRS): Instance => {
  const chips = compileMachine(SHUFFLE_MACHINE).map((chip, i) => ({ chip, logHeight: heights[i] ?? 0 }));
  const shape = makeShape(profile, chips);
  const traces = shuffleTraces(pairs, heights);
  return { shape, key: referenceKey(shape, traces), traces };
};
