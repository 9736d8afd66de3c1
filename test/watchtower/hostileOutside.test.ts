// The daemon's outside as an enemy has it: channels that hang or send elsewhere, clocks that are set, L1 that changes between two reads, events with values
// that no contract of ours emits.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Hex } from 'viem';
import type { Channel, Message } from '../../watchtower/alerts/channel.ts';
import { Delivery } from '../../watchtower/alerts/deliver.ts';
import { ntfy } from '../../watchtower/alerts/ntfy.ts';
import { outboxRows } from '../../watchtower/alerts/outbox.ts';
import { pagerduty } from '../../watchtower/alerts/pagerduty.ts';
import { webhook } from '../../watchtower/alerts/webhook.ts';
import { Contracts, type DecodedEvent } from '../../watchtower/contracts.ts';
import { Engine } from '../../watchtower/engine.ts';
import { noticed } from '../../watchtower/incidents.ts';
import type { L1Header } from '../../watchtower/l1/header.ts';
import type { Quorum } from '../../watchtower/l1/quorum.ts';
import type { Monitor } from '../../watchtower/monitor.ts';
import { MONITORS } from '../../watchtower/registry.ts';
import type { Incident } from '../../watchtower/rows.ts';
import { Unverifiable } from '../../watchtower/verdict.ts';
import { changeOf, configWith, tempStore } from './tempStore.ts';
import { SILENT } from './watched.ts';

const { channels } = configWith();
const MESSAGE: Message = { id: 'a-1', incident: `0x${'01'.repeat(32)}`, state: 'firing', severity: 'critical', title: 'T', text: 'text' };

it('a channel that hangs holds up no other, whatever is told meanwhile', async (t) => {
  const { store } = tempStore(t);
  const stop = new AbortController();
  const taken: string[] = [];
  let release = (): void => undefined;
  const hanging: Channel = { name: 'boss', send: async () => new Promise((resolve) => { release = resolve; }) };
  const both = channels.map((channel) => ({ ...channel, escalateAfterSeconds: 0 }));
  const tell = async (number: number): Promise<void> => store.commit((write) => { outboxRows(write, store, both, [changeOf(number, 'firing')], Date.now()); });
  await tell(1);
  const running = new Delivery(store, [hanging, { name: 'first', send: async ({ text }) => void taken.push(text.split('\n')[0] ?? '') }], SILENT).run(stop.signal, 5);
  await sleep(60);
  await tell(2);
  for (const deadline = Date.now() + 5_000; taken.length < 2 && Date.now() < deadline;) await sleep(10);
  assert.deepEqual(taken, ['finding 1', 'finding 2']);
  stop.abort();
  for (let again = 0; again < 4; again += 1) { release(); await sleep(5); }
  await running;
});

it('a clock that was an hour ahead and is set right holds up no alarm, new or tried before', async (t) => {
  const { store } = tempStore(t);
  const taken: string[] = [];
  let [now, isDown] = [3_600_000, true];
  const delivery = new Delivery(store, [{ name: 'first', send: async ({ text }) => { if (isDown) throw new Error('down'); taken.push(text.split('\n')[0] ?? ''); } }], SILENT, () => now);
  const tell = async (number: number): Promise<void> => store.commit((write) => { outboxRows(write, store, channels.slice(0, 1), [changeOf(number, 'firing')], now); });
  await tell(1);
  await delivery.round();
  await tell(2);
  [now, isDown] = [0, false];
  await delivery.round();
  assert.deepEqual(taken.toSorted((a, b) => (a < b ? -1 : 1)), ['finding 1', 'finding 2']);
});

it('a critical that comes while warnings are sent goes before the next of them', async (t) => {
  const { store } = tempStore(t);
  const taken: string[] = [];
  const delivery = new Delivery(store, [{ name: 'first', send: async ({ text }) => {
    taken.push(text.split('\n')[0] ?? '');
    if (taken.length === 1) await store.commit((write) => { outboxRows(write, store, channels.slice(0, 1), [changeOf(9, 'firing')], 0); });
  } }], SILENT, () => 0);
  await store.commit((write) => { outboxRows(write, store, channels.slice(0, 1), [1, 2, 3].map((number) => changeOf(number, 'firing', 'warning')), 0); });
  await delivery.round();
  assert.deepEqual(taken, ['finding 1', 'finding 9', 'finding 2', 'finding 3']);
});

