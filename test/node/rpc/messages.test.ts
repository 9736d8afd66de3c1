// What only this chain has: messages from L1 as transactions 0x7e, drops, fees beside gas, batches, proofs of withdrawals, and the
// bounds of execution (gas, time, pruned state). Over the real engine; ethers and viem read the results.
// Owns: the keyfall_* methods and the extra members. Does not own: what standard methods share with anvil (differential.test.ts).

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { MESSAGE_PASSER, minimumMessageGas, sentSlot } from '@keyfall/protocol';
import { JsonRpcProvider, Wallet, keccak256, toBeHex } from 'ethers';
import { createPublicClient, http } from 'viem';
import type { Hex } from 'viem';
import type { InboxMessage } from '../../../node/execute/index.ts';
import { data, parseData, quantity } from '../../../node/rpc/codec/hex.ts';
import { CHAIN_ID, EngineChain } from './engineChain.ts';
import { TestServer } from './rpcClient.ts';

const bytes = (text: string): Uint8Array => parseData(text)!;
const rich = new Wallet('0x' + '31'.repeat(32));
const poor = new Wallet('0x' + '32'.repeat(32));
/** Loops until the gas is gone: JUMPDEST PUSH0 JUMP. */
const SPINNER = '0x' + '5a'.repeat(20);
/** KECCAK256 of 4,096 bytes, returned: moves the surcharge counter. */
const HASHER = '0x' + '5b'.repeat(20);
/** Stores CALLVALUE at slot 0 and logs it: CALLVALUE PUSH0 SSTORE CALLVALUE PUSH0 MSTORE PUSH1 20 PUSH0 LOG0. */
const KEEPER = '0x' + '5c'.repeat(20);
const WITHDRAWAL = keccak256('0x1234') as Hex;

let ec: EngineChain;
let server: TestServer;

function message(fields: Partial<InboxMessage> & Pick<InboxMessage, 'kind' | 'index'>): InboxMessage {
  return { sender: bytes(poor.address), to: new Uint8Array(20), mint: 0n, value: 0n, gas: 100_000n, surcharge: 10_000n, l1Time: 0n, data: new Uint8Array(0), ...fields };
}

before(async () => {
  ec = await EngineChain.create([
    { address: bytes(rich.address), account: { balance: 10n ** 21n } },
    { address: bytes(SPINNER), account: { code: bytes('0x5b5f56') } },
    { address: bytes(HASHER), account: { code: bytes('0x6110005f205f5260205ff3') } },
    { address: bytes(KEEPER), account: { code: bytes('0x345f55345f5260205fa0') } },
    { address: bytes('0x4b657966616c6c00000000000000000000000004'), account: { nonce: 1n, code: bytes('0x00') } },
    { address: bytes(MESSAGE_PASSER), account: { nonce: 1n, code: bytes('0x00'), storage: [{ slot: bytes(sentSlot(WITHDRAWAL)), value: bytes(toBeHex(1, 32)) }] } },
  ], 12n);
  server = await TestServer.start(ec.chain, ec.engine, { callTimeMilliseconds: 300, callGas: 20_000_000n, traceTimeMilliseconds: 300 });
  const badlySigned = message({ kind: 3, index: 2n, sender: bytes(rich.address), data: bytes('0xc0') });
  const signed = await rich.signTransaction({ type: 2, chainId: CHAIN_ID, nonce: 0, gasLimit: 60_000, maxFeePerGas: 0, maxPriorityFeePerGas: 0, to: poor.address, value: 3 });
  await ec.mine([
    message({ kind: 1, index: 0n, to: bytes(KEEPER), mint: 10n ** 18n, value: 5n }), message({ kind: 2, index: 1n, data: bytes('0x5f5ff3') }), badlySigned,
    message({ kind: 3, index: 3n, sender: bytes(rich.address), data: bytes(signed) }),
  ]);
  ec.chain.messages.push({ ...ec.chain.messages[0]!, index: 4n });
});
after(async () => {
  await server.stop();
  await ec.engine.close();
});

