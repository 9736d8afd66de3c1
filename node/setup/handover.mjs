// Starts the real command under the pinned Node and becomes it as far as a parent can: same terminal, same signals, same
// exit code. Owns the watch in both directions: the command sees this process die (its descriptor 3, named in $KEYFALL_LIFELINE, reaches end of file),
// and this process sees npm die (its own parent changes), so nothing runs on unattended after a `kill -9` higher up.
// Invariant: this process ends only after its child has ended.

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { repositoryRoot, stateDirectory } from './paths.mjs';
import { SetupError } from './progress.mjs';
import { toolchainEnvironment } from './toolchain.mjs';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const SIGNAL_EXIT_CODES = { SIGHUP: 129, SIGINT: 130, SIGKILL: 137, SIGTERM: 143 };
const PARENT_POLL_MILLISECONDS = 500;

/**
 * @param {string} nodeDirectory directory of the pinned Node
 * @param {string[]} argv the TypeScript file, relative to the root, and its arguments
 * @returns {Promise<number>} the command's exit code
 */
export async function runCommand(nodeDirectory, [file, ...args]) {
  let child;
  // A terminal already signals the whole group, so a command may see one Ctrl-C twice and has to take it as one.
  for (const signal of SIGNALS) process.on(signal, () => child?.kill(signal));
  child = spawn(join(nodeDirectory, 'node'), [join(repositoryRoot, file), ...args], {
    // Where a person stood when they typed the command; file arguments are relative to it. npm moves to the root itself.
    cwd: process.env.INIT_CWD ?? process.cwd(),
    env: {
      ...toolchainEnvironment(),
      KEYFALL_LIFELINE: `${process.pid}:3`,
      // Every process of ours loads the same modules; read from a cache, they cost a third less to start (node's own cache, keyed by content).
      NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(stateDirectory, 'compile-cache'),
    },
    stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
  });
  const parent = process.ppid;
  const watch = process.env.npm_lifecycle_event === undefined
    ? undefined
    : setInterval(() => { if (process.ppid !== parent) child.kill('SIGTERM'); }, PARENT_POLL_MILLISECONDS);
  const { error, code, signal } = await new Promise((resolve) => {
    child.once('error', (cause) => resolve({ error: cause, code: null, signal: null }));
    child.once('exit', (exitCode, exitSignal) => resolve({ error: undefined, code: exitCode, signal: exitSignal }));
  });
  clearInterval(watch);
  if (error !== undefined) throw new SetupError(`cannot start ${file}: ${error.message}`);
  return code ?? SIGNAL_EXIT_CODES[signal] ?? 1;
}
