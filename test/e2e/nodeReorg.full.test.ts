// L1 reorganizations of every depth from 1 to 30 under a real sequencer and batcher, with users and deposits meanwhile.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseEther } from 'ethers';
import { deposit, key, startBatcher, startL1, startNode, until } from './nodeProcesses.ts';

const DEPTHS = Array.from({ length: 30 }, (_, index) => index + 1);

test('reorganizations of depth 1 to 30 lose no acknowledged transaction, and a fresh follower agrees on every safe block', { timeout: 900_000 }, async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'keyfall-reorg-'));
  t.after(() => { rmSync(directory, { recursive: true, force: true }); });
  const l1 = await startL1(t, 32);
  const sequencer = await startNode(t, l1, join(directory, 'sequencer'), '--sequencer', '--batch-age', '2');
  const batcher = await startBatcher(t, l1, sequencer.url, join(directory, 'batcher'));
  const user = key(7).connect(sequencer.provider);
  await deposit(l1, key(7), user.address, parseEther('5'));
  await until('the deposit', 30, async () => (await sequencer.provider.getBalance(user.address) > 0n ? true : undefined));
  // The money is beneath every depth that follows.
  const funded = await l1.provider.getBlockNumber();
  await until('L1 to be deep enough', 60, async () => (await l1.provider.getBlockNumber() > funded + DEPTHS.length + 2 ? true : undefined));
  const acknowledged: string[] = [];
  for (const depth of DEPTHS) {
    acknowledged.push((await user.sendTransaction({ to: key(8).address, value: 1n, gasLimit: 21_000, maxFeePerGas: 10n ** 11n, maxPriorityFeePerGas: 0n })).hash);
    await deposit(l1, key(9), key(9).address, 1_000n);
    await l1.provider.send('anvil_reorg', [depth, []]);
    const marker = await l1.provider.getBlockNumber();
    await until(`the node to follow past a reorganization of depth ${depth}`, 60, async () => {
      const chain = await sequencer.provider.send('keyfall_chain', []) as { l1: { head: { number: string } } };
      return Number(chain.l1.head.number) > marker ? true : undefined;
    });
  }
  const blocks = await Promise.all(acknowledged.map(async (hash) => await until(`transaction ${hash}`, 60, async () => await sequencer.provider.getTransactionReceipt(hash) ?? undefined)));
  const last = Math.max(...blocks.map((receipt) => receipt.blockNumber));
  const safe = async (node: typeof sequencer): Promise<number> => Number((await node.provider.send('eth_getBlockByNumber', ['safe', false]) as { number: string }).number);
  await until(`block ${last} to be safe\n${batcher.log}`, 120, async () => (await safe(sequencer) >= last ? true : undefined));
  const follower = await startNode(t, l1, join(directory, 'follower'));
  await until('the follower', 120, async () => (await safe(follower) >= last ? true : undefined));
  for (let number = 0; number <= last; number++) {
    const tag = `0x${number.toString(16)}`;
    const [ours, theirs] = await Promise.all([sequencer, follower].map(async (node) => await node.provider.send('eth_getBlockByNumber', [tag, false]) as unknown));
    assert.deepEqual(theirs, ours, `block ${number}`);
  }
});
