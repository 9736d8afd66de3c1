// Events of L1 under its own receipts: a list from one endpoint alone that leaves an event out, makes one up or changes one is caught, and so are
// receipts, headers and chains that do not fit together. Roots are @ethereumjs/mpt's; receipts are encoded here, of every type of transaction.
// The endpoint is this test's; a journey does the same against a real chain. Beside it: headers of a chain are not walked through unasked.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { createMPT } from '@ethereumjs/mpt';
import { RLP } from '@ethereumjs/rlp';
import { bytesToHex, concatHex, decodeFunctionData, encodeAbiParameters, encodeEventTopics, hexToBytes, keccak256, numberToHex, toHex, toRlp } from 'viem';
import type { AbiParameter, Hex } from 'viem';
import { ABIS } from '../../governance-ui/chain/abis.ts';
import { bloomMayHold, logsUnderRoot } from '../../governance-ui/chain/recompute/block.ts';
import { boundTo } from '../../governance-ui/chain/recompute/gather.ts';
import { againstList, completeness } from '../../governance-ui/chain/recompute/l1Events.ts';
import type { Completeness, ListedEvent } from '../../governance-ui/chain/recompute/l1Events.ts';
import type { Reading } from '../../governance-ui/chain/reading.ts';
import { Quorum } from '../../governance-ui/chain/rpc/quorum.ts';
import { verifiedHeader } from '../../governance-ui/chain/rpc/header.ts';
import type { Header } from '../../governance-ui/chain/rpc/header.ts';

const GOVERNOR: Hex = '0x29795f73c236494b073c4c986d3a46016e6c91c0';
const OTHER: Hex = '0x52fc5183eff32b8cbd4576c486fb810a617fbc83';
const [CREATED] = encodeEventTopics({ abi: ABIS.KeyfallGovernor, eventName: 'ProposalCreated' }) as [Hex];
const ZERO: Hex = `0x${'0'.repeat(64)}`;

interface Log { readonly address: Hex; readonly topics: readonly Hex[]; readonly data: Hex }
interface Receipt { readonly type: Hex; readonly status: Hex; readonly cumulativeGasUsed: Hex; readonly logs: readonly Log[] }
type Block = Record<string, Hex>;

function bloomOf(logs: readonly Log[]): Hex {
  let bits = 0n;
  for (const entry of logs.flatMap(({ address, topics }) => [address, ...topics])) {
    const hash = keccak256(entry);
    for (const pair of [0, 2, 4]) bits |= 1n << (BigInt(`0x${hash.slice(2 + pair * 2, 6 + pair * 2)}`) & 2047n);
  }
  return `0x${bits.toString(16).padStart(512, '0')}`;
}

const quantity = (value: Hex): Hex => (BigInt(value) === 0n ? '0x' : toHex(BigInt(value)));
const padded = (value: Hex): Hex => (value.length % 2 === 0 ? value : `0x0${value.slice(2)}`);

async function receiptsRootOf(receipts: readonly Receipt[]): Promise<Hex> {
  const trie = await createMPT({ useKeyHashing: false });
  for (const [index, { type, status, cumulativeGasUsed, logs }] of receipts.entries()) {
    const body = toRlp([padded(quantity(status)), padded(quantity(cumulativeGasUsed)), bloomOf(logs), logs.map(({ address, topics, data }) => [address, [...topics], data])] as never) as Hex;
    await trie.put(RLP.encode(index), hexToBytes(type === '0x0' ? body : concatHex([numberToHex(Number(type), { size: 1 }), body])));
  }
  return bytesToHex(trie.root());
}

