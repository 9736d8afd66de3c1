// The contracts' build: compile, then write what is generated from the sources and committed.
// Owns contracts/abi (one file per contract), contracts/generated (L2 genesis allocation and head, snapshots of surface and storage) and
// node/protocol/constants.ts. With --check it writes nothing and fails, naming each file that is not what the sources give.
// Invariant: outputs depend on sources, compiler and settings alone, so two machines write the same bytes.

import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { readArtifact, CONTRACTS } from './artifacts.ts';
import { generateConstants } from './constants.ts';
import { generateGenesis } from './genesis.ts';
import { computeGenesisHead } from './genesisHead.ts';
import { generateLayouts, generateSurfaces } from './snapshots.ts';

const folder = dirname(import.meta.dirname);
const root = dirname(folder);

/** What the sources give: path from the repository's root to content. */
async function generate(): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const name of Object.keys(CONTRACTS)) {
    files.set(`contracts/abi/${name}.json`, `${JSON.stringify(readArtifact(name).abi, null, 1)}\n`);
  }
  const constants = readFileSync(join(folder, 'src/libraries/Constants.sol'), 'utf8');
  const alloc = generateGenesis();
  files.set('contracts/generated/genesis.json', `${JSON.stringify(alloc, null, 2)}\n`);
  files.set('contracts/generated/genesis-head.json', `${JSON.stringify(await computeGenesisHead(alloc, constants), null, 2)}\n`);
  files.set('contracts/generated/surface.json', `${JSON.stringify(generateSurfaces(), null, 2)}\n`);
  files.set('contracts/generated/layout.json', `${JSON.stringify(generateLayouts(), null, 2)}\n`);
  files.set('node/protocol/constants.ts', generateConstants(constants));
  return files;
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function staleAbis(files: Map<string, string>): string[] {
  const present = readdirSync(join(folder, 'abi')).map((name) => `contracts/abi/${name}`);
  return present.filter((path) => !files.has(path));
}

const isCheck = process.argv.includes('--check');
mkdirSync(join(folder, 'abi'), { recursive: true });
mkdirSync(join(folder, 'generated'), { recursive: true });
execFileSync(process.execPath, [join(root, 'node_modules/hardhat/dist/src/cli.js'), 'build', '--no-tests', ...(isCheck ? ['--quiet'] : [])], {
  cwd: folder,
  stdio: ['ignore', isCheck ? 'ignore' : 'inherit', 'inherit'],
});
const files = await generate();
const stale = staleAbis(files);
const different = [...files].filter(([path, content]) => readIfThere(join(root, path)) !== content).map(([path]) => path);
if (isCheck) {
  for (const path of [...different, ...stale]) console.error(`not what the sources give: ${path} (npm run build -w contracts writes it)`);
  process.exitCode = different.length + stale.length === 0 ? 0 : 1;
} else {
  for (const path of different) writeFileSync(join(root, path), files.get(path) ?? '');
  for (const path of stale) rmSync(join(root, path));
  const shown = [...different, ...stale].map((path) => relative(folder, join(root, path)));
  console.log(shown.length === 0 ? 'generated files are current' : `wrote ${shown.join(', ')}`);
}
