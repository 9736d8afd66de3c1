// What a contract's code can be seen to do without running it: which instructions it has, which local build it is, what its immutables are. Owns
// reading bytecode and comparing it with Hardhat artifacts. Does not own what follows from it (checks.ts).
// Invariant: push data is never read as an instruction; a match means every byte outside the immutables is equal.

import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hexToBytes, type Abi, type Hex } from 'viem';

const PUSH1 = 0x60;
const PUSH32 = 0x7f;
const INSTRUCTIONS: Readonly<Record<number, string>> = { 0xff: 'SELFDESTRUCT', 0xf4: 'DELEGATECALL', 0xf2: 'CALLCODE', 0xf0: 'CREATE', 0xf5: 'CREATE2' };

/** The instructions of interest that the code has, by name, and how often. */
export function instructionsOf(code: Hex): ReadonlyMap<string, number> {
  const bytes = hexToBytes(code);
  const found = new Map<string, number>();
  for (let at = 0; at < bytes.length; at += 1) {
    const op = bytes[at] ?? 0;
    const name = INSTRUCTIONS[op];
    if (name !== undefined) found.set(name, (found.get(name) ?? 0) + 1);
    if (op >= PUSH1 && op <= PUSH32) at += op - PUSH1 + 1;
  }
  return found;
}

interface Artifact {
  readonly contractName: string;
  readonly inputSourceName?: string;
  readonly abi: Abi;
  readonly deployedBytecode: Hex;
  readonly immutableReferences?: Readonly<Record<string, readonly { readonly start: number; readonly length: number }[]>>;
  readonly buildInfoId?: string;
}

export interface LocalBuild {
  readonly name: string;
  readonly source: string | undefined;
  readonly abi: Abi;
  readonly buildInfoId: string | undefined;
  /** Values of the immutables in the code that matched, in the order of the references. */
  readonly immutables: readonly string[];
}

/** Artifacts below a directory, as Hardhat writes them. */
export function readArtifacts(directory: string): readonly Artifact[] {
  if (!existsSync(directory)) return [];
  return globSync('**/*.json', { cwd: directory, exclude: (path) => path.includes('build-info') })
    .map((path) => JSON.parse(readFileSync(join(directory, path), 'utf8')) as Partial<Artifact>)
    .filter((value): value is Artifact => typeof value.deployedBytecode === 'string' && value.deployedBytecode.length > 2 && !value.deployedBytecode.includes('__'));
}

/** The local build that this code is, up to its immutables. */
export function matchBuild(code: Hex, artifacts: readonly Artifact[]): LocalBuild | undefined {
  const bytes = hexToBytes(code);
  for (const artifact of artifacts) {
    if (artifact.deployedBytecode.length !== code.length) continue;
    const references = Object.values(artifact.immutableReferences ?? {}).flat().toSorted((a, b) => a.start - b.start);
    const masked = Uint8Array.from(bytes);
    const values = new Map<string, string>();
    for (const [id, places] of Object.entries(artifact.immutableReferences ?? {})) {
      const words = places.map(({ start, length }) => Buffer.from(bytes.subarray(start, start + length)).toString('hex'));
      // One immutable stands in several places: they must be alike, or the code is no honest build.
      if (new Set(words).size > 1) values.set(id, 'inconsistent');
      else values.set(id, words[0] ?? '');
    }
    for (const { start, length } of references) masked.fill(0, start, start + length);
    if (!Buffer.from(masked).equals(Buffer.from(hexToBytes(artifact.deployedBytecode)))) continue;
    return { name: artifact.contractName, source: artifact.inputSourceName, abi: artifact.abi, buildInfoId: artifact.buildInfoId, immutables: [...values.values()] };
  }
  return undefined;
}
