// The API against clients that mean harm: it stays small, answers others, says no secret, and no text of the chain becomes markup, a line or a label.

import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { createApi } from '../../watchtower/api/server.ts';
import { calendar } from '../../watchtower/api/calendar.ts';
import { append, headOf } from '../../watchtower/auditLog.ts';
import type { Quorum } from '../../watchtower/l1/quorum.ts';
import { Keeper } from '../../watchtower/keeper.ts';
import type { Store } from '../../watchtower/store.ts';
import { markdownText } from '../../watchtower/text.ts';
import { markdown } from '../../watchtower/upgrades/report.ts';
import type { LookedAt } from '../../watchtower/upgrades/pending.ts';
import { changeOf, configWith, tempStore } from './tempStore.ts';

const TOKEN = 'a-secret-of-alice';
const HOSTILE = '</title><script>x</script>"]]>\r\nBEGIN:VEVENT\u{202e}\u{1b}[2J![a](http://b)|`\nwt_forged 1';

async function served(t: TestContext, fill: (store: Store) => Promise<void> = async () => undefined): Promise<{ api: FastifyInstance; url: string; store: Store }> {
  const { store } = tempStore(t);
  await fill(store);
  const { channels } = configWith();
  const api = createApi({
    store, quorum: { matrix: new Map(), needed: 1 } as unknown as Quorum, checks: [], configHash: '0x', outboxDepth: () => 0, storeFault: () => undefined, notReady: () => ['blind'], lastView: () => undefined, channels, acknowledgers: [{ name: 'alice', token: TOKEN }],
  });
  await api.listen({ host: '127.0.0.1', port: 0 });
  t.after(async () => api.close());
  return { api, url: `http://127.0.0.1:${(api.server.address() as AddressInfo).port}`, store };
}

const alarm = async (store: Store, sentence = 'finding'): Promise<void> => {
  const keeper = new Keeper({ store, channels: configWith().channels, wallMilliseconds: () => 0 });
  const change = changeOf(1, 'firing');
  await store.commit((write) => {
    keeper.record(write, [{ ...change, incident: { ...change.incident, sentence, got: sentence } }]);
    write.put(['verdict', 'T', sentence], { monitor: 'T', subject: sentence, status: 'ok', since: 0, lastOk: 1 });
  });
};

it('nothing of the chain becomes markup in the feed, a line of the metrics, or an event of the calendar', async (t) => {
  const { url } = await served(t, async (store) => alarm(store, HOSTILE));
  const feed = await (await fetch(`${url}/v1/feed.rss`)).text();
  assert.equal(feed.includes('<script>') || feed.includes('\u{202e}') || feed.includes('\u{1b}'), false);
  assert.equal(feed.match(/<item>/g)?.length, 1);
  const metrics = await (await fetch(`${url}/metrics`)).text();
  assert.equal(/^wt_forged/m.test(metrics), false);
  assert.match(metrics, /^wt_alarms_unacknowledged\{severity="critical"\} 1$/m);
  const looked = { id: `0x${'01'.repeat(32)}`, state: 'Scheduled', time: { nowT: 0, eta: 2 ** 40, expiry: 2 ** 40, lastSafeT: 5 }, report: { kind: HOSTILE } } as unknown as LookedAt;
  const ics = calendar([looked], [{ address: '0x01', label: `ä${'é'.repeat(80)}`, upgrade: looked.id, secondsLeft: 1, sentence: '', routes: [{ name: 'forced', latestStartT: 5, isGuaranteed: true, isOpen: true, needs: 'a;b,c' }] }], 100n);
  assert.equal(ics.match(/^BEGIN:VEVENT\r$/gm)?.length, 4);
  for (const line of ics.split('\r\n')) assert.ok(Buffer.byteLength(line) <= 75, line);
  assert.match(ics, /a\\;b\\,c/);
});

