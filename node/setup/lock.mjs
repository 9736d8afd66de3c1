// One set-up at a time per checkout. The lock is the kernel's (util-linux flock, essential on Debian), held by a small
// child that lives as long as the other end of its stdin is open. That end is also handed to each step's child, so the lock
// is free exactly when this process *and* every process it started for the set-up are gone, however they died.
// Invariant: no lock file content is ever interpreted; there is nothing to become stale.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { stateDirectory } from './paths.mjs';
import { SetupError, announce, inheritInSteps } from './progress.mjs';

/**
 * Waits for the lock and takes it.
 * @returns {Promise<() => Promise<void>>} releases it
 */
export async function holdSetupLock() {
  const lockFile = join(stateDirectory, 'setup.lock');
  const holder = spawn('flock', ['--exclusive', lockFile, 'sh', '-c', 'echo held; exec cat >/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    // Its own group: a Ctrl-C for the set-up must not free the lock before the steps' children are gone.
    detached: true,
  });
  const waiting = setTimeout(() => announce('waiting for another set-up of this checkout to finish ...'), 500);
  const outcome = await new Promise((resolve) => {
    holder.once('error', (error) => resolve(error));
    holder.once('exit', (code) => resolve(new Error(`flock ended with code ${code}`)));
    holder.stdout.once('data', () => resolve(undefined));
  });
  clearTimeout(waiting);
  if (outcome !== undefined) {
    throw new SetupError(`cannot lock ${lockFile}: ${outcome.message}. Expected the command flock (Debian package util-linux).`);
  }
  inheritInSteps(holder.stdin);
  return async () => {
    inheritInSteps(undefined);
    holder.stdin.end();
    await once(holder, 'close');
  };
}
