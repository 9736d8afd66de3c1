// The devnet's processes on disk, so that what a killed `up` left behind is found and ended by the next one.
// Owns telling a process from another that got its number later: by the start time in /proc. It starts nothing.
// Invariant: a process is signalled only if number and start time are those that were noted.

import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { writeFileAtomically } from '../home.ts';
import type { Home } from '../home.ts';
import { sleep } from '../waiting.ts';

const schema = z.array(z.object({ name: z.string(), pid: z.number().int().positive(), startTicks: z.string() }));
export type ProcessEntry = z.infer<typeof schema>[number];

const POLL_MILLISECONDS = 100;
/** The kernel told the children to end when `up` died; a second SIGTERM would make them give up on ending well, so it comes late. */
const GRACE_MILLISECONDS = 20_000;

function tablePath(home: Home): string {
  return join(home.devnetDirectory, 'processes.json');
}

/** Start time of a live process in clock ticks since boot, or undefined when it is gone or a zombie. */
export function startTicksOf(pid: number): string | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH')) return undefined;
    throw error;
  }
  // The second field is the name in parentheses and may hold anything; fields are counted after it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' ? undefined : fields[19];
}

export function saveProcessTable(home: Home, entries: readonly ProcessEntry[]): void {
  writeFileAtomically(tablePath(home), JSON.stringify(entries));
}

/** Whether the very process that was noted still runs. */
export function isRunning({ pid, startTicks }: ProcessEntry): boolean {
  return startTicksOf(pid) === startTicks;
}

/**
 * Waits until everything an earlier `up` left behind has ended, and ends it if it does not by itself.
 * @param onFound told once what still runs
 * @param graceMilliseconds how long it may take by itself, and again after being asked
 */
export async function endLeftovers(home: Home, onFound: (names: readonly string[]) => void, graceMilliseconds = GRACE_MILLISECONDS): Promise<void> {
  const path = tablePath(home);
  if (!existsSync(path)) return;
  const noted = schema.parse(JSON.parse(readFileSync(path, 'utf8')));
  const running = (): ProcessEntry[] => noted.filter(isRunning);
  const found = running();
  if (found.length > 0) onFound(found.map(({ name }) => name));
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    const deadline = Date.now() + graceMilliseconds;
    while (running().length > 0 && Date.now() < deadline) await sleep(POLL_MILLISECONDS);
    signalAll(running(), signal);
  }
  while (running().length > 0) await sleep(POLL_MILLISECONDS);
  rmSync(path);
}

function signalAll(entries: readonly ProcessEntry[], signal: NodeJS.Signals): void {
  for (const entry of entries) {
    try {
      if (isRunning(entry)) process.kill(entry.pid, signal);
    } catch (error) {
      if (!(error instanceof Error) || !('code' in error) || error.code !== 'ESRCH') throw error;
    }
  }
}
