// Whether the storage of the Rollup keeps its meaning under another implementation. Owns finding the two builds among the compiler's outputs
// (Hardhat artifacts) by the code that stands on chain, and the verdict; what a change is, is OpenZeppelin's to say (upgrades-core: order,
// types, packing, gaps). The watchtower asks the same with its own reader.
// Invariants: code that is no build of these artifacts is *unknown*, never compatible; variables that are named elsewhere than in the
// compiler's layout (ERC-7201) are said to be left out.

import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { getStorageUpgradeErrors } from '@openzeppelin/upgrades-core';
import { getBytes, hexlify } from 'ethers';
import { checkoutRoot } from '../home.ts';
import type { GovernanceConnection } from './contracts.ts';
import { implementationOf } from './upgrades.ts';

type Layout = Parameters<typeof getStorageUpgradeErrors>[0];
type Change = ReturnType<typeof getStorageUpgradeErrors>[number];

export interface LayoutVerdict {
  readonly verdict: 'compatible' | 'incompatible' | 'unknown';
  /** One sentence for each variable whose place or meaning changes. */
  readonly changes: readonly string[];
  readonly reason: string;
}

interface Artifact {
  readonly contractName: string;
  readonly inputSourceName: string;
  readonly deployedBytecode: string;
  readonly immutableReferences?: Readonly<Record<string, readonly { readonly start: number; readonly length: number }[]>>;
  readonly buildInfoId: string;
}

interface Build { readonly name: string; readonly layout: Layout }
type Contracts = Readonly<Record<string, Readonly<Record<string, { readonly storageLayout?: Layout }>>>>;
type LayoutReader = (folder: string, artifact: Artifact) => Layout | undefined;

const LEFT_OUT = 'variables in named slots (ERC-7201) are not part of the compiler\'s layout';

/** Where the contracts' build leaves its output in a checkout. */
const DEFAULT_ARTIFACTS = join(checkoutRoot, 'contracts', 'artifacts');

/** What changes its place or its meaning, in sentences; none = compatible. Renames count: they may be a swap. */
export function layoutChanges(before: Layout, after: Layout): readonly string[] {
  return getStorageUpgradeErrors(before, after).map(sentenceOf);
}

function sentenceOf(change: Change): string {
  const named = (field: { readonly label: string; readonly type: { readonly item: { readonly label: string } } } | undefined): string => (field === undefined ? '' : `${field.label} (${field.type.item.label})`);
  switch (change.kind) {
    case 'insert': return `${named(change.updated)} is put before variables that are there`;
    case 'delete': return `${named(change.original)} is gone`;
    case 'replace': return `${named(change.original)} becomes ${named(change.updated)}`;
    case 'typechange': return `${named(change.original)} changes its type to that of ${named(change.updated)}`;
    case 'rename': return `${named(change.original)} is called ${named(change.updated)}: the same variable, or another in its place`;
    case 'layoutchange': return `${named(change.original)} moves`;
    case 'shrinkgap': case 'finishgap': return `the gap ${named(change.original)} does not shrink by what was put into it`;
    default: return `${change.kind}: what it means is not known, so it counts as a change`;
  }
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
  const unknown = (reason: string): LayoutVerdict => ({ verdict: 'unknown', changes: [], reason });
  const missing = folders.find((folder) => !existsSync(folder));
  if (missing !== undefined) return unknown(`there are no artifacts at ${missing}; --artifacts names others`);
  const layouts = layoutReader();
  const present = findBuild(presentCode, folders, layouts);
  if (typeof present === 'string') return unknown(`the present code ${present}`);
  const next = findBuild(nextCode, folders, layouts);
  if (typeof next === 'string') return unknown(`the next code ${next}`);
  const changes = layoutChanges(present.layout, next.layout);
  const reason = `${present.name} to ${next.name}, by the compiler's storage layouts; ${LEFT_OUT}`;
  return { verdict: changes.length === 0 ? 'compatible' : 'incompatible', changes, reason };
}

/** The build that this code is, or why it is none. Builds of different storage can have the same code: then it is not known which it is. */
function findBuild(code: string, folders: readonly string[], layouts: LayoutReader): Build | string {
  const found: Build[] = [];
  for (const folder of folders) {
    for (const path of globSync('**/*.json', { cwd: folder, exclude: (name) => name.includes('build-info') })) {
      const file = join(folder, path);
      // The file has the whole code in it: what is smaller is not read.
      if (statSync(file).size < code.length) continue;
      const artifact = JSON.parse(readFileSync(file, 'utf8')) as Partial<Artifact>;
      if (!isBuildOf(code, artifact)) continue;
      const layout = layouts(folder, artifact);
      if (layout === undefined) return `is ${artifact.contractName}, whose build gives no storage layout`;
      found.push({ name: artifact.contractName, layout });
    }
  }
  const [first, ...others] = found;
  if (first === undefined) return `is no build in ${folders.join(', ')}`;
  const other = others.find(({ layout }) => layoutChanges(first.layout, layout).length > 0 || layout.storage.length !== first.layout.storage.length);
  return other === undefined ? first : `is both ${first.name} and ${other.name}, whose storage differs`;
}

/** Equal but for the immutables. */
function isBuildOf(code: string, artifact: Partial<Artifact>): artifact is Artifact {
  const { deployedBytecode } = artifact;
  if (typeof deployedBytecode !== 'string' || deployedBytecode.length <= 2 || deployedBytecode.length !== code.length) return false;
  const masked = getBytes(code);
  for (const { start, length } of Object.values(artifact.immutableReferences ?? {}).flat()) masked.fill(0, start, start + length);
  return hexlify(masked) === deployedBytecode.toLowerCase();
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
