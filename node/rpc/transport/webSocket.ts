// WebSocket: JSON-RPC with subscriptions on the port of HTTP.
//
// Owns: upgrade, connection count, pings, backpressure, closing. Does not own: JSON-RPC (dispatch.ts), what is announced
// (subscriptions.ts).
// Invariants: a reader that leaves more than the limit unread is disconnected, so that it cannot hold the node's memory;
// a closed socket leaves no subscription, timer or call behind.

import { setMaxListeners } from 'node:events';
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';
import { WebSocket, WebSocketServer } from 'ws';
import type { RawData } from 'ws';
import type { Caller, Dispatcher } from '../dispatch.ts';
import type { ChainFeed } from '../feed.ts';
import type { RpcLimits } from '../limits.ts';
import type { RpcMetrics } from '../metrics.ts';
import { SubscriptionHost } from '../subscriptions.ts';
import { allowedOrigin } from './origins.ts';
import type { AllowedOrigins } from './origins.ts';

export interface WebSocketOptions {
  dispatcher: Dispatcher;
  feed: ChainFeed;
  limits: RpcLimits;
  metrics: RpcMetrics;
  logger: Logger;
  origins: AllowedOrigins;
}

const TRY_AGAIN_LATER = 1013;
const GOING_AWAY = 1001;

function textOf(message: RawData): string {
  if (Array.isArray(message)) return Buffer.concat(message).toString('utf8');
  return Buffer.isBuffer(message) ? message.toString('utf8') : Buffer.from(message).toString('utf8');
}

/** One connection: a caller of the dispatcher and a host of subscriptions. */
class Connection implements Caller {
  inProgress = 0;
  isAlive = true;
  readonly signal: AbortSignal;
  readonly subscriptions: SubscriptionHost;
  readonly socket: WebSocket;
  readonly #options: WebSocketOptions;
  readonly #controller = new AbortController();

  constructor(socket: WebSocket, options: WebSocketOptions) {
    this.socket = socket;
    this.#options = options;
    this.signal = this.#controller.signal;
    setMaxListeners(0, this.signal);
    this.subscriptions = new SubscriptionHost(options.feed, options.limits, (text) => this.#send(text));
    socket.on('message', (message) => void this.#receive(textOf(message)));
    socket.on('pong', () => { this.isAlive = true; });
    socket.on('close', () => this.#closed());
    // ws closes the socket itself after a protocol error or an oversized message.
    socket.on('error', (error) => options.logger.debug({ err: error }, 'a WebSocket failed'));
  }

  async #receive(text: string): Promise<void> {
    const answer = await this.#options.dispatcher.answer(text, this);
    if (answer.text !== undefined) this.#send(answer.text);
    this.subscriptions.release();
  }

  #send(text: string): void {
    if (this.socket.readyState !== WebSocket.OPEN) return;
    if (this.socket.bufferedAmount + text.length > this.#options.limits.webSocketBufferBytes) {
      this.#options.metrics.slowReaders.inc();
      this.socket.close(TRY_AGAIN_LATER, 'too much unread');
      this.socket.terminate();
      return;
    }
    this.socket.send(text);
  }

  #closed(): void {
    this.subscriptions.closeAll();
    this.#controller.abort();
  }
}

export class WebSocketTransport {
  readonly #server: WebSocketServer;
  readonly #connections = new Set<Connection>();
  readonly #options: WebSocketOptions;
  readonly #pings: NodeJS.Timeout;

  constructor(http: Server, options: WebSocketOptions) {
    this.#options = options;
    this.#server = new WebSocketServer({ noServer: true, maxPayload: options.limits.bodyBytes, perMessageDeflate: false, clientTracking: false });
    http.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
    this.#pings = setInterval(() => this.#ping(), options.limits.webSocketPingSeconds * 1000);
    this.#pings.unref();
  }

  get count(): number { return this.#connections.size; }

  /** Says goodbye to all and accepts no more. */
  stop(): void {
    clearInterval(this.#pings);
    for (const { socket } of this.#connections) socket.close(GOING_AWAY, 'the server is stopping');
  }

  /** Cuts what did not leave after `stop`. */
  terminate(): void {
    for (const { socket } of this.#connections) socket.terminate();
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // Until ws owns the socket an error on it would be an uncaught exception.
    socket.on('error', (error) => this.#options.logger.debug({ err: error }, 'an upgrading socket failed'));
    const refusal = this.#refusal(request);
    if (refusal !== undefined) {
      socket.end(`HTTP/1.1 ${refusal}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    this.#server.handleUpgrade(request, socket, head, (webSocket) => {
      const connection = new Connection(webSocket, this.#options);
      this.#connections.add(connection);
      webSocket.on('close', () => this.#connections.delete(connection));
    });
  }

  #refusal(request: IncomingMessage): string | undefined {
    const path = (request.url ?? '/').split('?')[0];
    if (path !== '/' && path !== '/ws') return '404 Not Found';
    const { origin } = request.headers;
    if (origin !== undefined && allowedOrigin(this.#options.origins, origin) === undefined) return '403 Forbidden';
    if (this.#options.dispatcher.isStopping || this.#connections.size >= this.#options.limits.webSocketConnections) return '503 Service Unavailable';
    return undefined;
  }

  #ping(): void {
    for (const connection of this.#connections) {
      if (!connection.isAlive) { connection.socket.terminate(); continue; }
      connection.isAlive = false;
      connection.socket.ping();
    }
  }
}
