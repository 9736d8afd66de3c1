// Acknowledging: who and when is in the log, nobody is woken for it later, and it silences nothing else.

import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import { acknowledge } from '../../watchtower/acknowledge.ts';
import { Keeper } from '../../watchtower/keeper.ts';
import type { Incident, LogRow, OutboxRow } from '../../watchtower/rows.ts';
import type { Store } from '../../watchtower/store.ts';
import { changeOf, configWith, tempStore } from './tempStore.ts';

const { channels } = configWith();

async function alarmed(t: TestContext, ...changes: Parameters<typeof changeOf>[]): Promise<{ store: Store; tell: (...more: Parameters<typeof changeOf>[]) => Promise<void> }> {
  const { store } = tempStore(t);
  const keeper = new Keeper({ store, channels, wallMilliseconds: () => 1_000 });
  const tell = async (...more: Parameters<typeof changeOf>[]): Promise<void> => store.commit((write) => { keeper.record(write, more.map((parts) => changeOf(...parts))); });
  await tell(...changes);
  return { store, tell };
}

const id = changeOf(1, 'firing').incident.id;
const rows = (store: Store, channel: string): string[] => store.list<OutboxRow>(['outbox', channel]).map(({ state }) => state);

it('is logged with who and when, tells those that were told, and wakes nobody later', async (t) => {
  const { store } = await alarmed(t, [1, 'firing'], [2, 'firing']);
  const result = await acknowledge(store, channels, { incident: id.toUpperCase().replace('0X', '0x'), by: ' alice ', note: 'on\nit' }, 2_000);
  assert.deepEqual(result, { ok: true, incident: id, by: 'alice', at: '1970-01-01T00:00:02.000Z', isRepeated: false });
  assert.deepEqual([rows(store, 'first'), rows(store, 'boss')], [['firing', 'firing', 'acknowledged'], ['firing']]);
  assert.deepEqual(store.list<LogRow>(['log']).at(-1)?.entry, { kind: 'acknowledgement', incident: id, by: 'alice', at: '1970-01-01T00:00:02.000Z', note: 'on\u{fffd}it' });
  assert.deepEqual(await acknowledge(store, channels, { incident: id, by: 'bob', note: '' }, 9_000), { ok: true, incident: id, by: 'alice', at: '1970-01-01T00:00:02.000Z', isRepeated: true });
});

it('of what was not final yet does not hold when it is: whoever must be woken is woken, and it can be acknowledged again', async (t) => {
  const { store } = await alarmed(t, [1, 'provisional']);
  await acknowledge(store, channels, { incident: id, by: 'alice', note: '' }, 2_000);
  assert.deepEqual(rows(store, 'boss'), [], 'nobody is woken for what may be taken back');
  const keeper = new Keeper({ store, channels, wallMilliseconds: () => 3_000 });
  await store.commit((write) => { keeper.record(write, [{ ...changeOf(1, 'firing'), from: 'provisional' }]); });
  assert.equal(store.get<Incident>(['incident', id])?.acknowledged, undefined);
  assert.deepEqual(store.list<OutboxRow>(['outbox', 'boss']).map(({ state, nextAt, isReopened }) => [state, nextAt, isReopened]), [['firing', 63_000, true]]);
  assert.match(store.list<OutboxRow>(['outbox', 'first']).at(-1)?.text ?? '', /alice had seen it at 1970-01-01T00:00:02.000Z, while it was not final/);
  assert.deepEqual(store.list<LogRow>(['log']).at(-1)?.entry, { kind: 'acknowledgement-lapsed', incident: id, by: 'alice' });
  const again = await acknowledge(store, channels, { incident: id, by: 'bob', note: '' }, 4_000);
  assert.deepEqual([again.ok && again.by, rows(store, 'boss')], ['bob', []]);
});

it('does not stay with an alarm that a reorganisation took back and that came again', async (t) => {
  const { store, tell } = await alarmed(t, [1, 'provisional']);
  await acknowledge(store, channels, { incident: id, by: 'alice', note: '' }, 2_000);
  await store.commit((write) => { new Keeper({ store, channels, wallMilliseconds: () => 1_000 }).record(write, [{ ...changeOf(1, 'retracted'), from: 'provisional' }]); });
  assert.equal(store.get<Incident>(['incident', id])?.acknowledged?.by, 'alice');
  await tell([1, 'provisional']);
  assert.equal(store.get<Incident>(['incident', id])?.acknowledged, undefined);
});

it('refuses what is no alarm, is over, or names nobody, and writes nothing', async (t) => {
  const { store } = await alarmed(t, [1, 'resolved']);
  const before = store.count(['log']);
  const refused = async (incident: string, by: string, note = ''): Promise<string> => { const result = await acknowledge(store, channels, { incident, by, note }, 0); return result.ok ? 'ok' : result.code; };
  assert.deepEqual([await refused(id, 'a'), await refused(`0x${'77'.repeat(32)}`, 'a'), await refused(id, '\t '), await refused(id, 'x'.repeat(65)), await refused('0x12', 'a'), await refused(id, 'a', 'n'.repeat(501))], ['is-over', 'unknown-incident', 'bad-request', 'bad-request', 'bad-request', 'bad-request']);
  assert.equal(store.count(['log']), before);
});
