// Reads of blocks, logs, filters and subscriptions over a chain built by hand, reorganizations included.
// Owns: what needs records but no execution. Does not own: execution (execution.test.ts), transports (transport.test.ts).
// Invariant: a follower of notifications and a reader of eth_getLogs end with the same logs.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { JsonRpcProvider, keccak256 } from 'ethers';
import fc from 'fast-check';
import { createPublicClient, http } from 'viem';
import type { Log } from '../../../node/execute/api.ts';
import { data, quantity } from '../../../node/rpc/codec/hex.ts';
import { builtBlock, builtRecord, builtTransaction, bytesOf } from './blockBuilders.ts';
import { MemoryChain } from './memoryChain.ts';
import { absentEngine, TestServer, TestSocket } from './rpcClient.ts';

interface LogObject { blockNumber: string; blockHash: string; logIndex: string; transactionIndex: string; transactionHash: string; removed: boolean; address: string; topics: string[] }
interface BlockObject { number: string; hash: string | null; parentHash: string; transactions: (string | { hash: string; blockHash: string | null })[]; timestamp: string }

const someLog = (address: number, topic: number): Log => ({ address: bytesOf(20, address), topics: [bytesOf(32, topic)], data: bytesOf(3, 7) });
const LIMITS = { logRangeBlocks: 10, logResults: 12, filterExpirySeconds: 1, filterPendingEntries: 6 };
let chain: MemoryChain;
let server: TestServer;

before(async () => {
  chain = new MemoryChain(531_337n, builtRecord(undefined, []));
  server = await TestServer.start(chain, absentEngine(), LIMITS);
  chain.append(builtBlock(chain.block(0n)!, [[someLog(1, 1), someLog(2, 2)], [], [someLog(1, 2)]]));
  chain.append(builtBlock(chain.block(1n)!, []));
  chain.append(builtBlock(chain.block(2n)!, [[someLog(2, 1)]]));
});
after(() => TestServer.stopAll());

test('a block hashes to its hash when ethers reads its raw header, and tags resolve to the one head record', async () => {
  const raw = await server.result('debug_getRawHeader', '0x1') as string;
  const block = await server.result('eth_getBlockByNumber', '0x1', false) as BlockObject;
  assert.equal(keccak256(raw), block.hash);
  assert.deepEqual(await server.result('eth_getBlockByHash', block.hash, false), block);
  const at = (number: bigint): { number: bigint; hash: Uint8Array; batchIndex: bigint } => ({ number, hash: chain.block(number)!.hash, batchIndex: number });
  chain.setHeads({ safe: at(2n), finalized: at(1n) });
  for (const [tag, number] of [['latest', '0x3'], ['safe', '0x2'], ['finalized', '0x1'], ['earliest', '0x0']] as const) {
    assert.equal((await server.result('eth_getBlockByNumber', tag, false) as BlockObject).number, number, tag);
  }
  assert.equal(await server.result('eth_blockNumber'), '0x3');
  assert.equal(await server.result('eth_getBlockByNumber', '0x4', false), null);
  assert.equal(await server.result('eth_getBlockByHash', '0x' + '00'.repeat(32), true), null);
  assert.equal(await server.result('eth_getBlockReceipts', '0x4'), null);
  const status = (number: string): Promise<unknown> => server.result('keyfall_blockBatch', number).then((answer) => (answer as { status: string }).status);
  assert.deepEqual([await status('0x1'), await status('0x2'), await status('0x3')], ['final', 'safe', 'unsafe']);
});

