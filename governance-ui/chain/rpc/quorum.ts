// Several endpoints of one chain, read as one: first they must agree on a block (its header recomputed here), then every read
// names that block by hash and must be answered equally by more than half of the operators.
// Owns the round (who is there, behind, on another chain, lying) and the record of dissent, which the page shows by name.
// With one operator nothing can be compared: its word is passed on as `unverified`. Colluding majorities cannot be seen from here.
// Invariant: no value is returned without the block it holds at.

import type { Hex } from 'viem';
import { RpcEndpoint, RpcFault } from './endpoint.ts';
import type { EndpointConfig } from './endpoint.ts';
import { verifiedHeader } from './header.ts';
import type { Header } from './header.ts';
import { canonicalText, quorumOf, tally } from './agreement.ts';
import type { Dissent, Vote } from './agreement.ts';
import { reasonOf, unknown } from '../reading.ts';
import type { BlockRef, Reading, Trust } from '../reading.ts';

export type EndpointState = 'agrees' | 'behind' | 'silent' | 'dissents' | 'wrong chain';

export interface EndpointStatus {
  readonly url: string;
  readonly operator: string;
  readonly state: EndpointState;
  readonly head: bigint | undefined;
  readonly why: string | undefined;
}

/** What one round found: the block that reads are made at, and the last block the chain itself calls final. */
export interface Round {
  readonly head: Reading<Header>;
  readonly finalized: Reading<Header>;
  readonly endpoints: readonly EndpointStatus[];
}

interface Heard { readonly endpoint: RpcEndpoint; readonly head: Header | undefined; readonly finalized: Header | undefined; readonly fault: string | undefined; readonly isWrongChain: boolean; readonly isForged: boolean }

const MAX_DISSENTS_KEPT = 100;

export class Quorum {
  readonly chainId: number;
  readonly endpoints: readonly RpcEndpoint[];
  readonly #dissents = new Map<string, Dissent>();
  readonly #listeners = new Set<() => void>();
  #dissentList: readonly Dissent[] = [];

  constructor(chainId: number, endpoints: readonly EndpointConfig[]) {
    this.chainId = chainId;
    this.endpoints = endpoints.map((endpoint) => new RpcEndpoint(endpoint));
  }

  get operatorCount(): number {
    return new Set(this.endpoints.map(({ operator }) => operator)).size;
  }

  /** How far an answer that reached the quorum is vouched for. */
  get trust(): Trust {
    return this.operatorCount > 1 ? 'agreed' : 'unverified';
  }

