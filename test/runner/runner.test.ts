// The test runner on planted test files and planted summaries: it must count what passes, show what fails, and take nothing
// for a pass that did not pass (a file that cannot load, that hangs, that exits early, that skips without leave).
// The files run in a process of their own, as in a real run, because node:test does not nest.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { STAGE_NAMES, parseArguments } from './arguments.ts';
import type { Selection } from './arguments.ts';
import { readHardhatCounts } from './commands.ts';
import { checkDeferrals, parseDeferral, parseDeferredList } from './deferred.ts';
import type { StageOutcome, StageResult } from './results.ts';
import { roundsOf } from './stages.ts';

const execute = promisify(execFile);

/** Runs one planted file through the runner. */
async function outcomeOf(source: string, timeoutMilliseconds = 20_000, isYielding = false): Promise<StageOutcome> {
  const directory = mkdtempSync(join(tmpdir(), 'keyfall-runner-'));
  try {
    const file = join(directory, 'planted.test.mjs');
    writeFileSync(file, `import { test, describe } from 'node:test';\nimport assert from 'node:assert/strict';\n${source}`);
    const program = `import { runTestFiles } from ${JSON.stringify(join(import.meta.dirname, 'node-tests.ts'))};
      const outcome = await runTestFiles([${JSON.stringify(file)}], { stage: 'planted', isYielding: ${isYielding}, concurrency: 1, fileTimeoutMilliseconds: ${timeoutMilliseconds} });
      process.stdout.write('\\n' + JSON.stringify(outcome));`;
    const { NODE_TEST_CONTEXT: _nested, ...env } = process.env;
    const driver = join(directory, 'driver.mjs');
    writeFileSync(driver, program);
    const { stdout } = await execute(process.execPath, [driver], { env });
    return JSON.parse(stdout.slice(stdout.lastIndexOf('\n'))) as StageOutcome;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

describe('the runner on a test file', () => {
  test('gives way when it is told to', async () => {
    const outcome = await outcomeOf(`
      const { getPriority } = await import('node:os');
      test('it runs below what started it', () => assert.ok(getPriority() > getPriority(process.ppid)));`, 20_000, true);
    assert.deepEqual([outcome.passed, outcome.failures], [1, []]);
  });

  test('counts tests, not suites, and names a failure with its suites and its difference', async () => {
    const outcome = await outcomeOf(`
      test('one', () => {});
      describe('outer', () => { describe('inner', () => { test('two', () => {}); test('three', () => assert.equal(1, 2)); }); });`);
    assert.equal(outcome.passed, 2);
    assert.equal(outcome.failures.length, 1);
    assert.equal(outcome.failures[0]?.title, 'outer > inner > three');
    assert.match(outcome.failures[0]?.detail ?? '', /1 !== 2/);
  });

  test('reports a file that cannot load, with what it printed', async () => {
    const outcome = await outcomeOf("console.log('before the end'); throw new Error('cannot load');");
    assert.equal(outcome.passed, 0);
    assert.equal(outcome.failures.length, 1);
    assert.match(outcome.failures[0]?.detail ?? '', /before the end[\s\S]*cannot load/);
  });

  test('reports a file that exits in the middle, although the tests before it passed', async () => {
    const outcome = await outcomeOf("test('one', () => {}); test('two', () => { process.exit(3); });");
    assert.ok(outcome.failures.length > 0);
  });

  test('reports a file that hangs when its time is over', async () => {
    const outcome = await outcomeOf("test('hangs', async () => { await new Promise((r) => setTimeout(r, 60_000)); });", 1_500);
    assert.equal(outcome.passed, 0);
    assert.match(outcome.failures.map(({ detail }) => detail).join(), /did not end within 1\.5 s/);
  });

  test('reports a file whose tests pass but whose process does not end', async () => {
    const outcome = await outcomeOf("test('passes', () => {}); setInterval(() => {}, 1000);", 1_500);
    assert.match(outcome.failures.map(({ detail }) => detail).join(), /did not end within 1\.5 s/);
  });

  test('reports a promise that nobody waited for and that failed', async () => {
    const outcome = await outcomeOf("test('one', () => { void Promise.reject(new Error('lost')); });");
    assert.ok(outcome.failures.length > 0);
  });

  test('hands on skips with their reason and refuses todo', async () => {
    const outcome = await outcomeOf("test('a', (t) => t.skip('deferred: x: y')); test('b', { skip: true }, () => {}); test('c', { todo: true }, () => {});");
    assert.deepEqual(outcome.skips.map(({ reason }) => reason), ['deferred: x: y', 'no reason given']);
    assert.equal(outcome.failures.length, 1);
    assert.equal(outcome.passed, 0);
  });
});

describe('deferrals', () => {
  const everything: Selection = { stages: ['lint', 'types', 'tidy', 'contracts', 'unit', 'e2e'], isFull: true, filePatterns: [] };
  const resultWith = (...reasons: string[]): StageResult => ({
    stage: 'unit', durationMilliseconds: 0, passed: 1, failures: [], slowest: [],
    skips: reasons.map((reason) => ({ where: 'a.test.ts', title: 'a', reason })),
  });
  const list = parseDeferredList('[{"id":"x","reason":"not built","occurs":"always","since":"0.1.0"},{"id":"gpu","reason":"none here","occurs":"machine","since":"0.1.0"}]');

  test('a skip is accepted only with an id from the list', () => {
    assert.equal(checkDeferrals(list, [resultWith('deferred: x: later', 'deferred: gpu: none')], everything).failures.length, 0);
    assert.equal(checkDeferrals(list, [resultWith('deferred: x: later', 'deferred: y: later')], everything).failures.length, 1);
    assert.equal(checkDeferrals(list, [resultWith('deferred: x: later', 'because')], everything).failures.length, 1);
  });

  test('an entry that a complete full run does not meet has to go, one that depends on the machine may stay', () => {
    assert.match(checkDeferrals(list, [resultWith()], everything).failures.map(({ title }) => title).join(), /^x$/);
    assert.equal(checkDeferrals(list, [resultWith()], { ...everything, isFull: false }).failures.length, 0);
    assert.equal(checkDeferrals(list, [resultWith()], { ...everything, filePatterns: ['a'] }).failures.length, 0);
  });

  test('a malformed list and a malformed reason are refused', () => {
    for (const text of ['{}', '[{"id":"x"}]', '[{"id":"X y","reason":"r","occurs":"always","since":"0.1.0"}]']) assert.throws(() => parseDeferredList(text), /expected/);
    assert.throws(() => parseDeferredList(JSON.stringify([list[0], list[0]])), /listed twice/);
    assert.equal(parseDeferral('deferred: nothing'), undefined);
    assert.deepEqual(parseDeferral('deferred: a-b: why: because'), { id: 'a-b', reason: 'why: because' });
  });
});

describe('the command line and the summary of Hardhat', () => {
  test('arguments select stages and files, and anything unknown is named', () => {
    const parsed = parseArguments(['--only', 'lint,unit', 'prover']);
    assert.ok(parsed.ok);
    assert.deepEqual(parsed.selection, { stages: ['lint', 'unit'], isFull: false, filePatterns: ['prover'] });
    for (const args of [['--only', 'lint,x'], ['--only'], ['--what']]) assert.equal(parseArguments(args).ok, false, args.join(' '));
  });

  test('every selected stage runs exactly once, and alone where suites are long', () => {
    const stages = [...STAGE_NAMES];
    for (const isFull of [false, true]) {
      assert.deepEqual(roundsOf({ stages, isFull, filePatterns: [] }).flat(2).toSorted(), stages.toSorted());
      assert.deepEqual(roundsOf({ stages: ['unit'], isFull, filePatterns: [] }), [[['unit']]]);
    }
    assert.ok(roundsOf({ stages, isFull: true, filePatterns: [] }).every((chains) => chains.flat().length === 1));
  });

  test('every summary line of Hardhat is added up', () => {
    const output = '  12 passing\n  1 failing\n\n  3 passing (2 fuzz tests)\n  2 skipped\nno 99 passing here\n';
    assert.deepEqual(readHardhatCounts(output), { passed: 15, failed: 1, skipped: 2 });
    assert.deepEqual(readHardhatCounts('nothing'), { passed: 0, failed: 0, skipped: 0 });
  });
});
