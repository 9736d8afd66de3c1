// Sends signed transactions over JSON-RPC and watches until they are mined.
//
// Owns: HTTP connections, the request's size, the count of what was accepted and mined. Does not own: the transactions.
// Invariant: the rate reported counts mined transactions only, from the first request to the block that has the last.

import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

export interface LoadResult { sent: number; refused: number; firstRefusal: string | undefined; mined: number; reverted: number; seconds: number; blocks: number }

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

/** One request with all of them; what was refused. */
export async function sendBatch(client: RpcClient, transactions: readonly Uint8Array[]): Promise<{ refused: number; firstRefusal: string | undefined }> {
  return await sendBody(client, bodyOf(transactions));
}

function bodyOf(transactions: readonly Uint8Array[]): string {
  return JSON.stringify(transactions.map((raw, id) => ({ jsonrpc: '2.0', id, method: 'eth_sendRawTransaction', params: [`0x${Buffer.from(raw).toString('hex')}`] })));
}

async function sendBody(client: RpcClient, body: string): Promise<{ refused: number; firstRefusal: string | undefined }> {
  const answers = JSON.parse(await client.post(body)) as { error?: { message: string } }[];
  const refusals = answers.flatMap(({ error }) => (error === undefined ? [] : [error.message]));
  return { refused: refusals.length, firstRefusal: refusals[0] };
}

export interface MinedCounter {
  /** Transactions in the blocks since the counter was made. */
  readonly mined: number;
  readonly blocks: number;
  /** The `now` of the last advance; 0 before. */
  readonly checkedAt: number;
  /** Counts the blocks that came since. */
  advance(now: number): Promise<void>;
  /** Of what was counted, the transactions that reverted; asks for every receipt. */
  reverted(): Promise<number>;
}

/** Counts what is mined from here on. */
export async function minedCounter(client: RpcClient): Promise<MinedCounter> {
  const first = Number(await client.call('eth_blockNumber', []));
  let seen = first;
  let mined = 0;
  let checkedAt = 0;
  return {
    get mined() { return mined; },
    get blocks() { return seen - first; },
    get checkedAt() { return checkedAt; },
    advance: async (now) => {
      checkedAt = now;
      const head = Number(await client.call('eth_blockNumber', []));
      for (; seen < head; seen++) mined += Number(await client.call('eth_getBlockTransactionCountByNumber', [`0x${(seen + 1).toString(16)}`]));
    },
    reverted: async () => {
      let count = 0;
      for (let number = first + 1; number <= seen; number++) {
        const receipts = (await client.call('eth_getBlockReceipts', [`0x${number.toString(16)}`])) as { status: string }[];
        count += receipts.filter(({ status }) => status !== '0x1').length;
      }
      return count;
    },
  };
}

/**
 * Sends all, then waits until all that was accepted is mined. `deadlineSeconds` bounds the whole. `whenMined` is called at the
 * end of the measured time, before the receipts are looked at.
 */
export async function load(client: RpcClient, transactions: readonly Uint8Array[], deadlineSeconds: number, whenMined?: () => void): Promise<LoadResult> {
  const bodies: string[] = [];
  for (let from = 0; from < transactions.length; from += PER_REQUEST) bodies.push(bodyOf(transactions.slice(from, from + PER_REQUEST)));
  const counter = await minedCounter(client);
  const began = performance.now();
  const seconds = (): number => (performance.now() - began) / 1_000;
  let refused = 0;
  let firstRefusal: string | undefined;
  let next = 0;
  const connection = async (): Promise<void> => {
    while (next < bodies.length) {
      const answer = await sendBody(client, bodies[next++]!);
      refused += answer.refused;
      firstRefusal ??= answer.firstRefusal;
    }
  };
  const sending = Promise.all(Array.from({ length: CONNECTIONS }, connection));
  const state = { isSent: false };
  const settle = (): void => { state.isSent = true; };
  sending.then(settle, settle);
  while (seconds() < deadlineSeconds && !(state.isSent && counter.mined >= transactions.length - refused)) {
    await sleep(POLL_MILLISECONDS);
    await counter.advance(seconds());
  }
  const took = seconds();
  whenMined?.();
  await sending;
  return { sent: transactions.length, refused, firstRefusal, mined: counter.mined, reverted: await counter.reverted(), seconds: took, blocks: counter.blocks };
}
