// Copies of prover/recursion with one statement deleted, to see which hostile proof then passes.
// Owns: the copies and their removal. Does not own: what is deleted or what must pass (circuit-mutation.full, node-mutation.*.full).
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
export const RECURSION = join(ROOT, "prover/recursion");
const SOURCES = readdirSync(RECURSION).filter((name) => name.endsWith(".ts"));

/** A statement that occurs once in a file of prover/recursion, and what stands there once it is deleted. */
export type Deletion = { readonly file: string; readonly from: string; readonly to: string };

/** A folder for the copies of one test file, gone at its end. */
export const mutantFolder = (): string => {
  const folder = join(ROOT, ".keyfall/circuit-mutants", String(process.pid));
  after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

/** Loads a module of the copy without the statement. */
export const loadMutant = async <Module>(workshop: string, name: string, module: string, { file, from, to }: Deletion): Promise<Module> => {
  const folder = join(workshop, name);
  mkdirSync(folder, { recursive: true });
  for (const own of SOURCES) {
    const source = readFileSync(join(RECURSION, own), "utf8");
    if (own === file) assert.equal(source.split(from).length, 2, `${name}: the statement occurs once in ${file}`);
    const mutated = own === file ? source.replace(from, () => to) : source;
    writeFileSync(join(folder, own), mutated.replaceAll('from "../', `from "${pathToFileURL(join(ROOT, "prover")).href}/`));
  }
  return (await import(pathToFileURL(join(folder, module)).href)) as Module;
};