  /** Endpoints that answered otherwise than the quorum since the page was opened; the array changes only when the record does. */
  readonly dissents = (): readonly Dissent[] => this.#dissentList;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Asks every endpoint for its head, and settles on a block that a quorum has. */
  async round(): Promise<Round> {
    const heard = await Promise.all(this.endpoints.map(async (endpoint) => this.#hear(endpoint)));
    const head = await this.#agreeOn(heard, 'head');
    const finalized = await this.#agreeOn(heard, 'finalized');
    return { head, finalized, endpoints: heard.map((one) => statusOf(one, head, this.#dissentList)) };
  }

  /**
   * One read at a block, asked of each endpoint. It is answered as soon as the quorum is reached; who answers later is still
   * compared, and its dissent recorded.
   * @param params made for the block given
   * @param pick what of an answer is compared and returned: endpoints add members of their own
   */
  async read(method: string, params: readonly unknown[], at: BlockRef, pick: (answer: unknown) => unknown = (answer) => answer): Promise<Reading<unknown>> {
    const votes: Vote<unknown>[] = this.endpoints.map(({ url, operator }) => ({ url, operator, answer: { ok: false, why: 'no answer yet' } }));
    return new Promise((resolve) => {
      let open = votes.length;
      const judge = (): void => {
        const result = tally(votes, `${method} at block ${at.number}`);
        if (result.value.reached) resolve({ known: true, value: result.value.value, at, trust: this.trust });
        else if (open === 0) resolve(unknown(result.value.why));
        if (result.value.reached || open === 0) this.#record(result.dissent);
      };
      if (open === 0) judge();
      for (const [index, endpoint] of this.endpoints.entries()) {
        void ask(endpoint, method, params, pick).then((vote) => {
          votes[index] = vote;
          open -= 1;
          judge();
        });
      }
    });
  }

  /**
   * The first answer of any endpoint that stands the check: for proofs against an agreed root, where one honest endpoint is enough.
   * @param check throws on an answer that is false; whoever gave it is named
   */
  async first<T>(method: string, params: readonly unknown[], at: BlockRef, check: (answer: unknown) => T | Promise<T>): Promise<Reading<T>> {
    const reasons: string[] = [];
    for (const endpoint of this.endpoints) {
      let answer: unknown;
      try {
        answer = await endpoint.request(method, params);
      } catch (error) {
        reasons.push(`${endpoint.url}: ${reasonOf(error)}`);
        continue;
      }
      try {
        return { known: true, value: await check(answer), at, trust: 'proven' };
      } catch (error) {
        reasons.push(`${endpoint.url} sent what is false: ${reasonOf(error)}`);
        this.#record([{ url: endpoint.url, operator: endpoint.operator, about: `${method} at block ${at.number}`, got: reasonOf(error), expected: 'a proof that holds' }]);
      }
    }
    return unknown(`${method}: ${reasons.join('; ') || 'no endpoint is configured'}`);
  }

  /** `eth_call` at a block. */
  async call(to: Hex, data: Hex, at: BlockRef, from?: Hex): Promise<Reading<Hex>> {
    const answer = await this.read('eth_call', [from === undefined ? { to, data } : { to, data, from }, { blockHash: at.hash }], at);
    if (!answer.known) return answer;
    if (typeof answer.value === 'string' && /^0x[0-9a-f]*$/i.test(answer.value)) return { ...answer, value: answer.value as Hex };
    const reverted = (answer.value as { reverted?: string } | null)?.reverted;
    return unknown(reverted === undefined ? 'the call gave no data' : `the contract refused the call (${reverted.slice(0, 10)})`);
  }

  /** The header of a block by number, agreed like any read and recomputed. Its own block is what it holds at. */
  async header(number: bigint): Promise<Reading<Header>> {
    return this.#headerAt(`0x${number.toString(16)}`, this.endpoints);
  }

  async #hear(endpoint: RpcEndpoint): Promise<Heard> {
    let isWrongChain = false;
    let isForged = false;
    try {
      const [chainId, head, finalized] = await Promise.all([
        endpoint.request('eth_chainId', []), endpoint.request('eth_getBlockByNumber', ['latest', false]), endpoint.request('eth_getBlockByNumber', ['finalized', false]),
      ]);
      if (Number(chainId) !== this.chainId) {
        isWrongChain = true;
        throw new Error(`expected chain ${this.chainId}, got chain ${Number(chainId)}`);
      }
      isForged = true;
      return { endpoint, head: verifiedHeader(head), finalized: finalized === null ? undefined : verifiedHeader(finalized), fault: undefined, isWrongChain, isForged: false };
    } catch (error) {
      if (isForged) this.#record([{ url: endpoint.url, operator: endpoint.operator, about: 'block header', got: reasonOf(error), expected: 'a header that hashes to its hash' }]);
      return { endpoint, head: undefined, finalized: undefined, fault: reasonOf(error), isWrongChain, isForged };
    }
  }

  /** The highest block that enough operators have reached, if they agree on its hash. */
  async #agreeOn(heard: readonly Heard[], which: 'head' | 'finalized'): Promise<Reading<Header>> {
    const reached = heard.flatMap((one) => (one[which] === undefined ? [] : [{ operator: one.endpoint.operator, number: one[which].number }]));
    const needed = quorumOf(this.operatorCount);
    const perOperator = [...new Set(reached.map(({ operator }) => operator))].map((operator) => reached.filter((one) => one.operator === operator).reduce((most, { number }) => (number > most ? number : most), 0n)).toSorted((left, right) => Number(right - left));
    const height = perOperator[needed - 1];
    if (height === undefined) {
      const faults = heard.flatMap(({ endpoint, fault }) => (fault === undefined ? [] : [`${endpoint.url}: ${fault}`]));
      return unknown(`${needed} of ${this.operatorCount} operators must have a ${which === 'head' ? 'latest' : 'finalized'} block, ${perOperator.length} do${faults.length === 0 ? '' : ` (${faults.join('; ')})`}`);
    }
    const able = heard.filter((one) => one.head !== undefined && one.head.number >= height).map(({ endpoint }) => endpoint);
    const known = new Map(heard.flatMap((one) => (one[which]?.number === height ? [[one.endpoint, one[which]] as const] : [])));
    return this.#headerAt(`0x${height.toString(16)}`, able, known);
  }

  async #headerAt(number: Hex, able: readonly RpcEndpoint[], known: ReadonlyMap<RpcEndpoint, Header> = new Map()): Promise<Reading<Header>> {
    const votes = await Promise.all(this.endpoints.map(async (endpoint): Promise<Vote<Header>> => {
      const { url, operator } = endpoint;
      if (!able.includes(endpoint)) return { url, operator, answer: { ok: false, why: 'behind or silent' } };
      try {
        return { url, operator, answer: { ok: true, value: known.get(endpoint) ?? verifiedHeader(await endpoint.request('eth_getBlockByNumber', [number, false])) } };
      } catch (error) {
        return { url, operator, answer: { ok: false, why: reasonOf(error) } };
      }
    }));
    const result = tally(votes, `hash of block ${BigInt(number)}`);
    this.#record(result.dissent);
    if (!result.value.reached) return unknown(result.value.why);
    const header = result.value.value;
    return { known: true, value: header, at: header, trust: this.trust };
  }

  #record(dissents: readonly Dissent[]): void {
    let isNew = false;
    for (const dissent of dissents) {
      const key = `${dissent.url} ${dissent.about.replace(/\d+/g, 'N')}`;
      if (!this.#dissents.has(key) && this.#dissents.size >= MAX_DISSENTS_KEPT) continue;
      isNew ||= !this.#dissents.has(key);
      this.#dissents.set(key, dissent);
    }
    if (!isNew) return;
    this.#dissentList = [...this.#dissents.values()];
    for (const listener of this.#listeners) listener();
  }
}

async function ask(endpoint: RpcEndpoint, method: string, params: readonly unknown[], pick: (answer: unknown) => unknown): Promise<Vote<unknown>> {
  const { url, operator } = endpoint;
  try {
    const value = pick(await endpoint.request(method, params));
    // What cannot be compared (nested without end, say) is no answer; found only in the tally it would end the read of all.
    canonicalText(value);
    return { url, operator, answer: { ok: true, value } };
  } catch (error) {
    // A revert is an answer about the chain; whether all give the same one is compared like any other.
    if (error instanceof RpcFault && error.code === 'refused' && error.data !== undefined) return { url, operator, answer: { ok: true, value: { reverted: error.data } } };
    return { url, operator, answer: { ok: false, why: reasonOf(error) } };
  }
}

function statusOf({ endpoint, head, fault, isWrongChain, isForged }: Heard, agreed: Reading<Header>, dissents: readonly Dissent[]): EndpointStatus {
  const { url, operator } = endpoint;
  const about = { url, operator, head: head?.number };
  if (isWrongChain) return { ...about, state: 'wrong chain', why: fault };
  const dissent = dissents.find((one) => one.url === url);
  if (isForged || dissent !== undefined) return { ...about, state: 'dissents', why: dissent === undefined ? fault : `${dissent.about}: expected ${dissent.expected}, got ${dissent.got}` };
  if (head === undefined) return { ...about, state: 'silent', why: fault };
  if (agreed.known && head.number < agreed.value.number) return { ...about, state: 'behind', why: `${agreed.value.number - head.number} blocks behind` };
  return { ...about, state: 'agrees', why: undefined };
}
