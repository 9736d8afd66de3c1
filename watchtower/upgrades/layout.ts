// Whether storage that is there keeps its meaning under new code. Owns finding the two layouts in Hardhat's build output; the comparison is
// OpenZeppelin's (upgrades-core), which knows renames, gaps and packing.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { getStorageUpgradeErrors } from '@openzeppelin/upgrades-core';
import { Unverifiable } from '../verdict.ts';
import type { LocalBuild } from './bytecode.ts';

interface BuildOutput {
  readonly output: { readonly contracts: Readonly<Record<string, Readonly<Record<string, { readonly storageLayout?: unknown }>>>> };
}

function layoutOf(artifacts: string, build: LocalBuild): Parameters<typeof getStorageUpgradeErrors>[0] {
  const path = join(artifacts, 'build-info', `${build.buildInfoId ?? ''}.output.json`);
  if (!existsSync(path)) throw new Unverifiable(`the build output of ${build.name} is not at ${path}`);
  const layout = (JSON.parse(readFileSync(path, 'utf8')) as BuildOutput).output.contracts[build.source ?? '']?.[build.name]?.storageLayout;
  if (layout === undefined) throw new Unverifiable(`the build of ${build.name} gives no storage layout: compile with outputSelection storageLayout`);
  return layout as Parameters<typeof getStorageUpgradeErrors>[0];
}

/** What changes its meaning, one sentence each; none = compatible. */
export function layoutErrors(artifacts: string, before: LocalBuild, after: LocalBuild): readonly string[] {
  return getStorageUpgradeErrors(layoutOf(artifacts, before), layoutOf(artifacts, after)).map((error) => describe(error));
}

function describe(error: unknown): string {
  const { kind, original, updated } = error as { readonly kind?: string; readonly original?: { readonly label?: string }; readonly updated?: { readonly label?: string } };
  return `${kind ?? 'change'} of ${original?.label ?? 'nothing'}${updated?.label === undefined ? '' : ` to ${updated.label}`}`;
}
