// Entry: runs official state tests (NDJSON, optionally gzipped) through the execution engine and reports.
//
// Owns: arguments, streaming, the report. Does not own: the verdict (state-test.ts). Exit codes: 0 all passed,
// 1 some failed, 2 usage, 4 the file cannot be read. Invariant: every line is counted exactly once.
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import { StateTestRunner } from './state-test.ts';
import type { StateTestCase } from './state-test.ts';

const USAGE = `Usage: keyfall evm-test FILE.ndjson[.gz] [options]
  --engine ethereumjs   the engine that runs them; there is one
  --filter TEXT         only tests whose name contains this
  --every N             only each Nth test (default 1)
  --json                the report as one JSON object, without progress
One state test a line. Exit codes: 0 all passed, 1 some failed, 2 used wrongly, 4 the file cannot be read.`;

export interface StateTestReport {
  passed: number;
  failed: number;
  unsupported: number;
  unsupportedReasons: Record<string, number>;
  skipped: number;
  failures: { name: string; expected: string; got: string }[];
  seconds: number;
}
export interface StateTestSelection { filter?: string; every?: number; onProgress?: (report: StateTestReport) => void }

/** Runs the cases of a file. @throws if it cannot be read or a line is not a test. */
export async function runStateTests(path: string, selection: StateTestSelection = {}): Promise<StateTestReport> {
  const report: StateTestReport = { passed: 0, failed: 0, unsupported: 0, unsupportedReasons: {}, skipped: 0, failures: [], seconds: 0 };
  const runner = await StateTestRunner.create();
  const started = performance.now();
  let index = 0;
  for await (const line of lines(path)) {
    if (line.trim() === '') continue;
    const isSelected = index++ % (selection.every ?? 1) === 0;
    const test = isSelected ? (JSON.parse(line) as StateTestCase) : undefined;
    if (test === undefined || (selection.filter !== undefined && !test.name.includes(selection.filter))) {
      report.skipped++;
      continue;
    }
    const verdict = await runner.run(test);
    if (verdict.status === 'passed') report.passed++;
    else if (verdict.status === 'unsupported') {
      report.unsupported++;
      report.unsupportedReasons[verdict.reason] = (report.unsupportedReasons[verdict.reason] ?? 0) + 1;
    } else {
      report.failed++;
      report.failures.push({ name: test.name, expected: verdict.expected, got: verdict.got });
    }
    report.seconds = (performance.now() - started) / 1000;
    selection.onProgress?.(report);
  }
  return report;
}

async function* lines(path: string): AsyncIterable<string> {
  const file = createReadStream(path);
  if (!path.endsWith('.gz')) return yield* createInterface({ input: file, crlfDelay: Infinity });
  const unzipped = createGunzip();
  // Errors of the file do not pass through pipe() by themselves.
  file.on('error', (error) => unzipped.destroy(error));
  yield* createInterface({ input: file.pipe(unzipped), crlfDelay: Infinity });
}

/** `6255 passed, 0 failed, 259 unsupported (type 3)`. */
export function summary(report: StateTestReport): string {
  const reasons = Object.keys(report.unsupportedReasons).join(', ');
  return `${report.passed} passed, ${report.failed} failed, ${report.unsupported} unsupported${reasons === '' ? '' : ` (${reasons})`}`;
}

interface Arguments { path: string; isJson: boolean; filter: string | undefined; every: number }

function parseArguments(argv: readonly string[]): Arguments | string {
  const parsed: Arguments = { path: '', isJson: false, filter: undefined, every: 1 };
  for (let i = 0; i < argv.length; i++) {
    const argument = argv[i]!;
    const value = argv[i + 1];
    if (argument === '--json') parsed.isJson = true;
    else if (argument === '--filter' || argument === '--every' || argument === '--engine') {
      if (value === undefined) return `expected a value after ${argument}`;
      i++;
      if (argument === '--filter') parsed.filter = value;
      else if (argument === '--every') parsed.every = Number(value);
      else if (value !== 'ethereumjs') return `expected --engine ethereumjs, got ${value}`;
    } else if (argument.startsWith('-')) return `unknown option ${argument}`;
    else if (parsed.path === '') parsed.path = argument;
    else return `expected one file, got also ${argument}`;
  }
  if (parsed.path === '') return 'expected a file of state tests';
  if (!Number.isInteger(parsed.every) || parsed.every < 1) return 'expected --every to be a positive integer';
  return parsed;
}

async function main(): Promise<number> {
  const args = process.argv.slice(2);
  if (args.includes('--help')) {
    process.stdout.write(`${USAGE}\n`);
    return 0;
  }
  const parsed = parseArguments(args);
  if (typeof parsed === 'string') {
    process.stderr.write(`${parsed}\n${USAGE}\n`);
    return 2;
  }
  let lastShown = 0;
  const onProgress = (report: StateTestReport): void => {
    if (parsed.isJson || performance.now() - lastShown < 2000) return;
    lastShown = performance.now();
    process.stderr.write(`${summary(report)} after ${report.seconds.toFixed(0)} s\n`);
  };
  let report: StateTestReport;
  try {
    report = await runStateTests(parsed.path, { ...(parsed.filter === undefined ? {} : { filter: parsed.filter }), every: parsed.every, onProgress });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`cannot run ${parsed.path}: ${message}\n`);
    return 4;
  }
  if (parsed.isJson) process.stdout.write(`${JSON.stringify(report)}\n`);
  else {
    for (const { name, expected, got } of report.failures) process.stdout.write(`FAILED ${name}\n  expected ${expected}\n  got ${got}\n`);
    process.stdout.write(`${summary(report)}\n`);
  }
  return report.failed === 0 ? 0 : 1;
}

if (import.meta.main) process.exitCode = await main();
