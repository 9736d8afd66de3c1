// JSON-RPC 2.0 over text: one message in, one message out.
//
// Owns: parsing, the envelope's rules, batches, ids, errors, admission to the gate and the call counts. Does not own:
// sockets (transport/), what methods do (methods/).
// Invariants: every call is answered exactly once, in a batch at its place; a notification never; an exception of a
// method becomes an error object and nothing else; no client value is trusted before its type was checked.

import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Logger } from 'pino';
import { decodeParameters } from './codec/parameter.ts';
import { errorObject, invalidParams, limitExceeded, methodNotFound, RPC_CODE, RpcError, serverError } from './errors.ts';
import { Gate } from './gate.ts';
import type { JsonValue } from './json.ts';
import type { RpcLimits } from './limits.ts';
import type { RpcMetrics } from './metrics.ts';
import type { CallScope, Method, RpcNode } from './node.ts';

/** The caller's side of a connection: shared by all its calls. */
export interface Caller extends CallScope {
  /** Calls of this connection in progress; kept by the dispatcher. */
  inProgress: number;
}

/** The answer's text, or undefined when none is due. `isRefusal` = refused as a whole for lack of room. */
export interface Answer { text: string | undefined; isRefusal: boolean }

type Id = string | number | null;
interface CallEnvelope { id: Id | undefined; method: string; params: readonly unknown[] }

/** How long one batch may keep the event loop before others get a turn. */
const TURN_MILLISECONDS = 10;

const NOTHING: Answer = { text: undefined, isRefusal: false };

