// Our JSON-RPC against anvil's, method by method, on one history of real contracts (Uniswap V2) and every transaction type.
//
// Owns: where both must agree: hashes, gas, receipts, logs, call results, revert data, estimates, access lists, traces, and the
// members of every object. Does not own: what only this chain has. Where they may differ, the test names the member and why.
// Proofs are checked by @ethereumjs/mpt, which shares no code with the trie that made them.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { MerklePatriciaTrie, verifyMerkleProof } from '@ethereumjs/mpt';
import { RLP } from '@ethereumjs/rlp';
import { AbiCoder, Interface, getBytes, keccak256, toBeHex } from 'ethers';
import { METHODS } from '../../../node/rpc/registry.ts';
import { other, owner, PairOfNodes, TOKEN } from './pairOfNodes.ts';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type JsonMap = Record<string, Json>;

let nodes: PairOfNodes;
const tokens = new Interface(TOKEN.abi);

before(async () => { nodes = await PairOfNodes.start(); });
after(() => nodes.stop());

async function results(method: string, ...params: unknown[]): Promise<{ ours: JsonMap; anvil: JsonMap }> {
  const { ours, anvil } = await nodes.both(method, ...params);
  assert.equal(ours.error, undefined, `${method}: ${JSON.stringify(ours.error)}`);
  assert.equal(anvil.error, undefined, `${method} on anvil: ${JSON.stringify(anvil.error)}`);
  return { ours: ours.result as JsonMap, anvil: anvil.result as JsonMap };
}

/** Every member that anvil has must be there, of the same JSON type; names that only anvil has are listed with the reason. */
function sameMembers(ours: JsonMap, anvil: JsonMap, missing: readonly string[], where: string): void {
  const kind = (value: Json | undefined): string => (value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value);
  assert.deepEqual(Object.keys(anvil).filter((key) => !(key in ours)).sort(), [...missing].sort(), `${where}: members that only anvil has`);
  for (const key of Object.keys(anvil)) if (key in ours) assert.equal(kind(ours[key]), kind(anvil[key]), `${where}.${key}`);
}

function pick(object: JsonMap, keys: readonly string[]): JsonMap {
  return Object.fromEntries(keys.map((key) => [key, object[key] ?? null]));
}

test('receipts agree in status, gas, logs and created addresses, and carry every member tools read', async () => {
  const agreed = ['transactionHash', 'transactionIndex', 'blockNumber', 'from', 'to', 'cumulativeGasUsed', 'gasUsed', 'contractAddress', 'logsBloom', 'status', 'type'];
  for (const { name, hash } of nodes.sent) {
    const { ours, anvil } = await results('eth_getTransactionReceipt', hash);
    assert.deepEqual(pick(ours, agreed), pick(anvil, agreed), name);
    // blobGasPrice: there is no blob gas to price; blockTimestamp stands in the logs, where geth has it.
    sameMembers(ours, anvil, ['blobGasPrice', 'blockTimestamp'], name);
    const logs = (list: Json): Json[] => (list as JsonMap[]).map((log) => pick(log, ['address', 'topics', 'data', 'logIndex', 'transactionIndex', 'removed', 'blockNumber']));
    assert.deepEqual(logs(ours.logs!), logs(anvil.logs!), name);
    (anvil.logs as JsonMap[]).forEach((log, index) => sameMembers((ours.logs as JsonMap[])[index]!, log, [], `${name} log ${index}`));
    assert.deepEqual(await nodes.server.result('eth_getBlockReceipts', ours.blockNumber), [ours]);
  }
});

