/**
 * Compiles the contracts that only tests use (contracts/test/support), with the sources they import.
 *
 * Owns no contract and no deployment. The project's own build knows nothing of these.
 */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { InterfaceAbi } from 'ethers';
import { compileSolidity, type CompiledContract } from '../solidity.ts';

const require = createRequire(import.meta.url);
const CONTRACTS = new URL('../../contracts/', import.meta.url).pathname;

export interface Compiled {
  readonly abi: InterfaceAbi;
  readonly bytecode: string;
  readonly runtime: string;
  readonly immutableReferences: NonNullable<CompiledContract['evm']['deployedBytecode']['immutableReferences']>;
  readonly storageLayout: unknown;
}

/** Every contract of the named files under contracts/test/support. @throws with the compiler's errors */
export function compileSupport(...files: readonly string[]): Readonly<Record<string, Compiled>> {
  return compileSources(Object.fromEntries(files.map((file) => [`test/support/${file}.sol`, load(`test/support/${file}.sol`)])));
}

/**
 * Every contract of sources given by path, which may import the project's. @throws with the compiler's errors
 * @param optimizerRuns few for what must stay below the limit of a contract's size
 */
export function compileSources(sources: Readonly<Record<string, string>>, optimizerRuns = 1_000): Readonly<Record<string, Compiled>> {
  const contracts = compileSolidity({ sources: Object.fromEntries(Object.entries(sources).map(([path, content]) => [path, { content }])), optimizerRuns, load });
  return Object.fromEntries(Object.keys(sources).flatMap((path) => Object.entries(contracts[path] ?? {})).map(([name, { abi, storageLayout, evm }]) =>
    [name, { abi, storageLayout, bytecode: `0x${evm.bytecode.object}`, runtime: `0x${evm.deployedBytecode.object}`, immutableReferences: evm.deployedBytecode.immutableReferences ?? {} }]));
}

function load(path: string): string {
  return readFileSync(existsSync(join(CONTRACTS, path)) ? join(CONTRACTS, path) : require.resolve(path), 'utf8');
}
