// The durable store: what it says is durable survives kill -9, a full disk tears nothing, one process has a directory.

import { strict as assert } from 'node:assert';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { MemoryStore } from '../../../node/execute/index.ts';
import { StoreFault, type KeyValue } from '../../../node/store/keyValue.ts';
import { openLmdb } from '../../../node/store/lmdb.ts';

const SEED = Number(process.env['KEYFALL_SEED'] ?? 20_261_122);
const root = mkdtempSync(join(tmpdir(), 'keyfall-lmdb-'));
after(() => { rmSync(root, { recursive: true, force: true }); });
const child = new URL('./writer.ts', import.meta.url).pathname;

for (const [how, renewAfterBytes] of [['', undefined], [', opened anew after every write or two', 20]] as const) test(`reads, ranges and atomic writes are those of an ordered map${how}`, async () => {
  const store = await openLmdb(join(root, `map${renewAfterBytes ?? ''}`), undefined, renewAfterBytes);
  const model = new MemoryStore();
  const key = fc.uint8Array({ minLength: 1, maxLength: 3 }).map((bytes) => Uint8Array.of(0x81, ...bytes));
  const write = fc.record({ key, value: fc.option(fc.uint8Array({ maxLength: 5 }), { nil: undefined }) });
  await fc.assert(fc.asyncProperty(fc.array(write, { minLength: 1, maxLength: 12 }), key, key, async (writes, from, before) => {
    await Promise.all([store.write(writes), model.write(writes)]);
    for (const { key: each } of writes) assert.deepEqual(plain(store.get(each)), plain(model.get(each)));
    const expected: string[] = [];
    for (let next = model.first(from, before); next !== undefined; next = model.first(Buffer.concat([next.key, Buffer.of(0)]), before)) expected.push(text(next));
    assert.deepEqual([...store.range(from, before)].map(text), expected);
    assert.deepEqual([...store.range(from, before, { reverse: true })].map(text), expected.toReversed());
    assert.deepEqual([...store.range(from, before, { limit: 2 })].map(text), expected.slice(0, 2));
    assert.equal(optionalText(store.first(from, before)), expected[0]);
  }), { numRuns: 150, seed: SEED });
  await store.close();
  console.log(`seed ${SEED}`);
});

test('reads never notice that the environment is opened anew, concurrent writes keep their order, and an unfinished range stays whole', async () => {
  const store = await openLmdb(join(root, 'renewed'), undefined, 1);
  const key = (name: number): Uint8Array => Uint8Array.of(0x91, name);
  const large = Buffer.alloc(40_000, 7);
  await store.write([1, 2, 3].map((name) => ({ key: key(name), value: large })));
  const unfinished = store.range(key(0), key(9))[Symbol.iterator]();
  const first = unfinished.next().value as { value: Uint8Array };
  for (let round = 0; round < 30; round++) {
    const state = { isWritten: false };
    const writes = [1, 2, 3].map(async (part) => store.write([{ key: key(8), value: Uint8Array.of(round, part) }]));
    const written = Promise.all(writes).then(() => { state.isWritten = true; });
    while (!state.isWritten) {
      // A renewal takes some turns of the microtask queue: odd rounds look at each of them, even ones leave room for a whole one.
      for (let turn = 0; turn < (round % 2) * 30; turn++) {
        assert.equal(store.get(key(2))?.length, large.length);
        await Promise.resolve();
      }
      await new Promise((resolve) => { setImmediate(resolve); });
      assert.equal(store.get(key(2))?.length, large.length);
    }
    await written;
    assert.deepEqual([...store.get(key(8)) ?? []], [round, 3]);
    if (round === 15) assert.equal([...{ [Symbol.iterator]: () => unfinished }].length, 2);
  }
  assert.deepEqual(Buffer.from(first.value), large);
  await store.close();
});

