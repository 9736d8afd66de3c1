// Calls, estimates, access lists, overrides, bounds; and traces against what geth documents.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fromHex, toFixedBytes, toHex } from '../../../node/execute/bytes.ts';
import type { BlockReplay, CallContext, ExecutionEngine, SentTransaction, TraceJson } from '../../../node/execute/index.ts';
import { addressOf, advance, assemble, callTo, contractAddress, ETHER, FEES, keccakOf, message, newChain, sign, wallets } from './chain-fixture.ts';

const [alice, bob] = wallets as [(typeof wallets)[0] & {}, (typeof wallets)[0] & {}];
/** Returns calldata's first word. */
const ECHO = assemble(0x5f, 0x35, 0x5f, 0x52, 0x60, 0x20, 0x5f, 0xf3);
const REVERT_REASON = assemble(
  '6308c379a060e01b5f52602060045260056024526468656c6c6f60d81b60445260645ffd',
);
/** slot 0 += 1, returning the old value. */
const COUNTER = assemble(0x5f, 0x54, 0x80, 0x60, 1, 0x01, 0x5f, 0x55, 0x5f, 0x52, 0x60, 0x20, 0x5f, 0xf3);
const LOOP = assemble(0x5b, 0x5f, 0x56);

async function chain(...codes: Uint8Array[]): Promise<ExecutionEngine> {
  return newChain({ alloc: codes.map((code, tag) => ({ address: contractAddress(tag), account: { code, nonce: 1n } })) });
}
const at = (engine: ExecutionEngine, fields: Partial<CallContext> = {}): CallContext => ({ header: engine.head.header, ...fields });
const hexOf = (tag: number): string => toHex(contractAddress(tag));

test('a call returns data, sees the block it is asked at, and leaves nothing behind', async () => {
  const engine = await chain(COUNTER);
  const first = await advance(engine, [await sign(alice, { nonce: 0, to: hexOf(0), gasLimit: 100_000n })]);
  await advance(engine, [await sign(alice, { nonce: 1, to: hexOf(0), gasLimit: 100_000n })]);
  for (let i = 0; i < 2; i++) {
    const latest = await engine.call({ to: contractAddress(0) }, at(engine));
    assert.ok(latest.ok);
    assert.equal(toHex(latest.returnData), toHex(toFixedBytes(2n, 32)));
    const earlier = await engine.call({ to: contractAddress(0) }, { header: first.header });
    assert.ok(earlier.ok);
    assert.equal(toHex(earlier.returnData), toHex(toFixedBytes(1n, 32)));
  }
});

test('a revert carries its data, another failure carries none', async () => {
  const engine = await chain(REVERT_REASON, assemble(0xfe));
  const reverted = await engine.call({ to: contractAddress(0) }, at(engine));
  assert.ok(!reverted.ok && reverted.code === 'execution');
  assert.equal(reverted.error, 'execution reverted');
  assert.equal(toHex(reverted.returnData).slice(0, 10), '0x08c379a0');
  const failed = await engine.call({ to: contractAddress(1), gas: 50_000n }, at(engine));
  assert.ok(!failed.ok && failed.code === 'execution' && !failed.reverted && failed.returnData.length === 0);
});

test('a call that never ends is stopped by its gas, by the clock, or by its caller, while the event loop turns', async () => {
  const engine = await chain(LOOP);
  const outOfGas = await engine.call({ to: contractAddress(0), gas: 200_000n }, at(engine));
  assert.ok(!outOfGas.ok && outOfGas.code === 'execution' && outOfGas.error === 'out of gas');
  let turns = 0;
  const ticking = setInterval(() => turns++, 5);
  const timedOut = await engine.call({ to: contractAddress(0), gas: 10n ** 15n }, at(engine, { gasCap: 10n ** 15n, timeCapMilliseconds: 200 }));
  clearInterval(ticking);
  assert.ok(!timedOut.ok && timedOut.code === 'timeout');
  assert.ok(turns > 3, `the event loop had ${turns} turns`);
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 50);
  const aborted = await engine.call({ to: contractAddress(0), gas: 10n ** 15n }, at(engine, { gasCap: 10n ** 15n, timeCapMilliseconds: 5_000, signal: controller.signal }));
  assert.ok(!aborted.ok && aborted.code === 'aborted');
  const after = await engine.call({ to: contractAddress(0), gas: 21_000n }, at(engine));
  assert.ok(!after.ok && after.code === 'execution', 'the machine is clean again');
});

