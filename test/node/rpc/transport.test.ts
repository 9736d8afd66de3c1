// JSON-RPC 2.0 over HTTP and WebSocket: the envelope's rules, hostile input, limits one below, at and one above, shutdown.
// Owns: what holds for every method. Does not own: what methods answer. The chain is genesis only; nothing executes.

import assert from 'node:assert/strict';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { METHODS } from '../../../node/rpc/registry.ts';
import { builtBlock, builtRecord, builtTransaction } from './blockBuilders.ts';
import { MemoryChain } from './memoryChain.ts';
import { absentEngine, TestServer, TestSocket } from './rpcClient.ts';
import type { JsonRpcAnswer } from './rpcClient.ts';

const CHAIN_ID = 531_337n;
const chain = new MemoryChain(CHAIN_ID, builtRecord(undefined, []));
let server: TestServer;
const LIMITS = { bodyBytes: 20_000, batchCalls: 20, webSocketConnections: 5, subscriptionsPerConnection: 3, filters: 4, concurrentCallsPerConnection: 8 };

before(async () => { server = await TestServer.start(chain, absentEngine(), LIMITS); });
after(() => TestServer.stopAll());

const parse = (text: string): JsonRpcAnswer => JSON.parse(text) as JsonRpcAnswer;
const chainIdCall = (id: unknown): object => ({ jsonrpc: '2.0', id, method: 'eth_chainId', params: [] });

test('the ids of requests come back unchanged, and numbers that JSON cannot carry are refused', async () => {
  for (const id of [0, 1, -5, 1.5, 'a', '', '"quoted"\n', null, Number.MAX_SAFE_INTEGER]) {
    const answer = parse((await server.post(JSON.stringify(chainIdCall(id)))).text);
    assert.deepEqual(answer, { jsonrpc: '2.0', id, result: '0x81b89' });
  }
  for (const id of [{}, [], true, 2 ** 53]) {
    const answer = parse((await server.post(JSON.stringify(chainIdCall(id)))).text);
    assert.equal(answer.error?.code, -32600);
    assert.equal(answer.id, null);
  }
});

test('each way of being wrong has the code JSON-RPC 2.0 gives it', async () => {
  const cases: [string, number][] = [
    ['', -32700], ['{', -32700], ['nonsense', -32700], ['{"jsonrpc":"2.0","id":1,"method":"eth_chainId"', -32700],
    ['1', -32600], ['null', -32600], ['"text"', -32600], ['[]', -32600], ['{}', -32600],
    ['{"jsonrpc":"1.0","id":1,"method":"eth_chainId"}', -32600], ['{"id":1,"method":"eth_chainId"}', -32600],
    ['{"jsonrpc":"2.0","id":1}', -32600], ['{"jsonrpc":"2.0","id":1,"method":5}', -32600], ['{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":5}', -32600],
    ['{"jsonrpc":"2.0","id":1,"method":"eth_nothing"}', -32601], ['{"jsonrpc":"2.0","id":1,"method":"toString"}', -32601], ['{"jsonrpc":"2.0","id":1,"method":"__proto__"}', -32601],
    ['{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":{}}', -32602], ['{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[1]}', -32602],
    ['{"jsonrpc":"2.0","id":1,"method":"eth_getBalance","params":["0x12"]}', -32602], ['{"jsonrpc":"2.0","id":1,"method":"eth_getBalance"}', -32602],
  ];
  for (const [body, code] of cases) assert.equal(parse((await server.post(body)).text).error?.code, code, body);
  const answer = parse((await server.post('{"jsonrpc":"2.0","id":1,"method":"eth_getBalance"}')).text);
  assert.equal(answer.error?.message, 'missing value for required argument 0 (address)');
});

