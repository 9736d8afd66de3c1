/**
 * Compiles the L1 verifier: prover/solidity/*.sol to prover/solidity/bytecode.json. `--check` writes nothing and fails if
 * the file is not what the sources give.
 *
 * Owns: compiler settings and the generated file. Does not own: the sources, keys or deployment.
 * Invariant: the file is a function of sources, compiler and settings; `sources` names the exact sources it was made from.
 */
import assert from "node:assert/strict";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { keccak256, toUtf8Bytes } from "ethers";
import { deletableSources } from "./checks.ts";
import type { Sources } from "./checks.ts";

const FOLDER = new URL("./", import.meta.url);
const TARGET = new URL("./bytecode.json", import.meta.url);
/** The contracts that are deployed; everything else is internal to them. */
const DEPLOYED = ["StarkVerifier", "StarkProofParts"] as const;
const SETTINGS = {
  evmVersion: "osaka", optimizer: { enabled: true, runs: 1_000 }, viaIR: true,
  metadata: { bytecodeHash: "none", appendCBOR: false },
  outputSelection: { "*": { "*": ["abi", "evm.bytecode.object", "evm.deployedBytecode.object"] } },
} as const;

type AbiEntry = { readonly type: string; readonly name?: string };
type Output = { readonly abi: readonly AbiEntry[]; readonly evm: Record<"bytecode" | "deployedBytecode", { readonly object: string }> };
type CompilerMessage = { readonly severity: string; readonly formattedMessage: string };
type SolcOutput = { readonly contracts: Record<string, Record<string, Output>>; readonly errors?: readonly CompilerMessage[] };
export type BuiltContract = { readonly abi: readonly AbiEntry[]; readonly initCode: string; readonly codeBytes: number };
export type Built = { readonly sources: string; readonly contracts: Record<(typeof DEPLOYED)[number], BuiltContract> };

/** The sources by file name. */
export const readSources = (): Sources =>
  Object.fromEntries(readdirSync(FOLDER).filter((name) => name.endsWith(".sol")).toSorted()
    .map((name) => [name, { content: readFileSync(new URL(name, FOLDER), "utf8") }]));

/** keccak-256 of sources and settings: tells whether the generated file is stale without compiling. */
export const sourcesDigest = (): string => keccak256(toUtf8Bytes(JSON.stringify([readSources(), SETTINGS])));

/** Compiles sources; `isFatal` picks the compiler's messages that stop it. */
const compileContracts = (sources: Sources, isFatal: (message: CompilerMessage) => boolean): Built["contracts"] => {
  const solc = createRequire(import.meta.url)("solc") as { compile: (input: string) => string };
  const output = JSON.parse(solc.compile(JSON.stringify({ language: "Solidity", sources, settings: SETTINGS }))) as SolcOutput;
  assert.deepEqual((output.errors ?? []).filter(isFatal).map(({ formattedMessage }) => formattedMessage), []);
  const all = Object.values(output.contracts).flatMap((file) => Object.values(file)).flatMap(({ abi }) => abi);
  const errors = [...new Map(all.filter(({ type }) => type === "error").map((entry) => [entry.name, entry])).values()];
  const contract = (name: string): BuiltContract => {
    const found = output.contracts[`${name}.sol`]?.[name];
    assert(found !== undefined, `no contract ${name}`);
    const own = found.abi.filter(({ type }) => type !== "error");
    return { abi: [...own, ...errors], initCode: `0x${found.evm.bytecode.object}`, codeBytes: found.evm.deployedBytecode.object.length / 2 };
  };
  return { StarkVerifier: contract("StarkVerifier"), StarkProofParts: contract("StarkProofParts") };
};

/** Compiles. Fails on any error or warning. Every deployed contract's ABI carries the errors of the libraries inside it. */
export const buildContracts = (): Built => ({ sources: sourcesDigest(), contracts: compileContracts(readSources(), () => true) });

/** The same with every check deletable (checks.ts), for tests. Warnings are those of the rewriting. */
export const buildDeletable = (): Built["contracts"] => compileContracts(deletableSources(readSources()), ({ severity }) => severity === "error");

/** The generated file as it is. */
export const readBuilt = (): Built => JSON.parse(readFileSync(TARGET, "utf8")) as Built;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const text = `${JSON.stringify(buildContracts(), null, 1)}\n`;
  if (!process.argv.includes("--check")) writeFileSync(TARGET, text);
  else if (readFileSync(TARGET, "utf8") !== text) {
    console.error("not what the sources give: prover/solidity/bytecode.json (node prover/solidity/build.ts writes it)");
    process.exitCode = 1;
  }
}
