// Which folder may import which. Dependencies point one way: ui, watchtower, node, prover -> node/protocol -> nothing of ours.
// Owns the table of layers and the reading of import statements; comments and strings that look like imports count too,
// which errs on the side of asking.
// Invariant: the table names every top-level code folder; a new one without a row is a violation.

import { posix } from 'node:path';
import type { SourceFile } from './files.ts';

interface Layer {
  readonly folder: string;
  /** Folders of ours it may import besides itself. */
  readonly mayImport: readonly string[];
}

/** The first row whose folder contains the file applies, so inner folders stand before outer ones. */
const LAYERS: readonly Layer[] = [
  { folder: 'node/protocol', mayImport: [] },
  { folder: 'node/cli', mayImport: ['node/protocol', 'node/setup'] },
  { folder: 'node/setup', mayImport: [] },
  { folder: 'node', mayImport: ['node/protocol'] },
  { folder: 'contracts', mayImport: ['node/protocol'] },
  { folder: 'prover/verify', mayImport: ['prover', 'node/protocol'] },
  { folder: 'prover', mayImport: ['prover/verify', 'node/protocol'] },
  { folder: 'watchtower', mayImport: ['node/protocol'] },
  { folder: 'governance-ui', mayImport: ['node/protocol', 'contracts/abi'] },
  { folder: 'test', mayImport: ['node', 'contracts', 'prover', 'watchtower', 'governance-ui'] },
];

/** Imports that are wrong although the folders would allow them. */
const NARROWER: readonly { readonly where: string; readonly target: RegExp; readonly except: RegExp | undefined; readonly why: string }[] = [
  { where: 'node/', target: /^@ethereumjs\/(vm|evm)(\/|$)/, except: /^node\/execute\//, why: 'within node/ only node/execute imports the EVM' },
  { where: 'prover/verify/', target: /^prover\/prove(\/|$)/, except: undefined, why: 'a verifier imports nothing from prover/prove' },
  { where: 'node/cli/', target: /^node\/(?!cli\/|protocol\/|setup\/)/, except: undefined, why: 'the command line starts other folders, it imports none but the set-up that starts it' },
  { where: 'node/', target: /^node\/(cli|setup)\//, except: /^node\/(cli|setup)\//, why: 'the node knows nothing of the command line or the set-up' },
];

const PACKAGES: Readonly<Record<string, string>> = {
  '@keyfall/protocol': 'node/protocol',
  '@keyfall/node': 'node',
  '@keyfall/cli': 'node/cli',
  '@keyfall/contracts': 'contracts',
  '@keyfall/prover': 'prover',
  '@keyfall/watchtower': 'watchtower',
  '@keyfall/governance-ui': 'governance-ui',
};

const IMPORT = /(?:^|\s|\()(?:import|export)\s*(?:type\s+)?(?:[\w*{}\s,$]+\s+from\s*)?\(?\s*['"]([^'"\n]+)['"]/g;

/** What a file imports: paths from the root for our own files, package names for others. */
export function importsOf({ path, text }: SourceFile): string[] {
  return [...text.matchAll(IMPORT)].map((match) => {
    const specifier = match[1] ?? '';
    if (specifier.startsWith('.')) return posix.normalize(posix.join(posix.dirname(path), specifier));
    const ours = Object.entries(PACKAGES).find(([name]) => specifier === name || specifier.startsWith(`${name}/`));
    return ours === undefined ? specifier : ours[1] + specifier.slice(ours[0].length) + (specifier === ours[0] ? '/index.ts' : '');
  });
}

function layerOf(path: string): Layer | undefined {
  return LAYERS.find(({ folder }) => path.startsWith(`${folder}/`));
}

/** Violations of the one-way rule in one file. */
export function layerViolations(file: SourceFile): string[] {
  const layer = layerOf(file.path);
  if (layer === undefined) return [`${file.path}: its folder has no row in the table of layers`];
  return importsOf(file).flatMap((target) => {
    const narrower = NARROWER.find((rule) => file.path.startsWith(rule.where) && rule.target.test(target) && rule.except?.test(file.path) !== true);
    if (narrower !== undefined) return [`${file.path} imports ${target}: ${narrower.why}`];
    const targetLayer = layerOf(target);
    if (targetLayer === undefined || targetLayer === layer) return [];
    const isAllowed = layer.mayImport.some((folder) => target.startsWith(`${folder}/`));
    return isAllowed ? [] : [`${file.path} imports ${target}: ${layer.folder} may import ${layer.mayImport.join(', ') || 'nothing of ours'}`];
  });
}