async function blockOf(number: number, parentHash: Hex, receipts: readonly Receipt[]): Promise<Block> {
  const fields: Block = {
    parentHash, sha3Uncles: ZERO, miner: `0x${'0'.repeat(40)}`, stateRoot: ZERO, transactionsRoot: ZERO, receiptsRoot: await receiptsRootOf(receipts), logsBloom: bloomOf(receipts.flatMap(({ logs }) => logs)), difficulty: '0x0', number: toHex(number),
    gasLimit: '0x1', gasUsed: receipts.at(-1)?.cumulativeGasUsed ?? '0x0', timestamp: toHex(1_000 + number), extraData: '0x', mixHash: ZERO, nonce: '0x0000000000000000', baseFeePerGas: '0x7',
  };
  const quantities = new Set(['difficulty', 'number', 'gasLimit', 'gasUsed', 'timestamp', 'baseFeePerGas']);
  return { ...fields, hash: keccak256(toRlp(Object.entries(fields).map(([name, value]) => (quantities.has(name) ? padded(quantity(value)) : value)))) };
}

const created = (id: bigint): Log => ({ address: GOVERNOR, topics: [CREATED], data: encodeAbiParameters([{ type: 'uint256' }], [id]) });
const RECEIPTS: readonly (readonly Receipt[])[] = [
  [], [{ type: '0x2', status: '0x1', cumulativeGasUsed: '0x5208', logs: [{ ...created(9n), address: OTHER }] }],
  [{ type: '0x0', status: '0x1', cumulativeGasUsed: '0x5208', logs: [created(1n)] }, { type: '0x3', status: '0x0', cumulativeGasUsed: '0xa410', logs: [] }, { type: '0x4', status: '0x1', cumulativeGasUsed: '0xf618', logs: [created(2n), created(2n)] }],
  [], [{ type: '0x1', status: '0x1', cumulativeGasUsed: '0x5208', logs: [{ ...created(3n), topics: [ZERO] }, created(3n)] }], [],
];

interface World { readonly blocks: readonly Block[]; readonly receipts: readonly (readonly Receipt[])[] }

async function world(): Promise<World> {
  const blocks: Block[] = [];
  for (const [number, receipts] of RECEIPTS.entries()) blocks.push(await blockOf(number, blocks.at(-1)?.['hash'] ?? ZERO, receipts));
  return { blocks, receipts: RECEIPTS };
}

type Lie = (method: string, params: readonly unknown[], truth: unknown) => unknown;

/** One endpoint, whose answers the test may change; `operators` = more of the same, honest. */
async function ask(t: TestContext, { blocks, receipts }: World, lie: Lie = (_method, _params, truth) => truth, operators = 1): Promise<Reading<Completeness>> {
  const truthOf = (method: string, [first]: readonly unknown[]): unknown => {
    if (method === 'eth_getBlockByNumber') return blocks[Number(first)] ?? null;
    if (method === 'eth_getBlockReceipts') return receipts[Number(first)] ?? null;
    const { address, topics, fromBlock, toBlock } = first as { address: Hex; topics: readonly Hex[]; fromBlock: Hex; toBlock: Hex };
    return receipts.flatMap((list, number) => (number < Number(fromBlock) || number > Number(toBlock) ? [] : list.flatMap(({ logs }) => logs).filter((log) => log.address === address && log.topics[0] === topics[0])
      .map((log, index) => ({ ...log, blockNumber: toHex(number), transactionHash: ZERO, logIndex: toHex(index) }))));
  };
  t.mock.method(globalThis, 'fetch', async (url: string, { body }: { body: string }) => {
    const calls = JSON.parse(body) as { id: number; method: string; params: unknown[] } | { id: number; method: string; params: unknown[] }[];
    const one = ({ id, method, params }: { id: number; method: string; params: unknown[] }): unknown => ({ jsonrpc: '2.0', id, result: url === 'http://liar' ? lie(method, params, truthOf(method, params)) : truthOf(method, params) });
    return new Response(JSON.stringify(Array.isArray(calls) ? calls.map(one) : one(calls)));
  });
  const chain = new Quorum(1, [{ url: 'http://liar', operator: 'liar' }, ...Array.from({ length: operators - 1 }, (_, index) => ({ url: `http://honest${index}`, operator: `honest${index}` }))]);
  const head = verifiedHeader(blocks.at(-1));
  return completeness({ contract: { name: 'KeyfallGovernor', address: GOVERNOR, chain }, eventName: 'ProposalCreated' }, head, 0n, { onProgress: () => undefined, open: async (header, answer) => logsUnderRoot(header, answer) });
}

