// The command line of the test runner: which stages, which files. Owns parsing and the usage text.
// `npm test` with no argument runs everything; a selection is for a person at work and says so in the summary.

export const STAGE_NAMES = ['lint', 'types', 'tidy', 'contracts', 'unit', 'e2e'] as const;
export type StageName = (typeof STAGE_NAMES)[number];

export interface Selection {
  readonly stages: readonly StageName[];
  /** Also run `*.full.test.ts` and the contracts' long suites. */
  readonly isFull: boolean;
  /** Only test files whose path contains one of these; empty = all. */
  readonly filePatterns: readonly string[];
}

/** Whether a selection covers everything an unselective run of the same kind covers. */
export function coversEverything(selection: Selection): boolean {
  return selection.stages.length === STAGE_NAMES.length && selection.filePatterns.length === 0;
}

export function usage(): string {
  return [
    'usage: npm test -- [--only STAGE[,STAGE...]] [PATH-PART ...]',
    `  STAGE      one of ${STAGE_NAMES.join(', ')}`,
    '  PATH-PART  run only the test files whose path contains it (stages unit and e2e, unless --only says otherwise)',
    '  npm run test:full takes the same arguments and adds the long suites',
    '',
  ].join('\n');
}

/** Parses the arguments; a message says what was expected and what came. */
export function parseArguments(args: readonly string[]): { ok: true; selection: Selection } | { ok: false; message: string } {
  let stages: readonly StageName[] | undefined;
  let isFull = false;
  const filePatterns: string[] = [];
  const rest = [...args];
  for (let argument = rest.shift(); argument !== undefined; argument = rest.shift()) {
    if (argument === '--full') isFull = true;
    else if (argument === '--only') {
      const names = (rest.shift() ?? '').split(',');
      const unknown = names.find((name) => !isStageName(name));
      if (unknown !== undefined) return { ok: false, message: `--only: expected one of ${STAGE_NAMES.join(', ')}, got '${unknown}'` };
      stages = names.filter(isStageName);
    } else if (argument.startsWith('-')) return { ok: false, message: `unknown option ${argument}` };
    else filePatterns.push(argument);
  }
  const byDefault: readonly StageName[] = filePatterns.length === 0 ? STAGE_NAMES : ['unit', 'e2e'];
  return { ok: true, selection: { stages: stages ?? byDefault, isFull, filePatterns } };
}

function isStageName(name: string): name is StageName {
  return (STAGE_NAMES as readonly string[]).includes(name);
}