test('transactions of every type are shown alike, by hash and by place', async () => {
  for (const { name, hash } of nodes.sent) {
    const { ours, anvil } = await results('eth_getTransactionByHash', hash);
    sameMembers(ours, anvil, [], name);
    // gasPrice of a mined fee-market transaction follows the block's base fee, which differs from anvil's floorless one.
    const differing = ['blockHash', 'blockTimestamp', 'gasPrice'];
    const agreed = Object.keys(anvil).filter((key) => !differing.includes(key));
    assert.deepEqual(pick(ours, agreed), pick(anvil, agreed), name);
    assert.deepEqual(await nodes.server.result('eth_getTransactionByBlockNumberAndIndex', ours.blockNumber, '0x0'), ours);
    assert.deepEqual(await nodes.server.result('eth_getTransactionByBlockHashAndIndex', ours.blockHash, '0x0'), ours);
    const { ours: raw, anvil: anvilRaw } = await nodes.both('debug_getRawTransaction', hash);
    assert.equal(keccak256(raw.result as string), hash);
    if (anvilRaw.error === undefined && anvilRaw.result !== null) assert.equal(raw.result, anvilRaw.result);
  }
});

test('blocks carry every member of an Osaka block, and their raw form holds their transactions', async () => {
  for (const full of [true, false]) {
    const { ours, anvil } = await results('eth_getBlockByNumber', '0x5', full);
    // totalDifficulty left the specification with proof of work.
    sameMembers(ours, anvil, ['totalDifficulty'], `block, full=${full}`);
    assert.deepEqual(pick(ours, ['number', 'gasUsed', 'transactionsRoot', 'receiptsRoot', 'logsBloom', 'gasLimit']), pick(anvil, ['number', 'gasUsed', 'transactionsRoot', 'receiptsRoot', 'logsBloom', 'gasLimit']));
  }
  const raw = RLP.decode(await nodes.server.result('debug_getRawBlock', '0x5') as string) as unknown as [Uint8Array[], Uint8Array[]];
  assert.equal(keccak256(RLP.encode(raw[0])), (await results('eth_getBlockByNumber', '0x5', false)).ours.hash);
  assert.deepEqual(raw[1].map((transaction) => keccak256(transaction)), [nodes.sent[4]!.hash]);
});

test('the raw receipts of every block have the root that its header and anvil name', async () => {
  for (let number = 1; number <= nodes.sent.length; number++) {
    const tag = '0x' + number.toString(16);
    const trie = new MerklePatriciaTrie();
    for (const [index, receipt] of (await nodes.server.result('debug_getRawReceipts', tag) as string[]).entries()) await trie.put(RLP.encode(index), getBytes(receipt));
    const { ours, anvil } = await results('eth_getBlockByNumber', tag, false);
    assert.equal('0x' + Buffer.from(trie.root()).toString('hex'), ours.receiptsRoot);
    assert.equal(ours.receiptsRoot, anvil.receiptsRoot);
  }
});

test('state reads agree at every block: nonces, code, storage', async () => {
  const { tokenA, pair, echo } = nodes.places;
  for (const block of ['earliest', '0x2', '0x8', 'latest', { blockNumber: '0xa' }]) {
    for (const address of [owner.address, other.address, tokenA, pair, echo]) {
      for (const [method, ...params] of [['eth_getTransactionCount', address, block], ['eth_getCode', address, block], ['eth_getStorageAt', address, '0x8', block]] as [string, ...unknown[]][]) {
        const { ours, anvil } = await results(method, ...params);
        assert.deepEqual(ours, anvil, `${method} ${address} ${JSON.stringify(block)}`);
      }
    }
  }
  assert.equal((await results('eth_getTransactionCount', owner.address, 'pending')).ours, (await results('eth_getTransactionCount', owner.address, 'latest')).anvil);
  assert.equal((await nodes.both('eth_getBalance', owner.address, '0xffff')).ours.error?.message, 'header not found');
});

