// The TypeScript verifier of final proofs with each of its rules deleted in turn: some hostile proof built for L1 then passes.
// Owns: rules as they apply under the keccak-256 suite. test/prover/verify/verifier-mutation.test.ts owns them under Poseidon2.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { findChecks, isAccepted, loadMutant, removeMutants } from "../verify/mutants.ts";
import type { Check } from "../verify/mutants.ts";
import { attacks } from "./attacks.ts";
import { withProgram } from "./key-accounts.ts";
import { proofOfPair } from "./pairs.ts";
import { REPEATED_RULE, repeatedLeaves } from "./repeats.ts";
import { judge } from "./simulate.ts";

after(removeMutants);

/** Rules that a pair of parts cannot break, or that no transcript reaches (prover/verify/CHECKS.md says why). */
const WITHOUT_ATTACK = new Set(["PUBLIC_COUNT", "PUBLIC_NOT_CANONICAL", "POINT_IN_BASE_FIELD", "ZERO_FINGERPRINT"]);
/** Only pruned paths have it: its refusal ends the climb without a code of its own. */
const REPEATED_LEAF: Check = { file: "queries.ts", code: "QUOTIENT_OPENING", mutate: (source) => source.replace(REPEATED_RULE, "if (isRepeated) waiting.pop();") };

test("with any rule deleted a hostile final proof passes", { timeout: 1_200_000 }, async (context) => {
  const repeats = repeatedLeaves();
  const corpus = [...attacks(withProgram)].filter(({ holder, isBlocking }) => holder === undefined && isBlocking === undefined)
    .map((attack) => ({ attack, verdict: judge(attack) }));
  const rules = [...findChecks().map((rule) => ({ rule, built: corpus.filter(({ verdict }) => verdict === rule.code).map(({ attack }) => attack) })), { rule: REPEATED_LEAF, built: repeats }];
  for (const [index, { rule, built }] of rules.entries()) {
    const mutant = await loadMutant(rule, index);
    const passing = built.filter(({ key, submissions: [first, second] }) =>
      first !== undefined && second !== undefined && isAccepted(mutant, { key, ...proofOfPair(key, first.data, second.data) }));
    context.diagnostic(`${rule.code} in ${rule.file}: ${passing.length} of ${built.length}`);
    assert.equal(passing.length === 0, WITHOUT_ATTACK.has(rule.code), `${rule.code}: ${passing.length} of ${built.length} pass without it`);
    assert(built.length >= 5 || WITHOUT_ATTACK.has(rule.code), `${rule.code}: ${built.length}`);
  }
});
