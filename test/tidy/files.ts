// The files the tidy rules look at: everything git tracks or would track. Owns listing and reading them, and which of them
// are exempt from rules about writing because a program wrote them.
// Where git is absent (an unpacked archive) the tree is walked instead; rules about history then say that they cannot check.
// Invariant: paths are relative to the root, with forward slashes, sorted.

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

export const root: string = join(import.meta.dirname, '..', '..');

export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

const NEVER_TRACKED = new Set(['node_modules', '.git', '.keyfall', 'artifacts', 'cache', 'build', 'coverage', 'out', '.next']);

/** Output of a git command in the checkout, or undefined when there is no git or no repository or the object is missing. */
export function git(...args: string[]): string | undefined {
  try {
    return execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], maxBuffer: 64 * 1024 * 1024 });
  } catch (error) {
    if (error instanceof Error && ('status' in error || 'code' in error)) return undefined;
    throw error;
  }
}

function walk(directory: string): string[] {
  return readdirSync(join(root, directory)).flatMap((name) => {
    if (NEVER_TRACKED.has(name)) return [];
    const path = directory === '' ? name : `${directory}/${name}`;
    return statSync(join(root, path)).isDirectory() ? walk(path) : [path];
  });
}

/** Every file that is or would be committed. */
export function listFiles(): string[] {
  const listed = git('ls-files', '--cached', '--others', '--exclude-standard', '-z');
  const paths = listed === undefined ? walk('') : listed.split('\0').filter((path) => path !== '');
  return [...new Set(paths)].filter((path) => existsSync(join(root, path))).toSorted();
}

/** Written by a program and committed: ABIs, constants, vectors. */
export function isGenerated(path: string): boolean {
  if (path === 'node/protocol/constants.ts') return true;
  return path.startsWith('contracts/abi/') || path.startsWith('test/vectors/') || /(^|\/)generated\//.test(path) || /\.generated\.[a-z]+$/.test(path);
}

/** Source a person writes: TypeScript, pages and their styles, set-up scripts, Solidity, kernels, guest. */
export function isSource(path: string): boolean {
  return /\.(tsx?|mjs|css|sol|wgsl|c|h|circom)$/.test(path) && !isGenerated(path);
}

export function read(path: string): SourceFile {
  return { path, text: readFileSync(join(root, path), 'utf8') };
}