test('calls return the same bytes, with and without overrides, at any block', async () => {
  const { tokenA, pair } = nodes.places;
  const balanceOf = tokens.encodeFunctionData('balanceOf', [pair]);
  const slot = keccak256(AbiCoder.defaultAbiCoder().encode(['address', 'uint256'], [pair, 1]));
  const cases: unknown[][] = [
    [{ to: tokenA, data: balanceOf }, 'latest'], [{ to: tokenA, input: balanceOf }, '0x2'], [{ to: tokenA, data: balanceOf }, { blockNumber: '0x6' }],
    [{ to: tokenA, data: balanceOf }, 'latest', { [tokenA]: { stateDiff: { [slot]: toBeHex(77, 32) } } }],
    [{ to: tokenA, data: balanceOf }, 'latest', { [tokenA]: { code: '0x60015f5260205ff3' } }],
    [{ from: other.address, to: '0x' + '99'.repeat(20), value: '0x1' }, 'latest'],
    [{ data: '0x60015f5260205ff3' }, 'latest'], [{ to: '0x0000000000000000000000000000000000000002', data: '0x1234' }, 'latest'],
    // NUMBER, TIMESTAMP, BASEFEE, COINBASE under block overrides.
    [{ data: '0x435f524260205248604052416060526080' + '5ff3' }, 'latest', {}, { number: '0x64', time: '0x65', baseFeePerGas: '0x0', feeRecipient: '0x' + '12'.repeat(20) }],
  ];
  for (const params of cases) {
    const { ours, anvil } = await nodes.both('eth_call', ...params);
    assert.equal(ours.result, anvil.result, `${JSON.stringify(params).slice(0, 200)}: ${JSON.stringify(ours.error)} ${JSON.stringify(anvil.error)}`);
    assert.ok(ours.result !== undefined);
  }
});

test('reverts of calls and estimates are error 3 with the same data and the same decoded reason as anvil', async () => {
  const errors = new Interface(['error Error(string)', 'error Panic(uint256)', 'error Custom(address,bytes)']);
  const datas = [
    '0x', '0x12', errors.encodeErrorResult('Error', ['insufficient allowance of ünicode']), errors.encodeErrorResult('Panic', [0x11]), errors.encodeErrorResult('Panic', [0x12]),
    errors.encodeErrorResult('Custom', [owner.address, '0x1234']),
  ];
  for (const data of datas) {
    for (const method of ['eth_call', 'eth_estimateGas']) {
      const { ours, anvil } = await nodes.both(method, { from: other.address, to: nodes.places.echo, data }, 'latest');
      assert.equal(ours.error?.code, 3, `${method} ${data}: ${JSON.stringify(ours)}`);
      assert.equal(anvil.error?.code, 3);
      assert.equal(ours.error.data, anvil.error.data, `${method} ${data}`);
      assert.match(ours.error.message, /^execution reverted/);
    }
  }
  const { ours } = await nodes.both('eth_call', { to: nodes.places.tokenA, data: tokens.encodeFunctionData('transfer', [owner.address, 1]) });
  assert.equal(ours.error?.message, 'execution reverted: ds-math-sub-underflow');
});

test('gas estimates are enough, and no more than geth allows above what was used', async () => {
  const { tokenA } = nodes.places;
  const requests = [
    { from: owner.address, to: '0x' + '55'.repeat(20), value: '0x1' }, { from: owner.address, to: tokenA, data: tokens.encodeFunctionData('transfer', ['0x' + '66'.repeat(20), 1]) },
    { from: owner.address, data: TOKEN.bytecode + tokens.encodeDeploy([1]).slice(2) },
  ];
  for (const request of requests) {
    const { ours, anvil } = await results('eth_estimateGas', request);
    const [own, theirs] = [BigInt(ours as unknown as string), BigInt(anvil as unknown as string)];
    assert.ok(own * 1_000n <= theirs * 1_016n && own * 1_016n >= theirs * 1_000n, `expected within 1.6 % of ${theirs}, got ${own}`);
    assert.equal((await nodes.server.call('eth_call', { ...request, gas: ours })).error, undefined);
  }
  const broke = await nodes.server.call('eth_estimateGas', { from: '0x' + '01'.repeat(20), to: tokenA, value: '0x1' });
  assert.match(broke.error?.message ?? '', /insufficient funds/);
});

test('access lists name the same slots', async () => {
  const request = { from: owner.address, to: nodes.places.tokenA, data: tokens.encodeFunctionData('transfer', ['0x' + '66'.repeat(20), 1]) };
  const { ours, anvil } = await results('eth_createAccessList', request, 'latest');
  const sorted = (list: Json): Json => (list as JsonMap[]).map((item) => ({ address: item.address!, storageKeys: [...(item.storageKeys as string[])].sort() }));
  assert.deepEqual(sorted(ours.accessList!), sorted(anvil.accessList!));
});

