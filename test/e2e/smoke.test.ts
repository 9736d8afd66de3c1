// The whole thing once, over real processes: a newcomer's first hour. The devnet starts, ETH goes L1 -> L2 -> L1 with the command
// line and with plain ethers, forced messages arrive, Ctrl-C leaves nothing, a second start goes on with the same chain, and
// `kill -9` of `up` leaves nothing either. Deeper scenarios have their own files.
// Cites P-numbers nowhere: it shows that the parts fit, not that each is right.

import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { JsonRpcProvider, Wallet, parseEther } from 'ethers';
import type { Manifest } from '../../node/cli/manifest.ts';
import { TestDevnet, isAlive } from './devnet.ts';

interface Chains { readonly l1: JsonRpcProvider; readonly l2: JsonRpcProvider }

function chainsOf(manifest: Manifest, t: TestContext): Chains {
  const provider = (url: string, chainId: number): JsonRpcProvider => new JsonRpcProvider(url, chainId, { staticNetwork: true, pollingInterval: 200, cacheTimeout: -1 });
  const chains = { l1: provider(manifest.l1.rpc, manifest.l1.chainId), l2: provider(manifest.l2.rpc, manifest.l2.chainId) };
  t.after(() => {
    chains.l1.destroy();
    chains.l2.destroy();
  });
  return chains;
}

async function assertGone(pids: Readonly<Record<string, number>>, seconds: number): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  const left = (): string[] => Object.entries(pids).filter(([, pid]) => isAlive(pid)).map(([name]) => name);
  while (left().length > 0 && Date.now() < deadline) await sleep(100);
  assert.deepEqual(left(), [], 'these processes should be gone');
}