const onLogs = (change: (logs: readonly Log[]) => unknown): Lie => (method, _params, truth) => (method === 'eth_getLogs' ? change(truth as readonly Log[]) : truth);

function found(reading: Reading<Completeness>): Completeness {
  assert.ok(reading.known, reading.known ? '' : reading.why);
  return reading.value;
}

test('a list that an honest endpoint gives is complete, over every type of transaction, and opens only blocks that can have the event', async (t) => {
  const reading = await ask(t, await world());
  const { count, leftOut, madeUp, openedBlocks, from, to } = found(reading);
  assert.deepEqual({ count, leftOut, madeUp, from, to }, { count: 4, leftOut: [], madeUp: [], from: 0n, to: 5n });
  assert.ok(openedBlocks <= 3, 'blocks whose blooms exclude the event are not opened');
  assert.equal(reading.known && reading.trust, 'unverified', 'the headers of one operator are its word');
  const agreed = await ask(t, await world(), undefined, 2);
  assert.equal(agreed.known && agreed.trust, 'proven');
});

test('one endpoint alone cannot leave out, make up, change or repeat an event', async (t) => {
  const blocks = await world();
  for (const dropped of [0, 1, 2, 3]) {
    const { leftOut, madeUp } = found(await ask(t, blocks, onLogs((logs) => logs.filter((_, index) => index !== dropped))));
    assert.deepEqual([leftOut.length, madeUp.length, leftOut[0]?.block], [1, 0, dropped === 3 ? 4n : 2n], `event ${dropped} left out`);
  }
  assert.deepEqual(found(await ask(t, blocks, onLogs(() => []))).leftOut.length, 4);
  const more = found(await ask(t, blocks, onLogs((logs) => [...logs, logs[0]])));
  assert.deepEqual([more.leftOut.length, more.madeUp.length], [0, 1], 'told twice');
  const changed = found(await ask(t, blocks, onLogs((logs) => logs.map((log, index) => (index === 3 ? { ...log, data: '0x01' } : log)))));
  assert.deepEqual([changed.leftOut.length, changed.madeUp.length], [1, 1]);
  const moved = found(await ask(t, blocks, onLogs((logs) => logs.map((log, index) => (index === 3 ? { ...log, blockNumber: '0x3' } : log)))));
  assert.deepEqual([moved.leftOut.length, moved.madeUp.length], [1, 1], 'told of another block');
});

test('the list on the page is compared itself: an endpoint that answers the walk truly and the list not is caught', async (t) => {
  const whole = found(await ask(t, await world()));
  const idOf = ({ data }: { readonly data: Hex }): string | undefined => (data.endsWith('3') ? undefined : data);
  const listed = [1n, 2n].map((id): ListedEvent => ({ id: created(id).data.toUpperCase().replace('0X', '0x'), block: 2n }));
  const against = (value: readonly ListedEvent[], number = 5n): ReturnType<typeof againstList> => againstList(whole, { known: true, value, trust: 'unverified', at: { number, hash: ZERO, timestamp: 0n } }, idOf);
  assert.deepEqual(against(listed), { leftOut: [], madeUp: [] }, 'what is of another list is not missed');
  assert.deepEqual(against(listed.slice(1))?.leftOut.map(({ data, block }) => [data, block]), [[created(1n).data, 2n]]);
  assert.deepEqual(against([])?.leftOut.length, 3);
  assert.deepEqual(against([...listed, { id: created(9n).data, block: 2n }])?.madeUp.map(({ data, block }) => [data, block]), [[created(9n).data, 2n]]);
  assert.deepEqual(against([...listed, { id: created(9n).data, block: 6n }], 6n), { leftOut: [], madeUp: [] }, 'a newer one was not walked to');
  assert.equal(against([], 4n), undefined, 'a list of an older block says nothing');
  assert.equal(againstList(whole, { known: false, why: 'x' }, idOf), undefined);
});

