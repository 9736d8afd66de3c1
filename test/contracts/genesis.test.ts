// P-070 The L2 genesis: the contracts' build and the node's engine, two computations that share no code, agree on block 0; and the
// allocation is what SPEC sections 1 and 11 say it is.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { MemoryStore, createEngine, parseGenesisAlloc } from '../../node/execute/index.ts';
import { PREDEPLOYS, toHex } from '@keyfall/protocol';

const read = (name: string): unknown => JSON.parse(readFileSync(new URL(`../../contracts/generated/${name}.json`, import.meta.url), 'utf8'));

test('P-070 the engine gives the genesis hash and root that the Rollup is deployed with', async () => {
  const engine = await createEngine({ chainId: 531_337n, store: new MemoryStore(), genesis: { timestamp: 0n, alloc: parseGenesisAlloc(read('genesis')) }, recoveryWorkers: 0 });
  try {
    assert.deepEqual({ hash: toHex(engine.head.hash), stateRoot: toHex(engine.head.header.stateRoot) }, read('genesis-head'));
  } finally {
    await engine.close();
  }
});

test('P-070 the genesis holds the predeploys and the EIP-2935 contract, without storage, supply or immutables', () => {
  const alloc = read('genesis') as Record<string, { code: string; storage: object; balance: string; nonce: string }>;
  assert.deepEqual(Object.keys(alloc).sort(), [...Object.values(PREDEPLOYS), '0x0000f90827f1c53a10cb7a02335b175320002935'].sort());
  for (const [address, account] of Object.entries(alloc)) {
    assert.ok(account.code.length > 2, address);
    assert.deepEqual([account.storage, account.balance, account.nonce], [{}, '0x0', '0x1'], address);
  }
});
