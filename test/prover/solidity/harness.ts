// A small contract around one of the verifier's libraries, compiled and put into an EVM, so that a test can call what the verifier calls
// inside itself. Owns compiling and deploying it; what it does is the test's own Solidity.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { Common, Hardfork, Mainnet } from "@ethereumjs/common";
import { createEVM } from "@ethereumjs/evm";
import type { EVM } from "@ethereumjs/evm";
import { createAddressFromString, hexToBytes } from "@ethereumjs/util";
import type { Ext } from "../../../prover/field/ext4.ts";

type SolcOutput = { contracts: Record<string, Record<string, { evm: { deployedBytecode: { object: string } } }>>; errors?: { severity: string; formattedMessage: string }[] };

/** Where the harness stands. */
export const HARNESS_ADDRESS = createAddressFromString(`0x${"11".repeat(20)}`);

const compile = (harness: string, libraries: readonly string[], runs: number): string => {
  const solc = createRequire(import.meta.url)("solc") as { compile: (input: string) => string };
  const source = (name: string): { content: string } => ({ content: readFileSync(new URL(`../../../prover/solidity/${name}`, import.meta.url), "utf8") });
  const input = {
    language: "Solidity",
    sources: { ...Object.fromEntries(libraries.map((name) => [name, source(name)])), "Harness.sol": { content: harness } },
    settings: { evmVersion: "cancun", optimizer: { enabled: true, runs }, viaIR: true, outputSelection: { "*": { "*": ["evm.deployedBytecode.object"] } } },
  };
  const output = JSON.parse(solc.compile(JSON.stringify(input))) as SolcOutput;
  assert.deepEqual((output.errors ?? []).filter(({ severity }) => severity === "error").map(({ formattedMessage }) => formattedMessage), []);
  const code = output.contracts["Harness.sol"]?.["Harness"]?.evm.deployedBytecode.object;
  assert(code !== undefined);
  return code;
};

/** An EVM with the contract `Harness` of the given source at HARNESS_ADDRESS. `libraries`: files of prover/solidity that it needs. */
export const evmWithHarness = async (harness: string, libraries: readonly string[], runs: number): Promise<EVM> => {
  const evm = await createEVM({ common: new Common({ chain: Mainnet, hardfork: Hardfork.Cancun }) });
  await evm.stateManager.putCode(HARNESS_ADDRESS, hexToBytes(`0x${compile(harness, libraries, runs)}`));
  return evm;
};

/** An extension element as the verifier keeps it: four coefficients of 64 bits in a word. */
export const packExt = (value: Ext): bigint => value.reduceRight((word, coefficient) => (word << 64n) | BigInt(coefficient), 0n);
