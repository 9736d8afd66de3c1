// What the page proves by itself, on a real devnet: batches, blocks and transactions recomputed against what two operators agree on of L1, an
// endpoint that lies about receipts found out; an ERC-1155 deposited, planned for and seen; a payment that failed, kept as a credit and paid
// later, in another browser. Nothing of the page is mocked.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { JsonRpcProvider, NonceManager, Wallet } from 'ethers';
import { createPublicClient, http, parseEther } from 'viem';
import type { Hex } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import type { BrowserContext } from 'playwright-core';
import { TestDevnet } from '../devnet.ts';
import { deployToken } from '../scenarios/compile.ts';
import { lyingEndpoint } from './chaos.ts';
import { keyOf, settingsOf } from './manifestSettings.ts';
import { assertNoBarriers, connectWallet, openBrowser, openContext, openPage, seeText, waitUntilRead } from './page.ts';
import { injectWallet } from './wallet.ts';

/** Runtime code that refuses whatever is sent: PUSH0 PUSH0 REVERT. */
const REFUSER = '0x5f5ffd';

test('the page proves what it shows, and finds what waits', { timeout: 900_000 }, async (t) => {
  const devnet = new TestDevnet(t);
  const { manifest } = await devnet.start();
  const ui = manifest.services['ui'] ?? assert.fail('the devnet serves no UI');
  const browser = await openBrowser(t);
  const [l1, l2] = [createPublicClient({ transport: http(manifest.l1.rpc), pollingInterval: 200 }), createPublicClient({ transport: http(manifest.l2.rpc), pollingInterval: 200 })];
  const twoOperators = [{ url: manifest.l1.rpc, operator: 'one' }, { url: `${manifest.l1.rpc}/`, operator: 'two' }];
  const withSettings = async (context: BrowserContext, settings: unknown): Promise<void> => {
    await context.addInitScript((text) => globalThis.localStorage.setItem('keyfall.settings.1', text), JSON.stringify(settings));
  };

  const firstWithTransactions = async (): Promise<{ readonly number: bigint; readonly transactions: readonly Hex[] }> => {
    for (let number = 1n; ; number += 1n) {
      const { transactions } = await l2.getBlock({ blockNumber: number, includeTransactions: false });
      if (transactions.length > 0) return { number, transactions };
    }
  };

  await t.test('a batch, a block and a transaction are verified against L1; nothing of them is taken on trust', async () => {
    const context = await openContext(browser);
    await withSettings(context, settingsOf(manifest, twoOperators));
    const { page, faults } = await openPage(context, `${ui}/#/explorer/batch/1`);
    const proof = page.getByRole('region', { name: 'Recomputed in this browser' });
    for (const name of ['Commit', 'Payload', 'Messages', 'Attesters', 'Blocks', 'Transactions']) await proof.locator('.items li', { hasText: name }).filter({ hasText: /^verified/ }).first().waitFor();
    assert.equal(await proof.getByText(/does not hold|unknown|unverified/).count(), 0);
    await assertNoBarriers(page, 'a batch');

    // The deposits of the start are in the first batch, in whichever of its blocks.
    const block = await firstWithTransactions();
    await page.goto(`${ui}/#/explorer/block/${block.number}`);
    await page.locator('.items li', { hasText: 'Its hash' }).filter({ hasText: /^verified/ }).waitFor();
    await page.locator('.items li', { hasText: 'Transactions and receipts' }).filter({ hasText: /^verified/ }).waitFor();
    assert.equal(await page.getByRole('region', { name: 'Transactions' }).locator('tbody tr').count(), block.transactions.length);
    await assertNoBarriers(page, 'a block');
    await page.goto(`${ui}/#/explorer/tx/${block.transactions[0] ?? ''}`);
    await page.locator('.row', { hasText: 'Place in its block' }).getByText('verified').waitFor();
    assert.deepEqual(faults, []);
    await context.close();
  });

  await t.test('an L2 endpoint that changes a receipt is found out: its numbers are unknown, and it is named', async () => {
    const liar = await lyingEndpoint(t, manifest.l2.rpc, ({ method }, truth) => (method === 'eth_getBlockReceipts' ? (truth as Record<string, unknown>[]).map((receipt) => ({ ...receipt, status: '0x0' })) : truth));
    const context = await openContext(browser);
    await withSettings(context, { ...settingsOf(manifest, twoOperators), l2: { chainId: manifest.l2.chainId, endpoints: [{ url: liar, operator: 'liar' }] } });
    const { page } = await openPage(context, `${ui}/#/explorer/block/${(await firstWithTransactions()).number}`);
    const receipts = page.locator('.items li', { hasText: 'Transactions and receipts' });
    await receipts.getByText(/the receipts have the root/).waitFor();
    await receipts.getByText('unknown', { exact: true }).waitFor();
    await context.close();
  });

  await t.test('an ERC-1155 is allowed, deposited, and planned for with its way out', async () => {
    const provider = new JsonRpcProvider(manifest.l1.rpc, manifest.l1.chainId, { staticNetwork: true, pollingInterval: 50, cacheTimeout: -1 });
    t.after(() => provider.destroy());
    const multi = await (await deployToken(new NonceManager(new Wallet(keyOf(manifest, 6), provider)), 'PlainMulti')).getAddress();
    const context = await openContext(browser);
    const { address } = await injectWallet(context, manifest, keyOf(manifest, 6));
    const { page, faults } = await openPage(context, `${ui}/#/deposit`);
    await connectWallet(page);
    await page.getByText('Deposit an ERC-20 token, an NFT or an ERC-1155').click();
    await page.getByLabel('Kind').selectOption('erc1155');
    await page.getByLabel('Token contract on L1').fill(multi);
    await page.getByLabel('Number of the token').fill('7');
    await page.getByLabel('Amount, units').fill('30');
    await seeText(page, /take ANY of your tokens/);
    await page.getByRole('button', { name: /Allow: sign in wallet/ }).click();
    await page.getByRole('button', { name: /Deposit: sign in wallet/ }).click();
    await page.locator('.stage[data-state="done"]', { hasText: 'Final' }).waitFor();
    await page.goto(`${ui}/#/exit/${address}`);
    const plan = page.getByRole('region', { name: 'What leaves, and how' }).first();
    await plan.locator('tr', { hasText: 'ERC-1155 number 7' }).getByText('30', { exact: true }).waitFor();
    await plan.locator('tr', { hasText: 'ERC-1155 number 7' }).getByText('withdraw, or force it').waitFor();
    await waitUntilRead(page);
    await assertNoBarriers(page, 'the exit planner');
    assert.deepEqual(faults, []);
    await context.close();
  });

  await t.test('a payment that its recipient refuses becomes a credit, found in another browser and paid when it can be', async () => {
    const recipient = privateKeyToAccount(keyOf(manifest, 4)).address;
    const setCode = async (code: Hex): Promise<void> => void (await l1.request({ method: 'anvil_setCode' as never, params: [recipient, code] as never }));
    await setCode(REFUSER);
    const context = await openContext(browser);
    await withSettings(context, settingsOf(manifest, twoOperators));
    const { address } = await injectWallet(context, manifest, keyOf(manifest, 5));
    const { page } = await openPage(context, `${ui}/#/force/withdraw`);
    await connectWallet(page);
    await page.getByLabel('Recipient on L1').fill(recipient);
    await page.getByLabel('Amount, ETH').fill('0.4');
    await page.getByRole('button', { name: /Force: sign in wallet/ }).click();
    await page.locator('.stage[data-state="done"]', { hasText: 'Final' }).waitFor();
    const unclaimed = await context.newPage();
    await unclaimed.goto(`${ui}/#/withdrawals/${address}`);
    await unclaimed.locator('.card', { hasText: '0.4 ETH' }).getByText('verified', { exact: true }).waitFor();
    await unclaimed.close();
    await page.getByRole('button', { name: /Claim: sign in wallet/ }).click();
    await seeText(page, 'Paid, or credited');
    await page.goto(`${ui}/#/withdrawals/${address}`);
    await seeText(page, 'the payment failed: kept as a credit');
    await context.close();

    await setCode('0x');
    const before = await l1.getBalance({ address: recipient });
    const other = await openContext(browser);
    await injectWallet(other, manifest, keyOf(manifest, 8));
    const second = await openPage(other, `${ui}/#/withdrawals/${recipient}`);
    await connectWallet(second.page);
    const credits = second.page.getByRole('region', { name: /Credits/ });
    await credits.getByText('0.4 ETH').first().waitFor();
    await credits.getByText('Have it paid', { exact: true }).click();
    await assertNoBarriers(second.page, 'a credit');
    await credits.getByRole('button', { name: /Pay the credit: sign in wallet/ }).click();
    await credits.waitFor({ state: 'detached' });
    assert.equal((await l1.getBalance({ address: recipient })) - before, parseEther('0.4'));
    assert.deepEqual(second.faults, []);
    await other.close();
  });
});
