// Plausible nonsense over the real engine: any method with any arguments that look right answers with a result or a refusal, and
// never with -32603, which would be a fault of ours. Every value comes from pools of edge cases, so that decoders are passed.
// Owns: the property and its generators. A failure prints seed and call; it becomes a small test of its own.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { MESSAGE_PASSER } from '@keyfall/protocol';
import { Wallet } from 'ethers';
import { data, parseData } from '../../../node/rpc/codec/hex.ts';
import { METHODS } from '../../../node/rpc/registry.ts';
import { CHAIN_ID, EngineChain } from './engineChain.ts';
import { TestServer, TestSocket } from './rpcClient.ts';

const rich = new Wallet('0x' + '41'.repeat(32));
const CONTRACT = '0x' + '4a'.repeat(20);
const REVERTER = '0x' + '4b'.repeat(20);
let ec: EngineChain;
let server: TestServer;
let socket: TestSocket;
let hashes: string[];

before(async () => {
  ec = await EngineChain.create([
    { address: parseData(rich.address)!, account: { balance: 10n ** 21n } },
    { address: parseData(CONTRACT)!, account: { code: parseData('0x345f55345f5260205fa0') } },
    { address: parseData(REVERTER)!, account: { code: parseData('0x365f5f37365ffd') } },
    { address: parseData(MESSAGE_PASSER)!, account: { nonce: 1n, code: parseData('0x00') } },
  ].map(({ address, account }) => ({ address, account: 'code' in account ? { nonce: 1n, code: account.code! } : account })));
  server = await TestServer.start(ec.chain, ec.engine, { callTimeMilliseconds: 200, callGas: 2_000_000n, traceTimeMilliseconds: 200 });
  for (const [nonce, to] of [CONTRACT, REVERTER, rich.address].entries()) {
    await server.result('eth_sendRawTransaction', await rich.signTransaction({ type: 2, chainId: CHAIN_ID, nonce, to, gasLimit: 100_000, maxFeePerGas: 10n ** 10n, maxPriorityFeePerGas: 1 }));
  }
  await ec.mine([{ index: 0n, kind: 1, sender: parseData(rich.address)!, to: parseData(CONTRACT)!, mint: 5n, value: 5n, gas: 100_000n, surcharge: 0n, l1Time: 0n, data: new Uint8Array(0) }]);
  hashes = ec.chain.blocks.flatMap(({ record, transactions }) => [data(record.hash), ...transactions.map(({ hash }) => data(hash))]);
  socket = await TestSocket.open(server.wsUrl);
});
after(async () => {
  await socket.close();
  await server.stop();
  await ec.engine.close();
});

