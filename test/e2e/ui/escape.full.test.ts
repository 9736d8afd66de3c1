// J4: the operator is gone, and nobody runs anything but an L1 and a node that anyone can start. In the page alone: the balance is rehearsed,
// the operator's monopoly ended, the chain frozen, and ether, a token and an NFT taken out, to another address; a wallet that sends other
// bytes, an endpoint that lies about a proof, a page opened from a disk, and a file that another browser finishes.
// What a stranger's prover does in between is the command line's, as in life.

import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseEther } from 'ethers';
import type { Hex } from 'viem';
import { lyingEndpoint } from './chaos.ts';
import { DAY, OWNER, RELAYER, SENDER, startFrozenWorld } from './frozenWorld.ts';
import { assertNoBarriers, connectWallet, openBrowser, openContext, openPage, seeText, waitUntilRead } from './page.ts';
import { pageConfig, servePage } from './served.ts';
import { injectWallet } from './wallet.ts';
import { keyAt } from '../walkAway/stranger.ts';

const OUT = join(import.meta.dirname, '..', '..', '..', 'governance-ui', 'out');
const key = (index: number): Hex => keyAt(index).privateKey as Hex;
const ELSEWHERE = '0x00000000000000000000000000000000c0ffee04';

test('J4: everyone leaves a chain that nobody runs, in the page alone', { timeout: 900_000 }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'keyfall-escape-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const world = await startFrozenWorld(t);
  const { stranger } = world;
  const ui = await servePage(t, folder, { rollup: world.rollup, l1: world.l1Url, l2: world.l2Url });
  const browser = await openBrowser(t);
  const chains = { l1: { rpc: world.l1Url, chainId: 31_337 }, l2: { rpc: world.l2Url, ws: world.l2Url, chainId: 531_337 } };
  const owner = keyAt(OWNER).address;

  await t.test('before its time nothing is offered, and the page says when it opens', async () => {
    const context = await openContext(browser);
    const { page, faults } = await openPage(context, `${ui}/#/escape`);
    await page.locator('.stage[data-state="current"]', { hasText: 'Operating' }).waitFor();
    await seeText(page, /it opens after .*: in /);
    assert.equal(await page.locator('.items .sheet').count(), 0);
    assert.deepEqual(faults, []);
    await context.close();
  });

  await stranger.warp(7 * DAY + 2);

  await t.test('anyone ends the operator\'s monopoly', async () => {
    const context = await openContext(browser);
    await injectWallet(context, chains, key(RELAYER));
    const { page, faults } = await openPage(context, `${ui}/#/escape`);
    await connectWallet(page);
    await page.getByText('End the operator\'s monopoly…').click();
    await page.getByRole('button', { name: /End the operator's monopoly: sign in wallet/ }).click();
    await page.locator('.stage[data-state="current"]', { hasText: 'Enforced' }).waitFor();
    assert.deepEqual(faults, []);
    await context.close();
  });

  await world.proveQueue();
  await world.depositEther(OWNER, '0.5');
  await world.caughtUp();
  let rehearsed = '';

  await t.test('the exit is rehearsed: everything is found and proven, and saved for later', async () => {
    const context = await openContext(browser);
    const { page, faults } = await openPage(context, `${ui}/#/escape/${owner}`);
    await seeText(page, /proof verified here/);
    await seeText(page, /against the last final root on L1/);
    const table = page.getByRole('region', { name: 'What the account has' });
    await table.locator('tr', { hasText: 'ETH' }).getByText('2 ETH').waitFor();
    await table.locator('tr', { hasText: 'PLN' }).getByText('10', { exact: true }).waitFor();
    await table.locator('tr', { hasText: 'NFT number 1' }).waitFor();
    const href = await page.getByRole('link', { name: 'Save the proofs as a file' }).getAttribute('href');
    rehearsed = decodeURIComponent((href ?? '').replace('data:application/json,', ''));
    assert.deepEqual(faults, []);
    await context.close();
  });

  await stranger.warp(30 * DAY + 2);

  await t.test('anyone freezes it, and an endpoint that sends a false proof is named and not believed', async () => {
    const liar = await lyingEndpoint(t, world.l2Url, ({ method }, truth) => (method === 'eth_getProof' ? { ...(truth as object), accountProof: ['0xc0'] } : truth));
    const context = await openContext(browser);
    const settings = { ...pageConfig({ rollup: world.rollup, l1: world.l1Url, l2: world.l2Url }), l2: { chainId: 531_337, endpoints: [{ url: liar, operator: 'mallory' }, { url: world.l2Url, operator: 'alice' }] } };
    await context.addInitScript((text) => globalThis.localStorage.setItem('keyfall.settings.1', text), JSON.stringify(settings));
    await injectWallet(context, chains, key(RELAYER));
    const { page, faults } = await openPage(context, `${ui}/#/escape/${owner}`);
    await connectWallet(page);
    await page.getByText('Freeze the chain…').click();
    await seeText(page, /Freeze the chain FOR EVER/);
    await page.getByRole('button', { name: /Freeze the chain: sign in wallet/ }).click();
    await page.locator('.stage[data-state="current"]', { hasText: 'Frozen' }).waitFor();
    await seeText(page, /proof verified here/);
    await page.locator('.notice', { hasText: 'mallory' }).filter({ hasText: liar }).waitFor();
    await seeText(page, 'deposit 5, never executed');
    await waitUntilRead(page);
    await assertNoBarriers(page, 'a frozen exit');
    assert.deepEqual(faults, []);
    await context.close();
  });

  await t.test('its owner refuses once, then takes ether, token and NFT out to another address', async () => {
    const context = await openContext(browser);
    const wallet = await injectWallet(context, chains, key(OWNER), { refuses: true });
    const { page, faults } = await openPage(context, `${ui}/#/escape`);
    await connectWallet(page);
    await seeText(page, /against the root that L1 has pinned, in a worker|in a worker/);
    await page.getByLabel('Pay it to').fill(ELSEWHERE);
    await seeText(page, new RegExp(`It is paid to ${ELSEWHERE}`, 'i'));
    await page.getByRole('button', { name: /Escape: sign in wallet/ }).click();
    await seeText(page, 'Nothing was sent');
    wallet.policy.now = {};
    await seeText(page, /would succeed at block/);
    await page.getByRole('button', { name: /Escape: sign in wallet/ }).click();
    await seeText(page, 'Everything of it is paid');
    assert.equal(await stranger.l1.getBalance(ELSEWHERE), parseEther('2'));
    assert.equal(await world.token.getFunction('balanceOf').staticCall(ELSEWHERE), parseEther('10'));
    assert.equal(String(await world.nft.getFunction('ownerOf').staticCall(1n)).toLowerCase(), ELSEWHERE.toLowerCase());
    assert.deepEqual(faults, []);
    await context.close();
  });

  await t.test('a browser that has never seen it says that it is paid, also from the file alone', async () => {
    const context = await openContext(browser);
    const { page, faults } = await openPage(context, `${ui}/#/escape/${owner}`);
    await seeText(page, 'Everything of it is paid');
    await page.getByText('Or from a file with the proofs').click();
    await page.getByLabel('The file, pasted').fill(rehearsed);
    await seeText(page, 'Everything of it is paid');
    await page.getByLabel('The file, pasted').fill(rehearsed.replace('"2000000000000000000"', '"20000000000000000000"'));
    await seeText(page, /a proof does not hold/);
    assert.deepEqual(faults, []);
    await context.close();
  });

  await t.test('from a disk another account\'s exit is exported unsigned; a wallet that swaps the bytes turns the page red; a relayer finishes it', async () => {
    const place = mkdtempSync(join(tmpdir(), 'keyfall-ui-'));
    t.after(() => rmSync(place, { recursive: true, force: true }));
    cpSync(OUT, place, { recursive: true });
    writeFileSync(join(place, 'keyfall.config.js'), `window.KEYFALL_CONFIG = ${JSON.stringify(pageConfig({ rollup: world.rollup, l1: world.l1Url, l2: world.l2Url }))};`);
    const sender = keyAt(SENDER).address;
    const context = await openContext(browser);
    const disk = await openPage(context, `file://${place}/index.html#/escape/${sender}`);
    await seeText(disk.page, /proof verified here/);
    await disk.page.getByRole('button', { name: 'Export unsigned' }).first().click();
    const exported = JSON.parse(await disk.page.getByLabel('Unsigned transaction').inputValue()) as { to: string; data: Hex; chainId: number };
    assert.equal(exported.chainId, 31_337);
    assert.deepEqual(disk.faults, []);
    await context.close();

    const other = await openContext(browser);
    await injectWallet(other, chains, key(RELAYER), { alter: (request) => ({ ...request, to: '0x000000000000000000000000000000000000dEaD', data: '0x' }) });
    const second = await openPage(other, `${ui}/#/escape/${sender}`);
    await connectWallet(second.page);
    await seeText(second.page, /would succeed at block/);
    await second.page.getByRole('button', { name: /Escape: sign in wallet/ }).click();
    await seeText(second.page, 'Stop: your wallet does not do what you see');
    await other.close();

    const before = await stranger.l1.getBalance(sender);
    const sent = await keyAt(RELAYER).connect(stranger.l1).sendTransaction({ to: exported.to, data: exported.data });
    assert.equal((await sent.wait())?.status, 1);
    assert.ok((await stranger.l1.getBalance(sender)) > before, 'what the page exported pays its owner');
  });
});
