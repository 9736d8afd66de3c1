// What a careful person does, in a real Chromium against the real contracts: goes from Home to a signed veto and to a forced withdrawal with Tab,
// Enter and Escape alone, always seeing where the focus is; finds in Settings what was signed against the page's word; and, with one endpoint that
// leaves a scheduled upgrade out, has the list recomputed from L1's receipts and sees what is missing.
// No rollup node runs. Owns the upgrade of these journeys.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import type { Page } from 'playwright-core';
import type { Hex } from 'viem';
import { COUNCIL_KEYS, keyAt } from '../../contracts/deployed.ts';
import { lyingEndpoint } from './chaos.ts';
import { startGovernedPage } from './governedPage.ts';
import { assertNoBarriers, connectWallet, openContext, openPage, seeText, waitUntilRead } from './page.ts';
import { servePage } from './served.ts';
import { injectWallet } from './wallet.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const SCALE = 1_440n;
const DAY = 86_400n / SCALE;
const MAX_TABS = 120;
const execute = promisify(execFile);

interface Focused { readonly text: string; readonly isSeen: boolean; readonly why: string }

/** Evaluated in the page, as text: the tests are compiled without a browser's types. */
const FOCUSED = `(() => {
  const element = document.activeElement;
  if (element === null || element === document.body) return { text: '', isSeen: true, why: 'nothing' };
  const text = element.getAttribute('aria-label') ?? element.labels?.[0]?.textContent ?? element.textContent ?? '';
  const { outlineStyle, outlineWidth } = getComputedStyle(element);
  const { top, bottom, left, right, width, height } = element.getBoundingClientRect();
  const isDrawn = outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2;
  const isInside = width > 0 && height > 0 && bottom > 0 && top < innerHeight && right > 0 && left < innerWidth;
  const middle = document.elementFromPoint(Math.min(Math.max((left + right) / 2, 1), innerWidth - 1), Math.min(Math.max((top + bottom) / 2, 1), innerHeight - 1));
  const isFree = middle === null || element.contains(middle) || middle.contains(element);
  return { text: text.trim(), isSeen: isDrawn && isInside && isFree, why: ['outline', outlineStyle, outlineWidth, 'at', Math.round(left), Math.round(top), isFree ? 'free' : 'covered'].join(' ') };
})()`;

/** What has the focus, by its words, and whether a person sees that it has: drawn outline, inside the window, not covered. */
async function focused(page: Page): Promise<Focused> {
  return page.evaluate<Focused>(FOCUSED);
}

/** Tabs on until what is wanted has the focus. */
async function tabTo(page: Page, wanted: RegExp): Promise<void> {
  const passed: string[] = [];
  for (let step = 0; step < MAX_TABS; step += 1) {
    await page.keyboard.press('Tab');
    const { text, isSeen, why } = await focused(page);
    assert.ok(isSeen, `the focus on "${text}" cannot be seen: ${why}`);
    if (wanted.test(text)) return;
    passed.push(text.slice(0, 40));
  }
  assert.fail(`${String(wanted)} was not reached with Tab; passed: ${passed.join(' | ')}`);
}

/** The screen is there, and its title has the focus, as after every change of route: a Tab before that would be undone. */
async function arrive(page: Page, title: string): Promise<void> {
  await page.locator('h1:focus', { hasText: title }).waitFor();
}

async function enter(page: Page, wanted: RegExp): Promise<void> {
  await tabTo(page, wanted);
  await page.keyboard.press('Enter');
}