test('a message is a transaction of type 0x7e with every field, in block, by hash, in receipts and traces', async () => {
  const block = await server.result('eth_getBlockByNumber', '0x1', true) as { transactions: Record<string, unknown>[] };
  assert.deepEqual(block.transactions.map((transaction) => transaction.type), ['0x7e', '0x7e', '0x2']);
  const [call, create, forced] = block.transactions as [Record<string, unknown>, Record<string, unknown>, Record<string, unknown>];
  assert.deepEqual(
    { ...call, hash: '', blockHash: '' },
    {
      blockHash: '', blockNumber: '0x1', blockTimestamp: '0x3e9', transactionIndex: '0x0', hash: '', from: poor.address.toLowerCase(), to: KEEPER, gas: quantity(100_000n), value: '0x5', input: '0x',
      type: '0x7e', nonce: '0x0', gasPrice: '0x0', v: '0x0', r: '0x0', s: '0x0', chainId: quantity(CHAIN_ID), mint: quantity(10n ** 18n), surchargeLimit: quantity(10_000n), messageIndex: '0x0',
    },
  );
  assert.equal(create.to, null);
  assert.equal(forced.gasPrice, '0x0', 'a forced signed transaction pays no gas on L2');
  assert.equal(keccak256(await server.result('debug_getRawTransaction', call.hash) as string), call.hash);
  const receipts = await server.result('eth_getBlockReceipts', '0x1') as { type: string; status: string; effectiveGasPrice: string; messageIndex?: string; mint?: string; logs: unknown[]; contractAddress: string | null; dataFee: string }[];
  assert.deepEqual(receipts.map(({ type, status, effectiveGasPrice, messageIndex, dataFee }) => [type, status, effectiveGasPrice, messageIndex, dataFee]), [
    ['0x7e', '0x1', '0x0', '0x0', '0x0'], ['0x7e', '0x1', '0x0', '0x1', '0x0'], ['0x2', '0x1', '0x0', undefined, '0x0'],
  ]);
  assert.equal(receipts[0]?.logs.length, 1);
  assert.notEqual(receipts[1]?.contractAddress, null);
  const traces = await server.result('debug_traceBlockByNumber', '0x1', { tracer: 'callTracer' }) as { txHash: string; result: { type: string; value?: string } }[];
  assert.deepEqual(traces.map(({ txHash, result }) => [txHash, result.type, result.value]), [[call.hash, 'CALL', '0x5'], [create.hash, 'CREATE', '0x0'], [forced.hash, 'CALL', '0x3']]);
});

test('ethers and viem read messages without choking on their type', async () => {
  const provider = new JsonRpcProvider(server.url, undefined, { staticNetwork: true });
  const block = await provider.getBlock(1, true);
  const transaction = await provider.getTransaction(block!.transactions[0]!);
  assert.deepEqual([transaction?.type, transaction?.from, transaction?.value], [0x7e, poor.address, 5n]);
  assert.equal((await transaction!.wait())?.status, 1);
  provider.destroy();
  const client = createPublicClient({ transport: http(server.url) });
  assert.equal((await client.getTransaction({ hash: block!.transactions[0] as Hex })).typeHex, '0x7e');
  assert.equal((await client.getTransactionReceipt({ hash: block!.transactions[0] as Hex })).status, 'success');
});

test('keyfall_message tells what became of each message: executed, dropped with its reason, or waiting', async () => {
  const fates = await Promise.all(['0x0', '0x1', '0x2', '0x3', '0x4'].map((index) => server.result('keyfall_message', index))) as { status: string; transactionHash: string | null; dropReason: string | null; kind: string }[];
  assert.deepEqual(fates.map(({ kind, status, dropReason }) => [kind, status, dropReason]), [
    ['call', 'executed', null], ['create', 'executed', null], ['signed', 'dropped', '0x1'], ['signed', 'executed', null], ['call', 'waiting', null],
  ]);
  for (const { transactionHash } of fates) if (transactionHash !== null) assert.notEqual(await server.result('eth_getTransactionReceipt', transactionHash), null);
  assert.equal(await server.result('keyfall_message', '0x5'), null);
  const batch = await server.result('keyfall_blockBatch', '0x1') as { dropped: unknown; messagesFrom: string; messagesTo: string };
  assert.deepEqual([batch.dropped, batch.messagesFrom, batch.messagesTo], [[{ messageIndex: '0x2', reason: '0x1' }], '0x0', '0x4']);
});

