// Two snapshots that a reviewer reads when they change: what can be called from outside (signature, selector, mutability), and
// where each contract keeps what in storage. Owns their form; the build writes them and the tests compare them.

import { FunctionFragment, Interface } from 'ethers';
import { CONTRACTS, readArtifact, readLayout, type StorageEntry, type StorageLayout } from './artifacts.ts';

/** Contract to its external functions, errors and events, each one line, sorted. */
export function generateSurfaces(): Record<string, string[]> {
  const result: Record<string, string[]> = {};
  for (const name of Object.keys(CONTRACTS)) {
    const contract = Interface.from([...readArtifact(name).abi]);
    const lines = contract.fragments.map((fragment) => {
      const text = fragment.format('minimal');
      return FunctionFragment.isFragment(fragment) ? `${text} ${fragment.selector}` : text;
    });
    result[name] = lines.sort();
  }
  return result;
}

function describe(entry: StorageEntry, layout: StorageLayout, depth: number): string[] {
  const type = layout.types?.[entry.type];
  if (type === undefined) throw new Error(`expected the type ${entry.type} of ${entry.label} in the layout`);
  const line = `${'  '.repeat(depth)}${entry.slot}+${entry.offset} ${entry.label}: ${type.label} (${type.numberOfBytes} bytes)`;
  const inner = type.value === undefined ? type : structIn(type.value, layout);
  const members = (inner?.members ?? []).flatMap((member) => describe(member, layout, depth + 1));
  return [line, ...members];
}

/** The struct a mapping ends in, if it does. */
function structIn(id: string, layout: StorageLayout): NonNullable<StorageLayout['types']>[string] | undefined {
  const type = layout.types?.[id];
  return type?.value === undefined ? type : structIn(type.value, layout);
}

/** Contract to its storage, one line per variable: slot+offset, name, type. */
export function generateLayouts(): Record<string, string[]> {
  const result: Record<string, string[]> = {};
  for (const name of Object.keys(CONTRACTS)) {
    const layout = readLayout(name);
    result[name] = layout.storage.flatMap((entry) => describe(entry, layout, 0));
  }
  return result;
}
