// What a person reads: a line per stage, a sign of life while one runs, every failure in full, the final count.
// Owns the wording; it decides nothing but the exit code, from the numbers it prints.
// Invariant: the final line is exactly `N passed, N failed, N skipped`.

import type { DeferralCheck } from './deferred.ts';
import type { Failure, StageResult } from './results.ts';

const TICK_MILLISECONDS = 15_000;

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}

export function printStageStart(name: string, about: string): void {
  console.log(`${label(name)}${about}`);
}

/** Stages run side by side, so every line says whose it is. */
function label(stage: string): string {
  return `[${stage}] `.padEnd(12);
}

/** Prints what `describe` returns now and then, so that a long stage is seen to be alive. */
export function startTicker(stage: string, describe: () => string): { stop: () => void } {
  const timer = setInterval(() => console.log(`${label(stage)}${describe()}`), TICK_MILLISECONDS);
  return { stop: () => clearInterval(timer) };
}

export function printStageEnd(result: StageResult): void {
  const counts = `${result.passed} passed, ${result.failures.length} failed, ${result.skips.length} skipped`;
  console.log(`${label(result.stage)}${counts} in ${seconds(result.durationMilliseconds)}`);
  const slow = result.slowest.filter(({ milliseconds }) => milliseconds > 2_000);
  if (slow.length > 0) console.log(`${label(result.stage)}slowest: ${slow.map(({ where, milliseconds }) => `${where} ${seconds(milliseconds)}`).join(', ')}`);
}

export function printFailures(failures: readonly Failure[]): void {
  for (const [index, failure] of failures.entries()) {
    console.log(`\n--- failure ${index + 1} of ${failures.length}: ${failure.where}`);
    console.log(`    ${failure.title}`);
    if (failure.detail !== '') console.log(failure.detail.replaceAll(/^/gm, '    '));
  }
}

/** Prints the totals. @returns the exit code */
export function printSummary(results: readonly StageResult[], deferrals: DeferralCheck, durationMilliseconds: number): number {
  const passed = results.reduce((sum, result) => sum + result.passed, 0);
  const failed = results.reduce((sum, result) => sum + result.failures.length, 0) + deferrals.failures.length;
  const skipped = deferrals.accepted.length;
  if (deferrals.accepted.length > 0) console.log('\ndeferred:');
  for (const { id, reason, title } of deferrals.accepted) console.log(`  ${id}: ${reason} (${title})`);
  for (const note of deferrals.notes) console.log(`note: ${note}`);
  console.log(`\ntook ${seconds(durationMilliseconds)}`);
  if (passed + failed === 0) console.log('nothing ran: no test file matches the selection');
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  return failed === 0 && passed > 0 ? 0 : 1;
}
