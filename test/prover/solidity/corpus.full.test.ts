// The L1 verifier and the TypeScript verifier say the same of more than five hundred hostile submissions, at least five built
// for each check; and with any check deleted, some of those built for it pass. CHECKS.md of prover/solidity has the table.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { referenceProof } from "../verify/reference-prover.ts";
import { buildDeletable, readBuilt } from "../../../prover/solidity/build.ts";
import { CHECKS } from "../../../prover/solidity/checks.ts";
import { INSTANCES, attacks, submitted } from "./attacks.ts";
import type { Attack } from "./attacks.ts";
import { withProgram } from "./key-accounts.ts";
import { Chain } from "./l1.ts";
import { CROWDED, repeatedLeaves } from "./repeats.ts";
import { Simulation, isHarm, judge } from "./simulate.ts";
import { variations } from "./variations.ts";

const PUBLISHED = new URL("../../../prover/solidity/CHECKS.md", import.meta.url);
/** Checks that no transcript or gas limit can bring about: nothing can be built for them. */
const UNREACHABLE = new Set(["PointInBaseField", "ZeroFingerprint", "inverse"]);

let chain: Chain;
let corpus: Attack[];
before(async () => {
  chain = await Chain.start();
  corpus = [...attacks(withProgram), ...repeatedLeaves(), ...variations()];
});
after(() => chain.stop());

const honest = (): Attack[] => [...INSTANCES, { label: "crowded", instance: CROWDED }].map(({ label, instance: { key, traces } }) =>
  submitted(`${label}: honest`, undefined, key, ...referenceProof(key, traces).l1Parts));

test("L1 and TypeScript accept the honest proofs and refuse every hostile submission", { timeout: 1_200_000 }, async (context) => {
  const l1 = new Simulation(chain, readBuilt().contracts);
  for (const attack of honest()) {
    assert.equal(judge(attack), "accepted", attack.name);
    assert.equal((await l1.outcome(attack)).isAccepted, true, attack.name);
  }
  assert(corpus.length >= 500, `${corpus.length} hostile submissions`);
  const errors = new Map<string, number>();
  for (const attack of corpus) {
    const outcome = await l1.outcome(attack);
    const verdict = judge(attack);
    assert.notEqual(verdict, "accepted", attack.name);
    assert.equal(isHarm(attack, outcome), false, `${attack.name}: TypeScript says ${verdict}, L1 lets it through`);
    const error = outcome.errors.find((found) => found !== undefined) ?? "never complete";
    errors.set(error, (errors.get(error) ?? 0) + 1);
  }
  context.diagnostic(`${corpus.length} hostile submissions: ${[...errors].map(([error, count]) => `${error} ${count}`).join(", ")}`);
});

type Row = { readonly name: string; readonly file: string; readonly built: number; readonly passing: number; readonly redundant: string | undefined };

const tableOf = (rows: readonly Row[]): string =>
  ["| check | in | built for it | pass once it is deleted |", "|---|---|---|---|",
    ...rows.map(({ name, file, built, passing, redundant }) => `| ${name} | ${file} | ${built} | ${redundant ?? passing} |`)].join("\n");

test("with any check deleted some submission built for it passes, and the published table says how many", { timeout: 2_400_000 }, async (context) => {
  const l1 = new Simulation(chain, buildDeletable());
  for (const attack of honest()) assert.equal((await l1.outcome(attack)).isAccepted, true, attack.name);
  const rows: Row[] = [];
  for (const { name, file, redundant } of CHECKS) {
    const built = corpus.filter(({ check }) => check === name);
    let passing = 0;
    for (const attack of built) {
      assert.equal(isHarm(attack, await l1.outcome(attack)), false, attack.name);
      if (isHarm(attack, await l1.outcome(attack, name))) passing += 1;
    }
    context.diagnostic(`${name}: ${passing} of ${built.length}`);
    rows.push({ name, file, built: built.length, passing, redundant });
  }
  for (const { name, built, passing, redundant } of rows) {
    assert(built >= 5 || UNREACHABLE.has(name), `${name}: ${built} built for it`);
    assert.equal(passing === 0, redundant !== undefined, `${name}: ${passing} of ${built} pass without it`);
  }
  assert(rows.filter(({ redundant }) => redundant !== undefined).length <= 5);
  assert(readFileSync(PUBLISHED, "utf8").includes(tableOf(rows)), `CHECKS.md is not current; expected\n${tableOf(rows)}`);
});
