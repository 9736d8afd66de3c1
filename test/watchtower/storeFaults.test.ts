// A store that cannot be written: what would have been told is told from memory, nothing is sent over and over, and everything goes on when there is room.
// And one watchtower a data directory, whatever end the one before it came to.

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it, type TestContext } from 'node:test';
import { Delivery } from '../../watchtower/alerts/deliver.ts';
import type { Message } from '../../watchtower/alerts/channel.ts';
import { canaryRows } from '../../watchtower/alerts/outbox.ts';
import { Unkept } from '../../watchtower/alerts/unkept.ts';
import { append, headOf, verifyRows } from '../../watchtower/auditLog.ts';
import { StoreFault } from '../../watchtower/fault.ts';
import { holdStore, runnerOf } from '../../watchtower/hold.ts';
import { Keeper } from '../../watchtower/keeper.ts';
import type { Check } from '../../watchtower/monitor.ts';
import type { Incident, LogRow } from '../../watchtower/rows.ts';
import { Store } from '../../watchtower/store.ts';
import { changeOf, configWith, tempStore } from './tempStore.ts';
import { SILENT } from './watched.ts';

const { channels } = configWith();

/** A store whose disk the test fills. */
function onDisk(t: TestContext): { store: Store; disk: { error: NodeJS.ErrnoException | undefined } } {
  const directory = mkdtempSync(join(tmpdir(), 'keyfall-disk-'));
  const disk: { error: NodeJS.ErrnoException | undefined } = { error: undefined };
  const store = new Store(directory, { beforeWrite: () => { if (disk.error !== undefined) throw disk.error; } });
  t.after(async () => {
    await store.close();
    rmSync(directory, { recursive: true });
  });
  return { store, disk };
}

const full = (): NodeJS.ErrnoException => Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
const tell = async (store: Store, ...changes: Parameters<typeof changeOf>[]): Promise<void> => {
  const keeper = new Keeper({ store, channels, wallMilliseconds: () => 0 });
  await store.commit((write) => { keeper.record(write, changes.map((parts) => changeOf(...parts))); });
};

it('writes that come together are one after the other in the log, and one that throws keeps the others from nothing', async (t) => {
  const { store } = tempStore(t);
  const write = async (i: number): Promise<void> => store.commit((writer) => { if (i === 3) throw new Error('mine'); append(writer, headOf(store), [{ kind: 'test', i }]); });
  const results = await Promise.allSettled([0, 1, 2, 3, 4].map(write));
  assert.deepEqual(results.map(({ status }) => status), ['fulfilled', 'fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
  const rows = store.list<LogRow>(['log']);
  assert.deepEqual(rows.map(({ entry }) => entry['i']), [0, 1, 2, 4]);
  assert.equal((await verifyRows(rows, headOf(store))).ok, true);
});

it('a write that fails says why and what it would have told, leaves nothing, and the next one is kept', async (t) => {
  const { store, disk } = onDisk(t);
  const outcomes: (string | undefined)[] = [];
  store.onWrite = (fault) => { outcomes.push(fault?.code); };
  for (const [code, expected] of [['ENOSPC', 'disk-full'], ['EROFS', 'read-only'], ['EIO', 'io']] as const) {
    disk.error = Object.assign(new Error(code), { code });
    await assert.rejects(tell(store, [1, 'firing'], [2, 'firing', 'warning']), (cause) => cause instanceof StoreFault && cause.code === expected && cause.unkept.length === 4 && cause.message.includes(code));
    assert.equal(store.fault?.code, expected);
  }
  assert.deepEqual([store.count(['log']), store.count(['outbox'])], [0, 0]);
  disk.error = undefined;
  await tell(store, [1, 'firing']);
  await tell(store, [2, 'firing']);
  assert.deepEqual([store.fault, store.count(['log']), outcomes], [undefined, 2, ['disk-full', 'read-only', 'io', undefined]]);
});

it('a directory that cannot be made, or is not one, is refused in words', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'keyfall-disk-'));
  t.after(() => { rmSync(directory, { recursive: true }); });
  writeFileSync(join(directory, 'file'), '');
  assert.throws(() => new Store(join(directory, 'file', 'store')), (cause) => cause instanceof StoreFault && cause.message.includes(join(directory, 'file')));
});

it('alarms that cannot be kept are told once from memory, with a word when it begins and when it ends, and once more when there is room', async (t) => {
  const { store, disk } = onDisk(t);
  const sent: Message[] = [];
  let [isDown, now] = [false, 1_000];
  const channel = { name: 'first', send: async (message: Message) => { if (isDown) throw new Error('down'); sent.push(message); } };
  const boss: Message[] = [];
  const unkept = new Unkept([channel, { name: 'boss', send: async (message) => void boss.push(message) }], SILENT, () => now);
  store.onWrite = (fault) => { if (fault === undefined) unkept.succeeded(); else unkept.failed(fault); };
  disk.error = full();
  for (let again = 0; again < 3; again += 1) {
    await assert.rejects(tell(store, [1, 'firing'], [2, 'firing', 'warning']));
    await unkept.round();
  }
  assert.deepEqual(sent.map(({ title }) => title), ['[critical] ALERT: the watchtower cannot keep anything', '[critical] ALERT: test', '[warning] ALERT: test']);
  assert.match(sent[0]?.text ?? '', /there is no space left/);
  assert.deepEqual(boss.map(({ title }) => title), ['[critical] ALERT: the watchtower cannot keep anything'], 'who is woken late is woken by what waits long');
  isDown = true;
  await assert.rejects(tell(store, [3, 'firing']));
  await unkept.round();
  isDown = false;
  await unkept.round();
  assert.equal(sent.length, 3, 'it waits a little');
  now += 5_000;
  await unkept.round();
  assert.match(sent[3]?.text ?? '', /finding 3/);
  disk.error = undefined;
  await tell(store, [1, 'firing'], [3, 'firing']);
  await unkept.round();
  assert.match(sent[4]?.title ?? '', /RESOLVED: the watchtower keeps again/);
  await new Delivery(store, [channel], SILENT, () => now).round();
  assert.deepEqual([sent.length, new Set(sent.map(({ id }) => id)).size, store.get<Incident>(['incident', changeOf(1, 'firing').incident.id])?.state], [7, 7, 'firing'], 'and told once more, by their rows');
});