test('params may be absent or null, and a notification gets no answer but is carried out', async () => {
  for (const params of ['', ',"params":null', ',"params":[]']) assert.equal(parse((await server.post(`{"jsonrpc":"2.0","id":1,"method":"eth_chainId"${params}}`)).text).result, '0x81b89');
  const seen: number[] = [];
  chain.submission = (raw) => { seen.push(raw.length); return Promise.resolve({ ok: true, hash: new Uint8Array(32) }); };
  const quiet = await server.post('{"jsonrpc":"2.0","method":"eth_sendRawTransaction","params":["0x1234"]}');
  assert.equal(quiet.status, 204);
  assert.equal(quiet.text, '');
  assert.deepEqual(seen, [2]);
  const batch = await server.post('[{"jsonrpc":"2.0","method":"eth_chainId"},{"jsonrpc":"2.0","method":"eth_nothing"}]');
  assert.equal(batch.status, 204);
});

test('a batch is answered in order, each element for itself', async () => {
  const body = JSON.stringify([chainIdCall('a'), 5, { jsonrpc: '2.0', id: 2, method: 'eth_nothing' }, { jsonrpc: '2.0', method: 'eth_chainId' }, [], chainIdCall(3)]);
  const answers = JSON.parse((await server.post(body)).text) as JsonRpcAnswer[];
  assert.deepEqual(answers.map(({ id }) => id), ['a', null, 2, null, 3]);
  assert.deepEqual(answers.map(({ error, result }) => error?.code ?? result), ['0x81b89', -32600, -32601, -32600, '0x81b89']);
});

test('batches pass at the limit and fail one above it', async () => {
  const batch = (size: number): string => JSON.stringify(Array.from({ length: size }, (_, id) => chainIdCall(id)));
  assert.equal((JSON.parse((await server.post(batch(19))).text) as unknown[]).length, 19);
  assert.equal((JSON.parse((await server.post(batch(20))).text) as unknown[]).length, 20);
  const answer = parse((await server.post(batch(21))).text);
  assert.equal(answer.error?.code, -32600);
  assert.match(answer.error.message, /at most 20 calls, got 21/);
});

test('bodies pass at the limit and fail one byte above it, over both transports', async () => {
  const padded = (size: number): string => { const text = JSON.stringify(chainIdCall(1)); return text + ' '.repeat(size - text.length); };
  for (const [size, status] of [[19_999, 200], [20_000, 200], [20_001, 413]] as const) assert.equal((await server.post(padded(size))).status, status);
  const socket = await TestSocket.open(server.wsUrl);
  socket.socket.send(padded(20_000));
  await socket.until(() => socket.messages.length === 1);
  const closed = new Promise<number>((resolve) => socket.socket.once('close', resolve));
  socket.socket.send(padded(20_001));
  assert.equal(await closed, 1009);
});

test('only JSON content types reach the dispatcher, and every refusal still carries a JSON-RPC error', async () => {
  for (const type of ['application/json', 'application/json; charset=utf-8', 'application/json-rpc']) assert.equal((await server.post(JSON.stringify(chainIdCall(1)), { 'content-type': type })).status, 200);
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'nonsense']) {
    const answer = await server.post(JSON.stringify(chainIdCall(1)), { 'content-type': type });
    assert.equal(answer.status, 415);
    assert.equal(parse(answer.text).error?.code, -32600);
  }
  const get = await fetch(server.url);
  assert.equal(get.status, 405);
});

test('CORS follows the configured list, and a WebSocket from another origin is refused', async () => {
  const strict = await TestServer.start(chain, absentEngine(), {}, { origins: ['https://app.example'] });
  const allowed = await strict.post(JSON.stringify(chainIdCall(1)), { 'content-type': 'application/json', origin: 'https://app.example' });
  assert.equal(allowed.headers.get('access-control-allow-origin'), 'https://app.example');
  const other = await strict.post(JSON.stringify(chainIdCall(1)), { 'content-type': 'application/json', origin: 'https://evil.example' });
  assert.equal(other.headers.get('access-control-allow-origin'), null);
  const preflight = await fetch(strict.url, { method: 'OPTIONS', headers: { origin: 'https://app.example', 'access-control-request-method': 'POST' } });
  assert.equal(preflight.status, 204);
  assert.match(preflight.headers.get('access-control-allow-methods') ?? '', /POST/);
  await assert.rejects(TestSocket.open(strict.wsUrl, { origin: 'https://evil.example' }), /403/);
  const socket = await TestSocket.open(strict.wsUrl, { origin: 'https://app.example' });
  await socket.close();
  await strict.stop();
  assert.equal((await server.post(JSON.stringify(chainIdCall(1)), { 'content-type': 'application/json', origin: 'https://any.example' })).headers.get('access-control-allow-origin'), '*');
});

