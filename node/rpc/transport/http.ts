// HTTP: JSON-RPC on POST /, and /metrics, /health, /ready for operators.
//
// Owns: routes, status codes, CORS, body and time limits of HTTP. Does not own: JSON-RPC (dispatch.ts), the upgrade to
// WebSocket (webSocket.ts).
// Invariants: every answer to POST / carries a JSON-RPC body, whatever was wrong with the request; a caller that
// disconnects aborts its calls; no answer reveals more than JSON-RPC would.

import { setMaxListeners } from 'node:events';
import type { Socket } from 'node:net';
import fastify from 'fastify';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Registry } from 'prom-client';
import type { ChainView } from '../../chainView.ts';
import type { Caller, Dispatcher } from '../dispatch.ts';
import { errorObject, RPC_CODE, RpcError } from '../errors.ts';
import { healthReport, readinessReport } from '../health.ts';
import type { RpcLimits } from '../limits.ts';
import { allowedOrigin } from './origins.ts';
import type { AllowedOrigins } from './origins.ts';

export interface HttpOptions {
  dispatcher: Dispatcher;
  chain: ChainView;
  limits: RpcLimits;
  registry: Registry;
  origins: AllowedOrigins;
}

const JSON_TYPE = 'application/json; charset=utf-8';
/** What geth accepts: a page cannot send these without asking first, which CORS then answers. */
const ACCEPTED_TYPES = ['application/json', 'application/json-rpc', 'application/jsonrequest'];

/** One HTTP connection as a caller. Its signal exists only if a heavy call asks for it. */
class HttpCaller implements Caller {
  inProgress = 0;
  readonly subscriptions = undefined;
  readonly #socket: Socket;
  #controller: AbortController | undefined;

  constructor(socket: Socket) { this.#socket = socket; }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      const controller = new AbortController();
      setMaxListeners(0, controller.signal);
      this.#controller = controller;
      if (this.#socket.destroyed) controller.abort();
      else this.#socket.once('close', () => controller.abort());
    }
    return this.#controller.signal;
  }
}

function refused(code: number, message: string): string {
  return JSON.stringify({ jsonrpc: '2.0', id: null, error: errorObject(new RpcError(code, message)) });
}

/** Builds the server; it does not listen yet. */
export function createHttp(options: HttpOptions): FastifyInstance {
  const { limits, dispatcher } = options;
  const app = fastify({
    logger: false, bodyLimit: limits.bodyBytes, requestTimeout: limits.requestSeconds * 1000, keepAliveTimeout: 75_000,
    forceCloseConnections: true, exposeHeadRoutes: false, routerOptions: { ignoreTrailingSlash: true },
    http: { headersTimeout: limits.requestSeconds * 1000, maxHeaderSize: 16_384 },
  });
  app.server.maxConnections = limits.httpConnections + limits.webSocketConnections;
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(ACCEPTED_TYPES, { parseAs: 'string' }, (_request, body, done) => done(null, body));
  app.setErrorHandler((error: FastifyError, _request, reply) => void reportFault(error, reply, limits));
  app.addHook('onRequest', (request, reply, done) => { applyCors(request, reply, options.origins); done(); });
  routeCalls(app, dispatcher);
  routeOperators(app, options);
  return app;
}

function applyCors(request: FastifyRequest, reply: FastifyReply, origins: AllowedOrigins): void {
  const { origin } = request.headers;
  if (origin === undefined) return;
  void reply.header('vary', 'origin');
  const allowed = allowedOrigin(origins, origin);
  if (allowed !== undefined) void reply.header('access-control-allow-origin', allowed);
}

function routeCalls(app: FastifyInstance, dispatcher: Dispatcher): void {
  const callers = new WeakMap<Socket, HttpCaller>();
  app.post('/', async (request, reply) => {
    const { socket } = request;
    let caller = callers.get(socket);
    if (caller === undefined) callers.set(socket, caller = new HttpCaller(socket));
    const answer = await dispatcher.answer(typeof request.body === 'string' ? request.body : '', caller);
    if (answer.text === undefined) return reply.code(204).send();
    return reply.code(answer.isRefusal ? 429 : 200).header('content-type', JSON_TYPE).send(answer.text);
  });
  app.options('/', (_request, reply) => reply.code(204)
    .header('access-control-allow-methods', 'POST, OPTIONS').header('access-control-allow-headers', 'content-type').header('access-control-max-age', '86400').send());
  app.get('/', (_request, reply) => reply.code(405).header('allow', 'POST, OPTIONS').header('content-type', JSON_TYPE)
    .send(refused(RPC_CODE.invalidRequest, 'expected POST with a JSON-RPC body, or a WebSocket upgrade')));
}

function routeOperators(app: FastifyInstance, { chain, dispatcher, registry }: HttpOptions): void {
  app.get('/metrics', async (_request, reply) => reply.header('content-type', registry.contentType).send(await registry.metrics()));
  app.get('/health', (_request, reply) => { const report = healthReport(chain); void reply.code(report.isHealthy ? 200 : 503).send(report.body); });
  app.get('/ready', (_request, reply) => { const report = readinessReport(chain, dispatcher.isStopping); void reply.code(report.isHealthy ? 200 : 503).send(report.body); });
}

/** Errors before a call reached the dispatcher, by fastify's codes; anything else is a fault of ours. */
async function reportFault(error: FastifyError, reply: FastifyReply, limits: RpcLimits): Promise<void> {
  const say = (status: number, code: number, message: string): FastifyReply => reply.code(status).header('content-type', JSON_TYPE).send(refused(code, message));
  switch (error.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE': await say(413, RPC_CODE.invalidRequest, `content length too large: expected at most ${limits.bodyBytes} bytes`); return;
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE': await say(415, RPC_CODE.invalidRequest, `invalid content type: expected ${ACCEPTED_TYPES.join(', ')}`); return;
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH': await say(400, RPC_CODE.invalidRequest, 'the body is not as long as content-length says'); return;
    default:
      if (error.statusCode !== undefined && error.statusCode < 500) await say(error.statusCode, RPC_CODE.invalidRequest, 'invalid HTTP request');
      else await say(500, RPC_CODE.internal, 'internal error');
  }
}
