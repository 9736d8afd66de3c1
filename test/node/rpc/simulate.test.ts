// eth_simulateV1: against anvil's, against this node's own blocks, and by the errors that the specification numbers.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { AbiCoder, Interface, toBeHex } from 'ethers';
import { owner, PairOfNodes, TOKEN } from './pairOfNodes.ts';

type Call = { status: string; returnData: string; gasUsed: string; logs: Record<string, unknown>[]; error?: { code: number; message: string; data?: string } };
type Block = Record<string, unknown> & { number: string; hash: string; parentHash: string; timestamp: string; gasUsed: string; calls: Call[]; transactions: (string | Record<string, unknown>)[] };

let nodes: PairOfNodes;
const tokens = new Interface(TOKEN.abi);
const stranger = `0x${'5a'.repeat(20)}`;
/** BLOCKHASH of the number in calldata: PUSH0 CALLDATALOAD BLOCKHASH PUSH0 MSTORE PUSH1 32 PUSH0 RETURN. */
const BLOCKHASH_CODE = '0x5f35405f5260205ff3';
/** Sends its balance to the address in calldata and destroys itself: PUSH0 CALLDATALOAD SELFDESTRUCT. */
const HEIR_CODE = '0x5f35ff';
const FEE_VAULT = '0x4b657966616c6c00000000000000000000000004';
const SOMEWHERE = `0x${'c0de'.repeat(10)}`;

before(async () => { nodes = await PairOfNodes.start(); });
after(() => nodes.stop());

async function simulated(payload: unknown, block = 'latest'): Promise<Block[]> {
  const answer = await nodes.server.call('eth_simulateV1', payload, block);
  assert.equal(answer.error, undefined, JSON.stringify(answer.error));
  return answer.result as Block[];
}

async function refused(payload: unknown): Promise<{ code: number; message: string }> {
  const { error } = await nodes.server.call('eth_simulateV1', payload, 'latest');
  assert.ok(error !== undefined, 'a refusal is expected');
  return error;
}

test('calls over several blocks agree with anvil: status, data, gas, logs and transfers', async () => {
  const { tokenA, echo } = nodes.places;
  const transfer = tokens.encodeFunctionData('transfer', [stranger, 7n]);
  const heir = `0x${'4e'.repeat(20)}`;
  const payload = {
    traceTransfers: true,
    blockStateCalls: [
      { stateOverrides: { [stranger]: { balance: '0xde0b6b3a7640000' } }, calls: [{ from: owner.address, to: tokenA, input: transfer, gas: '0x30d40' }, { from: stranger, to: heir, value: '0x5', gas: '0x13880' }, { from: owner.address, to: echo, input: '0x11223344', gas: '0x13880' }] },
      { blockOverrides: { feeRecipient: stranger }, calls: [{ from: owner.address, to: tokenA, input: tokens.encodeFunctionData('balanceOf', [stranger]), gas: '0x30d40' }, { from: heir, to: stranger, value: '0x5', gas: '0x13880' }] },
    ],
  };
  const { ours, anvil } = await nodes.both('eth_simulateV1', payload, 'latest');
  assert.deepEqual([ours.error, anvil.error], [undefined, undefined]);
  // anvil gives the first block the number of the block it stands on, and no data with a revert: neither is compared.
  const shown = (blocks: unknown): unknown => (blocks as Block[]).map(({ gasUsed, calls }) => ({
    gasUsed, calls: calls.map(({ status, returnData, gasUsed: gas, logs }) => ({ status, gas, returnData: status === '0x1' ? returnData : null, logs: logs.map(({ address, topics, data, logIndex }) => ({ address, topics, data, logIndex })) })),
  }));
  assert.deepEqual(shown(ours.result), shown(anvil.result));
  assert.deepEqual((ours.result as Block[])[0]?.calls[2]?.error, { code: 3, message: 'execution reverted', data: '0x11223344' });
});

/** Balances as they are once the sender has paid for data and surcharge, which simulated calls do not. */
async function afterChainsFees(hash: string, from: string, parent: string): Promise<Record<string, { balance: string }>> {
  const receipt = await nodes.server.result('eth_getTransactionReceipt', hash) as Record<string, string>;
  const fee = BigInt(receipt['dataFee'] ?? '') + BigInt(receipt['surchargeFee'] ?? '');
  const balance = async (address: string): Promise<bigint> => BigInt(await nodes.server.result('eth_getBalance', address, parent) as string);
  return { [from]: { balance: `0x${((await balance(from)) - fee).toString(16)}` }, [FEE_VAULT]: { balance: `0x${((await balance(FEE_VAULT)) + fee).toString(16)}` } };
}