test('random bytes, random JSON and random calls are each answered with an error or a result, and the server lives', async () => {
  const names = [...METHODS.map(({ name }) => name), 'eth_nothing', '', 'constructor'];
  const value = fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.constantFrom('latest', 'pending', '0x0', '0x1', '0x' + 'ff'.repeat(20), '0x' + 'ff'.repeat(32), '0x' + 'ff'.repeat(9_000)));
  const call = fc.record({ jsonrpc: fc.constantFrom('2.0', '2.0', '2.0', 2, null), id: fc.jsonValue({ maxDepth: 1 }), method: fc.constantFrom(...names), params: fc.oneof(fc.array(value, { maxLength: 5 }), fc.jsonValue()) }, { requiredKeys: ['method'] });
  const body = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }), fc.json(), call.map((item) => JSON.stringify(item)),
    fc.array(fc.oneof(call, fc.jsonValue()), { maxLength: 6 }).map((items) => JSON.stringify(items)),
  );
  chain.submission = () => Promise.resolve({ ok: false, code: 'malformed', message: 'not a transaction' });
  const fuzzed = await TestServer.start(chain, absentEngine(), LIMITS);
  const socket = await TestSocket.open(fuzzed.wsUrl);
  await fc.assert(fc.asyncProperty(body, async (text) => {
    const { status, text: answer } = await fuzzed.post(text);
    // A message above the limit closes a WebSocket, as another test shows; here the connection is to live through all of them.
    if (Buffer.byteLength(text) <= LIMITS.bodyBytes) socket.socket.send(text);
    assert.ok([200, 204, 413, 429].includes(status), `status ${status} for ${text}`);
    if (status === 204) return;
    const parsed = JSON.parse(answer) as JsonRpcAnswer | JsonRpcAnswer[];
    for (const item of Array.isArray(parsed) ? parsed : [parsed]) {
      assert.equal(item.jsonrpc, '2.0');
      assert.ok(('result' in item) !== ('error' in item), answer);
    }
  }), { numRuns: 400 });
  assert.equal(await fuzzed.result('eth_chainId'), '0x81b89');
  assert.equal((await socket.call('eth_chainId')).result, '0x81b89');
  await socket.close();
  await fuzzed.stop();
});

