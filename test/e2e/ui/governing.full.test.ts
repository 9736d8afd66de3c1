// Journeys of those who govern, in a real Chromium against the real contracts: an upgrade composed, voted, scheduled and executed in the page;
// a member of the council challenged, answering by call and by a link, and removed for its silence; signatures combined from links; and on
// every act of every page the same guard: another network, another account, an account that changed without a word, a wallet that lies.
// The L2 side is absent on purpose; time is the chain's.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AbiCoder, NonceManager, Wallet, id, toBeHex } from 'ethers';
import type { Page } from 'playwright-core';
import type { Hex } from 'viem';
import { COUNCIL_KEYS, keyAt } from '../../contracts/deployed.ts';
import { startGovernedPage } from './governedPage.ts';
import { assertNoBarriers, connectWallet, openContext, openPage, seeText, waitUntilRead } from './page.ts';
import { injectWallet } from './wallet.ts';

const SCALE = 1_440n;
const DAY = 86_400n / SCALE;
const REPORT = `0x${'ab'.repeat(32)}`;
const key = (index: number): Hex => keyAt(index).privateKey as Hex;
const member = (index: number): number => COUNCIL_KEYS[index] ?? assert.fail('no such member');

async function composeFees(page: Page, data: string): Promise<void> {
  await page.getByLabel('Kind of upgrade').selectOption({ label: 'Fee scalars' });
  await page.getByLabel('Data fee scalar').fill(data);
  await page.getByLabel('Surcharge scalar').fill('1000000');
  await page.getByLabel(/^Why/).fill('costs fell');
  await page.getByLabel('Or its keccak-256').fill(REPORT);
}