test('the pending block is the projection of the next one: null where nothing is known yet, pooled transactions listed', async () => {
  const pooled = builtTransaction(77n);
  chain.addPending([pooled]);
  const pending = await server.result('eth_getBlockByNumber', 'pending', false) as BlockObject & { stateRoot: null };
  assert.deepEqual([pending.number, pending.hash, pending.stateRoot, pending.parentHash], ['0x4', null, null, data(chain.block(3n)!.hash)]);
  assert.deepEqual(pending.transactions, [data(pooled.hash)]);
  assert.equal(pending.timestamp, quantity(2_000n));
  const transaction = await server.result('eth_getTransactionByHash', data(pooled.hash)) as { blockHash: null; nonce: string; transactionIndex: null };
  assert.deepEqual([transaction.blockHash, transaction.transactionIndex, transaction.nonce], [null, null, '0x4d']);
  assert.equal(await server.result('eth_getTransactionReceipt', data(pooled.hash)), null);
  assert.equal(await server.result('eth_getTransactionCount', data(pooled.sender), 'pending'), '0x4e');
  assert.deepEqual(await server.result('txpool_status'), { pending: '0x1', queued: '0x0' });
  const content = await server.result('txpool_content') as { pending: Record<string, Record<string, { hash: string }>> };
  assert.deepEqual(Object.entries(content.pending).map(([sender, own]) => [sender.toLowerCase(), Object.keys(own)]), [[data(pooled.sender), ['77']]]);
  assert.match(JSON.stringify(await server.result('txpool_inspect')), /1 wei \+ 21000 gas × 3000000000 wei/);
  chain.pool.entries.clear();
  const provider = new JsonRpcProvider(server.url, undefined, { staticNetwork: true });
  assert.equal((await provider.getBlock('pending'))?.hash, null);
  provider.destroy();
});

test('logs come complete and in order by range, by hash, by address and by topic', async () => {
  const logs = async (filter: object): Promise<LogObject[]> => await server.result('eth_getLogs', filter) as LogObject[];
  const all = await logs({ fromBlock: '0x0', toBlock: 'latest' });
  assert.deepEqual(all.map((log) => [log.blockNumber, log.logIndex, log.transactionIndex, log.removed]), [['0x1', '0x0', '0x0', false], ['0x1', '0x1', '0x0', false], ['0x1', '0x2', '0x2', false], ['0x3', '0x0', '0x0', false]]);
  assert.deepEqual(await logs({ blockHash: all[0]?.blockHash }), all.slice(0, 3));
  assert.deepEqual(await logs({ fromBlock: 'earliest', address: '0x' + '02'.repeat(20) }), [all[1], all[3]]);
  assert.deepEqual(await logs({ fromBlock: '0x1', toBlock: '0x1', topics: [['0x' + '01'.repeat(32), '0x' + '02'.repeat(32)]], address: ['0x' + '01'.repeat(20)] }), [all[0], all[2]]);
  assert.deepEqual(await logs({}), [all[3]], 'without a range: the latest block');
  assert.deepEqual(await logs({ fromBlock: '0x4', toBlock: '0x9' }), [], 'blocks to come hold none');
  assert.match((await server.call('eth_getLogs', { blockHash: '0x' + '00'.repeat(32) })).error?.message ?? '', /unknown block/);
  const receipt = await server.result('eth_getTransactionReceipt', all[2]?.transactionHash) as { logs: LogObject[]; transactionIndex: string };
  assert.deepEqual(receipt.logs, [all[2]], 'the receipt numbers its logs over the whole block');
});

test('log ranges and result counts pass at their limits and fail one above', async () => {
  const own = new MemoryChain(1n, builtRecord(undefined, []));
  const small = await TestServer.start(own, absentEngine(), LIMITS);
  while (own.blocks.length < 14) own.append(builtBlock(own.blocks.at(-1)!.record, own.blocks.length <= 6 ? [[someLog(1, 1), someLog(1, 1)]] : []));
  for (const to of ['0x9', '0xa']) assert.equal((await small.result('eth_getLogs', { fromBlock: '0x1', toBlock: to }) as unknown[]).length, 12, 'twelve results in nine or ten blocks fit');
  const refused = await small.call('eth_getLogs', { fromBlock: '0x1', toBlock: '0xb' });
  assert.equal(refused.error?.code, -32005);
  assert.match(refused.error.message, /at most 10 blocks, got 11/);
  own.unwindTo(6n);
  own.append(builtBlock(own.blocks.at(-1)!.record, [[someLog(1, 1)]]));
  const many = await small.call('eth_getLogs', { fromBlock: '0x0', toBlock: '0x9' });
  assert.equal(many.error?.code, -32005);
  assert.match(many.error.message, /more than 12 results/);
  await small.stop();
});

