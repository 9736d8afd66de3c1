// Builds of the workspaces that have one: contracts (compile, ABIs, constants), prover (WASM kernels) and
// governance-ui (static export, which bundles the ABIs and the protocol's codecs).
// Owns when they run: only if a file they read, the lockfile or the pinned Node changed since they last succeeded, or an
// output is gone. It does not know how they build; that is each workspace's `build` script.
// Invariant: what a build writes is no input of it, else it would never be current.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from './paths.mjs';
import { runStep } from './progress.mjs';
import { clearStamp, hashFiles, hashText, readStamp, writeStamp } from './stamps.mjs';
import { NODE_VERSION, toolchainEnvironment } from './toolchain.mjs';

/** Per workspace: what a build leaves that is not committed (missing = build again), folders that are outputs, and what it reads elsewhere. */
const WORKSPACES = {
  contracts: { mustExist: ['contracts/artifacts'], outputs: ['contracts/artifacts', 'contracts/cache', 'contracts/abi', 'contracts/generated'] },
  prover: { mustExist: ['prover/build'], outputs: ['prover/build'] },
  'governance-ui': { mustExist: ['governance-ui/out/index.html'], outputs: ['governance-ui/out', 'governance-ui/.next', 'governance-ui/next-env.d.ts', 'governance-ui/screenshots'], alsoReads: ['contracts/abi', 'node/protocol'] },
};

/**
 * Builds side by side what is not current: the Solidity compiler uses one core, and in a fresh clone what another build reads is committed
 * and current. Where it was not (an interface changed), whoever read it is built again, so the order of the ends does not matter.
 * @param {string[]} names workspaces whose builds must be current
 * @returns {Promise<boolean>} whether anything was built
 */
export async function buildWorkspaces(names) {
  const outcomes = await Promise.allSettled(names.map(buildWorkspace));
  let worked = false;
  for (const outcome of outcomes) {
    if (outcome.status === 'rejected') throw outcome.reason;
    worked ||= outcome.value;
  }
  for (const name of names) worked = (await buildWorkspace(name)) || worked;
  return worked;
}

async function buildWorkspace(name) {
  const manifest = JSON.parse(readFileSync(join(repositoryRoot, name, 'package.json'), 'utf8'));
  if (manifest.scripts?.build === undefined) return false;
  const { mustExist } = WORKSPACES[name];
  const stamp = `build-${name}`;
  let wanted = hashInputs(name);
  if (readStamp(stamp) === wanted && mustExist.every((path) => existsSync(join(repositoryRoot, path)))) return false;
  for (;;) {
    clearStamp(stamp);
    const failure = await runStep(`build ${name}`, 'npm', ['run', 'build', '-w', name], { env: toolchainEnvironment() }).then(() => undefined, (error) => error);
    const read = wanted;
    wanted = hashInputs(name);
    if (failure === undefined) {
      // The stamp names what was there when the build began: had it changed since, the next look builds again.
      writeStamp(stamp, read);
      return true;
    }
    // What it read changed under it: the failure may say no more than that.
    if (failure.exitCode !== 1 || read === wanted) throw failure;
  }
}

function hashInputs(name) {
  const { outputs, alsoReads = [] } = WORKSPACES[name];
  const isIgnored = (path) => outputs.includes(path) || path.split('/').includes('node_modules');
  const lock = readFileSync(join(repositoryRoot, 'package-lock.json'), 'utf8');
  return hashText(hashFiles([name, ...alsoReads], isIgnored), lock, NODE_VERSION);
}