test('account and storage proofs verify against the state root with another implementation, absence included', async () => {
  const { tokenA, pair } = nodes.places;
  const balanceSlot = keccak256(AbiCoder.defaultAbiCoder().encode(['address', 'uint256'], [pair, 1]));
  for (const block of ['latest', '0x6']) {
    const { stateRoot } = await nodes.server.result('eth_getBlockByNumber', block, false) as { stateRoot: string };
    for (const [address, keys] of [[tokenA, ['0x0', balanceSlot, toBeHex(999, 32)]], [owner.address, []], ['0x' + '0f'.repeat(20), ['0x1']]] as const) {
      const proof = await nodes.server.result('eth_getProof', address, keys, block) as { balance: string; nonce: string; codeHash: string; storageHash: string; accountProof: string[]; storageProof: { key: string; value: string; proof: string[] }[] };
      const account = await verifyMerkleProof(getBytes(keccak256(address)), proof.accountProof.map((node) => getBytes(node)), { root: getBytes(stateRoot) });
      const expected = RLP.encode([BigInt(proof.nonce), BigInt(proof.balance), getBytes(proof.storageHash), getBytes(proof.codeHash)]);
      if (proof.nonce === '0x0' && proof.balance === '0x0') assert.equal(account, null);
      else assert.deepEqual(account, expected);
      assert.deepEqual(proof.storageProof.map(({ key }) => key), keys);
      for (const { key, value, proof: path } of proof.storageProof) {
        assert.equal(BigInt(await nodes.server.result('eth_getStorageAt', address, key, block) as string), BigInt(value));
        if (path.length === 0) continue;
        const stored = await verifyMerkleProof(getBytes(keccak256(toBeHex(BigInt(key), 32))), path.map((node) => getBytes(node)), { root: getBytes(proof.storageHash) });
        assert.deepEqual(stored, value === '0x0' ? null : RLP.encode(BigInt(value)));
      }
    }
  }
});

interface Frame { type: string; from: string; to?: string; gas: string; gasUsed: string; input: string; output?: string; value?: string; error?: string; revertReason?: string; calls?: Frame[]; logs?: { address: string; topics: string[]; data: string; position: string }[] }

/** The top frame's `gas` is left out: geth shows the gas limit, anvil what is left after intrinsic gas. Of an error, geth's words. */
function comparable(frame: Frame, isTop: boolean): object {
  const { gas, calls, logs, error, ...rest } = frame;
  return {
    ...rest, ...(error === undefined ? {} : { error: error.replace(/^out of gas: .*/, 'out of gas') }), ...(isTop ? {} : { gas }), ...(calls === undefined ? {} : { calls: calls.map((call) => comparable(call, false)) }),
    ...(logs === undefined || logs.length === 0 ? {} : { logs: logs.map(({ address, topics, data }) => ({ address, topics, data })) }),
  };
}

test('callTracer finds the same tree of calls, creations, errors and logs as anvil', async () => {
  for (const { name, hash } of nodes.sent) {
    const { ours, anvil } = await results('debug_traceTransaction', hash, { tracer: 'callTracer', tracerConfig: { withLog: true } });
    assert.deepEqual(comparable(ours as unknown as Frame, true), comparable(anvil as unknown as Frame, true), name);
    assert.equal(BigInt((ours as unknown as Frame).gas), BigInt((await nodes.server.result('eth_getTransactionByHash', hash) as { gas: string }).gas), 'geth shows the gas limit');
    const block = await nodes.server.result('debug_traceBlockByNumber', '0x' + (nodes.sent.findIndex((item) => item.hash === hash) + 1).toString(16), { tracer: 'callTracer', tracerConfig: { withLog: true } });
    assert.deepEqual(block, [{ txHash: hash, result: ours }]);
  }
});

interface Step { pc: number; op: string; gas: number; gasCost: number; depth: number; stack: string[] }