test('block and transaction filters report each entry once; an unpolled or overflowing filter is gone, never gappy', async () => {
  const own = new MemoryChain(1n, builtRecord(undefined, []));
  const small = await TestServer.start(own, absentEngine(), LIMITS);
  const blocks = await small.result('eth_newBlockFilter');
  const pending = await small.result('eth_newPendingTransactionFilter');
  const logs = await small.result('eth_newFilter', { address: '0x' + '01'.repeat(20) });
  own.append(builtBlock(own.block(0n)!, [[someLog(1, 1), someLog(2, 1)]]));
  const pooled = [builtTransaction(1n), builtTransaction(2n)];
  own.addPending(pooled);
  assert.deepEqual(await small.result('eth_getFilterChanges', blocks), [data(own.block(1n)!.hash)]);
  assert.deepEqual(await small.result('eth_getFilterChanges', blocks), []);
  assert.deepEqual(await small.result('eth_getFilterChanges', pending), pooled.map(({ hash }) => data(hash)));
  assert.equal((await small.result('eth_getFilterChanges', logs) as unknown[]).length, 1);
  assert.equal((await small.result('eth_getFilterLogs', logs) as unknown[]).length, 1);
  assert.match((await small.call('eth_getFilterLogs', blocks)).error?.message ?? '', /not a log filter/);
  own.unwindTo(0n);
  const removed = await small.result('eth_getFilterChanges', logs) as LogObject[];
  assert.deepEqual(removed.map((log) => log.removed), [true]);
  own.addPending(Array.from({ length: 6 }, (_, nonce) => builtTransaction(BigInt(nonce + 10))));
  assert.equal((await small.result('eth_getFilterChanges', pending) as unknown[]).length, 6, 'six entries fit');
  own.addPending(Array.from({ length: 7 }, (_, nonce) => builtTransaction(BigInt(nonce + 20))));
  assert.match((await small.call('eth_getFilterChanges', pending)).error?.message ?? '', /filter not found/);
  await new Promise((resolve) => { setTimeout(resolve, 1_100); });
  assert.match((await small.call('eth_getFilterChanges', blocks)).error?.message ?? '', /filter not found/);
  await small.stop();
});

test('after a reorganization a subscriber hears removed logs first, then the new chain, each block once', async () => {
  const own = new MemoryChain(1n, builtRecord(undefined, []));
  const small = await TestServer.start(own, absentEngine());
  const socket = await TestSocket.open(small.wsUrl);
  const heads = (await socket.call('eth_subscribe', 'newHeads')).result;
  const logs = (await socket.call('eth_subscribe', 'logs', { topics: ['0x' + '01'.repeat(32)] })).result;
  const pending = (await socket.call('eth_subscribe', 'newPendingTransactions')).result;
  const full = (await socket.call('eth_subscribe', 'newPendingTransactions', true)).result;
  for (let count = 0; count < 3; count++) own.append(builtBlock(own.blocks.at(-1)!.record, [[someLog(1, 1), someLog(1, 9)]]));
  const old = own.blocks.slice(1).map(({ record }) => data(record.hash));
  own.unwindTo(1n);
  own.append(builtBlock(own.block(1n)!, [[someLog(3, 1)]], 1));
  const fresh = data(own.block(2n)!.hash);
  own.addPending([builtTransaction(5n)]);
  await socket.until(() => socket.notifications(full).length === 1);
  assert.deepEqual(socket.notifications(heads).map((head) => (head as BlockObject).hash), [...old, fresh]);
  assert.deepEqual(socket.notifications(logs).map((log) => [(log as LogObject).blockHash, (log as LogObject).removed]), [
    [old[0], false], [old[1], false], [old[2], false], [old[2], true], [old[1], true], [fresh, false],
  ]);
  assert.deepEqual(socket.notifications(pending), [data(builtTransaction(5n).hash)]);
  assert.equal((socket.notifications(full)[0] as { hash: string }).hash, data(builtTransaction(5n).hash));
  assert.equal((await socket.call('eth_unsubscribe', heads)).result, true);
  own.append(builtBlock(own.blocks.at(-1)!.record, []));
  await socket.call('eth_chainId');
  assert.equal(socket.notifications(heads).length, 4, 'nothing after unsubscribing');
  await socket.close();
  await small.stop();
});

