// Each JSON-RPC method that the watchtower believes anything of, with each way to answer wrongly. One operator of three that does so costs nothing: the
// answer is the honest one. Where it is the only one, what a hash or a proof can judge is never taken from it, and whatever it says ends in an answer
// or in Unverifiable, never in another error.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Hex } from 'viem';
import { Contracts } from '../../watchtower/contracts.ts';
import { Endpoint } from '../../watchtower/l1/endpoint.ts';
import type { L1Header } from '../../watchtower/l1/header.ts';
import { Quorum } from '../../watchtower/l1/quorum.ts';
import type { View } from '../../watchtower/monitor.ts';
import type { Store } from '../../watchtower/store.ts';
import { Unverifiable } from '../../watchtower/verdict.ts';
import { createView } from '../../watchtower/view.ts';
import { deployEmitter, emit, startAnvil, type Anvil } from '../node/l1/harness/anvil.ts';
import { ChaosProxy, type Mischief } from './chaos.ts';
import { configWith } from './tempStore.ts';

const OPERATORS = 3;
const TIMEOUT_MILLISECONDS = 300;
/** Answers every call with the word 7 and keeps 9 in its first slot. */
const SEVEN = '0x60075f5260205ff3';
const ROLLUP: Hex = `0x${'77'.repeat(20)}`;
const SLOT: Hex = `0x${'00'.repeat(32)}`;

interface Parts { readonly quorum: Quorum; readonly view: View; readonly header: L1Header }

/** What is asked, of which method the answer is, and whether it can be judged without a second opinion. */
const READS: Readonly<Record<string, { readonly method: string; readonly isJudged: boolean; readonly read: (parts: Parts) => Promise<unknown> }>> = {
  'the head': { method: 'eth_getBlockByNumber', isJudged: false, read: async ({ quorum }) => (await quorum.head('latest')).header.hash },
  'a header': { method: 'eth_getBlockByNumber', isJudged: false, read: async ({ quorum, header }) => (await quorum.header(header.number)).header },
  'the logs of a block': { method: 'eth_getBlockReceipts', isJudged: true, read: async ({ quorum, header }) => (await quorum.logs(header)).map(({ address, topics, data }) => [address, topics, data]) },
  'a view function': { method: 'eth_call', isJudged: false, read: async ({ view }) => view.read('Rollup', 'committedCount') },
  'an account and a slot': { method: 'eth_getProof', isJudged: true, read: async ({ view }) => view.prove(ROLLUP, [SLOT]) },
  'an account that does not exist': { method: 'eth_getProof', isJudged: true, read: async ({ view }) => view.prove(`0x${'99'.repeat(20)}`) },
  'code': { method: 'eth_getCode', isJudged: true, read: async ({ view }) => view.code(ROLLUP) },
  'the proof beside code': { method: 'eth_getProof', isJudged: true, read: async ({ view }) => view.code(ROLLUP) },
  'a quantity': { method: 'eth_getBalance', isJudged: false, read: async ({ quorum, header }) => quorum.quantity('a balance', 'eth_getBalance', [ROLLUP, `0x${header.number.toString(16)}`]) },
};

/** The last hexadecimal digit of everything that has one, wherever it is. */
function flipped(value: unknown): unknown {
  if (typeof value === 'string') return /^0x[0-9a-f]+$/i.test(value) ? `${value.slice(0, -1)}${value.endsWith('1') ? '2' : '1'}` : value;
  if (Array.isArray(value)) return value.map(flipped);
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, flipped(inner)])) : value;
}

const without = (value: unknown): unknown => (Array.isArray(value) ? value.slice(1) : typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value).slice(1)) : value);
const emptied = (value: unknown): unknown => (Array.isArray(value) ? [] : typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, emptied(inner)])) : value);

const ANSWERS: Readonly<Record<string, (result: unknown) => unknown>> = {
  'flips digits': flipped, 'leaves something out': without, 'empties every list': emptied, 'says null': () => null, 'says 0x': () => '0x', 'says zero': () => `0x${'00'.repeat(32)}`, 'says a number': () => 7,
  'says true': () => true, 'says an object': () => ({}), 'says a list': () => [], 'says words': () => 'not found', 'says odd hexadecimal': () => '0x123', 'says lists of null': () => [null, null], 'says half of it': (result) => (typeof result === 'string' ? result.slice(0, 2 + 2 * Math.floor((result.length - 2) / 4)) : result),
};
/** What concerns the answer's transport is the same for each method: one read of each kind shows it. */
const EACH_KIND = ['the logs of a block', 'a view function', 'code'] as const;
const TRANSPORT: Readonly<Record<string, (proxy: ChaosProxy, method: string) => void>> = {
  'cuts the connection': (proxy, method) => { proxy.mischief = (asked, _params, result) => (asked === method ? undefined : result); },
  'answers 429': (proxy) => { proxy.status = 429; },
  'answers 503': (proxy) => { proxy.status = 503; },
  'answers with a page': (proxy) => { proxy.isGarbled = true; },
  'never answers': (proxy) => { proxy.isHanging = true; },
};

