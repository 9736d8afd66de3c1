// Which watchtower this is: a hash of its own sources and of the ABIs that it decodes with. Owns that hash. Two that differ in it may differ in what they say.

import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Hex } from 'viem';

const ROOT = join(import.meta.dirname, '..');

export function buildHash(): Hex {
  const hash = createHash('sha256');
  for (const path of globSync(['watchtower/**/*.ts', 'contracts/abi/*.json', 'node/protocol/**/*.ts'], { cwd: ROOT, exclude: (name) => name.includes('node_modules') }).toSorted((a, b) => (a < b ? -1 : 1))) hash.update(path).update('\0').update(readFileSync(join(ROOT, path))).update('\0');
  return `0x${hash.digest('hex')}`;
}
