/**
 * A JSON-RPC proxy that misbehaves on demand: what lies between the watchtower and an honest anvil. Owns the ways to misbehave; what must then
 * be true is for the tests to say.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

type Json = Record<string, unknown>;
/** Changes an answer; undefined = the connection is cut. */
export type Mischief = (method: string, params: readonly unknown[], result: unknown) => unknown;

export class ChaosProxy {
  readonly #server: Server;
  readonly #target: string;
  mischief: Mischief | undefined;
  /** Answers with this status instead. */
  status: number | undefined;
  /** Never answers. */
  isHanging = false;
  /** Answers with bytes that are not JSON. */
  isGarbled = false;
  /** Sees each question before it goes on; 'cut' = it never does and the connection is cut. */
  gate: ((method: string, params: readonly unknown[]) => Promise<'pass' | 'cut'>) | undefined;
  readonly asked: string[] = [];

  private constructor(server: Server, target: string) {
    this.#server = server;
    this.#target = target;
  }

  static async start(target: string): Promise<ChaosProxy> {
    const server = createServer();
    const proxy = new ChaosProxy(server, target);
    server.on('request', (request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (chunk: string) => { body += chunk; });
      request.on('end', () => {
        proxy.#answer(body).then((text) => {
          if (text === undefined) return request.socket.destroy();
          response.writeHead(proxy.status ?? 200, { 'content-type': 'application/json' }).end(text);
        }, (error: unknown) => { response.writeHead(500).end(String(error)); });
      });
    });
    await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Honest from now on. */
  behave(): void {
    [this.mischief, this.gate, this.status, this.isHanging, this.isGarbled] = [undefined, undefined, undefined, false, false];
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => { this.#server.close(() => { resolve(); }); });
  }

  async #answer(body: string): Promise<string | undefined> {
    const { method, params, id } = JSON.parse(body) as { method: string; params: unknown[]; id: number };
    this.asked.push(method);
    if (this.isHanging) return new Promise(() => undefined);
    if (this.isGarbled) return '<html>504';
    if (await this.gate?.(method, params) === 'cut') return undefined;
    const response = await fetch(this.#target, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    const answer = await response.json() as Json;
    if (this.mischief === undefined) return JSON.stringify(answer);
    const changed = this.mischief(method, params, answer['result']);
    return changed === undefined ? undefined : JSON.stringify({ jsonrpc: '2.0', id, ...(answer['error'] === undefined ? { result: changed } : { error: answer['error'] }) });
  }
}