it('nothing of the chain becomes Markdown in a report', () => {
  const check = { id: 'X', status: 'ok' as const, sentence: HOSTILE, expected: HOSTILE, got: HOSTILE };
  const text = markdown({ version: 1, l1ChainId: 1, timelock: '0x', kind: 'Core', payload: '0x', sentences: [HOSTILE], deltas: [{ what: HOSTILE, before: '', after: '' }], checks: [check] });
  assert.equal(/<script|(?<!\\)\]\(|(?<!\\)!\[|^wt_forged/m.test(text) || text.includes('\u{1b}'), false, text);
  assert.equal(markdownText('![a](b)'), String.raw`\!\[a\]\(b\)`);
});

it('only whose token it is acknowledges, under their own name; no answer holds the token', async (t) => {
  const { url, store } = await served(t, async (made) => alarm(made));
  const { id } = changeOf(1, 'firing').incident;
  const ack = async (token: string, body = '{"note":"mine"}', at = id as string): Promise<readonly [number, string]> => {
    const response = await fetch(`${url}/v1/alerts/${at}/ack`, { method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' }, body });
    return [response.status, await response.text()];
  };
  assert.deepEqual([(await ack('x'))[0], (await ack(''))[0], (await ack(TOKEN, '{"note":1}'))[0], (await ack(TOKEN, '{'))[0], (await ack(TOKEN, JSON.stringify({ note: 'x'.repeat(5_000) })))[0], (await ack(TOKEN, '{}', 'zz'))[0]], [401, 401, 400, 400, 413, 400]);
  // Every character escaped, as some clients do: 500 of them fit, and one more is refused for what it is.
  const escaped = (length: number): string => `{"note":"${'\\u76ee'.repeat(length)}"}`;
  assert.deepEqual([(await ack(TOKEN, escaped(500), `0x${'77'.repeat(32)}`))[0], (await ack(TOKEN, JSON.stringify({ note: '目'.repeat(501) })))[1].includes('501 characters')], [404, true]);
  const [status, text] = await ack(TOKEN);
  assert.equal(status, 200);
  assert.match(text, /"by":"alice"/);
  const everything = await Promise.all(['/v1/status', '/v1/alerts', '/v1/log', '/v1/verdicts', '/metrics', '/v1/checkpoint'].map(async (path) => (await fetch(`${url}${path}`)).text()));
  assert.equal(`${text}${everything.join('')}`.includes(TOKEN), false);
  assert.equal(((await (await fetch(`${url}/v1/alerts?unseen=true`)).json()) as unknown[]).length, 0);
  assert.equal(store.count(['log']), 2);
});

it('odd requests get an answer and change nothing', async (t) => {
  const { url } = await served(t, async (store) => alarm(store));
  const statusOf = async (path: string, init?: RequestInit): Promise<number> => { const response = await fetch(`${url}${path}`, init); await response.text(); return response.status; };
  assert.deepEqual(await Promise.all(['/v1/upgrades/..%2f..%2fetc', '/v1/upgrades/0x12', '/nothing', '/v1/log?from=-1&limit=0', '/v1/log?from=a&from=b', '/v1/alerts?limit=1e9&state=x&state=y', '/v1/exit-window?address=%00'].map(async (path) => statusOf(path))), [400, 400, 404, 200, 200, 200, 503]);
  assert.equal(await statusOf('/v1/status', { headers: { x: 'y'.repeat(20_000) } }), 431);
  assert.equal(await statusOf('/v1/alerts', { method: 'DELETE' }), 404);
  const { routes } = await (await fetch(`${url}/`)).json() as { routes: string[] };
  assert.deepEqual(await Promise.all(routes.filter((path) => path !== '/v1/stream' && !path.includes(':')).map(async (path) => statusOf(path))).then((all) => all.filter((status) => status === 404)), [], 'what is listed is there');
  assert.ok(routes.includes('/v1/feed.rss') && routes.includes('/metrics'));
  assert.equal(((await (await fetch(`${url}/v1/log?limit=0`)).json()) as unknown[]).length, 1);
});

it('a stream that asks for everything and reads nothing costs a bounded memory, others are served, and it does not hold up the end', async (t) => {
  const { api, url } = await served(t, async (store) => store.commit((write) => void append(write, headOf(store), Array.from({ length: 20_000 }, (_, i) => ({ kind: 'test', text: 'x'.repeat(1_000), i })))));
  const sockets = new Set<{ readonly writableLength: number }>();
  api.server.on('connection', (socket) => sockets.add(socket));
  const socket = connect(Number(new URL(url).port), '127.0.0.1', () => { socket.pause(); socket.write('GET /v1/stream HTTP/1.1\r\nhost: x\r\nlast-event-id: 0\r\n\r\n'); });
  t.after(() => { socket.destroy(); });
  await sleep(2_200);
  assert.ok([...sockets].every(({ writableLength }) => writableLength < 2_000_000), String([...sockets].map(({ writableLength }) => writableLength)));
  assert.equal((await fetch(`${url}/healthz`)).status, 200);
  await Promise.race([api.close(), sleep(3_000).then(() => assert.fail('it waits for a client that does not go'))]);
});
