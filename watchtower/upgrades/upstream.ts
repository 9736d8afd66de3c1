// What a fork reads L1 from: a JSON-RPC server on this machine that answers with proven state only. Owns which questions of anvil are answered, by what
// proof, and keeping what could not be. Does not own the proofs (view.ts) nor the trials.
//
// A trial on state that one endpoint tells would be that endpoint's verdict. Here balances, nonces, code and words are proven against the agreed state
// root, headers are agreed by the quorum, and the URL of no endpoint is an argument of a process.
// Invariant: what anvil is told is proven or an error, and every error is in `faults`: a trial in which one happened says nothing.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pad, toHex, type Hex } from 'viem';
import { messageOf } from '../fault.ts';
import type { ProvenAccount, View } from '../monitor.ts';

interface Question { readonly id?: unknown; readonly method: string; readonly params?: readonly unknown[] }

/** Asked by anvil to find out whether it may; it goes on without. */
const OPTIONAL = new Set(['eth_getAccountInfo', 'eth_getAccount', 'anvil_nodeInfo', 'web3_clientVersion', 'eth_feeHistory', 'eth_maxPriorityFeePerGas', 'eth_blobBaseFee']);
const NOT_SUPPORTED = -32_601;
const MOST_CHARACTERS = 1_000_000;

export class ProvenUpstream {
  readonly #server: Server;
  readonly #view: View;
  /** One question, one proof, however many forks ask. */
  readonly #answers = new Map<string, Promise<unknown>>();
  /** What could not be proven, in order. */
  readonly faults: string[] = [];

  private constructor(server: Server, view: View) {
    this.#server = server;
    this.#view = view;
  }

  static async start(view: View): Promise<ProvenUpstream> {
    const server = createServer();
    const upstream = new ProvenUpstream(server, view);
    server.on('request', (request, response) => { upstream.#serve(request, response); });
    await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
    return upstream;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => { this.#server.close(() => { resolve(); }); });
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => {
      body += chunk;
      if (body.length > MOST_CHARACTERS) request.destroy();
    }).on('end', () => {
      // Anybody on this machine may ask: what is no question must not end the watchtower.
      this.#answerAll(body).then((answer) => { response.writeHead(200, { 'content-type': 'application/json' }).end(answer); }, () => { response.writeHead(400).end(); });
    });
  }

  async #answerAll(body: string): Promise<string> {
    const questions = JSON.parse(body) as Question | readonly Question[];
    return JSON.stringify(Array.isArray(questions) ? await Promise.all(questions.map(async (question: Question) => this.#reply(question))) : await this.#reply(questions as Question));
  }

  async #reply({ id, method, params = [] }: Question): Promise<Readonly<Record<string, unknown>>> {
    const base = { jsonrpc: '2.0', id: id ?? null };
    if (OPTIONAL.has(method)) return { ...base, error: { code: NOT_SUPPORTED, message: `${method} is not answered here` } };
    const key = `${method} ${JSON.stringify(params)}`;
    const found = this.#answers.get(key) ?? this.answer(method, params);
    this.#answers.set(key, found);
    try {
      return { ...base, result: await found };
    } catch (cause) {
      this.#answers.delete(key);
      this.faults.push(messageOf(cause));
      return { ...base, error: { code: -32_000, message: 'it cannot be proven' } };
    }
  }

  /** @throws Unverifiable when it cannot be proven, Error for a question that no proof answers */
  async answer(method: string, params: readonly unknown[]): Promise<unknown> {
    const { header, config } = this.#view;
    switch (method) {
      case 'eth_chainId': return toHex(config.l1.chainId);
      case 'net_version': return String(config.l1.chainId);
      case 'eth_blockNumber': return toHex(header.number);
      case 'eth_gasPrice': return toHex(header.baseFeePerGas);
      case 'eth_getBlockByNumber': return this.#block(params[0]);
      case 'eth_getBlockByHash': return params[0] === header.hash ? this.#block('latest') : null;
      // The fork asks L1 for its own transactions before it mined them: they are on no other chain.
      case 'eth_getTransactionReceipt': case 'eth_getTransactionByHash': return null;
      case 'eth_getBalance': return toHex((await this.#account(params[0], params[1])).balance);
      case 'eth_getTransactionCount': return toHex((await this.#account(params[0], params[1])).nonce);
      case 'eth_getCode': this.#expectBlock(params[1]); return this.#view.code(params[0] as Hex);
      case 'eth_getStorageAt': return this.#word(params);
      default: throw new Error(`the fork asked for ${method}, which nothing here proves`);
    }
  }

  async #account(address: unknown, block: unknown): Promise<ProvenAccount> {
    this.#expectBlock(block);
    return this.#view.prove(address as Hex);
  }

  async #word([address, position, block]: readonly unknown[]): Promise<Hex> {
    this.#expectBlock(block);
    const slot = pad(toHex(BigInt(position as Hex)), { size: 32 });
    const value = (await this.#view.prove(address as Hex, [slot])).storage.get(slot);
    if (value === undefined) throw new Error(`the proof of ${String(address)} holds no slot ${slot}`);
    return pad(toHex(value), { size: 32 });
  }

  /** A header's fields are hashed; the transactions beside them are not, so none are told. */
  async #block(block: unknown): Promise<unknown> {
    const number = block === 'latest' || block === 'finalized' || block === 'safe' ? this.#view.header.number : BigInt(block as Hex);
    if (number > this.#view.header.number) return null;
    return { ...await this.#view.block(number), transactions: [], uncles: [] };
  }

  #expectBlock(block: unknown): void {
    const { header: { number, hash } } = this.#view;
    const isThis = block === 'latest' || (typeof block === 'string' && /^0x[0-9a-f]{1,16}$/i.test(block) && BigInt(block) === number)
      || (typeof block === 'object' && block !== null && ('blockHash' in block ? block.blockHash === hash : 'blockNumber' in block && BigInt(block.blockNumber as Hex) === number));
    if (!isThis) throw new Error(`the fork asked for state at ${JSON.stringify(block)}, expected block ${number}`);
  }
}
