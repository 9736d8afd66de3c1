// The HTTP API: health, metrics, verdicts, incidents, the log, an event stream and a feed. Owns routes and shapes. Loopback by default; it reads, but for
// acknowledgements (acknowledge.ts). Nothing that a client asks makes this process ask L1.

import fastify, { type FastifyInstance } from 'fastify';
import { headOf } from '../auditLog.ts';
import type { ChannelConfig } from '../config.ts';
import { messageOf } from '../fault.ts';
import { metricsText } from '../metrics.ts';
import type { Quorum } from '../l1/quorum.ts';
import type { CursorState, Incident, IncidentState, LogRow, StoredVerdict } from '../rows.ts';
import type { Store } from '../store.ts';
import type { Check, View } from '../monitor.ts';
import { SEVERITIES, Unverifiable } from '../verdict.ts';
import { addAcknowledgement, type Acknowledger } from './acknowledge.ts';
import { rss } from './feed.ts';
import { Answers, limitConnections, natural, SERVER_OPTIONS } from './limits.ts';
import { MOST_STREAMS, stream } from './stream.ts';
import { addUpgradeRoutes } from './upgrades.ts';

export interface ApiParts {
  readonly store: Store;
  readonly quorum: Quorum;
  readonly checks: readonly (Check & { readonly isEnabled: boolean })[];
  readonly configHash: string;
  readonly outboxDepth: () => number;
  /** Why nothing can be kept; undefined when it can. */
  readonly storeFault: () => string | undefined;
  /** Why it is not ready; empty when it is. */
  readonly notReady: () => readonly string[];
  /** The finalized state that was judged last. */
  readonly lastView: () => View | undefined;
  readonly channels: readonly ChannelConfig[];
  readonly acknowledgers: readonly Acknowledger[];
}

const LONGEST_PAGE = 500;
const STATES: readonly IncidentState[] = ['provisional', 'firing', 'resolved', 'retracted'];

export function createApi(parts: ApiParts): FastifyInstance {
  const { store, quorum, checks } = parts;
  const server = fastify(SERVER_OPTIONS);
  limitConnections(server.server);
  server.addHook('onSend', async (_request, reply) => {
    void reply.header('access-control-allow-origin', '*').header('cache-control', 'no-store').header('x-content-type-options', 'nosniff').header('content-security-policy', "default-src 'none'");
  });
  const routes: string[] = [];
  server.addHook('onRoute', ({ method, url }) => { if (method === 'GET') routes.push(url); });
  server.setNotFoundHandler((_request, reply) => { void reply.code(404).send({ error: 'no such route: GET / lists them' }); });
  server.get('/', async () => ({ name: 'keyfall watchtower', routes: routes.filter((path) => path !== '/') }));
  server.setErrorHandler((cause: Error & { readonly statusCode?: number }, _request, reply) => {
    const code = cause instanceof Unverifiable ? 503 : cause.statusCode ?? 500;
    void reply.code(code).send({ error: code === 500 ? 'this could not be answered' : messageOf(cause) });
  });
  const answers = new Answers();
  const json = async (key: string, make: () => unknown): Promise<Buffer> => answers.of(key, () => JSON.stringify(make()));
  const route = (path: string, make: () => unknown): void => void server.get(path, async (_request, reply) => reply.type('application/json').send(await json(path, make)));
  server.get('/healthz', async () => { const fault = parts.storeFault(); return { alive: true, canKeep: fault === undefined, ...(fault === undefined ? {} : { reason: fault }) }; });
  server.get('/readyz', async (_request, reply) => {
    const reasons = parts.notReady();
    return reply.code(reasons.length === 0 ? 200 : 503).send(reasons.length === 0 ? { ready: true } : { ready: false, reason: reasons[0], reasons });
  });
  server.get('/metrics', async (_request, reply) => reply.type('text/plain; version=0.0.4').send(await answers.of('metrics', async () => metricsText(store, quorum, parts.outboxDepth()))));
  route('/v1/status', () => ({
    cursor: store.get<CursorState>(['cursor']) ?? null, log: headOf(store), config: parts.configHash, operators: [...quorum.matrix.values()], quorum: quorum.needed,
    monitors: checks.map(({ id, group, about, severity, staleAfterSeconds, isEnabled }) => ({ id, group, about, severity, staleAfterSeconds, isEnabled })), outbox: parts.outboxDepth(),
  }));
  route('/v1/verdicts', () => store.list<StoredVerdict>(['verdict']));
  server.get('/v1/alerts', async (request, reply) => {
    const filter = filterOf(request.query);
    return reply.type('application/json').send(await json(`alerts ${JSON.stringify(filter)}`, () => newest(store.list<Incident>(['incident']), filter)));
  });
  server.get('/v1/checkpoint', async () => ({ ...headOf(store), signed: store.get(['checkpoint']) ?? null }));
  server.get('/v1/log', (request, reply) => {
    const { from, limit } = request.query as { from?: unknown; limit?: unknown };
    void reply.send(store.entries<LogRow>(['log'], natural(from, 1), Math.max(1, Math.min(LONGEST_PAGE, natural(limit, LONGEST_PAGE)))).map(({ value }) => value));
  });
  server.get('/v1/feed.rss', async (_request, reply) => reply.type('application/rss+xml').send(await answers.of('feed', () => rss(newest(store.list<Incident>(['incident']), filterOf({}))))));
  addUpgradeRoutes(server, answers, parts.lastView);
  addAcknowledgement(server, { store, channels: parts.channels, people: parts.acknowledgers, wallMilliseconds: Date.now });
  let streams = 0;
  server.get('/v1/stream', (request, reply) => {
    if (streams >= MOST_STREAMS) return void reply.code(503).send({ error: `expected at most ${MOST_STREAMS} open streams` });
    streams += 1;
    reply.hijack();
    stream(store, reply.raw, natural(request.headers['last-event-id'], headOf(store).seq), () => { streams -= 1; });
  });
  return server;
}

interface Filter {
  readonly limit: number;
  readonly state: IncidentState | undefined;
  readonly severity: Incident['severity'] | undefined;
  /** Alarms that stand and that nobody has acknowledged. */
  readonly isUnseen: boolean;
}

/** What is no value of a filter filters nothing, so that a client cannot make many answers be kept. */
function filterOf(query: unknown): Filter {
  const { limit, state, severity, unseen } = query as Readonly<Record<string, unknown>>;
  return { limit: Math.min(LONGEST_PAGE, natural(limit, 100)), state: STATES.find((known) => known === state), severity: SEVERITIES.find((known) => known === severity), isUnseen: unseen === 'true' };
}

function newest(incidents: readonly Incident[], { limit, state, severity, isUnseen }: Filter): readonly Incident[] {
  return incidents.filter((incident) => (state === undefined || incident.state === state) && (severity === undefined || incident.severity === severity)
    && (!isUnseen || (incident.acknowledged === undefined && (incident.state === 'firing' || incident.state === 'provisional')))).toSorted((a, b) => b.foundAt - a.foundAt).slice(0, limit);
}