test('a user pays gas, data fee and surcharge fee, and keyfall_estimateFees names them beforehand', async () => {
  const request = { from: rich.address, to: HASHER, value: '0x0' };
  const estimate = await server.result('keyfall_estimateFees', request) as Record<'gas' | 'gasUsed' | 'surcharge' | 'gasFee' | 'dataFee' | 'surchargeFee' | 'total', string>;
  const filled = await server.result('eth_fillTransaction', request) as { tx: { gas: string; nonce: string; maxFeePerGas: string } };
  const raw = await rich.signTransaction({ type: 2, chainId: CHAIN_ID, to: HASHER, nonce: Number(filled.tx.nonce), gasLimit: filled.tx.gas, maxFeePerGas: filled.tx.maxFeePerGas, maxPriorityFeePerGas: 0 });
  const before = BigInt(await server.result('eth_getBalance', rich.address) as string);
  const hash = await server.result('eth_sendRawTransaction', raw);
  const receipt = await server.result('eth_getTransactionReceipt', hash) as Record<'gasUsed' | 'effectiveGasPrice' | 'dataFee' | 'surcharge' | 'surchargeFee' | 'status', string>;
  assert.equal(receipt.status, '0x1');
  const paid = BigInt(receipt.gasUsed) * BigInt(receipt.effectiveGasPrice) + BigInt(receipt.dataFee) + BigInt(receipt.surchargeFee);
  assert.equal(before - BigInt(await server.result('eth_getBalance', rich.address) as string), paid, 'the receipt accounts for every wei');
  assert.ok(BigInt(receipt.surcharge) > 0n && receipt.surcharge === estimate.surcharge && receipt.gasUsed === estimate.gasUsed && receipt.surchargeFee === estimate.surchargeFee);
  const [expected, charged] = [BigInt(estimate.dataFee), BigInt(receipt.dataFee)];
  assert.ok(expected >= charged && expected * 100n <= charged * 105n, `expected the data fee within 5 % above ${charged}, got ${expected}`);
});

test('keyfall_estimateZkGas gives what the Inbox and the execution of the message need', async () => {
  const estimate = await server.result('keyfall_estimateZkGas', { from: '0x' + '99'.repeat(20), to: HASHER, value: '0x64' }, '0x64') as { gas: string; surcharge: string; zkGas: string };
  assert.ok(BigInt(estimate.gas) >= minimumMessageGas('call', 0));
  assert.equal(BigInt(estimate.zkGas), BigInt(estimate.gas) + BigInt(estimate.surcharge));
  const index = BigInt(ec.chain.messages.length);
  const before = await server.result('eth_blockNumber') as string;
  const tried = async (surcharge: bigint, at: bigint): Promise<string> => {
    await ec.mine([message({ kind: 1, index: at, sender: bytes('0x' + '99'.repeat(20)), to: bytes(HASHER), mint: 100n, value: 100n, gas: BigInt(estimate.gas), surcharge })]);
    const [receipt] = await server.result('eth_getBlockReceipts', 'latest') as { status: string }[];
    return receipt!.status;
  };
  assert.equal(await tried(BigInt(estimate.surcharge), index), '0x1', 'the estimate is enough');
  assert.equal(await tried(BigInt(estimate.surcharge) - 1n, index + 1n), '0x0', 'one less is not');
  assert.equal((await server.call('keyfall_estimateZkGas', { from: '0x' + '98'.repeat(20), to: HASHER, value: '0x64' }, '0x63')).error?.code, -32000, 'without the mint it cannot pay the value');
  assert.notEqual(await server.result('eth_blockNumber'), before);
});

test('a withdrawal is unknown, waiting, or final with its proof, by where its slot is set', async () => {
  const ask = async (hash: string): Promise<{ status: string; proof: { storageProof: { value: string }[] } | null; slot: string }> => await server.result('keyfall_withdrawalProof', hash) as never;
  const own = await ask(WITHDRAWAL);
  assert.deepEqual([own.status, own.proof?.storageProof[0]?.value, own.slot], ['final', '0x1', sentSlot(WITHDRAWAL)]);
  assert.deepEqual([(await ask(keccak256('0x5678'))).status, (await ask(keccak256('0x5678'))).proof], ['unknown', null]);
});

