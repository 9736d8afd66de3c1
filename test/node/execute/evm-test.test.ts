// The official state tests through block execution: a sample here, all of them in evm-test.full.test.ts; and proof that
// the runner can fail.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createReadStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { createGunzip } from 'node:zlib';
import { runStateTests, summary } from '../../../node/execute/evm-test.ts';
import type { StateTestCase } from '../../../node/execute/state-test.ts';
import { fixturePath, NO_FIXTURES } from './fixtures.ts';

const path = fixturePath();

test('every tenth official Osaka state test passes', async (t) => {
  if (path === undefined) return t.skip(NO_FIXTURES);
  const report = await runStateTests(path, { every: 10 });
  t.diagnostic(`${summary(report)} in ${report.seconds.toFixed(1)} s`);
  assert.deepEqual(report.failures, []);
  assert.ok(report.passed > 600, summary(report));
});

async function firstCases(file: string, isWanted: (test: StateTestCase) => boolean, count: number): Promise<StateTestCase[]> {
  const found: StateTestCase[] = [];
  const stream = createReadStream(file);
  for await (const line of createInterface({ input: stream.pipe(createGunzip()) })) {
    const candidate = JSON.parse(line) as StateTestCase;
    if (isWanted(candidate)) found.push(candidate);
    if (found.length === count) break;
  }
  stream.destroy();
  return found;
}

test('a wrong expected root, a wrong logs hash, an unexpected rejection and an unexpected acceptance are failures', async (t) => {
  if (path === undefined) return t.skip(NO_FIXTURES);
  const [executed] = await firstCases(path, ({ exception, txbytes }) => (exception ?? null) === null && !txbytes.startsWith('0x03'), 1);
  const [rejected] = await firstCases(path, ({ exception, txbytes }) => (exception ?? null) !== null && !txbytes.startsWith('0x03'), 1);
  assert.ok(executed !== undefined && rejected !== undefined);
  const flipped = (hash: string): string => hash.slice(0, -1) + (hash.endsWith('0') ? '1' : '0');
  const cases: StateTestCase[] = [
    executed, { ...executed, name: 'wrong root', stateRoot: flipped(executed.stateRoot) }, { ...executed, name: 'wrong logs', logsHash: flipped(executed.logsHash) },
    { ...executed, name: 'should have been rejected', exception: 'TransactionException.SOME' }, rejected, { ...rejected, name: 'should have run', exception: null },
    { ...rejected, name: 'wrong root after rejection', stateRoot: flipped(rejected.stateRoot) },
  ];
  const directory = mkdtempSync(join(tmpdir(), 'keyfall-evm-test-'));
  try {
    const file = join(directory, 'cases.ndjson');
    writeFileSync(file, cases.map((entry) => JSON.stringify(entry)).join('\n'));
    const report = await runStateTests(file);
    assert.deepEqual(report.failures.map(({ name }) => name), ['wrong root', 'wrong logs', 'should have been rejected', 'should have run', 'wrong root after rejection']);
    assert.equal(report.passed, 2);
    const entry = new URL('../../../node/execute/evm-test.ts', import.meta.url).pathname;
    const command = spawnSync(process.execPath, [entry, file, '--engine', 'ethereumjs', '--json'], { encoding: 'utf8' });
    assert.equal(command.status, 1);
    assert.equal((JSON.parse(command.stdout) as { failed: number }).failed, 5);
    assert.equal(spawnSync(process.execPath, [entry, join(directory, 'absent.ndjson.gz')]).status, 4);
    assert.equal(spawnSync(process.execPath, [entry, file, '--engine', 'other']).status, 2);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
