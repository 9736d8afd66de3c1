// The hash-chained log: what was edited, cut, reordered or added is found, and where.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { append, headOf, verifyRows } from '../../watchtower/auditLog.ts';
import type { LogRow } from '../../watchtower/rows.ts';
import { Store } from '../../watchtower/store.ts';

async function written(t: TestContext, entries: number): Promise<{ rows: LogRow[]; store: Store }> {
  const directory = mkdtempSync(join(tmpdir(), 'keyfall-log-'));
  const store = new Store(directory);
  t.after(async () => {
    await store.close();
    rmSync(directory, { recursive: true });
  });
  for (let i = 0; i < entries; i += 1) await store.commit((write) => void append(write, headOf(store), [{ kind: 'verdict', i }, { kind: 'incident', i }]));
  return { rows: [...store.list<LogRow>(['log'])], store };
}

describe('the hash-chained log', () => {
  it('verifies as written, head included', async (t) => {
    const { rows, store } = await written(t, 6);
    assert.equal(rows.length, 12);
    assert.deepEqual(await verifyRows(rows, headOf(store)), { ok: true, entries: 12, head: rows.at(-1)?.hash });
  });

  it('finds every entry that was edited, removed, doubled or moved', async (t) => {
    const { rows, store } = await written(t, 6);
    for (let i = 0; i < rows.length; i += 1) {
      const edited = rows.map((row, at) => (at === i ? { ...row, entry: { ...row.entry, i: 99 } } : row));
      const removed = rows.filter((_, at) => at !== i);
      const doubled = rows.flatMap((row, at) => (at === i ? [row, row] : [row]));
      for (const forged of [edited, removed, doubled]) assert.equal((await verifyRows(forged, headOf(store))).ok, false, `entry ${i}`);
    }
    assert.equal((await verifyRows(rows.toReversed(), headOf(store))).ok, false);
  });

  it('finds a log that was cut at its end, by the head that was kept', async (t) => {
    const { rows, store } = await written(t, 6);
    const verdict = await verifyRows(rows.slice(0, -1), headOf(store));
    assert.deepEqual([verdict.ok, 'expected' in verdict && verdict.expected.startsWith('12 entries')], [false, true]);
  });

  it('takes a forged chain whose hashes are consistent only if the head is, too', async (t) => {
    const [{ store }, { rows: forged }] = [await written(t, 6), await written(t, 5)];
    assert.equal((await verifyRows(forged)).ok, true);
    assert.equal((await verifyRows(forged, headOf(store))).ok, false);
  });
});