const quantities = fc.constantFrom('0x0', '0x1', '0x2', '0x4', '0x5', '0x5208', '0x989680', '0x989681', '0xffffffff', '0xffffffffffffffff', '0x10000000000000000', '0x' + 'f'.repeat(64));
const addresses = fc.constantFrom(rich.address, CONTRACT, REVERTER, MESSAGE_PASSER, '0x' + '00'.repeat(20), '0x' + '00'.repeat(19) + '01', '0x' + '00'.repeat(19) + '05', '0x' + '00'.repeat(18) + '0100', '0x' + 'ff'.repeat(20));
const bytes = fc.oneof(fc.constantFrom('0x', '0x00', '0x' + 'ff'.repeat(200), '0x4e487b71' + '00'.repeat(31) + '11', '0x08c379a0' + 'ff'.repeat(64)), fc.uint8Array({ maxLength: 80 }).map(data));
const slots = fc.constantFrom('0x0', '0x00', '0x' + '00'.repeat(32), '0x' + 'ff'.repeat(32));
const words = fc.constantFrom('0x' + '00'.repeat(32), '0x' + '00'.repeat(31) + '01', '0x' + 'ff'.repeat(32));
const tags = fc.constantFrom('latest', 'pending', 'safe', 'finalized', 'earliest');
const hash = fc.oneof(fc.integer({ min: 0, max: 8 }).map((index) => hashes[index % hashes.length]!), words);
const block = fc.oneof(tags, quantities, hash, fc.record({ blockHash: hash, requireCanonical: fc.boolean() }, { requiredKeys: ['blockHash'] }), fc.record({ blockNumber: fc.oneof(tags, quantities) }));
const accessList = fc.array(fc.record({ address: addresses, storageKeys: fc.array(words, { maxLength: 2 }) }), { maxLength: 2 });
const authorization = fc.record({ chainId: quantities, address: addresses, nonce: quantities, yParity: fc.constantFrom('0x0', '0x1'), r: quantities, s: quantities });
const transaction = fc.record({
  from: addresses, to: addresses, gas: quantities, gasPrice: quantities, maxFeePerGas: quantities, maxPriorityFeePerGas: quantities, value: quantities, nonce: quantities,
  data: bytes, accessList, authorizationList: fc.array(authorization, { maxLength: 2 }), type: fc.constantFrom('0x0', '0x1', '0x2', '0x3', '0x4', '0x7e'), chainId: fc.constantFrom('0x81b89', '0x1'),
}, { requiredKeys: [] });
const storage = fc.dictionary(slots, words, { maxKeys: 2 });
const override = fc.record({ balance: quantities, nonce: quantities, code: bytes, state: storage, stateDiff: storage }, { requiredKeys: [] });
const stateOverrides = fc.dictionary(addresses, override, { maxKeys: 2 });
const blockOverrides = fc.record({ number: quantities, time: quantities, gasLimit: quantities, feeRecipient: addresses, prevRandao: words, baseFeePerGas: quantities }, { requiredKeys: [] });
const tracing = fc.record({
  tracer: fc.constantFrom('callTracer', 'prestateTracer', ''), tracerConfig: fc.record({ onlyTopCall: fc.boolean(), withLog: fc.boolean(), diffMode: fc.boolean(), disableCode: fc.boolean(), disableStorage: fc.boolean() }, { requiredKeys: [] }),
  enableMemory: fc.boolean(), disableStack: fc.boolean(), disableStorage: fc.boolean(), enableReturnData: fc.boolean(), limit: fc.nat(20), stateOverrides, blockOverrides,
}, { requiredKeys: [] });
const simulated = fc.record({ blockOverrides, stateOverrides, calls: fc.array(transaction, { maxLength: 3 }) }, { requiredKeys: [] });
const simulation = fc.record({
  blockStateCalls: fc.array(simulated, { minLength: 1, maxLength: 3 }), traceTransfers: fc.boolean(), validation: fc.boolean(), returnFullTransactions: fc.boolean(),
}, { requiredKeys: ['blockStateCalls'] });
const topic = fc.oneof(fc.constant(null), words, fc.array(fc.oneof(fc.constant(null), words), { maxLength: 3 }));
const filter = fc.record({ fromBlock: fc.oneof(tags, quantities), toBlock: fc.oneof(tags, quantities), blockHash: hash, address: fc.oneof(addresses, fc.array(addresses, { maxLength: 3 })), topics: fc.array(topic, { maxLength: 5 }) }, { requiredKeys: [] });

/** What a parameter of this description might be given, right or nearly right. */
function argumentFor(accepts: string): fc.Arbitrary<unknown> {
  if (accepts.includes('block number')) return block;
  if (accepts === 'transaction object') return transaction;
  if (accepts === 'filter object') return filter;
  if (accepts === 'state override object') return stateOverrides;
  if (accepts === 'block override object') return blockOverrides;
  if (accepts === 'trace options object') return tracing;
  if (accepts === 'object with blockStateCalls') return simulation;
  if (accepts === 'address') return addresses;
  if (accepts === 'hash') return hash;
  if (accepts === 'array of slots') return fc.array(slots, { maxLength: 3 });
  if (accepts.startsWith('quantity')) return fc.oneof(quantities, slots);
  if (accepts === 'data') return bytes;
  if (accepts === 'milliseconds') return fc.oneof(quantities, fc.integer(), fc.double());
  if (accepts === 'boolean') return fc.boolean();
  if (accepts.includes('percentiles') || accepts.includes('ascending')) return fc.array(fc.double({ min: 0, max: 100, noNaN: true }), { maxLength: 4 }).map((list) => list.sort((a, b) => a - b));
  if (accepts.startsWith('newHeads')) return fc.constantFrom('newHeads', 'logs', 'newPendingTransactions');
  if (accepts === 'filter object or boolean') return fc.oneof(filter, fc.boolean());
  if (accepts.includes('subscription id')) return fc.constantFrom('0x1', '0xabc');
  throw new Error(`the fuzz test has no generator for "${accepts}"`);
}

const call = fc.constantFrom(...METHODS).chain((method) => fc.tuple(
  fc.constant(method.name),
  fc.integer({ min: method.parameters.filter((parameter) => parameter.required).length, max: method.parameters.length })
    .chain((count) => fc.tuple(...method.parameters.slice(0, count).map((parameter) => fc.oneof({ weight: 12, arbitrary: argumentFor(parameter.accepts) }, { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 2 }) })))),
));

test('no plausible call of any method is answered with an internal error, over HTTP and WebSocket', { timeout: 120_000 }, async () => {
  await fc.assert(fc.asyncProperty(call, fc.boolean(), async ([name, params], overSocket) => {
    const answer = overSocket ? await socket.call(name, ...params) : await server.call(name, ...params);
    assert.ok(('result' in answer) !== ('error' in answer));
    assert.notEqual(answer.error?.code, -32603, `${name}(${JSON.stringify(params)})`);
  }), { numRuns: 2_500 });
});
