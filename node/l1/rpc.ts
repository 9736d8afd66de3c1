// JSON-RPC over HTTP to one or several L1 endpoints: keep-alive, batches, time and size limits, bounded retries.
//
// Owns: transport faults and turning to the next endpoint. Does not own: what the answers mean (header.ts, receipt.ts).
// Invariant: every request ends within (retries + 1) x (timeout + longest backoff); an answer is matched by id, and a
// missing, doubled or foreign id is 'malformed'. Credentials in a URL never reach a message.

import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { RetryableL1Fault, type RetryableL1Code } from './fault.ts';
import { readArray, readObject } from './hex.ts';

export interface RpcCall { readonly method: string; readonly params: readonly unknown[] }

export interface L1RpcOptions {
  /** At least one http(s) URL. With several, each retry goes to the next. */
  readonly urls: readonly string[];
  /** Per HTTP request. Default 10,000. */
  readonly timeoutMilliseconds?: number;
  /** Attempts after the first. Default 3. */
  readonly retries?: number;
  /** First backoff; doubles, with up to 50 % added at random, to at most 5,000. Default 100. */
  readonly backoffMilliseconds?: number;
  /** Default 64 MiB. */
  readonly maxResponseBytes?: number;
  /** Most calls in one HTTP request. Default 50. */
  readonly maxBatch?: number;
  /** Told of every failed attempt, for metrics and logs. */
  readonly onFault?: (fault: RetryableL1Fault) => void;
}

const LONGEST_BACKOFF_MILLISECONDS = 5_000;
/** JSON-RPC codes that another attempt may mend: internal errors and the usual limit codes. */
const TRANSIENT_RPC_CODES = new Set([-32603, -32005, -32029, -32097]);

export class L1Rpc {
  readonly #endpoints: readonly { readonly url: URL; readonly name: string }[];
  readonly #timeoutMilliseconds: number;
  readonly #retries: number;
  readonly #backoffMilliseconds: number;
  readonly #maxResponseBytes: number;
  readonly #maxBatch: number;
  readonly #onFault: (fault: RetryableL1Fault) => void;
  readonly #httpAgent = new HttpAgent({ keepAlive: true, maxSockets: 8 });
  readonly #httpsAgent = new HttpsAgent({ keepAlive: true, maxSockets: 8 });
  #preferred = 0;
  #nextId = 1;