test('batches to commit come in order with what Rollup.commit takes, and stop at what is not closed', async () => {
  const template = { parentHash: new Uint8Array(32), firstBlock: 1n, lastBlock: 1n, lastHash: new Uint8Array(32), inboxFrom: 0n, inboxTo: 4n, origin: ec.chain.block(1n)!.origin, feeScalars: { dataFeeScalar: 1n, surchargeScalar: 1n }, zkGasUsed: 0n, dropRoot: new Uint8Array(32), payloadHash: new Uint8Array(32), emptiedBecause: undefined };
  for (const index of [1n, 2n, 3n, 4n, 5n, 6n]) {
    ec.chain.batches.set(index, { ...template, index });
    ec.chain.payloads.set(index, Uint8Array.of(1, Number(index)));
  }
  ec.chain.setHeads({ closedBatch: 6n, progress: { ...ec.chain.heads().progress, committedBatch: 1n } });
  const indices = async (...params: unknown[]): Promise<string[]> => (await server.result('keyfall_pendingBatches', ...params) as { batches: { index: string }[] }).batches.map(({ index }) => index);
  assert.deepEqual(await indices(), ['0x2', '0x3', '0x4', '0x5']);
  assert.deepEqual(await indices('0x6'), ['0x6']);
  assert.deepEqual(await indices('0x7'), []);
  assert.deepEqual(((await server.result('keyfall_pendingBatches')) as { batches: unknown[] }).batches[0], {
    index: '0x2', parentHash: data(template.parentHash), inboxTo: '0x4', originNumber: '0x5', originHash: data(template.origin!.hash), payload: '0x0102', payloadHash: data(template.payloadHash),
    lastBlock: '0x1', lastHash: data(template.lastHash),
  });
  assert.equal((await server.result('keyfall_batch', '0x6') as { status: string }).status, 'closed');
  assert.equal(await server.result('keyfall_batch', '0x7'), null);
});

test('a call that never ends stops at the gas cap or the time cap, and others are answered meanwhile', async () => {
  const spin = server.call('eth_call', { to: SPINNER, gas: '0x2faf080000' });
  const quick = await server.call('eth_call', { to: KEEPER });
  assert.equal(quick.result, '0x');
  const answer = await spin;
  assert.equal(answer.error?.code, -32000);
  assert.match(answer.error.message, /out of gas|aborted/);
  const small = await server.call('eth_call', { to: SPINNER, gas: '0x7530' });
  assert.match(small.error?.message ?? '', /out of gas/);
  const traced = await server.call('debug_traceCall', { to: SPINNER, gas: '0x2faf0800' }, 'latest', { limit: 1_000 });
  if (traced.error === undefined) assert.ok((traced.result as { structLogs: unknown[] }).structLogs.length <= 1_000);
  else assert.match(traced.error.message, /aborted/);
  assert.equal((await server.call('debug_traceCall', { to: SPINNER }, 'latest', { timeout: '1ms' })).error?.code, -32000);
});

test('proof keys, percentiles and pool listings pass at their limits and fail one above', async () => {
  const small = await TestServer.start(ec.chain, ec.engine, { proofKeys: 3, feeHistoryPercentiles: 3, txpoolTransactions: 1, feeHistoryBlocks: 2 });
  const keys = (count: number): string[] => Array.from({ length: count }, (_, index) => quantity(index));
  assert.equal((await small.result('eth_getProof', KEEPER, keys(3)) as { storageProof: unknown[] }).storageProof.length, 3);
  assert.equal((await small.call('eth_getProof', KEEPER, keys(4))).error?.code, -32005);
  assert.equal((await small.call('eth_feeHistory', '0x1', 'latest', [1, 2, 3])).error, undefined);
  assert.equal((await small.call('eth_feeHistory', '0x1', 'latest', [1, 2, 3, 4])).error?.code, -32602);
  assert.equal((await small.result('eth_feeHistory', '0x3', 'latest') as { gasUsedRatio: unknown[] }).gasUsedRatio.length, 2, 'more blocks than allowed are cut to the newest, as geth does');
  ec.isHolding = true;
  const nonce = Number(await small.result('eth_getTransactionCount', rich.address, 'pending'));
  const submit = async (offset: number): Promise<unknown> => small.result('eth_sendRawTransaction', await rich.signTransaction({ type: 2, chainId: CHAIN_ID, to: poor.address, nonce: nonce + offset, gasLimit: 21_000, maxFeePerGas: 10n ** 10n, maxPriorityFeePerGas: 0 }));
  const hash = await submit(0);
  assert.match((await small.call('eth_sendRawTransaction', await small.result('debug_getRawTransaction', hash))).error?.message ?? '', /^already known/);
  assert.match(JSON.stringify(await small.result('txpool_content')), new RegExp(hash as string));
  await submit(1);
  for (const method of ['txpool_content', 'txpool_inspect']) assert.equal((await small.call(method)).error?.code, -32005);
  assert.equal(Object.keys((await small.result('txpool_contentFrom', rich.address) as { pending: object }).pending).length, 2, 'one sender can still be listed');
  assert.equal(await small.result('eth_getTransactionCount', rich.address, 'pending'), quantity(nonce + 2));
  ec.isHolding = false;
  await ec.mine();
  await small.stop();
});

