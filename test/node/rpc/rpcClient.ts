// A JSON-RPC server over given parts, and the smallest clients that can talk to it wrongly as well as rightly.
//
// Owns: starting a server on a free port of the loopback interface and raw HTTP and WebSocket calls. Does not own: chains.
// Invariant: every server and socket started here is closed by `stop`.

import pino from 'pino';
import { Registry } from 'prom-client';
import { WebSocket } from 'ws';
import type { ChainView } from '../../../node/chainView.ts';
import type { ExecutionEngine } from '../../../node/execute/api.ts';
import type { RpcLimits } from '../../../node/rpc/limits.ts';
import { startRpcServer } from '../../../node/rpc/server.ts';
import type { RpcServer, RpcServerOptions } from '../../../node/rpc/server.ts';

export interface JsonRpcAnswer { jsonrpc: string; id: unknown; result?: unknown; error?: { code: number; message: string; data?: unknown } }

/** An engine for servers whose tests execute nothing: any use of it fails the test with its name. */
export function absentEngine(): ExecutionEngine {
  return new Proxy({} as ExecutionEngine, { get: (_target, name) => { throw new Error(`the test did not expect engine.${String(name)}`); } });
}

export const IDENTITY = { l1ChainId: 31_337n, rollup: '0x' + '11'.repeat(20), contracts: { Inbox: '0x' + '22'.repeat(20) }, deployBlock: 1n, profile: 'training-devnet', timeScale: 1 };

export class TestServer {
  static readonly #running = new Set<TestServer>();
  readonly server: RpcServer;
  readonly url: string;
  readonly wsUrl: string;

  constructor(server: RpcServer) {
    this.server = server;
    this.url = `http://127.0.0.1:${server.port}/`;
    this.wsUrl = `ws://127.0.0.1:${server.port}/`;
    TestServer.#running.add(this);
  }

  static async start(chain: ChainView, engine: ExecutionEngine, limits: Partial<RpcLimits> = {}, more: Partial<RpcServerOptions> = {}): Promise<TestServer> {
    return new TestServer(await startRpcServer({
      chain, engine, limits, identity: IDENTITY, logger: pino({ level: 'silent' }), registry: new Registry(), host: '127.0.0.1', port: 0,
      clientVersion: 'keyfall/test', nowSeconds: () => 2_000n, graceMilliseconds: 1_000, ...more,
    }));
  }

  /** Sends any text and returns status and body. */
  async post(body: string | Uint8Array, headers: Record<string, string> = { 'content-type': 'application/json' }): Promise<{ status: number; text: string; headers: Headers }> {
    const response = await fetch(this.url, { method: 'POST', body, headers });
    return { status: response.status, text: await response.text(), headers: response.headers };
  }

  async call(method: string, ...params: unknown[]): Promise<JsonRpcAnswer> {
    return JSON.parse((await this.post(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }))).text) as JsonRpcAnswer;
  }

  /** The result, or an exception with code and message if the call was refused. */
  async result(method: string, ...params: unknown[]): Promise<unknown> {
    const answer = await this.call(method, ...params);
    if (answer.error !== undefined) throw new Error(`${method}: ${answer.error.code} ${answer.error.message}`);
    return answer.result;
  }

  async stop(): Promise<void> {
    TestServer.#running.delete(this);
    await this.server.close();
  }

  /** Stops what a failed test left running, so that the file ends. */
  static async stopAll(): Promise<void> { await Promise.all([...TestServer.#running].map((server) => server.stop())); }
}

/** A WebSocket client that keeps every message. */
export class TestSocket {
  readonly socket: WebSocket;
  readonly messages: { id?: unknown; method?: string; result?: unknown; error?: { code: number; message: string }; params?: { subscription: string; result: unknown } }[] = [];
  readonly #waiting = new Set<() => void>();
  #next = 1;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data: Buffer) => {
      this.messages.push(JSON.parse(data.toString('utf8')) as TestSocket['messages'][number]);
      for (const wake of this.#waiting) wake();
    });
  }

  static open(url: string, options: { origin?: string } = {}): Promise<TestSocket> {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(url, options);
      const client = new TestSocket(socket);
      socket.once('open', () => resolve(client));
      socket.once('error', reject);
    });
  }

  /** Resolves when `isDone`; fails after two seconds with what was seen. */
  async until(isDone: () => boolean): Promise<void> {
    const deadline = Date.now() + 2_000;
    while (!isDone()) {
      if (Date.now() > deadline) throw new Error(`waited for 2 s; messages: ${JSON.stringify(this.messages).slice(0, 2_000)}`);
      await new Promise<void>((resolve) => {
        const wake = (): void => { clearTimeout(timer); this.#waiting.delete(wake); resolve(); };
        const timer = setTimeout(wake, 50);
        this.#waiting.add(wake);
      });
    }
  }

  async call(method: string, ...params: unknown[]): Promise<JsonRpcAnswer> {
    const id = this.#next++;
    this.socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
    await this.until(() => this.messages.some((message) => message.id === id));
    return this.messages.find((message) => message.id === id) as JsonRpcAnswer;
  }

  notifications(subscription: unknown): unknown[] {
    return this.messages.filter((message) => message.params?.subscription === subscription).map((message) => message.params?.result);
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      if (this.socket.readyState === WebSocket.CLOSED) { resolve(); return; }
      this.socket.once('close', () => resolve());
      this.socket.close();
    });
  }
}
