// A hostile HTTP proxy before an L1 endpoint: passes calls on, or answers as the test's tampering says.
//
// Owns: the transport tricks (429, hang, garbage, cut) and a hook over each decoded answer.

import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ProxiedCall { readonly method: string; readonly params: readonly unknown[] }
/** Gets the honest result of one call, returns what to answer instead; what it throws becomes a JSON-RPC error. */
export type Tamper = (call: ProxiedCall, result: unknown) => unknown;
export type Transport = 'pass' | 'hang' | 'too-many' | 'server-error' | 'not-json' | 'cut' | 'foreign-ids' | 'endless';

export interface Proxy {
  readonly url: string;
  tamper: Tamper;
  transport: Transport;
  /** HTTP requests seen. */
  requests: number;
  stop(): Promise<void>;
}

type JsonRpc = { id: number; method: string; params: unknown[] };

async function forward(target: string, requests: readonly JsonRpc[], proxy: Proxy): Promise<unknown[]> {
  const response = await fetch(target, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(requests) });
  const answers = await response.json() as { id: number; result?: unknown; error?: unknown }[];
  return requests.map((request) => {
    const answer = answers.find((candidate) => candidate.id === request.id);
    if (answer === undefined || answer.error !== undefined) return answer;
    const id = proxy.transport === 'foreign-ids' ? request.id + 1_000_000 : request.id;
    try {
      return { jsonrpc: '2.0', id, result: proxy.tamper(request, answer.result) };
    } catch (error) {
      return { jsonrpc: '2.0', id, error: { code: -32_000, message: String(error) } };
    }
  });
}

function misbehave(transport: Transport, response: ServerResponse): boolean {
  if (transport === 'hang') return true;
  if (transport === 'too-many') response.writeHead(429, { 'retry-after': '0' }).end('slow down');
  else if (transport === 'server-error') response.writeHead(502).end('bad gateway');
  else if (transport === 'not-json') response.writeHead(200).end('<html>{"jsonrpc":');
  else if (transport === 'cut') { response.writeHead(200, { 'content-length': '1000' }).write('{"js'); setTimeout(() => response.destroy(), 10); }
  else if (transport === 'endless') { response.writeHead(200); const timer = setInterval(() => response.write(' '.repeat(65_536)), 1); response.on('close', () => clearInterval(timer)); }
  else return false;
  return true;
}

export async function startProxy(target: string): Promise<Proxy> {
  const server = createServer((request, response) => {
    proxy.requests += 1;
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (misbehave(proxy.transport, response)) return;
      const body = JSON.parse(Buffer.concat(chunks).toString()) as JsonRpc | JsonRpc[];
      const calls = Array.isArray(body) ? body : [body];
      forward(target, calls, proxy).then(
        (answers) => { response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(Array.isArray(body) ? answers : answers[0])); },
        (error: unknown) => { response.writeHead(500).end(String(error)); },
      );
    });
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const proxy: Proxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    tamper: (_call, result) => result,
    transport: 'pass',
    requests: 0,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => { server.close(resolve); });
    },
  };
  return proxy;
}
