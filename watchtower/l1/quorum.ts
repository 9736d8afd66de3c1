// What several operators say about L1, and whether enough of them agree. Owns counting by operator (not by URL), and telling a lagging
// endpoint (absent) from one that says something else (dissent). Does not own what the answers mean.
//
//   header of block n ── K operators give one hash ──► agreed          two hashes ──► dissent named
//   receipts          ── any one endpoint, checked against the header
//   eth_call          ── K operators give equal bytes at that block's hash
//
// Invariant: nothing is `agreed` with fewer than K operators; with K = 1 every result says that it rests on one endpoint.
// Not detectable without a light client: all operators lying alike.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Hex } from 'viem';
import { EndpointFault, messageOf } from '../fault.ts';
import { Unverifiable } from '../verdict.ts';
import { restedFirst, type Endpoint } from './endpoint.ts';
import { readHeader, type L1Header } from './header.ts';
import { verifiedLogs, type L1Log } from './receipts.ts';

export interface OperatorAnswer {
  readonly operator: string;
  readonly state: 'agrees' | 'dissents' | 'absent' | 'faulty';
  readonly detail: string;
}

export interface AgreedHeader {
  readonly header: L1Header;
  readonly answers: readonly OperatorAnswer[];
}

type Answer<T> = { readonly operator: string; readonly value: T | undefined; readonly fault: string | undefined };

/** How long the others may still answer once enough operators have, so that dissent is heard; who did not answer in time lately is not waited for. */
const GRACE_MILLISECONDS = 2_000;

export class Quorum {
  readonly needed: number;
  readonly #endpoints: readonly Endpoint[];
  /** What each operator said last, for the agreement matrix. */
  readonly matrix = new Map<string, OperatorAnswer>();

  /** @param needed K: how many operators must agree, at least 1 and at most the number of operators */
  constructor(endpoints: readonly Endpoint[], needed: number) {
    const operators = new Set(endpoints.map(({ operator }) => operator)).size;
    if (needed < 1 || needed > operators) throw new RangeError(`quorum: expected 1 to ${operators} operators, got ${needed}`);
    this.#endpoints = endpoints;
    this.needed = needed;
  }

  get operators(): readonly string[] {
    return [...new Set(this.#endpoints.map(({ operator }) => operator))];
  }

  /** The highest block that K operators have under `tag`, agreed by hash. @throws Unverifiable */
  async head(tag: 'finalized' | 'latest'): Promise<AgreedHeader> {
    const heads = await this.#ask(async (endpoint) => readHeader(await endpoint.request('eth_getBlockByNumber', [tag, false]), endpoint.operator), () => '');
    const numbers = perOperator(heads).flatMap(({ value }) => (value === undefined ? [] : [value.number])).toSorted((a, b) => (a > b ? -1 : 1));
    const reachable = numbers[this.needed - 1];
    if (reachable === undefined) throw new Unverifiable(`the ${tag} head: ${numbers.length} of ${this.needed} operators answer (${faultsOf(heads)})`);
    return this.header(reachable);
  }

  /** Block `number`, agreed by hash. @throws Unverifiable */
  async header(number: bigint): Promise<AgreedHeader> {
    const tag = `0x${number.toString(16)}`;
    const answers = await this.#ask(async (endpoint) => {
      const json = await endpoint.request('eth_getBlockByNumber', [tag, false]);
      return json === null ? undefined : readHeader(json, endpoint.operator);
    }, ({ hash }) => hash);
    return this.#agree(`block ${number}`, answers);
  }

  /** Whether K operators still have this block in their chain. */
  async isCanonical(number: bigint, hash: Hex): Promise<boolean> {
    return (await this.header(number)).header.hash === hash;
  }

