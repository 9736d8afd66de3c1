// The verifier with one check deleted, for tests: every `return reject(` of prover/verify, found in the sources.
// Owns: finding the checks, loading a copy without one. Does not own: the proofs that pass then.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { VerifyingKey } from "../../../prover/protocol/key.ts";
import type { verifyProof } from "../../../prover/verify/verify.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
export const VERIFY = join(ROOT, "prover/verify");
const WORKSHOP = join(ROOT, ".keyfall/verifier-mutants", String(process.pid));
const SOURCES = readdirSync(VERIFY).filter((name) => name.endsWith(".ts") && name !== "main.ts");

/** Removes the copies. */
export const removeMutants = (): void => { rmSync(WORKSHOP, { recursive: true, force: true }); };

export type Check = { readonly file: string; readonly code: string; readonly mutate: (source: string) => string };

const OPENING_PHASES = ["preprocessed", "main", "permutation", "quotient"];

/** Every `return reject(` of the verifier; the opening check stands for four phases and is deleted per phase. */
export const findChecks = (): Check[] =>
  SOURCES.flatMap((file) => {
    const source = readFileSync(join(VERIFY, file), "utf8");
    return [...source.matchAll(/return reject\(([^,]+),/g)].flatMap((match): Check[] => {
      const [start, argument = ""] = [match.index, match[1]];
      const code = /^"([A-Z_]+)"$/.exec(argument)?.[1];
      const removeAt = (text: string): string => `${text.slice(0, start)}void reject${text.slice(start + "return reject".length)}`;
      if (code !== undefined) return [{ file, code, mutate: removeAt }];
      assert.equal(argument, "OPENING_CODES[tree.phase]", `a check with an unknown code in ${file}: ${argument}`);
      return OPENING_PHASES.map((phase) => ({
        file, code: `${phase.toUpperCase()}_OPENING`,
        mutate: (text) => text.replace("if (!isOpened) return reject(", `if (!isOpened && tree.phase !== "${phase}") return reject(`),
      }));
    });
  });

/** The verifier with one check deleted, loaded from a copy whose imports point back to the real modules. */
export const loadMutant = async (check: Check, index: number): Promise<typeof verifyProof> => {
  const folder = join(WORKSHOP, String(index));
  mkdirSync(folder, { recursive: true });
  for (const file of SOURCES) {
    const source = readFileSync(join(VERIFY, file), "utf8");
    const mutated = file === check.file ? check.mutate(source) : source;
    if (file === check.file) assert.notEqual(mutated, source, `nothing was deleted for ${check.code}`);
    writeFileSync(join(folder, file), mutated.replaceAll('from "../', `from "${pathToFileURL(join(ROOT, "prover")).href}/`));
  }
  const module = (await import(pathToFileURL(join(folder, "verify.ts")).href)) as { verifyProof: typeof verifyProof };
  return module.verifyProof;
};

/** A mutant may throw where the deleted check kept bad input away: that is not acceptance. */
export const isAccepted = (
  mutant: typeof verifyProof, { key, publics, bytes }: { readonly key: VerifyingKey; readonly publics: readonly number[]; readonly bytes: Uint8Array },
): boolean => {
  try {
    return mutant(key, publics, bytes).ok;
  } catch (error) {
    assert(error instanceof RangeError || error instanceof assert.AssertionError, `unexpected failure of a mutant: ${String(error)}`);
    return false;
  }
};
