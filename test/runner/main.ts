// `npm test` and `npm run test:full`: every stage, some side by side, progress while they run, every failure readable at the end.
// Owns the walk through the rounds of stages, the rule for deferred tests and the final count. How one stage works is in its own file.
// A stage that fails does not stop the later ones: a person wants to see everything that is wrong at once.
// Invariant: the last line of output is exactly `N passed, N failed, N skipped`, and the exit code is 0 only if
// nothing failed, something ran, and every skip is a deferral named in test/deferred.json.

import { parseArguments, usage } from './arguments.ts';
import type { Selection, StageName } from './arguments.ts';
import { checkDeferrals, readDeferredList } from './deferred.ts';
import { STAGES, roundsOf } from './stages.ts';
import type { StageResult } from './results.ts';
import { printFailures, printStageEnd, printStageStart, printSummary } from './report.ts';

async function runStage(name: StageName, selection: Selection): Promise<StageResult> {
  const stage = STAGES.find((candidate) => candidate.name === name);
  if (stage === undefined) throw new Error(`expected a stage of the table, got ${name}`);
  printStageStart(stage.name, stage.about);
  const startedAt = Date.now();
  const outcome = await stage.run(selection);
  const result = { stage: stage.name, durationMilliseconds: Date.now() - startedAt, ...outcome };
  printStageEnd(result);
  return result;
}

async function runChain(names: readonly StageName[], selection: Selection): Promise<StageResult[]> {
  const results: StageResult[] = [];
  for (const name of names) results.push(await runStage(name, selection));
  return results;
}

async function runSelected(selection: Selection): Promise<StageResult[]> {
  const results: StageResult[] = [];
  for (const chains of roundsOf(selection)) {
    results.push(...(await Promise.all(chains.map(async (chain) => runChain(chain, selection)))).flat());
  }
  return results;
}

const parsed = parseArguments(process.argv.slice(2));
if (!parsed.ok) {
  process.stderr.write(`${parsed.message}\n\n${usage()}`);
  process.exit(2);
}
const startedAt = Date.now();
const results = await runSelected(parsed.selection);
const deferrals = checkDeferrals(readDeferredList(), results, parsed.selection);
printFailures([...results.flatMap((result) => result.failures), ...deferrals.failures]);
process.exitCode = printSummary(results, deferrals, Date.now() - startedAt);
