/**
 * Compiles the contracts that only tests use (contracts/test/support), with the sources they import.
 *
 * Owns no contract and no deployment. The project's own build knows nothing of these.
 */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { InterfaceAbi } from 'ethers';
import { compileSolidity } from '../solidity.ts';

const require = createRequire(import.meta.url);
const CONTRACTS = new URL('../../contracts/', import.meta.url).pathname;

export interface Compiled {
  readonly abi: InterfaceAbi;
  readonly bytecode: string;
  readonly runtime: string;
}

/** Every contract of the named files under contracts/test/support. @throws with the compiler's errors */
export function compileSupport(...files: readonly string[]): Readonly<Record<string, Compiled>> {
  const load = (path: string): string => readFileSync(existsSync(join(CONTRACTS, path)) ? join(CONTRACTS, path) : require.resolve(path), 'utf8');
  const entries = files.map((file) => `test/support/${file}.sol`);
  const contracts = compileSolidity({ sources: Object.fromEntries(entries.map((entry) => [entry, { content: load(entry) }])), optimizerRuns: 1_000, load });
  return Object.fromEntries(entries.flatMap((entry) => Object.entries(contracts[entry] ?? {})).map(([name, { abi, evm }]) =>
    [name, { abi, bytecode: `0x${evm.bytecode.object}`, runtime: `0x${evm.deployedBytecode.object}` }]));
}