test('a simulated block of a real transaction is the real block: same state root, receipts, gas and base fee', async () => {
  // A simulated transaction has no signature, hence another hash and root of transactions.
  const differing = ['hash', 'batchIndex', 'zkGasUsed', 'transactions', 'size', 'transactionsRoot'];
  for (const { name, hash } of nodes.sent) {
    const transaction = await nodes.server.result('eth_getTransactionByHash', hash) as Record<string, string>;
    const real = await nodes.server.result('eth_getBlockByNumber', transaction['blockNumber'], false) as Block;
    const { from = '', to, gas, value, input, nonce, type } = transaction;
    const price = type === '0x0' || type === '0x1' ? { gasPrice: transaction['gasPrice'] } : { maxFeePerGas: transaction['maxFeePerGas'], maxPriorityFeePerGas: transaction['maxPriorityFeePerGas'] };
    const lists = { ...(type === '0x0' ? {} : { accessList: transaction['accessList'] }), ...(type === '0x4' ? { authorizationList: transaction['authorizationList'] } : {}) };
    const call = { from, ...(to === null ? {} : { to }), gas, value, input, nonce, ...price, ...lists };
    const parent = `0x${(BigInt(real.number) - 1n).toString(16)}`;
    const [block] = await simulated({ validation: true, blockStateCalls: [{ blockOverrides: { time: real.timestamp }, stateOverrides: await afterChainsFees(hash, from, parent), calls: [call] }] }, parent);
    assert.ok(block !== undefined, name);
    for (const key of Object.keys(real)) if (!differing.includes(key)) assert.deepEqual(block[key], real[key], `${name}: ${key}`);
    const receipt = await nodes.server.result('eth_getTransactionReceipt', hash) as { gasUsed: string; status: string };
    assert.deepEqual([block.calls[0]?.gasUsed, block.calls[0]?.status], [receipt.gasUsed, receipt.status], name);
  }
});

test('what SELFDESTRUCT moves is a transfer too', async () => {
  const heir = `0x${'4e'.repeat(20)}`;
  const [block] = await simulated({ traceTransfers: true, blockStateCalls: [{ stateOverrides: { [SOMEWHERE]: { code: HEIR_CODE, balance: '0x9' } }, calls: [{ to: SOMEWHERE, input: toBeHex(heir, 32) }] }] });
  assert.deepEqual(block?.calls[0]?.logs.map(({ topics, data }) => [(topics as string[]).slice(1), data]), [[[toBeHex(SOMEWHERE, 32), toBeHex(heir, 32)], toBeHex(9n, 32)]]);
});

test('blocks build on each other, gaps are filled, BLOCKHASH sees them, and nothing stays', async () => {
  const latest = await nodes.server.result('eth_getBlockByNumber', 'latest', false) as Block;
  const at = (offset: number): string => `0x${(BigInt(latest.number) + BigInt(offset)).toString(16)}`;
  const ask = (offset: number): unknown => ({ to: SOMEWHERE, input: toBeHex(at(offset), 32) });
  const blocks = await simulated({
    blockStateCalls: [{ stateOverrides: { [SOMEWHERE]: { code: BLOCKHASH_CODE } }, calls: [] }, { blockOverrides: { number: at(4) }, calls: [ask(0), ask(1), ask(3), ask(4)] }],
  });
  assert.deepEqual(blocks.map(({ number }) => number), [1, 2, 3, 4].map(at));
  blocks.forEach((block, position) => { assert.equal(block.parentHash, position === 0 ? latest.hash : blocks[position - 1]?.hash); });
  assert.deepEqual(blocks[3]?.calls.map(({ returnData }) => returnData), [latest.hash, blocks[0]?.hash, blocks[2]?.hash, `0x${'00'.repeat(32)}`]);
  assert.equal(await nodes.server.result('eth_getCode', SOMEWHERE, 'latest'), '0x');
  assert.equal((await nodes.server.result('eth_getBlockByNumber', 'latest', false) as Block).hash, latest.hash);
});