describe('every read', () => {
  let anvil: Anvil;
  let proxies: ChaosProxy[] = [];
  let header: L1Header;
  const honest = new Map<string, unknown>();

  before(async () => {
    anvil = await startAnvil();
    const emitter = await deployEmitter(anvil);
    await anvil.rpc('anvil_setCode', ROLLUP, SEVEN);
    await anvil.rpc('anvil_setStorageAt', ROLLUP, SLOT, `0x${'00'.repeat(31)}09`);
    for (let number = 0; number < 3; number += 1) await emit(anvil, emitter, `0x${'0e'.repeat(32)}`, '0x1234');
    await anvil.rpc('evm_mine');
    proxies = await Promise.all(Array.from({ length: OPERATORS }, async () => ChaosProxy.start(anvil.url)));
    header = (await quorumOf(OPERATORS, 2).quorum.head('latest')).header;
    for (const [name, { read }] of Object.entries(READS)) honest.set(name, await read(partsOf(OPERATORS, 2)));
  });
  after(async () => {
    for (const proxy of proxies) await proxy.stop();
    await anvil.stop();
  });

  function quorumOf(count: number, needed: number): { readonly quorum: Quorum; readonly endpoints: readonly Endpoint[] } {
    const endpoints = proxies.slice(0, count).map(({ url }, index) => new Endpoint({ url, operator: `operator${index + 1}`, timeoutMilliseconds: TIMEOUT_MILLISECONDS, maxResponseBytes: 1_000_000 }));
    return { quorum: new Quorum(endpoints, needed), endpoints };
  }

  function partsOf(count: number, needed: number): Parts {
    const { quorum, endpoints } = quorumOf(count, needed);
    const parts = { config: configWith(), contracts: new Contracts({ Rollup: ROLLUP }), quorum, endpoints, store: undefined as unknown as Store, memory: new Map<string, unknown>() };
    return { quorum, header, view: createView(parts, header, [], undefined as never) };
  }

  const lying = (method: string, change: (result: unknown) => unknown): Mischief => (asked, _params, result) => (asked === method ? change(result) : result);

  it('asks what is listed here and nothing else', () => {
    assert.deepEqual([...new Set(Object.values(READS).map(({ method }) => method))].filter((method) => !proxies.some(({ asked }) => asked.includes(method))), []);
    assert.equal(honest.get('a view function'), 7n);
    assert.equal((honest.get('an account and a slot') as { storage: Map<Hex, bigint> }).storage.get(SLOT), 9n);
    assert.equal((honest.get('the logs of a block') as unknown[]).length > 0, true);
  });

  for (const [name, { method, read, isJudged }] of Object.entries(READS)) {
    it(`${name}: one operator of three that answers ${method} wrongly changes nothing, asked first or last`, async () => {
      for (const liar of [proxies[0], proxies.at(-1)] as ChaosProxy[]) {
        for (const [how, change] of Object.entries(ANSWERS)) {
          liar.mischief = lying(method, change);
          assert.deepEqual(await read(partsOf(OPERATORS, 2)), honest.get(name), `${how}, operator ${proxies.indexOf(liar) + 1}`);
        }
        liar.behave();
      }
    });

    it(`${name}: an only operator that answers ${method} wrongly ${isJudged ? 'is not believed' : 'gives an answer or none'}`, async () => {
      const [only] = proxies as [ChaosProxy];
      for (const [how, change] of Object.entries(ANSWERS)) {
        only.mischief = lying(method, change);
        const said = await read(partsOf(1, 1)).catch((cause: unknown) => {
          assert.ok(cause instanceof Unverifiable, `${how}: expected Unverifiable, got ${String(cause)}`);
          assert.match(cause.message, /operator1|does not decode|expected (a quantity|hexadecimal data)/, 'it says what is wrong');
          return undefined;
        });
        if (isJudged && said !== undefined) assert.deepEqual(said, honest.get(name), how);
      }
      only.behave();
    });
  }

  it('two operators of three that tell two lies make no answer, and are named', async () => {
    const [first, second] = proxies as [ChaosProxy, ChaosProxy];
    first.mischief = lying('eth_call', () => `0x${'00'.repeat(31)}08`);
    second.mischief = lying('eth_call', () => `0x${'00'.repeat(31)}0a`);
    await assert.rejects(partsOf(OPERATORS, 2).view.read('Rollup', 'committedCount'), (cause) => cause instanceof Unverifiable && /operator1 says.*operator2 says/.test(cause.message));
    for (const proxy of proxies) proxy.behave();
  });

  for (const [how, disturb] of Object.entries(TRANSPORT)) {
    it(`an operator of three that ${how} changes nothing, alone it is named`, async () => {
      const [first] = proxies as [ChaosProxy];
      for (const name of EACH_KIND) {
        const { method, read } = READS[name] ?? assert.fail(name);
        disturb(first, method);
        assert.deepEqual(await read(partsOf(OPERATORS, 2)), honest.get(name), name);
        await assert.rejects(read(partsOf(1, 1)), (cause) => cause instanceof Unverifiable && /operator1/.test(cause.message), name);
        first.behave();
      }
    });
  }
});
