// What a fork reads L1 from: proven state of one block, and an error, kept as a fault, for everything else; whatever anybody sends, it goes on.

import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Hex } from 'viem';
import { Contracts } from '../../watchtower/contracts.ts';
import type { View } from '../../watchtower/monitor.ts';
import { ForkRefusal } from '../../watchtower/upgrades/fork.ts';
import { read } from '../../watchtower/upgrades/simulate.ts';
import { ProvenUpstream } from '../../watchtower/upgrades/upstream.ts';
import { Unverifiable } from '../../watchtower/verdict.ts';

const ADDRESS: Hex = `0x${'ab'.repeat(20)}`;
const HASH: Hex = `0x${'09'.repeat(32)}`;
const SLOT: Hex = `0x${'00'.repeat(31)}02`;

it('answers what is proven at its block, refuses all else and remembers that it did', async (t) => {
  const view = {
    header: { number: 9n, hash: HASH, baseFeePerGas: 7n }, config: { l1: { chainId: 5 } },
    prove: (address: Hex, slots: readonly Hex[] = []) => (address === ADDRESS ? Promise.resolve({ balance: 3n, nonce: 4n, storage: new Map(slots.map((slot) => [slot, slot === SLOT ? 6n : 0n])) }) : Promise.reject(new Unverifiable('operator1: a false proof'))),
    code: () => Promise.resolve('0x60'), block: (number: bigint) => Promise.resolve({ hash: HASH, number: `0x${number.toString(16)}`, transactions: ['0x01'] }),
  } as unknown as View;
  const upstream = await ProvenUpstream.start(view);
  t.after(async () => upstream.stop());
  const post = async (body: string): Promise<Response> => fetch(upstream.url, { method: 'POST', body });
  const ask = async (method: string, ...params: readonly unknown[]): Promise<unknown> => {
    const { result, error } = await (await post(JSON.stringify({ id: 1, method, params }))).json() as { result?: unknown; error?: { message: string } };
    return error === undefined ? result : `refused: ${error.message}`;
  };
  assert.equal(await ask('eth_chainId'), '0x5');
  assert.equal(await ask('eth_getBalance', ADDRESS, '0x9'), '0x3');
  assert.equal(await ask('eth_getTransactionCount', ADDRESS, { blockHash: HASH }), '0x4');
  assert.equal(await ask('eth_getStorageAt', ADDRESS, '0x2', '0x9'), `0x${'00'.repeat(31)}06`);
  assert.equal(await ask('eth_getCode', ADDRESS, 'latest'), '0x60');
  assert.deepEqual(await ask('eth_getBlockByNumber', '0x8', true), { hash: HASH, number: '0x8', transactions: [], uncles: [] }, 'no transaction that nobody proved');
  assert.equal(await ask('eth_getBlockByNumber', '0xa', false), null);
  assert.equal(await ask('eth_getTransactionReceipt', HASH), null);
  assert.deepEqual(upstream.faults, []);
  for (const [method, ...params] of [['eth_getBalance', ADDRESS, '0x8'], ['eth_getBalance', `0x${'cd'.repeat(20)}`, '0x9'], ['eth_getStorageAt', ADDRESS, 'two', '0x9'], ['eth_getLogs', {}]] as const) assert.match(String(await ask(method, ...params)), /^refused: it cannot be proven/);
  assert.equal(upstream.faults.length, 4);
  assert.match(upstream.faults[1] ?? '', /operator1: a false proof/);
  for (const body of ['', 'not JSON', 'null', '[null]']) assert.equal((await post(body)).status, 400, body);
  assert.equal(await ask('eth_chainId'), '0x5', 'it goes on');
});

it('new code whose answers are no answers is refused on the fork: it does not end the look at all upgrades', async () => {
  const contracts = new Contracts({ Rollup: ADDRESS });
  for (const data of ['0x', '0x01'] as const) await assert.rejects(read({ view: { contracts }, fork: { call: async () => Promise.resolve(data) } }, 'Rollup', 'finalHead'), ForkRefusal);
});
