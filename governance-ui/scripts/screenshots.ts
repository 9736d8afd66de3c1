// Pictures of every page in light, dark and at 360 px, for a person to look at. Owns the list of routes and sizes; it needs a running
// devnet (npm run up) or --url, and writes into governance-ui/screenshots/.
//   npm run screenshots -w governance-ui [-- --url http://127.0.0.1:9300 --only home,exit --account 0x...]
// Invariant: a picture is taken only after the page has read the chain; one that never does is taken too, and named in the output.

import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { launchBrowser } from './browser.ts';

const ROUTES: Readonly<Record<string, string>> = {
  home: '#/', explorer: '#/explorer', batch: '#/explorer/batch/1', block: '#/explorer/block/3', withdrawals: '#/withdrawals', deposit: '#/deposit', force: '#/force', exit: '#/exit', escape: '#/escape',
  upgrades: '#/upgrades', vote: '#/vote', approve: '#/approve', council: '#/council', stage: '#/stage', health: '#/health', settings: '#/settings',
};
const SIZES = { light: { width: 1280, height: 860, scheme: 'light' }, dark: { width: 1280, height: 860, scheme: 'dark' }, narrow: { width: 360, height: 760, scheme: 'light' } } as const;

const { values } = parseArgs({ options: { url: { type: 'string' }, only: { type: 'string' }, out: { type: 'string' }, sizes: { type: 'string' } } });
const root = join(import.meta.dirname, '..');

function servedUrl(): string {
  const path = join(root, '..', '.keyfall', 'devnet.json');
  const { services } = JSON.parse(readFileSync(path, 'utf8')) as { services: { ui?: string } };
  if (services.ui === undefined) throw new Error('the running devnet serves no UI; start it with npm run up');
  return services.ui;
}

const url = values.url ?? servedUrl();
const out = values.out ?? join(root, 'screenshots');
const wanted = values.only?.split(',');
const sizes = values.sizes?.split(',');
mkdirSync(out, { recursive: true });
const browser = await launchBrowser();
for (const [size, { width, height, scheme }] of Object.entries(SIZES)) {
  if (sizes !== undefined && !sizes.includes(size)) continue;
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme, reducedMotion: 'reduce' });
  const page = await context.newPage();
  for (const [name, hash] of Object.entries(ROUTES)) {
    if (wanted !== undefined && !wanted.includes(name)) continue;
    await page.goto(`${url}/${hash}`);
    await page.waitForSelector('h1');
    const isReady = await page.waitForFunction(() => document.querySelectorAll('.pending, [aria-busy="true"]').length === 0 && document.querySelector('.trust-block') !== null, undefined, { timeout: 10_000 }).then(() => true, () => false);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    await page.screenshot({ path: join(out, `${name}-${size}.png`), fullPage: true });
    process.stdout.write(`${name}-${size}.png${isReady ? '' : '  (still reading)'}${overflow > 0 ? `  (${overflow} px too wide)` : ''}\n`);
  }
  await context.close();
}
await browser.close();
