// J2: holders of the token read a proposal down to the upgrade it schedules, with what it changes for them and until when they could leave;
// they vote from the wallet, by a signature that someone else brings in, and in one batch with a delegation; wallets that sign or send
// other bytes, are on another network or change the account in between; then anyone schedules what has passed.
// Real contracts, a real Chromium; the L2 side is absent on purpose.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import type { Hex } from 'viem';
import { keyAt } from '../../contracts/deployed.ts';
import { startGovernedPage } from './governedPage.ts';
import { assertNoBarriers, connectWallet, openContext, openPage, seeText, waitUntilRead } from './page.ts';
import { injectWallet } from './wallet.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const SCALE = 1_440n;
const DAY = 86_400n / SCALE;
const execute = promisify(execFile);
const key = (index: number): Hex => keyAt(index).privateKey as Hex;

test('J2: holders read, vote in three ways, and schedule what has passed', { timeout: 600_000 }, async (t) => {
  const { folder, system, rollup, ui, browser, chains } = await startGovernedPage(t, SCALE);
  writeFileSync(join(folder, 'report.md'), 'fees go down');
  const governor = system.contract('KeyfallGovernor');
  const token = system.contract('KeyfallToken');

  /** @returns the proposal's number */
  async function propose(why: string): Promise<string> {
    const args = ['upgrade', 'propose', 'fees', '--data-fee-scalar', '1100000', '--surcharge-scalar', '1000000', '--report', join(folder, 'report.md'), '--why', why, '--l1', system.anvil.url, '--rollup', rollup, '--json'];
    const { stdout } = await execute(process.execPath, [join(ROOT, 'node/cli/main.ts'), ...args], { env: { PATH: process.env['PATH'] ?? '', KEYFALL_HOME: folder, KEYFALL_PRIVATE_KEY: key(23) }, maxBuffer: 1 << 24 });
    return String((JSON.parse(stdout) as Record<string, unknown>)['proposalId']);
  }
  const votes = async (id: string): Promise<readonly bigint[]> => [...((await governor.getFunction('proposalVotes').staticCall(BigInt(id))) as Iterable<bigint>)];

  // One holder's tokens vote for nobody, before the snapshot: what delegating later can and cannot do must be said.
  await system.send(token, 'transfer', [keyAt(5).address, 1_000n]);
  const id = await propose('cheaper');

  await t.test('a proposal is read before its vote: what it changes, both clocks, and no button yet', async () => {
    const context = await openContext(browser);
    const { page, faults } = await openPage(context, `${ui}/#/vote/${id}`);
    await seeText(page, /Set the fee scalars: data 1100000, surcharge 1000000/);
    await page.getByRole('img', { name: /If it passes: Vote opens .*Your last safe moment .*Executable/ }).waitFor();
    await page.locator('tr', { hasText: 'Data fee scalar' }).getByText(/1100000 \(/).waitFor();
    await page.locator('.items li', { hasText: 'Withdrawals' }).getByText('stay as they are').waitFor();
    await seeText(page, /vote is not open yet/);
    await page.getByRole('link', { name: 'add to calendar' }).first().waitFor();
    assert.equal(await page.getByRole('radio').count(), 0);
    await waitUntilRead(page);
    await assertNoBarriers(page, 'a proposal');
    assert.deepEqual(faults, []);
    await context.close();
  });

  await system.pass(2n * DAY + 1n);

  await t.test('a wallet on another network is switched, one that sends other bytes turns the page red', async () => {
    const context = await openContext(browser);
    const wallet = await injectWallet(context, chains, key(1), { refuses: true }, 531_337);
    const { page, faults } = await openPage(context, `${ui}/#/vote/${id}`);
    await connectWallet(page);
    await page.getByRole('radio', { name: 'Against' }).check();
    await seeText(page, 'your wallet is on chain 531337; it will be asked to switch');
    await seeText(page, /Vote AGAINST on proposal/);
    await page.getByRole('button', { name: /Vote against: sign in wallet/ }).click();
    await seeText(page, 'Nothing was sent');
    assert.equal(wallet.chainId(), 31_337);
    assert.deepEqual(await votes(id), [0n, 0n, 0n]);
    wallet.policy.now = { alter: (request) => ({ ...request, data: (request.data ?? '0x').replace(/0{64}$/, `${'0'.repeat(63)}1`) as Hex }) };
    await page.getByRole('button', { name: /Vote against: sign in wallet/ }).click();
    await seeText(page, 'Stop: your wallet does not do what you see');
    assert.equal(await page.locator('.shell').getAttribute('data-alarm'), 'true');
    assert.deepEqual(faults, []);
    await context.close();
  });

  await t.test('an account that changes while the sheet is open has to be looked at again', async () => {
    const context = await openContext(browser);
    const wallet = await injectWallet(context, chains, key(2));
    const { page, faults } = await openPage(context, `${ui}/#/vote/${id}`);
    await connectWallet(page);
    await page.getByRole('radio', { name: 'For', exact: true }).check();
    const sign = page.getByRole('button', { name: /Vote for: sign in wallet/ });
    await seeText(page, /would succeed at block/);
    await wallet.switchTo(key(3));
    await seeText(page, 'Your wallet shows another account now');
    assert.ok(await sign.isDisabled());
    await page.getByRole('button', { name: 'Go on as the other account' }).click();
    await sign.click();
    await seeText(page, 'Your vote is on chain');
    assert.equal(await governor.getFunction('hasVoted').staticCall(BigInt(id), keyAt(3).address), true);
    assert.equal(await governor.getFunction('hasVoted').staticCall(BigInt(id), keyAt(2).address), false);
    assert.deepEqual(faults, []);
    await context.close();
  });

  await t.test('a ballot is signed without gas, read back field by field, and brought in by someone else', async () => {
    const context = await openContext(browser);
    const wallet = await injectWallet(context, chains, key(2), { alterTyped: (typed) => ({ ...typed, message: { ...(typed['message'] as object), support: 0 } }) });
    const { page, faults } = await openPage(context, `${ui}/#/vote/${id}`);
    await connectWallet(page);
    await page.getByRole('radio', { name: 'For', exact: true }).check();
    await page.getByRole('checkbox', { name: /Sign it only/ }).check();
    await seeText(page, /^Vote FOR: Set the fee scalars/);
    await page.locator('.device').getByText('Message hash').waitFor();
    await page.getByRole('button', { name: 'Sign the ballot in wallet' }).click();
    await seeText(page, /thrown away/);
    assert.equal(await page.locator('.shell').getAttribute('data-alarm'), 'true');
    wallet.policy.now = {};
    await page.getByRole('button', { name: 'Sign the ballot in wallet' }).click();
    await seeText(page, /Recovered and compared: signed by/);
    const href = await page.getByRole('link', { name: 'Download the ballot' }).getAttribute('href');
    const ballot = decodeURIComponent((href ?? '').replace('data:application/json,', ''));
    await context.close();

    const other = await openContext(browser);
    await injectWallet(other, chains, key(6));
    const second = await openPage(other, `${ui}/#/vote/${id}`);
    await connectWallet(second.page);
    await second.page.getByText('Bring in a ballot that was signed elsewhere').click();
    await second.page.getByLabel(/The ballot's file/).fill(ballot.replace('"choice": "for"', '"choice": "against"'));
    await seeText(second.page, 'The signature is not a key\'s of the voter');
    await seeText(second.page, /would fail: GovernorInvalidSignature/);
    await second.page.getByLabel(/The ballot's file/).fill(ballot);
    await second.page.getByRole('button', { name: /Bring in the ballot: sign in wallet/ }).click();
    await seeText(second.page, /Done in block/);
    assert.equal(await governor.getFunction('hasVoted').staticCall(BigInt(id), keyAt(2).address), true);
    assert.deepEqual([...faults, ...second.faults], []);
    await other.close();
  });

  await t.test('a wallet that takes batches delegates and votes in one; what it made of it is judged on chain', async () => {
    const context = await openContext(browser);
    await injectWallet(context, chains, key(5), { batches: true });
    const { page, faults } = await openPage(context, `${ui}/#/vote/${id}`);
    await connectWallet(page);
    await seeText(page, /Delegating now counts for later votes only/);
    await page.getByRole('radio', { name: 'Abstain' }).check();
    await page.getByRole('button', { name: /Delegate to yourself and vote abstain: sign once/ }).click();
    await seeText(page, /Your vote is on chain|Done, and it is what was asked for/);
    assert.equal(((await token.getFunction('delegates').staticCall(keyAt(5).address)) as string).toLowerCase(), keyAt(5).address.toLowerCase());
    assert.equal(await governor.getFunction('hasVoted').staticCall(BigInt(id), keyAt(5).address), true);
    assert.deepEqual(faults, []);
    await context.close();
  });

  await system.pass(9n * DAY + 1n);

  await t.test('what has passed is scheduled by anyone, and leads to the upgrade with its exit clock', async () => {
    const context = await openContext(browser);
    await injectWallet(context, chains, key(7));
    const { page, faults } = await openPage(context, `${ui}/#/vote/${id}`);
    await connectWallet(page);
    await seeText(page, /Carry out a passed proposal: schedule this upgrade: Set the fee scalars/);
    await page.getByRole('button', { name: /Schedule: sign in wallet/ }).click();
    await seeText(page, /It passed and was scheduled/);
    await page.getByRole('link', { name: 'See the upgrade' }).click();
    await seeText(page, /Start to leave by/);
    assert.deepEqual(faults, []);
    await context.close();
  });
});