function failure(id: Id, error: unknown): string {
  return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"error":${JSON.stringify(errorObject(error))}}`;
}

/** The id if it is one a response can repeat: a string, null, or a number that JSON carries without loss. */
function readId(value: unknown): Id | undefined {
  if (typeof value === 'string' || value === null) return value;
  if (typeof value !== 'number' || !Number.isFinite(value)) return undefined;
  return Number.isInteger(value) && !Number.isSafeInteger(value) ? undefined : value;
}

/** Checks one request object. Throws RpcError -32600 or -32602; `id` for the answer is read separately. */
function readEnvelope(request: Readonly<Record<string, unknown>>): CallEnvelope {
  if (request.jsonrpc !== '2.0') throw new RpcError(RPC_CODE.invalidRequest, 'invalid request: expected jsonrpc "2.0"');
  if (typeof request.method !== 'string') throw new RpcError(RPC_CODE.invalidRequest, 'invalid request: expected a method name');
  const { params } = request;
  if (params !== undefined && params !== null && !Array.isArray(params)) {
    if (typeof params === 'object') throw invalidParams('non-array args: this server takes positional parameters only');
    throw new RpcError(RPC_CODE.invalidRequest, 'invalid request: expected params to be an array');
  }
  return { id: 'id' in request ? (request.id as Id) : undefined, method: request.method, params: params ?? [] };
}

export class Dispatcher {
  readonly #node: RpcNode;
  readonly #methods: ReadonlyMap<string, Method>;
  readonly #limits: RpcLimits;
  readonly #metrics: RpcMetrics;
  readonly #logger: Logger;
  readonly #gate: Gate;
  #inProgress = 0;
  #isStopping = false;

  constructor(node: RpcNode, methods: readonly Method[], metrics: RpcMetrics) {
    this.#node = node;
    this.#methods = new Map(methods.map((method) => [method.name, method]));
    if (this.#methods.size !== methods.length) throw new Error('two methods share a name');
    this.#limits = node.limits;
    this.#metrics = metrics;
    this.#logger = node.logger;
    this.#gate = new Gate(node.limits.concurrentHeavyCalls, node.limits.queuedHeavyCalls);
  }

  /** Calls in progress over all connections. */
  get inProgress(): number { return this.#inProgress; }
  get heavyRunning(): number { return this.#gate.running; }
  get heavyWaiting(): number { return this.#gate.waiting; }

  get isStopping(): boolean { return this.#isStopping; }

  /** From now on every call is refused; those in progress finish. */
  stop(): void { this.#isStopping = true; }

  /** Answers one message: a call or a batch. Never throws. */
  async answer(body: string, caller: Caller): Promise<Answer> {
    let message: unknown;
    try {
      message = JSON.parse(body);
    } catch (error) {
      const reason = error instanceof Error ? error.message.slice(0, 120) : 'unreadable';
      return { text: failure(null, new RpcError(RPC_CODE.parse, `parse error: ${reason}`)), isRefusal: false };
    }
    if (!Array.isArray(message)) return this.#single(message, caller);
    if (message.length === 0) return { text: failure(null, new RpcError(RPC_CODE.invalidRequest, 'empty batch')), isRefusal: false };
    if (message.length > this.#limits.batchCalls) {
      return { text: failure(null, new RpcError(RPC_CODE.invalidRequest, `batch too large: expected at most ${this.#limits.batchCalls} calls, got ${message.length}`)), isRefusal: false };
    }
    return this.#batch(message, caller);
  }

  async #single(request: unknown, caller: Caller): Promise<Answer> {
    const refusal = this.#refusal(caller);
    if (refusal === undefined) return { text: await this.#call(request, caller), isRefusal: false };
    this.#metrics.refused.inc();
    const id = typeof request === 'object' && request !== null && 'id' in request ? readId(request.id) : undefined;
    return { text: failure(id ?? null, refusal), isRefusal: true };
  }

  /** Calls start in order, several at once; answers keep the batch's order. */
  async #batch(requests: readonly unknown[], caller: Caller): Promise<Answer> {
    const answers = new Array<string | undefined>(requests.length);
    let next = 0;
    let sizeBytes = 0;
    let turnEnds = performance.now() + TURN_MILLISECONDS;
    const work = async (): Promise<void> => {
      while (next < requests.length) {
        // Calls that never wait would otherwise follow each other without letting anyone else in.
        if (performance.now() > turnEnds) {
          await nextTurn();
          turnEnds = performance.now() + TURN_MILLISECONDS;
          continue;
        }
        const index = next++;
        const isFull = sizeBytes > this.#limits.batchResponseBytes;
        const text = isFull ? this.#withoutRoom(requests[index]) : (await this.#single(requests[index], caller)).text;
        answers[index] = text;
        sizeBytes += text?.length ?? 0;
      }
    };
    const free = Math.max(1, this.#limits.concurrentCallsPerConnection - caller.inProgress);
    await Promise.all(Array.from({ length: Math.min(free, requests.length) }, work));
    const present = answers.filter((text) => text !== undefined);
    return present.length === 0 ? NOTHING : { text: `[${present.join(',')}]`, isRefusal: false };
  }

  #withoutRoom(request: unknown): string | undefined {
    if (typeof request !== 'object' || request === null || !('id' in request)) return undefined;
    return failure(readId(request.id) ?? null, limitExceeded(`batch response exceeds ${this.#limits.batchResponseBytes} bytes; ask for less at once`));
  }

  #refusal(caller: Caller): RpcError | undefined {
    if (this.#isStopping) return serverError('the server is stopping');
    if (this.#inProgress >= this.#limits.concurrentCalls) return limitExceeded(`expected at most ${this.#limits.concurrentCalls} calls at once on this server; try again`);
    if (caller.inProgress >= this.#limits.concurrentCallsPerConnection) {
      return limitExceeded(`expected at most ${this.#limits.concurrentCallsPerConnection} calls at once on a connection; wait for answers`);
    }
    return undefined;
  }

  /** One request of unknown shape to its answer's text; undefined for a notification. */
  async #call(request: unknown, caller: Caller): Promise<string | undefined> {
    if (typeof request !== 'object' || request === null || Array.isArray(request)) {
      return failure(null, new RpcError(RPC_CODE.invalidRequest, 'invalid request: expected an object'));
    }
    const fields = request as Readonly<Record<string, unknown>>;
    const isNotification = !('id' in fields);
    const id = isNotification ? null : readId(fields.id);
    if (id === undefined) return failure(null, new RpcError(RPC_CODE.invalidRequest, 'invalid request: expected the id to be a string, a safe number or null'));
    let text: string;
    try {
      const result = await this.#run(readEnvelope(fields), caller);
      text = `{"jsonrpc":"2.0","id":${typeof id === 'number' ? id : JSON.stringify(id)},"result":${JSON.stringify(result)}}`;
    } catch (error) {
      // An invalid request is answered even without an id (JSON-RPC 2.0, section 5): its sender cannot be told apart from a broken one.
      if (error instanceof RpcError && error.code === RPC_CODE.invalidRequest) return failure(id, error);
      text = failure(id, error);
    }
    return isNotification ? undefined : text;
  }

  async #run(envelope: CallEnvelope, caller: Caller): Promise<JsonValue> {
    const method = this.#methods.get(envelope.method);
    if (method === undefined) {
      this.#metrics.unknownMethod.inc();
      throw methodNotFound(envelope.method.slice(0, 80));
    }
    const finished = this.#metrics.started(method.name);
    this.#inProgress++;
    caller.inProgress++;
    try {
      const args = decodeParameters(method.parameters, envelope.params);
      const result = method.cost === 'heavy'
        ? await this.#gate.run(caller.signal, () => method.run(this.#node, args, caller))
        : await method.run(this.#node, args, caller);
      finished('ok');
      return result;
    } catch (error) {
      finished(error instanceof RpcError ? 'refused' : 'fault');
      if (!(error instanceof RpcError)) this.#logger.error({ err: error, method: method.name }, 'a JSON-RPC method failed');
      throw error;
    } finally {
      this.#inProgress--;
      caller.inProgress--;
    }
  }
}
