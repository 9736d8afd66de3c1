// What a stage hands back: plain data, so that stages, the deferral rule and the report stay apart.
// Invariant: a skipped test is in `skips` and in no count; whether it is an accepted deferral is not the stage's to say.

/** One thing that is wrong, ready to be shown. */
export interface Failure {
  /** Where: a file, or the stage's own name. */
  readonly where: string;
  /** Which: the test's title with its suites, or a command line. */
  readonly title: string;
  /** Why: message, difference, the useful part of the stack, or a tool's output. */
  readonly detail: string;
}

/** One test that did not run, with the reason it gave. */
export interface Skip {
  readonly where: string;
  readonly title: string;
  readonly reason: string;
}

export interface StageOutcome {
  readonly passed: number;
  readonly failures: readonly Failure[];
  readonly skips: readonly Skip[];
  /** Slowest files first, for the summary. Empty where a stage is one command. */
  readonly slowest: readonly { readonly where: string; readonly milliseconds: number }[];
}

export interface StageResult extends StageOutcome {
  readonly stage: string;
  readonly durationMilliseconds: number;
}

/** Several outcomes as one stage's. */
export function joinOutcomes(outcomes: readonly StageOutcome[]): StageOutcome {
  return {
    passed: outcomes.reduce((sum, { passed }) => sum + passed, 0),
    failures: outcomes.flatMap(({ failures }) => failures),
    skips: outcomes.flatMap(({ skips }) => skips),
    slowest: outcomes.flatMap(({ slowest }) => slowest),
  };
}