test('folding the notifications of any history of appends and unwindings gives what eth_getLogs says', async () => {
  const own = new MemoryChain(1n, builtRecord(undefined, []));
  const small = await TestServer.start(own, absentEngine());
  const socket = await TestSocket.open(small.wsUrl);
  const logs = (await socket.call('eth_subscribe', 'logs', {})).result;
  let salt = 0;
  await fc.assert(fc.asyncProperty(fc.array(fc.oneof(fc.record({ logs: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 3 }) }), fc.record({ depth: fc.integer({ min: 0, max: 4 }) })), { maxLength: 8 }), async (steps) => {
    for (const step of steps) {
      if ('logs' in step) own.append(builtBlock(own.blocks.at(-1)!.record, [step.logs.map((fill) => someLog(fill, fill))], ++salt));
      else own.unwindTo(BigInt(Math.max(0, own.blocks.length - 1 - step.depth)));
    }
    await socket.call('eth_chainId');
    const present = new Map<string, LogObject>();
    for (const log of socket.notifications(logs) as LogObject[]) {
      const id = `${log.blockHash} ${log.logIndex}`;
      assert.equal(present.has(id), log.removed, 'a log is removed if and only if it was there');
      if (log.removed) present.delete(id);
      else present.set(id, log);
    }
    const stored = await small.result('eth_getLogs', { fromBlock: '0x0', toBlock: 'latest' }) as LogObject[];
    assert.deepEqual([...present.values()].sort((a, b) => Number(BigInt(a.blockNumber) - BigInt(b.blockNumber))), stored);
  }), { numRuns: 25 });
  await socket.close();
  await small.stop();
});

test('fee history follows the blocks asked for, and its percentiles are ordered and refused when they are not', async () => {
  const history = await server.result('eth_feeHistory', '0x2', 'latest', [0, 50, 100]) as { oldestBlock: string; baseFeePerGas: string[]; gasUsedRatio: number[]; reward: string[][] };
  assert.equal(history.oldestBlock, '0x2');
  assert.equal(history.baseFeePerGas.length, 3);
  assert.deepEqual(history.gasUsedRatio, [0, 0.0021]);
  assert.deepEqual(history.reward, [['0x0', '0x0', '0x0'], ['0x3b9aca00', '0x3b9aca00', '0x3b9aca00']]);
  assert.equal((await server.result('eth_feeHistory', 1_000, 'latest') as { baseFeePerGas: string[] }).baseFeePerGas.length, 5);
  for (const percentiles of [[50, 10], [-1], [101], ['a']]) assert.equal((await server.call('eth_feeHistory', '0x1', 'latest', percentiles)).error?.code, -32602);
  const next = BigInt(history.baseFeePerGas.at(-1)!);
  chain.pool.tipWei = 7n;
  assert.equal(await server.result('eth_gasPrice'), quantity(next + 7n));
  assert.equal(await server.result('eth_maxPriorityFeePerGas'), '0x7');
});

test('viem and ethers read blocks, transactions and receipts as they stand', async () => {
  const client = createPublicClient({ transport: http(server.url) });
  const block = await client.getBlock({ blockNumber: 1n, includeTransactions: true });
  assert.equal(block.transactions.length, 3);
  const receipt = await client.getTransactionReceipt({ hash: block.transactions[0]!.hash });
  assert.deepEqual([receipt.status, receipt.logs.length, receipt.effectiveGasPrice], ['success', 2, 2_000_000_000n]);
  assert.equal((receipt as unknown as { dataFee: string }).dataFee, '0x64');
  const provider = new JsonRpcProvider(server.url, undefined, { staticNetwork: true });
  const read = await provider.getBlock(1, true);
  assert.equal(read?.hash, block.hash);
  assert.equal((await provider.getTransactionReceipt(block.transactions[2]!.hash))?.index, 2);
  assert.equal((await provider.getLogs({ fromBlock: 0, toBlock: 'latest' })).length, 4);
  provider.destroy();
});
