// `npm test` and `npm run test:full`: every stage in order, progress while it runs, every failure readable at the end.
// Owns the order of stages, the rule for deferred tests and the final count. How one stage works is in its own file.
// A stage that fails does not stop the later ones: a person wants to see everything that is wrong at once.
// Invariant: the last line of output is exactly `N passed, N failed, N skipped`, and the exit code is 0 only if
// nothing failed, something ran, and every skip is a deferral named in test/deferred.json.

import { parseArguments, usage } from './arguments.ts';
import type { Selection } from './arguments.ts';
import { checkDeferrals, readDeferredList } from './deferred.ts';
import { STAGES } from './stages.ts';
import type { StageResult } from './results.ts';
import { printFailures, printStageEnd, printStageStart, printSummary } from './report.ts';

async function runSelected(selection: Selection): Promise<StageResult[]> {
  const stages = STAGES.filter((stage) => selection.stages.includes(stage.name));
  const results: StageResult[] = [];
  for (const [index, stage] of stages.entries()) {
    printStageStart(index + 1, stages.length, stage.name, stage.about);
    const startedAt = Date.now();
    const outcome = await stage.run(selection);
    const result = { stage: stage.name, durationMilliseconds: Date.now() - startedAt, ...outcome };
    results.push(result);
    printStageEnd(result);
  }
  return results;
}

const parsed = parseArguments(process.argv.slice(2));
if (!parsed.ok) {
  process.stderr.write(`${parsed.message}\n\n${usage()}`);
  process.exit(2);
}
const results = await runSelected(parsed.selection);
const deferrals = checkDeferrals(readDeferredList(), results, parsed.selection);
printFailures([...results.flatMap((result) => result.failures), ...deferrals.failures]);
process.exitCode = printSummary(results, deferrals);