test('the struct logger walks the same program counters, operations, depths and stacks as anvil', async () => {
  for (const { name, hash } of nodes.sent) {
    const { ours, anvil } = await results('debug_traceTransaction', hash, {});
    assert.deepEqual(pick(ours, ['failed', 'gas', 'returnValue']), pick(anvil, ['failed', 'gas', 'returnValue']), name);
    const [own, theirs] = [ours.structLogs, anvil.structLogs] as unknown as [Step[], Step[]];
    assert.equal(own.length, theirs.length, name);
    own.forEach((step, index) => {
      const expected = theirs[index]!;
      assert.deepEqual([step.pc, step.op, step.gas, step.depth, step.stack], [expected.pc, expected.op, expected.gas, expected.depth, expected.stack], `${name}, step ${index}`);
    });
  }
});

test('prestateTracer names the same accounts, slots and changes as anvil, but for who is paid the fees', async () => {
  const feeEarners = ['0x0000000000000000000000000000000000000000', '0x4b657966616c6c00000000000000000000000004'];
  /** Balances of senders depend on the base fee, so only their presence is compared. */
  const accounts = (state: Json): object => Object.fromEntries(Object.entries(state as Record<string, JsonMap>)
    .filter(([address]) => !feeEarners.includes(address))
    .map(([address, { balance: _balance, ...account }]) => [address, account]));
  for (const { name, hash } of nodes.sent) {
    const before = await results('debug_traceTransaction', hash, { tracer: 'prestateTracer' });
    for (const [address, account] of Object.entries(accounts(before.anvil))) {
      if (Object.keys(account as object).length > 0) assert.deepEqual((accounts(before.ours) as Record<string, unknown>)[address], account, `${name}: ${address}`);
    }
    const { ours, anvil } = await results('debug_traceTransaction', hash, { tracer: 'prestateTracer', tracerConfig: { diffMode: true } });
    for (const side of ['pre', 'post'] as const) {
      for (const [address, account] of Object.entries(accounts(anvil[side]!))) {
        // geth since 1.15 leaves accounts out that were empty before; anvil shows them with a zero balance.
        if (Object.keys(account as object).length === 0) continue;
        assert.deepEqual((accounts(ours[side]!) as Record<string, unknown>)[address], account, `${name}, ${side} of ${address}`);
      }
    }
  }
});

test('debug_traceCall runs on any block with overrides', async () => {
  const call = { from: owner.address, to: nodes.places.tokenA, data: tokens.encodeFunctionData('balanceOf', [owner.address]) };
  const { ours, anvil } = await results('debug_traceCall', call, 'latest', { tracer: 'callTracer' });
  assert.equal(ours.output, anvil.output);
  const overridden = await nodes.server.result('debug_traceCall', call, 'latest', { tracer: 'callTracer', stateOverrides: { [nodes.places.tokenA]: { code: '0x60015f5260205ff3' } } }) as Frame;
  assert.equal(overridden.output, toBeHex(1, 32));
});

test('refused transactions are refused by both, ours in the words that tools match', async () => {
  const sign = (fields: object): Promise<string> => other.signTransaction({ type: 2, chainId: 531_337, nonce: nodes.nonceOf(other), gasLimit: 21_000, maxFeePerGas: 5n * 10n ** 9n, maxPriorityFeePerGas: 0n, to: owner.address, ...fields });
  const cases: [string, RegExp][] = [
    [await sign({ nonce: 0 }), /^nonce too low/], [await sign({ value: 10n ** 30n }), /^insufficient funds/], [await sign({ gasLimit: 20_000 }), /^intrinsic gas too low/],
    [await sign({ chainId: 1 }), /^invalid chain id/],
    [await sign({ gasLimit: 10_000_001 }), /^exceeds block gas limit/], ['0x', /./], ['0x02', /./], ['0x03c0', /^transaction type not supported/], ['0xc0', /./],
  ];
  for (const [raw, pattern] of cases) {
    const { ours, anvil } = await nodes.both('eth_sendRawTransaction', raw);
    assert.ok(anvil.error !== undefined, `anvil accepts ${raw.slice(0, 40)}`);
    assert.equal(ours.error?.code, -32000, raw.slice(0, 40));
    assert.match(ours.error.message, pattern);
  }
  // anvil ignores trailing bytes; here one transaction has one encoding.
  assert.equal((await nodes.server.call('eth_sendRawTransaction', (await sign({})) + '00')).error?.code, -32000);
});

