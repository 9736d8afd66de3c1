// J3, its second half: a forced withdrawal of ether and of a token, from the form to the payment, on one page and, for the token, in a browser
// that has never seen it. J5: the operator's page with a watchtower named: ladder, queue, endpoints, checks with their ages.
// The real devnet with a real watchtower.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { JsonRpcProvider, NonceManager, Wallet } from 'ethers';
import type { Contract } from 'ethers';
import { createPublicClient, http, parseEther } from 'viem';
import type { Hex } from 'viem';
import { TestDevnet } from '../devnet.ts';
import { deployToken } from '../scenarios/compile.ts';
import { assertNoBarriers, connectWallet, openBrowser, openContext, openPage, seeText, waitUntilRead } from './page.ts';
import { keyOf, settingsOf } from './manifestSettings.ts';
import { injectWallet } from './wallet.ts';

test('J3 and J5 on a real devnet with a watchtower', { timeout: 900_000 }, async (t) => {
  const devnet = new TestDevnet(t);
  const { manifest } = await devnet.start('--watchtower-port', '0');
  const ui = manifest.services['ui'] ?? assert.fail('the devnet serves no UI');
  const browser = await openBrowser(t);
  const key = (index: number): Hex => keyOf(manifest, index);
  const l1 = createPublicClient({ transport: http(manifest.l1.rpc), pollingInterval: 200 });
  const provider = new JsonRpcProvider(manifest.l1.rpc, manifest.l1.chainId, { staticNetwork: true, pollingInterval: 50, cacheTimeout: -1 });
  t.after(() => provider.destroy());
  const holder = new NonceManager(new Wallet(key(6), provider));
  const token: Contract = await deployToken(holder, 'PlainToken');
  const tokenAddress = await token.getAddress();

  await t.test('a forced withdrawal goes from the form to the payment on one page', async () => {
    const context = await openContext(browser);
    await injectWallet(context, manifest, key(7));
    const { page, faults } = await openPage(context, `${ui}/#/force/withdraw`);
    await connectWallet(page);
    const stranger = '0x00000000000000000000000000000000c0ffee05';
    await page.getByLabel('Recipient on L1').fill(stranger);
    await page.getByLabel('Amount, ETH').fill('0.75');
    await seeText(page, /On L2 it does this: Burn 0\.75 ETH/);
    await page.getByRole('button', { name: /Force: sign in wallet/ }).click();
    await page.locator('.stage[data-state="done"]', { hasText: 'Final' }).waitFor();
    await seeText(page, /proof verified here/);
    await page.getByRole('button', { name: /Claim: sign in wallet/ }).click();
    await seeText(page, 'Paid, or credited');
    assert.equal(await l1.getBalance({ address: stranger }), parseEther('0.75'));
    assert.deepEqual(faults, []);
    await context.close();
  });

  await t.test('a token is allowed, deposited, forced back and claimed in another browser', async () => {
    const context = await openContext(browser);
    const { address } = await injectWallet(context, manifest, key(6));
    const { page, faults } = await openPage(context, `${ui}/#/deposit`);
    await connectWallet(page);
    await page.getByText('Deposit an ERC-20 token, an NFT or an ERC-1155').click();
    await page.getByLabel('Token contract on L1').fill(tokenAddress);
    await page.getByLabel('Amount, smallest units').fill(parseEther('4').toString());
    await page.getByRole('button', { name: /Allow: sign in wallet/ }).click();
    await page.getByRole('button', { name: /Deposit: sign in wallet/ }).click();
    await page.locator('.stage[data-state="done"]', { hasText: 'Final' }).waitFor();

    await page.goto(`${ui}/#/force/withdraw`);
    await page.getByLabel('Asset').selectOption('erc20');
    await page.getByLabel('Token contract on L1').fill(tokenAddress);
    await page.getByLabel('Amount, PLN').fill('1.5');
    await seeText(page, /Burn 1500000000000000000 units of ERC-20/);
    await page.getByRole('button', { name: /Force: sign in wallet/ }).click();
    await seeText(page, 'In the Inbox');
    await context.close();

    const other = await openContext(browser);
    await injectWallet(other, manifest, key(8));
    const second = await openPage(other, `${ui}/#/withdrawals/${address}`);
    await connectWallet(second.page);
    const before = (await token.getFunction('balanceOf').staticCall(address)) as bigint;
    await second.page.getByRole('button', { name: 'Prove and claim' }).click();
    await second.page.getByRole('button', { name: /Claim: sign in wallet/ }).click();
    await seeText(second.page, 'paid out');
    assert.equal(((await token.getFunction('balanceOf').staticCall(address)) as bigint) - before, parseEther('1.5'));
    assert.deepEqual([...faults, ...second.faults], []);
    await other.close();
  });

  await t.test('J5: the operator sees ladder, queue, endpoints, and a watchtower\'s checks with their ages', async () => {
    const watchtower = manifest.services['watchtower'] ?? assert.fail('the devnet runs no watchtower');
    const settings = settingsOf(manifest, [{ url: manifest.l1.rpc, operator: 'own' }], watchtower);
    for (const options of [{ colorScheme: 'light' }, { colorScheme: 'dark', viewport: { width: 360, height: 740 } }] as const) {
      const context = await openContext(browser, options);
      await context.addInitScript((text) => globalThis.localStorage.setItem('keyfall.settings.1', text), JSON.stringify(settings));
      const { page, faults } = await openPage(context, `${ui}/#/health`);
      await page.locator('.ladder li', { hasText: 'Final' }).locator('.ladder-number', { hasText: /block \d/ }).waitFor();
      await page.locator('.gauge').waitFor();
      const checks = page.getByRole('region', { name: 'Checks' });
      await checks.locator('tr', { hasText: 'A5-continuity' }).waitFor();
      await checks.getByText(/\d+ s ago|\d+ min/).first().waitFor();
      await waitUntilRead(page);
      await assertNoBarriers(page, `Health (${options.colorScheme})`);
      assert.deepEqual(faults, []);
      await context.close();
    }
  });
});