test('state that was pruned is refused by name, never answered with another block\'s', async () => {
  while (ec.chain.heads().unsafe.number < 16n) await ec.mine();
  const answer = await server.call('eth_getBalance', rich.address, '0x1');
  assert.equal(answer.error?.code, -32000);
  assert.match(answer.error.message, /missing trie node: .*pruned/);
  assert.equal((await server.call('eth_call', { to: KEEPER }, '0x1')).error?.code, -32000);
  assert.equal((await server.call('debug_traceBlockByNumber', '0x1')).error?.code, -32000);
  assert.match((await server.call('debug_traceBlockByNumber', '0x0')).error?.message ?? '', /genesis is not traceable/);
  assert.notEqual(await server.result('eth_getBlockByNumber', '0x1', true), null, 'blocks themselves are kept');
});

test('after a reorganization reads follow the new chain at once', async () => {
  const head = ec.chain.heads().unsafe.number;
  const old = await server.result('eth_getBlockByNumber', 'latest', false) as { hash: string };
  await ec.unwindTo(head - 2n);
  assert.equal(await server.result('eth_getBlockByHash', old.hash, false), null);
  assert.equal((await server.call('eth_getBalance', rich.address, { blockHash: old.hash, requireCanonical: true })).error?.message, 'header not found');
  assert.equal(await server.result('eth_blockNumber'), quantity(head - 2n));
  await ec.mine();
  assert.equal(await server.result('eth_blockNumber'), quantity(head - 1n));
});

test('eth_sendRawTransactionSync waits for the block, and names the transaction that came too late or waits for another', async () => {
  const small = await TestServer.start(ec.chain, ec.engine, { syncWaiting: 1, syncDefaultMilliseconds: 150, syncMaximumMilliseconds: 20_000 });
  ec.isHolding = true;
  const first = Number(await small.result('eth_getTransactionCount', rich.address, 'latest'));
  const sign = (offset: number): Promise<string> => rich.signTransaction({ type: 2, chainId: CHAIN_ID, to: poor.address, nonce: first + offset, gasLimit: 21_000, maxFeePerGas: 10n ** 10n, maxPriorityFeePerGas: 0 });
  const late = await small.call('eth_sendRawTransactionSync', await sign(0));
  assert.deepEqual([late.error?.code, late.error?.data], [4, keccak256(await sign(0))]);
  assert.match(late.error?.message ?? '', /accepted but was not mined within 150 ms/);
  const waits = small.result('eth_sendRawTransactionSync', await sign(1), quantity(20_000)) as Promise<Record<string, unknown>>;
  await small.call('eth_blockNumber');
  assert.equal((await small.call('eth_sendRawTransactionSync', await sign(2))).error?.code, -32005, 'more than one may not wait here');
  await ec.mine();
  const receipt = await waits;
  assert.deepEqual(receipt, await small.result('eth_getTransactionReceipt', keccak256(await sign(1))));
  const executable = ec.chain.pool.ofSender.bind(ec.chain.pool);
  ec.chain.pool.ofSender = (sender) => ({ pending: [], queued: executable(sender).pending });
  const unready = await small.call('eth_sendRawTransactionSync', await sign(3));
  assert.deepEqual([unready.error?.code, unready.error?.data], [5, keccak256(await sign(3))]);
  ec.chain.pool.ofSender = executable;
  for (const wrong of [-1, 1.5, 'soon', {}]) assert.equal((await small.call('eth_sendRawTransactionSync', await sign(4), wrong)).error?.code, -32602);
  ec.isHolding = false;
  ec.chain.pool.entries.clear();
  await small.stop();
});