it('what was withdrawn while its message failed is not told later', async (t) => {
  const { store } = tempStore(t);
  const delivery = new Delivery(store, [{ name: 'first', send: async () => { await store.commit((write) => { write.remove(['outbox', 'first', 1]); }); throw new Error('down'); } }], SILENT, () => 0);
  await store.commit((write) => { outboxRows(write, store, channels.slice(0, 1), [changeOf(1, 'firing')], 0); });
  await delivery.round();
  assert.equal(delivery.depth, 0);
});

async function received(t: TestContext, answer: number, headers: Record<string, string> = {}): Promise<{ url: string; seen: { path: string; authorization: string; body: Record<string, unknown> }[] }> {
  const seen: { path: string; authorization: string; body: Record<string, unknown> }[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => { body += chunk; }).on('end', () => {
      seen.push({ path: request.url ?? '', authorization: request.headers.authorization ?? '', body: body === '' ? {} : JSON.parse(body) as Record<string, unknown> });
      response.writeHead(answer, headers).end();
    });
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  t.after(() => { server.close(); });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

it('a receiver that redirects leads nowhere', async (t) => {
  const inside = await received(t, 204);
  const outside = await received(t, 307, { location: inside.url });
  await assert.rejects(webhook('a', outside.url, 'secret').send(MESSAGE), /cannot be reached/);
  assert.equal(inside.seen.length, 0);
});

it('PagerDuty opens, acknowledges and closes one page an incident, and its test page does not stay open', async (t) => {
  const { url, seen } = await received(t, 202);
  const channel = pagerduty('p', url, 'routing');
  for (const state of ['provisional', 'firing', 'acknowledged', 'resolved', 'canary'] as const) await channel.send({ ...MESSAGE, state });
  assert.deepEqual(seen.map(({ body }) => body['event_action']), ['trigger', 'trigger', 'acknowledge', 'resolve', 'trigger', 'resolve']);
  assert.deepEqual(new Set(seen.map(({ path, body }) => `${path} ${String(body['routing_key'])} ${String(body['dedup_key'])}`)), new Set([`/v2/enqueue routing ${MESSAGE.incident}`]));
  // A trigger of a page that was acknowledged would page nobody.
  seen.length = 0;
  await channel.send({ ...MESSAGE, isReopened: true });
  assert.deepEqual(seen.map(({ body }) => body['event_action']), ['resolve', 'trigger']);
});

it('ntfy gets text as JSON, never as a header, cut between characters, loud only while an alarm stands', async (t) => {
  const { url, seen } = await received(t, 200);
  const channel = ntfy('n', url, 'topic', 'token');
  await channel.send({ ...MESSAGE, title: 'a\r\nX-Forged: 1', text: 'ü'.repeat(3_000) });
  await channel.send({ ...MESSAGE, state: 'resolved' });
  assert.deepEqual(seen.map(({ body }) => [body['topic'], body['priority']]), [['topic', 5], ['topic', 2]]);
  assert.equal(seen[0]?.authorization, 'Bearer token');
  assert.match(String(seen[0]?.body['message']), /^ü+ \.\.\.$/u);
  assert.ok(Buffer.byteLength(String(seen[0]?.body['message'])) < 4_000);
});

it('values that cannot be put in words do not stop the walk: the plain fact is told', () => {
  const clock = MONITORS.find(({ id }) => id === 'G37-clock');
  const notice = clock?.notices?.[0];
  const event = { contract: 'Clock', name: 'StopStarted', args: { kind: 0, until: 2n ** 255n }, log: { address: '0x', topics: [], data: '0x', transactionHash: '0x01', index: 0 } } as unknown as DecodedEvent;
  assert.ok(clock !== undefined && notice !== undefined);
  assert.match(noticed(clock, notice, event, { number: 1, hash: '0x01', parentHash: '0x00', timestamp: 0 }, 0).sentence, /Clock\.StopStarted happened, with values that cannot be put in words/);
});

it('a branch that L1 left between the walk and the look at finality is not called final', async (t) => {
  const { store, directory } = tempStore(t);
  const hash = (branch: string, number: number): Hex => `0x${branch}${number.toString(16).padStart(62, '0')}`;
  const header = (branch: string, number: number): L1Header => ({ number: BigInt(number), hash: hash(number < 3 ? 'aa' : branch, number), parentHash: hash(number - 1 < 3 ? 'aa' : branch, number - 1), stateRoot: '0x', receiptsRoot: '0x', logsBloom: `0x${'00'.repeat(256)}`, timestamp: 0n, baseFeePerGas: 0n });
  let branch = 'aa';
  const agreed = (number: number): { header: L1Header; answers: [] } => ({ header: header(branch, number), answers: [] });
  const finalAt: Record<string, number> = { aa: 1, bb: 4 };
  let isReorganised = false;
  const quorum = {
    header: async (number: bigint) => agreed(Number(number)), isCanonical: async (number: bigint, own: Hex) => header(branch, Number(number)).hash === own, logs: async () => [],
    head: async (tag: string) => {
      // The branch changes exactly between the walk and this question.
      if (tag === 'finalized' && isReorganised) branch = 'bb';
      return agreed(tag === 'latest' ? 5 : finalAt[branch] ?? 0);
    },
  } as unknown as Quorum;
  const config = configWith({ data: directory });
  const engine = new Engine({ config, contracts: new Contracts({}), quorum, store, monitors: [], logger: SILENT, channels: [], wallMilliseconds: () => 0, viewAt: (found) => ({ header: found }) as never });
  await engine.step();
  assert.deepEqual([engine.cursor.tip, engine.cursor.finalized], [5, 1]);
  isReorganised = true;
  await engine.step();
  assert.ok(engine.cursor.finalized < 3, 'nothing of the old branch is final');
  await engine.step();
  assert.deepEqual([engine.cursor.tip, engine.cursor.finalized, store.get<{ hash: Hex }>(['block', 4])?.hash], [5, 4, hash('bb', 4)]);
  finalAt['bb'] = 5;
  branch = 'cc';
  finalAt['cc'] = 4;
  isReorganised = false;
  for (let again = 0; again < 2; again += 1) await assert.rejects(engine.step(), (cause) => cause instanceof Unverifiable, 'what contradicts finality is unknown, never followed');
  assert.deepEqual(store.list<Incident>(['incident']).map(({ subject, severity }) => [subject, severity]), [['finality', 'critical']], 'and told once');
  assert.equal(store.count(['log']), 1);
});

it('a check that takes long does not keep the walk from what happens meanwhile', async (t) => {
  const { store, directory } = tempStore(t);
  let latest = 3;
  const hash = (number: number): Hex => `0x${number.toString(16).padStart(64, '0')}`;
  const agreed = async (number: number): Promise<{ header: L1Header; answers: [] }> => Promise.resolve({ header: { number: BigInt(number), hash: hash(number), parentHash: hash(number - 1), stateRoot: '0x', receiptsRoot: '0x', logsBloom: `0x${'00'.repeat(256)}`, timestamp: 0n, baseFeePerGas: 0n }, answers: [] });
  const quorum = { header: async (number: bigint) => agreed(Number(number)), isCanonical: async () => Promise.resolve(true), logs: async () => Promise.resolve([]), head: async (tag: string) => agreed(tag === 'latest' ? latest : 1) } as unknown as Quorum;
  const seen: number[] = [];
  const slow: Monitor = { id: 'T1', group: 'E', about: 'a test', severity: 'critical', needs: [], staleAfterSeconds: 1, evaluate: async () => {
    latest = 7;
    // As a trial does, it ends whether or not anybody walks.
    for (let turn = 0; turn < 30 && engine.cursor.tip < latest; turn += 1) await sleep(100);
    seen.push(engine.cursor.tip);
    return [];
  } };
  const engine = new Engine({ config: configWith({ data: directory }), contracts: new Contracts({}), quorum, store, monitors: [slow], logger: SILENT, channels: [], wallMilliseconds: () => 0, viewAt: (found) => ({ header: found, contracts: new Contracts({}) }) as never });
  await engine.step();
  assert.deepEqual(seen, [7]);
});
