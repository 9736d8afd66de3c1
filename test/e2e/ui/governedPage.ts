// What every journey of those who govern starts with: a deployment on a fast clock, the page served for it, a browser. Owns starting them and their
// end; acts and asserts nothing. No rollup node runs: both chains the page reads are the one L1.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Browser } from 'playwright-core';
import { DeployedSystem } from '../../contracts/deployed.ts';
import { openBrowser } from './page.ts';
import { servePage } from './served.ts';
import type { injectWallet } from './wallet.ts';

export interface GovernedPage {
  /** For the files of the test, removed after it. */
  readonly folder: string;
  readonly system: DeployedSystem;
  readonly rollup: string;
  readonly ui: string;
  readonly browser: Browser;
  /** What a wallet is injected with. */
  readonly chains: Parameters<typeof injectWallet>[1];
}

/** @param scale by which the protocol's durations are divided */
export async function startGovernedPage(t: TestContext, scale: bigint): Promise<GovernedPage> {
  const folder = mkdtempSync(join(tmpdir(), 'keyfall-governed-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const system = await DeployedSystem.start(['--time-scale', String(scale)]);
  t.after(async () => system.stop());
  const rollup = system.deployment.contracts['Rollup'] ?? '';
  const { url } = system.anvil;
  const ui = await servePage(t, folder, { rollup, l1: url, l2: url });
  const browser = await openBrowser(t);
  return { folder, system, rollup, ui, browser, chains: { l1: { rpc: url, chainId: 31_337 }, l2: { rpc: url, ws: url, chainId: 531_337 } } };
}
