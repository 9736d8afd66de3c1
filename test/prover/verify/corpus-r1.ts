// Hostile proofs of R1 itself, for each check that a witness can reach: the machine whose proofs recursion verifies again.
// Owns: a small R1 program, its honest proof, lies at one place. Does not own: any expectation (recursion/corpus-r1.full.test.ts).
import assert from "node:assert/strict";
import { R1_PUBLIC_TERMS, columnOf } from "../../../prover/air/chips/r1.ts";
import type { ChipTrace } from "../../../prover/air/trace.ts";
import { EXT_ONE, extAdd } from "../../../prover/field/ext4.ts";
import { add } from "../../../prover/field/koalabear.ts";
import { makeShape } from "../../../prover/protocol/key.ts";
import { TEST_FAST } from "../../../prover/protocol/profile.ts";
import type { Profile } from "../../../prover/protocol/profile.ts";
import { Circuit } from "../../../prover/recursion/circuit.ts";
import type { Label } from "../../../prover/transcript/labels.ts";
import type { RejectionCode } from "../../../prover/verify/verdict.ts";
import { verifyProof } from "../../../prover/verify/verify.ts";
import { R1_CHIPS } from "../recursion/r1-check.ts";
import type { HostileProof } from "./corpus.ts";
import type { Instance } from "./machines.ts";
import { referenceKey, referenceProof } from "./reference-prover.ts";
import type { ProofParts, Tampering } from "./reference-prover.ts";

/** The smallest program there is: 64 public values, two hinted groups, one permutation. 2^5 rows. */
const r1Instance = (profile: Profile): Instance => {
  const circuit = new Circuit([1, 2, 3]);
  circuit.hintFelts([4, 5, 6, 7, 8]);
  circuit.permutation({ input: Array.from({ length: 16 }, (_, i) => i), groups: ["write", "write"], writesOutput: true });
  const { preprocessed, main, publics } = circuit.finish();
  const shape = makeShape(profile, R1_CHIPS.map((chip) => ({ chip, logHeight: Math.log2(main.height) })), R1_PUBLIC_TERMS);
  const traces = [{ preprocessed, main, publics }];
  return { shape, key: referenceKey(shape, traces), traces };
};

const FIVE = [0, 1, 2, 3, 4] as const;

/** An honest proof, for moves and for the verdict that must be yes. */
export const honestR1 = (): { instance: Instance; proof: ProofParts } => {
  const instance = r1Instance(TEST_FAST);
  return { instance, proof: referenceProof(instance.key, instance.traces) };
};

const withCells = ([trace]: readonly ChipTrace[], cells: readonly (readonly [row: number, column: number, by: number])[]): ChipTrace[] => {
  assert(trace !== undefined);
  const values = trace.main.values.slice();
  for (const [row, column, by] of cells) values[row * trace.main.width + column] = add(values[row * trace.main.width + column] ?? 0, by);
  return [{ ...trace, main: { ...trace.main, values } }];
};

/** Five lies for each of twelve checks. */
export function* hostileR1(): Generator<HostileProof> {
  const instance = r1Instance(TEST_FAST);
  const hard = r1Instance({ ...TEST_FAST, name: "test-ground", grindingBits: { lookup: 8, batch: 8, fold: 8, query: 8 } });
  const lie = (name: string, code: RejectionCode, tampering: Tampering, traces = instance.traces, { key } = instance): HostileProof => {
    const { publics, bytes } = referenceProof(key, traces, tampering);
    return { name: `r1: ${name}`, code, key, publics, bytes };
  };
  const sites: readonly [Label, RejectionCode][] = [["lookupNonce", "LOOKUP_GRIND"], ["batchNonce", "BATCH_GRIND"], ["foldNonce", "FOLD_GRIND"], ["queryNonce", "QUERY_GRIND"]];
  for (const [site, code] of sites) {
    // A later nonce that also does the work is no lie.
    for (let [offset, made] = [1, 0]; made < 5; offset += 1) {
      const proof = lie(`${site} off by ${offset}`, code, { nonce: (label, honest) => (label === site ? honest + offset : honest) }, hard.traces, hard);
      if (verifyProof(proof.key, proof.publics, proof.bytes).ok) continue;
      made += 1;
      yield proof;
    }
  }
  const [trace] = instance.traces;
  assert(trace !== undefined);
  for (const i of FIVE) {
    yield lie(`S-box cell ${7 * i} of row ${i}`, "CONSTRAINTS", {}, withCells(instance.traces, [[i, columnOf("boxes") + 7 * i, 1]]));
    // Both ends of a copying lane: the lane holds, the wire does not.
    yield lie(`a wire of row ${6 * i} has another value`, "LOOKUP_SUM", {}, withCells(instance.traces, [[6 * i, columnOf("a1"), 1 + i], [6 * i, columnOf("r1"), 1 + i]]));
    yield lie(`final coefficient ${i}`, "FINAL_POLYNOMIAL", { finalPolynomial: (coefficients) => coefficients.map((c, k) => (k === i ? extAdd(c, EXT_ONE) : c)) });
    const shifted = (root: readonly number[]): number[] => root.map((word, k) => (k === i ? add(word, 1) : word));
    for (const [tree, code] of [["main", "MAIN_OPENING"], ["permutation", "PERMUTATION_OPENING"], ["quotient", "QUOTIENT_OPENING"], ["fold 0", "FOLD_OPENING"]] as const) {
      yield lie(`root of ${tree}, element ${i}`, code, { root: (at, root) => (at === tree ? shifted(root) : root) });
    }
    const otherKey = { ...instance.key, preprocessedRoot: shifted(instance.key.preprocessedRoot ?? []) };
    yield lie(`the program of another key, element ${i}`, "PREPROCESSED_OPENING", {}, instance.traces, { ...instance, key: otherKey });
  }
}
