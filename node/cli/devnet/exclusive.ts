// One devnet per home. A small child holds a kernel lock (util-linux flock) as long as this process lives, and removes the
// manifest when it ends, however it ends: also after `kill -9` nobody finds a manifest of a devnet that is gone.
// Owns that child. It runs in a session of its own, so that a signal to a whole group does not take it along.
// Invariant: the manifest is removed before the lock is free, so a next start never loses its own.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { CommandFailure } from '../failure.ts';
import type { Home } from '../home.ts';

const SCRIPT = 'echo held; cat >/dev/null; rm -f "$1"';
/** How long the lock of a devnet that is just stopping is waited for. */
const PATIENCE_SECONDS = 10;

/**
 * Takes the home for this process.
 * @returns gives it back
 * @throws CommandFailure (failed) when another devnet runs there
 */
export async function holdHome(home: Home): Promise<() => Promise<void>> {
  mkdirSync(home.directory, { recursive: true });
  const lockPath = join(home.directory, 'devnet.lock');
  const holder = spawn('flock', ['--exclusive', '--wait', String(PATIENCE_SECONDS), '--conflict-exit-code', '75', lockPath, 'sh', '-c', SCRIPT, 'sh', home.manifestPath], {
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true,
  });
  const outcome = await new Promise<Error | number | null | 'held'>((resolve) => {
    holder.once('error', resolve);
    holder.once('exit', resolve);
    holder.stdout.once('data', () => resolve('held'));
  });
  if (outcome === 75) throw new CommandFailure('failed', `a devnet runs in ${home.directory} already; stop it with Ctrl-C, or use another --home and other ports`);
  if (outcome !== 'held') {
    const why = outcome instanceof Error ? outcome.message : `flock ended with ${outcome}`;
    throw new CommandFailure('failed', `cannot lock ${lockPath}: ${why}. Expected the command flock (Debian package util-linux).`);
  }
  return async () => {
    holder.stdin.end();
    if (holder.exitCode === null) await once(holder, 'exit');
  };
}
