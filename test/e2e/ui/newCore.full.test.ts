// A new core's storage as the page shows it before anyone proposes it, in a real Chromium against the real contracts: unknown without the builds, kept or
// changed with them, and unknown again for files that say nothing. The layouts are the compiler's for the Rollup that stands, and two made of it;
// the new codes are bytes put on the chain by anvil, since no code is run here.

import assert from 'node:assert/strict';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { startGovernedPage } from './governedPage.ts';
import { assertNoBarriers, openContext, openPage, waitUntilRead } from './page.ts';

const ARTIFACTS = join(import.meta.dirname, '..', '..', '..', 'contracts', 'artifacts');
const APPENDED = '0x00000000000000000000000000000000c0FFEE05';
const MOVED = '0x00000000000000000000000000000000c0FfEe06';

interface Item { readonly label: string; readonly slot: string; readonly offset: number; readonly type: string }
interface Compiled { readonly storageLayout: { readonly storage: readonly Item[]; readonly types: Readonly<Record<string, unknown>> } }

/** The compiler's output that the standing Rollup comes from. */
function rollupOutput(): { readonly path: string; readonly compiled: Compiled } {
  const [artifact] = globSync('**/Rollup.sol/Rollup.json', { cwd: ARTIFACTS });
  const { buildInfoId, inputSourceName } = JSON.parse(readFileSync(join(ARTIFACTS, artifact ?? ''), 'utf8')) as { buildInfoId: string; inputSourceName: string };
  const path = join(ARTIFACTS, 'build-info', `${buildInfoId}.output.json`);
  const { output } = JSON.parse(readFileSync(path, 'utf8')) as { output: { contracts: Record<string, Record<string, Compiled>> } };
  return { path, compiled: output.contracts[inputSourceName]?.['Rollup'] ?? assert.fail('no Rollup in the output') };
}

test('a new core\'s storage is compared in the page, from the builds of both codes', { timeout: 300_000 }, async (t) => {
  const { folder, system, ui, browser } = await startGovernedPage(t, 1_440n);
  const { path, compiled: { storageLayout: { storage, types } } } = rollupOutput();
  const last = storage.at(-1) ?? assert.fail('the Rollup has no storage');
  const beyond: Item = { ...last, label: 'added', slot: (BigInt(last.slot) + 1_000n).toString(), offset: 0, type: 't_uint256' };
  const withWord = { t_uint256: { encoding: 'inplace', label: 'uint256', numberOfBytes: '32' }, ...types };
  const builds = { NextRollup: { code: '6001600155', storage: [...storage, beyond] }, MovedRollup: { code: '6002600255', storage: storage.map((item) => ({ ...item, slot: (BigInt(item.slot) + 1n).toString() })) } };
  const next = join(folder, 'next.output.json');
  writeFileSync(next, JSON.stringify({ contracts: { 'Next.sol': Object.fromEntries(Object.entries(builds).map(([name, { code, storage: places }]) => [name, { storageLayout: { storage: places, types: withWord }, evm: { deployedBytecode: { object: code } } }])) } }));
  const broken = join(folder, 'broken.json');
  writeFileSync(broken, '{"contracts":{}}');
  await system.anvil.rpc('anvil_setCode', APPENDED, `0x${builds.NextRollup.code}`);
  await system.anvil.rpc('anvil_setCode', MOVED, `0x${builds.MovedRollup.code}`);

  const context = await openContext(browser, { viewport: { width: 360, height: 800 } });
  const { page, faults } = await openPage(context, `${ui}/#/propose`);
  const says = async (badge: string, words: RegExp): Promise<void> => {
    await page.locator('.items > li', { hasText: 'the storage that is there' }).filter({ hasText: badge }).filter({ hasText: words }).waitFor();
  };
  const choose = async (...files: readonly string[]): Promise<void> => page.getByLabel('Compiler output of both codes').setInputFiles([...files]);
  await compose(page, APPENDED);
  await says('unknown', /no compiler output was chosen/);
  await choose(next);
  await says('unknown', /the present code is no build in the chosen files/);
  await choose(path, next);
  await says('kept', /Rollup to NextRollup/);
  await page.getByLabel('Address of the new code').fill(MOVED);
  await says('changed', /moves|put before/);
  await waitUntilRead(page);
  await assertNoBarriers(page, 'a new core that moves the storage, at 360 px');
  await choose(path, broken);
  await says('unknown', /no compiler output was chosen/);
  await page.getByText(/broken\.json: expected the compiler's output/).waitFor();
  assert.deepEqual(faults, []);
  await context.close();
});

async function compose(page: Page, implementation: string): Promise<void> {
  await page.getByLabel('Kind of upgrade').selectOption({ label: 'Code of the Rollup' });
  await page.getByLabel('Address of the new code').fill(implementation);
  await page.getByLabel('Call its migrate() in the same act').selectOption({ label: 'No' });
  await page.getByLabel(/^Why/).fill('a new core');
  await page.getByLabel('Or its keccak-256').fill(`0x${'ab'.repeat(32)}`);
}