  /** Every log of a block whose header is agreed, from whichever endpoint tells the truth. @throws Unverifiable */
  async logs(header: L1Header): Promise<readonly L1Log[]> {
    const faults: string[] = [];
    for (const endpoint of restedFirst(this.#endpoints)) {
      try {
        return await verifiedLogs(header, await endpoint.request('eth_getBlockReceipts', [header.hash]), endpoint.operator);
      } catch (fault) {
        if (!(fault instanceof EndpointFault)) throw fault;
        faults.push(fault.message);
        if (fault.code === 'lying') this.matrix.set(endpoint.operator, { operator: endpoint.operator, state: 'dissents', detail: fault.message });
      }
    }
    throw new Unverifiable(`receipts of block ${header.number}: no endpoint gives them (${faults.join('; ')})`);
  }

  /** The same question to all; the answer that K operators give alike. @throws Unverifiable */
  async same<T>(what: string, method: string, params: readonly unknown[], key: (value: unknown) => string = (value) => JSON.stringify(value)): Promise<T> {
    const answers = perOperator(await this.#ask(async (endpoint) => ({ value: await endpoint.request(method, params) }), ({ value }) => key(value)));
    const groups = Map.groupBy(answers.filter(({ value }) => value !== undefined), ({ value }) => key(value?.value));
    // Where K is at most half of the operators, two answers may each have K: then nobody can say which is true.
    const [most = [], second = []] = [...groups.values()].toSorted((a, b) => b.length - a.length);
    if (most.length >= this.needed && most.length > second.length) return most[0]?.value?.value as T;
    const detail = groups.size > 1 ? `operators differ: ${answers.map(({ operator, value, fault }) => `${operator} says ${value === undefined ? fault : key(value.value).slice(0, 80)}`).join('; ')}` : faultsOf(answers);
    throw new Unverifiable(`${what}: fewer than ${this.needed} operators agree (${detail})`);
  }

  /** A number that K operators give alike. @throws Unverifiable, also when it is none */
  async quantity(what: string, method: string, params: readonly unknown[]): Promise<bigint> {
    const text = await this.same<unknown>(what, method, params);
    if (typeof text !== 'string' || !/^0x[0-9a-f]{1,64}$/i.test(text)) throw new Unverifiable(`${what}: expected a quantity, the operators say ${JSON.stringify(text).slice(0, 80)}`);
    return BigInt(text);
  }

  /**
   * The first answer that is right by the caller's check (against a hash, a root); whoever gave another is named in the matrix.
   * @param wrong why an answer is not the right one; undefined = it is @throws Unverifiable
   */
  async checked<T>(what: string, method: string, params: readonly unknown[], wrong: (value: unknown, operator: string) => string | undefined): Promise<T> {
    const faults: string[] = [];
    for (const endpoint of restedFirst(this.#endpoints)) {
      const { operator } = endpoint;
      try {
        const value = await endpoint.request(method, params);
        const detail = wrong(value, operator);
        if (detail === undefined) return value as T;
        faults.push(`${operator}: ${detail}`);
        this.matrix.set(operator, { operator, state: 'dissents', detail: `${what}: ${detail}` });
      } catch (fault) {
        if (!(fault instanceof EndpointFault)) throw fault;
        faults.push(fault.message);
      }
    }
    throw new Unverifiable(`${what}: no endpoint gives it right (${faults.join('; ')})`);
  }

  /** Asks all; waits for all, or for enough equal answers and a little longer. @param key what makes two answers equal */
  async #ask<T>(question: (endpoint: Endpoint) => Promise<T | undefined>, key: (value: T) => string): Promise<readonly Answer<T>[]> {
    const answers: Answer<T>[] = this.#endpoints.map(({ operator }) => ({ operator, value: undefined, fault: `${operator}: no answer while the others had theirs` }));
    const pending = new Set(this.#endpoints);
    const enough = Promise.withResolvers<undefined>();
    const all = Promise.all(this.#endpoints.map(async (endpoint, index) => {
      answers[index] = await answerOf(endpoint, question);
      pending.delete(endpoint);
      if (this.#isEnough(answers, key)) enough.resolve(undefined);
    }));
    // Whoever comes later than the grace is not waited for; what goes wrong with it then concerns nobody.
    all.catch(() => undefined);
    await Promise.race([all, enough.promise.then(async () => ([...pending].every(({ isTired }) => isTired) ? undefined : sleep(GRACE_MILLISECONDS)))]);
    return [...answers];
  }

  #isEnough<T>(answers: readonly Answer<T>[], key: (value: T) => string): boolean {
    const operators = Map.groupBy(answers.filter(({ value }) => value !== undefined), ({ value }) => key(value as T));
    return [...operators.values()].some((group) => new Set(group.map(({ operator }) => operator)).size >= this.needed);
  }

  #agree(what: string, raw: readonly Answer<L1Header>[]): AgreedHeader {
    const answers = perOperator(raw);
    const groups = [...Map.groupBy(answers.filter(({ value }) => value !== undefined), ({ value }) => value?.hash).values()].toSorted((a, b) => b.length - a.length);
    const winner = groups[0]?.[0]?.value;
    const isAgreed = winner !== undefined && (groups[0]?.length ?? 0) >= this.needed && (groups[1]?.length ?? 0) < (groups[0]?.length ?? 0);
    const said = answers.map(({ operator, value, fault }): OperatorAnswer => {
      if (fault !== undefined) return { operator, state: 'faulty', detail: fault };
      if (value === undefined) return { operator, state: 'absent', detail: `does not have ${what} yet` };
      return { operator, state: value.hash === winner?.hash ? 'agrees' : 'dissents', detail: `${what} is ${value.hash}` };
    });
    for (const answer of said) this.matrix.set(answer.operator, answer);
    if (!isAgreed) throw new Unverifiable(`${what}: fewer than ${this.needed} operators agree on its hash (${said.map(({ operator, state, detail }) => `${operator} ${state}: ${detail}`).join('; ')})`);
    return { header: winner, answers: said };
  }
}

async function answerOf<T>(endpoint: Endpoint, question: (endpoint: Endpoint) => Promise<T | undefined>): Promise<Answer<T>> {
  try {
    return { operator: endpoint.operator, value: await question(endpoint), fault: undefined };
  } catch (cause) {
    if (!(cause instanceof EndpointFault)) throw cause;
    return { operator: endpoint.operator, value: undefined, fault: messageOf(cause) };
  }
}

/** One answer an operator: of several URLs the first that answered; two URLs of one operator that differ make it faulty. */
function perOperator<T>(answers: readonly Answer<T>[]): readonly Answer<T>[] {
  return [...Map.groupBy(answers, ({ operator }) => operator)].map(([operator, own]) => own.find(({ value }) => value !== undefined) ?? { operator, value: undefined, fault: own.find(({ fault }) => fault !== undefined)?.fault });
}

function faultsOf(answers: readonly Answer<unknown>[]): string {
  const faults = answers.flatMap(({ fault }) => (fault === undefined ? [] : [fault]));
  return faults.length === 0 ? 'no operator has it' : faults.join('; ');
}
