// Faults around the real node: a disk that fills up under load.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseEther, Wallet } from 'ethers';
import { deposit, key, startL1, startNode, until } from './nodeProcesses.ts';

test('a full disk ends the node with a clear fault, and every acknowledged transaction is there once there is room', { timeout: 120_000 }, async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'keyfall-full-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', directory]);
  t.after(() => {
    if (mounted.status === 0) spawnSync('umount', ['-l', directory]);
    rmSync(directory, { recursive: true, force: true });
  });
  if (mounted.status !== 0) return t.skip('deferred: mount-needs-root: mounting a small file system needs root');
  const l1 = await startL1(t, 1);
  const first = await startNode(t, l1, directory, '--sequencer');
  const user = key(7);
  await deposit(l1, user, user.address, parseEther('5'));
  await until('the deposit', 30, async () => (await first.provider.getBalance(user.address) > 0n ? true : undefined));
  const acknowledged: string[] = [];
  let isFull = false;
  const firstNonce = await first.provider.getTransactionCount(user.address);
  for (let nonce = firstNonce; !isFull && nonce < 2_000; nonce++) {
    const raw = await user.signTransaction({ type: 2, chainId: 531_337, nonce, to: Wallet.createRandom().address, value: 1n, gasLimit: 100_000, maxFeePerGas: 10n ** 10n, maxPriorityFeePerGas: 1n, data: `0x${'00'.repeat(2_000)}` });
    try {
      acknowledged.push(await first.provider.send('eth_sendRawTransaction', [raw]) as string);
    } catch (cause) {
      // Cut off or refused by the fault: not acknowledged, so nothing is promised. Any other refusal is the test's own mistake.
      assert.equal(await Promise.race([first.process.exited, sleep(10_000, 'still running')]), 1, String(cause));
      isFull = true;
    }
  }
  assert.equal(await first.process.exited, 1);
  assert.match(first.process.log, /disk-full/);
  assert.match(first.process.log, /free space and start again/);
  assert.ok(acknowledged.length > 20, `${acknowledged.length} acknowledged`);
  spawnSync('mount', ['-o', 'remount,size=200m', directory]);
  const second = await startNode(t, l1, directory, '--sequencer');
  for (const hash of acknowledged) {
    await until(`transaction ${hash}`, 30, async () => (await second.provider.getTransactionReceipt(hash) === null ? undefined : true));
  }
  assert.equal(await second.process.stop(), 0);
});