it('what a channel took, or refused, is not sent over and over because the store cannot be told', async (t) => {
  const { store, disk } = onDisk(t);
  await tell(store, [1, 'firing'], [2, 'firing']);
  let now = 0;
  const sent: string[] = [];
  const channel = { name: 'first', send: async ({ text }: Message) => { const line = text.split('\n')[0] ?? ''; sent.push(line); if (line === 'finding 2' && now < 5_000) throw new Error('no'); } };
  const delivery = new Delivery(store, [channel], SILENT, () => now);
  disk.error = full();
  for (let round = 0; round < 5; round += 1) await delivery.round();
  assert.deepEqual(sent, ['finding 1', 'finding 2']);
  now = 6_000;
  for (let round = 0; round < 5; round += 1) await delivery.round();
  assert.deepEqual(sent, ['finding 1', 'finding 2', 'finding 2'], 'after its pause, and then it is taken');
  assert.equal(store.count(['outbox', 'first']), 2);
  disk.error = undefined;
  await delivery.round();
  assert.deepEqual([sent.length, store.count(['outbox', 'first'])], [3, 0]);
});

it('what is tried again while nothing can be kept is told once: canaries, what was left out, and a check that was long unknown', async (t) => {
  const { store, disk } = onDisk(t);
  const check: Check = { id: 'T1', group: 'H', about: 'a test', severity: 'critical', needs: [], staleAfterSeconds: 100 };
  const keeper = new Keeper({ store, channels, wallMilliseconds: () => 0 });
  const keep = async (seconds: number, status: 'ok' | 'unverifiable'): Promise<void> => keeper.keep(check, { hash: '0x01', seconds }, [{ subject: '', status, sentence: status, evidence: { block: { number: 1n, hash: '0x01' }, expected: 'a', got: 'b' } }]);
  await keep(1, 'ok');
  await store.commit((write) => { write.put(['leftOut', 'first'], 7); });
  let now = 1_000;
  const sent: Message[] = [];
  const channel = { name: 'first', send: async (message: Message) => { sent.push(message); } };
  const unkept = new Unkept([channel], SILENT, () => now);
  store.onWrite = (fault) => { if (fault === undefined) unkept.succeeded(); else unkept.failed(fault); };
  const delivery = new Delivery(store, [channel], SILENT, () => now);
  disk.error = full();
  for (let again = 0; again < 3; again += 1) {
    now += 60_000;
    await delivery.round();
    await assert.rejects(store.commit((write) => { canaryRows(write, store, channels, now); }));
    await assert.rejects(keep(500 + again, 'unverifiable'));
    await unkept.round();
  }
  assert.deepEqual(sent.map(({ title }) => title), ['[critical] ALERT: the watchtower cannot keep anything', '[warning] 7 messages were left out', '[info] CANARY: this channel works', '[critical] ALERT: T1']);
});

it('a directory of a long name is held like any other, though the second has other temporary files', async (t) => {
  const { directory } = tempStore(t);
  const long = join(directory, 'x'.repeat(120));
  const store = new Store(long);
  const { TMPDIR } = process.env;
  t.after(async () => {
    await store.close();
    if (TMPDIR === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = TMPDIR;
  });
  const release = await holdStore(store, long, new Date(0));
  process.env['TMPDIR'] = directory;
  await assert.rejects(holdStore(store, long, new Date(0)), (cause) => cause instanceof StoreFault && cause.code === 'locked');
  await release();
  assert.equal(await runnerOf(store, long), undefined);
  await (await holdStore(store, long, new Date(0)))();
  assert.deepEqual(readdirSync(long).filter((name) => name.endsWith('.sock')), []);
});

it('a second watchtower on one directory is refused; after a kill or an end the next one starts, and of many at once one does', async (t) => {
  const { store, directory } = tempStore(t);
  const hold = async (): Promise<() => Promise<void>> => holdStore(store, directory, new Date(0));
  const first = await hold();
  assert.equal((await runnerOf(store, directory))?.pid, process.pid);
  await assert.rejects(hold(), (cause) => cause instanceof StoreFault && cause.code === 'locked' && cause.message.includes(`process ${process.pid}, since 1970-01-01T00:00:00.000Z`));
  await first();
  assert.equal(await runnerOf(store, directory), undefined);
  // What `kill -9` leaves behind: the socket's file, to which nobody listens.
  const killed = await hold();
  const socket = readdirSync(directory).find((name) => name.endsWith('.sock')) ?? '';
  renameSync(join(directory, socket), join(directory, 'kept'));
  await killed();
  renameSync(join(directory, 'kept'), join(directory, socket));
  const many = await Promise.allSettled([hold(), hold(), hold(), hold()]);
  assert.equal(many.filter(({ status }) => status === 'fulfilled').length, 1);
  assert.equal(existsSync(join(directory, socket)), false, 'and what was left is gone');
  for (const result of many) if (result.status === 'fulfilled') await result.value();
});
