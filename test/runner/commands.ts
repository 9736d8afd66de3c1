// Stages that are one tool: the linter, the compiler, the contracts' own suite. A tool that passes counts as one test;
// the contracts' suite counts what Hardhat reports.
// Owns starting the tool, below what has deadlines, with bounded output, and reading Hardhat's summary; it does not interpret findings.
// Invariant: a tool that ends well without saying that it ran anything is a failure, never a pass.

import { spawn } from 'node:child_process';
import { getPriority, setPriority } from 'node:os';
import { repositoryRoot } from './root.ts';
import { LOWEST_PRIORITY, PRIORITY_STEP } from './priority.ts';
import type { StageOutcome } from './results.ts';

interface ToolEnd {
  /** Exit code, or the signal's name, or why it could not start. */
  readonly status: number | string;
  readonly output: string;
}

const MAX_SHOWN_CHARACTERS = 20_000;

async function capture(file: string, args: readonly string[]): Promise<ToolEnd> {
  const child = spawn(file, args, { cwd: repositoryRoot, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' } });
  if (child.pid !== undefined) setPriority(child.pid, Math.min(LOWEST_PRIORITY, getPriority() + PRIORITY_STEP));
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
  const status = await new Promise<number | string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(code ?? signal ?? 'no status'));
  });
  return { status, output: Buffer.concat(chunks).toString('utf8') };
}

function shorten(output: string): string {
  const text = output.trimEnd();
  if (text.length <= MAX_SHOWN_CHARACTERS) return text;
  const half = MAX_SHOWN_CHARACTERS / 2;
  return `${text.slice(0, half)}\n... ${text.length - MAX_SHOWN_CHARACTERS} characters left out ...\n${text.slice(-half)}`;
}

/** Runs a tool found on PATH, on which the set-up has put node_modules/.bin; one pass or one failure with its output. */
export async function runTool(stage: string, name: string, args: readonly string[]): Promise<StageOutcome> {
  const { status, output } = await capture(name, args);
  if (status === 0) return { passed: 1, failures: [], skips: [], slowest: [] };
  const title = `${name} ${args.join(' ')} ended with ${status}`;
  return { passed: 0, failures: [{ where: stage, title, detail: shorten(output) }], skips: [], slowest: [] };
}

/** Runs a script of the contracts workspace and reads the counts of Hardhat's summary. */
export async function runHardhatTests(script: string): Promise<StageOutcome> {
  const { status, output } = await capture('npm', ['run', '--silent', script, '-w', 'contracts']);
  const counted = readHardhatCounts(output);
  const title = `npm run ${script} -w contracts`;
  const fail = (detail: string, count: number): StageOutcome => ({
    passed: counted.passed,
    failures: Array.from({ length: Math.max(1, count) }, (_, index) => ({
      where: 'contracts',
      title: index === 0 ? title : `${title} (failure ${index + 1} of ${count}, in the output above)`,
      detail: index === 0 ? detail : '',
    })),
    skips: [],
    slowest: [],
  });
  if (status !== 0) return fail(`ended with ${status}\n${shorten(output)}`, counted.failed);
  if (counted.passed === 0) return fail(`ended well but reported no passing test\n${shorten(output)}`, 1);
  if (counted.failed > 0) return fail(`ended well but reported ${counted.failed} failing\n${shorten(output)}`, counted.failed);
  const skips = Array.from({ length: counted.skipped }, () => ({ where: 'contracts', title, reason: 'skipped inside Hardhat' }));
  return { passed: counted.passed, failures: [], skips, slowest: [] };
}

/** Sums every `N passing`, `N failing`, `N skipped` line (a run may print one summary per test kind). */
export function readHardhatCounts(output: string): { passed: number; failed: number; skipped: number } {
  const sum = (word: string): number => {
    let total = 0;
    for (const match of output.matchAll(new RegExp(`^\\s*(\\d+) ${word}\\b`, 'gm'))) total += Number(match[1]);
    return total;
  };
  return { passed: sum('passing'), failed: sum('failing'), skipped: sum('(?:skipped|pending)') };
}
