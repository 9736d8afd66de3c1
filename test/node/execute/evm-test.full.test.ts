// All official Osaka state tests through block execution.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runStateTests, summary } from '../../../node/execute/evm-test.ts';
import { fixturePath, NO_FIXTURES } from './fixtures.ts';

test('all official Osaka state tests pass: 6255 passed, 0 failed, 259 unsupported (type 3)', async (t) => {
  const path = fixturePath();
  if (path === undefined) return t.skip(NO_FIXTURES);
  const report = await runStateTests(path);
  assert.deepEqual(report.failures, []);
  assert.equal(summary(report), '6255 passed, 0 failed, 259 unsupported (type 3)');
});