test('nothing is said where receipts, headers or the chain do not fit together', async (t) => {
  const blocks = await world();
  const why = async (lie: Lie, operators = 1): Promise<string> => {
    const reading = await ask(t, blocks, lie, operators);
    assert.ok(!reading.known, 'it must be unknown');
    return reading.why;
  };
  const onReceipts = (change: (receipts: Receipt[]) => unknown): Lie => (method, _params, truth) => (method === 'eth_getBlockReceipts' ? change(structuredClone(truth) as Receipt[]) : truth);
  assert.match(await why(onReceipts((list) => list.map((one) => ({ ...one, logs: [] })))), /receipts have the root/);
  assert.match(await why(onReceipts((list) => list.map((one) => ({ ...one, type: '0x7' })))), /receipts have the root/);
  assert.match(await why(onReceipts((list) => list.map((one) => ({ ...one, type: '0xff' })))), /types of EIP-2718/);
  assert.match(await why(onReceipts((list) => list.slice(0, -1))), /receipts have the root/);
  assert.match(await why(onReceipts(() => null)), /expected a list/);
  for (const part of [{ topics: [{}] }, { topics: [7] }, { address: null }, { data: '0x0' }, { blockNumber: 'soon' }, { blockNumber: '0x' }]) assert.match(await why(onLogs((logs) => logs.map((log) => ({ ...log, ...part })))), /expected logs with/, JSON.stringify(part));
  // A block without the event, rightly hashed, but no link of the chain that the head ends.
  const forged = await blockOf(2, blocks.blocks[1]?.['hash'] ?? ZERO, []);
  const onBlock = (number: number, answer: unknown): Lie => (method, params, truth) => (method === 'eth_getBlockByNumber' && Number(params[0]) === number ? answer : truth);
  assert.match(await why(onBlock(2, forged)), /does not follow/);
  assert.match(await why(onBlock(2, { ...blocks.blocks[2], logsBloom: bloomOf([]) })), /does not hash to its hash/);
  assert.match(await why(onBlock(5, await blockOf(5, blocks.blocks[4]?.['hash'] ?? ZERO, RECEIPTS[1] ?? []))), /do not lead up/);
  assert.match(await why(onBlock(3, null)), /not there/);
  // Where others are honest, the liar's receipts are passed over and its list is outvoted.
  const { leftOut, madeUp } = found(await ask(t, blocks, (method, params, truth) => (method === 'eth_getBlockReceipts' ? [] : method === 'eth_getLogs' ? [] : onBlock(2, forged)(method, params, truth)), 3));
  assert.deepEqual([leftOut, madeUp], [[], []]);
});

test('an answer nested without end is one endpoint\'s silence, and the others are heard', { timeout: 20_000 }, async (t) => {
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
  t.mock.method(globalThis, 'fetch', async (url: string) => {
    if (url !== 'http://liar') await new Promise((resolve) => { setTimeout(resolve, 50); });
    return new Response(`{"jsonrpc":"2.0","id":0,"result":${url === 'http://liar' ? deep : '"0x1"'}}`);
  });
  const read = await new Quorum(1, ['liar', 'one', 'two'].map((operator) => ({ url: `http://${operator}`, operator }))).read('eth_getCode', [GOVERNOR], { number: 1n, hash: ZERO, timestamp: 0n });
  assert.equal(read.known && read.value, '0x1');
});

