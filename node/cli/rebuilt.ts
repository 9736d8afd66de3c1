// Where a chain rebuilt from L1 is kept between commands: `rebuilt/` in the home, one directory per chain, so that the next command goes on
// where the last one ended, however that ended. While another command has it, a directory of this process's own is used.
// Owns the names and the sweeping of what killed commands left. Does not own the lock, which is the store's.
// Invariant: nothing outside `rebuilt/` is ever removed, and nothing in it that a living process may use.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { JsonRpcProvider } from 'ethers';
import { CommandFailure } from './failure.ts';
import type { Home } from './home.ts';

/** `chain`: a node's; `enforced`: of what computes Enforced batches, whose records differ. */
type RebuiltPurpose = 'chain' | 'enforced';

export interface RebuiltDirectory {
  /** In the order in which they are tried. */
  readonly candidates: readonly string[];
  /** Removes what is of this process alone. */
  release(): void;
}

const OWN = /^own-(\d+)-/;

/** @param given value of --data, which is then the only candidate */
export async function rebuiltDirectory(home: Home, given: string | undefined, { l1, rollup, purpose }: { l1: JsonRpcProvider; rollup: string; purpose: RebuiltPurpose }): Promise<RebuiltDirectory> {
  if (given !== undefined) return { candidates: [resolve(given)], release: () => undefined };
  const root = join(home.directory, 'rebuilt');
  mkdirSync(root, { recursive: true });
  sweep(root);
  // The first block tells devnets apart, which share chain id and addresses. An endpoint may not have it any more.
  const first = await l1.getBlock(0);
  const name = `${l1._network.chainId}-${createHash('sha256').update(`${rollup.toLowerCase()} ${first?.hash ?? ''}`).digest('hex').slice(0, 16)}-${purpose}`;
  const own = join(root, `own-${process.pid}-${purpose}`);
  return { candidates: [join(root, name), own], release: () => { rmSync(own, { recursive: true, force: true }); } };
}

function sweep(root: string): void {
  for (const name of readdirSync(root)) {
    const pid = OWN.exec(name)?.[1];
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) rmSync(join(root, name), { recursive: true, force: true });
  }
}

/** Whether a process of the node ended because another one has its directory: what its store says then. */
export function isTaken(error: unknown): boolean {
  return error instanceof CommandFailure && error.message.includes('expected to be the only user of');
}

/** Tries each candidate until one is not in another command's hands. */
export async function inFirstFree<T>({ candidates }: RebuiltDirectory, use: (directory: string) => Promise<T>): Promise<T> {
  for (const [position, directory] of candidates.entries()) {
    try {
      return await use(directory);
    } catch (error) {
      if (!isTaken(error) || position === candidates.length - 1) throw error;
    }
  }
  throw new CommandFailure('failed', 'no directory to rebuild the chain in');
}
