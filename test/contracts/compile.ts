/**
 * Compiles the contracts that only tests use (contracts/test/support), with the sources they import.
 *
 * Owns no contract and no deployment. The project's own build knows nothing of these.
 */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { InterfaceAbi } from 'ethers';

const require = createRequire(import.meta.url);
const CONTRACTS = new URL('../../contracts/', import.meta.url).pathname;

export interface Compiled {
  readonly abi: InterfaceAbi;
  readonly bytecode: string;
  readonly runtime: string;
}

interface Output {
  readonly errors?: readonly { readonly severity: string; readonly formattedMessage: string }[];
  readonly contracts: Readonly<Record<string, Readonly<Record<string, { readonly abi: InterfaceAbi; readonly evm: { readonly bytecode: { readonly object: string }; readonly deployedBytecode: { readonly object: string } } }>>>>;
}

/** Every contract of the named files under contracts/test/support. @throws with the compiler's errors */
export function compileSupport(...files: readonly string[]): Readonly<Record<string, Compiled>> {
  const solc = require('solc') as { compile(input: string, callbacks: { import(path: string): { contents: string } }): string };
  const load = (path: string): { contents: string } => ({ contents: readFileSync(existsSync(join(CONTRACTS, path)) ? join(CONTRACTS, path) : require.resolve(path), 'utf8') });
  const entries = files.map((file) => `test/support/${file}.sol`);
  const settings = { evmVersion: 'osaka', optimizer: { enabled: true, runs: 1_000 }, outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object', 'evm.deployedBytecode.object'] } } };
  const sources = Object.fromEntries(entries.map((entry) => [entry, { content: load(entry).contents }]));
  const output = JSON.parse(solc.compile(JSON.stringify({ language: 'Solidity', sources, settings }), { import: load })) as Output;
  const failures = output.errors?.filter((error) => error.severity === 'error') ?? [];
  if (failures.length > 0) throw new Error(failures.map((failure) => failure.formattedMessage).join('\n'));
  return Object.fromEntries(entries.flatMap((entry) => Object.entries(output.contracts[entry] ?? {})).map(([name, { abi, evm }]) =>
    [name, { abi, bytecode: `0x${evm.bytecode.object}`, runtime: `0x${evm.deployedBytecode.object}` }]));
}
