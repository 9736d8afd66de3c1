// A temporary home for tests of the command line, and manifests to put into it. Owns nothing that outlives the test.
// Invariant: every test gets its own home, so tests run beside each other and beside a person's devnet.

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { homeAt } from '../../node/cli/home.ts';
import type { Home } from '../../node/cli/home.ts';
import type { Manifest } from '../../node/cli/manifest.ts';
import { personalAccounts, roleKeys } from '../../node/cli/devnet/accounts.ts';

/** A home that is removed when the test ends. */
export function temporaryHome(t: TestContext): Home {
  const directory = mkdtempSync(join(tmpdir(), 'keyfall-home-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return homeAt(directory);
}

/** A manifest of a devnet that does not exist: port 1 answers nothing. */
export function sampleManifest(): Manifest {
  const rpc = 'http://127.0.0.1:1';
  return {
    profile: 'training-devnet', timeScale: 24, l1: { rpc, chainId: 31_337 }, l2: { rpc, ws: 'ws://127.0.0.1:1', chainId: 531_337 },
    deployBlock: 3, contracts: { Rollup: '0x5FbDB2315678afecb367f032d93F642f64180aa3' }, predeploys: {},
    accounts: personalAccounts(), roles: roleKeys(), services: {}, pids: { up: 1 },
  };
}

/** Polls until the condition holds. @throws Error when it does not within the time */
export async function eventually(what: string, holds: () => boolean, seconds = 15): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`expected within ${seconds} s: ${what}`);
    await new Promise((resolve) => {
      setTimeout(resolve, 25);
    });
  }
}

/** Whether a process of that number runs (a zombie does not). */
export function isAlive(pid: number): boolean {
  return existsSync(`/proc/${pid}/exe`);
}