  constructor(options: L1RpcOptions) {
    if (options.urls.length === 0) throw new RangeError('L1 RPC: expected at least one URL, got none');
    this.#endpoints = options.urls.map((text) => {
      const url = new URL(text);
      if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new RangeError(`L1 RPC: expected an http or https URL, got ${url.protocol}`);
      return { url, name: `${url.protocol}//${url.host}` };
    });
    this.#timeoutMilliseconds = options.timeoutMilliseconds ?? 10_000;
    this.#retries = options.retries ?? 3;
    this.#backoffMilliseconds = options.backoffMilliseconds ?? 100;
    this.#maxResponseBytes = options.maxResponseBytes ?? 64 * 1024 * 1024;
    this.#maxBatch = options.maxBatch ?? 50;
    this.#onFault = options.onFault ?? (() => undefined);
  }

  /** URL, without credentials or path, of the endpoint asked next. */
  get endpoint(): string {
    return this.#endpoints[this.#preferred]?.name ?? '';
  }

  get endpointCount(): number {
    return this.#endpoints.length;
  }

  /** Asks another endpoint from now on: for a caller that caught this one lying or lagging. */
  turnToNextEndpoint(): void {
    this.#preferred = (this.#preferred + 1) % this.#endpoints.length;
  }

  /** One call. @throws RetryableL1Fault; an error object of the endpoint is 'rpc-error' with `rpc` set. */
  async call(method: string, params: readonly unknown[], signal?: AbortSignal): Promise<unknown> {
    const [result] = await this.batch([{ method, params }], signal);
    return result;
  }

  /** All results in order, all from one endpoint per HTTP request. @throws RetryableL1Fault if any call fails. */
  async batch(calls: readonly RpcCall[], signal?: AbortSignal): Promise<readonly unknown[]> {
    const results: unknown[] = [];
    for (let start = 0; start < calls.length; start += this.#maxBatch) {
      results.push(...await this.#attempt(calls.slice(start, start + this.#maxBatch), signal));
    }
    return results;
  }

  /** Closes idle connections. */
  close(): void {
    this.#httpAgent.destroy();
    this.#httpsAgent.destroy();
  }

  async #attempt(calls: readonly RpcCall[], signal: AbortSignal | undefined): Promise<readonly unknown[]> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await this.#exchange(calls, signal);
      } catch (fault) {
        if (!(fault instanceof RetryableL1Fault) || fault.code === 'aborted') throw fault;
        this.#onFault(fault);
        const isFinal = fault.code === 'rpc-error' && !TRANSIENT_RPC_CODES.has(fault.rpc?.code ?? 0);
        if (isFinal || attempt >= this.#retries) throw fault;
        this.turnToNextEndpoint();
        await this.#backOff(attempt, fault.retryAfterMilliseconds, signal);
      }
    }
  }

  async #backOff(attempt: number, retryAfterMilliseconds: number | undefined, signal: AbortSignal | undefined): Promise<void> {
    const exponential = this.#backoffMilliseconds * 2 ** attempt * (1 + Math.random() / 2);
    const delay = Math.min(Math.max(exponential, retryAfterMilliseconds ?? 0), LONGEST_BACKOFF_MILLISECONDS);
    try {
      await sleep(delay, undefined, signal === undefined ? {} : { signal });
    } catch (cause) {
      throw new RetryableL1Fault('aborted', 'L1 request: aborted while waiting to retry', undefined, { cause });
    }
  }

  async #exchange(calls: readonly RpcCall[], signal: AbortSignal | undefined): Promise<readonly unknown[]> {
    const endpoint = this.#endpoints[this.#preferred];
    if (endpoint === undefined) throw new RangeError('L1 RPC: no endpoint');
    const firstId = this.#nextId;
    this.#nextId += calls.length;
    const requests = calls.map((call, i) => ({ jsonrpc: '2.0', id: firstId + i, method: call.method, params: call.params }));
    const body = JSON.stringify(requests.length === 1 ? requests[0] : requests);
    const text = await this.#post(endpoint.url, endpoint.name, body, signal);
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch (cause) {
      throw new RetryableL1Fault('malformed', `L1 answer: expected JSON, got ${text.length} characters that are not`, endpoint.name, { cause });
    }
    try {
      return matchAnswers(calls, firstId, json, endpoint.name);
    } catch (fault) {
      if (fault instanceof RetryableL1Fault && fault.endpoint === undefined) {
        throw new RetryableL1Fault(fault.code, fault.message, endpoint.name, { cause: fault });
      }
      throw fault;
    }
  }

  #post(url: URL, name: string, body: string, signal: AbortSignal | undefined): Promise<string> {
    return new Promise((resolve, reject) => {
      const deadline = AbortSignal.timeout(this.#timeoutMilliseconds);
      const combined = signal === undefined ? deadline : AbortSignal.any([signal, deadline]);
      const fail = (cause: unknown): void => {
        const code: RetryableL1Code = signal?.aborted === true ? 'aborted' : deadline.aborted ? 'timeout' : 'unreachable';
        const why = code === 'timeout' ? `no whole answer within ${this.#timeoutMilliseconds} ms` : cause instanceof Error ? cause.message : String(cause);
        reject(cause instanceof RetryableL1Fault ? cause : new RetryableL1Fault(code, `L1 request: ${why}`, name, { cause }));
      };
      const isSecure = url.protocol === 'https:';
      const headers: Record<string, string | number> = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
      const send = isSecure ? httpsRequest : httpRequest;
      const request = send(url, { method: 'POST', agent: isSecure ? this.#httpsAgent : this.#httpAgent, headers, signal: combined }, (response) => {
        this.#readBody(response, name).then(resolve, fail);
      });
      request.on('error', fail);
      request.end(body);
    });
  }

  async #readBody(response: IncomingMessage, name: string): Promise<string> {
    const status = response.statusCode ?? 0;
    if (status === 429) {
      response.resume();
      const seconds = Number(response.headers['retry-after']);
      throw new RetryableL1Fault('rate-limited', 'L1 endpoint: 429, too many requests', name, Number.isFinite(seconds) && seconds >= 0 ? { retryAfterMilliseconds: seconds * 1000 } : {});
    }
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of response) {
      const part = Buffer.from(chunk);
      size += part.length;
      if (size > this.#maxResponseBytes) {
        response.destroy();
        throw new RetryableL1Fault('too-large', `L1 answer: expected at most ${this.#maxResponseBytes} bytes, got more`, name);
      }
      chunks.push(part);
    }
    if (status !== 200) throw new RetryableL1Fault('http-status', `L1 endpoint: expected HTTP 200, got ${status}`, name);
    return Buffer.concat(chunks).toString('utf8');
  }
}

function matchAnswers(calls: readonly RpcCall[], firstId: number, json: unknown, name: string): readonly unknown[] {
  const answers = calls.length === 1 && !Array.isArray(json) ? [json] : readArray(json, 'L1 batch answer');
  const byId = new Map<unknown, Readonly<Record<string, unknown>>>();
  for (const value of answers) {
    const answer = readObject(value, 'L1 answer');
    if (byId.has(answer['id'])) throw new RetryableL1Fault('malformed', `L1 answer: id ${String(answer['id'])} twice`, name);
    byId.set(answer['id'], answer);
  }
  return calls.map((call, i) => {
    const answer = byId.get(firstId + i);
    if (answer === undefined) throw new RetryableL1Fault('malformed', `L1 answer to ${call.method}: expected id ${firstId + i}, which is missing`, name);
    if (answer['error'] !== undefined && answer['error'] !== null) throw rpcError(call, answer['error'], name);
    if (!('result' in answer)) throw new RetryableL1Fault('malformed', `L1 answer to ${call.method}: neither result nor error`, name);
    return answer['result'];
  });
}

function rpcError(call: RpcCall, value: unknown, name: string): RetryableL1Fault {
  const error = readObject(value, 'L1 error');
  const code = typeof error['code'] === 'number' ? error['code'] : 0;
  const message = typeof error['message'] === 'string' ? error['message'] : 'no message';
  const isLimit = code === -32005 || code === -32029 || code === -32097;
  return new RetryableL1Fault(isLimit ? 'rate-limited' : 'rpc-error', `L1 ${call.method}: error ${code}: ${message.slice(0, 300)}`, name, {
    rpc: { code, message, data: error['data'] },
  });
}
