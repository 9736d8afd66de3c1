// The RPC server: composition of transports, dispatcher, filters and metrics over a chain view and an engine.
//
// Owns: start, stop and the order of both. Does not own: chain, engine, logger, configuration (node/main.ts gives them).
// Invariant: after `close` resolves no socket, timer or listener of this server is left, and calls that were in progress
// have been answered unless they outlived the grace period.

import { setTimeout as delay } from 'node:timers/promises';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import { collectDefaultMetrics } from 'prom-client';
import type { Registry } from 'prom-client';
import type { ChainView } from '../chainView.ts';
import type { ExecutionEngine } from '../execute/api.ts';
import { BlockContentsCache } from './blockContents.ts';
import { Dispatcher } from './dispatch.ts';
import { ChainFeed } from './feed.ts';
import { FilterTable } from './filters.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import type { RpcLimits } from './limits.ts';
import { RpcMetrics } from './metrics.ts';
import type { ChainIdentity, RpcNode } from './node.ts';
import { METHODS } from './registry.ts';
import { createHttp } from './transport/http.ts';
import type { AllowedOrigins } from './transport/origins.ts';
import { WebSocketTransport } from './transport/webSocket.ts';

export interface RpcServerOptions {
  chain: ChainView;
  engine: ExecutionEngine;
  identity: ChainIdentity;
  logger: Logger;
  /** Where the server registers its metrics; also what /metrics shows. */
  registry: Registry;
  host: string;
  /** 0 = chosen by the system. */
  port: number;
  clientVersion: string;
  /** Chain time in seconds, for the projected pending block. */
  nowSeconds: () => bigint;
  /** Web origins that may call. Default: all, as there is nothing to steal: the node holds no user keys. */
  origins?: AllowedOrigins;
  limits?: Partial<RpcLimits>;
  /** How long `close` waits for calls in progress. Default 5000. */
  graceMilliseconds?: number;
}

export interface RpcServer {
  readonly port: number;
  /** Refuses new calls, waits for those in progress, closes everything. */
  close(): Promise<void>;
}

const FILTER_SWEEP_MILLISECONDS = 30_000;
const DRAIN_POLL_MILLISECONDS = 10;
const GOODBYE_MILLISECONDS = 500;

/** Starts listening. Rejects when the port is taken. */
export async function startRpcServer(options: RpcServerOptions): Promise<RpcServer> {
  const limits: RpcLimits = { ...DEFAULT_LIMITS, ...options.limits };
  const { chain, engine, identity, logger, registry, clientVersion, nowSeconds } = options;
  const origins = options.origins ?? '*';
  const feed = new ChainFeed(chain, logger);
  const filters = new FilterTable(feed, limits, () => performance.now());
  const node: RpcNode = { chain, engine, identity, limits, filters, contents: new BlockContentsCache(chain), clientVersion, logger, nowSeconds };
  collectDefaultMetrics({ register: registry });
  const metrics = new RpcMetrics(registry, METHODS.map((method) => method.name));
  const dispatcher = new Dispatcher(node, METHODS, metrics);
  const http = createHttp({ dispatcher, chain, limits, registry, origins });
  const sockets = new WebSocketTransport(http.server, { dispatcher, feed, limits, metrics, logger, origins });
  metrics.observe({
    inProgress: () => dispatcher.inProgress, heavyRunning: () => dispatcher.heavyRunning, heavyWaiting: () => dispatcher.heavyWaiting,
    webSockets: () => sockets.count, filters: () => filters.size, subscriptions: () => feed.size,
  }, chain);
  await http.listen({ host: options.host, port: options.port });
  const sweep = setInterval(() => filters.expire(), FILTER_SWEEP_MILLISECONDS);
  sweep.unref();
  const { port } = http.server.address() as AddressInfo;
  logger.info({ host: options.host, port }, 'JSON-RPC is listening');
  return {
    port,
    close: async () => {
      dispatcher.stop();
      clearInterval(sweep);
      await until(() => dispatcher.inProgress === 0, options.graceMilliseconds ?? 5_000);
      filters.clear();
      // Upgraded sockets keep the HTTP server open: they get a moment to say goodbye, then they are cut.
      sockets.stop();
      const closed = http.close();
      await until(() => sockets.count === 0, GOODBYE_MILLISECONDS);
      sockets.terminate();
      await closed;
    },
  };
}

async function until(isDone: () => boolean, milliseconds: number): Promise<void> {
  const deadline = performance.now() + milliseconds;
  while (!isDone() && performance.now() < deadline) await delay(DRAIN_POLL_MILLISECONDS);
}
