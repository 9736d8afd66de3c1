// Journeys of those with a say, in a real Chromium against the real contracts: J1, a council reads a malicious upgrade, compares its
// device, signs in the page and on the command line, and vetoes; J3, someone sees such an upgrade, reads the latest start of each way
// out, and is told when it is too late. The L2 side is absent on purpose: the page must work with L1 alone and say what it lacks.
// Upgrades are brought in by the command line, as in life; time is the chain's.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import type { Hex } from 'viem';
import { COUNCIL_KEYS, keyAt } from '../../contracts/deployed.ts';
import { startGovernedPage } from './governedPage.ts';
import { assertNoBarriers, connectWallet, openContext, openPage, seeText, waitUntilRead } from './page.ts';
import { injectWallet } from './wallet.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const SCALE = 1_440n;
const DAY = 86_400n / SCALE;
const execute = promisify(execFile);

test('those with a say read, sign, veto and leave in time', { timeout: 450_000 }, async (t) => {
  const { folder, system, ui, browser, chains } = await startGovernedPage(t, SCALE);
  writeFileSync(join(folder, 'report.md'), 'what it does');

  async function keyfall(args: readonly string[], key?: number): Promise<Record<string, unknown>> {
    const env = { PATH: process.env['PATH'] ?? '', KEYFALL_HOME: folder, ...(key === undefined ? {} : { KEYFALL_PRIVATE_KEY: keyAt(key).privateKey }) };
    const { stdout } = await execute(process.execPath, [join(ROOT, 'node/cli/main.ts'), ...args, '--json'], { env, maxBuffer: 1 << 24 });
    return JSON.parse(stdout) as Record<string, unknown>;
  }
  const online = ['--l1', system.anvil.url, '--rollup', system.deployment.contracts['Rollup'] ?? ''];

  /** A core upgrade, proposed, voted for and scheduled. @returns its id */
  async function scheduleCore(why: string): Promise<string> {
    const { upgradeId } = await keyfall(['upgrade', 'propose', 'core', '--implementation', system.deployment.contracts['RollupImplementation'] ?? '', '--report', join(folder, 'report.md'), '--why', why, ...online], 23);
    await system.pass(2n * DAY + 1n);
    await keyfall(['upgrade', 'vote', String(upgradeId), 'for', ...online], 0);
    await system.pass(7n * DAY + 1n);
    await keyfall(['upgrade', 'queue', String(upgradeId), ...online], 5);
    return String(upgradeId);
  }

  await t.test('with nothing scheduled the window is the delay less the slowest way out, and each power has an address', async () => {
    const context = await openContext(browser);
    const { page, faults } = await openPage(context, `${ui}/#/`);
    await page.locator('.hero[data-tone="warn"] .hero-number', { hasText: '33 min' }).waitFor();
    await seeText(page, /6 members of the council together can carry out an upgrade .* with no delay at all/);
    await seeText(page, 'L2 cannot be read');
    await page.goto(`${ui}/#/council`);
    await seeText(page, '6 of 8');
    await page.goto(`${ui}/#/stage`);
    await seeText(page, 'At most Stage 1');
    assert.deepEqual(faults, []);
    await context.close();
  });

  const first = await scheduleCore('a malicious one');

  await t.test('J1: members read it, see what their device will show, sign in the page and on the command line, and veto', async () => {
    const member = COUNCIL_KEYS[0] ?? 0;
    const context = await openContext(browser);
    await injectWallet(context, chains, keyAt(member).privateKey as Hex);
    const { page, faults } = await openPage(context, `${ui}/#/upgrades/${first}`);
    await seeText(page, /Replace the Rollup's code by that at/);
    await seeText(page, 'If it is malicious, it can take everything that was not paid out');
    await page.getByRole('img', { name: /Your last safe moment/ }).waitFor();
    await page.goto(`${ui}/#/approve/${first}`);
    await connectWallet(page);
    await page.getByRole('button', { name: 'Veto it' }).click();
    await seeText(page, /VETO, once and for good/);
    await seeText(page, /No other one stands now/);
    await seeText(page, 'What your device should show');
    await seeText(page, 'a member');
    await page.getByRole('button', { name: 'Sign in wallet' }).click();
    await seeText(page, /Recovered and compared/);
    const href = await page.getByRole('link', { name: 'Download the act' }).getAttribute('href');
    const file = join(folder, 'act.json');
    writeFileSync(file, decodeURIComponent((href ?? '').replace('data:application/json,', '')));
    for (const key of COUNCIL_KEYS.slice(1, 5)) await keyfall(['council', 'sign', file], key);

    await page.goto(`${ui}/#/approve`);
    await page.getByLabel(/Or a file of/).fill(readFileSync(file, 'utf8'));
    await seeText(page, /5 of 5/);
    await page.getByRole('button', { name: /Submit the veto: sign in wallet/ }).click();
    await seeText(page, /Done in block/);
    await page.goto(`${ui}/#/upgrades`);
    await page.locator('.card', { hasText: first.slice(0, 10) }).getByText('Vetoed').waitFor();
    assert.deepEqual(faults, []);
    await context.close();
  });

  await t.test('a wallet that signs other bytes turns the page red, and its signature is thrown away', async () => {
    const context = await openContext(browser);
    await injectWallet(context, chains, keyAt(COUNCIL_KEYS[1] ?? 0).privateKey as Hex, { alterTyped: (typed) => ({ ...typed, message: { ...(typed['message'] as object), nonce: '1' } }) });
    const { page } = await openPage(context, `${ui}/#/approve`);
    await connectWallet(page);
    await page.getByRole('button', { name: 'Pause finality' }).click();
    await page.getByRole('button', { name: 'Sign in wallet' }).click();
    await seeText(page, 'Stop: your wallet does not do what you see');
    await seeText(page, /thrown away/);
    assert.equal(await page.locator('.shell').getAttribute('data-alarm'), 'true');
    await seeText(page, /^0 of 4/);
    await context.close();
  });

  const second = await scheduleCore('another malicious one');

  await t.test('J3: the page says until when to leave by each way, and when it is no longer sure', async () => {
    const context = await openContext(browser);
    const { page, faults } = await openPage(context, `${ui}/#/`);
    await page.locator('.hero[data-tone="warn"]', { hasText: 'start by' }).waitFor();
    await page.getByRole('link', { name: second.slice(0, 10) }).waitFor();
    await page.goto(`${ui}/#/exit`);
    await page.locator('.route', { hasText: 'Forced withdrawal' }).getByRole('link', { name: 'Begin' }).waitFor();
    await waitUntilRead(page);
    await assertNoBarriers(page, 'Exit planner');
    await system.pass(34n * DAY);
    await page.goto(`${ui}/#/`);
    await page.locator('.hero[data-tone="bad"]', { hasText: 'Too late to be sure' }).waitFor();
    await system.pass(10n * DAY);
    await page.goto(`${ui}/#/exit`);
    await page.locator('.route[data-feasible="false"]', { hasText: 'Normal withdrawal' }).getByText('no longer guaranteed').waitFor();
    assert.deepEqual(faults, []);
    await context.close();
  });
});
