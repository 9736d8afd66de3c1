// Sends signed transactions over JSON-RPC and watches until they are mined.
//
// Owns: HTTP connections, the request's size, the count of what was accepted and mined. Does not own: the transactions.
// Invariant: the rate reported counts mined transactions only, from the first request to the block that has the last.

import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

export interface LoadResult { sent: number; refused: number; firstRefusal: string | undefined; mined: number; seconds: number; blocks: number }

const PER_REQUEST = 20;
const CONNECTIONS = 8;
const POLL_MILLISECONDS = 50;

export class RpcClient {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS + 2 });
  readonly #port: number;
  constructor(port: number) {
    this.#port = port;
  }

  async post(body: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const call = request({ host: '127.0.0.1', port: this.#port, method: 'POST', agent: this.#agent, headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) } }, (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('end', () => { resolve(Buffer.concat(parts).toString('utf8')); });
        response.on('error', reject);
      });
      call.on('error', reject);
      call.end(body);
    });
  }

  /** The result of one call. Throws with the error's message. */
  async call(method: string, params: readonly unknown[]): Promise<unknown> {
    const answer = JSON.parse(await this.post(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }))) as { result?: unknown; error?: { message: string } };
    if (answer.error !== undefined) throw new Error(`${method}: ${answer.error.message}`);
    return answer.result;
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** Sends all, then waits until all that was accepted is mined. `deadlineSeconds` bounds the whole. */
export async function load(client: RpcClient, transactions: readonly Uint8Array[], deadlineSeconds: number): Promise<LoadResult> {
  const bodies: string[] = [];
  for (let from = 0; from < transactions.length; from += PER_REQUEST) {
    bodies.push(JSON.stringify(transactions.slice(from, from + PER_REQUEST).map((raw, id) => ({ jsonrpc: '2.0', id, method: 'eth_sendRawTransaction', params: [`0x${Buffer.from(raw).toString('hex')}`] }))));
  }
  const before = Number(await client.call('eth_blockNumber', []));
  const began = performance.now();
  let refused = 0;
  let firstRefusal: string | undefined;
  let next = 0;
  const connection = async (): Promise<void> => {
    while (next < bodies.length) {
      const answers = JSON.parse(await client.post(bodies[next++]!)) as { error?: { message: string } }[];
      for (const { error } of answers) {
        if (error === undefined) continue;
        refused += 1;
        firstRefusal ??= error.message;
      }
    }
  };
  const sending = Promise.all(Array.from({ length: CONNECTIONS }, connection));
  let seen = before;
  let mined = 0;
  const state = { isSent: false };
  const settle = (): void => { state.isSent = true; };
  sending.then(settle, settle);
  while (performance.now() - began < deadlineSeconds * 1_000 && !(state.isSent && mined >= transactions.length - refused)) {
    await sleep(POLL_MILLISECONDS);
    const head = Number(await client.call('eth_blockNumber', []));
    for (; seen < head; seen++) mined += Number(await client.call('eth_getBlockTransactionCountByNumber', [`0x${(seen + 1).toString(16)}`]));
  }
  const seconds = (performance.now() - began) / 1_000;
  await sending;
  return { sent: transactions.length, refused, firstRefusal, mined, seconds, blocks: seen - before };
}
