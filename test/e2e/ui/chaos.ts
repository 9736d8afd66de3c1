// A lying endpoint for the journeys: passes requests on to a real one and changes some of what comes back. Owns the proxy and its
// end; which lies are told is the test's.
// Invariant: what it does not change it passes on byte for byte, with CORS open as public endpoints have it.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

interface Call { readonly id: unknown; readonly method: string; readonly params: readonly unknown[] }
interface Answer { result?: unknown; id: unknown }

/** @param lie gets each call and its true result, gives the result that is told */
export async function lyingEndpoint(t: TestContext, target: string, lie: (call: Call, truth: unknown) => unknown): Promise<string> {
  const server = createServer((request, response) => {
    const headers = { 'access-control-allow-origin': '*', 'access-control-allow-headers': '*', 'content-type': 'application/json' };
    if (request.method === 'OPTIONS') return void response.writeHead(204, headers).end();
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => void pass(Buffer.concat(chunks).toString()).then((text) => response.writeHead(200, headers).end(text), (error: unknown) => response.writeHead(502, headers).end(String(error))));
  });
  async function pass(body: string): Promise<string> {
    const calls = [JSON.parse(body) as Call | Call[]].flat();
    const truth = await (await fetch(target, { method: 'POST', headers: { 'content-type': 'application/json' }, body })).json() as Answer | Answer[];
    const tell = (answer: Answer): Answer => {
      const call = calls.find(({ id }) => id === answer.id);
      return call === undefined || answer.result === undefined ? answer : { ...answer, result: lie(call, answer.result) };
    };
    return JSON.stringify(Array.isArray(truth) ? truth.map(tell) : tell(truth));
  }
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
