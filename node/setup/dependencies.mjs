// `npm ci` under the pinned Node, when and only when the installed tree is not the one the lockfile names.
// Owns that decision. Two ways to be current: the stamp of the last successful install matches, or npm's own record of the
// tree (`node_modules/.package-lock.json`) lists every package of the lockfile that belongs on this machine, at the same
// version and integrity; the second spares a person who ran `npm install` themselves a needless reinstall.
// Invariant: npm removes its record before it touches the tree, so an interrupted install is never taken for a complete one.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from './paths.mjs';
import { runStep } from './progress.mjs';
import { clearStamp, hashText, readStamp, writeStamp } from './stamps.mjs';
import { NODE_VERSION, toolchainEnvironment } from './toolchain.mjs';

const STAMP = 'dependencies';

/** @returns {Promise<boolean>} whether anything was done */
export async function installDependencies() {
  const lockText = readFileSync(join(repositoryRoot, 'package-lock.json'), 'utf8');
  const wanted = hashText(lockText, NODE_VERSION);
  const recordPath = join(repositoryRoot, 'node_modules', '.package-lock.json');
  if (existsSync(recordPath)) {
    if (readStamp(STAMP) === wanted) return false;
    if (missingPackages(JSON.parse(lockText), JSON.parse(readFileSync(recordPath, 'utf8'))).length === 0) {
      writeStamp(STAMP, wanted);
      return false;
    }
  }
  clearStamp(STAMP);
  await runStep('dependencies (npm ci)', 'npm', ['ci', '--no-audit', '--no-fund'], { env: toolchainEnvironment() });
  writeStamp(STAMP, wanted);
  return true;
}

/**
 * The packages of the lockfile that belong on this machine and that the installed tree lacks or has otherwise.
 * @param {{ packages: Record<string, any> }} lock
 * @param {{ packages: Record<string, any> }} record
 * @returns {string[]}
 */
export function missingPackages(lock, record) {
  const missing = [];
  for (const [path, wanted] of Object.entries(lock.packages)) {
    if (!path.startsWith('node_modules/') && !path.includes('/node_modules/')) continue;
    if (!runsHere(wanted)) continue;
    const found = record.packages[path];
    const isSame = found !== undefined && (wanted.link === true ? found.link === true : found.version === wanted.version && found.integrity === wanted.integrity);
    // An optional package that names no machine may belong to one that is for another machine: npm then leaves both out.
    const mayBeAbsent = found === undefined && wanted.optional === true && wanted.os === undefined && wanted.cpu === undefined;
    if (!isSame && !mayBeAbsent) missing.push(path);
  }
  return missing;
}

function runsHere({ os, cpu, libc }) {
  return allows(os, process.platform) && allows(cpu, process.arch) && allows(libc, 'glibc');
}

/** npm's rule for `os` and `cpu`: a list of names, or of `!names`. */
function allows(list, value) {
  if (list === undefined) return true;
  const entries = Array.isArray(list) ? list : [list];
  if (entries.includes(`!${value}`)) return false;
  return entries.every((entry) => entry.startsWith('!')) || entries.includes(value) || entries.includes('any');
}