test('those who govern do it from the page', { timeout: 600_000 }, async (t) => {
  const { system, ui, browser, chains } = await startGovernedPage(t, SCALE);
  const council = system.contract('SecurityCouncil');
  const rollup = system.contract('Rollup');

  await t.test('an upgrade goes from the form to its execution: composed, tried, proposed, voted, scheduled, carried out', async () => {
    const context = await openContext(browser);
    await injectWallet(context, chains, key(23));
    const { page, faults } = await openPage(context, `${ui}/#/propose`);
    await connectWallet(page);
    await composeFees(page, '9000000');
    await seeText(page, /FeeConfigRefused/);
    await page.getByLabel('Data fee scalar').fill('900000');
    await seeText(page, /Set the fee scalars: data 900000, surcharge 1000000/);
    await page.locator('tr', { hasText: 'Data fee scalar' }).getByText(/900000 \(-10 %\)/).waitFor();
    await page.getByRole('img', { name: /Vote opens .*Last safe moment to leave .*Executable/ }).waitFor();
    await page.locator('.items li', { hasText: 'tried as the timelock' }).getByText('accepted').waitFor();
    await seeText(page, /enough/);
    await waitUntilRead(page);
    await assertNoBarriers(page, 'Propose, filled in');
    await page.getByRole('button', { name: /Propose: sign in wallet/ }).click();
    await page.getByRole('link', { name: /See the proposal/ }).click();
    await seeText(page, /costs fell#proposer=/);
    await system.pass(2n * DAY + 1n);
    await page.getByRole('radio', { name: 'For', exact: true }).check();
    await page.getByRole('button', { name: /Vote for: sign in wallet/ }).click();
    await seeText(page, 'Your vote is on chain');
    await system.pass(7n * DAY + 1n);
    await page.getByRole('button', { name: /Schedule: sign in wallet/ }).click();
    await page.getByRole('link', { name: 'See the upgrade' }).click();
    await seeText(page, /Start to leave by/);
    await system.pass(48n * DAY + 1n);
    await page.getByRole('button', { name: /Execute: sign in wallet/ }).click();
    await page.locator('.card', { hasText: 'Fees' }).getByText('Executed').waitFor();
    assert.equal(((await rollup.getFunction('feeConfig').staticCall()) as readonly bigint[])[0], 900_000n);
    assert.deepEqual(faults, []);
    await context.close();
  });

  await t.test('beside a veto stand the twins that fall with it and the passed proposal that does not', async () => {
    const governor = system.contract('KeyfallGovernor', new NonceManager(new Wallet(key(23), system.provider)));
    const timelock = system.contract('UpgradeTimelock');
    const payload = AbiCoder.defaultAbiCoder().encode(['uint256', 'uint256'], [800_000, 1_000_000]);
    const calls = [1, 2, 3].map((salt) => [[timelock.target], [0n], [timelock.interface.encodeFunctionData('schedule', [[6, payload, REPORT, toBeHex(salt, 32)]])]] as const);
    for (const [index, call] of calls.entries()) await system.send(governor, 'propose', [...call, `twin ${index}`]);
    await system.pass(2n * DAY + 1n);
    for (const [index, call] of calls.entries()) await system.send(governor, 'castVote', [await governor.getFunction('hashProposal').staticCall(...call, id(`twin ${index}`)), 1]);
    await system.pass(7n * DAY + 1n);
    for (const [index, call] of calls.slice(0, 2).entries()) await system.send(governor, 'execute', [...call, id(`twin ${index}`)]);
    const [first = '', twin = ''] = await Promise.all([1, 2].map(async (salt) => (await timelock.getFunction('idOf').staticCall([6, payload, REPORT, toBeHex(salt, 32)])) as string));
    const context = await openContext(browser);
    const { page, faults } = await openPage(context, `${ui}/#/approve/${first}`);
    await seeText(page, 'Others of the same content fall with it');
    await seeText(page, new RegExp(twin.slice(0, 8)));
    await seeText(page, /A proposal of the same content has passed and is not scheduled: the veto does not take it/);
    await waitUntilRead(page);
    await assertNoBarriers(page, 'Approve, a veto with twins');
    await page.goto(`${ui}/#/upgrades/${twin}`);
    await page.locator('div', { hasText: 'Veto of its content' }).getByText('none so far').first().waitFor();
    assert.deepEqual(faults, []);
    await context.close();
  });

  await t.test('code that is not there is not pinned, and a proposer without votes is told before the governor tells', async () => {
    const context = await openContext(browser);
    await injectWallet(context, chains, key(9));
    const { page, faults } = await openPage(context, `${ui}/#/propose`);
    await connectWallet(page);
    await page.getByLabel('Kind of upgrade').selectOption({ label: 'Code of the Rollup' });
    await page.getByLabel('Address of the new code').fill('0x00000000000000000000000000000000C0FFEE01');
    await seeText(page, /no code stands at/);
    assert.equal(await page.getByRole('button', { name: /Propose: sign/ }).count(), 0);
    await composeFees(page, '910000');
    await seeText(page, /too few: the governor will refuse/);
    await seeText(page, /would fail: GovernorInsufficientProposerVotes/);
    assert.ok(await page.getByRole('button', { name: /Propose: sign/ }).isDisabled());
    await page.getByRole('button', { name: 'Export unsigned' }).click();
    assert.match(await page.getByLabel('Unsigned transaction').inputValue(), /"from"/);
    assert.deepEqual(faults, []);
    await context.close();
  });

  await t.test('members are challenged by anyone; one answers by a call, one by a link that a stranger brings in, one is removed', async () => {
    const [caller, signer, silent] = [keyAt(member(0)), keyAt(member(1)), keyAt(member(2))];
    const context = await openContext(browser);
    const wallet = await injectWallet(context, chains, key(9));
    const { page, faults } = await openPage(context, `${ui}/#/council`);
    await connectWallet(page);
    const row = (account: string) => page.locator('.members > li', { hasText: account });
    for (const { address } of [caller, signer, silent]) {
      await row(address).getByText('Ask for a sign of life').click();
      await row(address).getByRole('button', { name: /Challenge: sign in wallet/ }).click();
      await row(address).getByText(/challenged: answers by/).waitFor();
    }
    await waitUntilRead(page);
    await assertNoBarriers(page, 'Council, with challenges');
    await wallet.switchTo(caller.privateKey as Hex);
    await row(caller.address).getByText('Answer: you are alive').click();
    await row(caller.address).getByRole('button', { name: 'Go on as the other account' }).first().click();
    await row(caller.address).getByRole('button', { name: /Answer: sign in wallet/ }).click();
    await row(caller.address).getByText('not challenged').waitFor();

    await wallet.switchTo(signer.privateKey as Hex);
    await row(signer.address).getByText('Answer: you are alive').click();
    await row(signer.address).getByRole('button', { name: 'Go on as the other account' }).first().click();
    await row(signer.address).getByText('Or sign it only').click();
    wallet.policy.now = { alterTyped: (typed) => ({ ...typed, message: { ...(typed['message'] as object), epoch: '99' } }) };
    await row(signer.address).getByRole('button', { name: 'Sign the answer in wallet' }).click();
    await seeText(page, /thrown away/);
    assert.equal(await page.getByRole('link', { name: 'the answer' }).count(), 0, 'a signature over other bytes becomes no link');
    wallet.policy.now = {};
    await row(signer.address).getByRole('button', { name: 'Sign the answer in wallet' }).click();
    const href = await page.getByRole('link', { name: 'the answer' }).getAttribute('href');
    await context.close();
    const other = await openContext(browser);
    await injectWallet(other, chains, key(8));
    const second = await openPage(other, `${ui}/${href ?? ''}`);
    await connectWallet(second.page);
    await seeText(second.page, /Recovered and compared: signed by/);
    await second.page.getByRole('button', { name: /Bring in the answer: sign in wallet/ }).click();
    await seeText(second.page, /Done in block/);
    assert.equal(await council.getFunction('answerableUntil').staticCall(signer.address), 0n);

    await system.pass(30n * DAY + 1n);
    const gone = second.page.locator('.members > li', { hasText: silent.address });
    await gone.getByText('silent: can be removed').waitFor();
    await gone.getByText('Remove it from the council').click();
    await gone.getByRole('button', { name: /Remove: sign in wallet/ }).click();
    await gone.waitFor({ state: 'detached' });
    assert.equal(await council.getFunction('isMember').staticCall(silent.address), false);
    assert.deepEqual([...faults, ...second.faults], []);
    await other.close();
  });

  await t.test('a pause is signed by members one after the other, passed on as links, combined, and only what counts is counted', async () => {
    let link = '';
    for (const index of [0, 1, 3, 4]) {
      const context = await openContext(browser);
      await injectWallet(context, chains, key(member(index)));
      const { page, faults } = await openPage(context, `${ui}/#/approve${link}`);
      await connectWallet(page);
      if (link === '') await page.getByRole('button', { name: 'Pause finality' }).click();
      if (index === 1) {
        // What a stranger adds to the file is shown, and not counted.
        const text = await page.getByRole('link', { name: 'Download the act' }).getAttribute('href');
        const open = JSON.parse(decodeURIComponent((text ?? '').replace('data:application/json,', ''))) as { approvals: unknown[] };
        const stranger = { signer: keyAt(9).address, signature: `0x${'11'.repeat(64)}1b` };
        await page.getByLabel(/Or a file of/).fill(JSON.stringify({ ...open, approvals: [stranger] }));
        await seeText(page, /not a member: it counts for nothing/);
        await seeText(page, /^1 of 4/);
        await page.getByLabel(/Or a file of/).fill(JSON.stringify({ ...open, nonce: '255000' }));
        await seeText(page, 'This is another act than the one that is open');
      }
      await page.getByRole('button', { name: 'Sign in wallet' }).click();
      await seeText(page, /Recovered and compared/);
      const href = await page.getByRole('link', { name: 'Download the act' }).getAttribute('href');
      const act = decodeURIComponent((href ?? '').replace('data:application/json,', ''));
      link = `/act/${Buffer.from(act).toString('base64url')}`;
      if (index === 4) {
        await seeText(page, /^4 of 4/);
        await page.getByRole('button', { name: /Submit the pause: sign in wallet/ }).click();
        await seeText(page, /The contracts would refuse it now|Done in block/);
        assert.ok(((await council.getFunction('nextPause').staticCall()) as bigint) > 0n);
      }
      assert.deepEqual(faults, []);
      await context.close();
    }
  });

  /** Every page with an act: how to come to its button, and the button. */
  const ACTS: readonly { readonly route: string; readonly button: RegExp; readonly prepare: (page: Page) => Promise<void>; readonly signs?: true }[] = [
    { route: 'propose', button: /Propose: sign in wallet/, prepare: async (page) => composeFees(page, '950000') },
    { route: 'vote', button: /Delegate: sign in wallet/, prepare: async (page) => page.getByText('Delegate your votes').click() },
    { route: 'council', button: /Challenge: sign in wallet/, prepare: async (page) => page.getByText('Ask for a sign of life').last().click() },
    { route: 'approve', button: /^Sign in wallet/, signs: true, prepare: async (page) => page.getByRole('button', { name: 'Pause finality' }).click() },
    { route: 'deposit', button: /Deposit: sign in wallet/, prepare: async (page) => {
      await page.getByLabel('Amount, ETH').fill('1');
      await page.getByLabel('Recipient on L2').fill(keyAt(9).address);
    } },
    { route: 'force/withdraw', button: /Force: sign in wallet/, prepare: async (page) => {
      await page.getByLabel('Recipient on L1').fill(keyAt(9).address);
      await page.getByLabel('Amount, ETH').fill('1');
    } },
  ];

  for (const { route, button, prepare, signs } of ACTS) {
    await t.test(`${route}: another network is switched, another account is held, an account that changed silently is refused, a lie turns the page red`, async () => {
      const context = await openContext(browser);
      const wallet = await injectWallet(context, chains, key(0), { refuses: true }, 531_337);
      const { page, faults } = await openPage(context, `${ui}/#/${route}`);
      await connectWallet(page);
      await prepare(page);
      const act = page.getByRole('button', { name: button });
      await act.waitFor();
      await seeText(page, /your wallet is on chain 531337; it will be asked to switch/);
      await act.click();
      await seeText(page, /User rejected the request/);
      assert.equal(wallet.chainId(), 31_337);

      await wallet.switchTo(key(1));
      await seeText(page, 'Your wallet shows another account now');
      assert.ok(await act.isDisabled());
      await page.getByRole('button', { name: 'Go on as the other account' }).first().click();
      wallet.policy.now = {};
      await wallet.becomeSilently(key(2));
      await page.getByRole('button', { name: button }).click();
      await seeText(page, /the wallet now acts as/);
      await wallet.becomeSilently(key(1));

      wallet.policy.now = signs === true ? { alterTyped: (typed) => ({ ...typed, message: { ...(typed['message'] as object), nonce: '12345' } }) } : { alter: (request) => ({ ...request, to: '0x000000000000000000000000000000000000dEaD', data: '0x' }) };
      await page.getByRole('button', { name: button }).click();
      await seeText(page, 'Stop: your wallet does not do what you see');
      assert.equal(await page.locator('.shell').getAttribute('data-alarm'), 'true');
      assert.deepEqual(faults, []);
      await context.close();
    });
  }
});
