// The watchtower executes a real devnet's batches again from L1 alone: transfers, deposits and forced messages that the node sequenced, committed and had
// attested come out the same, and its monitor says so.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { JsonRpcProvider, Wallet, parseEther } from 'ethers';
import { TestDevnet } from './devnet.ts';

interface Verdict { readonly monitor: string; readonly subject: string; readonly status: string; readonly sentence: string }

test('every final batch of a devnet is what its L1 data gives', { timeout: 590_000 }, async (t) => {
  const devnet = new TestDevnet(t);
  const { manifest } = await devnet.start('--watchtower-port', '0');
  const l2 = new JsonRpcProvider(manifest.l2.rpc, manifest.l2.chainId, { staticNetwork: true, pollingInterval: 200, cacheTimeout: -1 });
  t.after(() => { l2.destroy(); });
  const [from, to] = manifest.accounts;
  assert.ok(from !== undefined && to !== undefined);
  const wallet = new Wallet(from.privateKey, l2);
  for (let round = 0; round < 3; round += 1) {
    await (await wallet.sendTransaction({ to: to.address, value: parseEther('0.1') })).wait();
    // Code that writes and hashes, so that the surcharge counts too.
    await (await wallet.sendTransaction({ data: `0x6001600055602060002060015560${round.toString(16).padStart(2, '0')}6000f3` })).wait();
    await devnet.keyfallJson('deposit', '1', '--account', '2');
  }
  const verdicts = async (): Promise<readonly Verdict[]> => (await (await fetch(`${manifest.services['watchtower']}/v1/verdicts`)).json() as Verdict[]).filter(({ monitor }) => monitor === 'E25-reexecution');
  const finalOf = (all: readonly Verdict[]): number => Number(/^all (\d+) final batches/.exec(all.find(({ subject, status }) => subject === 'final batches' && status === 'ok')?.sentence ?? '')?.[1] ?? 0);
  let latest = await verdicts();
  for (const deadline = Date.now() + 300_000; finalOf(latest) < 3 && Date.now() < deadline; latest = await verdicts()) await sleep(1_000);
  assert.deepEqual(latest.filter(({ status }) => status === 'violation'), []);
  assert.ok(finalOf(latest) >= 3, JSON.stringify(latest));
});
