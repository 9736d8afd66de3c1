// Runs node:test files, each in its own process, and turns the event stream into counts, failures and skips.
// Owns the bound on parallel files, the limit per file, and what of an error a reader needs to see.
// Invariant: a file that fails to load, hangs or exits early is a failure of that file, and a `todo` is a failure too.

import { relative, resolve } from 'node:path';
import { run } from 'node:test';
import type { EventData } from 'node:test';
import { inspect } from 'node:util';
import { repositoryRoot } from './root.ts';
import type { Failure, Skip, StageOutcome } from './results.ts';
import { startTicker } from './report.ts';

interface FileRunOptions {
  /** The stage, for the lines of progress. */
  readonly stage: string;
  readonly concurrency: number;
  readonly fileTimeoutMilliseconds: number;
  /** Whether the files give way to what runs beside them: tests over real processes have deadlines, these have none. */
  readonly isYielding?: boolean;
}

const SLOWEST_SHOWN = 12;
const LOWER_PRIORITY = new URL('lower-priority.ts', import.meta.url).href;

/** Runs the files and waits for all of them. No files = nothing ran, which the summary judges. */
export async function runTestFiles(files: readonly string[], options: FileRunOptions): Promise<StageOutcome> {
  if (files.length === 0) return { passed: 0, failures: [], skips: [], slowest: [] };
  const collector = new Collector();
  const ticker = startTicker(options.stage, () => collector.describeProgress(files.length));
  const waiting = [...files];
  const worker = async (): Promise<void> => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) await runFile(file, options, collector);
  };
  await Promise.all(Array.from({ length: options.concurrency }, worker));
  ticker.stop();
  return collector.outcome();
}

/** One file, one process, one deadline: the process is ended when it is over, whatever it still waits for. */
async function runFile(file: string, options: FileRunOptions, collector: Collector): Promise<void> {
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), options.fileTimeoutMilliseconds);
  const stream = run({ cwd: repositoryRoot, files: [resolve(repositoryRoot, file)], isolation: 'process', signal: deadline.signal, execArgv: options.isYielding === true ? ['--import', LOWER_PRIORITY] : [] });
  stream.on('test:start', (event) => collector.started(event));
  stream.on('test:pass', (event) => collector.passedTest(event));
  stream.on('test:fail', (event) => collector.failedTest(event));
  stream.on('test:stdout', (event) => collector.printed(event.file, event.message));
  stream.on('test:stderr', (event) => collector.printed(event.file, event.message));
  // The stream has to be read to its end; every event was taken above.
  for await (const _event of stream) continue;
  clearTimeout(timer);
  if (deadline.signal.aborted) collector.ranOver(file, options.fileTimeoutMilliseconds);
}

/** Builds the outcome from events. Titles carry their suites, which the events give only by nesting depth. */
class Collector {
  #passed = 0;
  readonly #failures: Failure[] = [];
  readonly #skips: Skip[] = [];
  readonly #openTitles = new Map<string, string[]>();
  readonly #output = new Map<string, string>();
  readonly #fileMilliseconds = new Map<string, number>();
  #latest = '';

  started(event: EventData.TestStart): void {
    const titles = this.#openTitles.get(fileOf(event)) ?? [];
    titles.length = Math.min(titles.length, event.nesting);
    titles[event.nesting] = event.name;
    this.#openTitles.set(fileOf(event), titles);
    this.#latest = fileOf(event);
  }

  passedTest(event: EventData.TestPass): void {
    this.#time(event);
    if (isContainer(event)) return;
    if (event.skip !== undefined && event.skip !== false) {
      this.#skips.push({ where: fileOf(event), title: this.#title(event), reason: event.skip === true ? 'no reason given' : event.skip });
    } else if (event.todo !== undefined && event.todo !== false) {
      this.#failures.push({ where: fileOf(event), title: this.#title(event), detail: 'marked todo: a test is written, deferred with a reason, or absent' });
    } else this.#passed += 1;
  }

  failedTest(event: EventData.TestFail): void {
    this.#time(event);
    const { error } = event.details;
    // A suite or file that fails only because a test inside it failed would be counted twice.
    if (codeOf(error) === 'subtestsFailed' || (isContainer(event) && /\d+ subtests? failed/.test(error.message))) return;
    this.#failures.push({ where: fileOf(event), title: this.#title(event), detail: this.#explain(fileOf(event), error) });
  }

  ranOver(file: string, limitMilliseconds: number): void {
    this.#failures.push({ where: file, title: 'the whole file', detail: `did not end within ${limitMilliseconds / 1000} s and was stopped` });
  }

  printed(file: string | undefined, message: string): void {
    const key = file === undefined ? '' : relative(repositoryRoot, file);
    this.#output.set(key, ((this.#output.get(key) ?? '') + message).slice(-4_000));
  }

  describeProgress(fileCount: number): string {
    return `${this.#passed} passed, ${this.#failures.length} failed; ${fileCount} files; at ${this.#latest}`;
  }

  outcome(): StageOutcome {
    const slowest = [...this.#fileMilliseconds]
      .map(([where, milliseconds]) => ({ where, milliseconds }))
      .toSorted((left, right) => right.milliseconds - left.milliseconds)
      .slice(0, SLOWEST_SHOWN);
    return { passed: this.#passed, failures: this.#failures, skips: this.#skips, slowest };
  }

  #title(event: EventData.TestPass | EventData.TestFail): string {
    const above = (this.#openTitles.get(fileOf(event)) ?? []).slice(0, event.nesting);
    return [...above, event.name].join(' > ');
  }

  #time(event: EventData.TestPass | EventData.TestFail): void {
    if (event.nesting !== 0) return;
    const where = fileOf(event);
    this.#fileMilliseconds.set(where, (this.#fileMilliseconds.get(where) ?? 0) + event.details.duration_ms);
  }

  #explain(file: string, error: Error): string {
    const cause = error.cause instanceof Error ? error.cause : error;
    const printed = this.#output.get(file);
    const seen = printed === undefined ? '' : `\nlast output of the file:\n${printed.trimEnd()}`;
    return `${explainError(cause)}${seen}`;
  }
}

function isContainer(event: EventData.TestPass | EventData.TestFail): boolean {
  return event.details.type === 'suite';
}

function fileOf(event: { file?: string | undefined; name: string }): string {
  return relative(repositoryRoot, event.file ?? event.name);
}

function codeOf(error: Error & { failureType?: unknown }): unknown {
  return error.failureType;
}

/** Message (with an assertion's difference) and the stack frames that lie in this repository. */
function explainError(error: Error): string {
  const stack = error.stack ?? inspect(error);
  const frames = stack.split('\n').filter((line) => /^\s+at /.test(line));
  const ours = frames.filter((line) => line.includes(repositoryRoot) && !line.includes('node_modules'));
  const message = stack.split('\n').filter((line) => !/^\s+at /.test(line)).join('\n').trimEnd();
  const shown = (ours.length === 0 ? frames : ours).slice(0, 6).map((line) => line.replaceAll(`${repositoryRoot}/`, '').replaceAll('file://', ''));
  return [message, ...shown].join('\n');
}
