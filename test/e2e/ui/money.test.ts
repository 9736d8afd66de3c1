// Journeys of someone with money that must never break, in a real Chromium against the real devnet: a forced withdrawal claimed in another
// browser that has never seen it (J3's way out), a wallet that sends other bytes, an endpoint that lies. The rest is money.full.test.ts.
// The wallet is injected as an extension would be; nothing of the page is mocked.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPublicClient, http, parseEther } from 'viem';
import { TestDevnet } from '../devnet.ts';
import { lyingEndpoint } from './chaos.ts';
import { connectWallet, openBrowser, openContext, openPage, seeText } from './page.ts';
import { injectWallet } from './wallet.ts';
import { keyOf, settingsOf } from './manifestSettings.ts';

test('someone with money uses the page on a real devnet', { timeout: 450_000 }, async (t) => {
  const devnet = new TestDevnet(t);
  const { manifest } = await devnet.start();
  const ui = manifest.services['ui'] ?? assert.fail('the devnet serves no UI');
  const browser = await openBrowser(t);
  const l1 = createPublicClient({ transport: http(manifest.l1.rpc), pollingInterval: 200 });
  const stranger = '0x00000000000000000000000000000000C0FFEE01';

  await t.test('forces a withdrawal past the sequencer, and claims it in another browser that has never seen it', async () => {
    const context = await openContext(browser);
    const { address } = await injectWallet(context, manifest, keyOf(manifest, 1));
    const { page, faults } = await openPage(context, `${ui}/#/force/withdraw`);
    await connectWallet(page);
    await page.getByLabel('Recipient on L1').fill(stranger);
    await page.getByLabel('Amount, ETH').fill('0.5');
    await seeText(page, /message to L2 that nobody can refuse/);
    await page.getByRole('button', { name: /sign in wallet/ }).click();
    await page.locator('.stage[data-state="done"]', { hasText: 'Final' }).waitFor();
    await context.close();

    const other = await openContext(browser);
    await injectWallet(other, manifest, keyOf(manifest, 2));
    const second = await openPage(other, `${ui}/#/withdrawals`);
    await connectWallet(second.page);
    await second.page.getByLabel('Account').fill(address);
    await second.page.getByRole('button', { name: 'Prove and claim' }).click();
    await seeText(second.page, /proof verified here/);
    await seeText(second.page, /in a worker/);
    await seeText(second.page, /would succeed at block/);
    await second.page.getByRole('button', { name: /Claim: sign in wallet/ }).click();
    await seeText(second.page, 'paid out');
    assert.equal(await l1.getBalance({ address: stranger }), parseEther('0.5'));
    assert.deepEqual([...faults, ...second.faults], []);
    await other.close();
  });

  await t.test('a wallet that sends other bytes turns the whole page red', async () => {
    const context = await openContext(browser);
    const { policy } = await injectWallet(context, manifest, keyOf(manifest, 3), { refuses: true });
    const { page } = await openPage(context, `${ui}/#/deposit`);
    await connectWallet(page);
    await page.getByLabel('Amount, ETH').fill('1');
    await page.getByLabel('Recipient on L2').fill(stranger);
    await page.getByRole('button', { name: /sign in wallet/ }).click();
    await seeText(page, 'Nothing was sent');
    policy.now = { alter: (request) => ({ ...request, to: '0x000000000000000000000000000000000000dEaD', data: '0x' }) };
    await page.getByRole('button', { name: /sign in wallet/ }).click();
    await seeText(page, 'Stop: your wallet does not do what you see');
    assert.equal(await page.locator('.shell').getAttribute('data-alarm'), 'true');
    await context.close();
  });

  await t.test('with three endpoints and one lying, the page names it and keeps the true value; with one it says unverified', async () => {
    const liar = await lyingEndpoint(t, manifest.l1.rpc, ({ method }, truth) => (method === 'eth_call' && typeof truth === 'string' && truth.length === 66 ? `0x${'0'.repeat(63)}7` : truth));
    const honest = await lyingEndpoint(t, manifest.l1.rpc, (_call, truth) => truth);
    const context = await openContext(browser);
    const settings = settingsOf(manifest, [{ url: manifest.l1.rpc, operator: 'alice' }, { url: honest, operator: 'bob' }, { url: liar, operator: 'mallory' }]);
    await context.addInitScript((text) => globalThis.localStorage.setItem('keyfall.settings.1', text), JSON.stringify(settings));
    const { page, faults } = await openPage(context, `${ui}/#/health`);
    await seeText(page, 'One of your endpoints gives other answers than the rest');
    await page.locator('.notice', { hasText: 'mallory' }).filter({ hasText: liar }).waitFor();
    assert.equal(await page.locator('.notice', { hasText: 'alice' }).count(), 0);
    await seeText(page, /2 of 3 RPCs agree/);
    await page.locator('tr', { hasText: 'mallory' }).getByText('dissents').waitFor();
    const batches = await page.locator('.row', { hasText: 'Batches committed' }).locator('[data-trust="agreed"]').textContent();
    assert.notEqual(batches, '7');
    assert.deepEqual(faults, []);
    await context.close();

    const alone = await openContext(browser);
    const single = await openPage(alone, `${ui}/#/`);
    await seeText(single.page, 'unverified: one RPC');
    assert.equal(await single.page.locator('[data-trust="agreed"]').count(), 0);
    await alone.close();
  });
});