test('a bloom excludes only what is not in it', () => {
  const bloom = bloomOf([created(1n)]);
  assert.ok(bloomMayHold(bloom, [GOVERNOR, CREATED]));
  assert.ok(!bloomMayHold(bloom, [OTHER, CREATED]));
  assert.ok(!bloomMayHold(bloomOf([]), [GOVERNOR]));
  assert.ok(bloomMayHold('0x', [GOVERNOR]), 'what is no bloom excludes nothing');
});

/** A rollup with one batch that ends with the last block, and the L2 that has the blocks. */
function answered(t: TestContext, { blocks }: World, lastHash: Hex, asked: bigint[]): Parameters<typeof boundTo>[0] {
  const chain = new Quorum(1, [{ url: 'http://l2', operator: 'one' }]);
  t.mock.method(chain, 'header', async (number: bigint): Promise<Reading<Header>> => {
    asked.push(number);
    const header = verifiedHeader(blocks[Number(number)]);
    return { known: true, at: header, trust: 'unverified', value: header };
  });
  const l1 = new Quorum(1, [{ url: 'http://l1', operator: 'one' }]);
  const results: Readonly<Record<string, unknown>> = {
    finalizedCount: 0n, attestersFinalizeAlone: false, batch: { inputs: ZERO, parentHash: ZERO, commitTime: 1, inboxTo: 0, originNumber: 0, specId: 1, round: 1, isEnforced: false, decidedBy: 0, baseFeeWei: 0n },
    answerOf: [{ outputs: CREATED, lastHash, stateRoot: ZERO, lastNumber: BigInt(blocks.length - 1), lastTimestamp: 0n, zkGasUsed: 0, recordedT: 1, laneEpoch: 1, round: 1, beneficiary: OTHER }, OTHER],
  };
  t.mock.method(l1, 'call', async (_to: Hex, data: Hex): Promise<Reading<Hex>> => {
    const { functionName } = decodeFunctionData({ abi: ABIS.Rollup, data });
    const [{ outputs }] = ABIS.Rollup.filter((item) => item.type === 'function' && item.name === functionName) as unknown as [{ outputs: readonly AbiParameter[] }];
    const result = results[functionName];
    return { known: true, at: verifiedHeader(blocks[0]), trust: 'unverified', value: encodeAbiParameters(outputs, (outputs.length === 1 ? [result] : result) as never) };
  });
  return { system: { rollup: { name: 'Rollup', address: OTHER, chain: l1 } } as unknown as Parameters<typeof boundTo>[0]['system'], l2: chain, at: verifiedHeader(blocks[0]), deployBlock: 0n };
}

test('more headers than may be asked for unasked are not asked for, and that is said; with a word they are, and lead to what L1 names', async (t) => {
  const blocks: Block[] = [];
  for (let number = 0; number < 124; number += 1) blocks.push(await blockOf(number, blocks.at(-1)?.['hash'] ?? ZERO, []));
  const { hash } = verifiedHeader(blocks.at(-1));
  const bound = async (from: number, isWhole: boolean, lastHash = hash): Promise<{ value: unknown; asked: number }> => {
    const asked: bigint[] = [];
    const reading = await boundTo(answered(t, { blocks, receipts: [] }, lastHash, asked), verifiedHeader(blocks[from]), 1n, isWhole, { onProgress: () => undefined });
    assert.ok(reading.known, reading.known ? '' : reading.why);
    return { value: reading.value, asked: asked.length };
  };
  assert.deepEqual(await bound(3, false), { value: { by: 'unasked', headers: 121n }, asked: 0 });
  assert.deepEqual(await bound(4, false), { value: { by: 'answer', batch: 1n, stage: 'proven', links: 120 }, asked: 120 });
  assert.deepEqual(await bound(3, true), { value: { by: 'answer', batch: 1n, stage: 'proven', links: 121 }, asked: 121 });
  assert.match(JSON.stringify((await bound(3, true, CREATED)).value), /follow another chain/);
});
