// Starts another folder's own entry in the foreground and becomes it: same terminal, its exit code. The command line imports no
// other folder; this is the only way it reaches them.
// Owns forwarding signals and the exit code. The child is in a session of its own, because a process takes a second signal as "at
// once", and the kernel ends it if this process is killed (setpriv, util-linux).
// Invariant: the child is gone before this process ends.

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CommandFailure } from './failure.ts';
import { checkoutRoot } from './home.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** One Ctrl-C arrives several times: from the terminal, from npm, from the set-up. A second one on purpose comes later. */
const REPEAT_MILLISECONDS = 1_000;
const SIGNAL_EXIT_CODES: Readonly<Partial<Record<NodeJS.Signals, number>>> = { SIGHUP: 129, SIGINT: 130, SIGKILL: 137, SIGTERM: 143 };

/**
 * @param entry TypeScript file relative to the checkout
 * @returns the child's exit code
 */
export async function runEntry(entry: string, args: readonly string[]): Promise<number> {
  const path = join(checkoutRoot, entry);
  if (!existsSync(path)) throw new CommandFailure('failed', `this checkout has no ${entry}`);
  const child = spawn('setpriv', ['--pdeathsig', 'TERM', process.execPath, path, ...args], { stdio: 'inherit', detached: true });
  let forwardedAt = 0;
  const forward = (signal: NodeJS.Signals): void => {
    if (Date.now() - forwardedAt < REPEAT_MILLISECONDS) return;
    forwardedAt = Date.now();
    child.kill(signal);
  };
  for (const signal of SIGNALS) process.on(signal, forward);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? SIGNAL_EXIT_CODES[signal ?? 'SIGKILL'] ?? 1));
  });
}
