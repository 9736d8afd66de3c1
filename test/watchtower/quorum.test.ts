// Agreement under slowness: one operator that hangs delays nobody, is heard when it is only slow, and never makes an answer of its own.

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { restedFirst, type Endpoint } from '../../watchtower/l1/endpoint.ts';
import { Quorum } from '../../watchtower/l1/quorum.ts';
import { Unverifiable } from '../../watchtower/verdict.ts';

const saying = (operator: string, value: string, milliseconds = 0, isTired = false): Endpoint => ({ operator, isTired, request: async () => sleep(milliseconds, value) }) as unknown as Endpoint;

const hanging = (operator: string): Endpoint => ({ operator, isTired: false, request: () => new Promise(() => undefined) }) as unknown as Endpoint;

it('takes the answer of enough operators without waiting for one that hangs', async () => {
  const quorum = new Quorum([saying('a', '0x1'), saying('b', '0x1'), hanging('c')], 2);
  assert.equal(await quorum.same('x', 'eth_call', []), '0x1');
});

it('waits for all while there are not enough, and then says that there are not', async () => {
  await assert.rejects(new Quorum([saying('a', '0x1'), saying('b', '0x2', 20), saying('c', '0x3', 60)], 2).same('x', 'eth_call', []), (error) => error instanceof Unverifiable && /c says "0x3"/.test(error.message));
});

it('two addresses of one operator are not two operators, however fast', async () => {
  await assert.rejects(new Quorum([saying('a', '0x1'), saying('a', '0x1'), saying('b', '0x2', 50)], 2).same('x', 'eth_call', []), Unverifiable);
});

it('asks those last that did not answer in time', () => {
  assert.deepEqual(restedFirst([saying('a', '', 0, true), saying('b', ''), saying('c', '')]).map(({ operator }) => operator), ['b', 'c', 'a']);
});
