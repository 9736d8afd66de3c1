/**
 * The Solidity compiler for sources that only tests use, with a store of what was compiled before: a compilation costs ten seconds of one
 * core, and half a dozen test files need the same few.
 *
 * Owns the store under .keyfall. Invariant: an answer is used only for the same input, the same compiler and the same imported files.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { InterfaceAbi } from 'ethers';

const require = createRequire(import.meta.url);
const STORE = join(import.meta.dirname, '..', '.keyfall', 'compiled');

export interface CompiledContract {
  readonly abi: InterfaceAbi;
  readonly storageLayout: unknown;
  readonly evm: {
    readonly bytecode: { readonly object: string };
    readonly deployedBytecode: { readonly object: string; readonly immutableReferences?: Readonly<Record<string, readonly { readonly start: number; readonly length: number }[]>> };
  };
}

interface Output {
  readonly errors?: readonly { readonly severity: string; readonly formattedMessage: string }[];
  /** By source file, then by name. */
  readonly contracts: Readonly<Record<string, Readonly<Record<string, CompiledContract>>>>;
}

interface Stored {
  /** Digest of each imported file, by the path it was imported with. */
  readonly imports: Readonly<Record<string, string>>;
  readonly output: Output;
}

export interface Compilation {
  readonly sources: Readonly<Record<string, { readonly content: string }>>;
  readonly optimizerRuns: number;
  /** Content of an imported file; throws where there is none. */
  readonly load: (path: string) => string;
}

const digest = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Compiles for Osaka, optimised, or takes the stored answer. Code is generated for the given sources alone. @throws with the compiler's errors */
export function compileSolidity({ sources, optimizerRuns, load }: Compilation): Output['contracts'] {
  const { version } = require('solc/package.json') as { version: string };
  const settings = {
    evmVersion: 'osaka', optimizer: { enabled: true, runs: optimizerRuns }, metadata: { bytecodeHash: 'none', appendCBOR: false },
    outputSelection: Object.fromEntries(Object.keys(sources).map((path) => [path, { '*': ['abi', 'storageLayout', 'evm.bytecode.object', 'evm.deployedBytecode.object', 'evm.deployedBytecode.immutableReferences'] }])),
  };
  const input = JSON.stringify({ language: 'Solidity', sources, settings });
  const path = join(STORE, `${digest(`${version}\n${input}`)}.json`);
  const stored = readStored(path);
  if (stored !== undefined && Object.entries(stored.imports).every(([name, expected]) => digest(load(name)) === expected)) return stored.output.contracts;
  const imports: Record<string, string> = {};
  const solc = require('solc') as { compile(input: string, callbacks: { import(path: string): { contents: string } }): string };
  const output = JSON.parse(solc.compile(input, { import: (name) => {
    const contents = load(name);
    imports[name] = digest(contents);
    return { contents };
  } })) as Output;
  const failures = output.errors?.filter((error) => error.severity === 'error') ?? [];
  if (failures.length > 0) throw new Error(failures.map((failure) => failure.formattedMessage).join('\n'));
  writeStored(path, { imports, output });
  return output.contracts;
}

function readStored(path: string): Stored | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Stored;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** By a rename, because several test files may compile the same at once. */
function writeStored(path: string, stored: Stored): void {
  mkdirSync(STORE, { recursive: true });
  const partial = `${path}.${process.pid}`;
  writeFileSync(partial, JSON.stringify(stored));
  renameSync(partial, path);
}