test('a call running while blocks are committed keeps seeing its own block', async () => {
  // Spins on calldata's first word, then returns bob's balance, which every block changes.
  const spinning = assemble(0x5f, 0x35, 0x5b, 0x60, 1, 0x90, 0x03, 0x80, 0x60, 0x02, 0x57, 0x50, 0x73, addressOf(bob), 0x31, 0x5f, 0x52, 0x60, 0x20, 0x5f, 0xf3);
  const engine = await chain(spinning);
  let headWhenDone = 0n;
  const slow = engine.call({ to: contractAddress(0), data: toFixedBytes(40_000n, 32) }, at(engine, { timeCapMilliseconds: 60_000 })).finally(() => (headWhenDone = engine.head.header.number));
  for (let i = 0; i < 5; i++) {
    await advance(engine, [await sign(alice, { nonce: i, to: bob.address, value: 1n })]);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const result = await slow;
  assert.ok(result.ok);
  assert.equal(BigInt(toHex(result.returnData)), 1000n * ETHER);
  assert.equal(headWhenDone, 5n, 'the call outlasted the blocks');
});

test('overrides change balance, nonce, code and storage for one call only', async () => {
  const engine = await chain(COUNTER);
  const slot = new Uint8Array(32);
  const stateOverrides = [
    { address: contractAddress(0), override: { stateDiff: [{ slot, value: toFixedBytes(41n, 32) }] } },
    { address: contractAddress(5), override: { balance: 5n, code: ECHO } },
  ];
  const counted = await engine.call({ to: contractAddress(0) }, at(engine, { stateOverrides }));
  assert.ok(counted.ok && counted.returnData[31] === 41);
  const echoed = await engine.call({ from: contractAddress(5), to: contractAddress(5), value: 5n, data: toFixedBytes(9n, 32) }, at(engine, { stateOverrides }));
  assert.ok(echoed.ok && echoed.returnData[31] === 9);
  const both = await engine.call({ to: contractAddress(0) }, at(engine, { stateOverrides: [{ address: contractAddress(0), override: { state: [], stateDiff: [] } }] }));
  assert.ok(!both.ok && both.code === 'invalid' && both.reason === 'overrides');
  const poor = await engine.call({ from: contractAddress(5), to: contractAddress(5), value: 5n }, at(engine));
  assert.ok(!poor.ok && poor.code === 'invalid' && poor.reason === 'insufficient-funds');
  const numbered = assemble(0x43, 0x5f, 0x52, 0x60, 0x20, 0x5f, 0xf3);
  const block = await engine.call({ to: contractAddress(6) }, at(engine, { stateOverrides: [{ address: contractAddress(6), override: { code: numbered } }], blockOverrides: { number: 77n } }));
  assert.ok(block.ok && block.returnData[31] === 77);
});

test('an estimate suffices, and much less does not, for any depth of calls that each keep a 64th', async () => {
  const depth = 6;
  const codes = Array.from({ length: depth }, (_, i) => (i === depth - 1 ? assemble(0x60, 5, 0x5f, 0x55) : assemble(callTo(contractAddress(i + 1)))));
  const engine = await chain(...codes, COUNTER, REVERT_REASON);
  const transfer = await engine.estimateGas({ from: addressOf(alice), to: addressOf(bob), value: 1n }, at(engine));
  assert.deepEqual(transfer, { ok: true, gas: 21_000n });
  // callTo ignores failure, so only the innermost store tells: require it by a wrapper that reverts unless it happened.
  const requests = [{ to: contractAddress(depth), from: addressOf(alice) }, { data: assemble(0x5f, 0x5f, 0xf3), from: addressOf(alice) }];
  for (const request of requests) {
    const estimated = await engine.estimateGas(request, at(engine));
    assert.ok(estimated.ok);
    const enough = await engine.call({ ...request, gas: estimated.gas }, at(engine));
    assert.ok(enough.ok);
    const less = await engine.call({ ...request, gas: (estimated.gas * 95n) / 100n }, at(engine));
    assert.ok(!less.ok);
  }
  const reverting = await engine.estimateGas({ to: contractAddress(depth + 1) }, at(engine));
  assert.ok(!reverting.ok && reverting.code === 'execution' && reverting.reverted);
});

test('an estimate includes a frame that reverts unless its own callee had enough', async () => {
  // Calls contract 1 with all gas; reverts if that failed. Contract 1 burns about 100,000 gas in fresh slots.
  const burner = assemble(...Array.from({ length: 5 }, (_, i) => assemble(0x60, 1, 0x60, i + 1, 0x55)));
  const demanding = assemble(0x5f, 0x5f, 0x5f, 0x5f, 0x5f, 0x73, contractAddress(1), 0x5a, 0xf1, 0x60, 0x24, 0x57, 0x5f, 0x5f, 0xfd, 0x5b, 0x00);
  demanding[demanding.indexOf(0x57) - 1] = demanding.length - 2;
  const engine = await chain(demanding, burner);
  const estimated = await engine.estimateGas({ to: contractAddress(0) }, at(engine));
  assert.ok(estimated.ok);
  assert.ok((await engine.call({ to: contractAddress(0), gas: estimated.gas }, at(engine))).ok);
  assert.ok(!(await engine.call({ to: contractAddress(0), gas: (estimated.gas * 97n) / 100n }, at(engine))).ok);
});

test('a call too heavy to prove in one block is refused by the estimate', async () => {
  const heavy = assemble(...Array.from({ length: 300 }, () => keccakOf(0x8000)));
  const engine = await chain(heavy);
  const estimated = await engine.estimateGas({ to: contractAddress(0) }, at(engine));
  const called = await engine.call({ to: contractAddress(0) }, at(engine));
  assert.ok(called.ok);
  if (called.gasUsed + called.surchargeUsed > 10_000_000n) assert.ok(!estimated.ok && estimated.code === 'invalid' && estimated.reason === 'block-gas');
  else assert.ok(estimated.ok);
});

test('the access list names what is touched and makes the call no dearer than it says', async () => {
  const reader = assemble(0x73, contractAddress(1), 0x31, 0x50, 0x60, 3, 0x54, 0x50, callTo(contractAddress(2)));
  const engine = await chain(reader, assemble(0x00), COUNTER);
  const result = await engine.createAccessList({ from: addressOf(alice), to: contractAddress(0) }, at(engine));
  assert.ok(result.ok);
  const shown = Object.fromEntries(result.accessList.map(({ address, storageKeys }) => [toHex(address), storageKeys.map(toHex)]));
  assert.deepEqual(shown, { [hexOf(0)]: [toHex(toFixedBytes(3n, 32))], [hexOf(1)]: [], [hexOf(2)]: [toHex(new Uint8Array(32))] });
  const again = await engine.call({ from: addressOf(alice), to: contractAddress(0), accessList: result.accessList }, at(engine));
  assert.ok(again.ok && again.gasUsed === result.gasUsed);
});

async function tracedBlock(): Promise<{ engine: ExecutionEngine; replay: BlockReplay }> {
  const engine = await chain(callTo(contractAddress(1)), COUNTER, REVERT_REASON);
  const parent = engine.head.header;
  const messages = [message({ kind: 1, to: contractAddress(1), gas: 100_000n }), message({ kind: 3, index: 1n, data: Uint8Array.of(1) })];
  const transactions: SentTransaction[] = [
    await sign(alice, { nonce: 0, to: hexOf(0), gasLimit: 100_000n, value: 0n }),
    await sign(bob, { nonce: 0, to: hexOf(2), gasLimit: 100_000n }),
    await sign(alice, { nonce: 1, data: toHex(assemble(0x5f, 0x5f, 0xf3)), gasLimit: 100_000n }),
  ];
  const block = await advance(engine, transactions, { messages });
  return { engine, replay: { parent, header: block.header, fees: FEES, messages, transactions } };
}
type Json = { [key: string]: TraceJson };

test('callTracer shows the tree of calls of a transaction inside its block', async () => {
  const { engine, replay } = await tracedBlock();
  const traced = await engine.traceTransaction(replay, 1, { tracer: 'callTracer', withLog: true });
  assert.ok(traced.ok);
  const frame = traced.trace as Json & { calls: Json[] };
  assert.equal(frame['type'], 'CALL');
  assert.equal(frame['from'], alice.address.toLowerCase());
  assert.equal(frame['gas'], '0x186a0');
  assert.equal(frame.calls.length, 1);
  assert.deepEqual([frame.calls[0]!['type'], frame.calls[0]!['from'], frame.calls[0]!['to'], frame.calls[0]!['output']], ['CALL', hexOf(0), hexOf(1), toHex(toFixedBytes(1n, 32))]);
  const reverted = await engine.traceTransaction(replay, 2, { tracer: 'callTracer' });
  assert.ok(reverted.ok);
  assert.deepEqual([(reverted.trace as Json)['error'], (reverted.trace as Json)['revertReason']], ['execution reverted', 'hello']);
  const created = await engine.traceTransaction(replay, 3, { tracer: 'callTracer' });
  assert.ok(created.ok);
  assert.equal((created.trace as Json)['type'], 'CREATE');
  assert.ok(!(await engine.traceTransaction(replay, 4, {})).ok);
});

test('the struct logger gives every step with the gas it had', async () => {
  const { engine, replay } = await tracedBlock();
  const traced = await engine.traceTransaction(replay, 1, {});
  assert.ok(traced.ok);
  const trace = traced.trace as Json & { structLogs: Json[] };
  assert.equal(trace['failed'], false);
  assert.equal(trace['returnValue'], '0x');
  const steps = trace.structLogs;
  assert.deepEqual(steps.slice(0, 2).map(({ pc, op, depth }) => [pc, op, depth]), [[0, 'PUSH0', 1], [1, 'PUSH0', 1]]);
  assert.equal(steps[0]!['gas'], 100_000 - 21_000);
  for (const [index, step] of steps.entries()) {
    const next = steps[index + 1];
    if (next !== undefined && next['depth'] === step['depth'] && step['op'] !== 'CALL') assert.equal(Number(step['gas']) - Number(step['gasCost']), next['gas'], `step ${index}`);
  }
  const call = steps.find(({ op }) => op === 'CALL')!;
  const inner = steps[steps.indexOf(call) + 1]!;
  assert.equal(inner['depth'], 2);
  assert.equal(Number(call['gasCost']), Number(inner['gas']) + 2_600, 'a call costs its access and what it passes on');
  const store = steps.find(({ op }) => op === 'SSTORE')!;
  assert.deepEqual(store['storage'], { ['0'.repeat(64)]: `${'0'.repeat(63)}2` });
  const limited = await engine.traceTransaction(replay, 1, { limit: 2, disableStack: true, enableMemory: true });
  assert.ok(limited.ok);
  assert.equal((limited.trace as { structLogs: Json[] }).structLogs.length, 2);
  assert.equal((limited.trace as { structLogs: Json[] }).structLogs[0]!['stack'], undefined);
});

test('prestateTracer shows what the transaction found, and in diffMode what it changed', async () => {
  const { engine, replay } = await tracedBlock();
  const traced = await engine.traceTransaction(replay, 1, { tracer: 'prestateTracer' });
  assert.ok(traced.ok);
  const found = traced.trace as { [address: string]: Json };
  assert.deepEqual(found[hexOf(1)]!['storage'], { [toHex(new Uint8Array(32))]: toHex(toFixedBytes(1n, 32)) }, 'the message before it had counted once');
  assert.equal(found[alice.address.toLowerCase()]!['balance'], `0x${(1000n * ETHER).toString(16)}`);
  assert.equal(found[alice.address.toLowerCase()]!['nonce'], undefined);
  const diff = await engine.traceTransaction(replay, 1, { tracer: 'prestateTracer', diffMode: true });
  assert.ok(diff.ok);
  const { pre, post } = diff.trace as { pre: { [address: string]: Json }; post: { [address: string]: Json } };
  assert.deepEqual(post[hexOf(1)], { storage: { [toHex(new Uint8Array(32))]: toHex(toFixedBytes(2n, 32)) } });
  assert.equal(pre[hexOf(0)], undefined, 'a contract that was only read is not in a difference');
  assert.equal(post[alice.address.toLowerCase()]!['nonce'], 1);
});

test('a whole block is traced in order, messages included and dropped ones absent', async () => {
  const { engine, replay } = await tracedBlock();
  const traced = await engine.traceBlock(replay, { tracer: 'callTracer', onlyTopCall: true });
  assert.ok(traced.ok);
  assert.equal(traced.traces.length, 4);
  assert.deepEqual(traced.traces.slice(1).map(({ transactionHash }) => toHex(transactionHash)), replay.transactions.map(({ hash }) => toHex(hash)));
});

test('traceCall traces a call on a block, of any kind, without changing it', async () => {
  const engine = await chain(callTo(contractAddress(1)), COUNTER);
  for (const tracer of ['struct', 'callTracer', 'prestateTracer'] as const) {
    const traced = await engine.traceCall({ to: contractAddress(0), gas: 200_000n }, at(engine), { tracer });
    assert.ok(traced.ok, tracer);
  }
  const plain = await engine.call({ to: contractAddress(1) }, at(engine));
  assert.ok(plain.ok && plain.returnData[31] === 0);
});

test('tracing and pausing change no result: a call gives the same gas with and without', async () => {
  const engine = await chain(callTo(contractAddress(1)), COUNTER, REVERT_REASON, keccakOf(100));
  await fc.assert(
    fc.asyncProperty(fc.nat(3), fc.bigInt(30_000n, 200_000n), async (tag, gas) => {
      const request = { to: contractAddress(tag), gas };
      const plain = await engine.call(request, at(engine));
      const traced = await engine.traceCall(request, at(engine), {});
      assert.ok(traced.ok && 'gasUsed' in plain);
      assert.equal((traced.trace as Json)['gas'], Number(plain.gasUsed));
    }),
    { numRuns: 20 },
  );
});

test('reading a block that is unknown or pruned is refused by name', async () => {
  const engine = await newChain({ retainedBlocks: 2n, alloc: [] });
  const genesis = engine.head.header;
  for (let i = 0; i < 4; i++) await advance(engine);
  const pruned = await engine.call({ to: fromHex('11'.repeat(20)) }, { header: genesis });
  assert.ok(!pruned.ok && pruned.code === 'state' && pruned.reason === 'pruned');
  const unknown = await engine.call({ to: fromHex('11'.repeat(20)) }, { header: { ...genesis, number: 99n } });
  assert.ok(!unknown.ok && unknown.code === 'state' && unknown.reason === 'unknown-block');
});

test('a traced input is what was passed, even when the caller overwrites its memory afterwards', async () => {
  // memory[0] = 1; call contract 1 with memory[0..32]; memory[0] = 2; stop.
  const caller = assemble(0x60, 1, 0x5f, 0x52, 0x5f, 0x5f, 0x60, 0x20, 0x5f, 0x5f, 0x73, contractAddress(1), 0x5a, 0xf1, 0x60, 2, 0x5f, 0x52, 0x00);
  const engine = await chain(caller, ECHO);
  const traced = await engine.traceCall({ to: contractAddress(0), gas: 200_000n }, at(engine), { tracer: 'callTracer' });
  assert.ok(traced.ok);
  const [inner] = (traced.trace as { calls: Json[] }).calls;
  assert.deepEqual([inner!['input'], inner!['output']], [toHex(toFixedBytes(1n, 32)), toHex(toFixedBytes(1n, 32))]);
});

test('a trace too large to hold is refused in words, by steps and by call data', async () => {
  // 100,000 bytes of memory passed to the identity precompile for ever.
  const greedy = assemble(0x5b, 0x5f, 0x5f, 0x62, '0186a0', 0x5f, 0x60, 0x99, 0x5a, 0xfa, 0x50, 0x5f, 0x56);
  // A thousand words of stack at every step.
  const deep = assemble(new Uint8Array(1000).fill(0x5f), 0x5b, 0x61, '03e8', 0x56);
  const engine = await chain(LOOP, greedy, deep);
  const steps = await engine.traceCall({ to: contractAddress(2), gas: 200_000n }, at(engine, { timeCapMilliseconds: 60_000 }), {});
  assert.ok(!steps.ok && steps.code === 'invalid' && /too large/.test(steps.message));
  const limited = await engine.traceCall({ to: contractAddress(0), gas: 1_000_000n }, at(engine, { timeCapMilliseconds: 60_000 }), { limit: 10 });
  assert.ok(limited.ok && (limited.trace as { structLogs: Json[] }).structLogs.length === 10);
  const data = await engine.traceCall({ to: contractAddress(1), gas: 1_000_000n }, at(engine, { timeCapMilliseconds: 60_000 }), { tracer: 'callTracer' });
  assert.ok(!data.ok && data.code === 'invalid' && /too large/.test(data.message));
  const after = await engine.call({ to: contractAddress(0), gas: 30_000n }, at(engine));
  assert.ok(!after.ok && after.code === 'execution');
});