test('a failed call takes its transfers along, and the next call goes on', async () => {
  const calls = [{ from: owner.address, to: nodes.places.echo, value: '0x3', input: '0xdead' }, { from: owner.address, to: stranger, value: '0x2' }];
  const [block] = await simulated({ traceTransfers: true, returnFullTransactions: true, blockStateCalls: [{ calls }] });
  assert.deepEqual(block?.calls.map(({ status, logs }) => [status, logs.length]), [['0x0', 0], ['0x1', 1]]);
  assert.equal(block?.calls[1]?.logs[0]?.['data'], toBeHex(2n, 32));
  const whole = block?.transactions[1] as Record<string, unknown>;
  assert.deepEqual([whole['from'], whole['to'], BigInt(whole['nonce'] as string)], [owner.address.toLowerCase(), stranger, BigInt(nodes.nonceOf(owner)) + 1n], 'the second call has the next nonce');
});

test('what makes a simulation invalid is refused with the number of the specification', async () => {
  const latest = await nodes.server.result('eth_getBlockByNumber', 'latest', false) as Block;
  const from = owner.address;
  const one = (call: Record<string, unknown>, more: Record<string, unknown> = {}): unknown => ({ validation: true, blockStateCalls: [{ calls: [{ from, to: stranger, maxFeePerGas: '0x12a05f200', ...call }], ...more }] });
  const cases: readonly [string, number, unknown][] = [
    ['nonce too low', -38010, one({ nonce: '0x0' })], ['nonce too high', -38011, one({ nonce: '0xffff' })], ['base fee', -38012, one({ maxFeePerGas: '0x1' })], ['no price', -38012, one({ maxFeePerGas: '0x0' })],
    ['intrinsic gas', -38013, one({ gas: '0x5207' })], ['funds', -38014, one({ from: stranger, gas: '0x5208', value: '0x1' })], ['block gas', -38015, one({ gas: '0x5209' }, { blockOverrides: { gasLimit: '0x5208' } })],
    ['block order', -38020, { blockStateCalls: [{ blockOverrides: { number: latest.number } }] }], ['time order', -38021, { blockStateCalls: [{ blockOverrides: { time: latest.timestamp } }] }],
    ['no EOA', -38024, one({ from: nodes.places.tokenA, gas: '0x5208' }, { stateOverrides: { [nodes.places.tokenA]: { balance: '0xde0b6b3a7640000' } } })],
    ['init code', -38025, { blockStateCalls: [{ calls: [{ from, input: `0x${'00'.repeat(49_153)}` }] }] }], ['blocks', -38026, { blockStateCalls: Array.from({ length: 257 }, () => ({})) }],
    ['far block', -38026, { blockStateCalls: [{ blockOverrides: { number: '0xffffffff' } }] }], ['calls', -38026, { blockStateCalls: [{ calls: Array.from({ length: 600 }, () => ({})) }, { calls: Array.from({ length: 600 }, () => ({})) }] }],
    ['empty', -32602, { blockStateCalls: [] }], ['unknown member', -32602, { blockStateCalls: [{ calls: [] }], trace: true }], ['blobs', -32602, { blockStateCalls: [{ calls: [{ blobVersionedHashes: [] }] }] }],
    ['moved precompile', -32602, { blockStateCalls: [{ stateOverrides: { [`0x${'00'.repeat(19)}01`]: { movePrecompileToAddress: stranger } } }] }],
  ];
  for (const [name, code, payload] of cases) assert.equal((await refused(payload)).code, code, name);
});

test('one bound of gas holds for all calls together', async () => {
  // INVALID: uses whatever it is given.
  const payload = { blockStateCalls: Array.from({ length: 8 }, () => ({ stateOverrides: { [SOMEWHERE]: { code: '0xfe' } }, calls: [{ to: SOMEWHERE }] })) };
  assert.equal((await refused(payload)).code, -38026);
  assert.equal(AbiCoder.defaultAbiCoder().decode(['uint256'], (await simulated({ blockStateCalls: [{ calls: [{ to: nodes.places.tokenA, input: tokens.encodeFunctionData('totalSupply') }] }] }))[0]?.calls[0]?.returnData ?? '0x')[0], 10n ** 24n);
});
