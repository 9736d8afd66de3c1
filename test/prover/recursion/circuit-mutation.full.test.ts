// Deletes each check of the verifier program in turn (a copy of prover/recursion with one statement gone builds the programs):
// then some hostile proof of the corpus must satisfy R1's rows and wire bus, else the corpus would not notice the check's
// absence. The table of the outcome is published in prover/recursion/CHECKS.md and compared here.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { verifierProgram } from "../../../prover/recursion/verifier-circuit.ts";
import { decodeProof } from "../../../prover/verify/decode.ts";
import { layoutOf } from "../../../prover/verify/layout.ts";
import { isRejection } from "../../../prover/verify/verdict.ts";
import { hostileProofs } from "../verify/corpus.ts";
import type { HostileProof } from "../verify/corpus.ts";
import { RECURSION, loadMutant, mutantFolder } from "./circuit-mutants.ts";
import type { Deletion } from "./circuit-mutants.ts";
import { checkProgram } from "./r1-check.ts";

const WORKSHOP = mutantFolder();

/** Hostile proofs tried per check. */
const ATTACKS = 5;

type Check = Deletion & { readonly code: string; readonly what: string };
const GRIND = "for (const bit of this.sampleBits(bits)) this.#circuit.assertEqual(bit, this.#circuit.constant(0));";
const TREE_ROOT = "assertDigest(circuit, path.root, context.roots[tree.phase]);";

const CHECKS: readonly Check[] = [
  ...["lookup", "batch", "fold", "query"].map((site) => ({
    code: `${site.toUpperCase()}_GRIND`, what: `the ${site} nonce's zero bits`, file: "sponge-circuit.ts", from: GRIND, to: `const zeroBits = this.sampleBits(bits);\n    if (label !== "${site}Nonce") for (const bit of zeroBits) this.#circuit.assertEqual(bit, this.#circuit.constant(0));`,
  })),
  { code: "CONSTRAINTS", what: "the identity of a chip at zeta", file: "verifier-circuit.ts", from: "circuit.assertEqual(circuit.mul(vanishing, circuit.mulAdd(zetaToHeight, high, low)), folded);", to: "circuit.mul(vanishing, circuit.mulAdd(zetaToHeight, high, low)); void folded;" },
  { code: "LOOKUP_SUM", what: "the balance of the buses", file: "verifier-circuit.ts", from: "circuit.assertEqual(total, zero);", to: "" },
  ...["preprocessed", "main", "permutation", "quotient"].map((phase) => ({
    code: `${phase.toUpperCase()}_OPENING`, what: `the ${phase} tree's root`, file: "query-circuit.ts", from: TREE_ROOT, to: `if (tree.phase !== "${phase}") ${TREE_ROOT}`,
  })),
  { code: "FOLD_OPENING", what: "a fold's root", file: "query-circuit.ts", from: "assertDigest(circuit, path.root, context.foldRoots[fold]);", to: "" },
  { code: "FINAL_POLYNOMIAL", what: "the final polynomial's value", file: "query-circuit.ts", from: "circuit.assertEqual(horner(circuit, context.finalPolynomial.toReversed(), place.y), value);", to: "horner(circuit, context.finalPolynomial.toReversed(), place.y);" },
];

/** Checks that no proof can reach, because their subject is no part of one; where they are exercised instead. */
const ELSEWHERE: readonly (readonly [what: string, where: string])[] = [
  ["zeta lies outside the base field", "a transcript gives such a zeta with probability 2^-93"],
  ["a fold's row holds the carried value at the query's place", "a proof leaves that value out; circuit.test.ts: no wired cell can change"],
  ["bits are boolean, canonical and add up", "bits are no part of a proof; circuit.test.ts forges each"],
];

const loadVerifier = async (check: Check, index: number): Promise<typeof verifierProgram> =>
  (await loadMutant<{ verifierProgram: typeof verifierProgram }>(WORKSHOP, String(index), "verifier-circuit.ts", check)).verifierProgram;

const isAccepted = (build: typeof verifierProgram, { key, publics, bytes }: HostileProof): boolean => {
  const proof = decodeProof(key, layoutOf(key), bytes);
  assert(!isRejection(proof), "an attack on a check after decoding decodes");
  return checkProgram(build(key, publics, proof)).length === 0;
};

type Row = { readonly check: Check; readonly tried: number; readonly passing: number };

const tableOf = (rows: readonly Row[]): string => [
  "| check | hostile proofs tried | satisfied once the check is deleted |", "|---|---|---|",
  ...rows.map(({ check, tried, passing }) => `| ${check.what} (${check.code}) | ${tried} | ${passing} |`),
  ...ELSEWHERE.map(([what, where]) => `| ${what} | - | ${where} |`),
].join("\n");

test("deleting any check of the verifier program lets hostile proofs through, and the published table says how many", { timeout: 1_200_000 }, async () => {
  const corpus = hostileProofs().filter(({ key }) => key.profile.hash === "poseidon2");
  const rows: Row[] = [];
  for (const [index, check] of CHECKS.entries()) {
    const attacks = corpus.filter(({ code }) => code === check.code).slice(0, ATTACKS);
    assert.equal(attacks.length, ATTACKS, `${check.code}: ${attacks.length} attacks`);
    const mutant = await loadVerifier(check, index);
    rows.push({ check, tried: attacks.length, passing: attacks.filter((attack) => isAccepted(mutant, attack)).length });
  }
  for (const { check, passing } of rows) assert(passing > 0, `${check.what}: no hostile proof passes without it`);
  const published = readFileSync(join(RECURSION, "CHECKS.md"), "utf8");
  assert(published.includes(tableOf(rows)), `CHECKS.md is not current; expected\n${tableOf(rows)}`);
});
