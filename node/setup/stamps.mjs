// Content stamps: a step is current when the hash of everything it reads equals the hash noted when it last succeeded.
// Owns how inputs are hashed and how a stamp is written (temporary file, then rename). Times of files are never looked at,
// because a checkout, a copy and an unpacked archive all change them.
// Invariant: `clearStamp` before a step, `writeStamp` after it; a missing stamp means "do it".

import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { repositoryRoot, stampDirectory } from './paths.mjs';

/** @returns {string | undefined} the stored stamp */
export function readStamp(name) {
  try {
    return readFileSync(join(stampDirectory, name), 'utf8').trim();
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

export function clearStamp(name) {
  rmSync(join(stampDirectory, name), { force: true });
}

export function writeStamp(name, value) {
  mkdirSync(stampDirectory, { recursive: true });
  const partial = join(stampDirectory, `.${name}.${process.pid}`);
  writeFileSync(partial, `${value}\n`);
  renameSync(partial, join(stampDirectory, name));
}

/** @param {...string} parts */
export function hashText(...parts) {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${part.length}:`).update(part);
  return hash.digest('hex');
}

/**
 * Hashes every file below the given paths (relative to the root), by path and content, in sorted order.
 * @param {string[]} paths files or directories; one that does not exist counts as absent
 * @param {(path: string) => boolean} isIgnored called with each path relative to the root
 */
export function hashFiles(paths, isIgnored) {
  const hash = createHash('sha256');
  const visit = (path) => {
    if (isIgnored(path)) return;
    const absolute = join(repositoryRoot, path);
    let names;
    try {
      names = readdirSync(absolute);
    } catch (error) {
      if (error.code === 'ENOENT') return;
      if (error.code !== 'ENOTDIR') throw error;
      hash.update(`${path}\0`).update(createHash('sha256').update(readFileSync(absolute)).digest());
      return;
    }
    for (const name of names.sort()) visit(relative(repositoryRoot, join(absolute, name)));
  };
  for (const path of paths) visit(path);
  return hash.digest('hex');
}