test('eth_sendRawTransactionSync answers with the receipt that eth_getTransactionReceipt shows, as anvil does', async () => {
  const raw = await other.signTransaction({ type: 2, chainId: 531_337, nonce: nodes.nonceOf(other), gasLimit: 21_000, maxFeePerGas: 5n * 10n ** 9n, maxPriorityFeePerGas: 0n, to: owner.address, value: 1n });
  const { ours, anvil } = await results('eth_sendRawTransactionSync', raw);
  const { ours: receipt } = await results('eth_getTransactionReceipt', ours.transactionHash);
  assert.deepEqual(ours, receipt);
  sameMembers(ours, anvil, ['blobGasPrice', 'blockTimestamp'], 'receipt');
  const { ours: again, anvil: theirs } = await nodes.both('eth_sendRawTransactionSync', raw);
  assert.equal(again.error?.code, -32000);
  assert.ok(theirs.error !== undefined);
});

test('eth_getHeaderByNumber and eth_getHeaderByHash show the header members of the block, null where there is none', async () => {
  const block = await nodes.server.result('eth_getBlockByNumber', 'latest', false) as JsonMap;
  const header = await nodes.server.result('eth_getHeaderByNumber', 'latest') as JsonMap;
  assert.deepEqual(header, pick(block, Object.keys(header)));
  assert.deepEqual(Object.keys(block).filter((key) => !(key in header)).sort(), ['batchIndex', 'size', 'transactions', 'uncles', 'withdrawals', 'zkGasUsed']);
  assert.deepEqual(await nodes.server.result('eth_getHeaderByHash', block.hash), header);
  assert.equal(await nodes.server.result('eth_getHeaderByNumber', '0xfffffff'), null);
  assert.equal(await nodes.server.result('eth_getHeaderByHash', `0x${'00'.repeat(32)}`), null);
  assert.equal((await nodes.server.result('eth_getHeaderByNumber', 'pending') as JsonMap).hash, null);
});

test('eth_fillTransaction fills what anvil fills, unsigned, and keeps what the caller gave', async () => {
  const request = { from: owner.address, to: nodes.places.tokenA, data: tokens.encodeFunctionData('transfer', [other.address, 1]) };
  const { ours, anvil } = await results('eth_fillTransaction', request);
  const [own, theirs] = [ours.tx, anvil.tx] as JsonMap[];
  assert.deepEqual(pick(own!, ['type', 'nonce', 'to', 'value', 'input', 'chainId']), pick(theirs!, ['type', 'nonce', 'to', 'value', 'input', 'chainId']));
  const kept = await nodes.server.result('eth_fillTransaction', { ...request, gas: '0x12345', nonce: '0x7', gasPrice: '0x77359400' }) as { tx: JsonMap; raw: string };
  assert.deepEqual(pick(kept.tx, ['type', 'gas', 'nonce', 'gasPrice']), { type: '0x0', gas: '0x12345', nonce: '0x7', gasPrice: '0x77359400' });
  assert.match((await nodes.server.call('eth_fillTransaction', { ...request, chainId: '0x1' })).error?.message ?? '', /chainId/);
});

test('every method of the table answers a call without arguments with a result or a JSON-RPC error of its own', async () => {
  for (const method of METHODS) {
    const answer = await nodes.server.call(method.name);
    const isRequired = method.parameters.some((parameter) => parameter.required);
    assert.ok(('result' in answer) !== ('error' in answer), method.name);
    if (isRequired) assert.equal(answer.error?.code, -32602, method.name);
    else assert.notEqual(answer.error?.code, -32603, method.name);
  }
});