test('handcrafted hostility: deep nesting, huge numbers, prototype names, broken UTF-8, torn requests', async () => {
  const deep = (depth: number): string => `{"jsonrpc":"2.0","id":1,"method":"eth_call","params":[${'['.repeat(depth)}${']'.repeat(depth)}]}`;
  assert.equal(parse((await server.post(deep(9_000))).text).error?.code, -32602);
  assert.equal(parse((await server.post('{"jsonrpc":"2.0","id":1e999,"method":"eth_chainId"}')).text).error?.code, -32600);
  assert.equal(parse((await server.post('{"jsonrpc":"2.0","id":1,"method":"eth_getBlockByNumber","params":[1e400,false]}')).text).error?.code, -32602);
  assert.equal(parse((await server.post('{"__proto__":{"jsonrpc":"2.0"},"id":1,"method":"eth_chainId"}')).text).error?.code, -32600);
  assert.equal(parse((await server.post('{"jsonrpc":"2.0","id":1,"method":"eth_call","params":[{"__proto__":{"to":"0x12"},"constructor":1,"to":"0x12"}]}')).text).error?.code, -32602);
  assert.equal(parse((await server.post(Uint8Array.of(0xff, 0xfe, 0x7b))).text).error?.code, -32700);
  await new Promise<void>((resolve) => {
    const socket = connect(server.server.port, '127.0.0.1', () => {
      socket.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{"jsonrpc"');
      setTimeout(() => { socket.destroy(); resolve(); }, 20);
    });
  });
  await new Promise<void>((resolve, reject) => {
    const socket = connect(server.server.port, '127.0.0.1', () => socket.write('\x16\x03\x01 not http at all\r\n\r\n'));
    socket.once('data', (answer) => { assert.match(answer.toString(), /400/); socket.destroy(); resolve(); });
    socket.once('error', reject);
  });
  assert.equal(await server.result('eth_chainId'), '0x81b89');
});

test('a connection may have as many calls in progress as the limit says and not one more', async () => {
  const release: (() => void)[] = [];
  chain.submission = () => new Promise((resolve) => { release.push(() => resolve({ ok: true, hash: new Uint8Array(32) })); });
  const socket = await TestSocket.open(server.wsUrl);
  const send = (id: number): void => socket.socket.send(JSON.stringify({ jsonrpc: '2.0', id, method: 'eth_sendRawTransaction', params: ['0x00'] }));
  for (let id = 1; id <= 8; id++) send(id);
  await delay(50);
  assert.equal(release.length, 8);
  assert.equal(socket.messages.length, 0);
  send(9);
  await socket.until(() => socket.messages.length === 1);
  assert.equal(socket.messages[0]?.id, 9);
  assert.equal(socket.messages[0]?.error?.code, -32005);
  for (const resume of release) resume();
  await socket.until(() => socket.messages.length === 9);
  send(10);
  await delay(20);
  release.at(-1)!();
  await socket.until(() => socket.messages.length === 10);
  assert.equal(socket.messages.at(-1)?.result, '0x' + '00'.repeat(32));
  await socket.close();
});

test('the server as a whole refuses calls above its limit with 429, which clients retry', async () => {
  const small = await TestServer.start(chain, absentEngine(), { concurrentCalls: 2 });
  const release: (() => void)[] = [];
  chain.submission = () => new Promise((resolve) => { release.push(() => resolve({ ok: true, hash: new Uint8Array(32) })); });
  const waiting = [small.call('eth_sendRawTransaction', '0x00'), small.call('eth_sendRawTransaction', '0x01')];
  while (release.length < 2) await delay(5);
  const refused = await small.post(JSON.stringify(chainIdCall(7)));
  assert.equal(refused.status, 429);
  assert.deepEqual([parse(refused.text).id, parse(refused.text).error?.code], [7, -32005]);
  for (const resume of release) resume();
  await Promise.all(waiting);
  assert.equal(await small.result('eth_chainId'), '0x81b89');
  await small.stop();
});

test('filters and subscriptions stop at their limits and come free again', async () => {
  const ids: unknown[] = [];
  for (let count = 0; count < 4; count++) ids.push(await server.result('eth_newBlockFilter'));
  assert.equal((await server.call('eth_newBlockFilter')).error?.code, -32005);
  assert.equal(await server.result('eth_uninstallFilter', ids[0]), true);
  assert.equal(await server.result('eth_uninstallFilter', ids[0]), false);
  ids[0] = await server.result('eth_newFilter', {});
  for (const id of ids) assert.equal(await server.result('eth_uninstallFilter', id), true);
  assert.match((await server.call('eth_getFilterChanges', ids[1])).error?.message ?? '', /filter not found/);
  const socket = await TestSocket.open(server.wsUrl);
  const first = await socket.call('eth_subscribe', 'newHeads');
  await socket.call('eth_subscribe', 'logs', {});
  await socket.call('eth_subscribe', 'newPendingTransactions');
  assert.equal((await socket.call('eth_subscribe', 'newHeads')).error?.code, -32005);
  assert.equal((await socket.call('eth_unsubscribe', first.result)).result, true);
  assert.equal((await socket.call('eth_unsubscribe', first.result)).result, false);
  assert.equal((await socket.call('eth_subscribe', 'nothing')).error?.code, -32602);
  assert.equal((await server.call('eth_subscribe', 'newHeads')).error?.code, -32601);
  await socket.close();
  await delay(20);
  assert.equal(chain.listeners, 0, 'a closed socket leaves no subscription behind');
});

test('WebSocket connections stop at their limit, and other paths are not upgraded', async () => {
  const sockets = await Promise.all(Array.from({ length: 5 }, () => TestSocket.open(server.wsUrl)));
  await assert.rejects(TestSocket.open(server.wsUrl), /503/);
  await sockets.pop()!.close();
  await delay(20);
  sockets.push(await TestSocket.open(server.wsUrl + 'ws'));
  await Promise.all(sockets.map((socket) => socket.close()));
  await assert.rejects(TestSocket.open(server.wsUrl + 'elsewhere'), /404/);
});

test('a WebSocket that does not read is disconnected and frees its subscriptions', async () => {
  const own = new MemoryChain(CHAIN_ID, builtRecord(undefined, []));
  const small = await TestServer.start(own, absentEngine(), { webSocketBufferBytes: 200_000 });
  const socket = await TestSocket.open(small.wsUrl);
  await socket.call('eth_subscribe', 'newPendingTransactions', true);
  socket.socket.pause();
  const flood = Array.from({ length: 400 }, (_, nonce) => builtTransaction(BigInt(nonce)));
  for (let round = 0; round < 200 && own.listeners > 0; round++) {
    own.addPending(flood);
    await delay(1);
  }
  assert.equal(own.listeners, 0);
  assert.match(await (await fetch(`${small.url}metrics`)).text(), /keyfall_rpc_slow_readers_total 1/);
  socket.socket.terminate();
  await small.stop();
});

test('a long batch of calls that never wait lets others in between', async () => {
  const own = new MemoryChain(CHAIN_ID, builtRecord(undefined, []));
  own.append(builtBlock(own.block(0n)!, Array.from({ length: 400 }, () => [])));
  const small = await TestServer.start(own, absentEngine());
  let turns = 0;
  let isDone = false;
  const count = (): void => { turns++; if (!isDone) setImmediate(count); };
  const batch = small.post(JSON.stringify(Array.from({ length: 200 }, (_, id) => ({ jsonrpc: '2.0', id, method: 'eth_getBlockByNumber', params: ['latest', true] }))));
  while (!/keyfall_rpc_calls_total\{method="eth_getBlockByNumber",outcome="ok"\} [1-9]/.test(await (await fetch(`${small.url}metrics`)).text())) await delay(1);
  count();
  const answers = JSON.parse((await batch).text) as JsonRpcAnswer[];
  isDone = true;
  assert.ok(turns > 3, `expected turns of the event loop while the batch runs, got ${turns}`);
  const refused = answers.filter(({ error }) => error !== undefined);
  assert.ok(answers.length === 200 && refused.length > 0 && refused.every(({ error }) => error?.code === -32005), 'the answers stop at the size limit of a batch');
  await small.stop();
});

test('a submission costs the server and its client together less than half a millisecond of CPU', async (t) => {
  const own = new MemoryChain(CHAIN_ID, builtRecord(undefined, []));
  const hash = new Uint8Array(32).fill(7);
  own.submission = () => new Promise((resolve) => { setImmediate(() => resolve({ ok: true, hash })); });
  const small = await TestServer.start(own, absentEngine());
  const agent = new Agent({ keepAlive: true, maxSockets: 32 });
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_sendRawTransaction', params: ['0x02f86f' + 'ab'.repeat(112)] });
  const submit = (): Promise<void> => new Promise((resolve, reject) => {
    const call = request({ host: '127.0.0.1', port: small.server.port, method: 'POST', agent, headers: { 'content-type': 'application/json', 'content-length': body.length } }, (response) => { response.resume(); response.once('end', resolve); });
    call.once('error', reject);
    call.end(body);
  });
  const round = async (count: number): Promise<void> => { for (let done = 0; done < count; done += 32) await Promise.all(Array.from({ length: 32 }, submit)); };
  await round(2_000);
  const before = process.cpuUsage();
  await round(6_400);
  const { user, system } = process.cpuUsage(before);
  const millisecondsEach = (user + system) / 1_000 / 6_400;
  t.diagnostic(`${millisecondsEach.toFixed(3)} ms of CPU each, client included`);
  assert.ok(millisecondsEach < 0.5, `expected less than 0.5 ms of CPU for each, got ${millisecondsEach}`);
  agent.destroy();
  await small.stop();
});

test('a caller that waits for a place among heavy calls and leaves takes no place', async () => {
  const engine = absentEngine();
  const started: (() => void)[] = [];
  const held = new Proxy(engine, {
    get: (_target, name) => {
      if (name !== 'call') throw new Error(`unexpected ${String(name)}`);
      return () => new Promise((resolve) => { started.push(() => resolve({ ok: true, returnData: new Uint8Array(0), gasUsed: 0n, surchargeUsed: 0n, logs: [] })); });
    },
  });
  const small = await TestServer.start(chain, held, { concurrentHeavyCalls: 1, queuedHeavyCalls: 1 });
  const first = small.call('eth_call', {}, 'latest');
  while (started.length < 1) await delay(5);
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_call', params: [{}] });
  const leaving = request({ host: '127.0.0.1', port: small.server.port, method: 'POST', headers: { 'content-type': 'application/json', 'content-length': body.length } });
  leaving.on('error', () => leaving.destroy());
  leaving.end(body);
  await delay(50);
  assert.equal((await small.call('eth_call', {})).error?.code, -32005, 'the queue holds one');
  leaving.destroy();
  await delay(50);
  const second = small.call('eth_call', {});
  await delay(20);
  assert.equal(started.length, 1);
  started[0]!();
  assert.equal((await first).result, '0x');
  while (started.length < 2) await delay(5);
  started[1]!();
  assert.equal((await second).result, '0x');
  await small.stop();
});

test('metrics, health and readiness say what the chain says', async () => {
  const own = new MemoryChain(CHAIN_ID, builtRecord(undefined, []));
  const small = await TestServer.start(own, absentEngine());
  await small.result('eth_chainId');
  const text = await (await fetch(`${small.url}metrics`)).text();
  assert.match(text, /keyfall_rpc_calls_total\{method="eth_chainId",outcome="ok"\} 1/);
  assert.match(text, /keyfall_block_unsafe 0/);
  assert.equal((await fetch(`${small.url}health`)).status, 200);
  assert.equal((await fetch(`${small.url}ready`)).status, 200);
  own.syncStatus = { mode: 'follower', l1Target: undefined, l1Current: 5n, haltedBecause: undefined };
  const unknown = await fetch(`${small.url}ready`);
  assert.equal(unknown.status, 503);
  assert.match(await unknown.text(), /unknown/);
  own.syncStatus = { mode: 'follower', l1Target: 9n, l1Current: 5n, haltedBecause: 'the L1 endpoint lies' };
  assert.match(await (await fetch(`${small.url}ready`)).text(), /the L1 endpoint lies/);
  assert.deepEqual(((await small.result('eth_syncing')) as { haltedBecause: string }).haltedBecause, 'the L1 endpoint lies');
  await small.stop();
});

test('stopping answers calls in progress, refuses new ones, and leaves no open socket', async () => {
  const own = new MemoryChain(CHAIN_ID, builtRecord(undefined, []));
  const small = await TestServer.start(own, absentEngine());
  let finish = (): void => {};
  own.submission = () => new Promise((resolve) => { finish = () => resolve({ ok: true, hash: new Uint8Array(32).fill(9) }); });
  const socket = await TestSocket.open(small.wsUrl);
  const inProgress = small.call('eth_sendRawTransaction', '0x00');
  await delay(30);
  const stopped = small.stop();
  assert.match((await socket.call('eth_chainId')).error?.message ?? '', /stopping/);
  finish();
  assert.equal((await inProgress).result, '0x' + '09'.repeat(32));
  await stopped;
  await assert.rejects(fetch(small.url));
  await socket.until(() => socket.socket.readyState === 3);
});
