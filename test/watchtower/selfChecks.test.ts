// What the watchtower checks of itself: being blind is told, once, and its end too; each limit at its bound.

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { notReadyBecause } from '../../watchtower/readiness.ts';
import { SELF_CHECKS, SelfWatch } from '../../watchtower/self/selfWatch.ts';
import type { SelfFacts } from '../../watchtower/self/selfCheck.ts';
import type { OutboxRow, StoredVerdict } from '../../watchtower/rows.ts';
import type { Check } from '../../watchtower/monitor.ts';
import { configWith, tempStore } from './tempStore.ts';

const FACTS: SelfFacts = {
  l1ChainId: 1, secondsUnread: 0, unreadBecause: undefined, wallMilliseconds: 10_000_000_000, startedMilliseconds: 0, tipSeconds: 10_000_000, finalizedSeconds: 9_999_000, freeBytes: 1e12, canaryEverySeconds: undefined, witnesses: [], anchor: undefined,
  channels: [{ name: 'mail', oldestMilliseconds: undefined, lastError: undefined, deliveredAt: undefined }],
};
const said = (id: string, facts: Partial<SelfFacts>): string[] => (SELF_CHECKS.find((check) => check.id === id)?.judge({ ...FACTS, ...facts }) ?? []).map(({ status }) => status);

it('each limit is a violation at its bound and ok before it', () => {
  assert.deepEqual([said('H42-reading', { secondsUnread: 299 }), said('H42-reading', { secondsUnread: 300 })], [['ok'], ['violation']]);
  assert.deepEqual([said('H42-finality', { finalizedSeconds: 10_000_000 - 7_200 }), said('H42-finality', { finalizedSeconds: 10_000_000 - 7_201 })], [['ok'], ['violation']]);
  for (const sign of [1, -1]) assert.deepEqual([said('H42-clock', { tipSeconds: 10_000_000 + sign * 900 }), said('H42-clock', { tipSeconds: 10_000_000 + sign * 901 })], [['ok'], ['violation']]);
  assert.deepEqual([said('H42-disk', { freeBytes: 268_435_456 }), said('H42-disk', { freeBytes: 268_435_455 }), said('H42-disk', { freeBytes: undefined })], [['ok'], ['violation'], ['unverifiable']]);
  const channel = (oldestMilliseconds: number): Partial<SelfFacts> => ({ channels: [{ name: 'mail', oldestMilliseconds, lastError: 'down', deliveredAt: 0 }] });
  assert.deepEqual([said('H40-channels', channel(599_999)), said('H40-channels', channel(600_000))], [['ok'], ['violation']]);
  assert.deepEqual([said('H40-channels', { canaryEverySeconds: 4_999_700 }), said('H40-channels', { canaryEverySeconds: 4_999_699 })], [['ok'], ['violation']]);
  assert.deepEqual([said('H42-anchor', { anchor: { everySeconds: 5_000_001, anchoredAt: undefined, fault: undefined } }), said('H42-anchor', { anchor: { everySeconds: 5_000_000, anchoredAt: undefined, fault: 'fees' } })], [['ok'], ['violation']]);
});

it('that L1 cannot be read is told by a clock that nobody sets, once, and its end is told', async (t) => {
  const { store, directory } = tempStore(t);
  let [steady, wall] = [0, 5_000_000];
  const self = new SelfWatch({ config: configWith({ data: directory }), store, checks: SELF_CHECKS.filter(({ id }) => id === 'H42-reading'), wallMilliseconds: () => wall, steadyMilliseconds: () => steady });
  const told = (): string[] => store.list<OutboxRow>(['outbox', 'first']).map(({ state }) => state);
  self.noteReading('nobody answers');
  wall = 900_000_000;
  await self.judge();
  assert.deepEqual(told(), [], 'the wall clock tells nothing');
  steady = 301_000;
  await self.judge();
  await self.judge();
  assert.deepEqual(told(), ['firing']);
  assert.match(store.list<OutboxRow>(['outbox', 'first'])[0]?.text ?? '', /nobody answers/);
  self.noteReading(undefined);
  await self.judge();
  assert.deepEqual(told(), ['firing', 'resolved']);
});

it('is ready only while L1 is read and every check answers within its time; a violation is an answer', () => {
  const check = { id: 'E1', staleAfterSeconds: 100 } as Check;
  const verdict = (status: StoredVerdict['status'], lastOk: number): StoredVerdict => ({ monitor: 'E1', subject: '', status, sentence: 's', since: 0, lastOk } as StoredVerdict);
  assert.deepEqual(notReadyBecause('lost', [check], [], 1_000), ['lost']);
  assert.equal(notReadyBecause(undefined, [check], [], undefined).length, 1);
  assert.deepEqual([899, 900, 901].map((at) => notReadyBecause(undefined, [check], [verdict('unverifiable', at)], 1_000).length), [1, 1, 0]);
  assert.deepEqual(notReadyBecause(undefined, [check], [verdict('violation', 0), verdict('ok', 0)], 1_000), []);
});
