// What becomes of verdicts: no ok outlives its check, no finding hides in an alarm that was told, and a transaction that throws leaves nothing.

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Keeper } from '../../watchtower/keeper.ts';
import type { Check } from '../../watchtower/monitor.ts';
import type { Incident, OutboxRow, StoredVerdict } from '../../watchtower/rows.ts';
import type { Store } from '../../watchtower/store.ts';
import type { Verdict } from '../../watchtower/verdict.ts';
import { configWith, tempStore } from './tempStore.ts';

const CHECK: Check = { id: 'T1', group: 'E', about: 'a test', severity: 'critical', needs: [], staleAfterSeconds: 100 };
const say = (subject: string, status: Verdict['status'], finding?: string): Verdict => ({ subject, status, sentence: `${subject} ${status}`, evidence: { block: { number: 1n, hash: '0x01' }, expected: 'a', got: 'b' }, ...(finding === undefined ? {} : { finding }) });

function kept(t: Parameters<typeof tempStore>[0]): { store: Store; keep: (seconds: number, ...verdicts: Verdict[]) => Promise<void>; states: () => string[]; verdicts: () => string[] } {
  const { store } = tempStore(t);
  const keeper = new Keeper({ store, channels: configWith().channels, wallMilliseconds: () => 0 });
  return {
    store,
    keep: async (seconds, ...verdicts) => keeper.keep(CHECK, { hash: `0x${seconds.toString(16).padStart(64, '0')}`, seconds }, verdicts.map((verdict) => ({ ...verdict, evidence: { ...verdict.evidence, block: { number: BigInt(seconds), hash: `0x${seconds.toString(16).padStart(64, '0')}` } } }))),
    states: () => store.list<OutboxRow>(['outbox', 'first']).map(({ state }) => state),
    verdicts: () => store.list<StoredVerdict>(['verdict', 'T1']).map(({ subject, status }) => `${subject}:${status}`),
  };
}

it('a subject that is no longer spoken of keeps no ok, and its violation does not end by silence', async (t) => {
  const { keep, states, verdicts } = kept(t);
  await keep(1, say('a', 'ok'), say('b', 'violation'), say('c', 'ok'));
  await keep(2, say('c', 'ok'));
  assert.deepEqual(verdicts(), ['b:unverifiable', 'c:ok']);
  assert.deepEqual(states(), ['firing']);
});

it('a check that failed as a whole leaves no trace of that once it answers again', async (t) => {
  const { keep, verdicts } = kept(t);
  await keep(1, say('a', 'ok'));
  await keep(2, say('', 'unverifiable'));
  assert.deepEqual(verdicts(), [':unverifiable', 'a:unverifiable']);
  await keep(3, say('a', 'ok'));
  assert.deepEqual(verdicts(), ['a:ok']);
});

it('another finding about the same subject is told as a new alarm, the same one is not', async (t) => {
  const { keep, states } = kept(t);
  await keep(1, say('a', 'violation', 'x'));
  await keep(2, say('a', 'violation', 'x'));
  assert.deepEqual(states(), ['firing']);
  await keep(3, say('a', 'violation', 'x y'));
  assert.deepEqual(states(), ['firing', 'firing', 'resolved']);
  await keep(4, say('a', 'ok'));
  assert.deepEqual(states(), ['firing', 'firing', 'resolved', 'resolved']);
});

it('a further finding on a subject is told whatever stands there already, and each ends alone', async (t) => {
  const { store, keep } = kept(t);
  await keep(1, say('a', 'violation', 'x'));
  await keep(2, say('a', 'violation', 'x'), say('a', 'violation', 'worse'), say('b', 'ok'));
  const standing = (): string[] => store.list<Incident>(['incident']).filter(({ state }) => state === 'firing').map(({ finding }) => String(finding)).toSorted((a, b) => (a < b ? -1 : 1));
  assert.deepEqual(standing(), ['worse', 'x']);
  await keep(3, say('a', 'violation', 'worse'), say('a', 'violation', 'x'));
  assert.equal(store.count(['incident']), 2, 'in whatever order');
  await keep(4, say('a', 'violation', 'worse'), say('a', 'unverifiable'));
  assert.deepEqual(standing(), ['worse', 'x'], 'what could not be checked ends nothing');
  await keep(5, say('a', 'violation', 'worse'));
  assert.deepEqual(standing(), ['worse']);
  await keep(6);
  await keep(7, say('a', 'ok'));
  assert.deepEqual([standing(), store.count(['open'])], [[], 0]);
});

it('of several words on one subject the worst stands, as one alarm', async (t) => {
  const { keep, states, verdicts } = kept(t);
  await keep(1, say('a', 'ok'), say('a', 'violation'), say('a', 'violation'));
  assert.deepEqual([states(), verdicts()], [['firing'], ['a:violation']]);
});

it('a transaction that throws leaves nothing of what it wrote before', async (t) => {
  const { store } = tempStore(t);
  await assert.rejects(store.commit((write) => { write.put(['incident', 'x'], {}); throw new Error('full'); }), /full/);
  assert.equal(store.get<Incident>(['incident', 'x']), undefined);
});
