// Whether the storage of the Rollup keeps its meaning under another implementation. Owns finding the two builds among the compiler's outputs
// (Hardhat artifacts) on a disk by the code that stands on chain; the verdict and its words are the protocol's coreBuild.ts, which the page uses
// too, and what a change is, is OpenZeppelin's to say (upgrades-core: order, types, packing, gaps). The watchtower asks the same with its own reader.
// Invariant: code that is no build of these artifacts is *unknown*, never compatible.

import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { getStorageUpgradeErrors } from '@openzeppelin/upgrades-core';
import { changeInWords, isBuildOf, layoutVerdict, theBuild, unknownLayout, type CoreBuild, type LayoutVerdict } from '@keyfall/protocol/coreBuild.ts';
import { checkoutRoot } from '../home.ts';
import type { GovernanceConnection } from './contracts.ts';
import { implementationOf } from './upgrades.ts';

type Layout = Parameters<typeof getStorageUpgradeErrors>[0];

interface Artifact {
  readonly contractName: string;
  readonly inputSourceName: string;
  readonly deployedBytecode: string;
  readonly immutableReferences?: CoreBuild<Layout>['immutableReferences'];
  readonly buildInfoId: string;
}

type Contracts = Readonly<Record<string, Readonly<Record<string, { readonly storageLayout?: Layout }>>>>;
type LayoutReader = (folder: string, artifact: Artifact) => Layout | undefined;

/** Where the contracts' build leaves its output in a checkout. */
const DEFAULT_ARTIFACTS = join(checkoutRoot, 'contracts', 'artifacts');

/** What changes its place or its meaning, in sentences; none = compatible. Renames count: they may be a swap. */
export function layoutChanges(before: Layout, after: Layout): readonly string[] {
  return getStorageUpgradeErrors(before, after).map(changeInWords);
}

/** The verdict for a core that is to be put in. @param artifacts folders, separated by commas; the checkout's own build if left out */
export async function coreLayout(connection: GovernanceConnection, implementation: string, artifacts: string | undefined): Promise<LayoutVerdict> {
  const [present, next] = await Promise.all([implementationOf(connection).then(async (address) => connection.l1.getCode(address)), connection.l1.getCode(implementation)]);
  return compareLayouts(present, next, (artifacts ?? DEFAULT_ARTIFACTS).split(',').filter((folder) => folder !== ''));
}

/** The verdict in lines. */
export function layoutLines({ verdict, changes, reason }: LayoutVerdict): string[] {
  const words = { compatible: 'the storage that is there keeps its meaning', incompatible: 'THE STORAGE THAT IS THERE CHANGES ITS MEANING', unknown: 'unknown' };
  return [`  storage layout: ${words[verdict]} (${reason})`, ...changes.map((change) => `    ${change}`)];
}

/** The verdict for code on chain. @param folders artifacts of the present and of the next build */
export function compareLayouts(presentCode: string, nextCode: string, folders: readonly string[]): LayoutVerdict {
  const missing = folders.find((folder) => !existsSync(folder));
  if (missing !== undefined) return unknownLayout(`there are no artifacts at ${missing}; --artifacts names others`);
  const [layouts, where] = [layoutReader(), folders.join(', ')];
  const present = theBuild(buildsOf(presentCode, folders, layouts), where, getStorageUpgradeErrors);
  if (typeof present === 'string') return unknownLayout(`the present code ${present}`);
  const next = theBuild(buildsOf(nextCode, folders, layouts), where, getStorageUpgradeErrors);
  if (typeof next === 'string') return unknownLayout(`the next code ${next}`);
  return layoutVerdict(present, next, getStorageUpgradeErrors);
}

/** Every build that this code is. */
function buildsOf(code: string, folders: readonly string[], layouts: LayoutReader): readonly CoreBuild<Layout>[] {
  const found: CoreBuild<Layout>[] = [];
  for (const folder of folders) {
    for (const path of globSync('**/*.json', { cwd: folder, exclude: (name) => name.includes('build-info') })) {
      const file = join(folder, path);
      // The file has the whole code in it: what is smaller is not read.
      if (statSync(file).size < code.length) continue;
      const artifact = JSON.parse(readFileSync(file, 'utf8')) as Partial<Artifact>;
      if (!isArtifact(artifact)) continue;
      const build = { name: artifact.contractName, deployedBytecode: artifact.deployedBytecode, immutableReferences: artifact.immutableReferences ?? {} };
      if (isBuildOf(code, build)) found.push({ ...build, layout: layouts(folder, artifact) });
    }
  }
  return found;
}

function isArtifact(artifact: Partial<Artifact>): artifact is Artifact {
  return typeof artifact.deployedBytecode === 'string';
}

/** Reads layouts from the compiler's output, each file of it once: they are large. */
function layoutReader(): LayoutReader {
  const read = new Map<string, Contracts>();
  return (folder, { contractName, inputSourceName, buildInfoId }) => {
    const path = join(folder, 'build-info', `${buildInfoId}.output.json`);
    if (!existsSync(path)) return undefined;
    const contracts = read.get(path) ?? (JSON.parse(readFileSync(path, 'utf8')) as { output: { contracts: Contracts } }).output.contracts;
    read.set(path, contracts);
    return contracts[inputSourceName]?.[contractName]?.storageLayout;
  };
}