test('money moves from L1 to L2 and back, and the devnet stops and goes on without a trace', { timeout: 460_000 }, async (t) => {
  const devnet = new TestDevnet(t);
  let first = await devnet.start('--watchtower-port', '0');
  const { manifest } = first;
  const chains = chainsOf(manifest, t);

  await t.test('the manifest says everything a program needs', async () => {
    assert.equal(manifest.profile, 'training-devnet');
    assert.equal(manifest.accounts.length >= 10, true);
    for (const name of ['Clock', 'Inbox', 'Rollup', 'Vault', 'AttesterLane']) {
      assert.notEqual(await chains.l1.getCode(manifest.contracts[name] ?? ''), '0x', name);
    }
    for (const [name, address] of Object.entries(manifest.predeploys)) assert.notEqual(await chains.l2.getCode(address), '0x', name);
    for (const { address } of manifest.accounts) {
      assert.ok((await chains.l1.getBalance(address)) > 0n && (await chains.l2.getBalance(address)) > 0n, address);
    }
    for (const [name, pid] of Object.entries(manifest.pids)) assert.ok(isAlive(pid), name);
    assert.equal((await chains.l2.getNetwork()).chainId, BigInt(manifest.l2.chainId));
  });

  await t.test('the watchtower reads L1 and finds nothing wrong', async () => {
    const url = manifest.services['watchtower'] ?? '';
    let ready = false;
    for (const deadline = Date.now() + 60_000; !ready && Date.now() < deadline; await sleep(250)) ready = (await fetch(`${url}/readyz`)).ok;
    assert.ok(ready, `ready within a minute: ${await (await fetch(`${url}/readyz`)).text()}`);
    const verdicts = await (await fetch(`${url}/v1/verdicts`)).json() as { status: string; sentence: string }[];
    assert.deepEqual(verdicts.filter(({ status }) => status === 'violation').map(({ sentence }) => sentence), []);
    const alerts = await (await fetch(`${url}/v1/alerts`)).json() as { severity: string; sentence: string }[];
    assert.deepEqual(alerts.filter(({ severity }) => severity === 'critical').map(({ sentence }) => sentence), [], 'a deployment is no attack');
  });

  const stranger = Wallet.createRandom().address;
  await t.test('a deposit arrives on L2', async () => {
    const answer = await devnet.keyfallJson('deposit', '1.25', '--account', '0', '--to', stranger);
    assert.equal(answer['l2BalanceWei'], parseEther('1.25').toString());
    assert.equal(await chains.l2.getBalance(stranger), parseEther('1.25'));
  });

  await t.test('an ordinary wallet sends on L2', async () => {
    const wallet = new Wallet(manifest.accounts[1]?.privateKey ?? '', chains.l2);
    const receipt = await (await wallet.sendTransaction({ to: stranger, value: parseEther('0.75') })).wait();
    assert.equal(receipt?.status, 1);
    assert.equal(await chains.l2.getBalance(stranger), parseEther('2'));
  });

  await t.test('forced messages of both kinds are executed', async () => {
    const to = Wallet.createRandom().address;
    assert.equal((await devnet.keyfallJson('force', 'call', to, '--value', '0.1', '--account', '2'))['status'], 'succeeded');
    assert.equal((await devnet.keyfallJson('force', 'signed', to, '--value', '0.2', '--account', '2'))['status'], 'succeeded');
    assert.equal(await chains.l2.getBalance(to), parseEther('0.3'));
  });

  await t.test('a withdrawal that is killed half way is finished by --resume, once', async () => {
    const recipient = Wallet.createRandom().address;
    const killed = devnet.spawnKeyfall('withdraw', '0.5', '--to', recipient, '--account', '3');
    const stored = join(devnet.home, 'withdrawals');
    // A partial file is not a stored withdrawal: killed between writing and renaming it, nothing was begun yet.
    while (!existsSync(stored) || !readdirSync(stored).some((name) => name.endsWith('.json'))) await sleep(20);
    killed.kill('SIGKILL');
    const answer = await devnet.keyfallJson('withdraw', '--resume', '--account', '3');
    assert.equal(answer['outcome'], 'paid');
    assert.equal(await chains.l1.getBalance(recipient), parseEther('0.5'));
    assert.equal((await devnet.keyfall('withdraw', '--resume', '--account', '3')).code, 2, 'nothing is left to resume');
  });

  await t.test('status knows everything and names what finality rests on', async () => {
    const answer = await devnet.keyfallJson('status');
    assert.equal(answer['profile'], 'training-devnet');
    assert.equal(answer['finalityRestsOn'], 'attesters alone');
    assert.ok(Number(answer['batchesFinal']) >= 1);
    assert.ok(!Object.values(answer).includes('unknown'));
  });

  await t.test('a second devnet in the same home is refused, and so is a busy port', async () => {
    const same = await devnet.keyfall('up', '--home', devnet.home, '--l1-port', '0', '--l2-port', '0', '--attester-port', '0', '--ui-port', '0', '--watchtower-port', '0');
    assert.equal(same.code, 1);
    assert.match(same.stderr, /runs in .* already/);
    const server = createServer();
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const port = String((server.address() as AddressInfo).port);
    const busy = await devnet.keyfall('up', '--home', join(devnet.home, 'other'), '--l1-port', '0', '--l2-port', port, '--attester-port', '0', '--ui-port', '0', '--watchtower-port', '0');
    server.close();
    assert.equal(busy.code, 2);
    assert.match(busy.stderr, new RegExp(`port ${port} .* is in use .* --l2-port`));
  });

  const l2Before = await chains.l2.getBlock('latest');
  await t.test('Ctrl-C ends every process and removes the manifest', async () => {
    assert.equal(await first.end('SIGINT'), 0, first.output);
    await assertGone(manifest.pids, 2);
    assert.ok(!devnet.hasManifest());
    assert.equal((await devnet.keyfall('status')).code, 3);
  });

  await t.test('a second start goes on with the same chains, L1 time having stood still', async (u) => {
    await sleep(4_000);
    const stoppedAt = Date.now();
    const second = await devnet.start();
    const again = chainsOf(second.manifest, u);
    assert.deepEqual(second.manifest.contracts, manifest.contracts);
    assert.equal((await again.l2.getBlock(l2Before?.number ?? -1))?.hash, l2Before?.hash);
    assert.equal(await again.l2.getBalance(stranger), parseEther('2'));
    const head = await again.l1.getBlock('latest');
    const lagSeconds = Math.round(Date.now() / 1000) - (head?.timestamp ?? 0);
    assert.ok(lagSeconds >= 4, `expected L1 to lag by the pause of at least 4 s, it lags by ${lagSeconds} s (restart began ${Date.now() - stoppedAt} ms ago)`);
    const wallet = new Wallet(second.manifest.accounts[1]?.privateKey ?? '', again.l2);
    assert.equal((await (await wallet.sendTransaction({ to: stranger, value: 1n })).wait())?.status, 1);
    first = second;
  });

  await t.test('kill -9 of up leaves no process and no manifest, and the next start goes on', async (u) => {
    const { pids } = first.manifest;
    assert.equal(await first.end('SIGKILL'), 'SIGKILL');
    await assertGone(pids, 45);
    // Who waits for the end of `up` removes it, in its own time.
    for (let attempt = 0; attempt < 100 && devnet.hasManifest(); attempt += 1) await sleep(100);
    assert.ok(!devnet.hasManifest());
    const third = await devnet.start();
    const again = chainsOf(third.manifest, u);
    assert.equal(await again.l2.getBalance(stranger), parseEther('2') + 1n);
    assert.equal((await devnet.keyfallJson('deposit', '0.1', '--account', '4'))['ok'], true);
  });
});
