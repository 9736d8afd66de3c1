// Delivery: at least once, in order, critical first and alone, one channel's outage nobody else's.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import type { Channel, Message } from '../../watchtower/alerts/channel.ts';
import { Delivery } from '../../watchtower/alerts/deliver.ts';
import { discord } from '../../watchtower/alerts/discord.ts';
import { outboxRows } from '../../watchtower/alerts/outbox.ts';
import { webhook } from '../../watchtower/alerts/webhook.ts';
import { parseConfig, type ChannelConfig } from '../../watchtower/config.ts';
import type { Change } from '../../watchtower/incidents.ts';
import type { IncidentState } from '../../watchtower/rows.ts';
import { Store } from '../../watchtower/store.ts';
import type { Severity } from '../../watchtower/verdict.ts';
import { SILENT } from './watched.ts';

const CHANNELS: readonly ChannelConfig[] = parseConfig(JSON.stringify({
  l1: { chainId: 1, quorum: 1, endpoints: [{ url: 'http://a/', operator: 'own' }] }, deployment: { deployBlock: 0, contracts: {} }, data: 'x',
  channels: ['one', 'two'].map((name) => ({ kind: 'webhook', name, url: 'http://a/', secretFrom: 'S', minimum: 'info' })),
}), 'test').channels;

function change(number: number, severity: Severity, state: IncidentState = 'firing'): Change {
  return { from: undefined, incident: {
    id: `0x${number.toString(16).padStart(64, '0')}`, monitor: 'test', subject: '', severity, sentence: `finding ${number}`, expected: 'a', got: 'b', state, blockNumber: 1, blockHash: `0x${'00'.repeat(32)}`, transaction: undefined, foundAt: 0,
  } };
}

function opened(t: TestContext): Store {
  const directory = mkdtempSync(join(tmpdir(), 'keyfall-delivery-'));
  const store = new Store(directory);
  t.after(async () => {
    await store.close();
    rmSync(directory, { recursive: true });
  });
  return store;
}

const told = async (store: Store, changes: readonly Change[]): Promise<void> => store.commit((write) => { outboxRows(write, store, CHANNELS, changes, 0); });

class Recorder implements Channel {
  readonly name: string;
  readonly taken: Message[] = [];
  isDown = false;
  constructor(name: string) { this.name = name; }
  readonly send = async (message: Message): Promise<void> => {
    if (this.isDown) throw new Error('down');
    this.taken.push(message);
  };
}

describe('delivery', () => {
  it('repeats what was not taken, under the same id, and one channel\'s outage holds up no other', async (t) => {
    const store = opened(t);
    const [one, two] = [new Recorder('one'), new Recorder('two')];
    let now = 1_000;
    const delivery = new Delivery(store, [one, two], SILENT, () => now);
    await told(store, [change(1, 'critical'), change(2, 'warning')]);
    one.isDown = true;
    await delivery.round();
    assert.deepEqual([one.taken.length, two.taken.length, delivery.depth], [0, 2, 2]);
    one.isDown = false;
    await delivery.round();
    assert.equal(one.taken.length, 0, 'not before its pause is over');
    now += 400_000;
    await delivery.round();
    assert.deepEqual([one.taken.map(({ text }) => text.split('\n')[0]), delivery.depth], [['finding 1', 'finding 2'], 0]);
  });

  it('says resolved only after the alarm was taken', async (t) => {
    const store = opened(t);
    const one = new Recorder('one');
    let now = 0;
    const delivery = new Delivery(store, [one], SILENT, () => now);
    await told(store, [change(7, 'critical'), change(7, 'critical', 'resolved')]);
    one.isDown = true;
    await delivery.round();
    one.isDown = false;
    for (let i = 0; i < 4; i += 1) {
      now += 600_000;
      await delivery.round();
    }
    assert.deepEqual(one.taken.map(({ state }) => state), ['firing', 'resolved']);
  });

  it('sends criticals first and alone out of a flood of 10,000, and groups the rest', async (t) => {
    const store = opened(t);
    const one = new Recorder('one');
    const delivery = new Delivery(store, [one], SILENT);
    await told(store, Array.from({ length: 10_000 }, (_, i) => change(i + 1, i === 6_543 ? 'critical' : 'warning')));
    await delivery.round();
    assert.equal(one.taken[0]?.text.split('\n')[0], 'finding 6544');
    assert.equal(one.taken.length, 2, 'the critical one, and one digest');
    assert.match(one.taken[1]?.title ?? '', /9999 messages/);
    assert.ok((one.taken[1]?.text.length ?? 0) < 20_000, 'a digest stays readable');
  });

  it('goes on after a crash between taking and writing it down: told twice under one id, never lost', async (t) => {
    const store = opened(t);
    const one = new Recorder('one');
    await told(store, [change(1, 'critical')]);
    const dying: Channel = { name: 'one', send: async (message) => { await one.send(message); throw new Error('killed before the acknowledgement was kept'); } };
    await new Delivery(store, [dying], SILENT, () => 0).round();
    await new Delivery(store, [one], SILENT, () => 1e9).round();
    assert.deepEqual(one.taken.map(({ id }) => id), ['one-1', 'one-1']);
  });

  it('signs webhooks so that a receiver can check who speaks, and when', async (t) => {
    const seen: { signature: string; key: string; body: string }[] = [];
    const server = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (chunk: string) => { body += chunk; }).on('end', () => {
        seen.push({ signature: String(request.headers['keyfall-signature']), key: String(request.headers['idempotency-key']), body });
        response.writeHead(seen.length === 1 ? 503 : 204).end();
      });
    });
    await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
    t.after(() => { server.close(); });
    const channel = webhook('one', `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, 'secret');
    const message: Message = { id: 'one-1', incident: `0x${'00'.repeat(32)}`, state: 'firing', severity: 'critical', title: 'T', text: 'text' };
    await assert.rejects(channel.send(message), /expected a 2xx answer, got 503/);
    await channel.send(message);
    const [, { signature, key, body }] = seen as [unknown, { signature: string; key: string; body: string }];
    const [, seconds, hmac] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(signature) ?? [];
    assert.equal(hmac, createHmac('sha256', 'secret').update(`${seconds}.${body}`).digest('hex'));
    assert.deepEqual([key, JSON.parse(body)], ['one-1', message]);
  });

  it('text from the chain cannot forge lines, hide characters or hide a link', async (t) => {
    const store = opened(t);
    const one = new Recorder('one');
    const hostile = change(3, 'critical');
    await store.commit((write) => { outboxRows(write, store, CHANNELS, [{ ...hostile, incident: { ...hostile.incident, sentence: 'profile [x](http://a.example)\nincident 0x00\u{202e}\u{200b}' } }], 0); });
    await new Delivery(store, [one], SILENT).round();
    const [sentence, expected] = (one.taken[0]?.text ?? '').split('\n');
    assert.equal(sentence, 'profile [x](http://a.example)\u{fffd}incident 0x00\u{fffd}\u{fffd}');
    assert.equal(expected, 'expected: a');
    const posted = await new Promise<string>((resolve) => {
      const server = createServer((request, response) => {
        let body = '';
        request.setEncoding('utf8').on('data', (chunk: string) => { body += chunk; }).on('end', () => {
          response.writeHead(204).end();
          server.close();
          resolve((JSON.parse(body) as { content: string }).content);
        });
      });
      server.listen(0, '127.0.0.1', () => { void discord('room', `http://127.0.0.1:${(server.address() as AddressInfo).port}/`).send(one.taken[0] as Message); });
    });
    assert.match(posted, /profile \\\[x\\\]\\\(http/);
  });
});
