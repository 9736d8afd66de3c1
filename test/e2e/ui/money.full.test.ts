// More journeys of someone with money against the real devnet: a deposit, the explorer, endpoints that cannot be reached, the page from a
// sub-path and from a disk, every page read by axe in light, in dark and at 360 px.
// The wallet is injected as an extension would be; nothing of the page is mocked.

import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createPublicClient, http, parseEther } from 'viem';
import { NAVIGATION } from '../../../governance-ui/content.ts';
import { routeTo } from '../../../governance-ui/components/route.ts';
import { TestDevnet } from '../devnet.ts';
import { assertNoBarriers, connectWallet, openBrowser, openContext, openPage, seeText, waitUntilRead } from './page.ts';
import { injectWallet } from './wallet.ts';
import { keyOf, settingsOf } from './manifestSettings.ts';

const OUT = join(import.meta.dirname, '..', '..', '..', 'governance-ui', 'out');

test('someone with money uses the rest of the page on a real devnet', { timeout: 450_000 }, async (t) => {
  const devnet = new TestDevnet(t);
  const { manifest } = await devnet.start();
  const ui = manifest.services['ui'] ?? assert.fail('the devnet serves no UI');
  const browser = await openBrowser(t);
  const l2 = createPublicClient({ transport: http(manifest.l2.rpc), pollingInterval: 200 });
  const stranger = '0x00000000000000000000000000000000C0FFEE01';

  await t.test('deposits, after reading what will be signed, and sees the message taken', async () => {
    const context = await openContext(browser);
    await injectWallet(context, manifest, keyOf(manifest, 0));
    const { page, faults } = await openPage(context, `${ui}/#/deposit`);
    await connectWallet(page);
    await page.getByLabel('Amount, ETH').fill('1.25');
    await page.getByLabel('Recipient on L2').fill(stranger);
    await seeText(page, /bring 1\.25 ETH from L1/);
    await seeText(page, /would succeed at block/);
    await page.getByRole('button', { name: /sign in wallet/ }).click();
    await seeText(page, /Done in block/);
    await seeText(page, /In the Inbox/);
    await page.locator('.stage[data-state="done"]', { hasText: 'Final' }).waitFor();
    assert.equal(await l2.getBalance({ address: stranger }), parseEther('1.25'));
    assert.deepEqual(faults, []);
    await context.close();
  });

  await t.test('finds batches, blocks and transactions, each as far as L1 says', async () => {
    const context = await openContext(browser);
    const { page, faults } = await openPage(context, `${ui}/#/explorer`);
    await page.getByLabel('Find').fill('batch 1');
    await page.getByRole('button', { name: 'Find', exact: true }).click();
    await seeText(page, 'decoded here, from calldata');
    const block = await l2.getBlock({ blockNumber: 2n, includeTransactions: false });
    const hash = block.transactions[0] ?? assert.fail('expected a funding deposit in L2 block 2');
    await page.goto(`${ui}/#/explorer/tx/${hash}`);
    await seeText(page, 'the Inbox on L1 (forced)');
    await page.locator('.stage[data-state="done"]', { hasText: 'Final' }).waitFor();
    await page.goto(`${ui}/#/explorer/tx/0x${'1'.repeat(64)}`);
    await seeText(page, 'No endpoint has it');
    assert.deepEqual(faults, []);
    await context.close();
  });

  await t.test('an endpoint that cannot be reached leaves unknown, never zero', async () => {
    const context = await openContext(browser);
    await context.addInitScript((text) => globalThis.localStorage.setItem('keyfall.settings.1', text), JSON.stringify(settingsOf(manifest, [{ url: 'http://127.0.0.1:9', operator: 'nobody' }])));
    const { page } = await openPage(context, `${ui}/#/`);
    await seeText(page, 'L1 cannot be read');
    await page.locator('.hero-number', { hasText: 'unknown' }).waitFor();
    assert.equal(await page.locator('.value').count(), 0, 'no value without a read');
    await context.close();
  });

  await t.test('runs from a sub-path with any gateway, and from a disk: everything is read, transactions are exported', async () => {
    const place = mkdtempSync(join(tmpdir(), 'keyfall-ui-'));
    t.after(() => rmSync(place, { recursive: true, force: true }));
    cpSync(OUT, place, { recursive: true });
    writeFileSync(join(place, 'keyfall.config.js'), `window.KEYFALL_CONFIG = ${JSON.stringify(settingsOf(manifest, [{ url: manifest.l1.rpc, operator: 'devnet' }]))};`);
    const context = await openContext(browser);
    const files = await openPage(context, `file://${place}/index.html#/deposit`);
    await seeText(files.page, /unverified: one RPC/);
    await files.page.getByLabel('Amount, ETH').fill('1');
    await files.page.getByLabel('Recipient on L2').fill(stranger);
    await seeText(files.page, /Opened from a disk/);
    await files.page.getByRole('button', { name: 'Export unsigned' }).click();
    const exported = JSON.parse(await files.page.getByLabel('Unsigned transaction').inputValue()) as { to: string; chainId: number };
    assert.equal(exported.to.toLowerCase(), manifest.contracts['Inbox']?.toLowerCase());
    assert.deepEqual(files.faults, []);

    await context.route('http://gateway.example/ipfs/x/**', async (route) => {
      const path = new URL(route.request().url()).pathname.replace('/ipfs/x/', '') || 'index.html';
      const type = path.endsWith('.js') ? 'text/javascript' : path.endsWith('.css') ? 'text/css' : 'text/html';
      await route.fulfill({ body: readFileSync(join(place, path)), contentType: type });
    });
    const gateway = await openPage(context, 'http://gateway.example/ipfs/x/#/explorer');
    await seeText(gateway.page, 'Latest batches');
    await gateway.page.locator('nav[aria-label="Pages"] a', { hasText: 'Health' }).filter({ visible: true }).click();
    await gateway.page.reload();
    await seeText(gateway.page, 'Protocol clock');
    assert.deepEqual(gateway.faults, []);
    await context.close();
  });

  await t.test('every page is without serious barriers, in light, dark and at 360 px', async () => {
    for (const options of [{ colorScheme: 'light' }, { colorScheme: 'dark' }, { colorScheme: 'dark', viewport: { width: 360, height: 740 } }] as const) {
      const context = await openContext(browser, options);
      const { page, faults } = await openPage(context, ui);
      for (const { route, name } of NAVIGATION.flatMap(({ entries }) => entries)) {
        await page.goto(`${ui}/${routeTo(...route)}`);
        await page.locator('h1').first().waitFor();
        await waitUntilRead(page);
        await assertNoBarriers(page, `${name} (${options.colorScheme})`);
      }
      assert.deepEqual(faults, []);
      await context.close();
    }
  });
});
