// Deletes each check of the verifier in turn: some hostile proof must then pass, else the corpus would not notice the
// check's absence. The table of the outcome is published in prover/verify/CHECKS.md and compared here.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { checkLookupBalance } from "../../../prover/verify/constraints.ts";
import { isInBaseField } from "../../../prover/verify/challenges.ts";
import { decodeProof } from "../../../prover/verify/decode.ts";
import { layoutOf } from "../../../prover/verify/layout.ts";
import { isRejection } from "../../../prover/verify/verdict.ts";
import { TEST_FAST } from "../../../prover/protocol/profile.ts";
import { EXT_ZERO, extAdd, extScale } from "../../../prover/field/ext4.ts";
import type { Ext } from "../../../prover/field/ext4.ts";
import { hostileProofs } from "./corpus.ts";
import type { HostileProof } from "./corpus.ts";
import { shuffleInstance } from "./machines.ts";
import { VERIFY, findChecks, isAccepted, loadMutant, removeMutants } from "./mutants.ts";
import type { Check } from "./mutants.ts";
import { referenceProof } from "./reference-prover.ts";

after(removeMutants);

/** Codes no transcript can reach (probability below 2^-90), or whose deletion ends in an assertion, never in acceptance. */
const WITHOUT_ATTACK: Record<string, string> = {
  PUBLIC_NOT_CANONICAL: "the transcript asserts canonical elements: without the check the verifier throws, it never accepts",
  POINT_IN_BASE_FIELD: "a challenge falls there with probability 2^-93; without the check the inverse of zero throws",
  ZERO_FINGERPRINT: "needs alpha to hit a fingerprint, probability 2^-124; without the check the inverse of zero throws",
};

type Row = { readonly code: string; readonly file: string; readonly attacks: number; readonly passing: number };

const measure = async (check: Check, index: number, corpus: readonly HostileProof[]): Promise<Row> => {
  const mutant = await loadMutant(check, index);
  const attacks = corpus.filter(({ code }) => code === check.code);
  const passing = attacks.filter((attack) => isAccepted(mutant, attack));
  return { code: check.code, file: check.file, attacks: attacks.length, passing: passing.length };
};

const tableOf = (rows: readonly Row[]): string =>
  ["| check | in | hostile proofs | accepted once the check is deleted |", "|---|---|---|---|",
    ...rows.map(({ code, file, attacks, passing }) => `| ${code} | ${file} | ${attacks} | ${WITHOUT_ATTACK[code] ?? passing} |`)].join("\n");

test("deleting any check lets hostile proofs through, and the published table says how many", { timeout: 120_000 }, async () => {
  const checks = findChecks();
  assert.equal(checks.length, 18, "one entry per rejection code");
  assert.equal(new Set(checks.map(({ code }) => code)).size, 18, "each code guards one place");
  const corpus = hostileProofs();
  const rows: Row[] = [];
  for (const [index, check] of checks.entries()) rows.push(await measure(check, index, corpus));
  for (const { code, passing, attacks } of rows) {
    if (code in WITHOUT_ATTACK) assert.equal(passing, 0);
    else assert(passing > 0, `${code}: none of ${attacks} hostile proofs passes without it`);
  }
  const published = readFileSync(join(VERIFY, "CHECKS.md"), "utf8");
  assert(published.includes(tableOf(rows)), `CHECKS.md is not current; expected\n${tableOf(rows)}`);
});

test("the two checks no transcript reaches do reject when their condition is brought about directly", () => {
  assert.equal(isInBaseField([5, 0, 0, 0]), true);
  assert.equal([[5, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]].some((point) => isInBaseField(point as [number, number, number, number])), false);
  const { key, traces } = shuffleInstance(TEST_FAST);
  const bus = key.chips[0]?.chip.interactions[0]?.bus;
  assert(bus !== undefined);
  const withTerm = { ...key, publicTerms: [{ bus, multiplicity: 1, tuple: [{ kind: "constant", value: 3 }, { kind: "constant", value: 4 }] as const }] };
  const { bytes, publics } = referenceProof(key, traces);
  const proof = decodeProof(key, layoutOf(key), bytes);
  assert(!isRejection(proof));
  const beta: Ext = [0, 1, 0, 0];
  // fingerprint = alpha + (0 + 1) beta^2 - 3 - 4 beta; beta^2 = X^2.
  const alpha = extAdd(extScale([0, 0, 1, 0], 0x7f000000), extAdd([3, 0, 0, 0], extScale(beta, 4)));
  const challenges = { alpha, beta, constraint: EXT_ZERO, zeta: EXT_ZERO, batch: EXT_ZERO, chain: new Uint8Array(0), folds: [], indices: [] };
  assert.equal(checkLookupBalance(withTerm, publics, proof, challenges)?.code, "ZERO_FINGERPRINT");
});
