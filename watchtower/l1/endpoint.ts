// One JSON-RPC endpoint of one operator: time and size limits, answers matched by id. Owns transport faults; what an answer is worth is
// verify.ts and quorum.ts. Invariant: every request ends within its timeout, and a URL's credentials never reach a message.

import { EndpointFault } from '../fault.ts';

export interface EndpointOptions {
  readonly url: string;
  /** Who runs it: a quorum counts operators, not URLs. */
  readonly operator: string;
  readonly timeoutMilliseconds: number;
  readonly maxResponseBytes: number;
}

/** How long an endpoint that did not answer in time is asked last. */
const TIRED_MILLISECONDS = 30_000;

/** Those that answered in time lately before those that did not: one that hangs must not delay what another can answer. */
export function restedFirst(endpoints: readonly Endpoint[]): readonly Endpoint[] {
  return endpoints.toSorted((a, b) => Number(a.isTired) - Number(b.isTired));
}

export class Endpoint {
  readonly operator: string;
  #tiredUntil = 0;
  readonly #options: EndpointOptions;
  #nextId = 1;

  constructor(options: EndpointOptions) {
    this.operator = options.operator;
    this.#options = options;
  }

  get isTired(): boolean {
    return performance.now() < this.#tiredUntil;
  }

  /** @throws EndpointFault */
  async request(method: string, params: readonly unknown[]): Promise<unknown> {
    const id = this.#nextId++;
    const text = await this.#post(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
    let answer: unknown;
    try {
      answer = JSON.parse(text);
    } catch (cause) {
      throw this.#fault('malformed', `expected JSON from ${method}, got ${text.length} characters that are not`, cause);
    }
    if (typeof answer !== 'object' || answer === null || !('id' in answer) || answer.id !== id) throw this.#fault('malformed', `expected an answer with id ${id} to ${method}`);
    if ('error' in answer && answer.error !== null && answer.error !== undefined) {
      const error = answer.error as { code?: unknown; message?: unknown };
      throw this.#fault('rpc-error', `${method}: error ${String(error.code)}: ${String(error.message).slice(0, 300)}`);
    }
    if (!('result' in answer)) throw this.#fault('malformed', `${method}: neither result nor error`);
    return answer.result;
  }

  async #post(body: string): Promise<string> {
    const { url, timeoutMilliseconds } = this.#options;
    const signal = AbortSignal.timeout(timeoutMilliseconds);
    try {
      const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body, redirect: 'error', signal });
      if (response.status === 429) throw this.#fault('rate-limited', 'too many requests (429)');
      if (!response.ok) throw this.#fault('http-status', `expected HTTP 200, got ${response.status}`);
      return await this.#read(response);
    } catch (cause) {
      if (cause instanceof EndpointFault) throw cause;
      if (signal.aborted) this.#tiredUntil = performance.now() + TIRED_MILLISECONDS;
      if (signal.aborted) throw this.#fault('timeout', `no whole answer within ${timeoutMilliseconds} ms`, cause);
      throw this.#fault('unreachable', 'cannot be reached', cause);
    }
  }

  async #read(response: Response): Promise<string> {
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of response.body ?? []) {
      size += chunk.length;
      if (size > this.#options.maxResponseBytes) throw this.#fault('too-large', `expected at most ${this.#options.maxResponseBytes} bytes, got more`);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString('utf8');
  }

  #fault(code: EndpointFault['code'], message: string, cause?: unknown): EndpointFault {
    return new EndpointFault(code, this.operator, `${this.operator}: ${message}`, { cause });
  }
}