test('mapped memory stays bounded while the file grows', async () => {
  const mappedMiB = (): number => Number(/^RssFile:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) / 1_024;
  const store = await openLmdb(join(root, 'grown'), undefined, 8 * 1_048_576);
  const before = mappedMiB();
  const highest: number[] = [];
  for (let part = 0; part < 80; part++) {
    await store.write(Array.from({ length: 256 }, (_, index) => ({ key: Buffer.from([0x92, (index * 37 + part) & 255, part, index]), value: Buffer.alloc(4_000, part) })));
    highest.push(mappedMiB() - before);
  }
  const fileMiB = statSync(join(root, 'grown', 'data.mdb')).size / 1_048_576;
  assert.ok(fileMiB > 75, `the file has ${fileMiB} MiB`);
  assert.ok(Math.max(...highest) < 40, `${Math.max(...highest)} MiB of it were mapped`);
  await store.close();
});

function plain(bytes: Uint8Array | undefined): string | undefined {
  return bytes === undefined ? undefined : Buffer.from(bytes).toString('hex');
}
function text({ key, value }: { key: Uint8Array; value: Uint8Array }): string {
  return `${plain(key)}=${plain(value)}`;
}
function optionalText(entry: { key: Uint8Array; value: Uint8Array } | undefined): string | undefined {
  return entry === undefined ? undefined : text(entry);
}

const GROUP = 5;
/** Every group is whole or absent, groups are a prefix, and no acknowledged one is missing. */
function assertGroups(store: KeyValue, acknowledged: number): number {
  let groups = 0;
  for (;; groups++) {
    const found = Array.from({ length: GROUP }, (_, member) => store.get(Uint8Array.of(0x90, groups >> 8, groups & 255, member)));
    const present = found.filter((value) => value !== undefined).length;
    assert(present === 0 || present === GROUP, `group ${groups} is torn: ${present} of ${GROUP}`);
    if (present === 0) break;
  }
  assert(groups >= acknowledged, `${acknowledged} groups were acknowledged, ${groups} are there`);
  return groups;
}

test('after kill -9 every acknowledged write is there and none is torn', async () => {
  const directory = join(root, 'killed');
  let total = 0;
  for (let round = 0; round < 4; round++) {
    const writer = spawn(process.execPath, [child, directory, String(GROUP), '64', '4000'], { stdio: ['ignore', 'pipe', 'inherit'] });
    const exited = once(writer, 'exit');
    let acknowledged = total;
    for await (const line of createInterface({ input: writer.stdout })) {
      acknowledged = Number(line);
      if (acknowledged >= total + 40 + round * 7 && writer.exitCode === null) writer.kill('SIGKILL');
    }
    await exited;
    const store = await openLmdb(directory);
    total = assertGroups(store, acknowledged);
    await store.close();
  }
  assert(total >= 160);
});

test('a directory in use is refused with a clear fault, and free again once its holder is gone', async () => {
  const directory = join(root, 'locked');
  const first = await openLmdb(directory);
  await assert.rejects(openLmdb(directory), (fault: unknown) => fault instanceof StoreFault && fault.code === 'locked' && /another process/.test(fault.message));
  await first.close();
  assert.throws(() => first.get(Uint8Array.of(0x90)), (fault: unknown) => fault instanceof StoreFault && fault.code === 'closed');
  const second = await openLmdb(directory);
  await second.close();
});

test('a full disk is one fatal fault that says so, and what was written before it is whole', async (context) => {
  const mount = join(root, 'small');
  spawnSync('mkdir', ['-p', mount]);
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', mount]);
  if (mounted.status !== 0) return context.skip('deferred: mount-needs-root: mounting a small file system needs root');
  try {
    const directory = join(mount, 'store');
    const writer = spawnSync(process.execPath, [child, directory, String(GROUP), '4000'], { encoding: 'utf8', timeout: 60_000 });
    assert.match(writer.stderr, /disk-full/);
    assert.match(writer.stderr, /free space and start again/);
    assert.equal(writer.status, 1);
    const acknowledged = Number(writer.stdout.trim().split('\n').at(-1));
    assert(acknowledged > 0);
    const store = await openLmdb(directory);
    assert.equal(assertGroups(store, acknowledged), acknowledged);
    await store.close();
  } finally {
    spawnSync('umount', ['-l', mount]);
  }
});
