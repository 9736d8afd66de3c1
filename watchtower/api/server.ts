// The read-only HTTP API: health, metrics, verdicts, incidents, the log, an event stream and a feed. Owns routes and shapes. Loopback by default;
// nothing here changes anything.

import fastify, { type FastifyInstance } from 'fastify';
import { headOf } from '../auditLog.ts';
import { metricsText } from '../metrics.ts';
import type { Quorum } from '../l1/quorum.ts';
import type { CursorState, Incident, LogRow, Store, StoredVerdict } from '../store.ts';
import type { Monitor, View } from '../monitor.ts';
import { rss } from './feed.ts';
import { addUpgradeRoutes } from './upgrades.ts';

export interface ApiParts {
  readonly store: Store;
  readonly quorum: Quorum;
  readonly monitors: readonly Monitor[];
  readonly configHash: string;
  readonly outboxDepth: () => number;
  /** Why it is not ready; undefined when it is. */
  readonly notReady: () => string | undefined;
  /** The finalized state that was judged last. */
  readonly lastView: () => View | undefined;
}

const LONGEST_PAGE = 500;
const STREAM_POLL_MILLISECONDS = 500;
const MOST_STREAMS = 32;
const MOST_UNREAD_BYTES = 1_048_576;

export function createApi(parts: ApiParts): FastifyInstance {
  const { store, quorum, monitors } = parts;
  const server = fastify({ logger: false, bodyLimit: 1_024 });
  server.addHook('onSend', async (_request, reply) => { void reply.header('access-control-allow-origin', '*').header('cache-control', 'no-store'); });
  server.get('/healthz', async () => ({ alive: true }));
  server.get('/readyz', async (_request, reply) => {
    const reason = parts.notReady();
    return reply.code(reason === undefined ? 200 : 503).send(reason === undefined ? { ready: true } : { ready: false, reason });
  });
  server.get('/metrics', async (_request, reply) => reply.type('text/plain; version=0.0.4').send(await metricsText(store, quorum, parts.outboxDepth())));
  server.get('/v1/status', async () => ({
    cursor: store.get<CursorState>(['cursor']) ?? null, log: headOf(store), config: parts.configHash, operators: [...quorum.matrix.values()], quorum: quorum.needed,
    monitors: monitors.map(({ id, group, about, severity }) => ({ id, group, about, severity })), outbox: parts.outboxDepth(),
  }));
  server.get('/v1/verdicts', async () => store.list<StoredVerdict>(['verdict']));
  server.get('/v1/alerts', (request, reply) => { void reply.send(newest(store.list<Incident>(['incident']), request.query)); });
  server.get('/v1/checkpoint', async () => headOf(store));
  server.get('/v1/log', (request, reply) => {
    const { from, limit } = request.query as { from?: string; limit?: string };
    const first = natural(from, 1);
    void reply.send(store.entries<LogRow>(['log'], first, Math.min(LONGEST_PAGE, natural(limit, LONGEST_PAGE))).map(({ value }) => value));
  });
  server.get('/v1/feed.rss', async (_request, reply) => reply.type('application/rss+xml').send(rss(newest(store.list<Incident>(['incident']), {}))));
  addUpgradeRoutes(server, parts.lastView);
  let streams = 0;
  server.get('/v1/stream', (request, reply) => {
    if (streams >= MOST_STREAMS) return void reply.code(503).send({ error: `expected at most ${MOST_STREAMS} open streams` });
    streams += 1;
    reply.hijack();
    reply.raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'access-control-allow-origin': '*' });
    let sent = natural(request.headers['last-event-id']?.toString(), headOf(store).seq);
    const timer = setInterval(() => {
      // Who does not read is let go: a client must not fill this process's memory.
      if (reply.raw.writableLength > MOST_UNREAD_BYTES) return void reply.raw.destroy();
      for (let row = store.get<LogRow>(['log', sent + 1]); row !== undefined; row = store.get<LogRow>(['log', sent + 1])) {
        reply.raw.write(`id: ${row.seq}\nevent: ${String(row.entry['kind'])}\ndata: ${JSON.stringify(row.entry)}\n\n`);
        sent = row.seq;
      }
    }, STREAM_POLL_MILLISECONDS);
    request.raw.on('close', () => {
      streams -= 1;
      clearInterval(timer);
    });
  });
  return server;
}

function natural(text: string | undefined, otherwise: number): number {
  return text !== undefined && /^\d{1,12}$/.test(text) ? Number(text) : otherwise;
}

function newest(incidents: readonly Incident[], query: unknown): readonly Incident[] {
  const { limit, state } = query as { limit?: string; state?: string };
  return incidents.filter((incident) => state === undefined || incident.state === state).toSorted((a, b) => b.foundAt - a.foundAt).slice(0, Math.min(LONGEST_PAGE, natural(limit, 100)));
}
