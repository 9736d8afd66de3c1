// One JSON-RPC endpoint over HTTP. Owns the envelope: batching of calls made at the same time, time limits, and what counts as
// no answer. It believes nothing of what it reads; that is quorum.ts.
// Invariant: every request ends within its time limit, with a result or an RpcFault that says what was expected and what came.

const TIMEOUT_MILLISECONDS = 8_000;
/** For one that did not answer the last time: the page must not wait for it again and again. */
const SHORT_TIMEOUT_MILLISECONDS = 2_000;
/** Calls made within this time share one request. */
const GATHER_MILLISECONDS = 4;
const MAX_BATCH = 40;

type FaultCode = 'unreachable' | 'malformed' | 'refused' | 'limited';

/** Why an endpoint gave no result. `refused` is its own answer (a revert, a missing block); the others say nothing about the chain. */
export class RpcFault extends Error {
  readonly code: FaultCode;
  /** Data of a revert, if there is any. */
  readonly data: string | undefined;
  constructor(code: FaultCode, message: string, options?: { cause?: unknown; data?: string | undefined }) {
    super(message, options);
    this.name = 'RpcFault';
    this.code = code;
    this.data = options?.data;
  }
}

interface Pending {
  readonly method: string;
  readonly params: readonly unknown[];
  readonly resolve: (result: unknown) => void;
  readonly reject: (fault: RpcFault) => void;
}

interface Envelope { readonly id?: unknown; readonly result?: unknown; readonly error?: { readonly code?: unknown; readonly message?: unknown; readonly data?: unknown } }

export interface EndpointConfig {
  readonly url: string;
  /** Who runs it: a quorum counts operators, not addresses. */
  readonly operator: string;
}

export class RpcEndpoint {
  readonly url: string;
  readonly operator: string;
  #queue: Pending[] = [];
  #takesBatches = true;
  #timeoutMilliseconds = TIMEOUT_MILLISECONDS;

  constructor({ url, operator }: EndpointConfig) {
    this.url = url;
    this.operator = operator;
  }

  /** @throws RpcFault */
  async request(method: string, params: readonly unknown[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ method, params, resolve, reject });
      if (this.#queue.length === 1) setTimeout(() => void this.#flush(), GATHER_MILLISECONDS);
    });
  }

  async #flush(): Promise<void> {
    const calls = this.#queue;
    this.#queue = [];
    const size = this.#takesBatches ? MAX_BATCH : 1;
    const groups = Array.from({ length: Math.ceil(calls.length / size) }, (_, index) => calls.slice(index * size, (index + 1) * size));
    await Promise.all(groups.map(async (group) => this.#send(group)));
  }

  async #send(calls: readonly Pending[]): Promise<void> {
    try {
      const body = calls.map(({ method, params }, id) => ({ jsonrpc: '2.0', id, method, params }));
      const answer = await this.#post(calls.length === 1 ? body[0] : body);
      if (calls.length > 1 && !Array.isArray(answer)) {
        this.#takesBatches = false;
        await Promise.all(calls.map(async (call) => this.#send([call])));
        return;
      }
      const envelopes = (calls.length === 1 ? [answer] : answer) as readonly Envelope[];
      for (const [id, call] of calls.entries()) settle(call, envelopes.find((envelope) => envelope?.id === id));
    } catch (error) {
      const fault = error instanceof RpcFault ? error : new RpcFault('unreachable', `${this.url} cannot be reached: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
      for (const call of calls) call.reject(fault);
    }
  }

  async #post(body: unknown): Promise<unknown> {
    const limit = this.#timeoutMilliseconds;
    let response: Response;
    let text: string;
    try {
      response = await fetch(this.url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body), signal: AbortSignal.timeout(limit), credentials: 'omit', referrerPolicy: 'no-referrer' });
      text = await response.text();
    } catch (cause) {
      this.#timeoutMilliseconds = SHORT_TIMEOUT_MILLISECONDS;
      const isTimeout = cause instanceof Error && cause.name === 'TimeoutError';
      throw new RpcFault('unreachable', isTimeout ? `no answer within ${limit / 1000} s` : 'cannot be reached', { cause });
    }
    this.#timeoutMilliseconds = TIMEOUT_MILLISECONDS;
    if (response.status === 429) throw new RpcFault('limited', 'too many requests (HTTP 429)');
    try {
      return JSON.parse(text) as unknown;
    } catch (cause) {
      throw new RpcFault('malformed', `expected JSON, got HTTP ${response.status} and ${text.length} characters of something else`, { cause });
    }
  }
}

function settle(call: Pending, envelope: Envelope | undefined): void {
  if (envelope === undefined || envelope === null || (envelope.result === undefined && envelope.error === undefined)) {
    call.reject(new RpcFault('malformed', `no answer to ${call.method} in the response`));
  } else if (envelope.error) {
    const { message, data } = envelope.error;
    call.reject(new RpcFault('refused', typeof message === 'string' ? message : 'refused without a message', { data: typeof data === 'string' ? data : undefined }));
  } else call.resolve(envelope.result);
}
