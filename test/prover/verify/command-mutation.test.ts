// Deletes each check of the command beyond the proof itself: a file must then pass that no one should trust, else nothing here would
// notice the check's absence. The table of the outcome is in prover/verify/CHECKS.md.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { TEST_FAST, TEST_NO_GRINDING } from "../../../prover/protocol/profile.ts";
import type { Profile } from "../../../prover/protocol/profile.ts";
import { run } from "../../../prover/verify/main.ts";
import { encodeProofFile } from "../../../prover/verify/proof-file.ts";
import { fibonacciInstance } from "./machines.ts";
import { referenceProof } from "./reference-prover.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const VERIFY = join(ROOT, "prover/verify");
const WORKSHOP = join(ROOT, ".keyfall/command-mutants", String(process.pid));
after(() => rmSync(WORKSHOP, { recursive: true, force: true }));
mkdirSync(WORKSHOP, { recursive: true });

const fibonacciFile = (name: string, profile: Profile, logHeight: number): string => {
  const { key, traces } = fibonacciInstance(profile, logHeight);
  const { publics, bytes } = referenceProof(key, traces);
  const path = join(WORKSHOP, `${name}.json`);
  writeFileSync(path, encodeProofFile({ machine: "fibonacci", profile: profile.name, logHeights: [logHeight], publics, proof: bytes }));
  return path;
};

const PLAIN = fibonacciFile("plain", TEST_FAST, 4);
const CHECKS: readonly { readonly code: string; readonly requests: readonly (readonly string[])[] }[] = [
  { code: "OTHER_KEY", requests: ["0", "1", "7", "a", "f"].map((digit) => ["verify", PLAIN, "--allow-test-profile", "--key", digit.repeat(64)]) },
  { code: "OTHER_ALLOW_ROOT", requests: [["verify", join(ROOT, "test/prover/recursion/chain/foreign.json.br")]] },
  { code: "WEAK_KEY", requests: [3, 4, 5].map((height) => ["verify", fibonacciFile(`weak-${height}`, TEST_FAST, height)]).concat([2, 4].map((height) => ["verify", fibonacciFile(`unground-${height}`, TEST_NO_GRINDING, height)])) },
];

const loadMutant = async (code: string): Promise<typeof run> => {
  const folder = join(WORKSHOP, code);
  mkdirSync(folder);
  for (const file of readdirSync(VERIFY).filter((name) => name.endsWith(".ts"))) {
    const source = readFileSync(join(VERIFY, file), "utf8");
    const pieces = source.split(`return fail("${code}",`);
    if (file === "main.ts") assert.equal(pieces.length, 2, `${code} is one check`);
    writeFileSync(join(folder, file), pieces.join(`void fail("${code}",`).replaceAll('from "../', `from "${pathToFileURL(join(ROOT, "prover")).href}/`));
  }
  return ((await import(pathToFileURL(join(folder, "main.ts")).href)) as { run: typeof run }).run;
};

test("each check of the command stops files that verify, and without it they pass", async () => {
  const rows = ["| check of the command | files or requests refused | accepted once the check is deleted |", "|---|---|---|"];
  for (const { code, requests } of CHECKS) {
    for (const request of requests) assert.equal(run([...request, "--json"]).outcome.report["code"], code, request.join(" "));
    const mutant = await loadMutant(code);
    const passing = requests.filter((request) => mutant(request).outcome.exit === 0).length;
    assert(passing > 0, `${code}: nothing passes without it`);
    rows.push(`| ${code} | ${requests.length} | ${passing} |`);
  }
  const published = readFileSync(join(VERIFY, "CHECKS.md"), "utf8");
  assert(published.includes(rows.join("\n")), `CHECKS.md is not current; expected\n${rows.join("\n")}`);
});
