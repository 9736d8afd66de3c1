// What the journeys do with a page: open it on a devnet, connect, wait for words, look for barriers. Owns the browser of one test file
// and its end. Every error of the page itself fails the test that opened it.
// Invariant: a journey waits for what a person would see, never for a time.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { launchBrowser } from '../../../governance-ui/scripts/browser.ts';

const PATIENCE_MILLISECONDS = 60_000;
const POLL_MILLISECONDS = 100;
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export async function openBrowser(t: TestContext): Promise<Browser> {
  const browser = await launchBrowser();
  t.after(async () => browser.close());
  return browser;
}

export async function openContext(browser: Browser, options: BrowserContextOptions = {}): Promise<BrowserContext> {
  const context = await browser.newContext({ viewport: { width: 1200, height: 900 }, reducedMotion: 'reduce', ...options });
  context.setDefaultTimeout(PATIENCE_MILLISECONDS);
  return context;
}

/** Opens a page; its uncaught errors and refused scripts are collected and must be none at the end. */
export async function openPage(context: BrowserContext, url: string): Promise<{ page: Page; faults: string[] }> {
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' && /Content Security Policy|Minified React|hydrat/i.test(message.text())) faults.push(message.text());
  });
  await page.goto(url);
  await page.locator('h1').first().waitFor();
  return { page, faults };
}

export async function connectWallet(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Connect wallet' }).click();
  await page.getByRole('button', { name: 'Journey wallet' }).click();
  await page.locator('dialog').waitFor({ state: 'hidden' });
}

/** Waits until every number on the page has been read, or failed to be. */
export async function waitUntilRead(page: Page): Promise<void> {
  const unread = page.locator('.pending, [aria-busy="true"]');
  for (let wait = 0; (await unread.count()) > 0; wait += 1) {
    assert.ok(wait < PATIENCE_MILLISECONDS / POLL_MILLISECONDS, `still reading: ${(await unread.allTextContents()).join(', ')}`);
    await sleep(POLL_MILLISECONDS);
  }
}

/** Words anywhere on the page, visible. */
export async function seeText(page: Page, text: string | RegExp): Promise<void> {
  await page.getByText(text).filter({ visible: true }).first().waitFor();
}

/** What axe-core finds serious or critical. */
export async function assertNoBarriers(page: Page, where: string): Promise<void> {
  // Evaluated, not inserted as a script: the page's own policy refuses foreign scripts.
  await page.evaluate(axeSource);
  const found = await page.evaluate(async () => {
    const { violations } = await (globalThis as unknown as { axe: { run: () => Promise<{ violations: { id: string; impact: string | null; nodes: { html: string; failureSummary?: string }[] }[] }> } }).axe.run();
    return violations.filter(({ impact }) => impact === 'serious' || impact === 'critical').map(({ id, nodes }) => `${id}: ${nodes.slice(0, 2).map(({ html, failureSummary }) => `${html.slice(0, 160)} ${failureSummary ?? ''}`).join(' | ')}`);
  });
  assert.deepEqual(found, [], `barriers on ${where}`);
  const overflow = await page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth');
  assert.ok(overflow <= 0, `${where} is ${overflow} px wider than the window`);
}
