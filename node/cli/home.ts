// Where the command line keeps what outlives it: the devnet's manifest and data, and withdrawals under way.
// Owns the places and atomic writing. The home is `.keyfall` in the checkout unless --home or $KEYFALL_HOME says otherwise, so
// that several devnets (and tests) live side by side.
// Invariant: a file appears whole, by rename after fsync, or not at all.

import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

export const checkoutRoot: string = dirname(dirname(import.meta.dirname));

export interface Home {
  readonly directory: string;
  /** Facts of the running devnet; present only while one is ready. */
  readonly manifestPath: string;
  readonly devnetDirectory: string;
  readonly withdrawalsDirectory: string;
}

/** @param given value of --home, relative to where the command was typed */
export function homeAt(given: string | undefined): Home {
  const fallback = process.env['KEYFALL_HOME'];
  const directory = given !== undefined ? resolve(given) : fallback !== undefined && fallback !== '' ? resolve(fallback) : join(checkoutRoot, '.keyfall');
  return {
    directory,
    manifestPath: join(directory, 'devnet.json'),
    devnetDirectory: join(directory, 'devnet'),
    withdrawalsDirectory: join(directory, 'withdrawals'),
  };
}

/** Writes a file so that a reader sees the old content or the new, also after a power cut. @param mode permissions; keys are 0600 */
export function writeFileAtomically(path: string, content: string, mode = 0o644): void {
  mkdirSync(dirname(path), { recursive: true });
  const partial = `${path}.${process.pid}.partial`;
  const file = openSync(partial, 'w', mode);
  try {
    writeSync(file, content);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(partial, path);
}
