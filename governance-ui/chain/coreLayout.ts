// Whether the Rollup's storage keeps its meaning under a new core, from compiler output that the reader chose. Owns reading that output and finding
// in it the code that stands on L1; the verdict is the protocol's coreBuild.ts (the command line has the same), the comparison OpenZeppelin's.
// That a layout belongs to its code is the word of whoever made the file: only a build of one's own proves it.
// Invariant: no file, a file without layouts, a layout that cannot be read, or code that is no build in the files is *unknown*, never compatible.

import { getDetailedLayout } from '@openzeppelin/upgrades-core/dist/storage/layout.js';
import type { StorageLayout } from '@openzeppelin/upgrades-core/dist/storage/layout.js';
import { StorageLayoutComparator } from '@openzeppelin/upgrades-core/dist/storage/compare.js';
import type { Hex } from 'viem';
import { isBuildOf, layoutVerdict, theBuild, unknownLayout } from '@keyfall/protocol/coreBuild.ts';
import type { CoreBuild, LayoutChange, LayoutVerdict } from '@keyfall/protocol/coreBuild.ts';
import { mapReading, reasonOf, unknown } from './reading.ts';
import type { BlockRef, Reading } from './reading.ts';
import { implementationOf } from './deltas.ts';
import type { System } from './system.ts';
import { decodedUpgrade } from './upgradeWords.ts';
import type { Upgrade } from './upgradeWords.ts';

export type Build = CoreBuild<StorageLayout>;

const EXPECTED = 'the compiler\'s output: build-info/*.output.json of Hardhat, or of solc --standard-json with storageLayout and evm.deployedBytecode';

interface Output { readonly contracts?: Readonly<Record<string, Readonly<Record<string, Partial<Contract> | null> | null>>> }
interface Contract {
  readonly storageLayout: unknown;
  readonly evm: { readonly deployedBytecode?: { readonly object?: unknown; readonly immutableReferences?: Build['immutableReferences'] } };
}

/** Every contract with code in it. @throws Error saying what was expected */
export function readBuilds(text: string): readonly Build[] {
  let file: { readonly output?: Output } & Output;
  try {
    file = JSON.parse(text) as typeof file;
  } catch (error) {
    throw new Error(`expected ${EXPECTED}; this is not JSON`, { cause: error });
  }
  const contracts = file?.output?.contracts ?? file?.contracts;
  if (typeof contracts !== 'object' || contracts === null) throw new Error(`expected ${EXPECTED}; this has no contracts in it`);
  const builds: Build[] = [];
  for (const inSource of Object.values(contracts)) {
    for (const [name, contract] of Object.entries(inSource ?? {})) {
      const { object, immutableReferences } = contract?.evm?.deployedBytecode ?? {};
      if (typeof object !== 'string' || object === '') continue;
      builds.push({ name, deployedBytecode: `0x${object.toLowerCase()}`, immutableReferences: immutableReferences ?? {}, layout: isLayout(contract?.storageLayout) ? contract.storageLayout : undefined });
    }
  }
  if (builds.length === 0) throw new Error(`expected ${EXPECTED}; this has no code in it`);
  return builds;
}

interface Place { readonly slot?: unknown; readonly offset?: unknown; readonly type?: unknown }
interface Type { readonly numberOfBytes?: unknown; readonly members?: unknown; readonly key?: unknown; readonly value?: unknown; readonly base?: unknown }

/** Every variable's place, every type that is named and its size are needed: without them a move, or another member of a struct, would not be noticed. */
function isLayout(layout: unknown): layout is StorageLayout {
  const { storage, types } = (layout ?? {}) as { readonly storage?: unknown; readonly types?: unknown };
  if (!Array.isArray(storage)) return false;
  if (storage.length === 0) return true;
  if (typeof types !== 'object' || types === null) return false;
  const isPlaced = (place: Place | null): boolean => typeof place?.slot === 'string' && place.slot !== '' && typeof place.offset === 'number' && typeof place.type === 'string' && Object.hasOwn(types, place.type);
  const isWhole = (type: Type | null): boolean => typeof type?.numberOfBytes === 'string' && [type.key, type.value, type.base].every((part) => part === undefined || (typeof part === 'string' && Object.hasOwn(types, part)))
    && (type.members === undefined || (Array.isArray(type.members) && type.members.every(isPlaced)));
  return storage.every(isPlaced) && Object.values(types as Readonly<Record<string, Type | null>>).every(isWhole);
}

/** As OpenZeppelin's getStorageUpgradeErrors without options, which a browser cannot load; a test holds the two together. */
function compare(before: StorageLayout, after: StorageLayout): readonly LayoutChange[] {
  const typed = (layout: StorageLayout): StorageLayout => ({ ...layout, types: layout.types ?? {} });
  return new StorageLayoutComparator().compareLayouts(getDetailedLayout(typed(before)), getDetailedLayout(typed(after))).ops;
}

/** The verdict for code on chain. @param builds of the present and of the next core, in any order */
export function compareCores(presentCode: string, nextCode: string, builds: readonly Build[]): LayoutVerdict {
  // No variable can change its place under the same bytes.
  if (presentCode.length > 2 && presentCode.toLowerCase() === nextCode.toLowerCase()) return { verdict: 'compatible', changes: [], reason: 'the new code is, byte for byte, the one that runs now' };
  if (builds.length === 0) return unknownLayout('no compiler output was chosen; the chain has no layout of either code, so both builds are needed');
  try {
    const where = 'the chosen files';
    const present = theBuild(builds.filter((build) => isBuildOf(presentCode, build)), where, compare);
    if (typeof present === 'string') return unknownLayout(`the present code ${present}`);
    const next = theBuild(builds.filter((build) => isBuildOf(nextCode, build)), where, compare);
    return typeof next === 'string' ? unknownLayout(`the new code ${next}`) : layoutVerdict(present, next, compare);
  } catch (error) {
    return unknownLayout(`a layout in the chosen files cannot be read: ${reasonOf(error)}`);
  }
}

/** The verdict for a new core against the code that the Rollup has at this block. */
export async function coreLayout(system: System, at: BlockRef, upgrade: Upgrade, builds: readonly Build[]): Promise<Reading<LayoutVerdict>> {
  const decoded = decodedUpgrade(upgrade);
  if (decoded?.name !== 'Core') return unknown('this is no new core');
  const next = String(decoded.fields['implementation']).toLowerCase() as Hex;
  const present = await implementationOf(system.rollup, at);
  if (!present.known) return present;
  const codeAt = async (address: Hex): Promise<Reading<unknown>> => system.rollup.chain.read('eth_getCode', [address, { blockHash: at.hash }], at);
  const [presentCode, nextCode] = await Promise.all([codeAt(present.value), codeAt(next)]);
  if (!presentCode.known) return presentCode;
  return mapReading(nextCode, (code) => compareCores(String(presentCode.value), String(code), builds));
}
