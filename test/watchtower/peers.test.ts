// Peers and escalation: a contradiction is found whoever is wrong, unknown contradicts nothing, a hostile answer is no more than an answer; who is woken
// late is not woken for what is over.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it, type TestContext } from 'node:test';
import { Delivery } from '../../watchtower/alerts/deliver.ts';
import { outboxRows } from '../../watchtower/alerts/outbox.ts';
import type { Message } from '../../watchtower/alerts/channel.ts';
import { parseConfig } from '../../watchtower/config.ts';
import type { Change } from '../../watchtower/incidents.ts';
import type { View } from '../../watchtower/monitor.ts';
import { peers } from '../../watchtower/monitors/peers.ts';
import type { IncidentState } from '../../watchtower/rows.ts';
import { Store } from '../../watchtower/store.ts';
import { SILENT } from './watched.ts';

const OWN = [{ monitor: 'A1', subject: '', status: 'ok', blockHash: '0x01' }, { monitor: 'A2', subject: 'x', status: 'violation', blockHash: '0x01' }, { monitor: 'A3', subject: '', status: 'unverifiable', blockHash: '0x01' }];

async function said(t: TestContext, body: string, status = 200): Promise<readonly [string, string]> {
  const server = createServer((_request, response) => { response.writeHead(status, { location: 'http://127.0.0.1:1/' }).end(body); });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  t.after(() => { server.close(); });
  const view = { header: { number: 1n, hash: '0x01' }, config: { peers: [{ name: 'friend', url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` }] }, memory: new Map(), verdicts: () => OWN } as unknown as View;
  const [verdict] = await peers.evaluate?.(view) ?? [];
  return [verdict?.status ?? '', verdict?.sentence ?? ''];
}

it('finds ok against violation in both directions, about the same block only, and takes unknown for no contradiction', async (t) => {
  const theirs = (changes: Readonly<Record<string, string>>, blockHash = '0x01'): string => JSON.stringify(OWN.map((own) => ({ ...own, blockHash, status: changes[own.monitor] ?? own.status })));
  assert.equal((await said(t, theirs({})))[0], 'ok');
  assert.match((await said(t, theirs({ A1: 'violation' })))[1], /A1 {2}is violation there and ok here/);
  assert.match((await said(t, theirs({ A2: 'ok' })))[1], /A2 x is ok there and violation here/);
  assert.equal((await said(t, theirs({ A1: 'unverifiable', A2: 'unverifiable', A3: 'violation' })))[0], 'ok');
  assert.equal((await said(t, theirs({ A1: 'violation' }, '0x02')))[0], 'unverifiable', 'another block');
});

it('calls a peer that answers nonsense, too much, elsewhere or not at all unknown', async (t) => {
  for (const [body, status] of [['<html>', 200], ['{"a":1}', 200], ['[{"monitor":1}]', 200], ['[]', 200], ['[]', 500], ['[]', 302], ['x'.repeat(4_300_000), 200]] as const) assert.equal((await said(t, body, status))[0], 'unverifiable', body.slice(0, 20));
});

it('an escalation comes when its time is over, and not for what was resolved before', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'keyfall-escalation-'));
  const store = new Store(directory);
  t.after(async () => {
    await store.close();
    rmSync(directory, { recursive: true });
  });
  const { channels } = parseConfig(JSON.stringify({
    l1: { chainId: 1, quorum: 1, endpoints: [{ url: 'http://a/', operator: 'own' }] }, deployment: { deployBlock: 0, contracts: {} }, data: 'x',
    channels: [{ kind: 'webhook', name: 'first', url: 'http://a/', secretFrom: 'S' }, { kind: 'webhook', name: 'boss', url: 'http://a/', secretFrom: 'S', escalateAfterSeconds: 60 }],
  }), 'test');
  const change = (number: number, state: IncidentState): Change => ({ from: undefined, incident: { id: `0x0${number}`, monitor: 'test', subject: '', severity: 'critical', sentence: `finding ${number}`, expected: 'a', got: 'b', state, blockNumber: 1, blockHash: '0x01', transaction: undefined, foundAt: 0 } });
  const taken: string[] = [];
  const take = (name: string) => ({ name, send: async ({ state, text }: Message) => void taken.push(`${name} ${state} ${text.split('\n')[0] ?? ''}`) });
  let now = 1_000;
  const delivery = new Delivery(store, [take('first'), take('boss')], SILENT, () => now);
  const tell = async (...changes: readonly Change[]): Promise<void> => {
    await store.commit((write) => { outboxRows(write, store, channels, changes, now); });
    for (let round = 0; round < 3; round += 1) await delivery.round();
  };
  await tell(change(1, 'firing'), change(2, 'firing'));
  now += 30_000;
  await tell(change(1, 'resolved'));
  now += 31_000;
  await tell();
  await tell(change(2, 'resolved'));
  assert.deepEqual(taken.filter((line) => line.startsWith('boss')), ['boss firing finding 2', 'boss resolved finding 2']);
  assert.deepEqual(taken.filter((line) => line.startsWith('first')).toSorted((a, b) => (a < b ? -1 : 1)), ['first firing finding 1', 'first firing finding 2', 'first resolved finding 1', 'first resolved finding 2']);
  assert.equal(delivery.depth, 0);
});
