// The devnet's L1 over many starts: one chain from block 0 on. Owns what a restart of anvil must not change; stopping and resuming the whole
// devnet is in test/e2e/smoke.test.ts.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Child } from '../../node/cli/devnet/child.ts';
import { anvilPlan, settleStoredState, startClock } from '../../node/cli/devnet/l1.ts';

interface Block { readonly hash: string; readonly parentHash: string; readonly timestamp: string }

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function block(url: string, number: string): Promise<Block> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_getBlockByNumber', params: [number, false] });
  const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  return ((await response.json()) as { result: Block }).result;
}

test('block 0 stays the parent of block 1 however often the chain is started again', { timeout: 120_000 }, async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'keyfall-l1-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  let last = -1n;
  for (let start = 0; start < 5; start++) {
    if (start === 1) await sleep(4_000);
    const stored = settleStoredState(directory);
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const anvil = await Child.start(anvilPlan(directory, port, stored !== undefined, join(directory, 'l1.log')));
    try {
      await startClock(url, stored, AbortSignal.timeout(60_000));
      assert.equal((await block(url, '0x1')).parentHash, (await block(url, '0x0')).hash, `start ${start}`);
      if (stored !== undefined) {
        const resumed = await block(url, `0x${(stored.blockNumber + 1n).toString(16)}`);
        const seconds = BigInt(resumed.timestamp) - stored.timestamp;
        assert.ok(seconds >= 1n && seconds <= 2n, `L1 time stood still meanwhile: the next block is ${seconds} s later`);
      }
      assert.ok((stored?.blockNumber ?? 0n) > last, 'the chain went on');
      last = stored?.blockNumber ?? 0n;
    } finally {
      await anvil.stop();
    }
  }
});