test('a careful person, with the keyboard alone, with words typed and with one endpoint that leaves things out', { timeout: 600_000 }, async (t) => {
  const { folder, system, ui, rollup, browser, chains } = await startGovernedPage(t, SCALE);
  writeFileSync(join(folder, 'report.md'), 'what it does');
  const online = ['--l1', system.anvil.url, '--rollup', rollup];
  async function keyfall(args: readonly string[], key?: number): Promise<Record<string, unknown>> {
    const env = { PATH: process.env['PATH'] ?? '', KEYFALL_HOME: folder, ...(key === undefined ? {} : { KEYFALL_PRIVATE_KEY: keyAt(key).privateKey }) };
    const { stdout } = await execute(process.execPath, [join(ROOT, 'node/cli/main.ts'), ...args, ...online, '--json'], { env, maxBuffer: 1 << 24 });
    return JSON.parse(stdout) as Record<string, unknown>;
  }
  const proposed = await keyfall(['upgrade', 'propose', 'core', '--implementation', system.deployment.contracts['RollupImplementation'] ?? '', '--report', join(folder, 'report.md'), '--why', 'a malicious one'], 23);
  const id = String(proposed['upgradeId']);
  await system.pass(2n * DAY + 1n);
  await keyfall(['upgrade', 'vote', id, 'for'], 0);
  await system.pass(7n * DAY + 1n);
  await keyfall(['upgrade', 'queue', id], 5);

  await t.test('Home, the upgrade, a signed veto and a forced withdrawal are reached with Tab, Enter and Escape, the focus always in sight', async () => {
    const context = await openContext(browser);
    await injectWallet(context, chains, keyAt(COUNCIL_KEYS[0] ?? 0).privateKey as Hex);
    const { page, faults } = await openPage(context, `${ui}/#/`);
    await seeText(page, /start by/);
    await enter(page, /^Connect wallet/);
    await page.locator('dialog[open]').waitFor();
    await page.keyboard.press('Escape');
    await page.locator('dialog').waitFor({ state: 'hidden' });
    assert.match((await focused(page)).text, /Connect wallet/, 'Escape gives the focus back');
    await page.keyboard.press('Enter');
    await enter(page, /Journey wallet/);
    await page.locator('dialog').waitFor({ state: 'hidden' });

    await enter(page, new RegExp(`^${id.slice(0, 10)}`));
    await arrive(page, 'Upgrades');
    await page.getByRole('link', { name: /For members of the council/ }).waitFor();
    await enter(page, /For members of the council/);
    await arrive(page, 'Approve');
    await page.getByRole('button', { name: 'Veto it' }).waitFor();
    await enter(page, /^Veto it/);
    await seeText(page, /VETO, once and for good/);
    await enter(page, /^Sign in wallet/);
    await seeText(page, /Recovered and compared/);

    await page.goto(`${ui}/#/`);
    await arrive(page, 'Time left');
    await enter(page, /^Force a transaction/);
    await arrive(page, 'Force');
    await enter(page, /^Withdraw to L1/);
    await tabTo(page, /Amount, ETH/);
    await page.keyboard.type('0.1');
    await page.getByRole('button', { name: /Force: sign in wallet/ }).waitFor();
    await waitUntilRead(page);
    await enter(page, /^Force: sign in wallet/);
    await seeText(page, /Done in block/);
    assert.deepEqual(faults, []);
    await context.close();
  });

  await t.test('a screen that cannot be drawn says so in its place, takes no other with it and is drawn again when it can be', async () => {
    const { page } = await openPage(await openContext(browser), `${ui}/#/settings`);
    await page.evaluate(`(() => {
      const create = document.createElement;
      globalThis.cannotDraw = 'h1';
      document.createElement = function (name, ...rest) { if (name === globalThis.cannotDraw) throw new Error('no such thing'); return create.call(this, name, ...rest); };
      location.hash = '#/stage';
    })()`);
    await seeText(page, /could not be drawn: whether what it shows holds is unknown/);
    await seeText(page, /no such thing/);
    await page.evaluate('globalThis.cannotDraw = undefined');
    await page.getByRole('navigation').first().getByRole('link', { name: 'Council' }).click();
    await page.locator('h1', { hasText: 'Council' }).waitFor();
    await page.evaluate("globalThis.cannotDraw = 'h1'; location.hash = '#/stage'");
    await seeText(page, /could not be drawn/);
    await page.evaluate('globalThis.cannotDraw = undefined');
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.locator('h1', { hasText: 'Stage' }).waitFor();
    for (const name of ['constructor', '__proto__', 'toString']) {
      await page.evaluate(`location.hash = '#/${name}'`);
      await seeText(page, `Nothing is at #/${name}`);
    }
    await page.context().close();
  });

  await t.test('what was signed against the page\'s word stands in Settings, with its digest, also after a reload, and can be exported', async () => {
    const context = await openContext(browser);
    await injectWallet(context, chains, keyAt(7).privateKey as Hex, { refuses: true });
    const { page, faults } = await openPage(context, `${ui}/#/settings`);
    await seeText(page, 'Nothing so far.');
    await page.goto(`${ui}/#/deposit`);
    await connectWallet(page);
    await page.getByLabel('Amount, ETH').fill('99999999');
    await page.getByLabel('Recipient on L2').fill(keyAt(9).address);
    await seeText(page, /would fail/);
    const send = page.getByRole('button', { name: /Deposit: sign in wallet/ });
    assert.ok(await send.isDisabled());
    await page.getByLabel(/Type SIGN ANYWAY/).fill('SIGN ANYWAY');
    await send.click();
    await seeText(page, 'Nothing was sent');
    await page.goto(`${ui}/#/settings`);
    await page.reload();
    const row = page.getByRole('region', { name: 'Signed against this page\'s word' }).getByRole('row').nth(1);
    await row.getByText('SIGN ANYWAY').waitFor();
    await row.getByText(/Deposit/).first().waitFor();
    const href = await page.getByRole('link', { name: 'Export' }).getAttribute('href');
    const { format, entries } = JSON.parse(decodeURIComponent((href ?? '').replace('data:application/json,', ''))) as { format: string; entries: { time: string; what: string; typed: string; digest: string; account: string }[] };
    assert.equal(format, 'keyfall-overrides-1');
    assert.equal(entries.length, 1);
    assert.match(entries[0]?.digest ?? '', /^0x[0-9a-f]{64}$/);
    assert.equal(entries[0]?.account.toLowerCase(), keyAt(7).address.toLowerCase());
    assert.ok(Math.abs(Date.parse(entries[0]?.time ?? '') - Date.now()) < 600_000);
    await assertNoBarriers(page, 'Settings, with a list');
    await page.getByRole('button', { name: 'Forget…' }).click();
    await page.getByRole('button', { name: 'Forget all of them' }).click();
    await seeText(page, 'Nothing so far.');
    assert.deepEqual(faults, []);
    await context.close();
  });

  await t.test('one endpoint alone that leaves the upgrade out is believed as unverified, and found out by L1\'s receipts', async () => {
    const { UpgradeTimelock: timelock = '' } = system.deployment.contracts;
    const liar = await lyingEndpoint(t, system.anvil.url, ({ method }, truth) => (method === 'eth_getLogs' ? (truth as { address: string }[]).filter(({ address }) => address.toLowerCase() !== timelock.toLowerCase()) : truth));
    const lied = await servePage(t, folder, { rollup, l1: liar, l2: liar });
    const context = await openContext(browser);
    const { page, faults } = await openPage(context, `${lied}/#/upgrades`);
    await seeText(page, 'None, since the deployment.');
    await seeText(page, /Recompute it from|This list is not what/);
    if ((await page.getByRole('button', { name: /^Recompute it from/ }).count()) > 0) await page.getByRole('button', { name: /^Recompute it from/ }).click();
    await page.getByRole('alert').filter({ hasText: 'This list is not what L1\'s receipts hold' }).getByText(/Left out by your endpoint/).waitFor();
    await page.goto(`${lied}/#/vote`);
    await seeText(page, /Recompute it from|proposals in blocks/);
    if ((await page.getByRole('button', { name: /^Recompute it from/ }).count()) > 0) await page.getByRole('button', { name: /^Recompute it from/ }).click();
    await seeText(page, /proposals in blocks .*: 1, none left out and none made up/);
    assert.deepEqual(faults, []);
    await context.close();
  });
});
